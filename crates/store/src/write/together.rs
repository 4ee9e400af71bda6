//! Writes of one row that wait together become durable together: one transaction of PostgreSQL after the other, each with all
//! that have come meanwhile, as the writer of SQLite does. What one of them loses, the others do not.

use super::apply::{self, Fate, Part};
use super::close::Closed;
use super::stamp::Stamp;
use super::{Change, How, Written};
use crate::audit;
use crate::call::Call;
use crate::engine::{Conn, Db, PATIENCE};
use crate::error::{Conflict, Error, Result};
use crate::housing::Housing;
use crate::index::Hasher;
use crate::read::Reader;
use crate::store::Inner;
use crate::together::Together;
use fhir::ResourceType;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// Writes of one transaction.
const MOST: usize = 64;

/// A write that is planned and closed.
pub(super) struct Job {
    pub(super) call: Call,
    pub(super) hasher: Hasher,
    pub(super) changes: Arc<Vec<(Change, How)>>,
    pub(super) steps: Vec<Closed>,
    pub(super) entry: audit::Sealed,
    pub(super) housing: Housing,
    pub(super) stamp: Stamp,
}

/// Whom to tell what became of it: they are given it back, and say what it did while the next ones are being written.
type Reply = oneshot::Sender<Result<Job>>;

/// Since when it waits, what it is, and whom to tell.
type Waiting = (Instant, Job, Reply);

/// Writes that wait: new versions, which wait for nobody; and new rows, which wait for whoever else takes places in the order of
/// a tenant's resources.
#[derive(Default)]
pub(crate) struct Lanes([Together<Waiting>; 2]);

impl Job {
    fn part<'a>(&'a self, inner: &'a Inner, conn: &'a Conn<'a>, trusts: bool) -> Part<'a> {
        let reader = Reader { inner, conn, call: &self.call, hasher: self.hasher.clone() };
        self.stamp.begin(self.call.now);
        let (changes, steps, updated) = (self.changes.as_slice(), self.steps.as_slice(), self.updated());
        Part { reader, changes, steps, entry: &self.entry, updated, housing: self.housing, trusts }
    }

    /// One row, of which nothing is to be looked up before it is written: other writes need not wait for more than that.
    fn may_share(&self) -> bool {
        let ([(change, _)], [Closed::Write(write)]) = (self.changes.as_slice(), self.steps.as_slice()) else {
            return false;
        };
        let conditional = matches!(change, Change::Create { if_none_exist: Some(_), .. });
        let planned = &write.planned;
        let apart = [ResourceType::SUBSCRIPTION, ResourceType::SEARCH_PARAMETER, ResourceType::PATIENT];
        let looks = conditional || !planned.owner.pending.is_empty() || !write.blobs.is_empty();
        let more = write.reseal.is_some() || planned.misfiles || planned.import.is_some() || planned.unseen.is_some();
        !(looks || more || self.housing.place().is_some() || apart.contains(&planned.kind))
    }

    /// What it writes over; none for a new row.
    fn row(&self) -> Option<(i64, i64)> {
        let rid =
            self.steps.iter().find_map(|step| if let Closed::Write(write) = step { write.planned.rid } else { None });
        rid.map(|rid| (self.call.tenant, rid))
    }

    /// When it was written.
    fn updated(&self) -> i64 {
        self.stamp.at().unwrap_or(self.call.now)
    }

    fn done(self) -> Vec<Written> {
        let updated = self.updated();
        self.steps.into_iter().map(|step| apply::done(step, updated)).collect()
    }
}

/// Makes a write durable, with others where it may share their transaction.
pub(super) async fn enter(inner: &Arc<Inner>, job: Job) -> Result<Vec<Written>> {
    if inner.engine.dialect() == crate::engine::Dialect::Sqlite || !job.may_share() {
        return Ok(alone(inner.clone(), job).await?.done());
    }
    let lane = usize::from(job.row().is_none());
    let (reply, answer) = oneshot::channel();
    let queue = inner.lanes.0.get(lane).ok_or_else(|| Error::bug("a lane that is not there"))?;
    if queue.add((Instant::now(), job, reply)) {
        // A task of its own: who asked may go away, the others wait for it all the same.
        tokio::spawn(write_all(inner.clone(), lane));
    }
    Ok(answer.await.map_err(|_| Error::bug("the writer has stopped"))??.done())
}

async fn alone(inner: Arc<Inner>, job: Job) -> Result<Job> {
    let within = inner.clone();
    let write = move |conn: &Conn<'_>| apply::apply(conn, job.part(&within, conn, true)).map(|()| job);
    inner.engine.write(Db::Main, write).await
}

async fn write_all(inner: Arc<Inner>, lane: usize) {
    while let Some(queue) = inner.lanes.0.get(lane) {
        // What is about to come, comes along.
        tokio::task::yield_now().await;
        let waiting = queue.take(MOST);
        if waiting.is_empty() {
            return;
        }
        // Who has waited behind transactions that somebody else held up is told to come back.
        let (waiting, late): (Vec<Waiting>, Vec<Waiting>) =
            waiting.into_iter().partition(|(since, ..)| since.elapsed() < PATIENCE);
        for (.., reply) in late {
            let _gone = reply.send(Err(Error::Unavailable("other writes hold up this one".into())));
        }
        // Of two writes over one row, the second is planned from what is no more.
        let mut rows = BTreeSet::new();
        let (ours, overtaken): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .map(|(_, job, reply)| (job, reply))
            .partition(|(job, _)| job.row().is_none_or(|row| rows.insert(row)));
        write_these(&inner, ours).await;
        for (_, reply) in overtaken {
            let _gone = reply.send(Err(Error::Conflict(Conflict::Overtaken)));
        }
    }
}

/// Writes what can be written together, and tells everybody. What cannot goes its own way.
async fn write_these(inner: &Arc<Inner>, waiting: Vec<(Job, Reply)>) {
    let (jobs, replies): (Vec<Job>, Vec<Reply>) = waiting.into_iter().unzip();
    let jobs = Arc::new(jobs);
    let mut fates = write_once(inner, &jobs, true).await;
    // Some row is not what it was, or is held: which one is asked.
    if matches!(fates, Err(Error::Conflict(Conflict::Overtaken))) && went_by_what_was_read(&jobs) {
        fates = write_once(inner, &jobs, false).await;
    }
    let Ok(jobs) = Arc::try_unwrap(jobs) else { return };
    for (at, (job, reply)) in jobs.into_iter().zip(replies).enumerate() {
        let fate = match &fates {
            Ok(fates) => Ok(fates.get(at).copied().unwrap_or(Fate::Busy)),
            Err(Error::Unavailable(why)) => Err(Error::Unavailable(why.clone())),
            // Whatever one of them met, each meets, or not, by itself.
            Err(_) => Ok(Fate::Busy),
        };
        match fate {
            Ok(Fate::Busy) => drop(tokio::spawn(go_alone(inner.clone(), job, reply))),
            Ok(Fate::Written) => drop(reply.send(Ok(job))),
            Ok(Fate::Overtaken) => drop(reply.send(Err(Error::Conflict(Conflict::Overtaken)))),
            Err(error) => drop(reply.send(Err(error))),
        }
    }
}

/// Whether rows are replaced, each known by what was read with it.
fn went_by_what_was_read(jobs: &[Job]) -> bool {
    let replaced = || {
        jobs.iter().flat_map(|job| &job.steps).filter_map(|step| match step {
            Closed::Write(write) if write.planned.rid.is_some() => Some(write),
            _ => None,
        })
    };
    replaced().next().is_some() && replaced().all(|write| write.planned.had.is_some())
}

async fn write_once(inner: &Arc<Inner>, jobs: &Arc<Vec<Job>>, trusts: bool) -> Result<Vec<Fate>> {
    let (within, jobs) = (inner.clone(), jobs.clone());
    let write = move |conn: &Conn<'_>| {
        let parts: Vec<Part<'_>> = jobs.iter().map(|job| job.part(&within, conn, trusts)).collect();
        apply::apply_together(conn, &parts)
    };
    inner.engine.write(Db::Main, write).await
}

async fn go_alone(inner: Arc<Inner>, job: Job, reply: Reply) {
    let _gone = reply.send(alone(inner, job).await);
}
