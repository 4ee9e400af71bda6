//! Subscriptions: what has changed since a program was told last. The change is noted in the transaction that makes it, with a
//! job of the outbox for each Subscription, and goes when the program has been told, or may not know of it.
//!
//! What a change is about is not decided when it is noted: whether the program may read it, and whether it matches, is asked
//! under the program's clearance at the time of telling.
//!
//! A write sees a Subscription as set up, or was there before it was: setting up and ending wait for the writes that have looked
//! at who watches, and the next ones for them ([`own_params::alone`]).

use crate::call::{Call, Shown, Undisclosed};
use crate::engine::{Asked, Conn, Db, cells};
use crate::error::Result;
use crate::outbox::{self, Job, Sending};
use crate::own_params;
use crate::read::Reader;
use crate::relations::FOREVER;
use crate::store::Store;
use crate::stored::{STORED, Stored};
use crate::write::{Part, Planned};
use confidentiality::Actor;
use fhir::search::Query;
use fhir::subscription::{self, Status};
use fhir::{Resource, ResourceType};
use std::collections::BTreeMap;

/// Changes looked at in one go.
const BATCH: i64 = 200;

/// A Subscription with something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// Its job.
    pub job: Job,
    /// It is set up; else it is to be.
    pub live: bool,
    /// It is over.
    pub ended: bool,
}

impl Watch {
    /// Row of the resource.
    pub fn rid(&self) -> i64 {
        self.job.subject
    }
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
}

impl Store {
    /// Subscriptions with something to do, each held until `lease` for whoever asked.
    ///
    /// # Errors
    /// The engine's.
    pub async fn claim_watches(&self, tenant: i64, now: i64, lease: i64, most: i64) -> Result<Vec<Watch>> {
        self.wake_ended(tenant, now).await?;
        let jobs = self.claim(tenant, Sending::Notice, now, lease, most).await?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let look = move |conn: &Conn<'_>| {
            let mut watches = Vec::with_capacity(jobs.len());
            for job in jobs {
                let text = "SELECT live, ends FROM subscription WHERE tenant = ?1 AND rid = ?2";
                let row = conn.query_opt(text, &cells![tenant, job.subject])?;
                // One that has just been forgotten has no job any more.
                if let Some(row) = row {
                    watches.push(Watch { job, live: row.int(0)? != 0, ended: row.int(1)? <= now });
                }
            }
            Ok(watches)
        };
        self.engine().read(Db::Main, look).await
    }

    /// Notes a job for those that are over, so that their end is written.
    async fn wake_ended(&self, tenant: i64, now: i64) -> Result<()> {
        let find = move |conn: &Conn<'_>| {
            conn.query(
                "SELECT s.rid, s.actor FROM subscription s WHERE s.tenant = ?1 AND s.ends <= ?2 AND NOT EXISTS(
                   SELECT 1 FROM outbox o WHERE o.tenant = s.tenant AND o.kind = 1 AND o.subject = s.rid)",
                &cells![tenant, now],
            )
        };
        let over = self.engine().glance(Db::Main, find).await?;
        if over.is_empty() {
            return Ok(());
        }
        let wake = move |conn: &Conn<'_>| {
            over.iter().try_for_each(|row| outbox::note(conn, tenant, (Sending::Notice, row.int(0)?), row.int(1)?, now))
        };
        self.engine().write(Db::Main, wake).await
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
    pub async fn settle_changes(&self, tenant: i64, job: Job, changes: Changes, told: Told, now: i64) -> Result<()> {
        self.engine().write(Db::Main, move |conn| settle(conn, (tenant, job), &changes, told, now)).await
    }

    /// Forgets a watch whose program is gone.
    ///
    /// # Errors
    /// The engine's.
    pub async fn forget_watch(&self, tenant: i64, rid: i64) -> Result<()> {
        let run = move |conn: &Conn<'_>| own_params::alone(conn).and_then(|()| forget(conn, tenant, rid));
        self.engine().write(Db::Main, run).await
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

fn settle(conn: &Conn<'_>, (tenant, job): (i64, Job), changes: &Changes, told: Told, now: i64) -> Result<()> {
    for (row, version) in &changes.seen {
        conn.execute(
            "DELETE FROM subscription_change WHERE tenant = ?1 AND subscription = ?2 AND rid = ?3 AND version = ?4",
            &cells![tenant, job.subject, *row, *version],
        )?;
    }
    // Nothing to tell says nothing of whether telling works again.
    outbox::finish(conn, tenant, job, some_left(conn, tenant, job.subject)?, told == Told::Reached, now)
}

fn some_left(conn: &Conn<'_>, tenant: i64, rid: i64) -> Result<bool> {
    let text = "SELECT 1 FROM subscription_change WHERE tenant = ?1 AND subscription = ?2 LIMIT 1";
    Ok(conn.query_opt(text, &cells![tenant, rid])?.is_some())
}

/// Asks which Subscriptions are live, of each tenant of these writes.
pub(crate) fn ask_watches(parts: &[Part<'_>]) -> Result<BTreeMap<i64, Asked>> {
    let mut asked = BTreeMap::new();
    for part in parts {
        let (conn, tenant) = (part.reader.conn, part.reader.call.tenant);
        if let std::collections::btree_map::Entry::Vacant(entry) = asked.entry(tenant) {
            let text = "SELECT rid, type, actor FROM subscription WHERE tenant = ?1 AND live = 1 ORDER BY rid";
            entry.insert(conn.ask(text, &cells![tenant])?);
        }
    }
    Ok(asked)
}

/// Notes what was written for each Subscription that watches its type. What is deleted is nobody's news.
pub(crate) fn note(conn: &Conn<'_>, written: &[&Part<'_>], watched: BTreeMap<i64, Asked>) -> Result<()> {
    for (tenant, asked) in watched {
        for watch in conn.answer(asked)? {
            let (subscription, kind) = (watch.int(0)?, watch.int(1)?);
            let of_tenant = || written.iter().filter(|part| part.reader.call.tenant == tenant);
            // Rows are taken in the order in which whoever tells takes them.
            let own: BTreeMap<i64, i64> = of_tenant().flat_map(|part| part.news(kind)).collect();
            for (rid, version) in &own {
                conn.send(
                    "INSERT INTO subscription_change(tenant, subscription, rid, version) VALUES(?1, ?2, ?3, ?4)
                     ON CONFLICT(tenant, subscription, rid) DO UPDATE SET version = excluded.version",
                    &cells![tenant, subscription, *rid, *version],
                )?;
            }
            if let Some(now) = of_tenant().map(|part| part.reader.call.now).max().filter(|_| !own.is_empty()) {
                outbox::note(conn, tenant, (Sending::Notice, subscription), watch.int(2)?, now)?;
            }
        }
    }
    Ok(())
}

/// Follows a Subscription being written: asked for, it is to be set up; set up, changes are noted from here on; given up
/// once set up, they are still noted, for the day a person has it tried again; else nothing is.
pub(crate) fn follow(reader: &Reader<'_>, rid: i64, planned: &Planned) -> Result<()> {
    if planned.kind != ResourceType::SUBSCRIPTION {
        return Ok(());
    }
    let (conn, tenant, resource) = (reader.conn, reader.call.tenant, &planned.resource);
    let kind = subscription::watched(resource).filter(|_| !planned.deleted());
    let end = resource.str_at(&["end"]).and_then(fhir::date::interval).map_or(FOREVER, |(_, end)| end);
    let (own, now) = ((Sending::Notice, rid), reader.call.now);
    match (subscription::status(resource), kind) {
        (Some(Status::Requested), Some(kind)) => {
            forget(conn, tenant, rid)?;
            let actor = reader.call.actor().value();
            conn.execute(
                "INSERT INTO subscription(tenant, rid, type, actor, live, ends) VALUES(?1, ?2, ?3, ?4, 0, ?5)",
                &cells![tenant, rid, kind.code(), actor, end],
            )?;
            outbox::note(conn, tenant, own, actor, now)?;
        }
        // Only setting up writes this status: a row is there, or it has been imported and is nobody's.
        (Some(Status::Active), Some(kind)) => {
            conn.execute(
                "UPDATE subscription SET live = 1, type = ?3, ends = ?4 WHERE tenant = ?1 AND rid = ?2",
                &cells![tenant, rid, kind.code(), end],
            )?;
            outbox::drop_job(conn, tenant, own)?;
            if some_left(conn, tenant, rid)? {
                outbox::note(conn, tenant, own, reader.call.actor().value(), now)?;
            }
        }
        (Some(Status::Error), Some(_)) if is_live(conn, tenant, rid)? => outbox::bury(conn, tenant, own, now)?,
        _ => forget(conn, tenant, rid)?,
    }
    Ok(())
}

fn is_live(conn: &Conn<'_>, tenant: i64, rid: i64) -> Result<bool> {
    let text = "SELECT live FROM subscription WHERE tenant = ?1 AND rid = ?2";
    Ok(conn.query_opt(text, &cells![tenant, rid])?.map_or(Ok(0), |row| row.int(0))? != 0)
}

pub(crate) fn forget(conn: &Conn<'_>, tenant: i64, rid: i64) -> Result<()> {
    conn.execute("DELETE FROM subscription_change WHERE tenant = ?1 AND subscription = ?2", &cells![tenant, rid])?;
    conn.execute("DELETE FROM subscription WHERE tenant = ?1 AND rid = ?2", &cells![tenant, rid])?;
    outbox::drop_job(conn, tenant, (Sending::Notice, rid))
}
