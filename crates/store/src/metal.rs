//! The bare engine: what the same disk does with the same bytes when nothing of ours is in between. The denominator of
//! the benchmark's figures, never used to keep anything.

mod twin;

use crate::engine::Location;
use crate::error::{Error, Result};
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
pub use twin::Twin;

/// Rows among which one is read.
const ROWS: i64 = 20_000;
/// Rows written in one go to prepare the reads.
const BATCH: i64 = 1_000;

/// What the bare engine does, a second.
#[derive(Debug, Clone, Copy)]
pub struct Metal {
    /// Transactions that insert one row, each durable before the next of the same connection begins.
    pub commits: f64,
    /// Reads of one row by its primary key.
    pub reads: f64,
}

/// Measures the bare engine with rows of `bytes` bytes: on SQLite one connection with the settings of the store (`WAL`,
/// `synchronous=FULL`); on PostgreSQL `clients` connections.
///
/// # Errors
/// [`Error::Unavailable`] when the engine refuses.
pub async fn measure(location: &Location, bytes: usize, clients: usize, time: Duration) -> Result<Metal> {
    match location {
        Location::Directory(dir) => {
            let dir = dir.clone();
            let run = move || sqlite(&dir, bytes, time);
            tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("the bare measure panicked"))?
        }
        Location::Postgres(url) => postgres(url, bytes, clients, time).await,
    }
}

fn sqlite(dir: &Path, bytes: usize, time: Duration) -> Result<Metal> {
    let path = dir.join("metal.db");
    let conn = Connection::open(&path)?;
    conn.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000; PRAGMA cache_size=-32768;
         CREATE TABLE metal (id INTEGER PRIMARY KEY, body BLOB NOT NULL);",
    )?;
    let body = vec![0xA5u8; bytes];
    let mut insert = conn.prepare("INSERT INTO metal (body) VALUES (?1)")?;
    let commits = rate(time, |_| insert.execute(params![body]).map(drop))?;
    conn.execute_batch("BEGIN")?;
    for _ in 0..ROWS {
        insert.execute(params![body])?;
    }
    conn.execute_batch("COMMIT")?;
    let mut select = conn.prepare("SELECT body FROM metal WHERE id = ?1")?;
    let reads = rate(time, |n| select.query_row([scattered(n)], |row| row.get::<_, Vec<u8>>(0)).map(drop))?;
    drop((insert, select));
    conn.close().map_err(|(_, error)| error)?;
    for suffix in ["", "-wal", "-shm"] {
        // A file that stays behind lies in a folder that the benchmark throws away.
        let _ = std::fs::remove_file(dir.join(format!("metal.db{suffix}")));
    }
    Ok(Metal { commits, reads })
}

/// Times a second that `step` could be done, its number given.
fn rate<E>(time: Duration, mut step: impl FnMut(i64) -> std::result::Result<(), E>) -> std::result::Result<f64, E> {
    let begun = Instant::now();
    let mut n = 0;
    while begun.elapsed() < time {
        step(n)?;
        n += 1;
    }
    Ok(n as f64 / begun.elapsed().as_secs_f64())
}

/// A row number, far from the one before.
fn scattered(n: i64) -> i64 {
    n.wrapping_mul(7_919).rem_euclid(ROWS) + 1
}

async fn postgres(url: &str, bytes: usize, clients: usize, time: Duration) -> Result<Metal> {
    let first = connect(url).await?;
    first
        .batch_execute(
            "DROP SCHEMA IF EXISTS metal CASCADE; CREATE SCHEMA metal;
             CREATE TABLE metal.row (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body BYTEA NOT NULL)",
        )
        .await?;
    let body = Arc::new(vec![0xA5u8; bytes]);
    for _ in 0..ROWS / BATCH {
        first
            .execute("INSERT INTO metal.row (body) SELECT $1 FROM generate_series(1, $2::BIGINT)", &[&*body, &BATCH])
            .await?;
    }
    let commits = together(url, clients, time, &body, "INSERT INTO metal.row (body) VALUES ($1)", true).await?;
    let reads = together(url, clients, time, &body, "SELECT body FROM metal.row WHERE id = $1", false).await?;
    first.batch_execute("DROP SCHEMA metal CASCADE").await?;
    Ok(Metal { commits, reads })
}

/// One statement, again and again, on several connections; each statement is a transaction.
async fn together(
    url: &str,
    clients: usize,
    time: Duration,
    body: &Arc<Vec<u8>>,
    sql: &'static str,
    writes: bool,
) -> Result<f64> {
    let mut tasks = Vec::new();
    for client in 0..i64::try_from(clients).unwrap_or(1) {
        let (conn, body) = (connect(url).await?, body.clone());
        tasks.push(tokio::spawn(async move {
            let statement = conn.prepare(sql).await?;
            let (begun, mut n) = (Instant::now(), 0i64);
            while begun.elapsed() < time {
                if writes {
                    conn.execute(&statement, &[&*body]).await?;
                } else {
                    conn.query_one(&statement, &[&scattered(n + client)]).await?;
                }
                n += 1;
            }
            Ok::<f64, Error>(n as f64 / begun.elapsed().as_secs_f64())
        }));
    }
    together_all(tasks).await
}

/// What several connections do a second, in all.
async fn together_all(tasks: Vec<JoinHandle<Result<f64>>>) -> Result<f64> {
    let mut total = 0.0;
    for task in tasks {
        total += task.await.map_err(|_| Error::bug("the bare measure panicked"))??;
    }
    Ok(total)
}

async fn connect(url: &str) -> Result<tokio_postgres::Client> {
    connect_with(&url.parse().map_err(Error::from)?).await
}

async fn connect_with(config: &tokio_postgres::Config) -> Result<tokio_postgres::Client> {
    let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "the connection of the bare measure ended badly");
        }
    });
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn measures_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let location = Location::Directory(dir.path().to_owned());
        let metal = measure(&location, 300, 1, Duration::from_millis(30)).await.unwrap();
        assert!(metal.commits > 0.0 && metal.reads > metal.commits);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
