//! What the engine counts while it works: how large commits are, how long they take, what waits. Numbers, and nothing else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Writes of one commit.
const GROUPS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/// Microseconds of one commit.
const TIMES: [u64; 12] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000];

/// How values are spread: how many were at most each bound, and above the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread {
    /// Bound and count; the last bound is `u64::MAX`.
    pub buckets: Vec<(u64, u64)>,
    /// Of all values.
    pub sum: u64,
}

impl Spread {
    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

/// Connections of one part of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// At work now.
    pub used: u64,
    /// At most.
    pub limit: u64,
    /// Requests that wait for one; not known on SQLite.
    pub waiting: Option<u64>,
    /// Requests that were told to come back.
    pub turned_away: u64,
}

/// How one part of the store works: a file of SQLite, or the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `main`, `audit`, `keys`; `postgres` for all three.
    pub name: &'static str,
    /// Microseconds that commits took.
    pub commits: Spread,
    /// Commits that failed.
    pub failed: u64,
    /// Writes that shared one commit; not counted on PostgreSQL, where few kinds do.
    pub groups: Option<Spread>,
    /// Writes that wait for the writer, and how many may; PostgreSQL has no such queue.
    pub queue: Option<(u64, u64)>,
    /// Its connections for reading (SQLite), or for all (PostgreSQL).
    pub pool: Pool,
}

/// Counts values by bound.
#[derive(Debug)]
struct Meter<const N: usize> {
    bounds: [u64; N],
    counts: [AtomicU64; N],
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Meter<N> {
    fn new(bounds: [u64; N]) -> Self {
        let counts = std::array::from_fn(|_| AtomicU64::new(0));
        Self { bounds, counts, above: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    fn note(&self, value: u64) {
        let first = self.bounds.iter().zip(&self.counts).find(|(bound, _)| value <= **bound);
        first.map_or(&self.above, |(_, count)| count).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    fn spread(&self) -> Spread {
        let counts = self.counts.iter().chain([&self.above]).map(|count| count.load(Ordering::Relaxed));
        let bounds = self.bounds.iter().copied().chain([u64::MAX]);
        Spread { buckets: bounds.zip(counts).collect(), sum: self.sum.load(Ordering::Relaxed) }
    }
}

/// What is counted of one part.
#[derive(Debug)]
pub(super) struct Meters {
    groups: Meter<10>,
    commits: Meter<12>,
    failed: AtomicU64,
}

impl Meters {
    pub(super) fn new() -> Self {
        Self { groups: Meter::new(GROUPS), commits: Meter::new(TIMES), failed: AtomicU64::new(0) }
    }

    /// A commit of so many writes.
    pub(super) fn committed(&self, writes: usize, took: Duration, well: bool) {
        self.groups.note(u64::try_from(writes).unwrap_or(u64::MAX));
        self.commits.note(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        self.failed.fetch_add(u64::from(!well), Ordering::Relaxed);
    }

    /// As it stands. `queue`: what waits for the writer and how many may, where writes share commits.
    pub(super) fn part(&self, name: &'static str, queue: Option<(u64, u64)>, pool: Pool) -> Part {
        Part {
            name,
            commits: self.commits.spread(),
            failed: self.failed.load(Ordering::Relaxed),
            groups: queue.is_some().then(|| self.groups.spread()),
            queue,
            pool,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_once_at_the_first_bound_that_holds_it() {
        let meter = Meter::new([1, 10]);
        for value in [0, 1, 2, 10, 11, 1_000] {
            meter.note(value);
        }
        let spread = meter.spread();
        assert_eq!(spread.buckets, [(1, 2), (10, 2), (u64::MAX, 2)]);
        assert_eq!((spread.count(), spread.sum), (6, 1_024));
    }
}
