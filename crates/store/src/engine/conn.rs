//! One synchronous face for both engines.
//!
//! Statements are written once with `?1` placeholders; a [`Conn`] runs them on SQLite or on PostgreSQL. Store logic is
//! synchronous and runs on blocking threads (ADR 0001); PostgreSQL futures are driven from there.

use super::alone::Rows;
use super::cell::Cell;
use super::dialect::Dialect;
use super::glances::{Told, not_known};
use super::pipe::{Pipe, Slot};
use crate::error::{Conflict, Error, Result};
use tokio_postgres::types::Type;

/// What is read is asked for by its type, so a value of another one was changed on the disk.
fn otherwise(index: usize, kind: &str) -> Error {
    Error::Integrity(format!("column {index} of a row is not {kind}"))
}

/// One row, by column position.
#[derive(Debug, Clone)]
pub(crate) struct Row(Vec<Cell>);

impl Row {
    /// The integer of column `index`.
    pub(crate) fn int(&self, index: usize) -> Result<i64> {
        match self.0.get(index) {
            Some(Cell::Int(value)) => Ok(*value),
            _ => Err(otherwise(index, "an integer")),
        }
    }
    /// Some columns as they are, to be bound again.
    pub(crate) fn cells(&self, from: usize, until: usize) -> Vec<Cell> {
        self.0.get(from..until).unwrap_or_default().to_vec()
    }
    /// The integer of column `index`, or `None` when NULL.
    pub(crate) fn opt_int(&self, index: usize) -> Result<Option<i64>> {
        match self.0.get(index) {
            Some(Cell::Null) => Ok(None),
            _ => self.int(index).map(Some),
        }
    }
    /// The text of column `index`.
    pub(crate) fn text(&self, index: usize) -> Result<&str> {
        match self.0.get(index) {
            Some(Cell::Text(value)) => Ok(value),
            _ => Err(otherwise(index, "text")),
        }
    }
    /// The text of column `index`, if any.
    pub(crate) fn opt_text(&self, index: usize) -> Result<Option<&str>> {
        match self.0.get(index) {
            Some(Cell::Null) => Ok(None),
            _ => self.text(index).map(Some),
        }
    }
    /// The bytes of column `index`.
    pub(crate) fn blob(&self, index: usize) -> Result<&[u8]> {
        match self.0.get(index) {
            Some(Cell::Blob(value)) => Ok(value),
            _ => Err(otherwise(index, "a blob")),
        }
    }
    /// The bytes of column `index`, or `None` when NULL.
    pub(crate) fn opt_blob(&self, index: usize) -> Result<Option<&[u8]>> {
        match self.0.get(index) {
            Some(Cell::Null) => Ok(None),
            _ => self.blob(index).map(Some),
        }
    }
}

/// Rows asked for by [`Conn::ask`].
pub(crate) enum Asked {
    Here(Vec<Row>),
    OnTheirWay(Slot),
    /// To be asked before all of it is run again.
    NotKnown,
}

/// A connection inside a transaction of the engine.
pub(crate) enum Conn<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(Pipe<'a>),
    /// What is known so far of a PostgreSQL database: only reads.
    Told(&'a Told),
    /// Rows that will be one statement on PostgreSQL: only those of [`Conn::each`].
    Alone(&'a Rows),
}

impl Conn<'_> {
    /// Which engine this is; only for real differences.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) | Self::Told(_) | Self::Alone(_) => Dialect::Postgres,
        }
    }

    /// All rows of a query.
    pub(crate) fn query(&self, sql: &str, params: &[Cell]) -> Result<Vec<Row>> {
        #[cfg(test)]
        super::recorder::record(self.dialect(), sql);
        match self {
            Self::Sqlite(conn) => sqlite_query(conn, sql, params),
            Self::Postgres(pg) => pg.query(sql, params),
            Self::Told(told) => told.rows(sql, params).ok_or_else(not_known),
            Self::Alone(_) => Err(only_rows()),
        }
    }

    /// Asks for rows that are wanted a little later: PostgreSQL is not waited for before the next statement is sent.
    pub(crate) fn ask(&self, sql: &str, params: &[Cell]) -> Result<Asked> {
        match self {
            Self::Sqlite(_) => self.query(sql, params).map(Asked::Here),
            Self::Postgres(pg) => {
                #[cfg(test)]
                super::recorder::record(self.dialect(), sql);
                pg.ask(sql, params).map(Asked::OnTheirWay)
            }
            Self::Told(told) => {
                #[cfg(test)]
                super::recorder::record(self.dialect(), sql);
                Ok(told.rows(sql, params).map_or(Asked::NotKnown, Asked::Here))
            }
            Self::Alone(_) => Err(only_rows()),
        }
    }

    /// The rows asked for.
    pub(crate) fn answer(&self, asked: Asked) -> Result<Vec<Row>> {
        match (self, asked) {
            (_, Asked::Here(rows)) => Ok(rows),
            (Self::Postgres(pg), Asked::OnTheirWay(slot)) => pg.answer(&slot),
            (Self::Told(_), Asked::NotKnown) => Err(not_known()),
            (_, Asked::OnTheirWay(_) | Asked::NotKnown) => Err(Error::bug("asked of another engine")),
        }
    }

    /// The first row of a query, if any.
    pub(crate) fn query_opt(&self, sql: &str, params: &[Cell]) -> Result<Option<Row>> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// The first row of a query that always has one.
    pub(crate) fn query_one(&self, sql: &str, params: &[Cell]) -> Result<Row> {
        self.query_opt(sql, params)?.ok_or_else(|| Error::bug("a row was expected"))
    }

    /// Runs a statement; how many rows it touched.
    pub(crate) fn execute(&self, sql: &str, params: &[Cell]) -> Result<u64> {
        #[cfg(test)]
        super::recorder::record(self.dialect(), sql);
        match self {
            Self::Sqlite(conn) => {
                let mut statement = conn.prepare_cached(sql)?;
                Ok(statement.execute(rusqlite::params_from_iter(params))? as u64)
            }
            Self::Postgres(pg) => pg.execute(sql, params),
            Self::Told(_) => Err(only_reads()),
            Self::Alone(_) => Err(only_rows()),
        }
    }

    /// Runs a statement of which nobody asks what it touched: PostgreSQL is not waited for before the next one is sent. If it
    /// fails, what follows fails with its error.
    pub(crate) fn send(&self, sql: &str, params: &[Cell]) -> Result<()> {
        match self {
            Self::Sqlite(_) => self.execute(sql, params).map(drop),
            Self::Postgres(pg) => {
                #[cfg(test)]
                super::recorder::record(self.dialect(), sql);
                pg.send(sql, params, None)
            }
            Self::Told(_) => Err(only_reads()),
            Self::Alone(_) => Err(only_rows()),
        }
    }

    /// As [`Conn::send`], for a query that must find so many rows: if not, what follows fails with `otherwise`, and nothing of the
    /// transaction is done.
    pub(crate) fn expect(&self, sql: &str, params: &[Cell], rows: u64, otherwise: Error) -> Result<()> {
        match self {
            Self::Sqlite(_) if self.query(sql, params)?.len() as u64 == rows => Ok(()),
            Self::Sqlite(_) => Err(otherwise),
            Self::Postgres(pg) => {
                #[cfg(test)]
                super::recorder::record(self.dialect(), sql);
                pg.send(sql, params, Some((rows, otherwise)))
            }
            Self::Told(_) => Err(only_reads()),
            Self::Alone(_) => Err(only_rows()),
        }
    }

    /// Runs a statement of one row, which no other of its text waits for nor depends on: on PostgreSQL those of one text become
    /// one statement, sent before any statement that is not of this kind.
    pub(crate) fn each(&self, sql: &str, params: &[Cell]) -> Result<()> {
        match self {
            Self::Sqlite(_) => self.execute(sql, params).map(drop),
            Self::Postgres(pg) => {
                #[cfg(test)]
                super::recorder::record(self.dialect(), sql);
                #[cfg(test)]
                super::recorder::record_many(sql, params);
                pg.each(sql, params, None);
                Ok(())
            }
            Self::Told(_) => Err(only_reads()),
            Self::Alone(rows) => {
                #[cfg(test)]
                super::recorder::record(self.dialect(), sql);
                rows.add(sql, params, None);
                Ok(())
            }
        }
    }

    /// As [`Conn::each`], for statements that must each touch, or find, so many rows: if not, what follows fails with `otherwise`.
    pub(crate) fn expect_each(&self, sql: &str, params: &[Cell], rows: u64, otherwise: Conflict) -> Result<()> {
        match self {
            Self::Sqlite(_) => self.expect(sql, params, rows, Error::Conflict(otherwise)),
            Self::Postgres(pg) => {
                #[cfg(test)]
                super::recorder::record(self.dialect(), sql);
                #[cfg(test)]
                super::recorder::record_many(sql, params);
                pg.each(sql, params, Some((rows, otherwise)));
                Ok(())
            }
            Self::Told(_) => Err(only_reads()),
            Self::Alone(_) => Err(only_rows()),
        }
    }

    /// Has PostgreSQL begin on what has been sent so far, while the rest is being made.
    pub(crate) fn set_going(&self) -> Result<()> {
        if let Self::Postgres(pg) = self { pg.set_going() } else { Ok(()) }
    }

    /// As [`Conn::ask`], a query of one row for each of several: PostgreSQL is sent one for all of them.
    pub(crate) fn ask_each(&self, sql: &str, rows: &[Vec<Cell>]) -> Result<Vec<Asked>> {
        match self {
            Self::Sqlite(_) | Self::Told(_) | Self::Alone(_) => rows.iter().map(|row| self.ask(sql, row)).collect(),
            Self::Postgres(pg) => {
                #[cfg(test)]
                rows.iter().for_each(|row| {
                    super::recorder::record(Dialect::Postgres, sql);
                    super::recorder::record_many(sql, row);
                });
                Ok(pg.ask_each(sql, rows)?.into_iter().map(Asked::OnTheirWay).collect())
            }
        }
    }

    /// The rows of several questions.
    pub(crate) fn answers(&self, asked: Vec<Asked>) -> Result<Vec<Row>> {
        let each = asked.into_iter().map(|one| self.answer(one)).collect::<Result<Vec<_>>>()?;
        Ok(each.into_iter().flatten().collect())
    }

    /// Runs statements without parameters.
    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(conn) => Ok(conn.execute_batch(sql)?),
            Self::Postgres(pg) => pg.batch(sql),
            Self::Told(_) => Err(only_reads()),
            Self::Alone(_) => Err(only_rows()),
        }
    }
}

fn only_reads() -> Error {
    Error::bug("a glance that writes")
}

fn only_rows() -> Error {
    Error::bug("more than rows in a statement that stands alone")
}

fn sqlite_query(conn: &rusqlite::Connection, sql: &str, params: &[Cell]) -> Result<Vec<Row>> {
    let mut statement = conn.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut cells = Vec::with_capacity(columns);
        for index in 0..columns {
            cells.push(match row.get_ref(index)? {
                rusqlite::types::ValueRef::Null => Cell::Null,
                rusqlite::types::ValueRef::Integer(value) => Cell::Int(value),
                rusqlite::types::ValueRef::Text(value) => Cell::Text(String::from_utf8_lossy(value).into_owned()),
                rusqlite::types::ValueRef::Blob(value) => Cell::Blob(value.to_vec()),
                rusqlite::types::ValueRef::Real(_) => return Err(Error::bug("a real number in a result")),
            });
        }
        found.push(Row(cells));
    }
    Ok(found)
}

pub(super) fn pg_row(row: &tokio_postgres::Row) -> Result<Row> {
    pg_row_from(row, 0)
}

/// A row but for its first columns.
pub(super) fn pg_row_from(row: &tokio_postgres::Row, first: usize) -> Result<Row> {
    let mut cells = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate().skip(first) {
        let cell = match *column.type_() {
            Type::INT8 => Cell::from(row.try_get::<_, Option<i64>>(index)?),
            Type::INT4 => Cell::from(row.try_get::<_, Option<i32>>(index)?.map(i64::from)),
            Type::BOOL => Cell::from(row.try_get::<_, Option<bool>>(index)?.map(i64::from)),
            Type::BYTEA => Cell::from(row.try_get::<_, Option<Vec<u8>>>(index)?),
            Type::TEXT | Type::VARCHAR | Type::NAME => Cell::from(row.try_get::<_, Option<String>>(index)?),
            ref other => return Err(Error::bug(format!("column type {other} is not handled"))),
        };
        cells.push(cell);
    }
    Ok(Row(cells))
}
