//! The estate: files of other programs come in, machines come out, an import can be taken back.
//!
//! Whoever answers for the machines (the director, the technician) and the operator may; for others there is no estate.
//! Nothing here is about anybody who is accompanied.

mod intake;
mod memory;
mod outcome;
mod report;
mod waiting;

pub use intake::{File, files};
pub use outcome::{FileOutcome, LineOutcome, Outcome, Status};
pub use report::report;
pub use waiting::{Lot, confirm, hold, lot};

pub(crate) use memory::{Lines, Memory, before};

use crate::cx::Cx;
use crate::error::Result;
use crate::workstations;
use confidentiality::Actor;
use domain::governance::estate::{Estate, Format};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is shown of an import without opening its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    file: String,
    format: Format,
    lines: u64,
}

/// An import in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Its number.
    pub import: i64,
    /// When, UTC microseconds.
    pub at: i64,
    /// By whom.
    #[serde(skip)]
    pub actor: Actor,
    /// When and by whom it was taken back.
    #[serde(skip)]
    pub undone: Option<(i64, Actor)>,
    /// The file, by its last name.
    pub file: String,
    /// Its format.
    pub format: Format,
    /// How many lines.
    pub lines: u64,
    /// It has been taken back.
    pub taken_back: bool,
    /// Keyed digest of the file, in hexadecimal.
    #[serde(skip)]
    pub digest: String,
}

/// Reads files into the estate; a file that is there already is passed over.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's. A file that is refused is in the outcome.
pub async fn import(cx: &Cx, files: Vec<File>) -> Result<Outcome> {
    let outcome = intake::run(cx, files, false).await?;
    judge(cx).await;
    Ok(outcome)
}

/// What importing these files would do; nothing is written but the entry of a look at the estate.
///
/// # Errors
/// As [`import`].
pub async fn preview(cx: &Cx, files: Vec<File>) -> Result<Outcome> {
    intake::run(cx, files, true).await
}

/// Takes an import back; false when it is not there, or no longer.
///
/// # Errors
/// As [`import`].
pub async fn undo(cx: &Cx, import: i64) -> Result<bool> {
    let undone = cx.app().store().undo_assets(&cx.call("assets-undo"), import).await?;
    judge(cx).await;
    Ok(undone)
}

/// The import is done whatever becomes of this; it is tried again every hour.
async fn judge(cx: &Cx) {
    if let Err(error) = crate::measures::renew(cx).await {
        tracing::error!(%error, "today's figures could not be kept");
    }
    if let Err(error) = workstations::judge(cx.app()).await {
        tracing::error!(%error, "enrolled machines could not be judged");
    }
}

/// All imports, the newest first.
///
/// # Errors
/// As [`import`].
pub async fn imports(cx: &Cx) -> Result<Vec<Import>> {
    let (call, store) = (cx.call("assets-imports"), cx.app().store());
    let rows = store.disclose(&call, store.asset_imports(&call).await?).await?;
    let mut imports = rows.iter().map(memory::import).collect::<Result<Vec<_>>>()?;
    imports.reverse();
    Ok(imports)
}

/// Live imports and their lines, the oldest first.
///
/// # Errors
/// As [`import`].
pub(crate) async fn live(cx: &Cx, verb: &str) -> Result<Lines> {
    memory::lines(cx, verb).await
}

/// The estate as it is known now.
///
/// # Errors
/// As [`import`].
pub async fn estate(cx: &Cx) -> Result<Arc<Estate>> {
    memory::load(cx, "assets").await
}

/// The day for which verdicts are given when nobody says.
#[must_use]
pub fn today(cx: &Cx) -> Date {
    domain::local_time::local(cx.now()).date()
}
