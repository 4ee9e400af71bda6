//! A streaming replica of PostgreSQL, read only while the first database does not answer.
//!
//! A watcher asks the first where its log stands, then the replica whether it has come as far: what the replica shows is as
//! old as the last question it has caught up with. When the first does not answer, the watcher says so; then reads go to the
//! replica and writes are refused at once, until it answers again.

use super::postgres::{Connections, Reach};
use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_postgres::{Client, Config, NoTls, Row};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a database may be silent before it counts as away.
const SILENCE: Duration = Duration::from_secs(3);
/// Where the log of the first stands. A database that only follows refuses the question.
const POSITION: &str = "SELECT pg_current_wal_lsn()::text";
/// Whether the replica has come as far; one that leads by now has.
const REACHED: &str = "SELECT COALESCE(pg_wal_lsn_diff(
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, $1::text::pg_lsn) >= 0, FALSE)";

/// The replica, and how far behind it is.
pub(super) struct Replica {
    reach: Reach,
    seen: Arc<Seen>,
    /// What is older is not shown.
    bound: Duration,
    watching: AbortHandle,
}

/// What the watcher has found.
#[derive(Default)]
struct Seen {
    away: AtomicBool,
    /// The replica shows at least what the first had committed then.
    fresh: Mutex<Option<Instant>>,
    look: Notify,
}

impl Replica {
    /// Watches both, as long as this is kept.
    pub(super) fn watch(first: Config, replica: Config, bound: Duration) -> Self {
        let seen = Arc::new(Seen::default());
        let reach = Reach::new(Arc::new(Connections::new(replica.clone())));
        let watching = tokio::spawn(watch(Line::new(first), Line::new(replica), seen.clone())).abort_handle();
        Self { reach, seen, bound, watching }
    }

    /// Whether the first does not answer.
    pub(super) fn stands_in(&self) -> bool {
        self.seen.away.load(Ordering::Relaxed)
    }

    /// Where to read while the first is away.
    pub(super) fn reach(&self) -> Result<&Reach> {
        match self.behind() {
            Some(behind) if behind <= self.bound => Ok(&self.reach),
            _ => {
                Err(Error::Unavailable("the first database does not answer, and its replica is too far behind".into()))
            }
        }
    }

    /// How old what it shows may be; none as long as it has never been seen to follow.
    pub(super) fn behind(&self) -> Option<Duration> {
        self.seen.fresh.lock().unwrap_or_else(PoisonError::into_inner).map(|then| then.elapsed())
    }

    /// Somebody could not reach the first: the watcher need not wait for its turn.
    pub(super) fn look_now(&self) {
        self.seen.look.notify_one();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Seen {
    fn set_away(&self, away: bool) {
        if self.away.swap(away, Ordering::Relaxed) != away {
            match away {
                true => tracing::error!("the first database does not answer: carers read from its replica"),
                false => tracing::warn!("the first database answers again"),
            }
        }
    }
}

async fn watch(mut first: Line, mut replica: Line, seen: Arc<Seen>) {
    // The oldest question the replica has not caught up with.
    let mut asked: Option<(Instant, String)> = None;
    loop {
        let at = Instant::now();
        let position = first.ask(POSITION, None).await.and_then(|row| row.try_get::<_, String>(0).ok());
        seen.set_away(position.is_none());
        asked = asked.or_else(|| position.map(|position| (at, position)));
        if let Some((at, position)) = &asked {
            let reached = replica.ask(REACHED, Some(position)).await;
            if reached.and_then(|row| row.try_get(0).ok()).unwrap_or(false) {
                *seen.fresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(*at);
                asked = None;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = seen.look.notified() => {}
        }
    }
}

/// A connection for questions, made again when it is cut.
struct Line {
    config: Config,
    client: Option<Client>,
}

impl Line {
    fn new(mut config: Config) -> Self {
        config.connect_timeout(SILENCE);
        Self { config, client: None }
    }

    /// One row; none when the database does not answer in time, on a new connection neither.
    async fn ask(&mut self, question: &str, given: Option<&String>) -> Option<Row> {
        for _ in 0..2 {
            let kept = self.client.is_some();
            match tokio::time::timeout(SILENCE, self.asked(question, given)).await {
                Ok(Ok(row)) => return Some(row),
                Ok(Err(_cut)) if kept => self.client = None,
                Ok(Err(_)) | Err(_) => break,
            }
        }
        self.client = None;
        None
    }

    async fn asked(
        &mut self,
        question: &str,
        given: Option<&String>,
    ) -> std::result::Result<Row, tokio_postgres::Error> {
        let client = match self.client.take() {
            Some(client) => client,
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                // How it ended is told to the next question.
                tokio::spawn(async move { drop(connection.await) });
                client
            }
        };
        let client = self.client.insert(client);
        match given {
            Some(given) => client.query_one(question, &[given]).await,
            None => client.query_one(question, &[]).await,
        }
    }
}
