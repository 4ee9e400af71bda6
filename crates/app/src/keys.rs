//! Changing the keys that wrap others, by the operator of the machine.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use confidentiality::{Level, Purpose};
use store::Rotation;

/// Changes them, or goes on with a change that was interrupted, while others read and write. `told` hears how many are
/// done.
///
/// # Errors
/// The store's.
pub async fn rotate(app: &App, request: &str, told: &(dyn Fn(u64) + Send + Sync)) -> Result<Rotation> {
    let origin = Origin { request: request.to_owned(), reason: None, device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Drill, origin);
    Ok(app.store().rotate_keys(&cx.call("rotate_keys"), told).await?)
}
