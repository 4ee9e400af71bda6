//! Indexing again what an older program has written: its rows answer as they did until their turn comes.
//!
//! The store notes with which index version each legal entity is indexed whole, and how far it has come on the way to the
//! next one.

use crate::call::Call;
use crate::engine::{Conn, Db, cells};
use crate::error::{Error, Result};
use crate::index::{Keys, VERSION, own_number};
use crate::key_list::{self, KeyList};
use crate::own_params::{self, enter};
use crate::read::Reader;
use crate::store::{Store, bump};
use crate::stored::{STORED, Stored};
use crate::write;
use std::collections::BTreeSet;

/// Counter of the version by which everything of a legal entity is indexed.
pub(crate) fn version(tenant: i64) -> String {
    format!("index version {tenant}")
}

/// Counter of the last row indexed again.
fn reached(tenant: i64) -> String {
    format!("index reached {tenant}")
}

pub(crate) fn noted(conn: &Conn<'_>, name: &str) -> Result<i64> {
    let row = conn.query_opt("SELECT value FROM counter WHERE name = ?1", &cells![name])?;
    row.map_or(Ok(0), |row| row.int(0))
}

pub(crate) fn note(conn: &Conn<'_>, name: &str, value: i64) -> Result<()> {
    conn.execute(
        "INSERT INTO counter(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
        &cells![name, value],
    )
    .map(drop)
}

/// Everything of a legal entity is indexed by this program's rules.
pub(crate) fn is_whole(conn: &Conn<'_>, tenant: i64) -> Result<bool> {
    Ok(noted(conn, &version(tenant))? >= VERSION)
}

/// A legal entity begins, with nothing to index again.
pub(crate) fn begin(conn: &Conn<'_>, tenant: i64) -> Result<()> {
    note(conn, &version(tenant), VERSION)
}

impl Store {
    /// Indexes at most so many rows again; false when everything is of this program's version, and of one index key.
    pub(crate) async fn reindex(&self, call: &Call, most: u32) -> Result<bool> {
        let (inner, asked, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        let found = self
            .engine()
            .read(Db::Main, move |conn| look(&Reader { inner: &inner, conn, call: &asked, hasher }, most))
            .await?;
        let Some(rows) = found else { return self.rekey(call, most).await };
        let (inner, call, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        self.engine()
            .write(Db::Main, move |conn| renew_all(&Reader { inner: &inner, conn, call: &call, hasher }, &rows))
            .await?;
        Ok(true)
    }
}

/// Rows of a tour, with their keys.
struct Rows {
    /// The row they come after.
    from: i64,
    /// The last of them.
    last: Option<i64>,
    /// There are no more.
    over: bool,
    found: Vec<(Stored, Keys)>,
}

/// The rows after those done, and their keys as this program makes them; none when all is done.
fn look(reader: &Reader<'_>, most: u32) -> Result<Option<Rows>> {
    let tenant = reader.call.tenant;
    if is_whole(reader.conn, tenant)? {
        return Ok(None);
    }
    let from = noted(reader.conn, &reached(tenant))?;
    let mut select = reader.select();
    let (reached, limit) = (select.bind(from), select.bind(i64::from(most)));
    let text = format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.rid > {reached} AND ({}) ORDER BY r.rid LIMIT {limit}",
        select.tenant, select.permit
    );
    let read = select.run(reader.conn, &text)?;
    let last = read.last().map(|row| row.int(0)).transpose()?;
    let over = read.len() < usize::try_from(most).unwrap_or(usize::MAX);
    let mut found = Vec::with_capacity(read.len());
    for row in &read {
        let stored = Stored::parse(row)?;
        if stored.deleted {
            continue;
        }
        match stored.open(reader.inner, reader.conn, tenant, reader.call.clearance.open4()) {
            Ok(resource) => {
                let entries = fhir::search::extract(&resource);
                let keys = reader.hasher.keys(stored.kind, resource.id().unwrap_or_default(), &entries);
                found.push((stored, keys));
            }
            Err(error @ Error::Unavailable(_)) => return Err(error),
            // It keeps the keys it has: its damage is for the check to name, and keeps no other row waiting.
            Err(_) => tracing::error!(tenant, row = stored.rid, "a row does not open: it is not indexed again"),
        }
    }
    Ok(Some(Rows { from, last, over, found }))
}

fn renew_all(reader: &Reader<'_>, rows: &Rows) -> Result<()> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    // Another server may have done these meanwhile, or be about to: the place is held first.
    if bump(conn, &reached(tenant), 0)? != rows.from || is_whole(conn, tenant)? {
        return Ok(());
    }
    for (row, keys) in &rows.found {
        renew(conn, (tenant, row.rid), row.version, keys)?;
    }
    match rows.last {
        Some(last) if !rows.over => note(conn, &reached(tenant), last)?,
        _ => {
            note(conn, &version(tenant), VERSION)?;
            note(conn, &reached(tenant), 0)?;
            own_params::begin_again(conn, tenant)?;
        }
    }
    enter(reader, &rows.found)
}

/// Brings the keys of a row to what this program makes, but for parameters of one's own. It is held: a new version waits, and
/// one written since this one was read is indexed already.
fn renew(conn: &Conn<'_>, row: (i64, i64), version: i64, keys: &Keys) -> Result<()> {
    let before = write::held_keys(conn, row)?;
    let current = conn.query_opt(
        "SELECT params FROM resource WHERE tenant = ?1 AND rid = ?2 AND version = ?3",
        &cells![row.0, row.1, version],
    )?;
    let Some(current) = current else { return Ok(()) };
    let own = |param: i64| param >= own_number(0);
    let marked = key_list::marked(current.opt_blob(0)?.unwrap_or_default())?;
    let kept = |keys: &BTreeSet<(i64, i64)>| keys.iter().copied().filter(|(param, _)| own(*param)).collect::<Vec<_>>();
    let mut wanted = keys.clone();
    wanted.present.extend(marked.into_iter().filter(|param| own(*param)));
    wanted.exact.extend(kept(&before.exact));
    wanted.lossy.extend(kept(&before.lossy));
    let (own_ranges, ranges) = before.ranges.into_iter().partition(|param| own(*param));
    write::bring_keys(conn, row, &KeyList { ranges, ..before }, &wanted)?;
    let mut all = KeyList::of(&wanted);
    all.ranges.extend::<BTreeSet<i64>>(own_ranges);
    conn.execute(
        "UPDATE resource SET params = ?3, keys = ?4 WHERE tenant = ?1 AND rid = ?2",
        &cells![row.0, row.1, key_list::params(&wanted.present), all.to_bytes()],
    )?;
    Ok(())
}
