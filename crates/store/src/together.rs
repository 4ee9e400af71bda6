//! What waits is done together: one round after the other, each with all that has come meanwhile. On SQLite the writer of the
//! file sees to it; here rounds are transactions of PostgreSQL.

use std::sync::{Mutex, PoisonError};

/// What waits for a next round, while somebody is at work on one.
pub(crate) struct Together<T>(Mutex<Queue<T>>);

struct Queue<T> {
    waiting: Vec<T>,
    at_work: bool,
}

impl<T> Default for Together<T> {
    fn default() -> Self {
        Self(Mutex::new(Queue { waiting: Vec::new(), at_work: false }))
    }
}

impl<T> Together<T> {
    /// Adds one; true when nobody is at work: then whoever asked is to be.
    pub(crate) fn add(&self, one: T) -> bool {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push(one);
        !std::mem::replace(&mut queue.at_work, true)
    }

    /// At most so many of those that wait, the first first; when there are none, nobody is at work any more.
    pub(crate) fn take(&self, most: usize) -> Vec<T> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most = queue.waiting.len().min(most);
        queue.at_work = most > 0;
        queue.waiting.drain(..most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_come_is_at_work_until_nothing_waits() {
        let together = Together::default();
        assert!(together.add(1));
        assert!(!together.add(2) && !together.add(3));
        assert_eq!(together.take(2), [1, 2]);
        assert!(!together.add(4));
        assert_eq!((together.take(9), together.take(9)), (vec![3, 4], vec![]));
        assert!(together.add(5));
    }
}
