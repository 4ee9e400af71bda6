//! An import that a program has sent, as the store keeps it: any server says how far it is, or that the one that did it is gone.

use super::report::Report;
use super::{Progress, may_send, run};
use crate::app::App;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::import::source::Input;
use crate::tasks::{self, LEASE, LIFE, MOST};
use serde::{Deserialize, Serialize};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{Sending, Wanted};

/// How often is said how far it is.
const BEAT: Duration = Duration::from_secs(2);

/// Held by the server that does it.
#[derive(Debug)]
pub struct Doing {
    held: store::Job,
    kept: Kept,
    since: i64,
}

impl Doing {
    /// By which its program follows it.
    pub fn id(&self) -> String {
        tasks::id(&self.held)
    }
}

/// An import that its program follows.
#[derive(Debug, Clone)]
pub struct Sent {
    /// When it was sent (UTC microseconds).
    pub started: i64,
    /// The request, as its manifest repeats it.
    pub request: String,
    /// How far it is.
    pub state: State,
}

/// How far an import is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// So many resources have been decided.
    Running(u64),
    /// Done.
    Done(Told),
    /// It could not go on.
    Failed,
    /// Its server is gone: what it had written stays, the rest is to be sent again.
    Gone,
}

/// What is told of an import that is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Created, updated, skipped, conflicts, refused.
    pub figures: [u64; 5],
    /// Lines of which something is said.
    pub count: usize,
    /// What is said of them.
    pub outcomes: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    request: String,
    done: u64,
    failed: bool,
    told: Option<Told>,
}

impl Kept {
    fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| Error::Bug(error.to_string()))
    }
}

/// Notes that an import begins; none when another is being done.
///
/// # Errors
/// As [`may_send`]; the store's.
pub async fn keep(cx: &Cx, request: String) -> Result<Option<Doing>> {
    may_send(cx)?;
    let (app, since) = (cx.app(), cx.now());
    let kept = Kept { request, done: 0, failed: false, told: None };
    let (actor, due, lease) = (cx.clearance().actor(), since + LIFE, since + LEASE);
    let wanted = Wanted { kind: Sending::Import, actor, since, due, lease, most: MOST, alone: true };
    let held = app.store().begin_task(app.tenant(), wanted, &kept.to_bytes()?).await?;
    Ok(held.map(|held| Doing { held, kept, since }))
}

/// Imports lines of NDJSON that a program sent, and keeps what came of it as `tell` says it. Forgotten meanwhile, it stops:
/// what has been written stays.
///
/// # Errors
/// As [`run`].
pub async fn send(cx: &Cx, doing: Doing, lines: Arc<[u8]>, tell: fn(&Report) -> Told) -> Result<()> {
    let (app, Doing { mut held, mut kept, since }) = (cx.app(), doing);
    let done = AtomicU64::new(0);
    let progress = |progress: Progress<'_>| done.store(progress.resources, Ordering::Relaxed);
    let ended = {
        let inputs = [Input::Lines(lines)];
        let mut running = pin!(run(cx, &inputs, false, &progress));
        loop {
            if let Ok(ended) = tokio::time::timeout(BEAT, &mut running).await {
                break ended;
            }
            kept.done = done.load(Ordering::Relaxed);
            match beat(app, held, &kept, since).await? {
                Some(longer) => held = longer,
                None => return Ok(()),
            }
        }
    };
    match &ended {
        Ok(report) => kept.told = Some(tell(report)),
        Err(_) => kept.failed = true,
    }
    app.store().keep_task(app.tenant(), held, &kept.to_bytes()?, (since + LIFE, 0)).await?;
    ended.map(drop)
}

async fn beat(app: &App, held: store::Job, kept: &Kept, since: i64) -> Result<Option<store::Job>> {
    let times = (since + LIFE, app.now() + LEASE);
    Ok(app.store().keep_task(app.tenant(), held, &kept.to_bytes()?, times).await?)
}

/// An import of the caller.
///
/// # Errors
/// `Absent` for another's, one that is over, and none; the store's.
pub async fn find(cx: &Cx, id: &str) -> Result<Sent> {
    let task = tasks::own(cx, Sending::Import, id).await?;
    let kept: Kept =
        serde_json::from_slice(&task.body).map_err(|_| store::Error::Integrity("an import does not decode".into()))?;
    let state = match kept.told {
        Some(told) => State::Done(told),
        None if kept.failed => State::Failed,
        None if task.is_held(cx.now()) => State::Running(kept.done),
        None => State::Gone,
    };
    Ok(Sent { started: task.since, request: kept.request, state })
}

/// Forgets an import of the caller; it stops soon.
///
/// # Errors
/// As [`find`].
pub async fn forget(cx: &Cx, id: &str) -> Result<()> {
    tasks::forget(cx, Sending::Import, id).await
}
