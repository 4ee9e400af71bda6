//! How the three files are at work, in numbers.

use super::{QUEUE, READERS, Sqlite};
use crate::engine::Db;
use crate::engine::meter::{Part, Pool};
use std::path::Path;

impl Sqlite {
    /// How the three files are at work.
    pub(in crate::engine) fn parts(&self) -> Vec<Part> {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let part = |db: Db| {
            let file = self.file(db);
            let waiting = file.queue.max_capacity() - file.queue.capacity();
            let used = count(READERS.saturating_sub(file.permits.available_permits()));
            let pool = Pool { used, limit: count(READERS), waiting: None, turned_away: 0 };
            file.meters.part(db.name(), Some((count(waiting), count(QUEUE))), pool)
        };
        Db::ALL.map(part).into()
    }

    /// Bytes of each file with its journal.
    pub(in crate::engine) fn bytes(&self) -> Vec<(&'static str, u64)> {
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
        let whole = |db: Db| {
            let path = &self.file(db).readers.path;
            (db.name(), length(path) + length(&path.with_extension("db-wal")))
        };
        Db::ALL.map(whole).into()
    }
}
