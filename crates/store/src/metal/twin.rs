//! The work of one request of ours, bare: the very rows that an update of an Observation writes, or that its reading reads and
//! logs, as plain prepared statements of one transaction, on copies of the tables with their indexes. Nothing is labelled,
//! planned, packed or encrypted, and nobody is asked for a right.

use super::{connect_with, together_all};
use crate::engine::{Db, Location, OPTIONS};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

/// Rows among which the bare engine works.
const ROWS: i64 = 10_000;
/// Keys that an update of the benchmark changes, rounded down: 3.6 and 2.7 of a resource, as the engine counts them.
const EXACT: usize = 3;
/// See [`EXACT`].
const RANGE: usize = 2;
/// Bytes of an entry's part about one person.
const PART: usize = 80;
/// Bytes of an entry's envelope.
const ENVELOPE: usize = 420;

/// One resource and some of its keys.
struct Row {
    tenant: i64,
    rid: i64,
    identity: i64,
    body: Vec<u8>,
    params: Option<Vec<u8>>,
    keys: Option<Vec<u8>>,
    /// (param, hash)
    exact: Vec<(i64, i64)>,
    /// (param, lo, hi)
    range: Vec<(i64, i64, i64)>,
    /// Its keys are the other ones.
    changed: AtomicBool,
}

/// Copies of the tables of a store on PostgreSQL that somebody has filled.
pub struct Twin {
    url: String,
    rows: Arc<Vec<Row>>,
}

impl Twin {
    /// Copies what the work touches; none on SQLite.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the engine refuses.
    pub async fn prepare(location: &Location) -> Result<Option<Self>> {
        let Location::Postgres(url) = location else { return Ok(None) };
        let client = open(url).await?;
        client.batch_execute("DROP SCHEMA IF EXISTS metal CASCADE; CREATE SCHEMA metal").await?;
        for (db, table, copied) in TABLES {
            let db = db.name();
            client.batch_execute(&format!("CREATE TABLE metal.{table} (LIKE {db}.{table} INCLUDING ALL)")).await?;
            if copied {
                client.batch_execute(&format!("INSERT INTO metal.{table} SELECT * FROM {db}.{table}")).await?;
            }
            client.batch_execute(&format!("ANALYZE metal.{table}")).await?;
        }
        let rows = Arc::new(rows(&client).await?);
        Ok(Some(Self { url: url.clone(), rows }))
    }

    /// Updates a second by so many connections, each waiting for its commit before it begins the next.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the engine refuses.
    pub async fn updates(&self, clients: usize, time: Duration) -> Result<f64> {
        let mut tasks = Vec::new();
        for client in 0..clients {
            let (conn, rows) = (open(&self.url).await?, self.rows.clone());
            let update = Update::on(&conn).await?;
            tasks.push(tokio::spawn(async move {
                let own = rows.iter().skip(client).step_by(clients).cycle();
                let (begun, mut n) = (Instant::now(), 0);
                for row in own {
                    update.run(&conn, row, entry(client, n)).await?;
                    n += 1;
                    if begun.elapsed() >= time {
                        break;
                    }
                }
                Ok(f64::from(n) / begun.elapsed().as_secs_f64())
            }));
        }
        together_all(tasks).await
    }

    /// Readings a second by so many connections, each logged before the next begins.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the engine refuses.
    pub async fn reads(&self, clients: usize, time: Duration) -> Result<f64> {
        let mut tasks = Vec::new();
        for client in 0..clients {
            let (conn, rows) = (open(&self.url).await?, self.rows.clone());
            let (read, log) = (conn.prepare(READ).await?, Log::on(&conn, "entry", "entry_part").await?);
            tasks.push(tokio::spawn(async move {
                let own = rows.iter().skip(client).step_by(clients).cycle();
                let (begun, mut n) = (Instant::now(), 0);
                for row in own {
                    conn.query_one(&read, &[&row.tenant, &row.identity]).await?;
                    let id = entry(client, n);
                    tokio::try_join!(
                        conn.batch_execute("BEGIN"),
                        log.add(&conn, row.tenant, &id),
                        conn.batch_execute("COMMIT")
                    )?;
                    n += 1;
                    if begun.elapsed() >= time {
                        break;
                    }
                }
                Ok(f64::from(n) / begun.elapsed().as_secs_f64())
            }));
        }
        together_all(tasks).await
    }

    /// Takes the copies away.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the engine refuses.
    pub async fn clear(self) -> Result<()> {
        Ok(open(&self.url).await?.batch_execute("DROP SCHEMA metal CASCADE").await?)
    }
}

/// Tables, and whether their rows are copied too.
const TABLES: [(Db, &str, bool); 8] = [
    (Db::Main, "resource", true),
    (Db::Main, "exact_key", true),
    (Db::Main, "range_key", true),
    (Db::Main, "history", true),
    (Db::Main, "entry_out", false),
    (Db::Main, "entry_out_part", false),
    (Db::Audit, "entry", false),
    (Db::Audit, "entry_part", false),
];

const KEEP: &str =
    "INSERT INTO metal.history(tenant, rid, version, updated, level, categories, family, mask, seal, author,
       rules, deleted, body, how)
     SELECT tenant, rid, version, updated, level, categories, family, mask, seal, author, rules, deleted, body, how
     FROM metal.resource WHERE tenant = $1 AND rid = $2";
const REPLACE: &str =
    "UPDATE metal.resource SET version = version + 1, updated = updated + 1, moment = moment + 1, body = $3,
     params = $4, keys = $5 WHERE tenant = $1 AND rid = $2";
const EXACT_GONE: &str = "DELETE FROM metal.exact_key k USING unnest($3::bigint[], $4::bigint[]) AS w(param, hash)
     WHERE k.tenant = $1 AND k.param = w.param AND k.hash = w.hash AND k.rid = $2";
const EXACT_NEW: &str = "INSERT INTO metal.exact_key(tenant, rid, param, hash)
     SELECT $1, $2, w.param, w.hash FROM unnest($3::bigint[], $4::bigint[]) AS w(param, hash)";
const RANGE_GONE: &str =
    "DELETE FROM metal.range_key k USING unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS w(param, lo, hi)
     WHERE k.tenant = $1 AND k.param = w.param AND k.rid = $2 AND k.lo = w.lo AND k.hi = w.hi";
const RANGE_NEW: &str = "INSERT INTO metal.range_key(tenant, rid, param, lo, hi)
     SELECT $1, $2, w.param, w.lo, w.hi FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS w(param, lo, hi)";
const READ: &str =
    "SELECT r.rid, r.type, r.person, r.place, r.version, r.updated, r.level, r.categories, r.family, r.mask,
       r.author, r.deleted, r.moment, r.rules, r.body, r.how
     FROM metal.resource r WHERE r.tenant = $1 AND r.rid = ANY(ARRAY(
       SELECT k.rid FROM metal.exact_key k WHERE k.tenant = $1 AND k.param = 1 AND k.hash = $2))";
const SAMPLE: &str = "SELECT r.tenant, r.rid, r.self, r.body, r.params, r.keys FROM metal.resource r
     WHERE r.deleted = 0 AND r.type = $2 ORDER BY r.rid DESC LIMIT $1";

/// What is bound to a statement.
type Params<'a, const N: usize> = [&'a (dyn ToSql + Sync); N];

/// The statements of an update.
struct Update {
    keep: Statement,
    replace: Statement,
    keys: [Statement; 4],
    log: Log,
}

impl Update {
    async fn on(conn: &Client) -> Result<Self> {
        let keys = [
            conn.prepare(EXACT_GONE).await?,
            conn.prepare(EXACT_NEW).await?,
            conn.prepare(RANGE_GONE).await?,
            conn.prepare(RANGE_NEW).await?,
        ];
        Ok(Self {
            keep: conn.prepare(KEEP).await?,
            replace: conn.prepare(REPLACE).await?,
            keys,
            log: Log::on(conn, "entry_out", "entry_out_part").await?,
        })
    }

    /// All of it goes at once, its commit too.
    async fn run(&self, conn: &Client, row: &Row, entry: Vec<u8>) -> Result<()> {
        let other = row.changed.fetch_xor(true, Ordering::Relaxed);
        let moved = |by: bool| i64::from(by);
        let params: Vec<i64> = row.exact.iter().map(|key| key.0).collect();
        let hashes = |by| row.exact.iter().map(|key| key.1.wrapping_add(moved(by))).collect::<Vec<i64>>();
        let (gone, new) = (hashes(other), hashes(!other));
        let ranged: Vec<i64> = row.range.iter().map(|key| key.0).collect();
        let lows = |by| row.range.iter().map(|key| key.1.wrapping_add(moved(by))).collect::<Vec<i64>>();
        let highs: Vec<i64> = row.range.iter().map(|key| key.2).collect();
        let (low_gone, low_new) = (lows(other), lows(!other));
        let [exact_gone, exact_new, range_gone, range_new] = &self.keys;
        let (tenant, rid) = (&row.tenant, &row.rid);
        let known: Params<'_, 2> = [tenant, rid];
        let replaced: Params<'_, 5> = [tenant, rid, &row.body, &row.params, &row.keys];
        let exact_had: Params<'_, 4> = [tenant, rid, &params, &gone];
        let exact_has: Params<'_, 4> = [tenant, rid, &params, &new];
        let range_had: Params<'_, 5> = [tenant, rid, &ranged, &low_gone, &highs];
        let range_has: Params<'_, 5> = [tenant, rid, &ranged, &low_new, &highs];
        tokio::try_join!(
            conn.batch_execute("BEGIN"),
            conn.execute(&self.keep, &known),
            conn.execute(&self.replace, &replaced),
            conn.execute(exact_gone, &exact_had),
            conn.execute(exact_new, &exact_has),
            conn.execute(range_gone, &range_had),
            conn.execute(range_new, &range_has),
            self.log.add(conn, *tenant, &entry),
            conn.batch_execute("COMMIT"),
        )?;
        Ok(())
    }
}

/// The statements of a log entry.
struct Log {
    entry: Statement,
    part: Statement,
}

impl Log {
    async fn on(conn: &Client, entry: &str, part: &str) -> Result<Self> {
        let entry = format!(
            "INSERT INTO metal.{entry}(tenant, entry, at, commitment, salt, envelope) VALUES($1, $2, 1, $3, $3, $4)"
        );
        let part = format!("INSERT INTO metal.{part}(tenant, entry, person, body) VALUES($1, $2, 1, $3)");
        Ok(Self { entry: conn.prepare(&entry).await?, part: conn.prepare(&part).await? })
    }

    async fn add(&self, conn: &Client, tenant: i64, id: &[u8]) -> std::result::Result<(), tokio_postgres::Error> {
        let (hash, envelope, part) =
            ([0xA5u8; 32].as_slice(), [0xA5u8; ENVELOPE].as_slice(), [0xA5u8; PART].as_slice());
        let entry: Params<'_, 4> = [&tenant, &id, &hash, &envelope];
        let part: Params<'_, 3> = [&tenant, &id, &part];
        tokio::try_join!(conn.execute(&self.entry, &entry), conn.execute(&self.part, &part)).map(drop)
    }
}

/// An id that nobody else gives: time first, as those of the log.
fn entry(client: usize, n: u32) -> Vec<u8> {
    let nanos = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    let mut id = u64::try_from(nanos).unwrap_or_default().to_be_bytes().to_vec();
    id.extend_from_slice(&u32::try_from(client).unwrap_or_default().to_be_bytes());
    id.extend_from_slice(&n.to_be_bytes());
    id
}

/// A connection with the settings of the store's own.
async fn open(url: &str) -> Result<Client> {
    let mut config: tokio_postgres::Config = url.parse().map_err(Error::from)?;
    config.options(OPTIONS);
    connect_with(&config).await
}

/// Rows of observations, each with some of its keys.
async fn rows(client: &Client) -> Result<Vec<Row>> {
    let found = client.query(SAMPLE, &[&ROWS, &fhir::ResourceType::OBSERVATION.code()]).await?;
    let rids: Vec<i64> = found.iter().map(|row| row.try_get(1)).collect::<std::result::Result<_, _>>()?;
    let mut exact: HashMap<i64, Vec<(i64, i64)>> = HashMap::new();
    let text = "SELECT rid, param, hash FROM metal.exact_key WHERE param > 1 AND rid = ANY($1)";
    for row in client.query(text, &[&rids]).await? {
        exact.entry(row.try_get(0)?).or_default().push((row.try_get(1)?, row.try_get(2)?));
    }
    let mut range: HashMap<i64, Vec<(i64, i64, i64)>> = HashMap::new();
    let text = "SELECT rid, param, lo, hi FROM metal.range_key WHERE rid = ANY($1)";
    for row in client.query(text, &[&rids]).await? {
        range.entry(row.try_get(0)?).or_default().push((row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    }
    let mut row = |found: &tokio_postgres::Row| {
        let rid = found.try_get(1)?;
        Ok(Row {
            tenant: found.try_get(0)?,
            rid,
            identity: found.try_get(2)?,
            body: found.try_get(3)?,
            params: found.try_get(4)?,
            keys: found.try_get(5)?,
            exact: exact.remove(&rid).unwrap_or_default().into_iter().take(EXACT).collect(),
            range: range.remove(&rid).unwrap_or_default().into_iter().take(RANGE).collect(),
            changed: AtomicBool::new(false),
        })
    };
    found.iter().map(&mut row).collect()
}
