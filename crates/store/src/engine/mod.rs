//! The two engines behind one synchronous [`Conn`].
//!
//! Everything above this module is written once. This module must never know what a resource is.

mod alone;
mod cell;
mod conn;
mod dialect;
mod glances;
mod ground;
mod listening;
mod lookup;
mod meter;
mod migrate;
mod pipe;
#[cfg(test)]
mod plan;
mod postgres;
#[cfg(test)]
mod recorder;
mod replica;
mod reserve;
mod rows;
mod session;
mod shape;
mod sqlite;

use crate::copy::Copied;
use crate::error::{Error, Result};
pub(crate) use cell::{Cell, cells};
pub(crate) use conn::{Asked, Conn, Row};
#[cfg(test)]
pub(crate) use dialect::rewrite;
pub(crate) use dialect::{Dialect, hold, holds, share};
pub use glances::Ahead;
pub use listening::Ping;
pub(crate) use listening::{Ears, Listening, tell};
pub use meter::{Part, Pool, Spread};
#[cfg(test)]
pub(crate) use migrate::NEWEST;
#[cfg(test)]
pub(crate) use plan::{columns, plan, tenant_reads, whole_reads};
use postgres::Mode;
pub(crate) use postgres::OPTIONS;
pub(crate) use postgres::PATIENCE;
#[cfg(test)]
pub(crate) use recorder::{ALONE, forget, recorded, recorded_many};
pub(crate) use shape::{Piece, made};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// Which of the three stores a statement is for: three files on SQLite, three schemas on PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Db {
    /// Resources, index, relations, accounts, and the audit entries of writes.
    Main,
    /// The log tree and the entries of reads.
    Audit,
    /// Wrapped keys.
    Keys,
}

impl Db {
    pub(crate) const ALL: [Self; 3] = [Self::Main, Self::Audit, Self::Keys];

    /// File stem and schema name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Audit => "audit",
            Self::Keys => "keys",
        }
    }
}

/// Where a store lives.
#[derive(Debug, Clone)]
pub enum Location {
    /// A directory holding the three SQLite files.
    Directory(PathBuf),
    /// A PostgreSQL connection string; the three schemas are created in that database.
    Postgres(String),
}

/// What cannot be written now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unwritable {
    /// Records: for want of room, or because the last write of one failed.
    pub records: bool,
    /// The log of accesses.
    pub log: bool,
    /// The files that are open are no longer those of the folder.
    pub replaced: bool,
}

/// No actor has this number.
pub(crate) const NOBODY: i64 = 0;

/// An open database.
pub(crate) enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(Box<postgres::Postgres>),
}

impl Engine {
    /// Opens and migrates. On SQLite takes the lock that refuses a second process.
    pub(crate) async fn open(location: &Location) -> Result<Self> {
        match location {
            Location::Directory(dir) => Ok(Self::Sqlite(sqlite::Sqlite::open(dir)?)),
            Location::Postgres(url) => Ok(Self::Postgres(Box::new(postgres::Postgres::open(url).await?))),
        }
    }

    /// Which engine this is; only for real differences.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a read in one snapshot, on a blocking thread.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        db: Db,
        work: impl FnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.read_for(NOBODY, db, work).await
    }

    /// The same for one actor, by number, whose lists the connection may hold from before.
    pub(crate) async fn read_for<T: Send + 'static>(
        &self,
        whom: i64,
        db: Db,
        work: impl FnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Sqlite(engine) => engine.read(db, whom, work).await,
            Self::Postgres(engine) => engine.transact(Mode::Read, work).await,
        }
    }

    /// A read of a few rows by their keys, which changes nothing and may be run several times: here and now on SQLite, since some
    /// tens of microseconds cost less than going to another thread and back; on PostgreSQL without a transaction around it.
    pub(crate) async fn glance<T: Send + 'static>(
        &self,
        db: Db,
        work: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.glance_for(NOBODY, db, Ahead::default(), work).await
    }

    /// The same for one actor, as [`Engine::read_for`], who may have been told some of it ahead.
    pub(crate) async fn glance_for<T: Send + 'static>(
        &self,
        whom: i64,
        db: Db,
        ahead: Ahead,
        work: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Sqlite(engine) => engine.read_here(db, whom, work),
            Self::Postgres(engine) => engine.glance(ahead, work, |_| ()).await.map(|(found, _)| found),
        }
    }

    /// The same on PostgreSQL, and what `beside` asks on the same way there and back; on SQLite there is no way to save.
    pub(crate) async fn glance_beside<T: Send + 'static>(
        &self,
        db: Db,
        work: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
        beside: impl Fn(&Conn<'_>) + Send + 'static,
    ) -> Result<(T, Ahead)> {
        match self {
            Self::Sqlite(engine) => Ok((engine.read_here(db, NOBODY, work)?, Ahead::default())),
            Self::Postgres(engine) => engine.glance(Ahead::default(), work, beside).await,
        }
    }

    /// Runs a write in one transaction, durable when this returns. An error undoes all of it and nothing else.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        db: Db,
        work: impl FnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Sqlite(engine) => engine.write(db, work).await,
            Self::Postgres(engine) => engine.transact(Mode::Write, work).await,
        }
    }

    /// The same for rows that nobody looks at and that wait for nothing: on PostgreSQL one statement, and no thread waits for it.
    pub(crate) async fn write_rows(
        &self,
        db: Db,
        work: impl FnOnce(&Conn<'_>) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        match self {
            Self::Sqlite(engine) => engine.write(db, work).await,
            Self::Postgres(engine) => engine.write_alone(work).await,
        }
    }

    /// Reads the key store from inside a transaction on `main`: the same connection on PostgreSQL, the other file on
    /// SQLite.
    pub(crate) fn keys_from<T>(&self, conn: &Conn<'_>, work: impl FnOnce(&Conn<'_>) -> Result<T>) -> Result<T> {
        match self {
            Self::Sqlite(engine) => engine.read_here(Db::Keys, NOBODY, work),
            Self::Postgres(_) => work(conn),
        }
    }

    /// What the engine itself finds wrong with a file; nothing on PostgreSQL, whose pages only its own tools check.
    pub(crate) async fn integrity(&self, db: Db) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(engine) => engine.integrity(db).await,
            Self::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// The tables and indexes of a database.
    pub(crate) async fn pieces(&self, db: Db) -> Result<BTreeSet<Piece>> {
        match self {
            Self::Sqlite(engine) => engine.pieces(db).await,
            Self::Postgres(engine) => engine.pieces(db).await,
        }
    }

    /// Copies what is stored into a folder, as it is now.
    pub(crate) async fn copy(&self, into: &std::path::Path) -> Result<Copied> {
        match self {
            Self::Sqlite(engine) => engine.copy(into).await,
            Self::Postgres(_) => Ok(Copied::Elsewhere),
        }
    }

    /// Leaves files that are whole without their journals; nothing on PostgreSQL.
    pub(crate) async fn fold(&self) -> Result<()> {
        match self {
            Self::Sqlite(engine) => engine.fold().await,
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Keeps room for the day the disk is full; whether there is so much. A database server keeps its own.
    pub(crate) async fn keep_reserve(&self, bytes: u64) -> Result<bool> {
        match self {
            Self::Sqlite(engine) => {
                let (reserve, standing) = (engine.reserve.clone(), engine.standing.clone());
                let keep = move || {
                    standing.still_ours()?;
                    let spent = reserve.has_room().is_err();
                    let room = reserve.keep(bytes)?;
                    if spent && room {
                        standing.forget();
                    }
                    Ok(room)
                };
                let keep = tokio::task::spawn_blocking(keep);
                keep.await.map_err(|_| Error::bug("keeping the reserve panicked"))?
            }
            Self::Postgres(_) => Ok(true),
        }
    }

    /// Refuses while the disk is full but for the reserve.
    pub(crate) fn has_room(&self) -> Result<()> {
        match self {
            Self::Sqlite(engine) => engine.reserve.has_room(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// What cannot be written now, as the last writes have shown.
    pub(crate) fn unwritable(&self) -> Unwritable {
        match self {
            Self::Sqlite(engine) => {
                let (standing, spent) = (&engine.standing, engine.reserve.has_room().is_err());
                let replaced = standing.is_moved();
                Unwritable {
                    records: spent || replaced || standing.is_failing(Db::Main) || standing.is_failing(Db::Keys),
                    log: replaced || standing.is_failing(Db::Audit),
                    replaced,
                }
            }
            Self::Postgres(engine) => {
                let full = engine.is_full();
                Unwritable { records: full, log: full, replaced: false }
            }
        }
    }

    /// Looks whether the files are still those that are open; whether they are.
    pub(crate) async fn look_at_files(&self) -> Result<bool> {
        let Self::Sqlite(engine) = self else { return Ok(true) };
        let standing = engine.standing.clone();
        tokio::task::spawn_blocking(move || standing.look()).await.map_err(|_| Error::bug("looking at files panicked"))
    }

    /// This process ends though its files were replaced: where its log is now, which takes what waits for it. None where it has no name
    /// any more; nothing on PostgreSQL.
    pub(crate) async fn leave(&self) -> Result<Option<PathBuf>> {
        let Self::Sqlite(engine) = self else { return Ok(None) };
        let standing = engine.standing.clone();
        tokio::task::spawn_blocking(move || standing.leave()).await.map_err(|_| Error::bug("leaving panicked"))
    }

    /// How its parts are at work: counted in memory, so known whatever the engine answers.
    pub(crate) fn parts(&self) -> Vec<Part> {
        match self {
            Self::Sqlite(engine) => engine.parts(),
            Self::Postgres(engine) => vec![engine.part()],
        }
    }

    /// Hears other servers on the same database; on SQLite there are none.
    pub(crate) fn listen(&self, ears: &Ears) -> Option<Listening> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(engine) => Some(engine.listen(ears.clone())),
        }
    }

    /// Reads from a replica while the database does not answer ([`crate::Store::stand_in`]).
    pub(crate) fn follow(&self, replica: &str, bound: Duration) -> Result<()> {
        match self {
            Self::Sqlite(_) => Err(Error::bug("a file has no replica")),
            Self::Postgres(engine) => engine.follow(replica, bound),
        }
    }

    /// How old what is read may be, while it comes from a replica.
    pub(crate) fn behind(&self) -> Option<Duration> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(engine) => engine.behind(),
        }
    }

    /// Bytes on disk of each database.
    pub(crate) async fn bytes(&self) -> Result<Vec<(&'static str, u64)>> {
        match self {
            Self::Sqlite(engine) => Ok(engine.bytes()),
            Self::Postgres(engine) => engine.bytes().await,
        }
    }

    /// Which engine.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// Keeps the planner's statistics up to date; on SQLite plans do not depend on them.
    pub(crate) async fn look_again(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(engine) => engine.look_again().await,
        }
    }

    /// Leaves no trace of what was deleted in free pages and journals, as far as the engine allows: keys first, whose
    /// traces would matter.
    pub(crate) async fn scrub(&self) -> Result<()> {
        match self {
            Self::Sqlite(engine) => engine.scrub().await,
            Self::Postgres(engine) => engine.scrub().await,
        }
    }
}
