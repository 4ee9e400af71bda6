//! What ends an entry, and taking that back at once.

use super::{allow, first, held, over, replace, today};
use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use crate::transmissions::UNDO;
use confidentiality::Refusal;
use domain::care::health::{self, End, Topic};
use store::{Version, Written};

/// Why something is written again as it was.
const TAKEN_BACK: &str = "Annulé aussitôt";

/// Ends what somebody noted, with the reason: it was not so, was written by mistake, is stopped.
///
/// # Errors
/// `Absent`; `Refused`; `Conflict` when it is no longer version `of`; `Invalid` when it is over already, or does not end so.
pub async fn end(cx: &Cx, topic: Topic, id: &str, of: i64, end: End, reason: &str) -> Result<Written> {
    let (cx, before) = held(cx, topic, id, of).await?;
    let value = end.put(&before.resource, reason, today(&cx)).ok_or_else(over)?;
    first(records::write(&cx, "end-health", replace(&cx, &before, value, reason)?).await?)
}

/// Whether this actor has just ended it, and may still take that back. That no allergy is known is noted again instead: what
/// refuted it may be there.
pub(super) fn may_undo(cx: &Cx, item: &Version, former: &Version) -> bool {
    is_fresh(cx, item) && !health::is_denial(&item.resource) && End::is_between(&former.resource, &item.resource)
}

/// This actor has just written it over a former version.
fn is_fresh(cx: &Cx, item: &Version) -> bool {
    let mine = item.author == cx.clearance().actor() && cx.keeps_health_of(item.person);
    mine && item.version > 1 && cx.now() - item.updated <= UNDO
}

/// Writes what one has just ended again as it was.
///
/// # Errors
/// `Absent`; `Refused` when it is too late, or another ended it.
pub async fn undo(cx: &Cx, topic: Topic, id: &str) -> Result<Written> {
    let item = records::read(cx, topic.kind(), id).await?;
    allow(cx, item.person)?;
    if !is_fresh(cx, &item) {
        return Err(store::Error::Refused(Refusal::TooLate).into());
    }
    let former = records::vread(cx, topic.kind(), id, item.version - 1).await?;
    if !may_undo(cx, &item, &former) {
        return Err(store::Error::Refused(Refusal::TooLate).into());
    }
    let cx = &cx.beside(item.person);
    first(records::write(cx, "undo-health", replace(cx, &item, former.resource.value(), TAKEN_BACK)?).await?)
}
