//! The key rows of one resource, brought to what its current version says. A new version mostly keeps its keys: only what
//! differs is written. What the row had is in its own list ([`crate::key_list`]).

use super::close::Write;
use crate::engine::{Conn, cells, hold};
use crate::error::Result;
use crate::index::Keys;
use crate::key_list::KeyList;
use crate::read::Reader;
use std::collections::BTreeSet;

/// A row: tenant, number.
pub(crate) type Row = (i64, i64);

/// The keys that a row has; the row is held until the transaction ends, so that nobody changes them meanwhile.
pub(crate) fn held(conn: &Conn<'_>, (tenant, rid): Row) -> Result<KeyList> {
    let text = format!("SELECT keys FROM resource WHERE tenant = ?1 AND rid = ?2{}", hold(conn.dialect()));
    match conn.query_opt(&text, &cells![tenant, rid])? {
        Some(row) => row.opt_blob(0)?.map_or_else(|| Ok(KeyList::default()), KeyList::parse),
        None => Ok(KeyList::default()),
    }
}

/// Brings the key rows of a row from what it had to what is wanted.
pub(crate) fn bring(conn: &Conn<'_>, row: Row, before: &KeyList, wanted: &Keys) -> Result<()> {
    for (table, had, wanted) in [(EXACT, &before.exact, &wanted.exact), (LOSSY, &before.lossy, &wanted.lossy)] {
        for stale in had.difference(wanted) {
            execute(conn, table.delete, row, &[stale.0, stale.1])?;
        }
        for missing in wanted.difference(had) {
            execute(conn, table.insert, row, &[missing.0, missing.1])?;
        }
    }
    let mut had = BTreeSet::new();
    for param in &before.ranges {
        let rows = conn.query(
            "SELECT lo, hi FROM range_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3",
            &cells![row.0, row.1, *param],
        )?;
        for found in rows {
            had.insert((*param, found.int(0)?, found.int(1)?));
        }
    }
    for (param, lo, hi) in had.difference(&wanted.range) {
        execute(conn, RANGE.delete, row, &[*param, *lo, *hi])?;
    }
    for (param, lo, hi) in wanted.range.difference(&had) {
        execute(conn, RANGE.insert, row, &[*param, *lo, *hi])?;
    }
    Ok(())
}

/// Writes the further persons of a version. `new`: the row has none yet.
pub(super) fn mention(reader: &Reader<'_>, write: &Write, new: bool) -> Result<()> {
    let row = (reader.call.tenant, write.rid);
    let wanted: BTreeSet<i64> = write.planned.owner.also.iter().map(|person| person.value()).collect();
    let mut had = BTreeSet::new();
    if !new {
        let rows = reader
            .conn
            .query("SELECT person FROM also_person WHERE tenant = ?1 AND rid = ?2", &cells![row.0, row.1])?;
        for found in rows {
            had.insert(found.int(0)?);
        }
    }
    for person in had.difference(&wanted) {
        let gone = "DELETE FROM also_person WHERE tenant = ?1 AND rid = ?2 AND person = ?3";
        execute(reader.conn, gone, row, &[*person])?;
    }
    for person in wanted.difference(&had) {
        let new = "INSERT INTO also_person(tenant, rid, person) VALUES(?1, ?2, ?3)";
        execute(reader.conn, new, row, &[*person])?;
    }
    Ok(())
}

/// The statements of one table, with tenant (`?1`), row number (`?2`), then its own columns.
#[derive(Clone, Copy)]
struct Table {
    delete: &'static str,
    insert: &'static str,
}

const EXACT: Table = Table {
    delete: "DELETE FROM exact_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3 AND hash = ?4",
    insert: "INSERT INTO exact_key(tenant, rid, param, hash) VALUES(?1, ?2, ?3, ?4)",
};
const LOSSY: Table = Table {
    delete: "DELETE FROM lossy_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3 AND hash = ?4",
    insert: "INSERT INTO lossy_key(tenant, rid, param, hash) VALUES(?1, ?2, ?3, ?4)",
};
const RANGE: Table = Table {
    delete: "DELETE FROM range_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3 AND lo = ?4 AND hi = ?5",
    insert: "INSERT INTO range_key(tenant, rid, param, lo, hi) VALUES(?1, ?2, ?3, ?4, ?5)",
};

fn execute(conn: &Conn<'_>, sql: &str, (tenant, rid): Row, columns: &[i64]) -> Result<()> {
    let mut params = cells![tenant, rid].to_vec();
    params.extend(columns.iter().map(|column| (*column).into()));
    conn.execute(sql, &params).map(drop)
}
