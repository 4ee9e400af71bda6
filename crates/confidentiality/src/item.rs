//! What the store knows of an item, in clear columns.

use crate::{Actor, Categories, Family, Level, Person, Place, Rid};

/// The clear columns of an item: all a decision needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its row.
    pub rid: Rid,
    /// Whom it is about; 0 = nobody.
    pub person: Person,
    /// Whom it is about as well.
    pub also: Vec<Person>,
    /// Where it was produced; 0 = the whole entity.
    pub place: Place,
    /// Effective level.
    pub level: Level,
    /// Effective categories.
    pub categories: Categories,
    /// Kind of document.
    pub family: Family,
    /// Who wrote it.
    pub author: Actor,
    /// Whom it is hidden from.
    pub mask: MaskFlags,
}

/// Whom an item is hidden from: as the national exchange formats say it, or because it is in the wrong record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MaskFlags(i64);

impl MaskFlags {
    /// Not shown to the person.
    pub const INVISIBLE_PATIENT: Self = Self(1);
    /// Not shown to the legal representatives.
    pub const INVISIBLE_REPRESENTANTS_LEGAUX: Self = Self(2);
    /// Not shown to professionals.
    pub const MASQUE_PS: Self = Self(4);
    /// A version written in the wrong person's record: for those who review writings, and not even for its author. Set
    /// by the store on versions that are past; no national code says it, so nothing received can carry it.
    pub const MISFILED: Self = Self(8);
    /// A current version that took the place of such a writing: it hides nothing, and is never filled again.
    pub const WITHDRAWN: Self = Self(16);
    const ALL: i64 = 31;

    /// Hidden from no one.
    #[must_use]
    pub const fn empty() -> Self {
        Self(0)
    }

    /// As stored.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0
    }

    /// From the stored number; unknown bits are dropped.
    #[must_use]
    pub const fn from_bits_truncate(bits: i64) -> Self {
        Self(bits & Self::ALL)
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they share a flag.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// From the code of the national value set.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "INVISIBLE_PATIENT" => Some(Self::INVISIBLE_PATIENT),
            "INVISIBLE_REPRESENTANTS_LEGAUX" => Some(Self::INVISIBLE_REPRESENTANTS_LEGAUX),
            "MASQUE_PS" => Some(Self::MASQUE_PS),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_misfiled_is_kept_but_never_received() {
        assert_eq!(MaskFlags::from_bits_truncate(8), MaskFlags::MISFILED);
        assert_eq!(MaskFlags::from_bits_truncate(16), MaskFlags::WITHDRAWN);
        assert_eq!(MaskFlags::from_bits_truncate(32), MaskFlags::empty());
        assert_eq!(MaskFlags::parse("MISFILED"), None);
    }
}
