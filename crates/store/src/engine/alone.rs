//! Rows written by one statement that is a transaction of its own: nothing begins it, nothing ends it, and nobody's thread waits for
//! it.

use super::cell::Cell;
use super::glances::Line;
use super::postgres::PATIENCE;
use super::rows::{Column, many};
use crate::error::{Conflict, Error, Result};
use std::cell::RefCell;
use tokio_postgres::Config;
use tokio_postgres::types::ToSql;

/// Shorter than [`PATIENCE`]. A commit that waits for a standby is not undone: that its rows are there is found when they are
/// written again.
const UNDONE: &str = "-c statement_timeout=8s";

/// Rows of one statement that wait to be sent together.
pub(super) struct Alike {
    pub(super) sql: String,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Each row touches, or finds, so many; else this is why it all fails.
    pub(super) expected: Option<(u64, Conflict)>,
}

/// Rows that wait, by statement, in the order in which the statements came.
#[derive(Default)]
pub(crate) struct Rows(RefCell<Vec<Alike>>);

impl Rows {
    pub(super) fn add(&self, sql: &str, params: &[Cell], expected: Option<(u64, Conflict)>) {
        let mut alike = self.0.borrow_mut();
        match alike.iter_mut().find(|those| those.sql == sql) {
            Some(those) => those.rows.push(params.to_vec()),
            None => alike.push(Alike { sql: sql.to_owned(), rows: vec![params.to_vec()], expected }),
        }
    }

    pub(super) fn take(&self) -> Vec<Alike> {
        std::mem::take(&mut *self.0.borrow_mut())
    }
}

/// The connection on which they are sent.
pub(super) struct Alone {
    config: Config,
    line: tokio::sync::Mutex<Option<Line>>,
}

impl Alone {
    /// Not made yet. What takes too long is undone before nobody waits for it any more.
    pub(super) fn new(mut config: Config) -> Self {
        config.options(format!("{} {UNDONE}", config.get_options().unwrap_or_default()));
        Self { config, line: tokio::sync::Mutex::default() }
    }

    /// Writes all of them, or none: durable when this returns.
    pub(super) async fn write(&self, rows: Vec<Alike>) -> Result<()> {
        let Some((text, params)) = one_statement(rows) else { return Ok(()) };
        let mut line = self.line.lock().await;
        // Whatever stops this, the connection is not used again: what it was sent may still be under way.
        let mut open = match line.take().filter(Line::is_open) {
            Some(open) => open,
            None => Line::open(&self.config).await?,
        };
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(Param::reference).collect();
        let written = tokio::time::timeout(PATIENCE, open.execute(&text, &params)).await;
        let written = written.map_err(|_| {
            open.give_up();
            Error::Unavailable("the database does not answer in time".into())
        })?;
        *line = Some(open);
        written
    }
}

/// What is bound to one placeholder.
enum Param {
    Of(Cell),
    Each(Column),
}

impl Param {
    fn reference(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Of(cell) => cell,
            Self::Each(column) => column,
        }
    }
}

/// One statement for rows of several tables: all but the last are common table expressions. They do not see one another.
fn one_statement(alike: Vec<Alike>) -> Option<(String, Vec<Param>)> {
    let (mut texts, mut params) = (Vec::new(), Vec::new());
    for Alike { sql, rows, .. } in alike {
        let each = match many(&sql, rows) {
            Ok(each) => vec![(each.0, each.1.into_iter().map(Param::Each).collect::<Vec<_>>())],
            Err(rows) => rows.into_iter().map(|row| (sql.clone(), row.into_iter().map(Param::Of).collect())).collect(),
        };
        for (text, own) in each {
            texts.push(after(&text, params.len()));
            params.extend(own);
        }
    }
    let last = texts.pop()?;
    let first: Vec<String> = (1..).zip(texts).map(|(n, text)| format!("s{n} AS ({text})")).collect();
    Some((if first.is_empty() { last } else { format!("WITH {} {last}", first.join(", ")) }, params))
}

/// A text whose parameters come behind so many others.
fn after(text: &str, others: usize) -> String {
    let mut parts = text.split('?');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at_checked(digits).unwrap_or((part, ""));
        let number = number.parse::<usize>().map_or(0, |number| number + others);
        out.push_str(&format!("?{number}{rest}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cells;

    #[test]
    fn rows_of_several_tables_are_one_statement() {
        let rows = Rows::default();
        rows.add("INSERT INTO t(a, b) VALUES(?1, ?2)", &cells![1, "x"], None);
        rows.add("INSERT INTO u(a) VALUES(?1)", &cells![7], None);
        rows.add("INSERT INTO t(a, b) VALUES(?1, ?2)", &cells![2, "y"], None);
        let (text, params) = one_statement(rows.take()).unwrap();
        assert_eq!(
            text,
            "WITH s1 AS (INSERT INTO t(a, b) SELECT w.c1, w.c2 FROM unnest(?1::bigint[], ?2::text[]) AS w(c1, c2)) \
             INSERT INTO u(a) VALUES(?3)"
        );
        assert_eq!(params.len(), 3);
        assert!(one_statement(rows.take()).is_none(), "nothing waits");
    }
}
