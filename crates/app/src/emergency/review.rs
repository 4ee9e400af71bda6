//! Openings in an emergency, for those who answer for records: they agree to what is very sensitive, and look at each opening.

use super::{KIND, change, desk, find, read, relate};
use crate::access_review::{answered_for, residents};
use crate::app::App;
use crate::charter::house;
use crate::cx::Cx;
use crate::error::Result;
use crate::list_requests;
use crate::people::{self, Resident};
use confidentiality::{Level, Person};
use domain::governance::emergency::{LONGEST, Mark, Opening, Told};
use domain::governance::measures::Share;
use std::collections::BTreeSet;
use store::Whom;

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

/// Openings that were looked at and are shown, at most: the journal has all.
const LOOKED_AT: usize = 60;
/// Openings to look at that are shown at once: each is in the journal of what was seen.
const AT_ONCE: usize = 100;

/// What somebody who answers for records sees of openings.
#[derive(Debug)]
pub struct Register {
    /// The latest first: those to look at, and the last ones that were.
    pub openings: Vec<Seen>,
    /// Others are to be looked at once these are.
    pub more: usize,
    /// Whose they are.
    pub residents: Vec<Resident>,
}

/// The openings of records that this actor answers for.
///
/// # Errors
/// `Absent` for whoever answers for no record; the store's.
pub async fn register(cx: &Cx) -> Result<Register> {
    if !cx.clearance().reviews_accesses() {
        return Err(store::Error::Absent.into());
    }
    let mut all = every(cx.app()).await?;
    let own = answered_for(cx, "emergencies", all.iter().map(|one| one.person).collect()).await?;
    all.retain(|one| own.contains(&one.person));
    let (marked, fresh): (Vec<Seen>, Vec<Seen>) = all.into_iter().partition(|one| one.opening.mark.is_some());
    let more = fresh.len().saturating_sub(AT_ONCE);
    // Of those to look at, the oldest first; and what is told above each page.
    let (latest, oldest) = fresh.split_at(more.min(fresh.len()));
    let told = |one: &&Seen| one.opening.went_alone() || one.opening.waits(cx.now());
    let shown = latest.iter().filter(told).chain(oldest).chain(marked.iter().take(LOOKED_AT));
    let mut openings: Vec<Seen> = shown.cloned().collect();
    let residents = residents(cx, "emergencies", openings.iter().map(|one| one.person)).await?;
    let known: BTreeSet<Person> = residents.iter().map(|resident| resident.patient.person).collect();
    openings.retain(|one| known.contains(&one.person));
    Ok(Register { openings, more, residents })
}

/// How many openings by others this actor has to look at, without showing anybody, and whether one has waited too long.
///
/// # Errors
/// As [`register`].
pub async fn waiting_marks(cx: &Cx) -> Result<(usize, bool)> {
    if !cx.clearance().reviews_accesses() {
        return Err(store::Error::Absent.into());
    }
    let mut all = every(cx.app()).await?;
    all.retain(|one| one.opening.mark.is_none() && one.opening.by != cx.clearance().actor());
    let own = answered_for(cx, "emergencies", all.iter().map(|one| one.person).collect()).await?;
    all.retain(|one| own.contains(&one.person));
    Ok((all.len(), all.iter().any(|one| one.opening.due() < cx.now())))
}

/// The openings of the last days of a record, by others, for its référent and those who answer for it; none for anybody else.
///
/// # Errors
/// The store's.
pub async fn recent(cx: &Cx, resident: &Resident) -> Result<Vec<Opening>> {
    let (person, place) = (resident.patient.person, resident.patient.place);
    let clearance = cx.clearance();
    if clearance.is_universal() || !(clearance.answers_for(place) || clearance.is_referent(person)) {
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
    let (person, place) = list_requests::whose(cx, verb, patient).await?;
    if cx.clearance().answers_for(place) { Ok(person) } else { Err(store::Error::Absent.into()) }
}

/// Says whether what was asked for at this instant opens; false when nobody waits for it any more. The one who asked does not say it.
///
/// # Errors
/// `Absent` for whoever does not answer for the record; the store's.
pub async fn answer(cx: &Cx, patient: &str, (id, asked): (&str, i64), yes: bool) -> Result<bool> {
    let (by, at) = (cx.clearance().actor(), cx.now());
    let person = answerable(cx, "emergencies", patient).await?;
    // What they have seen, and not what was asked for since.
    let seen = |one: &Opening| one.id == id && one.deep.last().is_some_and(|deep| deep.asked == asked);
    let waits = |one: &Opening| seen(one) && one.by != by && one.waits(at);
    if !find(cx.app(), person).await?.1.openings.iter().any(waits) {
        return Ok(false);
    }
    answerable(cx, if yes { "emergency-agree" } else { "emergency-refuse" }, patient).await?;
    let glass = cx.app().matrix().measures(Level::VerySensitive).break_glass.ok_or(store::Error::Absent)?;
    let lasts = glass.lasts_s * super::SECOND;
    let opened = change(cx, person, |kept| {
        let Some(one) = kept.openings.iter_mut().find(|one| waits(one)) else { return Ok(None) };
        one.answer(by, at, yes.then_some(lasts));
        Ok(Some(one.clone()))
    });
    let Some(one) = opened.await? else { return Ok(false) };
    if yes {
        relate(cx, person, &one, one.asked(), one.until.min(at + lasts)).await?;
    }
    desk::tidy(cx).await;
    Ok(true)
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
    let (by, at, word) = (cx.clearance().actor(), cx.now(), said.word.trim());
    let person = answerable(cx, "emergencies", patient).await?;
    let unfit = |one: &Opening| match word.chars().count() {
        _ if one.by == by => Some(Unfit::Own),
        0 if !said.justified => Some(Unfit::Wordless),
        long if long > LONGEST => Some(Unfit::TooLong),
        _ if one.went_deep() && said.told.is_none() => Some(Unfit::Untold),
        _ => None,
    };
    let (_, before) = find(cx.app(), person).await?;
    let one = before.openings.iter().find(|one| one.id == id).ok_or(store::Error::Absent)?;
    if let Some(unfit) = unfit(one) {
        return Ok(Err(unfit));
    }
    answerable(cx, "emergency-mark", patient).await?;
    let marked = change(cx, person, |kept| {
        let one = kept.openings.iter_mut().find(|one| one.id == id).ok_or(store::Error::Absent)?;
        if let Some(unfit) = unfit(one) {
            return Ok(Err(unfit));
        }
        let told = said.told.filter(|_| one.went_deep());
        let first = one.mark.as_ref().map_or(at, |before| before.first);
        one.mark = Some(Mark { by, at, first, justified: said.justified, word: word.to_owned(), told });
        Ok(Ok(()))
    });
    let marked = marked.await?;
    desk::tidy(cx).await;
    Ok(marked)
}

/// Of the openings that count, how many were looked at in time or still have some; none as long as there are none.
pub(crate) async fn share(app: &App) -> Result<Option<Share>> {
    let (now, all, house) = (app.now(), every(app).await?, house(app));
    // Nobody can look at the record of somebody who has none any more.
    let (call, mut there) = (house.call("emergencies"), BTreeSet::new());
    let persons: BTreeSet<Person> = all.iter().map(|one| one.person).collect();
    let (patients, _) = people::look(&house, &call, Whom::Anyone, Some(persons.into_iter().collect())).await?;
    drop(patients.retain(|item| there.insert(item.person)));
    let counts = |one: &&Seen| one.opening.mark.is_none() || now - one.opening.latest() < COUNTED;
    let counted: Vec<&Seen> = all.iter().filter(|one| there.contains(&one.person)).filter(counts).collect();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let comply = counted.iter().filter(|one| one.opening.complies(now)).count();
    Ok((!counted.is_empty()).then(|| Share { comply: number(comply), of: number(counted.len()) }))
}
