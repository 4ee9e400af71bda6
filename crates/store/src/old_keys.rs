//! Stores of before [`crate::key_list`] had key rows with persons, one that says that a parameter has a value, and an index
//! by row of each table. They are brought over when such a store is opened, some rows a transaction: whatever stops it, what
//! has no list yet is what is left.

use crate::engine::{Conn, Db, Dialect, cells};
use crate::error::Result;
use crate::index::{Hasher, ID_PARAM, Keys};
use crate::key_list::{KeyList, params};
use crate::store::Store;
use crate::write::bring_keys;
use std::collections::BTreeSet;

/// The counter that is there while there is something to bring over.
const LEFT: &str = "old keys";
/// What is not there any more once all is brought over.
pub(crate) const OLD: [&str; 3] = ["DROP TABLE exact_key_1", "DROP TABLE lossy_key_1", "DROP TABLE range_key_1"];
/// Rows a transaction.
const ROWS: i64 = 500;
/// The lock by which one of several servers does it.
const LOCK: i64 = 734_512;

/// Brings over all that is left; what was there goes.
pub(crate) async fn bring_over(store: &Store) -> Result<()> {
    let mut after = (0, 0);
    loop {
        let inner = store.0.clone();
        let reached = store
            .engine()
            .write(Db::Main, move |conn| {
                if conn.dialect() == Dialect::Postgres {
                    conn.execute("SELECT pg_advisory_xact_lock(?1)", &cells![LOCK])?;
                }
                if conn.query_opt("SELECT value FROM counter WHERE name = ?1", &cells![LEFT])?.is_none() {
                    return Ok(None);
                }
                let rows = conn.query(
                    "SELECT tenant, rid FROM resource WHERE (tenant, rid) > (?1, ?2) AND keys IS NULL ORDER BY tenant, rid LIMIT ?3",
                    &cells![after.0, after.1, ROWS],
                )?;
                for row in &rows {
                    let row = (row.int(0)?, row.int(1)?);
                    one(conn, &inner.hasher(row.0)?, row)?;
                }
                let Some(last) = rows.last() else {
                    for table in OLD {
                        conn.batch(table)?;
                    }
                    conn.execute("DELETE FROM counter WHERE name = ?1", &cells![LEFT])?;
                    return Ok(None);
                };
                Ok(Some((last.int(0)?, last.int(1)?)))
            })
            .await?;
        match reached {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

fn one(conn: &Conn<'_>, hasher: &Hasher, row: (i64, i64)) -> Result<()> {
    let at = cells![row.0, row.1];
    let pairs = |text: &str| -> Result<BTreeSet<(i64, i64)>> {
        conn.query(text, &at)?.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
    };
    let mut keys = Keys {
        exact: pairs("SELECT param, hash FROM exact_key_1 WHERE tenant = ?1 AND rid = ?2")?,
        lossy: pairs("SELECT param, hash FROM lossy_key_1 WHERE tenant = ?1 AND rid = ?2")?,
        ..Keys::default()
    };
    for row in conn.query("SELECT param, lo, hi FROM range_key_1 WHERE tenant = ?1 AND rid = ?2", &at)? {
        keys.range.insert((row.int(0)?, row.int(1)?, row.int(2)?));
    }
    let present = |key: &(i64, i64)| key.0 != ID_PARAM && hasher.present(key.0) == key.1;
    keys.present = keys.exact.iter().filter(|key| present(key)).map(|key| key.0).collect();
    keys.exact.retain(|key| !present(key));
    let own = keys.exact.iter().find(|key| key.0 == ID_PARAM).map_or(0, |key| key.1);
    bring_keys(conn, row, &KeyList::default(), &keys)?;
    conn.execute(
        "UPDATE resource SET self = ?3, params = ?4, keys = ?5 WHERE tenant = ?1 AND rid = ?2",
        &cells![row.0, row.1, own, params(&keys.present), KeyList::of(&keys).to_bytes()],
    )?;
    Ok(())
}
