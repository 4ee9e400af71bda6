//! The content of the log is kept as long as the house has set, and no longer; the tree stands.

use super::{keep, last, operator};
use crate::app::App;
use crate::error::Result;
use crate::protection;
use domain::governance::measures::Check;
use serde::{Deserialize, Serialize};

pub(super) const NAME: &str = "trail";
const DAY: i64 = 86_400_000_000;
/// Of a year of 365.25 days.
const MONTH: i64 = DAY * 30 + DAY * 7 / 16;

/// What a purge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Purge {
    at: i64,
    /// What was written before has no content any more.
    before: i64,
    purged: i64,
}

/// The first instant whose content is kept; none as long as nobody in the house has set it: nothing is taken without that.
async fn first(app: &App) -> Result<Option<i64>> {
    let months = protection::is_set(app).await?.then_some(protection::obeyed(app).await.trail_months);
    Ok(months.map(|months| app.now() - i64::from(months) * MONTH))
}

/// Takes what is too old.
pub(super) async fn purge(app: &App) -> Result<()> {
    let (cx, known) = (operator(app), last::<Purge>(app, NAME).await?);
    let (version, since) = known.map_or((0, 0), |(version, purge)| (version, purge.before));
    let Some(first) = first(app).await? else { return Ok(()) };
    let before = first.max(since);
    let purged = app.store().purge_trail(&cx.call("purge-trail"), since, before).await?;
    keep(&cx, NAME, version, &Purge { at: cx.now(), before, purged }).await
}

/// When a purge last ran, and whether nothing that is too old is kept now; none when none ever ran.
pub(super) async fn purged(app: &App) -> Result<Option<Check>> {
    let Some((_, purge)) = last::<Purge>(app, NAME).await? else { return Ok(None) };
    let oldest = app.store().oldest_content(app.tenant(), purge.before).await?;
    // What became too old since the last purge is taken by the next one, within a day.
    let Some(first) = first(app).await? else { return Ok(None) };
    let limit = first - 2 * DAY;
    Ok(Some(Check { at: purge.at, ok: oldest.is_none_or(|oldest| oldest >= limit) }))
}
