//! By which the parts of a store know that they belong together.

use crate::crypto;
use crate::engine::{Cell, Db, Engine};
use crate::error::{Error, Result};

/// The three parts carry one identity; parts of different stores are refused, and keys that are gone are not made anew: nothing
/// would ever open again, and nobody would be told.
pub(crate) async fn one(engine: &Engine) -> Result<String> {
    let known = "SELECT 1 FROM key_meta WHERE name = 'store_id'";
    let keyed = engine.read(Db::Keys, move |conn| Ok(conn.query_opt(known, &[])?.is_some())).await?;
    let used = "SELECT 1 FROM tenant LIMIT 1";
    if !keyed && engine.read(Db::Main, move |conn| Ok(conn.query_opt(used, &[])?.is_some())).await? {
        return Err(Error::Integrity("keys is empty, and main is not: bring back the keys of this store".into()));
    }
    let fresh: [u8; 16] = crypto::random()?;
    let main = identity(engine, Db::Main, "store_meta", fresh.to_vec()).await?;
    let keys = identity(engine, Db::Keys, "key_meta", main.clone()).await?;
    if main != keys {
        return Err(Error::Integrity("main and keys belong to different stores".into()));
    }
    Ok(main.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn identity(engine: &Engine, db: Db, table: &'static str, proposal: Vec<u8>) -> Result<Vec<u8>> {
    let (insert, select) = match table {
        "store_meta" => (
            "INSERT INTO store_meta(name, value) VALUES('store_id', ?1) ON CONFLICT DO NOTHING",
            "SELECT value FROM store_meta WHERE name = 'store_id'",
        ),
        _ => (
            "INSERT INTO key_meta(name, value) VALUES('store_id', ?1) ON CONFLICT DO NOTHING",
            "SELECT value FROM key_meta WHERE name = 'store_id'",
        ),
    };
    engine
        .write(db, move |conn| {
            conn.execute(insert, &[Cell::Blob(proposal)])?;
            Ok(conn.query_one(select, &[])?.blob(0)?.to_vec())
        })
        .await
}
