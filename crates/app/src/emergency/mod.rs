//! *Accès en urgence* (break glass): whoever may do so opens a record past what they usually read, up to level 3, for the time that the
//! matrix gives; for level 4 somebody who answers for the record agrees, or nobody answers within two minutes.
//!
//! An opening is a relation like any other: the kernel does the rest. What is kept of it is a paper of the house (numbers, fixed words,
//! and a word on the opening itself), which goes with the person when they are erased; what its opener says of the person is the
//! stated reason of an entry of the journal.

mod desk;
mod review;

pub use desk::{Desk, waiting};
pub(crate) use review::share;
pub use review::{Saying, Seen, Unfit, answer, mark, recent, register, waiting_marks};

use crate::app::App;
use crate::charter::house;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::person::{self, Strip};
use confidentiality::{Categories, Category, Level, Person, Place, RelationKind};
use domain::governance::emergency::{Deep, DeepState, Motive, Opening};
use serde::{Deserialize, Serialize};
use store::NewRelation;

const KIND: &str = "emergency";
const SECOND: i64 = 1_000_000;
/// Somebody else may write at the same moment: so many times it is tried again.
const TRIES: usize = 5;

/// The openings of one person's record, in the order in which they were made.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Kept {
    openings: Vec<Opening>,
}

fn name(person: Person) -> String {
    format!("{KIND}/{person}")
}

fn read(body: &[u8]) -> Result<Kept> {
    let damaged = |_| Error::Store(store::Error::Integrity("an emergency does not decode".into()));
    serde_json::from_slice(body).map_err(damaged)
}

/// Those of a person, with the version of the paper; 0 as long as there are none.
async fn find(app: &App, person: Person) -> Result<(i64, Kept)> {
    let Some(paper) = app.store().setting(app.tenant(), &name(person)).await? else { return Ok((0, Kept::default())) };
    Ok((paper.version, read(&paper.body)?))
}

/// Changes what is kept of a person, however many do so at once; what `change` says.
async fn change<T>(cx: &Cx, person: Person, change: impl Fn(&mut Kept) -> Result<T>) -> Result<T> {
    let (app, house) = (cx.app(), house(cx.app()));
    for _ in 0..TRIES {
        let (version, mut kept) = find(app, person).await?;
        let before = kept.openings.clone();
        let said = change(&mut kept)?;
        if kept.openings == before {
            return Ok(said);
        }
        let body = serde_json::to_vec(&kept).map_err(|e| Error::Bug(e.to_string()))?;
        match app.store().keep_paper(&house.call(KIND), &name(person), version, &body).await {
            Err(store::Error::Conflict(_)) => {}
            done => return Ok(done.map(|()| said)?),
        }
    }
    Err(store::Error::Conflict(store::Conflict::Overtaken).into())
}

/// The opening of this actor that runs.
fn own<'a>(cx: &Cx, kept: &'a mut Kept) -> Option<&'a mut Opening> {
    let (actor, now) = (cx.clearance().actor(), cx.now());
    kept.openings.iter_mut().rfind(|one| one.by == actor && one.is_open(now))
}

/// A record, as somebody sees it who may open it in an emergency.
#[derive(Debug)]
pub struct Sight {
    /// Whose.
    pub strip: Strip,
    /// Their opening that runs.
    pub opening: Option<Opening>,
    /// How long one lasts, microseconds.
    pub lasts: i64,
    /// Up to which level it opens.
    pub reach: Level,
    /// How long what is very sensitive opens, microseconds; none when it never does.
    pub deep_lasts: Option<i64>,
}

/// Where, and for how long (microseconds), this actor may open what is at this level, of records kept at this place.
fn allowed(cx: &Cx, place: Place, level: Level) -> Option<(Place, i64)> {
    let glass = cx.app().matrix().measures(level).break_glass?;
    let (at, cap) = cx.clearance().may_break_glass(place)?;
    (level <= cap).then_some((at, glass.lasts_s * SECOND))
}

/// The record, and the actor's own opening of it.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of, or for whoever opens nothing in an emergency; the store's.
pub async fn look(cx: &Cx, patient: &str) -> Result<Sight> {
    // Who opens nothing anywhere has looked at nobody.
    if !cx.clearance().breaks_glass() {
        return Err(store::Error::Absent.into());
    }
    let strip = person::strip(cx, "emergency-page", patient).await?;
    let at = &strip.resident.patient;
    // The stricter measures of the two: whoever is in a hurry does not know at which level what they need is.
    let (_, lasts) = allowed(cx, at.place, Level::Standard).ok_or(store::Error::Absent)?;
    let sensitive = allowed(cx, at.place, Level::Sensitive);
    let (lasts, reach) = sensitive.map_or((lasts, Level::Standard), |(_, lasts)| (lasts, Level::Sensitive));
    let deep_lasts = allowed(cx, at.place, Level::VerySensitive).map(|(_, lasts)| lasts);
    let (_, mut kept) = find(cx.app(), at.person).await?;
    // Kept and not opened, when something failed between the two: it is opened again.
    let open = cx.clearance().has_broken_glass(at.person);
    let opening = own(cx, &mut kept).filter(|_| open).map(|one| one.clone());
    if opening.as_ref().is_some_and(|one| one.waits(cx.now())) {
        desk::keep(cx, at.person, at.place).await;
    }
    Ok(Sight { opening, lasts, reach, deep_lasts, strip })
}

impl Sight {
    /// Whose record, where a relation would stand, and where the record is kept.
    fn of(&self, cx: &Cx) -> Result<(Person, Place, Place)> {
        let at = &self.strip.resident.patient;
        let (place, _) = cx.clearance().may_break_glass(at.place).ok_or(store::Error::Absent)?;
        Ok((at.person, place, at.place))
    }
}

/// Opens the record up to level 3. The words go to the journal; twice is once.
///
/// # Errors
/// As [`look`]; a conflict when others go on writing.
pub async fn open(cx: &Cx, patient: &str, motive: Motive, words: &str) -> Result<()> {
    let sight = look(cx, patient).await?;
    let (person, place, _) = sight.of(cx)?;
    let (id, by, at, lasts) = (cx.fresh_id(), cx.clearance().actor(), cx.now(), sight.lasts);
    person::strip(&cx.because(words), "emergency", patient).await?;
    let runs = change(cx, person, |kept| {
        if let Some(runs) = own(cx, kept) {
            return Ok(runs.clone());
        }
        let (id, until) = (id.clone(), at + lasts);
        let one = Opening { id, by, place, at, until, motive, deep: Vec::new(), mark: None };
        kept.openings.push(one.clone());
        Ok(one)
    });
    let runs = runs.await?;
    // Kept and not opened, when something failed between the two: the next click opens it.
    if cx.clearance().has_broken_glass(person) {
        return Ok(());
    }
    relate(cx, person, &runs, Categories::empty(), runs.until).await
}

/// What opens: a relation of whoever made this opening, on these categories of level 4, until then. Unless they have closed it meanwhile:
/// what is kept is looked at again.
async fn relate(cx: &Cx, person: Person, one: &Opening, categories: Categories, ends: i64) -> Result<()> {
    let (app, subject, kind, starts) = (cx.app(), one.by.value(), RelationKind::BreakGlass, cx.now());
    let relation = NewRelation { subject, person, place: one.place, kind, categories, starts, ends };
    app.store().add_relations(app.tenant(), vec![relation]).await?;
    let (_, kept) = find(app, person).await?;
    if kept.openings.iter().any(|other| other.id == one.id && other.until >= ends) {
        return Ok(());
    }
    Ok(app.store().end_relations(app.tenant(), subject, person, kind, starts).await?)
}

/// Ends the actor's own opening, at all levels.
///
/// # Errors
/// As [`look`].
pub async fn close(cx: &Cx, patient: &str) -> Result<()> {
    let (app, actor, now) = (cx.app(), cx.clearance().actor(), cx.now());
    let person = look(cx, patient).await?.strip.resident.patient.person;
    if own(cx, &mut find(app, person).await?.1).is_some() {
        person::strip(cx, "emergency-end", patient).await?;
    }
    let closed = change(cx, person, |kept| {
        if let Some(one) = own(cx, kept) {
            one.until = now;
        }
        Ok(())
    });
    // First what is kept, so that whoever opens more at this moment ends it by themselves; the rest ends even where that fails.
    let kept = closed.await;
    app.store().end_relations(app.tenant(), actor.value(), person, RelationKind::BreakGlass, now).await?;
    kept
}

/// Asks for what is very sensitive on these subjects: somebody who answers for the record is to agree. Twice is once; after a
/// refusal, it is asked anew.
///
/// # Errors
/// As [`look`]; `Absent` without an opening that runs, or without a subject.
pub async fn ask(cx: &Cx, patient: &str, subjects: Categories) -> Result<()> {
    let sight = look(cx, patient).await?;
    let ((person, _, kept_at), now) = (sight.of(cx)?, cx.now());
    let running = sight.opening.filter(|_| sight.deep_lasts.is_some() && !subjects.is_empty());
    let running = running.ok_or(store::Error::Absent)?;
    match running.deep_state(now) {
        DeepState::Open(until) => return mend(cx, person, &running, until).await,
        DeepState::Waiting(_) => return Ok(()),
        DeepState::None | DeepState::Refused(_) | DeepState::Over => {}
    }
    let words: Vec<&str> = subjects.iter().map(Category::french).collect();
    person::strip(&cx.because(&words.join(", ")), "emergency-deep", patient).await?;
    let asked = change(cx, person, |kept| {
        let one = own(cx, kept).ok_or(store::Error::Absent)?;
        if !matches!(one.deep_state(now), DeepState::Waiting(_) | DeepState::Open(_)) {
            // The two minutes begin when somebody can see it, and not when the request began to come in.
            one.deep.push(Deep::new(cx.app().now(), subjects));
        }
        Ok(())
    });
    asked.await?;
    desk::put(cx, person, kept_at).await
}

/// Kept and not opened, when something failed between the two.
async fn mend(cx: &Cx, person: Person, one: &Opening, until: i64) -> Result<()> {
    if one.asked().is_subset(cx.clearance().broken_at_level4(person)) {
        return Ok(());
    }
    relate(cx, person, one, one.asked(), until).await
}

/// *Danger vital*: opens what was asked for, when nobody has answered for two minutes; nothing to do when somebody has just agreed.
///
/// # Errors
/// As [`ask`]; `Absent` before the two minutes, or when it was refused.
pub async fn alone(cx: &Cx, patient: &str) -> Result<()> {
    let sight = look(cx, patient).await?;
    let ((person, _, kept_at), now) = (sight.of(cx)?, cx.now());
    let (running, lasts) = sight.opening.zip(sight.deep_lasts).ok_or(store::Error::Absent)?;
    match running.deep_state(now) {
        DeepState::Open(until) => return mend(cx, person, &running, until).await,
        DeepState::Waiting(from) if from <= now => {}
        _ => return Err(store::Error::Absent.into()),
    }
    person::strip(&cx.because("danger vital"), "emergency-alone", patient).await?;
    let by = cx.clearance().actor();
    let opened = change(cx, person, |kept| {
        let one = own(cx, kept).filter(|one| one.id == running.id).ok_or(store::Error::Absent)?;
        match one.deep_state(now) {
            DeepState::Open(until) => return Ok((one.clone(), until)),
            DeepState::Waiting(from) if from <= now => one.answer(by, now, Some(lasts)),
            _ => return Err(store::Error::Absent.into()),
        }
        Ok((one.clone(), one.until.min(now + lasts)))
    });
    let (one, until) = opened.await?;
    relate(cx, person, &one, one.asked(), until).await?;
    desk::keep(cx, person, kept_at).await;
    Ok(())
}
