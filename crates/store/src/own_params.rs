//! Search parameters of one's own: what SearchParameter resources define, and indexing what was there before them.
//!
//! A definition takes a new number, so that no row of another one is ever taken for its own. What is written from then on
//! is indexed by it at once: a write planned before is planned again (the *epoch*). What was there is gone through by a job
//! whose place is in the row; until it has ended the parameter is not answered.

use crate::call::Call;
use crate::engine::{Conn, Db, Dialect, cells, tell};
use crate::error::{Conflict, Error, Result};
use crate::index::Keys;
use crate::key_list::{self, KeyList};
use crate::labels;
use crate::read::Reader;
use crate::store::{Store, bump};
use crate::stored::{STORED, Stored};
use crate::write::{self, Planned};
use crate::{reindex, rekey};
use confidentiality::{Level, Purpose};
use fhir::ResourceType;
use fhir::search::{Own, Param};
use std::collections::{BTreeMap, BTreeSet};

/// Moves with every change of the definitions.
const EPOCH: &str = "own epoch";
/// The advisory lock that writes share, and that whoever changes what they go by holds alone.
pub(crate) const WRITES_LOCK: i64 = 734_513;
/// Gives the numbers.
const NUMBER: &str = "own param";
/// Definitions of one legal entity.
const MOST: usize = 200;
/// How long a definition that is no more keeps its rows (microseconds): every server has read the definitions anew by then.
pub(crate) const FORGOTTEN: i64 = 10_000_000;
/// Rows swept in one go.
const SWEPT: i64 = 500;

/// The definitions as loaded, and their epoch.
pub(crate) type Loaded = (Own, i64);

/// What is to be indexed next.
struct Task {
    number: i64,
    kind: i64,
    reached: i64,
    param: &'static Param,
}

impl Store {
    /// The search parameters this legal entity has added.
    pub fn own_params(&self, tenant: i64) -> Own {
        self.0.own(tenant).0
    }

    /// Reads the definitions anew, and how the index key stands.
    pub(crate) async fn load_own(&self, tenant: i64) -> Result<()> {
        let (loaded, state, whole) = self
            .engine()
            .read(Db::Main, move |conn| {
                let epoch = epoch(conn)?;
                let rows = conn.query(
                    "SELECT number, line, ready FROM own_param WHERE tenant = ?1 AND dead = 0 ORDER BY number",
                    &cells![tenant],
                )?;
                let mut params = Vec::with_capacity(rows.len());
                for row in &rows {
                    params.push((compiled(row.int(0)?, row.text(1)?)?, row.int(2)? != 0));
                }
                Ok(((Own::new(params), epoch), rekey::state(conn, tenant)?, reindex::is_whole(conn, tenant)?))
            })
            .await?;
        let hasher = self.hasher_of(tenant, state, whole).await?;
        // Keys that change are told in the same way.
        self.keyring().load_content(self.engine(), tenant).await?;
        self.0.set_own(tenant, loaded, hasher);
        Ok(())
    }

    /// Reads the definitions anew where another server on the same database has changed them.
    pub(crate) async fn follow_own(&self, tenant: i64) -> Result<()> {
        let current = self.engine().glance(Db::Main, epoch).await?;
        if current == self.0.own(tenant).1 { Ok(()) } else { self.load_own(tenant).await }
    }

    /// Indexes at most so many rows by a parameter that is not answered yet, or takes away some rows of one that is no
    /// longer, or indexes again what an older program has written; false when there is nothing more to do.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything for the purpose `reindex`.
    pub async fn index_own(&self, call: &Call, most: u32) -> Result<bool> {
        if !(call.clearance.sees_all() && call.clearance.purpose() == Purpose::Reindex) {
            return Err(Error::bug("everything is indexed under the purpose reindex, at every level"));
        }
        let (tenant, now) = (call.tenant, call.now);
        self.follow_own(tenant).await?;
        if self.engine().write(Db::Main, move |conn| sweep(conn, tenant, now)).await? {
            return Ok(true);
        }
        let Some(task) = self.engine().read(Db::Main, move |conn| next(conn, tenant)).await? else {
            return self.reindex(call, most).await;
        };
        let (inner, asked, hasher) = (self.0.clone(), call.clone(), self.hasher(tenant)?);
        let (number, kind, reached, param) = (task.number, task.kind, task.reached, task.param);
        let found = self
            .engine()
            .read(Db::Main, move |conn| {
                let reader = Reader { inner: &inner, conn, call: &asked, hasher };
                look(&reader, &Task { number, kind, reached, param }, most)
            })
            .await?;
        let (inner, call, hasher) = (self.0.clone(), call.clone(), self.hasher(tenant)?);
        self.engine()
            .write(Db::Main, move |conn| {
                index(&Reader { inner: &inner, conn, call: &call, hasher }, &task, &found, most)
            })
            .await?;
        self.load_own(tenant).await?;
        Ok(true)
    }
}

fn compiled(number: i64, line: &str) -> Result<&'static Param> {
    let number = u32::try_from(number).map_err(|_| Error::bug("too many search parameters"))?;
    fhir::search::load(number, line).ok_or_else(|| Error::Integrity("a search parameter does not compile".into()))
}

pub(crate) fn epoch(conn: &Conn<'_>) -> Result<i64> {
    let row = conn.query_opt("SELECT value FROM counter WHERE name = ?1", &cells![EPOCH])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Every write planned before is planned again, and every server reads anew what it keeps in memory. Writes under what was
/// before are all committed, or will see that it has changed.
pub(crate) fn move_epoch(conn: &Conn<'_>) -> Result<()> {
    alone(conn)?;
    bump(conn, EPOCH, 1)?;
    tell(conn)
}

/// No write of resources goes on beside this transaction from here on: what others had begun is committed, and what they begin
/// waits until this one is over. First of all it does, since they may hold what it wants. SQLite has one writer.
pub(crate) fn alone(conn: &Conn<'_>) -> Result<()> {
    match conn.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => conn.send("SELECT pg_advisory_xact_lock(?1)", &cells![WRITES_LOCK]),
    }
}

/// This transaction goes on beside other writes, but beside none that is [`alone`].
pub(crate) fn beside_others(conn: &Conn<'_>) -> Result<()> {
    match conn.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => conn.send("SELECT pg_advisory_xact_lock_shared(?1)", &cells![WRITES_LOCK]),
    }
}

/// Writes planned under other definitions are planned again.
pub(crate) fn check_epoch(conn: &Conn<'_>, planned: &BTreeSet<i64>) -> Result<()> {
    for epoch in planned {
        let moved = "SELECT 1 FROM counter WHERE name = ?1 AND value <> ?2";
        conn.expect(moved, &cells![EPOCH, *epoch], 0, Error::Conflict(Conflict::Overtaken))?;
    }
    Ok(())
}

/// Follows a SearchParameter being written.
pub(crate) fn follow(reader: &Reader<'_>, rid: i64, planned: &Planned) -> Result<()> {
    if planned.kind != ResourceType::SEARCH_PARAMETER {
        return Ok(());
    }
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    // What came by an import may be beyond us: it is kept, and not searched by.
    let defined =
        if planned.deleted() { Vec::new() } else { fhir::search::define(&planned.resource).unwrap_or_default() };
    let rows = conn.query("SELECT rid, line FROM own_param WHERE tenant = ?1 AND dead = 0", &cells![tenant])?;
    let (mut before, mut others) = (Vec::new(), Vec::new());
    for row in &rows {
        let side = if row.int(0)? == rid { &mut before } else { &mut others };
        side.push(row.text(1)?.to_owned());
    }
    if before == defined {
        return Ok(());
    }
    if !reader.call.clearance.sees_all() {
        return Err(Error::Invalid(fhir::Invalid::one(
            "forbidden",
            Some("SearchParameter.status".to_owned()),
            "Seul un logiciel qui a tous les droits ajoute, change ou retire un paramètre de recherche.",
            "Only a client with every right adds, changes or removes an active search parameter.",
        )));
    }
    conn.execute(
        "UPDATE own_param SET dead = ?3 WHERE tenant = ?1 AND rid = ?2 AND dead = 0",
        &cells![tenant, rid, reader.call.now.max(1)],
    )?;
    let name = |line: &str| line.split('\t').take(2).map(str::to_owned).collect::<Vec<_>>();
    for line in &defined {
        let kind = line.split('\t').next().and_then(ResourceType::parse);
        let taken = others.iter().any(|other| name(other) == name(line)) || others.len() >= MOST;
        if taken && planned.import.is_some() {
            continue;
        }
        let Some(kind) = kind.filter(|_| !taken) else {
            return Err(Error::Invalid(fhir::Invalid::one(
                "business-rule",
                Some("SearchParameter.code".to_owned()),
                "Un autre paramètre a déjà ce nom pour ce type, ou il y en a trop.",
                "Another parameter has this code for this type, or there are too many.",
            )));
        };
        let number = bump(conn, NUMBER, 1)?;
        conn.execute(
            "INSERT INTO own_param(tenant, number, rid, type, ready, reached, dead, line) VALUES(?1, ?2, ?3, ?4, 0, 0, 0, ?5)",
            &cells![tenant, number, rid, kind.code(), line.clone()],
        )?;
    }
    move_epoch(conn)
}

fn next(conn: &Conn<'_>, tenant: i64) -> Result<Option<Task>> {
    let row = conn.query_opt(
        "SELECT number, type, reached, line FROM own_param WHERE tenant = ?1 AND dead = 0 AND ready = 0 ORDER BY number LIMIT 1",
        &cells![tenant],
    )?;
    let task = |row: crate::engine::Row| {
        let number = row.int(0)?;
        Ok(Task { number, kind: row.int(1)?, reached: row.int(2)?, param: compiled(number, row.text(3)?)? })
    };
    row.map(task).transpose()
}

/// Reads rows and what the parameter finds in them, outside any write.
fn look(reader: &Reader<'_>, task: &Task, most: u32) -> Result<Vec<(Stored, Keys)>> {
    let mut select = reader.select();
    let (kind, reached, limit) = (select.bind(task.kind), select.bind(task.reached), select.bind(i64::from(most)));
    let text = format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.rid > {reached} AND r.type = {kind} AND ({}) \
         ORDER BY r.rid LIMIT {limit}",
        select.tenant, select.permit
    );
    let mut found = Vec::new();
    for row in select.run(reader.conn, &text)? {
        let stored = Stored::parse(&row)?;
        let entries = if stored.deleted {
            Vec::new()
        } else {
            let resource = stored.open(reader.inner, reader.conn, reader.call.tenant, reader.call.clearance.open4())?;
            fhir::search::extract_by(&resource, &[task.param])
        };
        let mut keys = reader.hasher.keys(stored.kind, "", &entries);
        // Not the identity: it is there.
        keys.exact.retain(|(param, _)| *param == crate::index::param_number(task.param));
        found.push((stored, keys));
    }
    Ok(found)
}

fn index(reader: &Reader<'_>, task: &Task, found: &[(Stored, Keys)], most: u32) -> Result<()> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    for (row, keys) in found {
        add(conn, (tenant, row.rid), row.version, keys)?;
    }
    let last = found.last().map_or(task.reached, |(row, _)| row.rid);
    let ended = found.len() < usize::try_from(most).unwrap_or(usize::MAX);
    conn.execute(
        // Another server may be further.
        "UPDATE own_param SET reached = ?3, ready = ?4 WHERE tenant = ?1 AND number = ?2 AND reached = ?5 AND ready = 0",
        &cells![tenant, task.number, last, i64::from(ended), task.reached],
    )?;
    if ended {
        move_epoch(conn)?;
    }
    enter(reader, found)
}

/// Enters in the audit that these rows were opened.
pub(crate) fn enter(reader: &Reader<'_>, found: &[(Stored, Keys)]) -> Result<()> {
    let level4 = found.iter().filter(|(row, _)| row.level == Level::VerySensitive).count();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let counts =
        [("items", count(found.len())), ("level4", count(level4))].map(|(word, count)| (word.to_owned(), count));
    labels::enter(reader, reader.call.envelope(BTreeMap::from(counts)), BTreeMap::new())
}

/// Everything is to be indexed anew by them.
pub(crate) fn begin_again(conn: &Conn<'_>, tenant: i64) -> Result<()> {
    conn.execute("UPDATE own_param SET ready = 0, reached = 0 WHERE tenant = ?1 AND dead = 0", &cells![tenant])?;
    move_epoch(conn)
}

/// Adds keys to a row. It is held: a new version waits for these keys, and takes away those that are not its own. One
/// written since this one was read is indexed already.
fn add(conn: &Conn<'_>, (tenant, rid): (i64, i64), version: i64, keys: &Keys) -> Result<()> {
    let before = write::held_keys(conn, (tenant, rid))?;
    let current = conn.query_opt(
        "SELECT params FROM resource WHERE tenant = ?1 AND rid = ?2 AND version = ?3",
        &cells![tenant, rid, version],
    )?;
    let Some(current) = current else { return Ok(()) };
    let mut present = key_list::marked(current.opt_blob(0)?.unwrap_or_default())?;
    present.extend(&keys.present);
    let mut all = KeyList::of(keys);
    let fresh = |had: &BTreeSet<(i64, i64)>, new: &BTreeSet<(i64, i64)>| new.difference(had).copied().collect();
    let missing = Keys {
        exact: fresh(&before.exact, &keys.exact),
        lossy: fresh(&before.lossy, &keys.lossy),
        range: keys.range.clone(),
        ..Keys::default()
    };
    let ranges = before.ranges.intersection(&all.ranges).copied().collect();
    write::bring_keys(conn, (tenant, rid), &KeyList { ranges, ..KeyList::default() }, &missing)?;
    all.exact.extend(before.exact);
    all.lossy.extend(before.lossy);
    all.marks.extend(before.marks);
    all.ranges.extend(before.ranges);
    conn.execute(
        "UPDATE resource SET params = ?3, keys = ?4 WHERE tenant = ?1 AND rid = ?2",
        &cells![tenant, rid, key_list::params(&present), all.to_bytes()],
    )?;
    Ok(())
}

/// Takes away rows of a parameter that is no more, once no server can answer by it; whether there was one.
fn sweep(conn: &Conn<'_>, tenant: i64, now: i64) -> Result<bool> {
    let dead = conn.query_opt(
        "SELECT number FROM own_param WHERE tenant = ?1 AND dead BETWEEN 1 AND ?2 ORDER BY number LIMIT 1",
        &cells![tenant, now - FORGOTTEN],
    )?;
    let Some(dead) = dead else { return Ok(false) };
    let number = dead.int(0)?;
    // The number of a parameter is that of its key rows.
    let rows = crate::index::own_number(number);
    let mut swept = 0;
    for sql in [
        "DELETE FROM exact_key WHERE tenant = ?1 AND param = ?2 AND (hash, rid) IN (SELECT k.hash, k.rid FROM exact_key k
           WHERE k.tenant = ?1 AND k.param = ?2 LIMIT ?3)",
        "DELETE FROM lossy_key WHERE tenant = ?1 AND param = ?2 AND (hash, rid) IN (SELECT k.hash, k.rid FROM lossy_key k
           WHERE k.tenant = ?1 AND k.param = ?2 LIMIT ?3)",
        "DELETE FROM range_key WHERE tenant = ?1 AND param = ?2 AND rid IN (SELECT k.rid FROM range_key k
           WHERE k.tenant = ?1 AND k.param = ?2 LIMIT ?3)",
    ] {
        swept += conn.execute(sql, &cells![tenant, rows, SWEPT])?;
    }
    if swept == 0 {
        conn.execute("DELETE FROM own_param WHERE tenant = ?1 AND number = ?2", &cells![tenant, number])?;
    }
    Ok(true)
}
