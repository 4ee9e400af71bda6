//! What a PostgreSQL database must be before anything is made in it, and the making.
//!
//! Its schemas are Socle's own, or not there: what another program has made is neither used nor changed. Its texts are UTF-8:
//! in another encoding, what somebody writes one day does not fit, and the log can no longer be signed.

use super::{Db, Dialect, migrate};
use crate::error::{ENCODING, Error, FOREIGN, Result};
use tokio_postgres::{Client, Config, NoTls};

/// Held by who looks or makes: two servers that start together do so one after the other.
const ALONE: &str = "SELECT pg_advisory_lock(734511)";

/// Whether a schema holds anything but the list of Socle's migrations …
const HOLDS: &str = "SELECT EXISTS(SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1::text AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S') AND c.relname <> $2::text)
  OR EXISTS(SELECT 1 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1::text)";

/// Refuses a database that is not for Socle: nothing has been made in it then. Else creates the three schemas and brings each to the
/// current version, under one advisory lock.
pub(super) async fn prepare(config: &Config) -> Result<()> {
    let looking = config.clone();
    connected(&looking, async |client| {
        client.batch_execute(ALONE).await?;
        let encoding: String = client.query_one("SHOW server_encoding", &[]).await?.try_get(0)?;
        // One that has been served so far goes on being served: what it holds is text that fits.
        if encoding != "UTF8" && !is_ours(client).await? {
            return Err(Error::Unavailable(format!("{ENCODING}{encoding}")));
        }
        for db in Db::ALL {
            if is_foreign(client, db).await? {
                return Err(Error::Unavailable(format!("{FOREIGN}{}", db.name())));
            }
        }
        Ok(())
    })
    .await?;
    for db in Db::ALL {
        let mut config = config.clone();
        config.options(format!("-c search_path={}", db.name()));
        connected(&config, async |client| {
            client.batch_execute(&format!("{ALONE}; CREATE SCHEMA IF NOT EXISTS {}", db.name())).await?;
            let run = migrate::runner(db, Dialect::Postgres)?;
            let newer = |e| if migrate::is_newer(db, &e) { migrate::newer() } else { Error::Integrity(e.to_string()) };
            run.run_async(client).await.map(drop).map_err(newer)
        })
        .await?;
    }
    Ok(())
}

/// Whether Socle has been here.
async fn is_ours(client: &Client) -> Result<bool> {
    let listed = "SELECT to_regclass('main.main_schema_history') IS NOT NULL";
    Ok(client.query_one(listed, &[]).await?.try_get(0)?)
}

/// Whether somebody else's things are in a schema of this name.
async fn is_foreign(client: &Client, db: Db) -> Result<bool> {
    let history = format!("{}_schema_history", db.name());
    if !client.query_one(HOLDS, &[&db.name(), &history]).await?.try_get::<_, bool>(0)? {
        return Ok(false);
    }
    let at = format!("{}.{history}", db.name());
    let listed: bool = client.query_one("SELECT to_regclass($1::text) IS NOT NULL", &[&at]).await?.try_get(0)?;
    if !listed {
        return Ok(true);
    }
    // Left by a version that found somebody else's things only once it had begun.
    let done: bool = client.query_one(&format!("SELECT EXISTS(SELECT 1 FROM {at})"), &[]).await?.try_get(0)?;
    Ok(!done)
}

/// Something to do on a connection of its own; its locks go with it.
async fn connected<F>(config: &Config, work: F) -> Result<()>
where
    F: AsyncFnOnce(&mut Client) -> Result<()>,
{
    let (mut client, connection) = config.connect(NoTls).await?;
    let driver = tokio::spawn(connection);
    let done = work(&mut client).await;
    drop(client);
    driver.await.map_err(|_| Error::bug("the connection task panicked"))??;
    done
}
