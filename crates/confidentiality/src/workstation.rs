//! The machine in front of which someone sits, as far as it matters for what may be opened from it.

use serde::{Deserialize, Serialize};

/// What is known of the machine. An establishment that has enrolled none is asked nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workstation {
    /// Nobody asks: no machine is enrolled yet, or the actor is a program.
    Any = 0,
    /// Enrolled, found in the inventory, its system supported.
    Sound = 1,
    /// Enrolled, but its support cannot be proven: not in the inventory, or supported in part or on conditions.
    Doubtful = 2,
    /// Enrolled, its system without security updates.
    Obsolete = 3,
    /// Not enrolled, where others are.
    Unknown = 4,
}

impl Workstation {
    /// Every state, by code.
    pub const ALL: [Self; 5] = [Self::Any, Self::Sound, Self::Doubtful, Self::Obsolete, Self::Unknown];

    /// As stored.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// From the stored number.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}
