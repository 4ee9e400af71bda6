//! A job as the store keeps it: any server answers for it, and goes on with it when the one that began is gone.

use super::filter::Filters;
use super::{Job, Output, Whose, Wish};
use crate::accounts;
use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::tasks::{self, LEASE, LIFE, MOST};
use confidentiality::{Actor, Purpose};
use fhir::ResourceType;
use serde::{Deserialize, Serialize};
use std::pin::pin;
use std::time::Duration;
use store::{Sending, Wanted};

const SECOND: i64 = 1_000_000;
/// How often it is held again.
const AGAIN: Duration = Duration::from_secs(10);
/// Tries, after which it has failed.
const TRIES: i64 = 3;
/// Before another try.
const PAUSE: i64 = 5 * SECOND;
/// Jobs taken over at a time.
const AT_ONCE: i64 = 4;

/// Which files there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Being found out.
    Counting,
    /// These, and whether there are deletions to tell.
    Ready(Vec<Output>, bool),
    /// It could not be found out.
    Failed,
}

/// A job that its program follows.
#[derive(Debug, Clone)]
pub struct Export {
    /// What was asked.
    pub job: Job,
    /// The request, as its manifest repeats it.
    pub request: String,
    /// How far it is.
    pub state: State,
}

/// A job that this server holds, to find out which files there are.
#[derive(Debug)]
pub struct Held {
    held: store::Job,
    kept: Kept,
    /// When it was asked for.
    since: i64,
}

impl Held {
    /// By which its program follows it.
    pub fn id(&self) -> String {
        tasks::id(&self.held)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    request: String,
    /// `*`: all; `Patient`: of persons; `Group/…`: of its members.
    whose: String,
    kinds: Vec<String>,
    since: Option<i64>,
    filters: Vec<String>,
    reason: Option<String>,
    members: Vec<String>,
    failed: bool,
    /// Types, with how many where that is known; none while they are counted.
    outputs: Option<Vec<(String, Option<i64>)>>,
    deleted: bool,
}

impl Kept {
    fn of(job: &Job, request: String) -> Self {
        let whose = match &job.whose {
            Whose::All => "*".to_owned(),
            Whose::Patients => "Patient".to_owned(),
            Whose::Group(id) => format!("Group/{id}"),
        };
        Self {
            request,
            whose,
            kinds: job.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
            since: job.since,
            filters: job.filters.texts.clone(),
            reason: job.reason.clone(),
            members: job.members.clone(),
            failed: false,
            outputs: None,
            deleted: false,
        }
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| Error::Bug(error.to_string()))
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(|_| store::Error::Integrity("an export does not decode".into()).into())
    }

    /// What was asked, as it was asked.
    async fn job(&self, cx: &Cx, started: i64) -> Result<Job> {
        let kinds: Vec<ResourceType> = self.kinds.iter().filter_map(|name| ResourceType::parse(name)).collect();
        let whose = match self.whose.split_once('/') {
            Some((_, id)) => Whose::Group(id.to_owned()),
            None if self.whose == "*" => Whose::All,
            None => Whose::Patients,
        };
        let filters = Filters::read(cx, &self.filters, &kinds).await?;
        let wish = Wish { kinds, since: self.since, filters: Vec::new() };
        let (actor, members) = (cx.clearance().actor(), self.members.clone());
        Ok(Job { started, members, ..Job::asked(actor, whose, wish, (filters, self.reason.clone())) })
    }

    fn state(&self) -> State {
        let output = |(name, count): &(String, Option<i64>)| {
            ResourceType::parse(name).map(|kind| Output { kind, count: *count })
        };
        match &self.outputs {
            Some(outputs) => State::Ready(outputs.iter().filter_map(output).collect(), self.deleted),
            None if self.failed => State::Failed,
            None => State::Counting,
        }
    }
}

/// Keeps a job, held by this server; none when there are too many.
///
/// # Errors
/// The store's.
pub async fn keep(cx: &Cx, job: &Job, request: String) -> Result<Option<Held>> {
    let (app, kept, now) = (cx.app(), Kept::of(job, request), cx.app().now());
    let (since, lease) = (job.started, now + LEASE);
    let wanted = Wanted { kind: Sending::Export, actor: job.actor, since, due: since, lease, most: MOST, alone: false };
    let held = app.store().begin_task(app.tenant(), wanted, &kept.to_bytes()?).await?;
    Ok(held.map(|held| Held { held, kept, since: job.started }))
}

/// Finds out which files there are, and keeps that. A server that dies meanwhile is replaced by another, once its hold is over.
///
/// # Errors
/// The store's; then it is tried again.
pub async fn count(app: &App, held: Held) -> Result<()> {
    let (store, tenant, Held { mut held, mut kept, since }) = (app.store(), app.tenant(), held);
    let found = {
        let mut finding = pin!(found(app, held.actor, &kept, since));
        loop {
            match tokio::time::timeout(AGAIN, &mut finding).await {
                Ok(found) => break found,
                Err(_) => match store.hold(tenant, held, app.now() + LEASE).await? {
                    Some(longer) => held = longer,
                    // Cancelled, or somebody else's by now.
                    None => return Ok(()),
                },
            }
        }
    };
    match found {
        Ok((outputs, deleted)) => {
            kept.outputs = Some(outputs.iter().map(|one| (one.kind.name().to_owned(), one.count)).collect());
            kept.deleted = deleted;
        }
        Err(error) if held.tries + 1 < TRIES => {
            store.put_off(tenant, held, app.now() + PAUSE, 0).await?;
            return Err(error);
        }
        Err(error) => {
            kept.failed = true;
            store.keep_task(tenant, held, &kept.to_bytes()?, (since + LIFE, 0)).await?;
            return Err(error);
        }
    }
    store.keep_task(tenant, held, &kept.to_bytes()?, (since + LIFE, 0)).await?;
    Ok(())
}

async fn found(app: &App, actor: Actor, kept: &Kept, started: i64) -> Result<(Vec<Output>, bool)> {
    let origin = Origin { request: uuid::Uuid::new_v4().to_string(), ..Origin::default() };
    let cx = accounts::client(app, actor, Purpose::Export, origin).await?;
    let job = kept.job(&cx, started).await?;
    Ok((job.outputs(&cx).await?, job.has_deleted(&cx).await?))
}

/// Jobs whose server is gone, now held by this one; those that are over are forgotten, imports and files that waited too.
///
/// # Errors
/// The store's.
pub async fn due(app: &App) -> Result<Vec<Held>> {
    let (store, tenant, now) = (app.store(), app.tenant(), app.now());
    for kind in [Sending::Import, Sending::Preview] {
        for over in store.claim(tenant, kind, now, now + LEASE, MOST).await? {
            store.drop_task(tenant, kind, over.subject).await?;
        }
    }
    let mut all = Vec::new();
    for held in store.claim(tenant, Sending::Export, now, now + LEASE, AT_ONCE).await? {
        match store.task(tenant, Sending::Export, held.subject).await? {
            Some(task) if task.since + LIFE > now => {
                all.push(Held { held, kept: Kept::parse(&task.body)?, since: task.since });
            }
            Some(_) => store.drop_task(tenant, Sending::Export, held.subject).await?,
            None => {}
        }
    }
    Ok(all)
}

/// A job of the caller.
///
/// # Errors
/// `Absent` for another's, one that is over, and none; the store's.
pub async fn find(cx: &Cx, id: &str) -> Result<Export> {
    let task = tasks::own(cx, Sending::Export, id).await?;
    let kept = Kept::parse(&task.body)?;
    Ok(Export { job: kept.job(cx, task.since).await?, state: kept.state(), request: kept.request })
}

/// Forgets a job of the caller.
///
/// # Errors
/// As [`find`].
pub async fn cancel(cx: &Cx, id: &str) -> Result<()> {
    tasks::forget(cx, Sending::Export, id).await
}
