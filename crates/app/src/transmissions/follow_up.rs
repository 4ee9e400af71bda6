//! *À évaluer*: what was to be looked at again has been.

use super::at_least;
use super::reading::pointing;
use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use domain::local_time;
use fhir::ResourceType;
use store::{Change, Version};

/// The statuses of a Task that still waits.
pub(crate) const OPEN: &[&str] = &["requested", "accepted", "in-progress", "ready"];

/// Whether a Task still waits, by its status.
pub fn is_open(status: &str) -> bool {
    OPEN.contains(&status)
}

/// Closes every open follow-up of a transmission; how many.
///
/// # Errors
/// `Absent` for a transmission this actor may not know of; `Refused`.
pub async fn evaluate(cx: &Cx, id: &str) -> Result<usize> {
    records::read(cx, ResourceType::COMMUNICATION, id).await?;
    let changes = closing(cx, id).await?;
    if changes.is_empty() {
        return Ok(0);
    }
    Ok(records::write(cx, "evaluate", changes).await?.len())
}

/// Every follow-up of a transmission, open or not.
pub(super) async fn all(cx: &Cx, id: &str) -> Result<Vec<Version>> {
    Ok(records::page(cx, "follow-ups", &pointing("Task", "focus", id)?).await?.matches)
}

/// The changes that close the open follow-ups of a transmission.
pub(super) async fn closing(cx: &Cx, id: &str) -> Result<Vec<Change>> {
    let open = all(cx, id).await?.into_iter().filter(|task| task.resource.str_at(&["status"]).is_some_and(is_open));
    let closed = open.map(|task| {
        let mut resource = task.resource.clone();
        resource.object_mut().insert("status".into(), "completed".into());
        resource.object_mut().insert("lastModified".into(), fhir::date::instant(cx.now()).into());
        let graded = at_least(cx.grade(&resource, None), &task);
        Change::Update { resource, graded, if_match: Some(task.version), upsert: false, import: None }
    });
    Ok(closed.collect())
}

/// The hour of a reminder as the form asks for it: `18:00`.
pub(super) fn hour(task: &Version) -> Option<String> {
    let end = task.resource.str_at(&["restriction", "period", "end"])?;
    let (at, _) = fhir::date::interval(end)?;
    Some(local_time::local(at).strftime("%H:%M").to_string())
}
