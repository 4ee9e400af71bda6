//! *Accès en urgence* (break glass): whoever may do so opens a record past what they usually read, up to level 3, for the time that the
//! matrix gives; for level 4 somebody who answers for the record agrees, or nobody answers within two minutes.
//!
//! An opening is a relation like any other: the kernel does the rest. What is kept of it is a paper of the house (numbers and fixed
//! words only); what its opener says of the person is the stated reason of an entry of the journal.

mod desk;
mod review;

pub use desk::waiting;
pub(crate) use review::share;
pub use review::{Saying, Seen, Unfit, answer, mark, recent, register};

use crate::app::App;
use crate::charter::house;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::person::{self, Strip};
use confidentiality::{Categories, Category, Level, Person, Place, RelationKind};
use domain::governance::emergency::{ALONE, Answer, Deep, DeepState, Motive, Opening};
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
    /// The same for what is very sensitive; none when that never opens.
    pub deep_lasts: Option<i64>,
}

/// Where, and for how long, this actor may open what is at this level.
fn allowed(cx: &Cx, place: Place, level: Level) -> Option<(Place, i64)> {
    let glass = cx.app().matrix().measures(level).break_glass?;
    Some((cx.clearance().may_break_glass(place)?, glass.lasts_s * SECOND))
}

/// The record, and the actor's own opening of it.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of, or for whoever opens nothing in an emergency; the store's.
pub async fn look(cx: &Cx, patient: &str) -> Result<Sight> {
    let strip = person::strip(cx, "emergency-page", patient).await?;
    let at = &strip.resident.patient;
    let (_, lasts) = allowed(cx, at.place, Level::Sensitive).ok_or(store::Error::Absent)?;
    let deep_lasts = allowed(cx, at.place, Level::VerySensitive).map(|(_, lasts)| lasts);
    let (_, mut kept) = find(cx.app(), at.person).await?;
    let opening = own(cx, &mut kept).map(|one| one.clone());
    Ok(Sight { opening, lasts, deep_lasts, strip })
}

/// Opens the record up to level 3. The words go to the journal; twice is once.
///
/// # Errors
/// As [`look`]; a conflict when others go on writing.
pub async fn open(cx: &Cx, patient: &str, motive: Motive, words: &str) -> Result<()> {
    let Allowed { person, place, lasts, .. } = permitted(cx, patient, Level::Sensitive, words, "emergency").await?;
    let (id, by, at) = (cx.fresh_id(), cx.clearance().actor(), cx.now());
    let opened = change(cx, person, |kept| {
        let runs = own(cx, kept).is_some();
        if !runs {
            let id = id.clone();
            kept.openings.push(Opening { id, by, place, at, until: at + lasts, motive, deep: None, mark: None });
        }
        Ok(!runs)
    });
    if opened.await? { relate(cx, person, place, (by.value(), Categories::empty(), at + lasts)).await } else { Ok(()) }
}

/// What is allowed.
struct Allowed {
    /// Whose record …
    person: Person,
    /// … and where it is kept.
    kept_at: Place,
    /// Where a relation would stand.
    place: Place,
    /// For how long, microseconds.
    lasts: i64,
}

/// What is allowed at this level, with the stated reason in the journal.
async fn permitted(cx: &Cx, patient: &str, level: Level, words: &str, verb: &str) -> Result<Allowed> {
    let sight = look(cx, patient).await?;
    let (person, kept_at) = (sight.strip.resident.patient.person, sight.strip.resident.patient.place);
    let (place, lasts) = allowed(cx, kept_at, level).ok_or(store::Error::Absent)?;
    person::strip(&cx.because(words), verb, patient).await?;
    Ok(Allowed { person, kept_at, place, lasts })
}

/// What opens: a relation of this subject, on these categories of level 4, until then.
async fn relate(cx: &Cx, person: Person, place: Place, what: (i64, Categories, i64)) -> Result<()> {
    let (app, (subject, categories, ends)) = (cx.app(), what);
    let kind = RelationKind::BreakGlass;
    let relation = NewRelation { subject, person, place, kind, categories, starts: cx.now(), ends };
    Ok(app.store().add_relations(app.tenant(), vec![relation]).await?)
}

/// Ends the actor's own opening, at all levels.
///
/// # Errors
/// As [`look`].
pub async fn close(cx: &Cx, patient: &str) -> Result<()> {
    let (app, actor, now) = (cx.app(), cx.clearance().actor(), cx.now());
    let person = person::strip(cx, "emergency-end", patient).await?.resident.patient.person;
    app.store().end_relations(app.tenant(), actor.value(), person, RelationKind::BreakGlass, now).await?;
    change(cx, person, |kept| {
        if let Some(one) = own(cx, kept) {
            one.until = now;
        }
        Ok(())
    })
    .await
}

/// Asks for what is very sensitive on these subjects: somebody who answers for the record is to agree. Twice is once; after a
/// refusal, it is asked anew.
///
/// # Errors
/// As [`look`]; `Absent` without an opening that runs, or without a subject.
pub async fn ask(cx: &Cx, patient: &str, subjects: Categories) -> Result<()> {
    if subjects.is_empty() {
        return Err(store::Error::Absent.into());
    }
    let words: Vec<&str> = subjects.iter().map(Category::french).collect();
    let allowed = permitted(cx, patient, Level::VerySensitive, &words.join(", "), "emergency-deep").await?;
    let now = cx.now();
    let asked = change(cx, allowed.person, |kept| {
        let one = own(cx, kept).ok_or(store::Error::Absent)?;
        let fresh = !matches!(one.deep_state(now), DeepState::Waiting(_) | DeepState::Open(_));
        if fresh {
            one.deep = Some(Deep::new(now, subjects));
        }
        Ok(fresh)
    });
    if asked.await? { desk::put(cx, allowed.person, allowed.kept_at).await } else { Ok(()) }
}

/// *Danger vital*: opens what was asked for, when nobody has answered for two minutes.
///
/// # Errors
/// As [`ask`]; `Absent` before the two minutes, or when somebody has answered.
pub async fn alone(cx: &Cx, patient: &str) -> Result<()> {
    let allowed = permitted(cx, patient, Level::VerySensitive, "danger vital", "emergency-alone").await?;
    let Allowed { person, place, lasts, .. } = allowed;
    let (by, now) = (cx.clearance().actor(), cx.now());
    let subjects = change(cx, person, |kept| {
        let one = own(cx, kept).ok_or(store::Error::Absent)?;
        let deep = one.deep.as_mut().ok_or(store::Error::Absent)?;
        if deep.answer.is_some() || now < deep.asked + ALONE {
            return Err(store::Error::Absent.into());
        }
        deep.answer = Some(Answer { by, at: now, until: Some(now + lasts) });
        Ok(deep.subjects())
    });
    relate(cx, person, place, (by.value(), subjects.await?, now + lasts)).await
}
