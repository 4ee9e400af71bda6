//! `Patient/$everything`: a person's record, page by page, with whom and what it refers to.

use crate::cx::Cx;
use crate::error::Result;
use store::{Everything, TimelineFilter};

/// Items of the largest page: with what they refer to, one audit entry tells of it.
pub const LARGEST: u32 = 500;

/// One page of everything about a person that this actor may read.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of; `Invalid` for a page mark that does not fit.
pub async fn page(
    cx: &Cx,
    patient: &str,
    filter: &TimelineFilter,
    page: Option<String>,
    count: u32,
) -> Result<Everything> {
    let call = cx.call("everything");
    let found = cx.app().store().everything(&call, patient, filter, page, count.clamp(1, LARGEST)).await?;
    Ok(cx.app().store().disclose(&call, found).await?.ok_or(store::Error::Absent)?)
}
