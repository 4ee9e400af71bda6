//! What kind of document an item is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Document family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Identity, rights, contract, register.
    Adm,
    /// Money, invoices.
    Fin,
    /// Care plan, ticks, vitals, nursing.
    Soin,
    /// Diagnosis, prescriptions, medical letters, results.
    Med,
    /// The psychologist's.
    Psy,
    /// Social, housing, guardianship.
    Soc,
    /// Educational, school, project.
    Edu,
    /// Judicial, child protection.
    Jud,
    /// Adverse events.
    Evt,
    /// Agenda, rooms, meals, activities.
    Org,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 10] =
        [Self::Adm, Self::Fin, Self::Soin, Self::Med, Self::Psy, Self::Soc, Self::Edu, Self::Jud, Self::Evt, Self::Org];

    /// The stored number, from 0.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// From the stored number.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.code() == code)
    }

    /// Its short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adm => "adm",
            Self::Fin => "fin",
            Self::Soin => "soin",
            Self::Med => "med",
            Self::Psy => "psy",
            Self::Soc => "soc",
            Self::Edu => "edu",
            Self::Jud => "jud",
            Self::Evt => "evt",
            Self::Org => "org",
        }
    }

    /// From its short name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// The words on a screen.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Adm => "Administratif",
            Self::Fin => "Finances",
            Self::Soin => "Soins",
            Self::Med => "Médical",
            Self::Psy => "Psychologique",
            Self::Soc => "Social",
            Self::Edu => "Éducatif",
            Self::Jud => "Judiciaire",
            Self::Evt => "Événements indésirables",
            Self::Org => "Organisation",
        }
    }

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of families.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Families(u16);

impl Families {
    const ALL_BITS: u16 = (1 << 10) - 1;

    /// None.
    #[must_use]
    pub const fn empty() -> Self {
        Self(0)
    }

    /// All.
    #[must_use]
    pub const fn all() -> Self {
        Self(Self::ALL_BITS)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds one.
    pub const fn insert(&mut self, family: Family) {
        self.0 |= family.bit();
    }

    /// Whether it is in.
    #[must_use]
    pub const fn contains(self, family: Family) -> bool {
        self.0 & family.bit() != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every family here is in `other`.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// In order.
    pub fn iter(self) -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(move |family| self.contains(*family))
    }

    /// As a number.
    #[must_use]
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }

    /// From a number; unknown bits are dropped.
    #[must_use]
    pub const fn from_bits_truncate(bits: i64) -> Self {
        Self((bits & Self::ALL_BITS as i64) as u16)
    }
}

impl FromIterator<Family> for Families {
    fn from_iter<T: IntoIterator<Item = Family>>(families: T) -> Self {
        families.into_iter().fold(Self::empty(), |mut set, family| {
            set.insert(family);
            set
        })
    }
}

impl fmt::Debug for Families {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Family::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_go_both_ways() {
        for family in Family::ALL {
            assert_eq!(Family::from_code(family.code()), Some(family));
            assert_eq!(Family::parse(family.name()), Some(family));
        }
        assert_eq!(Family::from_code(10), None);
        assert_eq!(Family::ALL.into_iter().collect::<Families>(), Families::all());
    }
}
