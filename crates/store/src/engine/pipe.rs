//! The statements of one transaction on PostgreSQL, sent as far ahead of their answers as what is asked allows: a way there
//! and back costs more than most statements.

use super::alone::{Alike, Rows};
use super::cell::Cell;
use super::conn::{Row, pg_row};
use super::rows::{Column, many};
use super::session::Session;
use crate::error::{Conflict, Error, Result};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

/// Rows of a statement that the database begins on while the next one is being made.
const LONG: usize = 16;

/// What a statement touched, still on its way.
type Answer = Pin<Box<dyn Future<Output = std::result::Result<u64, tokio_postgres::Error>>>>;

/// Where rows will be.
pub(crate) type Slot = Rc<RefCell<Option<Vec<tokio_postgres::Row>>>>;

/// A statement that has been sent.
struct Sent {
    answer: Answer,
    /// What it means that it has found other rows than it was to find: it fails then, and the transaction with it.
    otherwise: Option<Error>,
}

/// Rows that wait, by statement, and what is on its way.
pub(crate) struct Pipe<'a> {
    session: &'a Session,
    /// Begins the transaction: goes with the first statement.
    begin: RefCell<Option<&'static str>>,
    sent: RefCell<VecDeque<Sent>>,
    alike: Rows,
    open: RefCell<bool>,
    /// A statement could not even be sent: the database knows nothing of it, and would commit the others.
    unsent: RefCell<bool>,
}

impl<'a> Pipe<'a> {
    /// `begin`: none for statements that each stand alone.
    pub(super) fn new(session: &'a Session, begin: Option<&'static str>) -> Self {
        Self {
            session,
            begin: RefCell::new(begin),
            sent: RefCell::default(),
            alike: Rows::default(),
            open: RefCell::new(false),
            unsent: RefCell::new(false),
        }
    }

    pub(super) fn query(&self, sql: &str, params: &[Cell]) -> Result<Vec<Row>> {
        self.send_alike()?;
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
        self.send_alike()?;
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
        let (sql, otherwise) = match expected {
            Some((rows, otherwise)) => (Cow::Owned(or_fail(sql, &rows.to_string())), Some(otherwise)),
            None => (Cow::Borrowed(sql), None),
        };
        let sql = &*sql;
        self.send_alike()?;
        let statement = self.prepared(sql)?;
        self.begin();
        let (client, params) = (self.session.client().clone(), params.to_vec());
        let answer = async move { client.execute(&statement, &references(&params)).await };
        self.post(Box::pin(answer), otherwise);
        Ok(())
    }

    pub(super) fn ask(&self, sql: &str, params: &[Cell]) -> Result<Slot> {
        self.send_alike()?;
        let statement = self.prepared(sql)?;
        self.begin();
        let (client, params) = (self.session.client().clone(), params.to_vec());
        Ok(self.post_query(async move { client.query(&statement, &references(&params)).await }))
    }

    pub(super) fn answer(&self, slot: &Slot) -> Result<Vec<Row>> {
        if slot.borrow().is_none() {
            self.send_alike()?;
            self.settle_while(|| slot.borrow().is_none())?;
        }
        let rows = slot.take().ok_or_else(|| Error::bug("rows that were not asked for"))?;
        rows.iter().map(pg_row).collect()
    }

    pub(super) fn each(&self, sql: &str, params: &[Cell], expected: Option<(u64, Conflict)>) {
        self.alike.add(sql, params, expected);
    }

    pub(super) fn ask_each(&self, sql: &str, rows: &[Vec<Cell>]) -> Result<Vec<Slot>> {
        let Ok((text, columns)) = many(sql, rows.to_vec()) else {
            return rows.iter().map(|row| self.ask(sql, row)).collect();
        };
        self.send_alike()?;
        let statement = self.prepared(&text)?;
        self.begin();
        let client = self.session.client().clone();
        Ok(vec![self.post_query(async move { client.query(&statement, &arrays(&columns)).await })])
    }

    pub(super) fn set_going(&self) -> Result<()> {
        self.send_alike()?;
        self.session.turn()
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.send_alike()?;
        self.begin();
        self.settle()?;
        Ok(self.session.wait(self.session.client().batch_execute(sql))??)
    }

    /// Ends the transaction well. What only read is not waited for.
    pub(super) fn commit(&self, read_only: bool) -> Result<()> {
        self.send_alike()?;
        if !*self.open.borrow() {
            return self.settle();
        }
        if *self.unsent.borrow() {
            return self.settle().and(Err(Error::bug("a transaction of which a part was not sent")));
        }
        // A statement that failed makes the commit a rollback.
        let client = self.session.client().clone();
        let answer = async move { client.batch_execute("COMMIT").await.map(|()| 0) };
        self.post(Box::pin(answer), None);
        // What has failed is rolled back on a connection that has been heard to its end.
        if read_only {
            self.session.turn()?
        } else {
            self.settle()?
        }
        self.open.replace(false);
        Ok(())
    }

    /// Undoes the transaction, whatever became of it.
    pub(super) fn roll_back(&self) -> Result<()> {
        drop(self.alike.take());
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
    fn post(&self, mut answer: Answer, otherwise: Option<Error>) {
        let answer: Answer = match poll_once(answer.as_mut()) {
            Poll::Ready(early) => {
                self.unsent.replace_with(|unsent| *unsent || early.is_err());
                Box::pin(std::future::ready(early))
            }
            Poll::Pending => answer,
        };
        self.sent.borrow_mut().push_back(Sent { answer, otherwise });
    }

    /// Answers that nobody has taken hold back those that come after them, so that they are taken before a statement that is new to
    /// the connection is prepared. A transaction that has failed prepares nothing any more: why it failed comes first.
    fn prepared(&self, sql: &str) -> Result<tokio_postgres::Statement> {
        if !self.session.knows(sql) {
            self.settle()?;
        }
        self.session.statement(sql).or_else(|error| self.settle().and(Err(error)))
    }

    /// Waits for all that was sent. The first that failed says why.
    fn settle(&self) -> Result<()> {
        self.settle_while(|| true)
    }

    /// Waits for what was sent, in order, as long as this holds.
    fn settle_while(&self, such: impl Fn() -> bool) -> Result<()> {
        let next = || if such() { self.sent.borrow_mut().pop_front() } else { None };
        let Some(first) = next() else { return Ok(()) };
        self.session.wait(async {
            let mut sent = Some(first);
            while let Some(Sent { answer, otherwise }) = sent {
                answer.await.map_err(|error| match otherwise {
                    Some(why) if error.code() == Some(&SqlState::INVALID_TEXT_REPRESENTATION) => why,
                    _ => Error::from(error),
                })?;
                sent = next();
            }
            Ok(())
        })?
    }

    /// Sends a query; where its rows will be.
    fn post_query(
        &self,
        query: impl Future<Output = std::result::Result<Vec<tokio_postgres::Row>, tokio_postgres::Error>> + 'static,
    ) -> Slot {
        let slot = Slot::default();
        let filled = slot.clone();
        let answer = async move {
            let rows = query.await?;
            let count = rows.len() as u64;
            filled.replace(Some(rows));
            Ok(count)
        };
        self.post(Box::pin(answer), None);
        slot
    }

    /// Sends the rows that wait: one statement for each text, in the order in which the texts came.
    fn send_alike(&self) -> Result<()> {
        for Alike { sql, rows, expected } in self.alike.take() {
            let long = rows.len() >= LONG;
            match many(&sql, rows) {
                Ok((mut text, columns)) => {
                    if let (Some((each, _)), Some(first)) = (expected, columns.first()) {
                        text = or_fail(&text, &format!("{each} * cardinality(?1::{})", first.array()));
                    }
                    let statement = self.prepared(&text)?;
                    self.begin();
                    let client = self.session.client().clone();
                    let answer = async move { client.execute(&statement, &arrays(&columns)).await };
                    self.post(Box::pin(answer), expected.map(|(_, why)| Error::Conflict(why)));
                    if long {
                        self.session.turn()?;
                    }
                }
                Err(rows) => {
                    for row in &rows {
                        self.send(&sql, row, expected.map(|(each, why)| (each, Error::Conflict(why))))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A query that fails when it does not find so many rows: its words are what the log of the database says then.
fn or_fail(sql: &str, rows: &str) -> String {
    let fails = "CAST('socle: overtaken, found ' || COUNT(*) AS BIGINT)";
    format!("WITH found AS ({sql}) SELECT CASE WHEN COUNT(*) = {rows} THEN 0 ELSE {fails} END FROM found")
}

pub(super) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

pub(super) fn references(params: &[Cell]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect()
}

fn arrays(columns: &[Column]) -> Vec<&(dyn ToSql + Sync)> {
    columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect()
}
