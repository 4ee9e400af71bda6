//! Wrong secrets are counted, and waited for.

use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const SECOND: i64 = 1_000_000;
/// How long a login waits.
const WAIT_S: i64 = 60;
/// Logins remembered; beyond, the oldest waits are dropped.
const REMEMBERED: usize = 10_000;

/// Wrong secrets, per login. Kept in memory: a restart forgives.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<String, (u32, i64)>>);

impl Attempts {
    /// Counts an attempt before its secret is looked at, so that many at once do not all pass.
    pub(crate) fn begin(&self, login: &str, most: u32, now: i64) -> Result<()> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tries, last) = all.get(login).copied().unwrap_or((0, now));
        let until = last + WAIT_S * SECOND;
        if tries >= most && now < until {
            return Err(Error::TooManyAttempts((until - now) / SECOND + 1));
        }
        if all.len() >= REMEMBERED && !all.contains_key(login) {
            all.retain(|_, (_, last)| now < *last + WAIT_S * SECOND);
            // A flood of invented logins must not shield the one that is being tried.
            let oldest = all.iter().min_by_key(|(_, (_, last))| *last).map(|(login, _)| login.clone());
            oldest.filter(|_| all.len() >= REMEMBERED).map(|login| all.remove(&login));
        }
        // Once the wait is over, all tries are given back: one wrong secret a minute locks nobody out.
        let tries = if now >= until { 0 } else { tries };
        all.insert(login.to_owned(), (tries + 1, now));
        Ok(())
    }

    pub(crate) fn forgive(&self, login: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(login);
    }
}
