//! What a database is made of, by name.

use super::{Db, Dialect, migrate};
use crate::error::{Error, Result};
use crate::old_keys;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// A part of a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    Table(String),
    Index(String),
}

impl Piece {
    /// By the letter that PostgreSQL has for it, or SQLite's word.
    pub(super) fn new(kind: &str, name: String) -> Self {
        if kind.starts_with(['i', 'I']) { Self::Index(name) } else { Self::Table(name) }
    }
}

/// What a whole database has, on either engine: what its migrations make of an empty one.
pub(crate) fn made(db: Db) -> Result<BTreeSet<Piece>> {
    let mut conn = Connection::open_in_memory()?;
    migrate::runner(db, Dialect::Sqlite)?.run(&mut conn).map_err(|error| Error::bug(error.to_string()))?;
    if db == Db::Main {
        old_keys::OLD.iter().try_for_each(|drop| conn.execute_batch(drop))?;
    }
    listed(&conn)
}

/// What a file of SQLite has.
pub(super) fn listed(conn: &Connection) -> Result<BTreeSet<Piece>> {
    let text = "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'";
    let mut statement = conn.prepare(text)?;
    let found = statement.query_map([], |row| Ok(Piece::new(&row.get::<_, String>(0)?, row.get(1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
