//! How much harm a disclosure would do.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Level of an item: the harm if it is disclosed. Totally ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 0: life of the establishment, nobody designated.
    Open = 0,
    /// 1: ordinary organisation and support of a person.
    Daily = 1,
    /// 2: usual health and administrative file, known to the team.
    Standard = 2,
    /// 3: grave or stigmatising, intimacy, convictions, poverty, a third party.
    Sensitive = 3,
    /// 4: gravely harmful if disclosed.
    VerySensitive = 4,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 5] = [Self::Open, Self::Daily, Self::Standard, Self::Sensitive, Self::VerySensitive];

    /// From the stored number.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == code)
    }

    /// The stored number.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// HL7 v3 Confidentiality code.
    #[must_use]
    pub const fn hl7(self) -> &'static str {
        match self {
            Self::Open => "U",
            Self::Daily => "M",
            Self::Standard => "N",
            Self::Sensitive => "R",
            Self::VerySensitive => "V",
        }
    }

    /// From an HL7 v3 Confidentiality code; `L` (low) is read as `M`.
    #[must_use]
    pub fn from_hl7(code: &str) -> Option<Self> {
        match code {
            "U" => Some(Self::Open),
            "L" | "M" => Some(Self::Daily),
            "N" => Some(Self::Standard),
            "R" => Some(Self::Sensitive),
            "V" => Some(Self::VerySensitive),
            _ => None,
        }
    }

    /// The word on a screen.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Open => "Ouvert",
            Self::Daily => "Quotidien",
            Self::Standard => "Courant",
            Self::Sensitive => "Sensible",
            Self::VerySensitive => "Très sensible",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_both_ways_and_keep_the_order() {
        for level in Level::ALL {
            assert_eq!(Level::from_code(level.code()), Some(level));
            assert_eq!(Level::from_hl7(level.hl7()), Some(level));
        }
        assert!(Level::ALL.is_sorted());
        assert_eq!(Level::from_code(5), None);
        assert_eq!(Level::from_code(-1), None);
    }
}
