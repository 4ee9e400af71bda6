//! The key rows of one resource, brought to what its current version says. A new version mostly keeps its keys: only what
//! differs is written. What the row had is in its own list ([`crate::key_list`]).

use super::close::Write;
use crate::engine::{Cell, Conn, Row as Found, cells, hold};
use crate::error::Result;
use crate::index::Keys;
use crate::key_list::KeyList;
use crate::read::Reader;
use std::collections::{BTreeMap, BTreeSet};

/// A row: tenant, number.
pub(crate) type Row = (i64, i64);

/// The keys that a row has; the row is held until the transaction ends, so that nobody changes them meanwhile.
pub(crate) fn held(conn: &Conn<'_>, (tenant, rid): Row) -> Result<KeyList> {
    listed(conn.query(&holding(conn), &cells![tenant, rid])?.first())
}

fn holding(conn: &Conn<'_>) -> String {
    format!("SELECT keys FROM resource WHERE tenant = ?1 AND rid = ?2{}", hold(conn.dialect()))
}

fn listed(row: Option<&Found>) -> Result<KeyList> {
    match row.map(|row| row.opt_blob(0)).transpose()?.flatten() {
        Some(list) => KeyList::parse(list),
        None => Ok(KeyList::default()),
    }
}

/// What a row has before its new version.
#[derive(Default)]
pub(super) struct Had {
    keys: KeyList,
    ranges: Ranges,
    also: BTreeSet<i64>,
}

/// Range rows, by parameter.
type Ranges = BTreeMap<i64, Vec<Found>>;

/// All of it, asked for at once; the row is held first.
pub(super) fn had(reader: &Reader<'_>, write: &Write) -> Result<Had> {
    let (conn, tenant, rid) = (reader.conn, reader.call.tenant, write.rid);
    let held = conn.ask(&holding(conn), &cells![tenant, rid])?;
    let also = conn.ask("SELECT person FROM also_person WHERE tenant = ?1 AND rid = ?2", &cells![tenant, rid])?;
    let params: BTreeSet<i64> = write.keys.range.iter().map(|(param, ..)| *param).collect();
    let ask = |param| Ok((param, conn.ask(RANGES, &cells![tenant, rid, param])?));
    let asked = params.into_iter().map(ask).collect::<Result<Vec<_>>>()?;
    let keys = listed(conn.answer(held)?.first())?;
    let also = conn.answer(also)?.iter().map(|row| row.int(0)).collect::<Result<_>>()?;
    let ranges = asked.into_iter().map(|(param, asked)| Ok((param, conn.answer(asked)?)));
    Ok(Had { keys, also, ranges: ranges.collect::<Result<_>>()? })
}

const RANGES: &str = "SELECT lo, hi FROM range_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3";

/// Brings the key rows of a row from what it had to what its new version wants, and its further persons.
pub(super) fn follow(reader: &Reader<'_>, write: &Write, had: Had) -> Result<()> {
    let row = (reader.call.tenant, write.rid);
    bring_from(reader.conn, row, (&had.keys, had.ranges), &write.keys)?;
    mention(reader.conn, row, write, &had.also)
}

/// Brings the key rows of a row from what it had to what is wanted.
pub(crate) fn bring(conn: &Conn<'_>, row: Row, before: &KeyList, wanted: &Keys) -> Result<()> {
    bring_from(conn, row, (before, Ranges::new()), wanted)
}

fn bring_from(conn: &Conn<'_>, row: Row, (before, mut known): (&KeyList, Ranges), wanted: &Keys) -> Result<()> {
    for (table, had, wanted) in [(EXACT, &before.exact, &wanted.exact), (LOSSY, &before.lossy, &wanted.lossy)] {
        for stale in had.difference(wanted) {
            conn.send(table.delete, &of(row, &[stale.0, stale.1]))?;
        }
        for missing in wanted.difference(had) {
            conn.insert(table.insert, &of(row, &[missing.0, missing.1]))?;
        }
    }
    let mut had = BTreeSet::new();
    for param in &before.ranges {
        let rows = match known.remove(param) {
            Some(rows) => rows,
            None => conn.query(RANGES, &cells![row.0, row.1, *param])?,
        };
        for found in rows {
            had.insert((*param, found.int(0)?, found.int(1)?));
        }
    }
    for (param, lo, hi) in had.difference(&wanted.range) {
        conn.send(RANGE.delete, &of(row, &[*param, *lo, *hi]))?;
    }
    for (param, lo, hi) in wanted.range.difference(&had) {
        conn.insert(RANGE.insert, &of(row, &[*param, *lo, *hi]))?;
    }
    Ok(())
}

/// Writes the further persons of a version.
fn mention(conn: &Conn<'_>, row: Row, write: &Write, had: &BTreeSet<i64>) -> Result<()> {
    let wanted: BTreeSet<i64> = write.planned.owner.also.iter().map(|person| person.value()).collect();
    for person in had.difference(&wanted) {
        let gone = "DELETE FROM also_person WHERE tenant = ?1 AND rid = ?2 AND person = ?3";
        conn.send(gone, &of(row, &[*person]))?;
    }
    for person in wanted.difference(had) {
        let new = "INSERT INTO also_person(tenant, rid, person) VALUES(?1, ?2, ?3)";
        conn.insert(new, &of(row, &[*person]))?;
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

fn of((tenant, rid): Row, columns: &[i64]) -> Vec<Cell> {
    [tenant, rid].iter().chain(columns).map(|number| Cell::Int(*number)).collect()
}
