//! PostgreSQL: connections kept between transactions, each driven by the blocking thread that uses it.

use super::alone::{Alone, Rows};
use super::glances::{Ahead, Glances};
use super::listening::{self, Listening};
use super::meter::{Meters, Part, Pool};
use super::pipe::Pipe;
use super::replica::Replica;
use super::session::Session;
use super::shape::Piece;
use super::{Conn, Db, ground};
use crate::error::{Error, FULL, LOG_FULL, Result};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Config;

/// Connections of one process.
const POOL: usize = 16;
/// How long a request waits for one of them, for a new one to be made, or behind others on one that is shared, before it is told to
/// come back.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long sent bytes may go unacknowledged: the other machine, or the way to it, is gone.
const SILENCE: Duration = Duration::from_secs(20);
/// Nobody waits for ever behind a lock, nor behind a process that stopped in the middle of a transaction. A statement of the
/// clearance has many expressions and few rows: compiling it takes a hundred times longer than running it, and so does
/// planning it, which is done once for all parameters. Statements are written to be run by their keys, row by row: the planner is
/// not asked whether reading whole tables would be quicker, as it is not on SQLite.
pub(crate) const OPTIONS: &str = "-c search_path=main,audit,keys -c default_transaction_isolation=read\\ committed \
                       -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s -c jit=off \
                       -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off \
                       -c enable_mergejoin=off -c random_page_cost=1.1 \
                       -c enable_incremental_sort=off";

pub(crate) struct Postgres {
    first: Reach,
    glances: Glances,
    alone: Alone,
    /// Read while the first does not answer, where one is named.
    replica: OnceLock<Replica>,
    meters: Arc<Meters>,
    /// It has said that it stops because there is no room for its log.
    without_room: AtomicBool,
    /// The last write found no room.
    full: AtomicBool,
}

/// The way to one database: so many connections at once.
pub(super) struct Reach {
    connections: Arc<Connections>,
    permits: Arc<Semaphore>,
    /// Requests that wait for a connection.
    waiting: AtomicU64,
    /// Requests that waited in vain.
    turned_away: AtomicU64,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// One snapshot, as on SQLite.
    Read,
    Write,
}

/// Idle connections, the one used last first: it has its statements prepared.
pub(super) struct Connections {
    config: Config,
    idle: Mutex<Vec<Session>>,
}

impl Connections {
    /// None yet. `config`: where to, with what the product wants of every connection added here.
    pub(super) fn new(mut config: Config) -> Self {
        config.options(OPTIONS);
        config.tcp_user_timeout(SILENCE);
        config.connect_timeout(PATIENCE);
        Self { config, idle: Mutex::default() }
    }

    /// One that is there, else a new one.
    fn take(&self) -> Result<Session> {
        loop {
            let last = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match last {
                Some(session) if session.is_open() => return Ok(session),
                Some(_gone) => {}
                None => return Session::open(&self.config),
            }
        }
    }

    fn give_back(&self, session: Session) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}

impl Reach {
    pub(super) fn new(connections: Arc<Connections>) -> Self {
        let permits = Arc::new(Semaphore::new(POOL));
        Self { connections, permits, waiting: AtomicU64::new(0), turned_away: AtomicU64::new(0) }
    }

    fn pool(&self) -> Pool {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Pool {
            used: count(POOL.saturating_sub(self.permits.available_permits())),
            limit: count(POOL),
            waiting: Some(self.waiting.load(Ordering::Relaxed)),
            turned_away: self.turned_away.load(Ordering::Relaxed),
        }
    }

    /// The right to a connection; who waited in vain is told to come back.
    async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        if let Ok(free) = self.permits.clone().try_acquire_owned() {
            return Ok(free);
        }
        let waiting = Waiting::among(&self.waiting);
        let freed = tokio::time::timeout(PATIENCE, self.permits.clone().acquire_owned()).await;
        drop(waiting);
        let freed = freed.map_err(|_| {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
            Error::Unavailable("no connection is free".into())
        })?;
        freed.map_err(|_| Error::bug("connections are closed"))
    }

    /// Runs `work` on a blocking thread. A connection is used again unless `work` panicked on it.
    async fn on_connection<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.permit().await?;
        let connections = self.connections.clone();
        let run = move || {
            let _permit = permit;
            let session = connections.take()?;
            let result = work(&session);
            connections.give_back(session);
            result
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("a transaction panicked"))?
    }
}

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self> {
        let config: Config = url.parse().map_err(Error::from)?;
        ground::prepare(&config).await?;
        let first = Reach::new(Arc::new(Connections::new(config)));
        let config = &first.connections.config;
        let (glances, alone) = (Glances::new(config.clone()), Alone::new(config.clone()));
        let (replica, meters) = (OnceLock::new(), Arc::new(Meters::new()));
        Ok(Self {
            first,
            glances,
            alone,
            replica,
            meters,
            without_room: AtomicBool::new(false),
            full: AtomicBool::new(false),
        })
    }

    /// Reads from a replica while the first does not answer, as long as it is no older than `bound`.
    pub(super) fn follow(&self, url: &str, bound: Duration) -> Result<()> {
        let config: Config = url.parse().map_err(Error::from)?;
        let replica = Replica::watch(self.first.connections.config.clone(), config, bound);
        self.replica.set(replica).map_err(|_| Error::bug("a second replica"))
    }

    /// How old what is read may be, while it comes from the replica.
    pub(super) fn behind(&self) -> Option<Duration> {
        let replica = self.replica.get().filter(|replica| replica.stands_in())?;
        Some(replica.behind().unwrap_or(Duration::MAX))
    }

    /// Hears what other servers on this database say, until dropped.
    pub(super) fn listen(&self, ears: listening::Ears) -> Listening {
        listening::listen(self.first.connections.config.clone(), ears)
    }

    /// How the database is at work for this process.
    pub(super) fn part(&self) -> Part {
        self.meters.part("postgres", None, self.first.pool())
    }

    /// Bytes of each schema with its indexes.
    pub(super) async fn bytes(&self) -> Result<Vec<(&'static str, u64)>> {
        let read = |session: &Session| Ok(session.wait(session.client().query(BYTES, &[]))??);
        let rows = self.first.on_connection(read).await?;
        let bytes = |db: Db| {
            let row = rows.iter().find(|row| row.try_get::<_, String>(0).is_ok_and(|name| name == db.name()));
            let bytes = row.and_then(|row| row.try_get::<_, i64>(1).ok());
            (db.name(), bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default())
        };
        Ok(Db::ALL.map(bytes).into())
    }

    /// The tables and indexes of a schema.
    pub(super) async fn pieces(&self, db: Db) -> Result<BTreeSet<Piece>> {
        let read = move |session: &Session| Ok(session.wait(session.client().query(PIECES, &[&db.name()]))??);
        let rows = self.first.on_connection(read).await?;
        rows.iter().map(|row| Ok(Piece::new(row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// One transaction.
    pub(super) async fn transact<T: Send + 'static>(
        &self,
        mode: Mode,
        work: impl FnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reach, meters) = (self.reach(mode)?, self.meters.clone());
        let done = reach.on_connection(move |session| in_transaction(session, mode, &meters, work)).await;
        match mode {
            Mode::Read => self.heard(done),
            Mode::Write => self.written(done),
        }
    }

    /// Rows that one statement writes, which is its own transaction.
    pub(super) async fn write_alone(&self, work: impl FnOnce(&Conn<'_>) -> Result<()>) -> Result<()> {
        self.reach(Mode::Write)?;
        let rows = Rows::default();
        work(&Conn::Alone(&rows))?;
        let begun = Instant::now();
        let done = self.alone.write(rows.take()).await;
        self.meters.committed(1, begun.elapsed(), done.is_ok());
        self.written(done)
    }

    /// What came of a write. What only reads may still be answered while the server dies.
    fn written<T>(&self, done: Result<T>) -> Result<T> {
        match &done {
            Ok(_) => {
                self.without_room.store(false, Ordering::Relaxed);
                self.full.store(false, Ordering::Relaxed);
            }
            Err(Error::Unavailable(why)) if why == FULL => self.full.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        self.heard(done)
    }

    /// Whether the last write found no room.
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed) || self.without_room.load(Ordering::Relaxed)
    }

    /// What came of asking. The server's last word is kept: that it does not answer, later, says nothing of why.
    fn heard<T>(&self, done: Result<T>) -> Result<T> {
        if let (Err(Error::Unavailable(_)), Some(replica)) = (&done, self.replica.get()) {
            replica.look_now();
        }
        match done {
            Err(Error::Unavailable(why)) if why == LOG_FULL => {
                self.without_room.store(true, Ordering::Relaxed);
                Err(Error::Unavailable(why))
            }
            Err(Error::Unavailable(why)) if self.without_room.load(Ordering::Relaxed) => {
                Err(Error::Unavailable(format!("{LOG_FULL} ({why})")))
            }
            done => done,
        }
    }

    /// A few rows by their keys: each statement sees what is there when it runs. From a replica, as any other read, and then
    /// nothing is asked beside.
    pub(super) async fn glance<T: Send + 'static>(
        &self,
        ahead: Ahead,
        work: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static,
        beside: impl Fn(&Conn<'_>) + Send + 'static,
    ) -> Result<(T, Ahead)> {
        if self.replica.get().is_some_and(Replica::stands_in) {
            return Ok((self.transact(Mode::Read, work).await?, Ahead::default()));
        }
        self.heard(self.glances.look(ahead, work, beside).await)
    }

    /// The first, or who stands in for it; nobody does for a write, which would only wait in vain.
    fn reach(&self, mode: Mode) -> Result<&Reach> {
        match self.replica.get().filter(|replica| replica.stands_in()) {
            None => Ok(&self.first),
            Some(_) if mode == Mode::Write => Err(Error::Unavailable("the first database does not answer".into())),
            Some(replica) => replica.reach(),
        }
    }

    /// Lets the planner look at what has changed much. The server's own autovacuum does so too, a minute or more later:
    /// until then, searches after an import read whole tables.
    pub(super) async fn look_again(&self) -> Result<()> {
        let look = |session: &Session| {
            for row in session.wait(session.client().query(CHANGED, &[]))?? {
                let analyse = format!("ANALYZE {}", row.try_get::<_, String>(0)?);
                session.wait(session.client().batch_execute(&analyse))??;
            }
            Ok(())
        };
        self.first.on_connection(look).await
    }

    /// The key tables are written anew, so that their former pages go; the others give back what dead rows held. What the
    /// server's own log has kept goes with that log.
    pub(super) async fn scrub(&self) -> Result<()> {
        let scrub = |session: &Session| {
            for statement in SCRUB {
                session.wait(session.client().batch_execute(statement))??;
            }
            Ok(())
        };
        self.first.on_connection(scrub).await
    }
}

/// Counted as waiting, until it goes: its request may be given up meanwhile.
struct Waiting<'a>(&'a AtomicU64);

impl<'a> Waiting<'a> {
    fn among(waiting: &'a AtomicU64) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn in_transaction<T>(
    session: &Session,
    mode: Mode,
    meters: &Meters,
    work: impl FnOnce(&Conn<'_>) -> Result<T>,
) -> Result<T> {
    let begin = match mode {
        Mode::Read => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        Mode::Write => Some("BEGIN"),
    };
    let conn = Conn::Postgres(Pipe::new(session, begin));
    let result =
        catch_unwind(AssertUnwindSafe(|| work(&conn))).unwrap_or_else(|_| Err(Error::bug("a transaction panicked")));
    let Conn::Postgres(pipe) = conn else { return result };
    let ended = result.and_then(|value| {
        let begun = Instant::now();
        let commit = pipe.commit(mode != Mode::Write);
        if mode == Mode::Write {
            meters.committed(1, begun.elapsed(), commit.is_ok());
        }
        commit.map(|()| value)
    });
    // Why it failed is worth more than that it could not be undone: then the connection goes, and with it all it did.
    if ended.is_err() && pipe.roll_back().is_err() {
        session.give_up();
    }
    ended
}

/// Tables of which a fifth has changed since the planner looked.
const CHANGED: &str = "SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables
    WHERE schemaname IN ('main', 'audit', 'keys') AND n_mod_since_analyze > 500 AND n_mod_since_analyze > n_live_tup / 5";

/// What each schema takes.
const BYTES: &str = "SELECT n.nspname::text, SUM(pg_total_relation_size(c.oid))::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('main', 'audit', 'keys') GROUP BY n.nspname";

/// Tables and indexes of a schema; those that its constraints make have their own names, as on SQLite.
const PIECES: &str =
    "SELECT c.relkind::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'i', 'I') AND n.nspname = $1";

/// One at a time: these run outside any transaction.
const SCRUB: [&str; 11] = [
    "VACUUM (FULL) keys.tenant_key",
    "VACUUM (FULL) keys.person_key",
    "VACUUM (FULL) keys.pair_key",
    "VACUUM main.resource",
    "VACUUM main.history",
    "VACUUM main.exact_key",
    "VACUUM main.lossy_key",
    "VACUUM main.safety",
    "VACUUM main.entry_out",
    "VACUUM audit.entry",
    "VACUUM audit.entry_part",
];
