//! Reads of a few rows by their keys, on PostgreSQL: what many requests ask at once goes one question behind the other on
//! a connection that they share, and none of them waits for a connection nor for a thread of its own.
//!
//! A read is written as for any connection, and run on what is already known ([`Told`]). What it asked and is not known is fetched,
//! all of it at once; then it is run again. A row found by its key takes one round, one found through it a second.

use super::conn::{Cell, Conn, Row, pg_row};
use super::dialect::rewrite;
use super::pipe::{poll_once, references};
use super::postgres::PATIENCE;
use crate::error::{Error, Result};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::task::AbortHandle;
use tokio_postgres::{Client, Config, NoTls, Statement};

/// Connections that are shared: as many as can be at work on so short questions.
const LINES: usize = 2;
/// Prepared statements kept on each.
const STATEMENTS: usize = 512;
/// Rounds of one read; none of ours takes more than a few.
const ROUNDS: usize = 32;

/// A question: its text and what is bound to it.
type Question = (String, Vec<Cell>);

/// What is known of a database so far, to a read that is run again until it misses nothing.
#[derive(Default)]
pub(crate) struct Told {
    known: Vec<(Question, Vec<Row>)>,
    missing: RefCell<Vec<Question>>,
}

/// What was asked together with something else, and is answered: a read that asks the same is told at once. Nothing but what the
/// same request has asked is in it.
#[derive(Clone, Default)]
pub struct Ahead(Vec<(Question, Vec<Row>)>);

impl std::fmt::Debug for Ahead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ahead({})", self.0.len())
    }
}

/// The connections that reads share.
pub(super) struct Glances {
    config: Config,
    lines: [tokio::sync::Mutex<Line>; LINES],
    turn: AtomicUsize,
}

/// One of them.
#[derive(Default)]
struct Line {
    open: Option<Arc<Open>>,
    /// When it could not be made.
    failed: Option<Instant>,
}

struct Open {
    client: Client,
    driver: AbortHandle,
    statements: Mutex<HashMap<String, Statement>>,
}

impl Told {
    /// The rows of a question; none, and it is noted, when they are not known yet.
    pub(super) fn rows(&self, sql: &str, params: &[Cell]) -> Option<Vec<Row>> {
        let known = self.known.iter().find(|((text, given), _)| text == sql && given == params);
        if known.is_none() {
            self.missing.borrow_mut().push((sql.to_owned(), params.to_vec()));
        }
        known.map(|(_, rows)| rows.clone())
    }
}

/// Why a read is not at its end: nobody sees it.
pub(super) fn not_known() -> Error {
    Error::Unavailable("not asked yet".into())
}

impl Glances {
    /// None is made yet.
    pub(super) fn new(config: Config) -> Self {
        Self { config, lines: Default::default(), turn: AtomicUsize::new(0) }
    }

    /// Runs a read, which changes nothing and may be run several times, on what is known `ahead`. What `beside` asks goes with its
    /// first questions, and is answered with it.
    pub(super) async fn look<T>(
        &self,
        ahead: Ahead,
        work: impl Fn(&Conn<'_>) -> Result<T>,
        beside: impl Fn(&Conn<'_>),
    ) -> Result<(T, Ahead)> {
        let mut told = Told { known: ahead.0, missing: RefCell::default() };
        for round in 0..ROUNDS {
            let found = work(&Conn::Told(&told));
            if told.missing.borrow().is_empty() {
                return found.map(|found| (found, Ahead(told.known)));
            }
            if round == 0 {
                beside(&Conn::Told(&told));
            }
            let missing = told.missing.take();
            let line = self.line().await?;
            let rows = tokio::time::timeout(PATIENCE, line.ask(&missing)).await;
            let rows = rows.map_err(|_| line.give_up())??;
            told.known.extend(missing.into_iter().zip(rows));
        }
        Err(Error::bug("a read that never ends"))
    }

    /// One of the connections, made anew where it was cut.
    async fn line(&self) -> Result<Arc<Open>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % LINES;
        let line = self.lines.get(turn).ok_or_else(|| Error::bug("a line"))?;
        let since = Instant::now();
        let mut line = line.lock().await;
        if let Some(open) = line.open.as_ref().filter(|open| open.is_open()) {
            return Ok(open.clone());
        }
        // Who waited for somebody else's attempt does not make another.
        if line.failed.is_some_and(|failed| failed > since) {
            return Err(Error::Unavailable("the database does not answer".into()));
        }
        match self.config.connect(NoTls).await {
            Ok((client, connection)) => {
                // How it ended is told to whoever asks next.
                let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
                let open = Arc::new(Open { client, driver, statements: Mutex::default() });
                line.open = Some(open.clone());
                Ok(open)
            }
            Err(error) => {
                line.failed = Some(Instant::now());
                Err(error.into())
            }
        }
    }
}

impl Open {
    fn is_open(&self) -> bool {
        !self.driver.is_finished() && !self.client.is_closed()
    }

    /// Nobody waits any longer behind a question that is not answered: a lock is held, or the way is cut.
    fn give_up(&self) -> Error {
        self.driver.abort();
        Error::Unavailable("the database does not answer in time".into())
    }

    /// The rows of each question, all sent before the first is answered.
    async fn ask(&self, questions: &[Question]) -> Result<Vec<Vec<Row>>> {
        let mut statements = Vec::with_capacity(questions.len());
        for (sql, _) in questions {
            statements.push(self.statement(sql).await?);
        }
        let mut waiting = Vec::with_capacity(questions.len());
        for ((_, params), statement) in questions.iter().zip(&statements) {
            let mut rows = Box::pin(async move { self.client.query(statement, &references(params)).await });
            waiting.push(match poll_once(rows.as_mut()) {
                std::task::Poll::Ready(early) => Err(early),
                std::task::Poll::Pending => Ok(rows),
            });
        }
        let mut found = Vec::with_capacity(questions.len());
        for one in waiting {
            let rows = match one {
                Ok(rows) => rows.await,
                Err(early) => early,
            };
            found.push(rows?.iter().map(pg_row).collect::<Result<Vec<_>>>()?);
        }
        Ok(found)
    }

    async fn statement(&self, sql: &str) -> Result<Statement> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let made = self.client.prepare(&rewrite(sql)).await?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), made.clone());
        Ok(made)
    }
}
