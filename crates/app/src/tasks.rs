//! Work that a program has asked for and follows, on any server: common to exports and imports.

use crate::cx::Cx;
use crate::error::{Error, Result};
use store::{Sending, Task};

const SECOND: i64 = 1_000_000;
/// How long a piece of work may be followed (microseconds).
pub const LIFE: i64 = 3_600 * SECOND;
/// How long it is held by whoever works on it, who holds it again meanwhile.
pub(crate) const LEASE: i64 = 30 * SECOND;
/// Pieces of work of a kind kept at once.
pub(crate) const MOST: i64 = 100;

/// By which its program follows it.
pub(crate) fn id(job: &store::Job) -> String {
    format!("{:016x}", job.subject)
}

/// A piece of work of the caller.
pub(crate) async fn own(cx: &Cx, kind: Sending, id: &str) -> Result<Task> {
    let absent = || Error::Store(store::Error::Absent);
    let subject = i64::from_str_radix(id, 16).map_err(|_| absent())?;
    let task = cx.app().store().task(cx.app().tenant(), kind, subject).await?;
    let own = |task: &Task| task.job.actor == cx.clearance().actor() && task.since + LIFE > cx.now();
    task.filter(own).ok_or_else(absent)
}

/// Forgets a piece of work of the caller: whoever works on it stops soon.
pub(crate) async fn forget(cx: &Cx, kind: Sending, id: &str) -> Result<()> {
    let task = own(cx, kind, id).await?;
    Ok(cx.app().store().drop_task(cx.app().tenant(), kind, task.job.subject).await?)
}
