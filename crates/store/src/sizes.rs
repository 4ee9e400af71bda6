//! What tables and indexes take on disk, as the engine counts its pages: for the benchmark, and for whoever runs a store.

use crate::engine::{Db, Location};
use crate::error::{Error, Result};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// What one table or one index takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// `main`, `audit` or `keys`.
    pub db: &'static str,
    /// Its name.
    pub name: String,
    /// Bytes of its pages, in the file or still in the write-ahead log.
    pub bytes: u64,
}

/// The tables and indexes of a store, the largest first; a server may be at work on it. On SQLite pages that are free count
/// under no name.
///
/// # Errors
/// [`Error::Unavailable`] when the engine refuses.
pub async fn sizes(location: &Location) -> Result<Vec<Size>> {
    let mut found = match location {
        Location::Directory(dir) => {
            let dir = dir.clone();
            let read = move || sqlite(&dir);
            tokio::task::spawn_blocking(read).await.map_err(|_| Error::bug("counting pages panicked"))??
        }
        Location::Postgres(url) => postgres(url).await?,
    };
    found.sort_by(|left, right| right.bytes.cmp(&left.bytes).then_with(|| left.name.cmp(&right.name)));
    Ok(found)
}

fn sqlite(dir: &Path) -> Result<Vec<Size>> {
    let mut found = Vec::new();
    for db in Db::ALL {
        let path = dir.join(format!("{}.db", db.name()));
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut statement =
            conn.prepare("SELECT name, SUM(pgsize) FROM dbstat WHERE aggregate = TRUE GROUP BY name")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let bytes = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
            found.push(Size { db: db.name(), name: row.get(0)?, bytes });
        }
    }
    Ok(found)
}

async fn postgres(url: &str) -> Result<Vec<Size>> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let driver = tokio::spawn(connection);
    let rows = client
        .query(
            "SELECT n.nspname::text, c.relname::text, pg_total_relation_size(c.oid) - pg_indexes_size(c.oid)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname IN ('main', 'audit', 'keys')
             UNION ALL SELECT n.nspname::text, c.relname::text, pg_relation_size(c.oid)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'i' AND n.nspname IN ('main', 'audit', 'keys')",
            &[],
        )
        .await?;
    drop(client);
    driver.await.map_err(|_| Error::bug("the connection task panicked"))??;
    let mut found = Vec::new();
    for row in rows {
        let schema: String = row.try_get(0)?;
        let Some(db) = Db::ALL.into_iter().find(|db| db.name() == schema) else { continue };
        let bytes = u64::try_from(row.try_get::<_, i64>(2)?).unwrap_or_default();
        found.push(Size { db: db.name(), name: row.try_get(1)?, bytes });
    }
    Ok(found)
}
