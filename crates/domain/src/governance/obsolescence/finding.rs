//! What is concluded about one thing.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How well something is supported at a date, from the best to the worst, then unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// Security corrections go on for more than a year, or no end is announced in facts of less than a year.
    #[serde(rename = "supporte")]
    Supported,
    /// Security corrections end within one calendar year.
    #[serde(rename = "fin_dans_12_mois")]
    EndsWithinYear,
    /// The regular support is over; free extended support goes on (Debian LTS).
    #[serde(rename = "support_etendu_gratuit")]
    FreeExtended,
    /// Only some corrections still come: no end is announced, and active support is over (iPadOS 15).
    #[serde(rename = "support_partiel")]
    Partial,
    /// Over, unless a paid extended support is proven (Windows 10 ESU, Ubuntu Pro).
    #[serde(rename = "hors_support_sauf_preuve_support_etendu")]
    EndedUnlessProven,
    /// No correction comes any more.
    #[serde(rename = "hors_support")]
    Ended,
    /// No fact, no rule, or facts too old to be relied on: listed and counted, never taken for supported.
    #[serde(rename = "inconnu")]
    Unknown,
}

impl Verdict {
    /// Every verdict, in order.
    pub const ALL: [Self; 7] = [
        Self::Supported,
        Self::EndsWithinYear,
        Self::FreeExtended,
        Self::Partial,
        Self::EndedUnlessProven,
        Self::Ended,
        Self::Unknown,
    ];

    /// The code used in reports, tables and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Supported => "supporte",
            Self::EndsWithinYear => "fin_dans_12_mois",
            Self::FreeExtended => "support_etendu_gratuit",
            Self::Partial => "support_partiel",
            Self::EndedUnlessProven => "hors_support_sauf_preuve_support_etendu",
            Self::Ended => "hors_support",
            Self::Unknown => "inconnu",
        }
    }

    /// The verdict of a code.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }

    /// In a few French words, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Supported => "Maintenu",
            Self::EndsWithinYear => "Fin dans les 12 mois",
            Self::FreeExtended => "Maintenu par un support étendu gratuit",
            Self::Partial => "Maintenu en partie",
            Self::EndedUnlessProven => "Plus maintenu, sauf support étendu prouvé",
            Self::Ended => "Plus maintenu",
            Self::Unknown => "Inconnu",
        }
    }
}

/// Why: the rule that recognised the thing, and one sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Id of the rule, or of the reason why none applied.
    pub rule: String,
    /// One French sentence.
    pub fr: String,
}

/// What is concluded about one thing observed, at a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The product, by its id in the table of facts (« windows », « debian »); none when no rule knows the name.
    pub product: Option<String>,
    /// The cycle of releases, by its id in the table of facts (« 10-21h2-w », « 12 »).
    pub cycle: Option<String>,
    /// Last day of security corrections for everyone; none when not announced or not known.
    pub eol: Option<Date>,
    /// Last day of extended corrections, free or paid; none when there are none.
    pub eoes: Option<Date>,
    /// The conclusion.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}
