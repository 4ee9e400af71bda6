//! Files shown to somebody who has not said yes yet: in memory, for a while, one lot a person.

use super::{File, Outcome, import};
use crate::cx::Cx;
use crate::error::Result;
use confidentiality::Actor;
use std::sync::{Mutex, PoisonError};

/// How long files wait (microseconds).
const WAITS: i64 = 15 * 60_000_000;
/// Lots kept at once; the oldest goes.
const MOST: usize = 4;

/// A lot.
#[derive(Debug)]
struct Lot {
    token: String,
    actor: Actor,
    until: i64,
    files: Vec<File>,
}

/// What waits.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<Vec<Lot>>);

/// Keeps files until [`confirm`]; the word that takes them out. An earlier lot of the same person is gone.
pub fn hold(cx: &Cx, files: Vec<File>) -> String {
    let (token, actor, until) = (cx.fresh_id(), cx.clearance().actor(), cx.now().saturating_add(WAITS));
    let mut lots = cx.app().waiting().0.lock().unwrap_or_else(PoisonError::into_inner);
    lots.retain(|lot| lot.actor != actor && lot.until > cx.now());
    if lots.len() >= MOST {
        lots.remove(0);
    }
    lots.push(Lot { token: token.clone(), actor, until, files });
    token
}

/// Imports what was held for this person under this word.
///
/// # Errors
/// Absence when it is no longer there, or was somebody else's; those of [`import`].
pub async fn confirm(cx: &Cx, token: &str) -> Result<Outcome> {
    let files = {
        let mut lots = cx.app().waiting().0.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = |lot: &Lot| lot.token == token && lot.actor == cx.clearance().actor() && lot.until > cx.now();
        lots.iter().position(mine).map(|at| lots.remove(at).files)
    };
    import(cx, files.ok_or(store::Error::Absent)?).await
}
