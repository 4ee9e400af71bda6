//! Files shown to somebody who has not said yes yet: closed in the store, so that any server goes on with them, for a while, one
//! lot a person. What became of them is kept in their place, so that the page of an import is a page one may come back to.

use super::{File, FileOutcome, Outcome, Status, import, memory, preview};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::tasks;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::governance::estate::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::{Job, Sending, Task, Wanted};

/// How long files wait (microseconds).
const WAITS: i64 = 15 * 60_000_000;
/// How long an import may take before somebody else may begin it again: what was kept by then is known.
const TAKES: i64 = 2 * 60_000_000;
/// Lots kept at once; the oldest goes.
const MOST: i64 = 4;

/// A lot, as it is now.
#[derive(Debug)]
pub enum Lot {
    /// Nothing is kept yet: what importing it would do.
    Waits(Outcome),
    /// It is being imported.
    Doing,
    /// It is imported: what came of it.
    Done(Outcome),
}

#[derive(Serialize, Deserialize)]
enum Kept {
    Waiting(Vec<Held>),
    Done(Vec<Past>),
}

#[derive(Serialize, Deserialize)]
struct Held {
    name: String,
    bytes: String,
}

/// A file of a lot that is imported; its lines are in the estate.
#[derive(Serialize, Deserialize)]
struct Past {
    file: String,
    import: Option<i64>,
    refused: Option<String>,
}

impl Kept {
    fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| Error::Bug(error.to_string()))
    }
}

/// Keeps files until [`confirm`]; the word that takes them out. An earlier lot of the same person is gone.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn hold(cx: &Cx, files: Vec<File>) -> Result<String> {
    if !cx.clearance().sees_estate() {
        return Err(store::Error::Absent.into());
    }
    let (app, since, actor) = (cx.app(), cx.now(), cx.clearance().actor());
    let held = files.into_iter().map(|file| Held { name: file.name, bytes: STANDARD.encode(&file.bytes) });
    let body = Kept::Waiting(held.collect()).to_bytes()?;
    let wanted =
        Wanted { kind: Sending::Preview, actor, since, due: since + WAITS, lease: 0, most: MOST, alone: false };
    let job = app.store().replace_task(app.tenant(), wanted, &body).await?;
    Ok(tasks::id(&job))
}

/// A lot of this person: what it would do, or has done. Looking changes nothing.
///
/// # Errors
/// Absence when it is no longer there, or was somebody else's; those of [`preview`].
pub async fn lot(cx: &Cx, token: &str) -> Result<Lot> {
    let (task, kept) = find(cx, token).await?;
    match kept {
        Kept::Waiting(_) if task.is_held(cx.now()) => Ok(Lot::Doing),
        Kept::Waiting(held) => Ok(Lot::Waits(preview(cx, files(held)?).await?)),
        Kept::Done(past) => Ok(Lot::Done(told(cx, past).await?)),
    }
}

/// Imports what was held for this person under this word. Said again, it changes nothing: [`lot`] tells what came of it.
///
/// # Errors
/// Absence when it is no longer there, or was somebody else's; those of [`import`].
pub async fn confirm(cx: &Cx, token: &str) -> Result<()> {
    let (task, kept) = find(cx, token).await?;
    let Kept::Waiting(held) = kept else { return Ok(()) };
    let (store, tenant) = (cx.app().store(), cx.app().tenant());
    // Of two who say yes at once, on whatever servers, one does it.
    if task.is_held(cx.now()) {
        return Ok(());
    }
    let Some(job) = store.hold(tenant, task.job, cx.now() + TAKES).await? else { return Ok(()) };
    // It goes on to its end even when whoever asked for it goes away.
    let (own, since) = (cx.clone(), task.since);
    let work = tokio::spawn(async move { take(&own, job, since, held).await });
    work.await.map_err(|_| Error::Bug("an import of the estate was interrupted".into()))?
}

/// Imports what was held, and keeps what came of it in its place.
async fn take(cx: &Cx, job: Job, since: i64, held: Vec<Held>) -> Result<()> {
    let (store, tenant) = (cx.app().store(), cx.app().tenant());
    let outcome = match import(cx, files(held)?).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // The files wait as before.
            store.hold(tenant, job, 0).await?;
            return Err(error);
        }
    };
    let body = Kept::Done(outcome.files.into_iter().map(past).collect()).to_bytes()?;
    store.keep_task(tenant, job, &body, (since + tasks::LIFE, 0)).await?;
    Ok(())
}

async fn find(cx: &Cx, token: &str) -> Result<(Task, Kept)> {
    let absent = || Error::Store(store::Error::Absent);
    if !cx.clearance().sees_estate() {
        return Err(absent());
    }
    let task = tasks::own(cx, Sending::Preview, token).await?;
    // What an earlier Socle kept otherwise waits no more: it is chosen again.
    let kept: Kept = serde_json::from_slice(&task.body).map_err(|_| absent())?;
    if matches!(kept, Kept::Waiting(_)) && task.since + WAITS <= cx.now() && !task.is_held(cx.now()) {
        return Err(absent());
    }
    Ok((task, kept))
}

fn files(held: Vec<Held>) -> Result<Vec<File>> {
    let damaged = |_| store::Error::Integrity("files that wait do not decode".into());
    let file = |one: Held| Ok(File::new(one.name, STANDARD.decode(one.bytes).map_err(damaged)?));
    held.into_iter().map(file).collect()
}

fn past(file: FileOutcome) -> Past {
    let refused = file.text.filter(|_| file.status == Status::Refused);
    Past { file: file.file, import: file.import, refused }
}

/// What came of files, as the estate says it now.
async fn told(cx: &Cx, past: Vec<Past>) -> Result<Outcome> {
    let live = memory::lines(cx, "assets").await?;
    let live: BTreeMap<i64, _> = live.iter().map(|(import, _)| (import.import, (import.at, import.format))).collect();
    let estate = memory::load(cx, "assets").await?;
    let one = |Past { file, import, refused }: Past| match import.map(|import| (import, live.get(&import))) {
        None if refused.is_some() => FileOutcome::past(file, Status::Refused, refused),
        None => FileOutcome::past(file, Status::Known, None),
        Some((_, None)) => FileOutcome::past(file, Status::TakenBack, None),
        Some((import, Some(&(at, format)))) => {
            FileOutcome::read(&Source { import, at, file, format, line: 0, entry: 0 }, Some(import), &estate)
        }
    };
    Ok(Outcome::of(false, past.into_iter().map(one).collect()))
}
