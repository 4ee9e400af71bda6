//! Openings in an emergency, for those who answer for records: they agree to what is very sensitive, and look at each opening.

use super::{KIND, change, find, read, relate};
use crate::access_review::residents;
use crate::app::App;
use crate::charter::house;
use crate::cx::Cx;
use crate::error::Result;
use crate::list_requests;
use crate::people::Resident;
use confidentiality::{Level, Person};
use domain::governance::emergency::{Answer, DeepState, LONGEST, Mark, Opening, Told};
use domain::governance::measures::Share;
use std::collections::BTreeSet;

/// Persons with an opening that are kept in view, at most.
const MOST: i64 = 5_000;
/// Openings that count for the measure: those of this time, and older ones that nobody has looked at, microseconds.
const COUNTED: i64 = 31 * 86_400_000_000;
/// Openings shown beside a record, microseconds.
const RECENT: i64 = 7 * 86_400_000_000;

/// An opening, and whose record it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whose.
    pub person: Person,
    /// What is kept of it.
    pub opening: Opening,
}

/// Every opening, the latest first.
async fn every(app: &App) -> Result<Vec<Seen>> {
    let (house, store) = (house(app), app.store());
    let call = house.call("emergencies");
    let papers = store.disclose(&call, store.papers(&call, KIND, MOST).await?).await?;
    let mut all = Vec::new();
    for (name, paper) in papers {
        let number = name.split_once('/').and_then(|(_, number)| number.parse().ok()).unwrap_or_default();
        let person = Person::new(number);
        all.extend(read(&paper.body)?.openings.into_iter().map(|opening| Seen { person, opening }));
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.opening.at));
    Ok(all)
}

/// Every opening of records that this actor answers for, with whose they are.
///
/// # Errors
/// `Absent` for whoever answers for no record; the store's.
pub async fn register(cx: &Cx) -> Result<(Vec<Seen>, Vec<Resident>)> {
    if !cx.clearance().reviews_accesses() {
        return Err(store::Error::Absent.into());
    }
    let mut all = every(cx.app()).await?;
    let residents = residents(cx, "emergencies", all.iter().map(|one| one.person)).await?;
    let known: BTreeSet<Person> = residents.iter().map(|resident| resident.patient.person).collect();
    all.retain(|one| known.contains(&one.person));
    Ok((all, residents))
}

/// The openings of the last days of a record, by others, for its référent and those who answer for it; none for anybody else.
///
/// # Errors
/// The store's.
pub async fn recent(cx: &Cx, resident: &Resident) -> Result<Vec<Opening>> {
    let (person, place) = (resident.patient.person, resident.patient.place);
    let clearance = cx.clearance();
    let answers = clearance.reviews_accesses() && clearance.may_read_journal(person, place);
    if clearance.is_universal() || !(answers || clearance.is_referent(person)) {
        return Ok(Vec::new());
    }
    let (_, kept) = find(cx.app(), person).await?;
    let fresh = |one: &Opening| one.by != clearance.actor() && cx.now() - one.at < RECENT;
    Ok(kept.openings.into_iter().rev().filter(fresh).collect())
}

/// Whose record, for who answers for it: somebody who reads the journal of their own record does not.
async fn answerable(cx: &Cx, verb: &str, patient: &str) -> Result<Person> {
    if !cx.clearance().reviews_accesses() {
        return Err(store::Error::Absent.into());
    }
    list_requests::person(cx, verb, patient).await
}

/// Says whether what is very sensitive opens. The one who asked does not say it.
///
/// # Errors
/// `Absent` when nobody waits for this answer, or for whoever does not answer for the record; the store's.
pub async fn answer(cx: &Cx, patient: &str, id: &str, yes: bool) -> Result<()> {
    let verb = if yes { "emergency-agree" } else { "emergency-refuse" };
    let person = answerable(cx, verb, patient).await?;
    let (by, at) = (cx.clearance().actor(), cx.now());
    let lasts = cx.app().matrix().measures(Level::VerySensitive).break_glass.ok_or(store::Error::Absent)?.lasts_s;
    let until = yes.then_some(at + lasts * super::SECOND);
    let (opener, place, subjects) = change(cx, person, |kept| {
        let one = kept.openings.iter_mut().find(|one| one.id == id).ok_or(store::Error::Absent)?;
        let waits = matches!(one.deep_state(at), DeepState::Waiting(_)) && one.by != by;
        let deep = one.deep.as_mut().filter(|_| waits).ok_or(store::Error::Absent)?;
        deep.answer = Some(Answer { by, at, until });
        Ok((one.by, one.place, deep.subjects()))
    })
    .await?;
    match until {
        Some(until) => relate(cx, person, place, (opener.value(), subjects, until)).await,
        None => Ok(()),
    }
}

/// Why nothing is said of an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Nobody looks at their own.
    Own,
    /// What is to be explained needs a word.
    Wordless,
    /// The word is too long.
    TooLong,
    /// Whether the person was told is not said.
    Untold,
}

/// What is said of an opening.
#[derive(Debug, Clone, Copy)]
pub struct Saying<'a> {
    /// It was justified.
    pub justified: bool,
    /// A word, for what is to be explained.
    pub word: &'a str,
    /// Whether the person was told.
    pub told: Option<Told>,
}

/// Says of an opening that it was justified, or with a word what is to be explained. `Err` inside: why not.
///
/// # Errors
/// `Absent` when there is no such opening, or for whoever does not answer for the record; the store's.
pub async fn mark(cx: &Cx, patient: &str, id: &str, said: Saying<'_>) -> Result<std::result::Result<(), Unfit>> {
    let person = answerable(cx, "emergency-mark", patient).await?;
    let (by, at, word) = (cx.clearance().actor(), cx.now(), said.word.trim());
    change(cx, person, |kept| {
        let one = kept.openings.iter_mut().find(|one| one.id == id).ok_or(store::Error::Absent)?;
        if one.by == by {
            return Ok(Err(Unfit::Own));
        }
        match word.chars().count() {
            0 if !said.justified => return Ok(Err(Unfit::Wordless)),
            long if long > LONGEST => return Ok(Err(Unfit::TooLong)),
            _ if one.went_deep() && said.told.is_none() => return Ok(Err(Unfit::Untold)),
            _ => {}
        }
        let told = said.told.filter(|_| one.went_deep());
        one.mark = Some(Mark { by, at, justified: said.justified, word: word.to_owned(), told });
        Ok(Ok(()))
    })
    .await
}

/// Of the openings that count, how many were looked at in time or still have some; none as long as there are none.
pub(crate) async fn share(app: &App) -> Result<Option<Share>> {
    let (now, all) = (app.now(), every(app).await?);
    let counts = |one: &&Seen| now - one.opening.at < COUNTED || one.opening.mark.is_none();
    let counted: Vec<&Seen> = all.iter().filter(counts).collect();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let comply = counted.iter().filter(|one| one.opening.complies(now)).count();
    Ok((!counted.is_empty()).then(|| Share { comply: number(comply), of: number(counted.len()) }))
}
