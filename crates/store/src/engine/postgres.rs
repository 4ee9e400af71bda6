//! PostgreSQL: a pool, one transaction a call, driven from blocking threads.

use super::conn::PgConn;
use super::listening::{self, Listening};
use super::meter::{Meters, Part};
use super::{Conn, Db, Dialect, migrate};
use crate::error::{Error, Result};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// Connections of one process.
const POOL: usize = 16;
/// How long a request waits for one of them, or for a new one to be made, before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long sent bytes may go unacknowledged: the other machine, or the way to it, is gone.
const SILENCE: Duration = Duration::from_secs(20);
/// Nobody waits for ever behind a lock, nor behind a process that stopped in the middle of a transaction.
// A statement of the clearance has many expressions and few rows: compiling it takes a hundred times longer than running it.
const OPTIONS: &str = "-c search_path=main,audit,keys -c default_transaction_isolation=read\\ committed \
                       -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s -c jit=off";

pub(crate) struct Postgres {
    pool: Pool,
    config: tokio_postgres::Config,
    meters: Arc<Meters>,
}

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self> {
        let mut config: tokio_postgres::Config = url.parse().map_err(Error::from)?;
        migrate_all(&config).await?;
        config.options(OPTIONS);
        config.tcp_user_timeout(SILENCE);
        config.connect_timeout(PATIENCE);
        let manager =
            Manager::from_config(config.clone(), NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(POOL)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        Ok(Self { pool, config, meters: Arc::new(Meters::new()) })
    }

    /// A connection, as soon as one is free; who waited in vain is told to come back.
    async fn connection(&self) -> Result<deadpool_postgres::Object> {
        let taken = self.pool.get().await;
        taken.map_err(|error| {
            self.meters.turned_away();
            Error::Unavailable(error.to_string())
        })
    }

    /// Hears what other servers on this database say, until dropped.
    pub(super) fn listen(&self, heard: tokio::sync::watch::Sender<u64>) -> Listening {
        listening::listen(self.config.clone(), heard)
    }

    /// How the database is at work for this process.
    pub(super) fn part(&self) -> Part {
        let (status, count) = (self.pool.status(), |number: usize| u64::try_from(number).unwrap_or(u64::MAX));
        let used = count(status.size.saturating_sub(status.available));
        let waiting = Some(count(status.waiting));
        let pool = super::meter::Pool { used, limit: count(status.max_size), waiting, turned_away: 0 };
        self.meters.part("postgres", None, pool)
    }

    /// Bytes of each schema with its indexes.
    pub(super) async fn bytes(&self) -> Result<Vec<(&'static str, u64)>> {
        let client = self.connection().await?;
        let rows = client.query(BYTES, &[]).await?;
        let bytes = |db: Db| {
            let row = rows.iter().find(|row| row.try_get::<_, String>(0).is_ok_and(|name| name == db.name()));
            let bytes = row.and_then(|row| row.try_get::<_, i64>(1).ok());
            (db.name(), bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default())
        };
        Ok(Db::ALL.map(bytes).into())
    }

    /// One transaction; a read gets a repeatable snapshot, as on SQLite.
    pub(super) async fn transact<T: Send + 'static>(
        &self,
        read_only: bool,
        work: impl FnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let client = self.connection().await?;
        let (runtime, meters) = (tokio::runtime::Handle::current(), self.meters.clone());
        let run = move || {
            let conn = Conn::Postgres(PgConn { client: &client, runtime });
            conn.batch(if read_only { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" })?;
            let result = catch_unwind(AssertUnwindSafe(|| work(&conn)))
                .unwrap_or_else(|_| Err(Error::bug("a transaction panicked")));
            if result.is_err() {
                conn.batch("ROLLBACK")?;
                return result;
            }
            let ended = Instant::now();
            let commit = conn.batch("COMMIT");
            if !read_only {
                meters.committed(1, ended.elapsed(), commit.is_ok());
            }
            commit.and(result)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("a transaction panicked"))?
    }

    /// Lets the planner look at what has changed much. The server's own autovacuum does so too, a minute or more later:
    /// until then, searches after an import read whole tables.
    pub(super) async fn look_again(&self) -> Result<()> {
        let client = self.connection().await?;
        for row in client.query(CHANGED, &[]).await? {
            client.batch_execute(&format!("ANALYZE {}", row.try_get::<_, String>(0)?)).await?;
        }
        Ok(())
    }

    /// The key tables are written anew, so that their former pages go; the others give back what dead rows held. What the
    /// server's own log has kept goes with that log.
    pub(super) async fn scrub(&self) -> Result<()> {
        let client = self.connection().await?;
        for statement in SCRUB {
            client.batch_execute(statement).await?;
        }
        Ok(())
    }
}

/// Tables of which a fifth has changed since the planner looked.
const CHANGED: &str = "SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables
    WHERE schemaname IN ('main', 'audit', 'keys') AND n_mod_since_analyze > 500 AND n_mod_since_analyze > n_live_tup / 5";

/// What each schema takes.
const BYTES: &str = "SELECT n.nspname::text, SUM(pg_total_relation_size(c.oid))::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('main', 'audit', 'keys') GROUP BY n.nspname";

/// One at a time: these run outside any transaction.
const SCRUB: [&str; 9] = [
    "VACUUM (FULL) keys.tenant_key",
    "VACUUM (FULL) keys.person_key",
    "VACUUM (FULL) keys.pair_key",
    "VACUUM main.resource",
    "VACUUM main.history",
    "VACUUM main.exact_key",
    "VACUUM main.lossy_key",
    "VACUUM main.safety",
    "VACUUM audit.entry_part",
];

/// Creates the three schemas and brings each to the current version, under one advisory lock.
async fn migrate_all(config: &tokio_postgres::Config) -> Result<()> {
    for db in Db::ALL {
        let mut config = config.clone();
        config.options(format!("-c search_path={}", db.name()));
        let (mut client, connection) = config.connect(NoTls).await?;
        let driver = tokio::spawn(connection);
        client
            .batch_execute(&format!("SELECT pg_advisory_lock(734511); CREATE SCHEMA IF NOT EXISTS {}", db.name()))
            .await?;
        migrate::runner(db, Dialect::Postgres)?
            .run_async(&mut client)
            .await
            .map_err(|e| Error::Integrity(e.to_string()))?;
        drop(client);
        driver.await.map_err(|_| Error::bug("the connection task panicked"))??;
    }
    Ok(())
}
