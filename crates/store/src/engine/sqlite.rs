//! SQLite: three files in WAL mode, one writer thread a file that group-commits, and read-only connections.

mod copying;
mod figures;
mod folder;
mod readers;
mod standing;

use super::meter::Meters;
use super::reserve::Reserve;
use super::shape::{self, Piece};
use super::{Conn, Db, Dialect, migrate};
use crate::cleared;
use crate::error::{Error, FULL, Result};
use folder::{lock, make_folder, own_database, own_file, sync_folder};
use readers::Readers;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use standing::Standing;
use std::collections::BTreeSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Writes queued together commit together, up to this many…
const GROUP_MAX: usize = 512;
/// …and for at most this long, so that a page never waits behind an import.
const GROUP_TIME: Duration = Duration::from_millis(20);
/// Queued writes before callers wait.
const QUEUE: usize = 2048;
/// Read connections a file.
const READERS: usize = 8;

/// Runs a job in its savepoint, unless the group's transaction could not begin; the returned closure answers the caller
/// once the group's commit is known.
type Job = Box<dyn FnOnce(std::result::Result<&Connection, String>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(&std::result::Result<(), String>)>;

pub(crate) struct Sqlite {
    files: [DataFile; 3],
    pub(super) reserve: Arc<Reserve>,
    pub(super) standing: Arc<Standing>,
    _lock: File,
}

struct DataFile {
    queue: mpsc::Sender<Job>,
    readers: Arc<Readers>,
    permits: Arc<Semaphore>,
    meters: Arc<Meters>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for DataFile {
    /// Returns once its writer has closed the file: it is the last to, and takes the journal away.
    fn drop(&mut self) {
        self.readers.close();
        self.queue = mpsc::channel(1).0;
        // A job may be the last to hold the store.
        if let Some(writer) = self.writer.take().filter(|writer| writer.thread().id() != thread::current().id()) {
            let _ended = writer.join();
        }
    }
}

impl Sqlite {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        make_folder(dir)?;
        let lock = lock(dir)?;
        let reserve = Reserve::new(dir);
        // A machine started anew because its disk is full must not lock carers out.
        reserve.give_at_start();
        own_databases(dir)?;
        let standing = Arc::new(Standing::new(dir));
        let files = open_files(dir, &standing)?;
        // Their names must outlive a power cut as what will be in them does.
        sync_folder(dir)?;
        Ok(Self { files, reserve: Arc::new(reserve), standing, _lock: lock })
    }

    fn file(&self, db: Db) -> &DataFile {
        let [main, audit, keys] = &self.files;
        match db {
            Db::Main => main,
            Db::Audit => audit,
            Db::Keys => keys,
        }
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        db: Db,
        whom: i64,
        work: impl FnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let file = self.file(db);
        let permit = file.permits.clone().acquire_owned().await.map_err(|_| Error::bug("readers are closed"))?;
        let readers = file.readers.clone();
        let run = move || {
            let _permit = permit;
            readers.run(whom, work)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("a read panicked"))?
    }

    /// What SQLite finds wrong with a file: pages, rows and indexes, by number.
    pub(super) async fn integrity(&self, db: Db) -> Result<Vec<String>> {
        self.apart(db, |conn| {
            let mut statement = conn.prepare("PRAGMA integrity_check(100)")?;
            let said = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            Ok(said.into_iter().filter(|text| text != "ok").collect())
        })
        .await
    }

    /// The tables and indexes of a file.
    pub(super) async fn pieces(&self, db: Db) -> Result<BTreeSet<Piece>> {
        self.apart(db, shape::listed).await
    }

    /// On a connection of its own.
    async fn apart<T: Send + 'static>(
        &self,
        db: Db,
        look: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let readers = self.file(db).readers.clone();
        let run = move || look(&readers.open()?);
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("a check panicked"))?
    }

    /// Freed cells are wiped as they are freed; what is left is in journals, and where pages of keys were moved.
    pub(super) async fn scrub(&self) -> Result<()> {
        self.standing.still_ours()?;
        let paths: Vec<(Db, PathBuf)> = Db::ALL.map(|db| (db, self.file(db).readers.path.clone())).into();
        let run = move || {
            for (db, path) in paths {
                let conn = Connection::open(path)?;
                conn.execute_batch("PRAGMA busy_timeout=5000; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON")?;
                if db == Db::Keys {
                    conn.execute_batch("VACUUM")?;
                }
                empty_journal(&conn)?;
            }
            Ok(())
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("scrubbing panicked"))?
    }

    /// Puts what is in the journals into the files, and cuts the journals to nothing: a file that is copied, moved or looked at
    /// while no server runs is whole by itself.
    pub(super) async fn fold(&self) -> Result<()> {
        self.standing.still_ours()?;
        let paths: Vec<PathBuf> = Db::ALL.map(|db| self.file(db).readers.path.clone()).into();
        let run = move || {
            for path in paths {
                let conn = Connection::open(path)?;
                conn.execute_batch("PRAGMA busy_timeout=5000; PRAGMA synchronous=FULL")?;
                empty_journal(&conn)?;
            }
            Ok(())
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("folding panicked"))?
    }

    /// A read on the calling (blocking) thread.
    pub(super) fn read_here<T>(&self, db: Db, whom: i64, work: impl FnOnce(&Conn<'_>) -> Result<T>) -> Result<T> {
        self.file(db).readers.run(whom, work)
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        db: Db,
        work: impl FnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.standing.takes(db)?;
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let result = conn.map_err(Error::Unavailable).and_then(|conn| in_savepoint(conn, work));
            Box::new(move |commit: &std::result::Result<(), String>| {
                let outcome = match (result, commit) {
                    (Ok(value), Ok(())) => Ok(value),
                    (Err(error), _) => Err(error),
                    (Ok(_), Err(text)) => Err(Error::Unavailable(text.clone())),
                };
                // The caller may have gone away: its write stands or fell all the same.
                let _gone = reply.send(outcome);
            })
        });
        self.file(db).queue.send(job).await.map_err(|_| Error::bug("the writer has stopped"))?;
        let outcome = answer.await.map_err(|_| Error::bug("the writer dropped a job"))?;
        self.standing.note(db, &outcome);
        if matches!(&outcome, Err(Error::Unavailable(why)) if why == FULL) {
            let reserve = self.reserve.clone();
            tokio::task::spawn_blocking(move || reserve.give()).await.map_err(|_| Error::bug("the reserve"))?;
        }
        outcome
    }
}

/// Puts the journal into the file and cuts it to nothing. Readers at work may be in the way: they are waited for, and
/// past that the journal is emptied when it next starts over.
fn empty_journal(conn: &Connection) -> Result<()> {
    for _ in 0..50 {
        let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 {
            return sync_journal(conn);
        }
        thread::sleep(Duration::from_millis(20));
    }
    tracing::warn!("a journal could not be emptied: it will be when it starts over");
    Ok(())
}

/// The length of a journal lasts once it is synced: else a power cut brings back what was in it.
fn sync_journal(conn: &Connection) -> Result<()> {
    let journal = conn.path().map(|path| format!("{path}-wal"));
    let Some(Ok(file)) = journal.map(File::open) else { return Ok(()) };
    file.sync_all().map_err(|error| Error::Unavailable(format!("journal: {}", error.kind())))
}

/// One job: its own savepoint, so that its failure leaves its neighbours alone.
fn in_savepoint<T>(conn: &Connection, work: impl FnOnce(&Conn<'_>) -> Result<T>) -> Result<T> {
    fixed(conn, "SAVEPOINT job")?;
    let result = catch_unwind(AssertUnwindSafe(|| work(&Conn::Sqlite(conn))))
        .unwrap_or_else(|_| Err(Error::bug("a write panicked")));
    // A disk that is full, or does not answer, ends the whole transaction: there is no savepoint left to go back to.
    if conn.is_autocommit() {
        return result.and_then(|_| Err(Error::Unavailable("the transaction was ended by the engine".into())));
    }
    if result.is_err() {
        conn.execute_batch("ROLLBACK TO job")?;
    }
    fixed(conn, "RELEASE job")?;
    result
}

fn path_of(dir: &Path, db: Db) -> PathBuf {
    dir.join(format!("{}.db", db.name()))
}

fn own_databases(dir: &Path) -> Result<()> {
    Db::ALL.into_iter().try_for_each(|db| own_database(&path_of(dir, db)).map_err(|error| named(db, error)))
}

fn open_files(dir: &Path, standing: &Arc<Standing>) -> Result<[DataFile; 3]> {
    let open = |db| open_file(&path_of(dir, db), db, standing).map_err(|error| named(db, error));
    Ok([open(Db::Main)?, open(Db::Audit)?, open(Db::Keys)?])
}

/// Says which of the three is damaged.
fn named(db: Db, error: Error) -> Error {
    match error {
        Error::Integrity(text) | Error::Bug(text) => Error::Integrity(format!("{}.db: {text}", db.name())),
        error => error,
    }
}

fn open_file(path: &Path, db: Db, standing: &Arc<Standing>) -> Result<DataFile> {
    let mut conn = Connection::open(path)?;
    configure(&conn)?;
    // Refinery takes what it has noted for granted: a damaged note is damage, not a defect.
    let runner = migrate::runner(db, Dialect::Sqlite)?;
    catch_unwind(AssertUnwindSafe(|| runner.run(&mut conn)))
        .map_err(|_| Error::Integrity("the list of migrations".into()))?
        .map_err(|e| if migrate::is_newer(db, &e) { migrate::newer() } else { Error::Integrity(e.to_string()) })?;
    let (queue, jobs) = mpsc::channel(QUEUE);
    let meters = Arc::new(Meters::new());
    let (counting, looking) = (meters.clone(), standing.clone());
    let writer = thread::Builder::new()
        .name(format!("socle-{}-writer", db.name()))
        .spawn(move || write_loop(&conn, jobs, &counting, &|| looking.took(db)))
        .map_err(|e| Error::Unavailable(e.to_string()))?;
    let readers = Arc::new(Readers::new(path.to_owned(), standing.clone()));
    Ok(DataFile { queue, readers, permits: Arc::new(Semaphore::new(READERS)), meters, writer: Some(writer) })
}

/// Runs a statement without parameters, parsed once for the life of the connection.
fn fixed(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(drop)
}

/// Keeps the plan of a prepared statement whatever is bound to it. Without this, SQLite built with `ENABLE_STAT4` parses
/// and plans a statement anew each time that a parameter which could have moved its plan changes: that took more than a
/// half of the processor. <https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigenableqpsg>
fn keep_plans(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn configure(conn: &Connection) -> Result<()> {
    conn.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON;
         PRAGMA foreign_keys=OFF; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=8000; PRAGMA cache_size=-32768;",
    )?;
    keep_plans(conn)?;
    conn.execute_batch(cleared::TABLES)?;
    conn.set_prepared_statement_cache_capacity(256);
    Ok(())
}

/// In the words of our own errors.
fn said(error: rusqlite::Error) -> String {
    why(error.into())
}

fn why(error: Error) -> String {
    match error {
        Error::Unavailable(why) => why,
        error => error.to_string(),
    }
}

/// Takes what is queued, runs it in one transaction, commits once, then answers everybody. `took`: whether the file that has it is
/// still the one that will be opened next.
fn write_loop(conn: &Connection, mut jobs: mpsc::Receiver<Job>, meters: &Meters, took: &dyn Fn() -> Result<()>) {
    while let Some(first) = jobs.blocking_recv() {
        let begun = fixed(conn, "BEGIN IMMEDIATE").map_err(said);
        let mut answers = Vec::new();
        let started = Instant::now();
        let mut next = Some(first);
        while let Some(job) = next {
            answers.push(job(begun.clone().map(|()| conn)));
            // Outside a transaction (it did not begin, or an error ended it) a savepoint would commit by itself.
            let lost = conn.is_autocommit();
            let full = lost || answers.len() >= GROUP_MAX || started.elapsed() >= GROUP_TIME;
            next = if full { None } else { jobs.try_recv().ok() };
        }
        let ended = Instant::now();
        let commit = begun.and_then(|()| fixed(conn, "COMMIT").map_err(said));
        meters.committed(answers.len(), ended.elapsed(), commit.is_ok());
        if commit.is_err() && !conn.is_autocommit() {
            let _rolled_back = fixed(conn, "ROLLBACK");
        }
        let commit = commit.and_then(|()| took().map_err(why));
        for answer in answers {
            answer(&commit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::readers::open_reader;
    use super::*;

    #[test]
    fn temporary_tables_stay_in_memory_and_freed_pages_are_wiped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("main.db");
        let writer = Connection::open(&path).unwrap();
        configure(&writer).unwrap();
        writer.execute_batch("CREATE TABLE t(n BIGINT)").unwrap();
        let setting = |conn: &Connection, sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        for conn in [&writer, &open_reader(&path).unwrap()] {
            assert_eq!(setting(conn, "PRAGMA temp_store"), 2);
        }
        assert_eq!(setting(&writer, "PRAGMA secure_delete"), 1);
        assert_eq!(setting(&writer, "PRAGMA synchronous"), 2);
    }

    #[test]
    fn nothing_is_written_when_the_transaction_cannot_begin() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t(n BIGINT); BEGIN").unwrap();
        let (queue, jobs) = mpsc::channel(1);
        let (reply, answer) = std::sync::mpsc::channel();
        let job: Job = Box::new(move |conn| {
            let result = conn.and_then(|conn| {
                in_savepoint(conn, |conn| conn.execute("INSERT INTO t VALUES(1)", &[])).map_err(|e| e.to_string())
            });
            Box::new(move |commit| reply.send(result.is_ok() && commit.is_ok()).unwrap())
        });
        queue.try_send(job).unwrap();
        drop(queue);
        write_loop(&conn, jobs, &Meters::new(), &|| Ok(()));
        assert!(!answer.recv().unwrap());
    }

    #[test]
    fn a_statement_is_planned_once_whatever_is_bound() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("main.db");
        let writer = Connection::open(&path).unwrap();
        configure(&writer).unwrap();
        writer.execute_batch("CREATE TABLE t(n BIGINT, m BIGINT); CREATE INDEX i ON t(n) WHERE m = 0").unwrap();
        let reader = open_reader(&path).unwrap();
        for conn in [&writer, &reader] {
            let mut statement = conn.prepare("SELECT m FROM t WHERE n = ?1 AND m = ?2").unwrap();
            for n in 0..5 {
                assert_eq!(statement.query_map([n, n + 10], |row| row.get::<_, i64>(0)).unwrap().count(), 0);
            }
            assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
        }
    }
}
