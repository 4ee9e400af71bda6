//! Changing the keys of the store, by the operator of the machine.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::Result;
use confidentiality::{Level, Purpose};
use std::time::Duration;
use store::{Reclosed, Rotation};

/// How long until every server has read a key that is announced, or closes by the one in use.
const READ_BY_ALL: Duration = Duration::from_secs(11);

/// Changes them, or goes on with a change that was interrupted, while others read and write. `told` hears how many are
/// done.
///
/// # Errors
/// The store's.
pub async fn rotate(app: &App, request: &str, told: &(dyn Fn(u64) + Send + Sync)) -> Result<Rotation> {
    let origin = Origin { request: request.to_owned(), reason: None, device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Drill, origin);
    app.store().announce_keys(&cx.call("announce_keys")).await?;
    if app.store().is_shared() {
        tokio::time::sleep(READ_BY_ALL).await;
    }
    Ok(app.store().rotate_keys(&cx.call("rotate_keys"), told).await?)
}

/// Closes anew what former keys of content have closed, while others read and write: after [`rotate`]. `told` hears how many rows
/// were looked at.
///
/// # Errors
/// The store's.
pub async fn reclose(app: &App, request: &str, told: &(dyn Fn(u64) + Send + Sync)) -> Result<Reclosed> {
    let origin = Origin { request: request.to_owned(), reason: None, device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Drill, origin);
    if app.store().is_shared() {
        tokio::time::sleep(READ_BY_ALL).await;
    }
    Ok(app.store().reclose(&cx.call("reclose"), told).await?)
}

/// Begins to change the key by which rows are found; [`crate::own_params::index`] does it, step by step. False when a change
/// goes on already.
///
/// # Errors
/// The store's.
pub async fn change_index(app: &App, request: &str) -> Result<bool> {
    let origin = Origin { request: request.to_owned(), reason: None, device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Reindex, origin);
    Ok(app.store().change_index_key(&cx.call("change_index_key")).await?)
}
