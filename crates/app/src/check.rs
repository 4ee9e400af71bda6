//! Looking for damage in the whole store.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use confidentiality::{Level, Purpose};
use store::Check;

/// Goes through files, keys, items, index and log. `told` hears how many items were looked at.
///
/// # Errors
/// A store that is away; damage is in the findings.
pub async fn run(app: &App, request: &str, told: &(dyn Fn(u64) + Send + Sync)) -> Result<Check> {
    let origin = Origin { request: request.to_owned(), reason: None, device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Drill, origin);
    Ok(app.store().check(&cx.call("check"), told).await?)
}
