//! Another index key, while everybody searches.
//!
//! 1. *Building*: rows are found by the former key, and get their keys under the new one as well; so does what is written.
//! 2. *Turning*: rows are found by the new key, and have both; their own identity, which joins look for, is turned row by row: what
//!    refers to it has both too.
//! 3. *Cleaning*: keys under the former one go, and it with them.
//!
//! Each step is a tour of all rows whose place is a counter. Writes planned before a step are planned again, as when search
//! parameters change; and a tour begins only once every server has heard of its step. Logins, names of units, keys of imports and persons
//! known by an address only keep the first key: what they were made of is no longer there.

use crate::audit;
use crate::call::Call;
use crate::engine::{Conn, Db, cells};
use crate::error::{Conflict, Error, Result};
use crate::index::{Hasher, Keys};
use crate::key_list::{self, KeyList};
use crate::keys::{FIRST_EPOCH, Use, owe_scrub};
use crate::own_params;
use crate::read::Reader;
use crate::reindex::{self, note, noted};
use crate::store::Store;
use crate::stored::{STORED, Stored};
use crate::write;
use confidentiality::Purpose;
use std::collections::BTreeMap;

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Steady,
    Building,
    Turning,
    Cleaning,
}

/// The epoch that rows are found by, or were before the change, and how far the change to the next one has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    epoch: i64,
    phase: Phase,
}

impl State {
    fn of(value: i64) -> Self {
        let phase = match value % 4 {
            1 => Phase::Building,
            2 => Phase::Turning,
            3 => Phase::Cleaning,
            _ => Phase::Steady,
        };
        Self { epoch: (value / 4).max(FIRST_EPOCH), phase }
    }

    fn value(self) -> i64 {
        self.epoch * 4 + self.phase as i64
    }

    fn next(self) -> Self {
        let (epoch, phase) = match self.phase {
            Phase::Steady => (self.epoch, Phase::Building),
            Phase::Building => (self.epoch, Phase::Turning),
            Phase::Turning => (self.epoch, Phase::Cleaning),
            Phase::Cleaning => (self.epoch + 1, Phase::Steady),
        };
        Self { epoch, phase }
    }

    /// The epoch that rows are found by, and the other one they have keys of.
    fn epochs(self) -> (i64, Option<i64>) {
        match self.phase {
            Phase::Steady => (self.epoch, None),
            Phase::Building => (self.epoch, Some(self.epoch + 1)),
            Phase::Turning => (self.epoch + 1, Some(self.epoch)),
            Phase::Cleaning => (self.epoch + 1, None),
        }
    }
}

fn name(tenant: i64) -> String {
    format!("index key {tenant}")
}

fn reached(tenant: i64) -> String {
    format!("index key reached {tenant}")
}

/// Counter of when the present step was entered.
fn entered(tenant: i64) -> String {
    format!("index key entered {tenant}")
}

/// How a tenant's index key stands.
pub(crate) fn state(conn: &Conn<'_>, tenant: i64) -> Result<State> {
    Ok(State::of(noted(conn, &name(tenant))?))
}

/// Every server hears of it by the epoch of search parameters.
fn enter(conn: &Conn<'_>, tenant: i64, state: State, now: i64) -> Result<()> {
    note(conn, &name(tenant), state.value())?;
    note(conn, &reached(tenant), 0)?;
    note(conn, &entered(tenant), now)?;
    own_params::move_epoch(conn)
}

/// A row, its keys, and its own identity.
type Found = (Stored, Keys, i64);

/// Rows of a tour.
struct Rows {
    state: State,
    /// The row they come after.
    from: i64,
    /// The last of them.
    last: Option<i64>,
    /// There are no more.
    over: bool,
    found: Vec<Found>,
}

impl Store {
    /// What hashes by the tenant's index keys as they stand; `whole`: every row has been indexed by this program's rules.
    pub(crate) async fn hasher_of(&self, tenant: i64, state: State, whole: bool) -> Result<Hasher> {
        let (search, also) = state.epochs();
        let inner = self.0.clone();
        let load = move |conn: &Conn<'_>| {
            let key = |epoch| inner.keyring.wrapper(conn, tenant, Use::Index, epoch);
            let also = also.map(key).transpose()?;
            Ok(Hasher::changing(&key(search)?, also.as_ref(), &key(FIRST_EPOCH)?, whole))
        };
        self.engine().read(Db::Keys, load).await
    }

    /// Begins to change the index key; [`Store::index_own`] does it, step by step. False when a change goes on already, or
    /// rows of an older program are still to be indexed again.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything for the purpose `reindex`.
    pub async fn change_index_key(&self, call: &Call) -> Result<bool> {
        if !(call.clearance.sees_all() && call.clearance.purpose() == Purpose::Reindex) {
            return Err(Error::bug("the index key is changed under the purpose reindex, at every level"));
        }
        let (tenant, inner) = (call.tenant, self.0.clone());
        let ready = move |conn: &Conn<'_>| Ok((state(conn, tenant)?, reindex::is_whole(conn, tenant)?));
        let (before, ready) = self.engine().read(Db::Main, ready).await?;
        if before.phase != Phase::Steady || !ready {
            return Ok(false);
        }
        let make = move |conn: &Conn<'_>| inner.keyring.make_epoch(conn, tenant, Use::Index, before.epoch + 1);
        self.engine().write(Db::Keys, make).await?;
        let (inner, envelope, now) = (self.0.clone(), call.envelope(BTreeMap::new()), call.now);
        let begin = move |conn: &Conn<'_>| {
            if state(conn, tenant)? != before {
                return Err(Error::Conflict(Conflict::Overtaken));
            }
            enter(conn, tenant, before.next(), now)?;
            let entry = audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope.clone(), Vec::new())?;
            audit::insert_beside_write(conn, &entry)
        };
        self.engine().write(Db::Main, begin).await?;
        self.load_own(tenant).await?;
        Ok(true)
    }

    /// Whether the index key is being changed.
    ///
    /// # Errors
    /// The engine's.
    pub async fn changes_index_key(&self, tenant: i64) -> Result<bool> {
        let state = self.engine().read(Db::Main, move |conn| state(conn, tenant)).await?;
        Ok(state.phase != Phase::Steady)
    }

    /// The next rows of the step that a change of the index key has come to; false when there is none, or not yet.
    pub(crate) async fn rekey(&self, call: &Call, most: u32) -> Result<bool> {
        let (tenant, inner, asked) = (call.tenant, self.0.clone(), call.clone());
        let epoch = self.0.own(tenant).1;
        let hasher = self.hasher(tenant)?;
        let look = move |conn: &Conn<'_>| look(&Reader { inner: &inner, conn, call: &asked, hasher }, most);
        let Some(rows) = self.engine().read(Db::Main, look).await? else { return Ok(false) };
        let (now, state, over) = (call.now, rows.state, rows.over);
        let bring = move |conn: &Conn<'_>| {
            // Others may have done these, or begun the next step.
            let same = self::state(conn, tenant)? == state && noted(conn, &reached(tenant))? == rows.from;
            if !same || own_params::epoch(conn)? != epoch {
                return Ok(());
            }
            for one in &rows.found {
                renew(conn, tenant, one)?;
            }
            match rows.last {
                Some(last) if !over => note(conn, &reached(tenant), last),
                _ => enter(conn, tenant, state.next(), now),
            }
        };
        self.engine().write(Db::Main, bring).await?;
        self.load_own(tenant).await?;
        if over && state.phase == Phase::Cleaning && state.epoch > FIRST_EPOCH {
            let gone = "DELETE FROM tenant_key WHERE tenant = ?1 AND kind = ?2 AND epoch = ?3";
            let at = cells![tenant, Use::Index as i64, state.epoch];
            let take = move |conn: &Conn<'_>| conn.execute(gone, &at).and_then(|_| owe_scrub(conn));
            self.engine().write(Db::Keys, take).await?;
            self.scrub().await?;
        }
        Ok(true)
    }
}

/// The rows that follow in the present step; none when there is no step, or not everybody has heard of it.
fn look(reader: &Reader<'_>, most: u32) -> Result<Option<Rows>> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    let state = state(conn, tenant)?;
    let heard = noted(conn, &entered(tenant))?.saturating_add(own_params::FORGOTTEN) < reader.call.now;
    if state.phase == Phase::Steady || !heard {
        return Ok(None);
    }
    let (from, own) = (noted(conn, &reached(tenant))?, reader.inner.own(tenant).0);
    let mut select = reader.select();
    let (after, limit) = (select.bind(from), select.bind(i64::from(most)));
    let text = format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.rid > {after} AND ({}) ORDER BY r.rid LIMIT {limit}",
        select.tenant, select.permit
    );
    let read = select.run(conn, &text)?;
    let last = read.last().map(|row| row.int(0)).transpose()?;
    let over = read.len() < usize::try_from(most).unwrap_or(usize::MAX);
    let mut found = Vec::with_capacity(read.len());
    for row in &read {
        let stored = Stored::parse(row)?;
        let opened = stored.open(reader.inner, conn, tenant, reader.call.clearance.open4());
        let resource = match opened {
            Ok(resource) => resource,
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(_) => {
                // It is found by the former key until that goes; its damage is for the check to name.
                tracing::error!(
                    tenant,
                    row = stored.rid,
                    "a row does not open: it gets no keys under the new index key"
                );
                continue;
            }
        };
        let entries = if stored.deleted { Vec::new() } else { fhir::search::extract_with(&resource, &own) };
        let id = resource.id().unwrap_or_default();
        let (keys, identity) = (reader.hasher.keys(stored.kind, id, &entries), reader.hasher.id(stored.kind, id));
        found.push((stored, keys, identity));
    }
    Ok(Some(Rows { state, from, last, over, found }))
}

/// A version written since has its keys already; its identity is of the row.
fn renew(conn: &Conn<'_>, tenant: i64, (stored, keys, identity): &Found) -> Result<()> {
    let row = (tenant, stored.rid);
    let before = write::held_keys(conn, row)?;
    let same = "SELECT 1 FROM resource WHERE tenant = ?1 AND rid = ?2 AND version = ?3";
    if conn.query_opt(same, &cells![tenant, stored.rid, stored.version])?.is_some() {
        write::bring_keys(conn, row, &before, keys)?;
        conn.execute(
            "UPDATE resource SET params = ?3, keys = ?4 WHERE tenant = ?1 AND rid = ?2",
            &cells![tenant, stored.rid, key_list::params(&keys.present), KeyList::of(keys).to_bytes()],
        )?;
    }
    conn.execute(
        "UPDATE resource SET self = ?3 WHERE tenant = ?1 AND rid = ?2 AND self <> ?3",
        &cells![tenant, stored.rid, *identity],
    )?;
    Ok(())
}
