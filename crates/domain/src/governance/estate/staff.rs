//! Accounts of a directory and movements of staff: who may enter, who is still there. They name people.

use super::sighting::is_past;
use serde::{Deserialize, Serialize};

/// An account of a directory.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The login.
    pub login: String,
    /// The name shown.
    pub display: Option<String>,
    /// It may sign in.
    pub enabled: Option<bool>,
    /// Last sign-in, UTC microseconds.
    pub last_seen: Option<i64>,
    /// Last change of password, UTC microseconds.
    pub password_set: Option<i64>,
    /// Creation, UTC microseconds.
    pub created: Option<i64>,
    /// End, UTC microseconds.
    pub expires: Option<i64>,
    /// The password never has to change.
    pub password_never_expires: Option<bool>,
    /// Groups, by their short names.
    pub groups: Vec<String>,
    /// The directory guards it as an administrator's.
    pub guarded: Option<bool>,
    /// The export has no column of last sign-ins: that none is told says nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub use_untold: bool,
    /// The export has no column of ends.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub end_untold: bool,
    /// A newer export of the same directory no longer has it. Concluded, never kept.
    #[serde(skip)]
    pub gone: bool,
}

/// Somebody came, is there, or left.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Movement {
    /// Number in the staff's register.
    pub number: String,
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// What for.
    pub function: Option<String>,
    /// First day.
    pub starts: Option<String>,
    /// Last day.
    pub ends: Option<String>,
    /// Kind of contract.
    pub contract: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account(***)")
    }
}

impl std::fmt::Debug for Movement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Movement(***)")
    }
}

impl Account {
    /// What two writings of one account have in common.
    #[must_use]
    pub fn key(&self) -> String {
        self.login.to_lowercase()
    }

    /// The latest instant that the line itself proves, once it was imported at an instant: what is dated later proves nothing.
    #[must_use]
    pub fn seen(&self, at: i64) -> Option<i64> {
        let told = [self.last_seen, self.password_set, self.created].into_iter().flatten();
        told.filter(|instant| is_past(*instant, at)).max()
    }
}

impl Movement {
    /// What two writings of one movement have in common: the number, else the names, and the first day. Not the function: it changes,
    /// and a departure that is told with the new one must not leave the former line behind as somebody who stays.
    #[must_use]
    pub fn key(&self) -> String {
        let day = self.starts.as_deref().unwrap_or_default();
        if self.number.is_empty() {
            return format!("{} {} {day}", self.family.to_lowercase(), self.given.to_lowercase());
        }
        format!("{} {day}", self.number.to_lowercase())
    }
}
