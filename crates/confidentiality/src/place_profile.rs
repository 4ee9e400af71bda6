//! What kind of establishment a place is, and what its everyday work is about.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Kind of establishment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceProfile {
    /// Home for dependent elderly people.
    Ehpad,
    /// Medico-educational institute.
    Ime,
    /// Addiction care centre.
    Csapa,
    /// Children's home under child protection.
    Mecs,
    /// Specialised residential home.
    Mas,
    /// Medicalised residential home.
    Fam,
    /// Shelter and social reintegration.
    Chrs,
    /// Home help.
    Saad,
    /// Anything else: no core business.
    #[default]
    Other,
}

impl PlaceProfile {
    /// Every profile.
    pub const ALL: [Self; 9] =
        [Self::Ehpad, Self::Ime, Self::Csapa, Self::Mecs, Self::Mas, Self::Fam, Self::Chrs, Self::Saad, Self::Other];

    /// As stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ehpad => "ehpad",
            Self::Ime => "ime",
            Self::Csapa => "csapa",
            Self::Mecs => "mecs",
            Self::Mas => "mas",
            Self::Fam => "fam",
            Self::Chrs => "chrs",
            Self::Saad => "saad",
            Self::Other => "other",
        }
    }

    /// The words on a screen.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Ehpad => "EHPAD (personnes âgées dépendantes)",
            Self::Ime => "IME (institut médico-éducatif)",
            Self::Csapa => "CSAPA (addictions)",
            Self::Mecs => "MECS (protection de l’enfance)",
            Self::Mas => "MAS (maison d’accueil spécialisée)",
            Self::Fam => "FAM ou EAM (foyer d’accueil médicalisé)",
            Self::Chrs => "CHRS (hébergement et réinsertion sociale)",
            Self::Saad => "SAAD (aide à domicile)",
            Self::Other => "Aucun de ceux-là",
        }
    }

    /// From its code, in any case; none for one that is not known.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.code().eq_ignore_ascii_case(code))
    }

    /// From its code, in any case; unknown is [`PlaceProfile::Other`], which relaxes nothing.
    #[must_use]
    pub fn parse(code: &str) -> Self {
        Self::find(code).unwrap_or_default()
    }
}

impl fmt::Display for PlaceProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_profile_relaxes_nothing() {
        assert_eq!(PlaceProfile::parse("CSAPA"), PlaceProfile::Csapa);
        assert_eq!(PlaceProfile::parse("clinique"), PlaceProfile::Other);
    }
}
