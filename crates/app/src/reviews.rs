//! The review of accounts: unit by unit, somebody who answers for accounts keeps or closes each, once a year at least. What is
//! closed closes at once; what is kept may be given an end.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::hiring::end_of;
use confidentiality::Actor;
use domain::governance::measures::Share;
use domain::local_time;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use store::Account;

const KIND: &str = "review";
/// Units that may have been reviewed, at most.
const MOST: i64 = 5_000;
const DAY: i64 = 86_400_000_000;
/// A review counts for a year.
const YEAR: i64 = 366 * DAY;

/// An account, as a review shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its number.
    pub actor: i64,
    /// Its login.
    pub login: String,
    /// Name and function.
    pub display: String,
    /// Functions of its posts here, in French.
    pub functions: Vec<String>,
    /// Last sign-in, UTC microseconds.
    pub last: Option<i64>,
    /// It can be entered with.
    pub open: bool,
    /// The last day it can, when it has one.
    pub until: Option<Date>,
}

/// The accounts of a unit, of a whole place, or of no unit (0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The number of the unit.
    pub number: i64,
    /// What it is called.
    pub name: String,
    /// Where.
    pub place: String,
    /// Its accounts, by name.
    pub held: Vec<Held>,
    /// Its last review.
    pub last: Option<Reviewed>,
    /// Accounts of it that were kept within a year.
    pub kept: usize,
}

/// A review that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Its version, from 1.
    pub version: i64,
    /// When, UTC microseconds.
    pub at: i64,
    /// By whom.
    pub by: Actor,
    /// How many accounts were kept, and how many closed.
    pub counts: (usize, usize),
}

/// What is decided of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It stays, until the end of a day if one is given.
    Keep {
        /// The last day.
        until: Option<Date>,
    },
    /// It closes now.
    Close,
}

/// Why a review is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing was decided of this account.
    Undecided(i64),
    /// This end has passed already.
    Past(i64),
    /// Nobody closes, nor bounds, the account they are using.
    Own(i64),
}

#[derive(Serialize, Deserialize)]
struct Kept {
    lines: Vec<(i64, Decision)>,
}

/// The version, the instant, by whom, and the lines of each unit's newest review.
type Papers = BTreeMap<i64, (i64, i64, Actor, Vec<(i64, Decision)>)>;

async fn papers(cx: &Cx) -> Result<Papers> {
    let (call, store) = (cx.call("reviews"), cx.app().store());
    let found = store.disclose(&call, store.papers(&call, KIND, MOST).await?).await?;
    let damaged = || Error::Store(store::Error::Integrity("a review does not decode".into()));
    let read = |(name, paper): &(String, store::Paper)| {
        let number = name.rsplit('/').next().and_then(|number| number.parse().ok()).ok_or_else(damaged)?;
        let kept: Kept = serde_json::from_slice(&paper.body).map_err(|_| damaged())?;
        Ok((number, (paper.version, paper.at, paper.actor, kept.lines)))
    };
    found.iter().map(read).collect()
}

/// Accounts that were kept by a review within a year.
fn kept(papers: &Papers, now: i64) -> BTreeSet<i64> {
    let recent = papers.values().filter(|(_, at, ..)| now - at < YEAR);
    let lines = recent.flat_map(|(.., lines)| lines);
    lines.filter(|(_, decision)| matches!(decision, Decision::Keep { .. })).map(|(actor, _)| *actor).collect()
}

/// Of these accounts, how many were kept by a review within a year; none when nothing was ever reviewed.
pub(crate) async fn share(cx: &Cx, people: &[Account]) -> Result<Option<Share>> {
    let papers = papers(cx).await?;
    if papers.is_empty() {
        return Ok(None);
    }
    let kept = kept(&papers, cx.now());
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let comply = people.iter().filter(|account| kept.contains(&account.actor)).count();
    Ok(Some(Share { comply: number(comply), of: number(people.len()) }))
}

/// When a review is due again: a year after the last one; none when none was ever closed, and it is due now.
#[must_use]
pub fn due(reviewed: &Reviewed) -> Date {
    local_time::local(reviewed.at + YEAR).date()
}

/// Every unit with its accounts. An account that works in several is in each.
///
/// # Errors
/// Absence for whoever does not answer for accounts; the store's.
pub async fn groups(cx: &Cx) -> Result<Vec<Group>> {
    let (app, papers) = (cx.app(), papers(cx).await?);
    let people = app.store().people_accounts(app.tenant()).await?;
    let signed: BTreeMap<i64, i64> =
        app.store().sign_ins(app.tenant()).await?.into_iter().map(|one| (one.actor, one.last)).collect();
    let mut functions: BTreeMap<(i64, i64), BTreeSet<String>> = BTreeMap::new();
    for post in app.store().all_posts(app.tenant()).await? {
        if cx.now() < post.ends {
            let french = app.matrix().persona(&post.persona.as_str().into()).map(|(row, _)| row.french().to_owned());
            let french = french.unwrap_or_else(|| format!("fonction inconnue ({})", post.persona));
            let from = local_time::local(post.starts).date().strftime("à partir du %d/%m/%Y");
            let later = post.starts > cx.now();
            let own = functions.entry((post.unit, post.actor.value())).or_default();
            own.insert(if later { format!("{french} ({from})") } else { french });
        }
    }
    let placed: BTreeSet<i64> = functions.keys().filter(|(unit, _)| *unit != 0).map(|(_, actor)| *actor).collect();
    let kept = kept(&papers, cx.now());
    let held = |number: i64| -> Vec<Held> {
        let here = |account: &&Account| {
            let own = functions.contains_key(&(number, account.actor));
            own || (number == 0 && !placed.contains(&account.actor))
        };
        let mut held: Vec<Held> = people
            .iter()
            .filter(here)
            .map(|account| Held {
                actor: account.actor,
                login: account.login.clone(),
                display: account.display.clone(),
                functions: functions.get(&(number, account.actor)).into_iter().flatten().cloned().collect(),
                last: signed.get(&account.actor).copied(),
                open: account.is_open(cx.now()),
                until: account.ends.map(|ends| local_time::local(ends - 1).date()),
            })
            .collect();
        held.sort_by(|one, other| one.display.cmp(&other.display));
        held
    };
    let group = |(number, name, place): (i64, String, String)| {
        let held = held(number);
        let count = held.iter().filter(|one| one.open && kept.contains(&one.actor)).count();
        Group { last: papers.get(&number).map(reviewed), number, name, place, held, kept: count }
    };
    Ok(spots(cx).await?.into_iter().map(group).filter(|group| !group.held.is_empty()).collect())
}

fn reviewed((version, at, by, lines): &(i64, i64, Actor, Vec<(i64, Decision)>)) -> Reviewed {
    let closed = lines.iter().filter(|(_, decision)| *decision == Decision::Close).count();
    Reviewed { version: *version, at: *at, by: *by, counts: (lines.len() - closed, closed) }
}

/// Number, name and place of every unit, of every whole place, and of no unit.
async fn spots(cx: &Cx) -> Result<Vec<(i64, String, String)>> {
    let app = cx.app();
    let units = app.store().units(app.tenant()).await?;
    let mut spots = Vec::new();
    for place in app.places().iter() {
        spots.push((store::everybody(place.place), "Tout l’établissement".to_owned(), place.name.clone()));
        let own = units.iter().filter(|unit| unit.place == place.place);
        spots.extend(own.map(|unit| (unit.unit, unit.name.clone(), place.name.clone())));
    }
    spots.push((0, "Sans unité".to_owned(), "Direction, services, proches".to_owned()));
    Ok(spots)
}

/// Closes the review of a unit, after the version `known` (0: the first): something is decided of each of its accounts, what is
/// closed closes now, and is signed out. `Err` inside: what is missing or cannot be. `seen` is the unit as it was when the decisions
/// were taken for good: an account that was opened or closed since is a conflict.
///
/// # Errors
/// As [`groups`]; absence when there is no such unit; a conflict when somebody closed one meanwhile.
pub async fn close(
    cx: &Cx,
    seen: &Group,
    known: i64,
    decide: impl Fn(i64) -> Option<Decision>,
) -> Result<std::result::Result<(), Vec<Unfit>>> {
    let (app, all, number) = (cx.app(), groups(cx).await?, seen.number);
    let group = all.into_iter().find(|group| group.number == number).ok_or(store::Error::Absent)?;
    if group.last.as_ref().map_or(0, |last| last.version) != known {
        return Err(store::Error::Conflict(store::Conflict::Overtaken).into());
    }
    let (mut lines, mut unfit) = (Vec::new(), Vec::new());
    for one in &group.held {
        match decide(one.actor) {
            None => unfit.push(Unfit::Undecided(one.actor)),
            Some(Decision::Keep { until: None }) => lines.push((one.actor, Decision::Keep { until: None })),
            Some(_) if one.actor == cx.clearance().actor().value() => unfit.push(Unfit::Own(one.actor)),
            Some(Decision::Keep { until: Some(until) }) if end_of(until).is_some_and(|end| end <= cx.now()) => {
                unfit.push(Unfit::Past(one.actor))
            }
            Some(decision) => lines.push((one.actor, decision)),
        }
    }
    if !unfit.is_empty() {
        return Ok(Err(unfit));
    }
    let mut changed = Vec::new();
    for (actor, decision) in &lines {
        let found = app.store().account(app.tenant(), Actor::new(*actor)).await?;
        let Some(account) = found else { continue };
        let before = seen.held.iter().find(|one| one.actor == *actor);
        if before.is_some_and(|one| one.open != account.is_open(cx.now())) {
            return Err(store::Error::Conflict(store::Conflict::Overtaken).into());
        }
        let ends = match decision {
            // Nobody changes the end of the account that they are using.
            _ if *actor == cx.clearance().actor().value() => account.ends,
            Decision::Keep { until } => until.and_then(end_of),
            // What was closed before stays closed since then.
            Decision::Close if !account.is_open(cx.now()) => account.ends,
            Decision::Close => Some(cx.now()),
        };
        if ends != account.ends {
            changed.push((account.clone(), Account { ends, ..account }));
        }
    }
    if !changed.is_empty() {
        app.store().change_accounts(&cx.call("accounts-review"), changed, None).await?;
        app.forget_people();
    }
    let body = serde_json::to_vec(&Kept { lines }).map_err(|e| Error::Bug(e.to_string()))?;
    super::measures::keep_once(cx, &cx.call("review-close"), &format!("{KIND}/{number}"), known, &body).await?;
    Ok(Ok(()))
}
