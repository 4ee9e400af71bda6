//! What waits for somebody who answers for records: looked at with every page of theirs, so it is one small paper.

use super::find;
use crate::charter::house;
use crate::cx::Cx;
use crate::error::{Error, Result};
use confidentiality::{Person, Place};
use domain::governance::emergency::Opening;
use serde::{Deserialize, Serialize};

const DESK: &str = "emergency-desk/asked";
const TRIES: usize = 5;
/// Records on it, at most: the oldest go.
const MOST: usize = 50;

/// A record of which somebody asked for more, and where it is kept.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    person: Person,
    place: Place,
}

/// What waits for somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Desk {
    /// Openings that wait for their answer.
    pub asked: usize,
    /// Openings that went to what is very sensitive with no answer, which nobody has looked at.
    pub alone: usize,
}

async fn all(cx: &Cx) -> Result<(i64, Vec<Asked>)> {
    let Some(paper) = cx.app().store().setting(cx.app().tenant(), DESK).await? else { return Ok((0, Vec::new())) };
    let damaged = |_| Error::Store(store::Error::Integrity("what waits for an answer does not decode".into()));
    Ok((paper.version, serde_json::from_slice(&paper.body).map_err(damaged)?))
}

/// Somebody has to look at it: as long as there is time to.
fn is_told(cx: &Cx, one: &Opening) -> bool {
    one.went_alone() && one.mark.is_none() && cx.now() <= one.due()
}

/// Puts a record on the desk, and takes off those that wait no more. Written even where nothing changes: whoever takes it off at this
/// moment, because nobody waited, has to look again.
pub(super) async fn put(cx: &Cx, person: Person, place: Place) -> Result<()> {
    lay(cx, Some(Asked { person, place }), true).await
}

/// The same, for what has been asked before: a try, for what is said elsewhere is done.
pub(super) async fn keep(cx: &Cx, person: Person, place: Place) {
    let kept = lay(cx, Some(Asked { person, place }), false).await;
    kept.unwrap_or_else(|error| tracing::error!(%error, "who answers for a record is not told"));
}

/// Takes off those that wait no more: a try, for they are passed over anyway.
pub(super) async fn tidy(cx: &Cx) {
    let tidied = lay(cx, None, false).await;
    tidied.unwrap_or_else(|error| tracing::warn!(%error, "what waits no more stays on the desk"));
}

async fn lay(cx: &Cx, fresh: Option<Asked>, always: bool) -> Result<()> {
    let house = house(cx.app());
    for _ in 0..TRIES {
        let (version, before) = all(cx).await?;
        let mut asked = Vec::new();
        let others = before.iter().filter(|one| fresh.is_none_or(|fresh| fresh.person != one.person));
        for one in others.copied() {
            let openings = find(cx.app(), one.person).await?.1.openings;
            if openings.iter().any(|opening| opening.waits(cx.now()) || is_told(cx, opening)) {
                asked.push(one);
            }
        }
        asked.extend(fresh);
        let asked = asked.split_off(asked.len().saturating_sub(MOST));
        if !always && asked.iter().all(|one| before.contains(one)) && asked.len() == before.len() {
            return Ok(());
        }
        let body = serde_json::to_vec(&asked).map_err(|e| Error::Bug(e.to_string()))?;
        match cx.app().store().keep_paper(&house.call("emergency"), DESK, version, &body).await {
            Err(store::Error::Conflict(_)) => {}
            done => return Ok(done?),
        }
    }
    Err(store::Error::Conflict(store::Conflict::Overtaken).into())
}

/// What waits for this actor.
///
/// # Errors
/// The store's.
pub async fn waiting(cx: &Cx) -> Result<Desk> {
    let (clearance, mut desk) = (cx.clearance(), Desk::default());
    if clearance.is_universal() || !clearance.reviews_accesses() {
        return Ok(desk);
    }
    for one in all(cx).await?.1.into_iter().filter(|one| clearance.answers_for(one.place)) {
        let (_, kept) = find(cx.app(), one.person).await?;
        let others = || kept.openings.iter().filter(|opening| opening.by != clearance.actor());
        desk.asked += others().filter(|opening| opening.waits(cx.now())).count();
        desk.alone += others().filter(|opening| is_told(cx, opening)).count();
    }
    Ok(desk)
}
