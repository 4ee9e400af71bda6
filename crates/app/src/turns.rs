//! Writers who gave no condition wait for each other, rather than be told that somebody was quicker.

use crate::cx::Cx;
use crate::error::Error;
use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use tokio::sync::{Mutex, MutexGuard};

/// How many may write at once, if no two of them share a line by chance.
const LINES: usize = 64;

/// How often such a write is done in all.
const TRIES: usize = 5;

/// Lines of writers, each for some resources. Of several servers on one store, each has its own: a writer who has been
/// overtaken tries again.
pub(crate) struct Turns {
    lines: [Mutex<()>; LINES],
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self { lines: std::array::from_fn(|_| Mutex::new(())), hasher: RandomState::new() }
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turns")
    }
}

impl Turns {
    /// Waits until it is the turn of who writes this; nobody holds two.
    async fn wait(&self, what: impl Hash) -> Option<MutexGuard<'_, ()>> {
        let lines = u64::try_from(LINES).unwrap_or(1);
        let line = usize::try_from(self.hasher.hash_one(what) % lines).unwrap_or_default();
        match self.lines.get(line) {
            Some(line) => Some(line.lock().await),
            None => None,
        }
    }
}

/// The tries of one write.
pub(crate) struct Tries<'a> {
    turns: &'a Turns,
    left: usize,
    turn: Option<MutexGuard<'a, ()>>,
}

impl<'a> Tries<'a> {
    /// One only, unless it is `free` of a condition of its client's.
    pub(crate) fn of(cx: &'a Cx, free: bool) -> Self {
        Self { turns: cx.app().turns(), left: if free { TRIES - 1 } else { 0 }, turn: None }
    }

    /// Whether to do it anew, after that error: only where somebody was quicker, and when it is its turn.
    pub(crate) async fn again(&mut self, what: impl Hash, error: Option<&Error>) -> bool {
        let overtaken = error.is_some_and(|error| error.is_version() || error.is_overtaken());
        if !overtaken || self.left == 0 {
            return false;
        }
        self.left -= 1;
        if self.turn.is_none() {
            self.turn = self.turns.wait(what).await;
        }
        true
    }
}
