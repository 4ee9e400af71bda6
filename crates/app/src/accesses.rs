//! *Qui a lu*: who opened or wrote a person's record, when, and why it was allowed.

use crate::cx::Cx;
use crate::error::Result;
use crate::person::{self, Strip};
use store::Accesses;

/// One page of the accesses to a person's record, the latest first, under the strip.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of; `Invalid` for a page mark that does not fit.
pub async fn of_person(cx: &Cx, patient: &str, page: Option<String>, count: u32) -> Result<(Strip, Accesses)> {
    let call = cx.call("accesses");
    let strip = person::look_at_strip(cx, &call, patient).await?;
    let found = cx.app().store().accesses(&call, patient, page, count).await?;
    let (strip, found) = cx.app().store().disclose(&call, strip.zip(found)).await?;
    Ok((person::make_strip(cx, strip)?, found.ok_or(store::Error::Absent)?))
}
