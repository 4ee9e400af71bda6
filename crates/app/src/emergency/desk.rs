//! What waits for a second person: looked at with every page of those who answer for records, so it is one small paper.

use super::find;
use crate::charter::house;
use crate::cx::Cx;
use crate::error::{Error, Result};
use confidentiality::{Person, Place};
use domain::governance::emergency::{DeepState, Opening};
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

async fn all(cx: &Cx) -> Result<(i64, Vec<Asked>)> {
    let Some(paper) = cx.app().store().setting(cx.app().tenant(), DESK).await? else { return Ok((0, Vec::new())) };
    let damaged = |_| Error::Store(store::Error::Integrity("what waits for an answer does not decode".into()));
    Ok((paper.version, serde_json::from_slice(&paper.body).map_err(damaged)?))
}

fn waits(cx: &Cx, one: &Opening) -> bool {
    matches!(one.deep_state(cx.now()), DeepState::Waiting(_))
}

/// Puts a record on the desk, and takes off those that wait no more.
pub(super) async fn put(cx: &Cx, person: Person, place: Place) -> Result<()> {
    let house = house(cx.app());
    for _ in 0..TRIES {
        let (version, before) = all(cx).await?;
        let mut asked = Vec::new();
        for one in before.into_iter().filter(|one| one.person != person) {
            if find(cx.app(), one.person).await?.1.openings.iter().any(|opening| waits(cx, opening)) {
                asked.push(one);
            }
        }
        asked.push(Asked { person, place });
        let asked = asked.split_off(asked.len().saturating_sub(MOST));
        let body = serde_json::to_vec(&asked).map_err(|e| Error::Bug(e.to_string()))?;
        match cx.app().store().keep_paper(&house.call("emergency"), DESK, version, &body).await {
            Err(store::Error::Conflict(_)) => {}
            done => return Ok(done?),
        }
    }
    Err(store::Error::Conflict(store::Conflict::Overtaken).into())
}

/// How many openings wait for an answer of this actor.
///
/// # Errors
/// The store's.
pub async fn waiting(cx: &Cx) -> Result<usize> {
    let (clearance, mut waiting) = (cx.clearance(), 0);
    if clearance.is_universal() || !clearance.reviews_accesses() {
        return Ok(0);
    }
    for one in all(cx).await?.1.into_iter().filter(|one| clearance.may_read_journal(one.person, one.place)) {
        let (_, kept) = find(cx.app(), one.person).await?;
        let for_them = |opening: &&Opening| opening.by != clearance.actor() && waits(cx, opening);
        waiting += kept.openings.iter().filter(for_them).count();
    }
    Ok(waiting)
}
