//! What people vouch for, measure by measure; each declaration stays, the newest counts.

use crate::cx::Cx;
use crate::error::{Error, Result};
use confidentiality::Actor;
use domain::governance::measures::Declared;
use store::Paper;

const KIND: &str = "declared";
/// More than there are measures.
const MOST: i64 = 500;

/// A version of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Its version, from 1.
    pub version: i64,
    /// When it was written, UTC microseconds.
    pub at: i64,
    /// By whom.
    pub by: Actor,
    /// What it says.
    pub declared: Declared,
}

fn read(paper: &Paper) -> Result<Vouched> {
    let declared = serde_json::from_slice(&paper.body)
        .map_err(|_| Error::Store(store::Error::Integrity("a declaration does not decode".into())))?;
    Ok(Vouched { version: paper.version, at: paper.at, by: paper.actor, declared })
}

/// The newest declaration of each measure that has one.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn declarations(cx: &Cx) -> Result<Vec<Vouched>> {
    let (call, store) = (cx.call("declarations"), cx.app().store());
    let papers = store.disclose(&call, store.papers(&call, KIND, MOST).await?).await?;
    papers.iter().map(|(_, paper)| read(paper)).collect()
}

/// Every declaration on a measure, the newest first.
///
/// # Errors
/// As [`declarations`].
pub async fn vouched(cx: &Cx, measure: &str) -> Result<Vec<Vouched>> {
    let (call, store, name) = (cx.call("declaration"), cx.app().store(), format!("{KIND}/{measure}"));
    let papers = store.disclose(&call, store.paper_versions(&call, &name).await?).await?;
    papers.iter().map(read).collect()
}

/// Keeps a declaration after the version `known` (0: the first). The same sent twice is kept once.
///
/// # Errors
/// As [`declarations`]; a conflict when somebody else declared meanwhile.
pub async fn vouch(cx: &Cx, known: i64, declared: &Declared) -> Result<()> {
    let (call, name) = (cx.call("declare"), format!("{KIND}/{}", declared.measure));
    let body = serde_json::to_vec(declared).map_err(|e| Error::Bug(e.to_string()))?;
    super::keep_once(cx, &call, &name, known, &body).await?;
    super::history::follow(cx).await;
    Ok(())
}
