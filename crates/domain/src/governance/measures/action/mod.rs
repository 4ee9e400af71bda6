//! The action plan: what is done so that measures hold, by whom, until when, for how much.
//!
//! An action that does not say who answers for it and until when is no action: the form refuses it. What was planned and is
//! not done stays, with the reason why.

mod budget;
mod sheet;

pub use budget::{Budget, Progress, Year, budget, progress};
pub use sheet::{ActionField, ActionMistake, ActionSheet};

use super::catalogue::{Measure, find};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A sum, in whole euros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Euros(pub u64);

impl fmt::Display for Euros {
    /// `1 250 €`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str("\u{202f}")?;
            }
            write!(f, "{digit}")?;
        }
        f.write_str("\u{a0}€")
    }
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Nothing was done yet.
    #[default]
    Todo,
    /// Somebody is at it.
    Doing,
    /// It was done.
    Done,
    /// It will not be done, for a reason.
    Abandoned,
}

impl ActionState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Todo, Self::Doing, Self::Done, Self::Abandoned];

    /// As forms and files write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Todo => "a-faire",
            Self::Doing => "en-cours",
            Self::Done => "fait",
            Self::Abandoned => "abandonne",
        }
    }

    /// In French, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Todo => "à faire",
            Self::Doing => "en cours",
            Self::Done => "fait",
            Self::Abandoned => "abandonné",
        }
    }

    /// The state of a code.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Something is still to be done.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Todo | Self::Doing)
    }
}

/// Who answers for an action. Names staff or a provider, nobody who is accompanied.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Owner {
    /// As it was written.
    pub name: String,
    /// The account it is, when it is one of Socle's.
    pub account: Option<i64>,
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner(***, {:?})", self.account)
    }
}

/// Something to be done so that a measure holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Action {
    /// What.
    pub title: String,
    /// For which measure, by id; none for what no measure asks.
    pub measure: Option<String>,
    /// Who answers for it.
    pub owner: Owner,
    /// Last day.
    pub due: Option<Date>,
    /// What it costs outside, by year.
    pub money: BTreeMap<i16, Euros>,
    /// Work, in half-days.
    pub half_days: Option<u32>,
    /// Where it stands.
    pub state: ActionState,
    /// How far it is, in hundredths.
    pub progress: u8,
    /// Why it was abandoned.
    pub reason: String,
    /// What else is to be known.
    pub note: String,
    /// The day it was done or abandoned.
    pub closed: Option<Date>,
}

impl Action {
    /// The measure it is for.
    pub fn measure(&self) -> Option<&'static Measure> {
        find(self.measure.as_deref()?)
    }

    /// Still open after its last day.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.state.is_open() && self.due.is_some_and(|due| due < today)
    }

    /// It counts as a plan: open, somebody answers for it, and its last day is ahead.
    pub fn is_planned(&self, today: Date) -> bool {
        self.state.is_open() && !self.owner.name.is_empty() && self.due.is_some_and(|due| due >= today)
    }

    /// What it costs outside, all years together.
    pub fn total(&self) -> Euros {
        Euros(self.money.values().map(|sum| sum.0).sum())
    }

    /// What differs from another version, in French: what, before, now.
    pub fn differences(&self, before: &Self) -> Vec<(&'static str, String, String)> {
        let (old, new) = (before.told(), self.told());
        let pairs = old.into_iter().zip(new).filter(|((_, old), (_, new))| old != new);
        pairs.map(|((name, old), (_, new))| (name, old, new)).collect()
    }

    fn told(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<Date>| day.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default();
        let money = self.money.iter().map(|(year, sum)| format!("{sum} en {year}")).collect::<Vec<_>>();
        let work = self.half_days.map(|half| format!("{half} demi-journée{}", if half > 1 { "s" } else { "" }));
        vec![
            ("Quoi", self.title.clone()),
            ("Mesure", self.measure.clone().unwrap_or_default()),
            ("Qui", self.owner.name.clone()),
            ("Échéance", day(self.due)),
            ("Argent", money.join(", ")),
            ("Travail", work.unwrap_or_default()),
            ("État", self.state.label().to_owned()),
            ("Avancement", format!("{}\u{a0}%", self.progress)),
            ("Motif", self.reason.clone()),
            ("Remarque", self.note.clone()),
        ]
    }
}

#[cfg(test)]
mod tests;
