//! The key rows of one resource, brought to what its current version says. A new version mostly keeps its keys: only what
//! differs is written. What the row had is in its own list ([`crate::key_list`]).

use super::close::Write;
use super::plan::Planned;
use crate::engine::{Cell, Conn, Dialect, Row as Found, cells, hold};
use crate::error::Result;
use crate::index::Keys;
use crate::key_list::KeyList;
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
    version: i64,
    /// Level, categories, flags.
    label: (i64, i64, i64),
    /// Rules have raised it by themselves.
    pub(super) raised: bool,
    keys: KeyList,
    ranges: Ranges,
    also: BTreeSet<i64>,
}

impl Had {
    /// Whether it is what the new version was planned from: a label changed since, as a new version, undoes it, so that nothing
    /// is lowered unawares.
    pub(super) fn is_planned_from(&self, planned: &Planned) -> bool {
        let before = planned.before.map(|(level, categories, mask)| (level.code(), categories.bits(), mask.bits()));
        self.version == planned.version - 1 && before == Some(self.label)
    }
}

/// Range rows, by parameter.
type Ranges = BTreeMap<i64, Vec<Found>>;

/// Who waits for rows that somebody else holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// This transaction.
    Waits,
    /// Nobody: they are left out.
    Skips,
}

/// All of it, of each row that gets a new version, asked for at once; the rows are held first, until the transaction ends.
pub(super) fn had(conn: &Conn<'_>, rows: &BTreeMap<Row, &Write>, patience: Patience) -> Result<BTreeMap<Row, Had>> {
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let each: Vec<Vec<Cell>> = rows.keys().map(|row| of(*row, &[])).collect();
    let ranged: Vec<Vec<Cell>> = rows
        .iter()
        .flat_map(|(row, write)| {
            let params: BTreeSet<i64> = write.keys.range.iter().map(|(param, ..)| *param).collect();
            params.into_iter().map(|param| of(*row, &[param])).collect::<Vec<_>>()
        })
        .collect();
    let holding = match (conn.dialect(), patience) {
        (Dialect::Sqlite, _) => "",
        (Dialect::Postgres, Patience::Waits) => " FOR UPDATE OF r",
        (Dialect::Postgres, Patience::Skips) => " FOR UPDATE OF r SKIP LOCKED",
    };
    let held = conn.ask_each(&format!("{HELD}{holding}"), &each)?;
    let also = conn.ask_each(ALSO, &each)?;
    let ranges = conn.ask_each(RANGES_OF, &ranged)?;
    let mut found: BTreeMap<Row, Had> = BTreeMap::new();
    for row in conn.answers(held)? {
        let had = Had {
            version: row.int(2)?,
            label: (row.int(3)?, row.int(4)?, row.int(5)?),
            raised: row.int(7)? > 0,
            keys: row.opt_blob(6)?.map_or(Ok(KeyList::default()), KeyList::parse)?,
            ..Had::default()
        };
        found.insert((row.int(0)?, row.int(1)?), had);
    }
    for row in conn.answers(also)? {
        if let Some(had) = found.get_mut(&(row.int(0)?, row.int(1)?)) {
            had.also.insert(row.int(2)?);
        }
    }
    for params in &ranged {
        if let [Cell::Int(tenant), Cell::Int(rid), Cell::Int(param)] = params.as_slice()
            && let Some(had) = found.get_mut(&(*tenant, *rid))
        {
            had.ranges.insert(*param, Vec::new());
        }
    }
    for row in conn.answers(ranges)? {
        let had = found.get_mut(&(row.int(2)?, row.int(3)?));
        if let Some(rows) = had.and_then(|had| Some(had.ranges.entry(row.int(4).ok()?).or_default())) {
            rows.push(row);
        }
    }
    Ok(found)
}

const HELD: &str = "SELECT r.tenant, r.rid, r.version, r.level, r.categories, r.mask, r.keys,
       (SELECT COUNT(*) FROM label_raise m WHERE m.tenant = r.tenant AND m.rid = r.rid)
     FROM resource r WHERE r.tenant = ?1 AND r.rid = ?2";
pub(crate) const ALSO: &str = "SELECT a.tenant, a.rid, a.person FROM also_person a WHERE a.tenant = ?1 AND a.rid = ?2";
const RANGES_OF: &str = "SELECT k.lo, k.hi, k.tenant, k.rid, k.param FROM range_key k
     WHERE k.tenant = ?1 AND k.rid = ?2 AND k.param = ?3";
const RANGES: &str = "SELECT lo, hi FROM range_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3";

/// Brings the key rows of a row from what it had to what its new version wants, and its further persons.
pub(super) fn follow(conn: &Conn<'_>, row: Row, write: &Write, had: Had) -> Result<()> {
    bring_from(conn, row, (&had.keys, had.ranges), &write.keys)?;
    mention(conn, row, write, &had.also)
}

/// Brings the key rows of a row from what it had to what is wanted.
pub(crate) fn bring(conn: &Conn<'_>, row: Row, before: &KeyList, wanted: &Keys) -> Result<()> {
    bring_from(conn, row, (before, Ranges::new()), wanted)
}

fn bring_from(conn: &Conn<'_>, row: Row, (before, mut known): (&KeyList, Ranges), wanted: &Keys) -> Result<()> {
    for (table, had, wanted) in [(EXACT, &before.exact, &wanted.exact), (LOSSY, &before.lossy, &wanted.lossy)] {
        for stale in had.difference(wanted) {
            conn.each(table.delete, &of(row, &[stale.0, stale.1]))?;
        }
        for missing in wanted.difference(had) {
            conn.each(table.insert, &of(row, &[missing.0, missing.1]))?;
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
        conn.each(RANGE.delete, &of(row, &[*param, *lo, *hi]))?;
    }
    for (param, lo, hi) in wanted.range.difference(&had) {
        conn.each(RANGE.insert, &of(row, &[*param, *lo, *hi]))?;
    }
    Ok(())
}

/// Writes the further persons of a version.
fn mention(conn: &Conn<'_>, row: Row, write: &Write, had: &BTreeSet<i64>) -> Result<()> {
    let wanted: BTreeSet<i64> = write.planned.owner.also.iter().map(|person| person.value()).collect();
    for person in had.difference(&wanted) {
        let gone = "DELETE FROM also_person WHERE tenant = ?1 AND rid = ?2 AND person = ?3";
        conn.each(gone, &of(row, &[*person]))?;
    }
    for person in wanted.difference(had) {
        let new = "INSERT INTO also_person(tenant, rid, person) VALUES(?1, ?2, ?3)";
        conn.each(new, &of(row, &[*person]))?;
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
