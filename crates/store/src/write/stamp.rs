//! When a version was written: the time at which its transaction begins, never before what has been written or told meanwhile.
//!
//! Who asks for what is new since a time they were told must miss nothing (FHIR R4 §3.1.1.3, `_since`; Bulk Data Access
//! 2.0, `transactionTime`). The time at which a write was asked for will not do: a large one is committed seconds later,
//! and would be born in a past that others have already read.

use crate::engine::{Conn, Db, Dialect, cells};
use crate::error::Result;
use crate::own_params;
use crate::store::Store;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A time that is further ahead than this (µs) was given by a clock that has gone back since: it holds nobody.
const AHEAD: i64 = 300 * 1_000_000;
/// Between a time given by another process and its transaction as PostgreSQL sees it (µs).
const MARGIN: i64 = 200_000;

/// Tells the time: UTC µs.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The times given by this process.
#[derive(Default)]
pub(crate) struct Stamps {
    given: Mutex<Given>,
    clock: OnceLock<Clock>,
}

#[derive(Default)]
struct Given {
    /// No later version is older.
    latest: i64,
    /// Those of transactions that have not ended, each with its number.
    under_way: BTreeSet<(i64, u64)>,
    number: u64,
}

impl Given {
    /// The first time that may be given to what is asked for at `now`.
    fn first(&self, now: i64) -> i64 {
        if self.latest.saturating_sub(now) > AHEAD { now } else { now.max(self.latest) }
    }
}

impl Stamps {
    fn given(&self) -> std::sync::MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked for at `asked` begins to be written.
    fn begin(&self, asked: i64) -> (i64, u64) {
        let now = self.clock.get().map_or(asked, |clock| clock().max(asked));
        let mut given = self.given();
        let at = given.first(now);
        given.latest = at;
        given.number += 1;
        let mark = (at, given.number);
        given.under_way.insert(mark);
        mark
    }

    fn end(&self, mark: (i64, u64)) {
        self.given().under_way.remove(&mark);
    }

    /// The last time, at most `now`, of which all is written; what comes later will not be older.
    fn settle(&self, now: i64) -> i64 {
        let mut given = self.given();
        let settled = given.under_way.first().map_or(now, |(at, _)| now.min(at - 1));
        given.latest = given.first(settled);
        settled
    }
}

/// The time of one write, kept until its transaction has ended.
pub(super) struct Stamp {
    stamps: Arc<Stamps>,
    mark: Mutex<Option<(i64, u64)>>,
}

impl Stamp {
    pub(super) fn new(stamps: Arc<Stamps>) -> Self {
        Self { stamps, mark: Mutex::default() }
    }

    /// The transaction of what was asked for at `asked` begins, perhaps once more.
    pub(super) fn begin(&self, asked: i64) {
        let mark = self.stamps.begin(asked);
        if let Some(former) = self.mark.lock().unwrap_or_else(PoisonError::into_inner).replace(mark) {
            self.stamps.end(former);
        }
    }

    /// The time it was given; none before its transaction.
    pub(super) fn at(&self) -> Option<i64> {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner).map(|(at, _)| at)
    }
}

impl Drop for Stamp {
    fn drop(&mut self) {
        if let Some(mark) = self.mark.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            self.stamps.end(mark);
        }
    }
}

impl Store {
    /// What is written from now on is dated by this clock, the first that is given; without one, by when it was asked for.
    pub fn dated_by(&self, clock: Clock) {
        let _first = self.0.stamps.clock.set(clock);
    }

    /// The last time, at most `now`, of which everything has been written (UTC µs): who is told it, and asks later for what was
    /// written since, misses nothing.
    ///
    /// # Errors
    /// The engine's.
    pub async fn settled(&self, now: i64) -> Result<i64> {
        let elsewhere = match self.engine().dialect() {
            Dialect::Sqlite => 0,
            Dialect::Postgres => self.engine().read(Db::Main, longest).await?,
        };
        let here = self.0.stamps.settle(now);
        Ok(if elsewhere == 0 { here } else { here.min(now.saturating_sub(elsewhere).saturating_sub(MARGIN)) })
    }
}

/// For how long (µs) the oldest transaction that writes has been running; 0 when none is. Every write holds the lock from its first
/// statement on ([`own_params::beside_others`]).
fn longest(conn: &Conn<'_>) -> Result<i64> {
    conn.query_one(
        "SELECT CAST(COALESCE(MAX(EXTRACT(EPOCH FROM clock_timestamp() - a.xact_start) * 1000000), 0) AS BIGINT)
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'advisory' AND l.objsubid = 1
           AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
           AND (CAST(l.classid AS BIGINT) << 32) | CAST(l.objid AS BIGINT) = ?1",
        &cells![own_params::WRITES_LOCK],
    )?
    .int(0)
}

#[cfg(test)]
mod tests {
    use super::{AHEAD, Stamp, Stamps};
    use std::sync::Arc;

    #[test]
    fn what_is_written_later_is_never_older() {
        let stamps = Arc::new(Stamps::default());
        let (first, second) = (Stamp::new(stamps.clone()), Stamp::new(stamps));
        first.begin(30);
        second.begin(20);
        assert_eq!((first.at(), second.at()), (Some(30), Some(30)));
    }

    #[test]
    fn what_was_asked_for_long_ago_is_of_when_it_is_written() {
        let stamps = Arc::new(Stamps::default());
        assert!(stamps.clock.set(Arc::new(|| 80)).is_ok());
        let (slow, ahead) = (Stamp::new(stamps.clone()), Stamp::new(stamps));
        slow.begin(5);
        ahead.begin(90);
        assert_eq!((slow.at(), ahead.at()), (Some(80), Some(90)));
    }

    #[test]
    fn what_has_been_told_is_before_all_that_is_not_written_yet() {
        let stamps = Arc::new(Stamps::default());
        let slow = Stamp::new(stamps.clone());
        assert_eq!(stamps.settle(10), 10);
        slow.begin(5);
        assert_eq!(slow.at(), Some(10));
        assert_eq!(stamps.settle(40), 9);
        drop(slow);
        assert_eq!(stamps.settle(40), 40);
    }

    #[test]
    fn a_transaction_that_begins_once_more_holds_back_no_longer_than_its_second_beginning() {
        let stamps = Arc::new(Stamps::default());
        let retried = Stamp::new(stamps.clone());
        retried.begin(10);
        retried.begin(50);
        assert_eq!(stamps.settle(60), 49);
    }

    #[test]
    fn a_clock_that_was_ahead_does_not_hold_those_that_follow() {
        let stamps = Arc::new(Stamps::default());
        let (ahead, after) = (Stamp::new(stamps.clone()), Stamp::new(stamps.clone()));
        ahead.begin(2 * AHEAD);
        after.begin(10);
        assert_eq!(after.at(), Some(10));
        drop(after);
        drop(ahead);
        assert_eq!(stamps.settle(20), 20);
    }
}
