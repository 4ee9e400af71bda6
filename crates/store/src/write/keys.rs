//! The key rows of one resource, brought to what its current version says. A new version mostly keeps its keys: only what
//! differs is written. What the row had is in its own list ([`crate::key_list`]).

use super::close::Write;
use super::plan::Planned;
use crate::engine::{Cell, Conn, Dialect, Row as Found, cells, hold};
use crate::error::{Conflict, Result};
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
#[derive(Debug, Clone, Default)]
pub(crate) struct Had {
    version: i64,
    /// Level, categories, flags.
    label: (i64, i64, i64),
    /// How often rules have raised it by themselves.
    pub(super) raises: i64,
    /// The list of its keys, as it is kept and as it reads.
    list: Vec<u8>,
    keys: KeyList,
    pub(super) also: BTreeSet<i64>,
}

impl Had {
    /// One with this list of keys.
    pub(super) fn listed(list: &[u8]) -> Result<Self> {
        Ok(Self { keys: KeyList::parse(list)?, list: list.to_vec(), ..Self::default() })
    }

    /// Whether it is what the new version was planned from: a label changed since, as a new version, undoes it, so that nothing
    /// is lowered unawares.
    pub(super) fn is_planned_from(&self, planned: &Planned) -> bool {
        self.version == planned.version - 1 && label(planned) == Some(self.label)
    }
}

fn label(planned: &Planned) -> Option<(i64, i64, i64)> {
    planned.before.map(|(level, categories, mask)| (level.code(), categories.bits(), mask.bits()))
}

/// Who waits for rows that somebody else holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// This transaction.
    Waits,
    /// Nobody: they are left out.
    Skips,
}

/// Has it found, before anything is made durable, that rows are what their new versions were planned from and have what was read
/// with them, and holds them: nothing is waited for. False, and nothing is asked, when that was not read of all of them.
pub(super) fn expect(conn: &Conn<'_>, rows: &BTreeMap<Row, &Write>, patience: Patience) -> Result<bool> {
    let known: Option<Vec<_>> =
        rows.values().map(|write| Some((write.planned.had.as_ref()?, label(&write.planned)?))).collect();
    let Some(known) = known else { return Ok(false) };
    let text = format!("{UNCHANGED}{}", holding_rows(conn, patience));
    for ((row, write), (had, (level, categories, mask))) in rows.iter().zip(known) {
        let mut params = of(*row, &[write.planned.version - 1, level, categories, mask, had.raises]);
        params.push(Cell::Blob(had.list.clone()));
        conn.expect_each(&text, &params, 1, Conflict::Overtaken)?;
    }
    Ok(true)
}

fn holding_rows(conn: &Conn<'_>, patience: Patience) -> &'static str {
    match (conn.dialect(), patience) {
        (Dialect::Sqlite, _) => "",
        (Dialect::Postgres, Patience::Waits) => " FOR UPDATE OF r",
        (Dialect::Postgres, Patience::Skips) => " FOR UPDATE OF r SKIP LOCKED",
    }
}

/// All of it, of each row that gets a new version, asked for at once; the rows are held first, until the transaction ends.
pub(super) fn had(conn: &Conn<'_>, rows: &BTreeMap<Row, &Write>, patience: Patience) -> Result<BTreeMap<Row, Had>> {
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let each: Vec<Vec<Cell>> = rows.keys().map(|row| of(*row, &[])).collect();
    let holding = holding_rows(conn, patience);
    let held = conn.ask_each(&format!("{HELD}{holding}"), &each)?;
    let also = conn.ask_each(ALSO, &each)?;
    let mut found: BTreeMap<Row, Had> = BTreeMap::new();
    for row in conn.answers(held)? {
        let had = Had {
            version: row.int(2)?,
            label: (row.int(3)?, row.int(4)?, row.int(5)?),
            raises: row.int(7)?,
            ..row.opt_blob(6)?.map_or(Ok(Had::default()), Had::listed)?
        };
        found.insert((row.int(0)?, row.int(1)?), had);
    }
    for row in conn.answers(also)? {
        if let Some(had) = found.get_mut(&(row.int(0)?, row.int(1)?)) {
            had.also.insert(row.int(2)?);
        }
    }
    Ok(found)
}

const HELD: &str = "SELECT r.tenant, r.rid, r.version, r.level, r.categories, r.mask, r.keys,
       (SELECT COUNT(*) FROM label_raise m WHERE m.tenant = r.tenant AND m.rid = r.rid)
     FROM resource r WHERE r.tenant = ?1 AND r.rid = ?2";
const UNCHANGED: &str =
    "SELECT 1 FROM resource r WHERE r.tenant = ?1 AND r.rid = ?2 AND r.version = ?3 AND r.level = ?4
       AND r.categories = ?5 AND r.mask = ?6
       AND (SELECT COUNT(*) FROM label_raise m WHERE m.tenant = r.tenant AND m.rid = r.rid) = ?7 AND r.keys = ?8";
pub(crate) const ALSO: &str = "SELECT a.tenant, a.rid, a.person FROM also_person a WHERE a.tenant = ?1 AND a.rid = ?2";
const RANGES: &str = "SELECT lo, hi FROM range_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3";

/// Brings the key rows of a row from what it had to what its new version wants, and its further persons.
pub(super) fn follow(conn: &Conn<'_>, row: Row, write: &Write, had: &Had) -> Result<()> {
    bring(conn, row, &had.keys, &write.keys)?;
    mention(conn, row, write, &had.also)
}

/// Brings the key rows of a row from what it had to what is wanted.
pub(crate) fn bring(conn: &Conn<'_>, row: Row, before: &KeyList, wanted: &Keys) -> Result<()> {
    for (table, had, wanted) in [(EXACT, &before.exact, &wanted.exact), (LOSSY, &before.lossy, &wanted.lossy)] {
        for stale in had.difference(wanted) {
            conn.each(table.delete, &of(row, &[stale.0, stale.1]))?;
        }
        for missing in wanted.difference(had) {
            conn.each(table.insert, &of(row, &[missing.0, missing.1]))?;
        }
    }
    for param in &before.ranges {
        bring_ranges(conn, row, *param, &wanted.range)?;
    }
    for (param, lo, hi) in wanted.range.iter().filter(|(param, ..)| !before.ranges.contains(param)) {
        conn.each(RANGE.insert, &of(row, &[*param, *lo, *hi]))?;
    }
    Ok(())
}

/// The same for a parameter of ranges that had some. Where one is wanted, or none, what is there is not read.
fn bring_ranges(conn: &Conn<'_>, row: Row, param: i64, wanted: &BTreeSet<(i64, i64, i64)>) -> Result<()> {
    let wanted: BTreeSet<(i64, i64)> = wanted
        .range((param, i64::MIN, i64::MIN)..)
        .take_while(|one| one.0 == param)
        .map(|(_, lo, hi)| (*lo, *hi))
        .collect();
    let mut all = wanted.iter();
    match (all.next(), all.next()) {
        (None, _) => return conn.each(NO_RANGE, &of(row, &[param])),
        (Some((lo, hi)), None) => {
            conn.each(OTHER_RANGES, &of(row, &[param, *lo, *hi]))?;
            return conn.each(RANGE_ONCE, &of(row, &[param, *lo, *hi]));
        }
        (Some(_), Some(_)) => {}
    }
    let rows = conn.query(RANGES, &of(row, &[param]))?;
    let had = rows.iter().map(|found| Ok((found.int(0)?, found.int(1)?))).collect::<Result<BTreeSet<_>>>()?;
    for (lo, hi) in had.difference(&wanted) {
        conn.each(RANGE.delete, &of(row, &[param, *lo, *hi]))?;
    }
    for (lo, hi) in wanted.difference(&had) {
        conn.each(RANGE.insert, &of(row, &[param, *lo, *hi]))?;
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

const NO_RANGE: &str = "DELETE FROM range_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3";
const OTHER_RANGES: &str =
    "DELETE FROM range_key WHERE tenant = ?1 AND rid = ?2 AND param = ?3 AND (lo <> ?4 OR hi <> ?5)";
const RANGE_ONCE: &str =
    "INSERT INTO range_key(tenant, rid, param, lo, hi) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

fn of((tenant, rid): Row, columns: &[i64]) -> Vec<Cell> {
    [tenant, rid].iter().chain(columns).map(|number| Cell::Int(*number)).collect()
}
