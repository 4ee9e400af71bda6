//! What the house has set of its own protection: read by whoever answers for machines, obeyed by the server.

use crate::app::App;
use crate::cx::Cx;
use crate::error::{Error, Result};
use confidentiality::Actor;
use domain::governance::protection::Protection;
use std::sync::{Mutex, PoisonError};

const NAME: &str = "protection";
/// What another server has set is obeyed within a minute.
const KEPT: i64 = 60_000_000;

/// What is obeyed, and when it was read.
#[derive(Debug, Default)]
pub(crate) struct Obeyed(Mutex<Option<(i64, Protection)>>);

/// A version of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub version: i64,
    /// When they were set, UTC microseconds.
    pub at: i64,
    /// By whom.
    pub by: Actor,
    /// What they are.
    pub protection: Protection,
}

fn damaged(_: serde_json::Error) -> Error {
    Error::Store(store::Error::Integrity("the settings of protection do not decode".into()))
}

/// What is obeyed now. While the store is away, what was obeyed before.
pub(crate) async fn obeyed(app: &App) -> Protection {
    let held = *app.obeyed().0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((at, protection)) = held
        && (0..KEPT).contains(&(app.now() - at))
    {
        return protection;
    }
    let read = async {
        let paper = app.store().setting(app.tenant(), NAME).await?;
        paper.map_or(Ok(Protection::default()), |paper| serde_json::from_slice(&paper.body).map_err(damaged))
    };
    match read.await {
        Ok(protection) => {
            obey(app, protection);
            protection
        }
        Err(error) => {
            tracing::warn!(%error, "the settings of protection could not be read");
            held.map(|(_, protection)| protection).unwrap_or_default()
        }
    }
}

/// Somebody in the house has set them; else they are those that ship.
pub(crate) async fn is_set(app: &App) -> Result<bool> {
    Ok(app.store().setting(app.tenant(), NAME).await?.is_some())
}

fn obey(app: &App, protection: Protection) {
    *app.obeyed().0.lock().unwrap_or_else(PoisonError::into_inner) = Some((app.now(), protection));
}

/// Every version that was set, the newest first; empty as long as the house obeys what ships.
///
/// # Errors
/// Absence for whoever does not answer for machines; the store's.
pub async fn versions(cx: &Cx) -> Result<Vec<Version>> {
    let (call, store) = (cx.call("protection"), cx.app().store());
    let papers = store.disclose(&call, store.paper_versions(&call, NAME).await?).await?;
    let read = |paper: &store::Paper| {
        let protection = serde_json::from_slice(&paper.body).map_err(damaged)?;
        Ok(Version { version: paper.version, at: paper.at, by: paper.actor, protection })
    };
    papers.iter().map(read).collect()
}

/// Sets them after the version `known` (0: the first).
///
/// # Errors
/// As [`versions`]; a conflict when somebody else set them meanwhile.
pub async fn set(cx: &Cx, known: i64, protection: Protection) -> Result<()> {
    let body = serde_json::to_vec(&protection).map_err(|e| Error::Bug(e.to_string()))?;
    cx.app().store().keep_paper(&cx.call("protection-set"), NAME, known, &body).await?;
    obey(cx.app(), protection);
    Ok(())
}
