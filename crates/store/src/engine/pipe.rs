//! The statements of one transaction on PostgreSQL, sent as far ahead of their answers as what is asked allows: a way there
//! and back costs more than most statements.

use super::conn::{Cell, Row, pg_row};
use super::session::Session;
use crate::error::{Error, Result};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

/// What a statement touched, still on its way.
type Answer = Pin<Box<dyn Future<Output = std::result::Result<u64, tokio_postgres::Error>>>>;

/// Where rows will be.
pub(crate) type Slot = Rc<RefCell<Option<Vec<tokio_postgres::Row>>>>;

/// A statement that has been sent.
struct Sent {
    answer: Answer,
    /// So many rows, or this error.
    expected: Option<(u64, Error)>,
}

/// Rows to insert, by statement, and what is on its way.
pub(crate) struct Pipe<'a> {
    session: &'a Session,
    /// Begins the transaction: goes with the first statement.
    begin: RefCell<Option<&'static str>>,
    sent: RefCell<VecDeque<Sent>>,
    inserts: RefCell<Vec<(String, Vec<Vec<Cell>>)>>,
    open: RefCell<bool>,
}

impl<'a> Pipe<'a> {
    /// `begin`: none for statements that each stand alone.
    pub(super) fn new(session: &'a Session, begin: Option<&'static str>) -> Self {
        Self {
            session,
            begin: RefCell::new(begin),
            sent: RefCell::default(),
            inserts: RefCell::default(),
            open: RefCell::new(false),
        }
    }

    pub(super) fn query(&self, sql: &str, params: &[Cell]) -> Result<Vec<Row>> {
        self.insert_all()?;
        let statement = self.prepared(sql)?;
        self.begin();
        let params = references(params);
        let mut rows = Box::pin(self.session.client().query(&statement, &params));
        let early = poll_once(rows.as_mut());
        self.settle()?;
        let rows = match early {
            Poll::Ready(rows) => rows,
            Poll::Pending => self.session.wait(rows)?,
        };
        rows?.iter().map(pg_row).collect()
    }

    pub(super) fn execute(&self, sql: &str, params: &[Cell]) -> Result<u64> {
        self.insert_all()?;
        let statement = self.prepared(sql)?;
        self.begin();
        let params = references(params);
        let mut touched = Box::pin(self.session.client().execute(&statement, &params));
        let early = poll_once(touched.as_mut());
        self.settle()?;
        Ok(match early {
            Poll::Ready(touched) => touched,
            Poll::Pending => self.session.wait(touched)?,
        }?)
    }

    pub(super) fn send(&self, sql: &str, params: &[Cell], expected: Option<(u64, Error)>) -> Result<()> {
        self.insert_all()?;
        let statement = self.prepared(sql)?;
        self.begin();
        let (client, params) = (self.session.client().clone(), params.to_vec());
        let answer = async move { client.execute(&statement, &references(&params)).await };
        self.post(Box::pin(answer), expected);
        Ok(())
    }

    pub(super) fn ask(&self, sql: &str, params: &[Cell]) -> Result<Slot> {
        self.insert_all()?;
        let statement = self.prepared(sql)?;
        self.begin();
        let (client, params) = (self.session.client().clone(), params.to_vec());
        let slot = Slot::default();
        let filled = slot.clone();
        let answer = async move {
            let rows = client.query(&statement, &references(&params)).await?;
            let count = rows.len() as u64;
            filled.replace(Some(rows));
            Ok(count)
        };
        self.post(Box::pin(answer), None);
        Ok(slot)
    }

    pub(super) fn answer(&self, slot: &Slot) -> Result<Vec<Row>> {
        if slot.borrow().is_none() {
            self.settle()?;
        }
        let rows = slot.take().ok_or_else(|| Error::bug("rows that were not asked for"))?;
        rows.iter().map(pg_row).collect()
    }

    pub(super) fn insert(&self, sql: &str, params: &[Cell]) {
        let mut inserts = self.inserts.borrow_mut();
        match inserts.iter_mut().find(|(text, _)| text == sql) {
            Some((_, rows)) => rows.push(params.to_vec()),
            None => inserts.push((sql.to_owned(), vec![params.to_vec()])),
        }
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.insert_all()?;
        self.begin();
        self.settle()?;
        Ok(self.session.wait(self.session.client().batch_execute(sql))??)
    }

    /// Ends the transaction well. What only read is not waited for.
    pub(super) fn commit(&self, read_only: bool) -> Result<()> {
        self.insert_all()?;
        if !*self.open.borrow() {
            return self.settle();
        }
        // Checks come before: a commit cannot be taken back. A statement that failed makes the commit a rollback.
        if self.sent.borrow().iter().any(|sent| sent.expected.is_some()) {
            self.settle()?;
        }
        let client = self.session.client().clone();
        let answer = async move { client.batch_execute("COMMIT").await.map(|()| 0) };
        self.post(Box::pin(answer), None);
        self.open.replace(false);
        if read_only { self.session.turn() } else { self.settle() }
    }

    /// Undoes the transaction, whatever became of it.
    pub(super) fn roll_back(&self) -> Result<()> {
        self.inserts.borrow_mut().clear();
        self.sent.borrow_mut().clear();
        if self.open.replace(false) {
            self.session.wait(self.session.client().batch_execute("ROLLBACK"))??;
        }
        Ok(())
    }

    /// A transaction is begun by its first statement.
    fn begin(&self) {
        if let Some(text) = self.begin.borrow_mut().take() {
            let client = self.session.client().clone();
            self.post(Box::pin(async move { client.batch_execute(text).await.map(|()| 0) }), None);
            self.open.replace(true);
        }
    }

    /// A statement is sent when its answer is first asked for.
    fn post(&self, mut answer: Answer, expected: Option<(u64, Error)>) {
        let answer: Answer = match poll_once(answer.as_mut()) {
            Poll::Ready(early) => Box::pin(std::future::ready(early)),
            Poll::Pending => answer,
        };
        self.sent.borrow_mut().push_back(Sent { answer, expected });
    }

    /// A transaction that has failed prepares nothing any more: why it failed comes first.
    fn prepared(&self, sql: &str) -> Result<tokio_postgres::Statement> {
        self.session.statement(sql).or_else(|error| self.settle().and(Err(error)))
    }

    /// Waits for all that was sent. The first that failed says why.
    fn settle(&self) -> Result<()> {
        let sent = std::mem::take(&mut *self.sent.borrow_mut());
        if sent.is_empty() {
            return Ok(());
        }
        self.session.wait(async {
            for Sent { answer, expected } in sent {
                let touched = answer.await?;
                if let Some((_, otherwise)) = expected.filter(|(rows, _)| *rows != touched) {
                    return Err(otherwise);
                }
            }
            Ok(())
        })?
    }

    /// Sends the rows that wait: one statement for each text.
    fn insert_all(&self) -> Result<()> {
        let inserts = std::mem::take(&mut *self.inserts.borrow_mut());
        for (sql, rows) in inserts {
            match many(&sql, &rows) {
                Some((text, columns)) => {
                    let statement = self.prepared(&text)?;
                    self.begin();
                    let client = self.session.client().clone();
                    let answer = async move {
                        let params: Vec<&(dyn ToSql + Sync)> =
                            columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect();
                        client.execute(&statement, &params).await
                    };
                    self.post(Box::pin(answer), None);
                }
                None => {
                    for row in &rows {
                        self.send(&sql, row, None)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn references(params: &[Cell]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect()
}

/// One column of rows to insert, as an array.
#[derive(Debug)]
enum Column {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Blobs(Vec<Option<Vec<u8>>>),
}

impl Column {
    /// The cells of one column; none when nothing says of which kind they are.
    fn of(rows: &[Vec<Cell>], index: usize) -> Option<Self> {
        let cells = || rows.iter().map(move |row| row.get(index));
        match cells().flatten().find(|cell| **cell != Cell::Null)? {
            Cell::Int(_) => Some(Self::Ints(
                cells().map(|c| if let Some(Cell::Int(value)) = c { Some(*value) } else { None }).collect(),
            )),
            Cell::Text(_) => Some(Self::Texts(
                cells().map(|c| if let Some(Cell::Text(value)) = c { Some(value.clone()) } else { None }).collect(),
            )),
            _ => Some(Self::Blobs(
                cells().map(|c| if let Some(Cell::Blob(value)) = c { Some(value.clone()) } else { None }).collect(),
            )),
        }
    }

    fn array(&self) -> &'static str {
        match self {
            Self::Ints(_) => "bigint[]",
            Self::Texts(_) => "text[]",
            Self::Blobs(_) => "bytea[]",
        }
    }
}

impl ToSql for Column {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Ints(values) => values.to_sql(ty, out),
            Self::Texts(values) => values.to_sql(ty, out),
            Self::Blobs(values) => values.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// An insertion of one row as one of many, each parameter an array; none for one row, or when it is written otherwise.
fn many(sql: &str, rows: &[Vec<Cell>]) -> Option<(String, Vec<Column>)> {
    let width = rows.get(1)?.len();
    let (head, rest) = sql.split_once("VALUES(")?;
    let (tuple, tail) = rest.split_once(')')?;
    let columns = (0..width).map(|index| Column::of(rows, index)).collect::<Option<Vec<_>>>()?;
    let names: Vec<String> = (1..=width).map(|n| format!("c{n}")).collect();
    let arrays: Vec<String> = (1..).zip(&columns).map(|(n, column)| format!("?{n}::{}", column.array())).collect();
    let text = format!(
        "{head}SELECT {} FROM unnest({}) AS w({}){tail}",
        tuple.replace('?', "w.c"),
        arrays.join(", "),
        names.join(", ")
    );
    Some((text, columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cells;

    #[test]
    fn rows_of_one_text_become_arrays() {
        let sql = "INSERT INTO t(a, b, c) VALUES(?1, 0, ?2) ON CONFLICT DO NOTHING";
        let rows = [cells![1, "x"].to_vec(), [Cell::Null, Cell::from("y")].to_vec()];
        let (text, columns) = many(sql, &rows).unwrap();
        let wanted = "INSERT INTO t(a, b, c) SELECT w.c1, 0, w.c2 FROM unnest(?1::bigint[], ?2::text[]) AS w(c1, c2) \
                      ON CONFLICT DO NOTHING";
        assert_eq!(text, wanted);
        assert!(matches!(&columns[..], [Column::Ints(ints), Column::Texts(_)] if *ints == [Some(1), None]));
        assert!(many(sql, &rows[..1]).is_none(), "one row stays as it is");
        assert!(many(sql, &[[Cell::Null].to_vec(), [Cell::Null].to_vec()]).is_none(), "of no kind");
    }
}
