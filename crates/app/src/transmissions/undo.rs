//! Taking back what was kept a moment ago: the text becomes a draft again.

use super::{about, drafts, follow_up, own};
use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use confidentiality::Refusal;
use domain::care::transmission::Note;
use store::{Change, Hand};

/// How long it may be taken back (microseconds). Screens say thirty seconds; the rest is for slow networks and hands.
pub const UNDO: i64 = 60_000_000;

/// Deletes one's own transmission and its follow-up, and keeps its text as a draft: the number of the form.
///
/// # Errors
/// `Absent`; `Refused` when another wrote it, when it was corrected meanwhile, or when it is too late.
pub async fn undo(cx: &Cx, id: &str) -> Result<String> {
    let item = own(cx, id).await?;
    if item.version != 1 || cx.now() - item.updated > UNDO {
        return Err(store::Error::Refused(Refusal::TooLate).into());
    }
    let mut sheet = Note::read(&item.resource).sheet(about(&item).unwrap_or_default());
    let tasks = follow_up::all(cx, id).await?;
    sheet.evaluate_at = tasks.iter().find_map(follow_up::hour).unwrap_or_default();
    let key = super::new_key()?;
    // Kept before it is deleted: whatever happens in between, nothing is lost.
    drafts::keep(cx, &key, Hand { page: &key, seen: 0 }, &sheet).await?;
    let mut changes = vec![Change::Delete { kind: item.resource.kind(), id: id.to_owned(), if_match: Some(1) }];
    changes.extend(tasks.iter().filter_map(|task| {
        let id = task.resource.id()?.to_owned();
        Some(Change::Delete { kind: task.resource.kind(), id, if_match: Some(task.version) })
    }));
    records::write(cx, "undo-transmission", changes).await?;
    Ok(key)
}
