//! One line of one file about one machine.

use super::facts::Facts;
use super::identity::Traits;
use serde::{Deserialize, Serialize};

/// How far ahead of an import a line may be, in microseconds: hours are told without their zone, and clocks differ.
const AHEAD: i64 = 24 * 3_600_000_000;

/// Whether something imported at an instant can be of another one.
pub(super) fn is_past(instant: i64, at: i64) -> bool {
    instant <= at.saturating_add(AHEAD)
}

/// What one source saw of one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// What it is recognised by.
    pub traits: Traits,
    /// What is said of it.
    pub facts: Facts,
    /// The latest instant that the line itself proves, UTC microseconds: what was seen was seen no earlier.
    pub seen: Option<i64>,
    /// Earlier instants that it proves too: they stand where the latest is of a future, as a wrong clock writes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<i64>,
    /// Seen from outside: what was deduced gives way to anything told from inside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
}

impl Sighting {
    /// With these instants: the latest, and those before it.
    pub(super) fn proven(self, instants: impl IntoIterator<Item = i64>) -> Self {
        let mut before: Vec<i64> = instants.into_iter().collect();
        before.sort_unstable();
        before.dedup();
        let seen = before.pop();
        Self { seen, before, ..self }
    }

    /// As it stands once it was imported at an instant: nothing was seen later, and what is dated later proves nothing.
    pub(super) fn until(self, at: i64) -> Self {
        let past = |instant: &i64| is_past(*instant, at);
        let seen = self.before.iter().chain(&self.seen).copied().filter(past).max();
        // With nothing but a future to tell, it was there when it was imported.
        let seen = seen.or(self.seen).map(|seen| seen.min(at));
        let started = self.facts.started.filter(past);
        Self { seen, before: Vec::new(), facts: Facts { started, ..self.facts }, ..self }
    }
}
