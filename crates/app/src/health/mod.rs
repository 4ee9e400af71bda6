//! Allergies and treatments, kept by those whose function does: written down, corrected, ended, without losing anything.
//!
//! What they may say is in `domain::care::health`; who may is [`confidentiality::Clearance::may_keep_health`], asked here before
//! anything is shown or kept. Reading is by the item, as everywhere.

mod ending;
mod reading;

pub use crate::transmissions::Kept;
pub use ending::{end, undo};
pub use reading::{Reading, read};

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::person::{self, Strip};
use crate::records;
use crate::transmissions::{Preview, at_least, companion, id_of, look_ahead, new_item, signature};
use confidentiality::labeler::{SafetyKind, is_no_allergy, no_allergy};
use confidentiality::{Person, Refusal};
use domain::care::health::{self, Entry, Sheet, Topic};
use domain::local_time;
use fhir::Resource;
use jiff::civil::Date;
use store::{Change, Conflict, Version, Whom, Written};

/// What the journal calls a look at what is noted already.
const LOOK: &str = "health-form";
/// Why *no known allergy* is refuted by the one that is noted.
const YIELDS: &str = "Une allergie vient d’être notée";

/// What a form about this person shows: their strip.
///
/// # Errors
/// `Absent` for a person this actor may not know of; `Refused` to whom neither allergies nor treatments are theirs to keep.
pub async fn desk(cx: &Cx, patient: &str) -> Result<Strip> {
    keeper(cx, patient).await?;
    person::strip(cx, LOOK, patient).await
}

/// What an unfinished form would become, about this person or as a correction of `corrected`; `None` when the actor may not keep it.
///
/// # Errors
/// The store's.
pub async fn preview(cx: &Cx, sheet: &Sheet, patient: &str, corrected: Option<&str>) -> Result<Option<Preview>> {
    let Some(entry) = sheet.guess(today(cx)) else { return Ok(None) };
    let (cx, person) = match keeper(cx, patient).await {
        Ok(found) => found,
        Err(Error::Store(store::Error::Absent | store::Error::Refused(_))) => return Ok(None),
        Err(error) => return Err(error),
    };
    let before = match corrected {
        Some(id) => Some(records::read(&cx, entry.topic().kind(), id).await?),
        None => None,
    };
    let value = match &before {
        Some(before) => entry.amend(&before.resource).ok_or(store::Error::Absent)?,
        None => entry.to_fhir(patient, &signature(&cx, &cx.fresh_id(), "")),
    };
    look_ahead(&cx, person, cx.grade(&Resource::from_value(value)?, None), before.as_ref()).await
}

/// Keeps an entry. The same form sent again changes nothing: what the first one made is the answer. *No known allergy* yields to an
/// allergy, in the same write.
///
/// # Errors
/// `Absent` for a person this actor may not know of; `Refused`; `Conflict::IdTaken` for a form that was kept already with other
/// words, `Conflict::Version` when what yields was changed meanwhile.
pub async fn write(cx: &Cx, entry: &Entry, patient: &str, key: &str) -> Result<Kept> {
    let (cx, person) = keeper(cx, patient).await?;
    let (topic, cx) = (entry.topic(), &cx);
    let id = id_of(cx, key, topic.kind().name());
    let by = signature(cx, &id, key);
    let resource = Resource::from_value(entry.to_fhir(patient, &by))?;
    let graded = cx.grade(&resource, None);
    let item = new_item(cx, person, &graded);
    let mut changes = vec![Change::Create { resource: resource.clone(), graded, if_none_exist: None, import: None }];
    if topic == Topic::Allergy {
        for denial in noted(cx, patient).await?.iter().filter(|item| health::is_denial(&item.resource)) {
            changes.extend(replace(cx, denial, health::refuted_denial(&denial.resource), YIELDS)?);
        }
    }
    let readable = match records::write(cx, "write-health", changes).await {
        Ok(_) => confidentiality::decide(cx.clearance(), &item).decision.is_permit(),
        Err(Error::Store(store::Error::Conflict(Conflict::IdTaken))) => same_words(cx, topic, &id, &resource).await?,
        Err(error) => return Err(error),
    };
    Ok(Kept { id, readable })
}

/// Whether what a form made before can be read; it is an error when it says something else than it says now.
async fn same_words(cx: &Cx, topic: Topic, id: &str, now: &Resource) -> Result<bool> {
    let before = match records::read(cx, topic.kind(), id).await {
        Ok(before) => before,
        Err(Error::Store(store::Error::Absent)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let person = |resource: &Resource| {
        ["patient", "subject"].iter().find_map(|key| resource.str_at(&[key, "reference"])).map(str::to_owned)
    };
    let same = Sheet::read(&before.resource) == Sheet::read(now) && person(&before.resource) == person(now);
    if same || before.version > 1 { Ok(true) } else { Err(store::Error::Conflict(Conflict::IdTaken).into()) }
}

/// Notes that no allergy is known; what says so already is the answer. The id of it.
///
/// # Errors
/// As [`write()`]; `Invalid` when one is noted, or is there and not this actor's to see.
pub async fn deny(cx: &Cx, patient: &str) -> Result<String> {
    let (cx, _) = keeper(cx, patient).await?;
    let (cx, strip) = (&cx, person::strip(&cx, LOOK, patient).await?);
    let is_told = |one: &store::Safety| one.fact.kind == SafetyKind::Allergy && !is_no_allergy(&one.fact.text);
    let is_noted = |item: &Version| !health::denies(&item.resource, |code| no_allergy(code).is_some());
    let unseen = strip.hidden > 0 || strip.unreadable || !strip.sees_allergies;
    if unseen || strip.allergies.iter().any(is_noted) || strip.safety.iter().any(is_told) {
        let fr = "Une allergie est notée, ou quelque chose ne vous est pas affiché : « aucune allergie connue » ne peut pas être noté.";
        return Err(Error::invalid("business-rule", None, fr, "Allergies are noted, or not shown to you."));
    }
    let said = strip.allergies.iter().find(|item| health::is_denial(&item.resource));
    if let Some(id) = said.and_then(|item| item.resource.id()) {
        return Ok(id.to_owned());
    }
    let id = cx.fresh_id();
    let resource = Resource::from_value(health::denial(patient, &signature(cx, &id, "")))?;
    let graded = cx.grade(&resource, None);
    let change = Change::Create { resource, graded, if_none_exist: None, import: None };
    records::write(cx, "deny-allergies", vec![change]).await?;
    Ok(id)
}

/// Writes a new version of what somebody noted, with the reason.
///
/// # Errors
/// `Absent`; `Refused`; `Conflict` when it is no longer version `of`; `Invalid` when it is over, or says that there is none.
pub async fn correct(cx: &Cx, id: &str, of: i64, entry: &Entry, reason: &str) -> Result<Written> {
    let (cx, before) = held(cx, entry.topic(), id, of).await?;
    if health::is_denial(&before.resource) {
        return Err(over());
    }
    let value = entry.amend(&before.resource).ok_or(store::Error::Absent)?;
    first(records::write(&cx, "correct-health", replace(&cx, &before, value, reason)?).await?)
}

/// What this actor may change, in the version that they have seen, and where they accompany the person.
async fn held(cx: &Cx, topic: Topic, id: &str, of: i64) -> Result<(Cx, Version)> {
    let item = records::read(cx, topic.kind(), id).await?;
    allow(cx, item.person)?;
    if item.version != of {
        return Err(store::Error::Conflict(Conflict::Version).into());
    }
    if health::is_over(&item.resource) {
        return Err(over());
    }
    Ok((cx.beside(item.person), item))
}

fn over() -> Error {
    let fr = "Ce qui est terminé ne se corrige plus : notez-le à nouveau s’il le faut.";
    Error::invalid("business-rule", None, fr, "What is over is not corrected any more.")
}

/// A new version, at least as grave as the one it replaces, and why.
fn replace(cx: &Cx, before: &Version, value: fhir::json::Value, reason: &str) -> Result<Vec<Change>> {
    let mut resource = Resource::from_value(value)?;
    // What the server said of the former version is not what came with this one.
    resource.set_server_security(&[]);
    let graded = at_least(cx.grade(&resource, None), before);
    let topic = Topic::of(resource.kind()).ok_or(store::Error::Absent)?;
    let by = signature(cx, before.resource.id().unwrap_or_default(), "");
    let why = companion(cx, health::provenance(topic, &by, &cx.fresh_id(), "UPDATE", reason), &graded)?;
    let if_match = Some(before.version);
    Ok(vec![Change::Update { resource, graded, if_match, upsert: false, import: None }, why])
}

/// Allergies in force, or that there is none, as far as this actor reads.
async fn noted(cx: &Cx, patient: &str) -> Result<Vec<Version>> {
    let call = cx.call(LOOK);
    let kinds = [Topic::Allergy.kind().name()];
    let found = person::lasting(cx, &call, &Whom::Patient(patient.to_owned()), &kinds).await?;
    Ok(cx.app().store().disclose(&call, found).await?.items)
}

/// This actor where they accompany this person, if their allergies and treatments are theirs to keep.
async fn keeper(cx: &Cx, patient: &str) -> Result<(Cx, Person)> {
    let person = cx.app().store().person_of(&cx.call("health"), patient).await?.ok_or(store::Error::Absent)?;
    allow(cx, person)?;
    Ok((cx.beside(person), person))
}

/// The same answer for a person whom one does not accompany and for nobody.
fn allow(cx: &Cx, person: Person) -> Result<()> {
    match cx.clearance().may_keep_health(person) {
        Ok(()) => Ok(()),
        Err(Refusal::NoRelation) => Err(store::Error::Absent.into()),
        Err(refusal) => Err(store::Error::Refused(refusal).into()),
    }
}

fn first(written: Vec<Written>) -> Result<Written> {
    written.into_iter().next().ok_or_else(|| Error::Bug("a write has no outcome".into()))
}

fn today(cx: &Cx) -> Date {
    local_time::local(cx.now()).date()
}
