//! *À évaluer*: what was to be looked at again has been.

use super::reading::pointing;
use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use fhir::ResourceType;
use store::Change;

/// Whether a Task still waits, by its status.
pub fn is_open(status: &str) -> bool {
    matches!(status, "requested" | "accepted" | "in-progress" | "ready")
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

/// The changes that close the open follow-ups of a transmission.
pub(super) async fn closing(cx: &Cx, id: &str) -> Result<Vec<Change>> {
    let tasks = records::page(cx, "evaluate", &pointing("Task", "focus", id)?).await?.matches;
    let open = tasks.into_iter().filter(|task| task.resource.str_at(&["status"]).is_some_and(is_open));
    let closed = open.map(|task| {
        let mut resource = task.resource.clone();
        resource.object_mut().insert("status".into(), "completed".into());
        resource.object_mut().insert("lastModified".into(), fhir::date::instant(cx.now()).into());
        let graded = cx.grade(&resource, None);
        Change::Update { resource, graded, if_match: Some(task.version), upsert: false, import: None }
    });
    Ok(closed.collect())
}
