//! What protects each level: one row of the matrix per level.

use crate::Level;
use serde::{Deserialize, Serialize};

/// How an item that may not be read appears in a list, the most open first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListView {
    /// Its title.
    Shown,
    /// A neutral title and a date.
    Neutral,
    /// It is counted.
    Count,
    /// Nothing at all.
    Nothing,
}

/// Printing, the most open first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Print {
    /// As it is.
    Free,
    /// With the reader's name and the date.
    Watermark,
    /// Watermark, counted copy, "Ne pas diffuser".
    Counted,
    /// Off; an override is traced as an export.
    Off,
}

/// Export, the most open first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Export {
    /// Free.
    Free,
    /// To the team.
    Team,
    /// One by one, with a reason.
    OneByOne,
    /// Never, unless decided for the document.
    Never,
}

/// Breaking the glass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// How long it lasts, seconds.
    pub lasts_s: i64,
    /// Free text beside the reason.
    pub free_text: bool,
    /// A second person approves.
    pub second_person: bool,
}

/// The measures of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// Level number.
    pub level: i64,
    /// The sign-in must be younger than this, seconds; absent = any age.
    pub sign_in_max_age_s: Option<i64>,
    /// The secret must have been given again within this, seconds; absent = not needed.
    pub step_up_s: Option<i64>,
    /// The screen locks after this, seconds.
    pub idle_lock_s: i64,
    /// How it appears to a reader who may not read it.
    pub list: ListView,
    /// Printing.
    pub print: Print,
    /// Export.
    pub export: Export,
    /// Breaking the glass; absent = not needed at this level.
    pub break_glass: Option<BreakGlass>,
    /// Share of accesses reviewed, in thousandths.
    pub review_permille: u16,
}

impl Measures {
    /// Its level.
    #[must_use]
    pub fn of_level(&self) -> Option<Level> {
        Level::from_code(self.level)
    }

    /// The first measure weaker here than at the level below.
    pub(crate) fn weaker_than(&self, below: &Self) -> Option<&'static str> {
        let age = |limit: Option<i64>| limit.unwrap_or(i64::MAX);
        let checks = [
            ("sign_in_max_age_s", age(self.sign_in_max_age_s) > age(below.sign_in_max_age_s)),
            ("step_up_s", age(self.step_up_s) > age(below.step_up_s)),
            ("idle_lock_s", self.idle_lock_s > below.idle_lock_s),
            ("list", self.list < below.list),
            ("print", self.print < below.print),
            ("export", self.export < below.export),
            ("break_glass", weaker_glass(self.break_glass, below.break_glass)),
            ("review_permille", self.review_permille < below.review_permille),
        ];
        checks.into_iter().find_map(|(name, weaker)| weaker.then_some(name))
    }
}

fn weaker_glass(here: Option<BreakGlass>, below: Option<BreakGlass>) -> bool {
    match (here, below) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(here), Some(below)) => {
            here.lasts_s > below.lasts_s
                || (below.free_text && !here.free_text)
                || (below.second_person && !here.second_person)
        }
    }
}
