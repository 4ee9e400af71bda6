//! Connections that only read.

use super::standing::Standing;
use super::{fixed, keep_plans};
use crate::cleared;
use crate::engine::Conn;
use crate::error::Result;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Idle read-only connections of one file, each with whom it served last.
pub(super) struct Readers {
    pub(super) path: PathBuf,
    idle: Mutex<Vec<(i64, Connection)>>,
    standing: Arc<Standing>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, standing: Arc<Standing>) -> Self {
        Self { path, idle: Mutex::default(), standing }
    }

    /// One more connection. A file that took the place of the one that is open is somebody else's, or of another day: it is not read.
    pub(super) fn open(&self) -> Result<Connection> {
        // Before as well: a file of another store would be given a journal beside it.
        self.standing.still_ours()?;
        let conn = open_reader(&self.path)?;
        self.standing.still_ours()?;
        Ok(conn)
    }

    /// Closes those that rest.
    pub(super) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Runs `work` in one snapshot, where the same reader was served last if possible: what that connection is cleared for
    /// is there already. A connection that fails is dropped, not reused.
    pub(super) fn run<T>(&self, whom: i64, work: impl FnOnce(&Conn<'_>) -> Result<T>) -> Result<T> {
        let conn = match self.take(whom) {
            Some(conn) => conn,
            None => self.open()?,
        };
        fixed(&conn, "BEGIN")?;
        let result = work(&Conn::Sqlite(&conn));
        // Nothing was written but whom the connection is cleared for, which stays.
        fixed(&conn, "COMMIT")?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((whom, conn));
        result
    }

    fn take(&self, whom: i64) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let own = idle.iter().rposition(|(served, _)| *served == whom);
        // Else the one that has rested longest: whom it served is the least likely to come back.
        let at = own.or(if idle.is_empty() { None } else { Some(0) })?;
        Some(idle.remove(at).1)
    }
}

pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    // The file is open for reading only; the tables of its own that a connection writes to are in memory.
    conn.execute_batch("PRAGMA temp_store=MEMORY; PRAGMA busy_timeout=5000; PRAGMA cache_size=-16384;")?;
    keep_plans(&conn)?;
    conn.execute_batch(cleared::TABLES)?;
    conn.set_prepared_statement_cache_capacity(256);
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_finds_the_connection_that_served_it_last() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("main.db");
        Connection::open(&path).unwrap().execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t(n BIGINT)").unwrap();
        let readers = Readers::new(path, Arc::new(Standing::new(dir.path())));
        let left = |whom| readers.idle.lock().unwrap().iter().any(|(served, _)| *served == whom);
        let note = |conn: &Conn<'_>, n: i64| conn.execute("INSERT INTO temp.clr_staff VALUES(?1)", &[n.into()]);
        let noted = |conn: &Conn<'_>| conn.query_one("SELECT MAX(place) FROM temp.clr_staff", &[])?.int(0);
        // Both at once, so that each has its own.
        readers.run(1, |conn| note(conn, 1).and_then(|_| readers.run(2, |conn| note(conn, 2)))).unwrap();
        for whom in [1, 2, 2, 1] {
            assert!(left(whom));
            assert_eq!(readers.run(whom, noted).unwrap(), whom);
        }
        readers.run(3, |_| Ok(())).unwrap();
        assert!(!left(2), "the one that has rested longest is taken");
        assert!(left(1) && left(3));
    }
}
