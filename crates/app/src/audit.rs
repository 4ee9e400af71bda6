//! Proving the audit log.

use crate::app::App;
use crate::error::Result;

/// Checks the whole log, and against a checkpoint kept elsewhere if one is given.
///
/// # Errors
/// The store's; what is wrong with the log is in the report.
pub async fn verify(app: &App, checkpoint: Option<String>) -> Result<store::Report> {
    Ok(app.store().verify_audit(app.tenant(), checkpoint, app.now()).await?)
}

/// Appends what is not yet in the tree; called every second while serving.
///
/// # Errors
/// The store's.
pub async fn sequence(app: &App) -> Result<i64> {
    Ok(app.store().sequence(app.tenant(), app.now()).await?)
}

/// Signs the tree as it stands: the text of a checkpoint, to be kept elsewhere.
///
/// # Errors
/// The store's.
pub async fn checkpoint(app: &App) -> Result<String> {
    Ok(app.store().checkpoint(app.tenant(), app.now()).await?)
}
