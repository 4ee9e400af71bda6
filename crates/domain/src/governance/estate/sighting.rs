//! One line of one file about one machine.

use super::facts::Facts;
use super::identity::Traits;
use serde::{Deserialize, Serialize};

/// What one source saw of one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// What it is recognised by.
    pub traits: Traits,
    /// What is said of it.
    pub facts: Facts,
    /// The latest instant that the line itself proves, UTC microseconds: what was seen was seen no earlier.
    pub seen: Option<i64>,
    /// Seen from outside: what was deduced gives way to anything told from inside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
}
