//! Reads of a few rows by their keys, on PostgreSQL: what many requests ask at once goes together on a connection that they share,
//! questions alike as one statement, and none of them waits for a connection nor for a thread of its own.
//!
//! A read is written as for any connection, and run on what is already known ([`Told`]). What it asked and is not known is fetched,
//! all of it at once; then it is run again. A row found by its key takes one round, one found through it a second.

mod alike;
mod line;

use super::cell::Cell;
use super::conn::{Conn, Row};
use super::postgres::PATIENCE;
use crate::error::{Error, Result};
#[cfg(test)]
pub(super) use alike::for_each;
pub(super) use line::Line;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;
use tokio_postgres::Config;

/// Connections that are shared: as many as can be at work on so short questions.
const LINES: usize = 2;
/// Prepared statements kept on each.
const STATEMENTS: usize = 512;
/// Rounds of one read; none of ours takes more than a few.
const ROUNDS: usize = 32;
/// Reads that ask at once on one connection.
const MOST: usize = 64;

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

impl Ahead {
    /// Nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Ahead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ahead({})", self.0.len())
    }
}

/// What one read asks, since when, and whom to tell.
struct Asker {
    since: Instant,
    questions: Vec<Question>,
    reply: oneshot::Sender<Result<Vec<Vec<Row>>>>,
}

/// What waits to be asked, and the connections on which nothing is being asked.
struct Desk {
    waiting: Vec<Asker>,
    /// None: not made yet, or cut.
    idle: Vec<Option<Line>>,
}

/// The connections that reads share.
pub(super) struct Glances(Arc<Shared>);

struct Shared {
    config: Config,
    desk: Mutex<Desk>,
}

impl Told {
    /// The rows of a question; none, and it is noted, when they are not known yet.
    pub(super) fn rows(&self, sql: &str, params: &[Cell]) -> Option<Vec<Row>> {
        let known = self.known.iter().find(|((text, given), _)| text == sql && given == params);
        #[cfg(test)]
        super::recorder::record_alike(sql, params);
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
        let idle = (0..LINES).map(|_| None).collect();
        Self(Arc::new(Shared { config, desk: Mutex::new(Desk { waiting: Vec::new(), idle }) }))
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
            let rows = self.ask(missing.clone()).await?;
            told.known.extend(missing.into_iter().zip(rows));
        }
        Err(Error::bug("a read that never ends"))
    }

    async fn ask(&self, questions: Vec<Question>) -> Result<Vec<Vec<Row>>> {
        let (reply, answer) = oneshot::channel();
        if let Some(line) = self.0.add(Asker { since: Instant::now(), questions, reply }) {
            // A task of its own: who asked may go away, the others wait for it all the same.
            tokio::spawn(self.0.clone().serve(line));
        }
        answer.await.map_err(|_| Error::bug("nobody asks any more"))?
    }
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what a read asks; a connection to ask it on, if one is idle.
    fn add(&self, asker: Asker) -> Option<Option<Line>> {
        let mut desk = self.desk();
        desk.waiting.push(asker);
        desk.idle.pop()
    }

    /// Asks one round after the other, each with all that has come meanwhile.
    async fn serve(self: Arc<Self>, line: Option<Line>) {
        let mut slot = Slot { shared: self, line, is_back: false };
        loop {
            // What is about to come, comes along.
            tokio::task::yield_now().await;
            let Some(askers) = slot.take() else { return };
            // Who has waited behind others that were not answered is told to come back.
            let (askers, late): (Vec<_>, Vec<_>) =
                askers.into_iter().partition(|asker| asker.since.elapsed() < PATIENCE);
            late.into_iter().for_each(|asker| asker.fail(&too_late()));
            match slot.open().await {
                Ok(mut line) => slot.line = answer(&mut line, askers).await.then_some(line),
                Err(error) => askers.into_iter().for_each(|asker| asker.fail(&error)),
            }
        }
    }
}

/// A connection that is at work; whatever stops the work, there is one more that may be made.
struct Slot {
    shared: Arc<Shared>,
    line: Option<Line>,
    is_back: bool,
}

impl Slot {
    /// What waits; none, and the connection is idle, when nothing does.
    fn take(&mut self) -> Option<Vec<Asker>> {
        let mut desk = self.shared.desk();
        if desk.waiting.is_empty() {
            desk.idle.push(self.line.take());
            self.is_back = true;
            return None;
        }
        let most = desk.waiting.len().min(MOST);
        Some(desk.waiting.drain(..most).collect())
    }

    /// The connection, made anew where it was cut.
    async fn open(&mut self) -> Result<Line> {
        match self.line.take().filter(Line::is_open) {
            Some(open) => Ok(open),
            None => Line::open(&self.shared.config).await,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.is_back {
            self.shared.desk().idle.push(None);
        }
    }
}

/// Answers all of them; false when the connection is given up.
async fn answer(line: &mut Line, askers: Vec<Asker>) -> bool {
    let questions: Vec<&Question> = askers.iter().flat_map(|asker| &asker.questions).collect();
    let answers = tokio::time::timeout(PATIENCE, line.ask(&questions)).await;
    let Ok(answers) = answers else {
        line.give_up();
        askers.into_iter().for_each(|asker| asker.fail(&too_late()));
        return false;
    };
    let mut answers = answers.into_iter();
    for asker in askers {
        // All of its own are taken, whatever is among them: what follows is another's.
        let own: Vec<Result<Vec<Row>>> = answers.by_ref().take(asker.questions.len()).collect();
        // Who has gone away needs no answer.
        let _gone = asker.reply.send(own.into_iter().collect());
    }
    true
}

fn too_late() -> Error {
    Error::Unavailable("the database does not answer in time".into())
}

impl Asker {
    fn fail(self, error: &Error) {
        let _gone = self.reply.send(Err(error.for_another()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{OPTIONS, cells};

    /// What asks these, and its answer.
    fn asker(questions: &[(&str, i64)]) -> (Asker, oneshot::Receiver<Result<Vec<Vec<Row>>>>) {
        let (reply, answer) = oneshot::channel();
        let questions = questions.iter().map(|(sql, n)| ((*sql).to_owned(), cells![*n].to_vec())).collect();
        (Asker { since: Instant::now(), questions, reply }, answer)
    }

    #[tokio::test]
    async fn what_fails_for_one_shifts_nobody_elses_answers() {
        let Some(cluster) = crate::statements::postgres() else { return };
        let mut config: Config = cluster.url().parse().unwrap();
        config.options(OPTIONS.replace("-c search_path=main,audit,keys ", ""));
        let mut line = Line::open(&config).await.unwrap();
        let (good, bad) =
            ("WITH one AS (SELECT 1) SELECT CAST(?1 AS BIGINT) FROM one", "WITH no AS (SELECT ?1) SELECT x FROM no");
        let all = [
            asker(&[(bad, 1), (good, 1)]),
            asker(&[(good, 2)]),
            asker(&[(good, 3), (bad, 2), (bad, 3)]),
            asker(&[(good, 4)]),
        ];
        let (askers, answers): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        assert!(answer(&mut line, askers).await);
        let mut found = Vec::new();
        for one in answers {
            let rows = one.await.unwrap();
            found.push(
                rows.ok().map(|rows| rows.iter().map(|rows| rows.first().unwrap().int(0).unwrap()).collect::<Vec<_>>()),
            );
        }
        assert_eq!(found, [None, Some(vec![2]), None, Some(vec![4])]);
    }
}
