//! What has to be known, and done, to keep a server well: no content, nobody's rights.

use crate::app::App;
use crate::error::Result;

/// How the parts of the store are at work, counted by this process: known whatever the engine answers.
pub fn parts(app: &App) -> Vec<store::Part> {
    app.store().parts()
}

/// `sqlite` or `postgresql`.
pub fn engine(app: &App) -> &'static str {
    app.store().engine_name()
}

/// How the store is: the log, what is still to be told, bytes on disk.
///
/// # Errors
/// The store's.
pub async fn vitals(app: &App) -> Result<store::Vitals> {
    Ok(app.store().vitals(app.tenant()).await?)
}

/// Looks whether the store answers.
///
/// # Errors
/// The store's.
pub async fn answers(app: &App) -> Result<()> {
    Ok(app.store().answers().await?)
}

/// How many items have been met that do not open, since this process began.
pub fn damaged(app: &App) -> usize {
    app.store().damaged()
}

/// What cannot be written now.
pub fn unwritable(app: &App) -> store::Unwritable {
    app.store().unwritable()
}

/// Looks whether the store is still the one in its folder.
///
/// # Errors
/// The store's.
pub async fn look_at_files(app: &App) -> Result<bool> {
    Ok(app.store().look_at_files().await?)
}

/// The last thing done under files that were replaced: what waits in memory for the log is put there, or said to be lost.
pub async fn leave_replaced(app: &App) {
    app.store().leave_replaced(app.tenant(), app.now()).await;
}

/// The log cannot be written now: carers go on reading, programs wait.
pub fn outage(app: &App) -> Option<store::Outage> {
    app.store().outage(app.tenant())
}

/// The moment that is shown, UTC microseconds, while the database is away and a replica stands in for it.
pub fn shown_as_of(app: &App) -> Option<i64> {
    let behind = i64::try_from(app.store().stands_behind()?.as_micros()).unwrap_or(i64::MAX);
    Some(app.now().saturating_sub(behind))
}

/// Keeps the plans of statements good after much was written; called every few seconds while serving.
///
/// # Errors
/// The store's.
pub async fn look_again(app: &App) -> Result<()> {
    Ok(app.store().look_again().await?)
}

/// Says when something that is kept in memory has changed, here or on another server of the same database.
pub fn heard(app: &App) -> store::Heard {
    app.store().heard()
}

/// Reads anew what is kept in memory: places, search parameters, and names if something was `heard`.
///
/// # Errors
/// The store's; then what was known stays.
pub async fn follow(app: &App, heard: bool) -> Result<()> {
    app.follow(heard).await
}
