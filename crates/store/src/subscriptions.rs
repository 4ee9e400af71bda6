//! Subscriptions: what has changed since a program was told last. An outbox: the change is noted in the transaction that
//! makes it, and goes when the program has been told, or may not know of it.
//!
//! What a change is about is not decided when it is noted: whether the program may read it, and whether it matches, is asked
//! under the program's clearance at the time of telling.

use crate::call::{Call, Shown, Undisclosed};
use crate::engine::{Conn, Db, Row, cells};
use crate::error::Result;
use crate::read::Reader;
use crate::relations::FOREVER;
use crate::store::Store;
use crate::stored::{STORED, Stored};
use crate::write::Planned;
use confidentiality::Actor;
use fhir::search::Query;
use fhir::subscription::{self, Status};
use fhir::{Resource, ResourceType};

/// Changes looked at in one go.
const BATCH: i64 = 200;

/// A Subscription with something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// Row of the resource.
    pub rid: i64,
    /// The program that asked for it.
    pub actor: Actor,
    /// It is set up; else it is to be.
    pub live: bool,
    /// It is over.
    pub ended: bool,
    /// Tries that failed, one after the other.
    pub tries: i64,
}

/// Changes that were looked at.
#[derive(Debug)]
pub struct Changes {
    /// Rows and versions.
    seen: Vec<(i64, i64)>,
    /// Something the program may read matches. To be disclosed before it is told.
    pub matching: Option<Undisclosed<()>>,
}

/// What became of an attempt to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// There was nothing to tell: these changes are done with.
    Nothing,
    /// Told: these changes are done with.
    Reached,
    /// Not told: again at this time (UTC microseconds).
    Later(i64),
}

impl Store {
    /// Subscriptions with something to do, each held until `lease` for whoever asked.
    ///
    /// # Errors
    /// The engine's.
    pub async fn claim_watches(&self, tenant: i64, now: i64, lease: i64, most: i64) -> Result<Vec<Watch>> {
        let due = self
            .engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT s.rid, s.actor, s.live, s.ends, s.tries, s.due FROM subscription s
                     WHERE s.tenant = ?1 AND s.due <= ?2 AND (s.live = 0 OR s.ends <= ?2 OR EXISTS(
                       SELECT 1 FROM subscription_change c WHERE c.tenant = s.tenant AND c.subscription = s.rid))
                     ORDER BY s.due, s.rid LIMIT ?3",
                    &cells![tenant, now, most],
                )?;
                let watch = |row: &Row| {
                    let watch = Watch {
                        rid: row.int(0)?,
                        actor: Actor::new(row.int(1)?),
                        live: row.int(2)? != 0,
                        ended: row.int(3)? <= now,
                        tries: row.int(4)?,
                    };
                    Ok((watch, row.int(5)?))
                };
                rows.iter().map(watch).collect::<Result<Vec<(Watch, i64)>>>()
            })
            .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        self.engine()
            .write(Db::Main, move |conn| {
                let mut held = Vec::with_capacity(due.len());
                for (watch, due) in &due {
                    // Another server may have been quicker.
                    let taken = conn.execute(
                        "UPDATE subscription SET due = ?4 WHERE tenant = ?1 AND rid = ?2 AND due = ?3",
                        &cells![tenant, watch.rid, *due, lease],
                    )?;
                    held.extend((taken == 1).then_some(*watch));
                }
                Ok(held)
            })
            .await
    }

    /// The Subscription of a watch with its headers and its version, for telling and never for showing; none when this program may no
    /// longer read it.
    ///
    /// # Errors
    /// The engine's; [`crate::Error::Integrity`] when it does not open.
    pub async fn watched(&self, call: &Call, rid: i64) -> Result<Option<(Resource, i64)>> {
        let find = move |reader: &Reader<'_>| Ok((row(reader, rid)?, Shown::default()));
        let Undisclosed { value, .. } = self.look(call, find).await?;
        Ok(value)
    }

    /// How many Subscriptions of this program are set up.
    ///
    /// # Errors
    /// The engine's.
    pub async fn live_watches(&self, tenant: i64, actor: Actor) -> Result<i64> {
        self.engine()
            .read(Db::Main, move |conn| {
                let sql = "SELECT COUNT(*) FROM subscription WHERE tenant = ?1 AND actor = ?2 AND live = 1";
                conn.query_one(sql, &cells![tenant, actor.value()])?.int(0)
            })
            .await
    }

    /// Looks at changes noted for a Subscription, under its program's clearance at this moment.
    ///
    /// # Errors
    /// The engine's.
    pub async fn changes(&self, call: &Call, rid: i64, query: &Query) -> Result<Changes> {
        let query = query.clone();
        let look = move |reader: &Reader<'_>| {
            let seen = noted(reader, rid)?;
            let matching = reader.among(&query, seen.iter().map(|(rid, _)| *rid))?;
            Ok((seen, Shown::of_rows(&matching)))
        };
        let Undisclosed { value: seen, shown } = self.look(call, look).await?;
        let matching = (!shown.persons.is_empty()).then(|| Undisclosed::new((), shown));
        Ok(Changes { seen, matching })
    }

    /// Says what became of them. A change noted again meanwhile stays.
    ///
    /// # Errors
    /// The engine's.
    pub async fn settle_changes(&self, tenant: i64, rid: i64, changes: Changes, told: Told, now: i64) -> Result<()> {
        self.engine().write(Db::Main, move |conn| settle(conn, (tenant, rid), &changes, told, now)).await
    }

    /// Forgets a watch whose program is gone.
    ///
    /// # Errors
    /// The engine's.
    pub async fn forget_watch(&self, tenant: i64, rid: i64) -> Result<()> {
        self.engine().write(Db::Main, move |conn| forget(conn, tenant, rid)).await
    }
}

/// The Subscription with this row number, if it may be read.
fn row(reader: &Reader<'_>, rid: i64) -> Result<Option<(Resource, i64)>> {
    let mut select = reader.select();
    let rid = select.bind(rid);
    let text = format!(
        "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.rid = {rid} AND r.deleted = 0 AND ({})",
        select.tenant, select.permit
    );
    let rows = select.run(reader.conn, &text)?;
    let Some(row) = rows.first() else { return Ok(None) };
    let stored = Stored::parse(row)?;
    let resource = stored.open(reader.inner, reader.conn, reader.call.tenant, reader.call.clearance.open4())?;
    Ok(Some((resource, stored.version)))
}

fn noted(reader: &Reader<'_>, rid: i64) -> Result<Vec<(i64, i64)>> {
    let rows = reader.conn.query(
        "SELECT rid, version FROM subscription_change WHERE tenant = ?1 AND subscription = ?2 ORDER BY rid LIMIT ?3",
        &cells![reader.call.tenant, rid, BATCH],
    )?;
    rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

fn settle(conn: &Conn<'_>, (tenant, rid): (i64, i64), changes: &Changes, told: Told, now: i64) -> Result<()> {
    if let Told::Later(due) = told {
        conn.execute(
            "UPDATE subscription SET due = ?3, tries = tries + 1 WHERE tenant = ?1 AND rid = ?2",
            &cells![tenant, rid, due],
        )?;
        return Ok(());
    }
    for (row, version) in &changes.seen {
        conn.execute(
            "DELETE FROM subscription_change WHERE tenant = ?1 AND subscription = ?2 AND rid = ?3 AND version = ?4",
            &cells![tenant, rid, *row, *version],
        )?;
    }
    // Nothing to tell says nothing of whether telling works again.
    conn.execute(
        "UPDATE subscription SET due = ?3, tries = CASE WHEN ?4 = 1 THEN 0 ELSE tries END
         WHERE tenant = ?1 AND rid = ?2",
        &cells![tenant, rid, now, i64::from(told == Told::Reached)],
    )?;
    Ok(())
}

/// Notes what was written for each Subscription that watches its type. What is deleted is nobody's news.
pub(crate) fn note(reader: &Reader<'_>, written: &[(ResourceType, i64, i64)]) -> Result<()> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    if written.is_empty() {
        return Ok(());
    }
    let watches =
        conn.query("SELECT rid, type FROM subscription WHERE tenant = ?1 AND live = 1 ORDER BY rid", &cells![tenant])?;
    for watch in &watches {
        let (subscription, kind) = (watch.int(0)?, watch.int(1)?);
        for (_, rid, version) in written.iter().filter(|(written, ..)| written.code() == kind) {
            conn.send(
                "INSERT INTO subscription_change(tenant, subscription, rid, version) VALUES(?1, ?2, ?3, ?4)
                 ON CONFLICT(tenant, subscription, rid) DO UPDATE SET version = excluded.version",
                &cells![tenant, subscription, *rid, *version],
            )?;
        }
    }
    Ok(())
}

/// Follows a Subscription being written: asked for, it is to be set up; set up, changes are noted from here on; else
/// nothing is.
pub(crate) fn follow(reader: &Reader<'_>, rid: i64, planned: &Planned) -> Result<()> {
    if planned.kind != ResourceType::SUBSCRIPTION {
        return Ok(());
    }
    let (conn, tenant, resource) = (reader.conn, reader.call.tenant, &planned.resource);
    let kind = subscription::watched(resource).filter(|_| !planned.deleted());
    let end = resource.str_at(&["end"]).and_then(fhir::date::interval).map_or(FOREVER, |(_, end)| end);
    match (subscription::status(resource), kind) {
        (Some(Status::Requested), Some(kind)) => {
            forget(conn, tenant, rid)?;
            let (actor, now) = (reader.call.actor().value(), reader.call.now);
            conn.execute(
                "INSERT INTO subscription(tenant, rid, type, actor, live, ends, due, tries)
                 VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6, 0)",
                &cells![tenant, rid, kind.code(), actor, end, now],
            )?;
        }
        // Only setting up writes this status: a row is there, or it has been imported and is nobody's.
        (Some(Status::Active), Some(kind)) => {
            conn.execute(
                "UPDATE subscription SET live = 1, type = ?3, ends = ?4, due = ?5 WHERE tenant = ?1 AND rid = ?2",
                &cells![tenant, rid, kind.code(), end, reader.call.now],
            )?;
        }
        _ => forget(conn, tenant, rid)?,
    }
    Ok(())
}

fn forget(conn: &Conn<'_>, tenant: i64, rid: i64) -> Result<()> {
    conn.execute("DELETE FROM subscription_change WHERE tenant = ?1 AND subscription = ?2", &cells![tenant, rid])?;
    conn.execute("DELETE FROM subscription WHERE tenant = ?1 AND rid = ?2", &cells![tenant, rid])?;
    Ok(())
}
