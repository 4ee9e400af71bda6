//! The outbox, for whoever looks after the machine: what waits, what fails and why, and the dead letters, which wait for a
//! person. It says which program is not reached, never of what it was to be told.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::subscriptions::Failure;
use confidentiality::Actor;
use std::collections::BTreeMap;
use store::{Counts, Sending};

/// Jobs listed at most.
const LISTED: i64 = 200;
/// Longest reason kept, in characters.
const LONGEST: usize = 500;

/// A job that waits, fails, or is a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its number.
    pub number: i64,
    /// The program it is for; empty when its account is gone.
    pub program: String,
    /// Since when there is something to tell (UTC microseconds).
    pub since: i64,
    /// When it is tried next.
    pub due: i64,
    /// Tries that failed.
    pub tries: i64,
    /// Why the last one did.
    pub why: Option<Failure>,
    /// Since when it is a dead letter.
    pub dead: Option<i64>,
}

/// What waits and what has failed, dead letters first: two hundred at most, and how many there are of each state.
///
/// # Errors
/// Absence for whoever does not answer for machines; the store's.
pub async fn list(cx: &Cx) -> Result<(Vec<Letter>, Counts)> {
    let (store, tenant) = (cx.app().store(), cx.app().tenant());
    let (waiting, counts) = store.outbox(&cx.call("outbox"), LISTED).await?;
    let mut names: BTreeMap<Actor, String> = BTreeMap::new();
    let mut letters = Vec::with_capacity(waiting.len());
    for one in waiting {
        let program = match names.get(&one.actor) {
            Some(name) => name.clone(),
            None => {
                let account = store.account(tenant, one.actor).await?;
                names.entry(one.actor).or_insert_with(|| account.map(|one| one.display).unwrap_or_default()).clone()
            }
        };
        let why = Failure::from_code(one.failure);
        let (number, since, due) = (one.subject, one.since, one.due);
        letters.push(Letter { number, program, since, due, tries: one.tries, why, dead: one.dead });
    }
    Ok((letters, counts))
}

/// Has one that failed tried now, a dead letter from its beginning; false when there is none. Audited.
///
/// # Errors
/// As [`list`].
pub async fn try_again(cx: &Cx, number: i64) -> Result<bool> {
    Ok(cx.app().store().try_again(&cx.call("outbox-try-again"), Sending::Notice, number).await?)
}

/// Gives a dead letter up, for a reason: the program will not be told. False when there is none. Audited.
///
/// # Errors
/// `Invalid` without a reason; as [`list`].
pub async fn abandon(cx: &Cx, number: i64, reason: &str) -> Result<bool> {
    let reason: String = reason.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if reason.is_empty() {
        let (fr, en) = ("Dites pourquoi cet envoi est abandonné.", "Say why this is abandoned.");
        return Err(Error::invalid("required", Some("motif".into()), fr, en));
    }
    Ok(cx.app().store().abandon(&cx.because(&reason).call("outbox-abandon"), Sending::Notice, number).await?)
}
