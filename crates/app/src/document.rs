//! Documents: a Composition with everything it speaks of, as one reader may read it (FHIR R4 §3.3.1).
//!
//! One audit entry for the whole; what this reader may not read is not in it, nor is it said that it exists.

mod draw;

use crate::cx::Cx;
use crate::error::Result;
use crate::person::lasting;
use crate::records::present;
use fhir::{Invalid, Resource, ResourceType, refs};
use std::collections::{BTreeSet, HashSet};
use store::{Call, Gather, Undisclosed, Version, Whom};

/// How far back measures are taken.
const MEASURES: i64 = 90 * 24 * 3_600_000_000;
/// Items of one part, at most.
const MOST: u32 = 500;
/// What is in a document of a person as long as it holds.
const LASTING: [&str; 10] = [
    "AllergyIntolerance",
    "Flag",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "DeviceUseStatement",
    "Consent",
    "CarePlan",
    "Goal",
    "RelatedPerson",
];

/// A document.
#[derive(Debug)]
pub struct Document {
    /// Its Composition; without an id of this server when it was made for this reader.
    pub composition: Resource,
    /// What it refers to, whom it is about first.
    pub parts: Vec<Version>,
}

/// The document of a stored Composition.
///
/// # Errors
/// `Absent`, `Gone`; `Invalid`, `too-costly`, when it refers to more than a thousand resources.
pub async fn of_composition(cx: &Cx, id: &str) -> Result<Document> {
    let (call, store) = (cx.call("document"), cx.app().store());
    let kind = ResourceType::parse("Composition").ok_or_else(|| crate::error::Error::Bug("no Composition".into()))?;
    let found = store.read(&call, kind, id).await?;
    let found = found
        .and_read(async |found: &Option<Version>| match found.as_ref().filter(|found| !found.deleted) {
            Some(found) => store.referred(&call, targets([found].into_iter()), found.person).await.map(Some),
            None => Ok(None),
        })
        .await?;
    let (found, parts) = store.disclose(&call, found).await?;
    let composition = present(found)?.resource;
    let parts = parts.unwrap_or_default();
    Ok(Document { parts: subject_first(&composition, parts), composition })
}

/// A document made for this reader of what holds now about a person: dangers, problems, treatments, wishes, projects,
/// relatives, the last measures.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of; `Invalid`, `too-costly`.
pub async fn of_person(cx: &Cx, patient: &str) -> Result<Document> {
    let (call, store) = (cx.call("document"), cx.app().store());
    let looked = look(cx, &call, patient).await?;
    let looked = looked
        .and_read(async |looked: &Looked| match &looked.patient {
            Some(patient) => {
                let wanted = targets(looked.items.iter().chain([patient]));
                store.referred(&call, wanted, patient.person).await.map(Some)
            }
            None => Ok(None),
        })
        .await?;
    let (Looked { patient, items, cut }, referred) = store.disclose(&call, looked).await?;
    let patient = present(patient)?;
    if cut {
        let (fr, en) = ("Ce document serait trop long.", "This document would be too long.");
        return Err(Invalid::one("too-costly", None, fr, en).into());
    }
    let own: HashSet<_> = items.iter().chain([&patient]).filter_map(key).collect();
    // Round after round, a reference may lead back to what is in it already.
    let others = referred.unwrap_or_default().into_iter().filter(|one| key(one).is_none_or(|key| !own.contains(&key)));
    let others: Vec<Version> = others.collect();
    let level = items.iter().chain(&others).map(|one| one.level).max().unwrap_or(patient.level);
    let composition = draw::composition(cx, &patient.resource, &items, level.max(patient.level))?;
    Ok(Document { composition, parts: [patient].into_iter().chain(items).chain(others).collect() })
}

/// What is found of a person, before anything is shown.
struct Looked {
    patient: Option<Version>,
    items: Vec<Version>,
    cut: bool,
}

/// The person, and what holds now, the last of each measure; whether something had to be left out.
async fn look(cx: &Cx, call: &Call, patient: &str) -> Result<Undisclosed<Looked>> {
    let (store, whom) = (cx.app().store(), Whom::Patient(patient.to_owned()));
    let all = |kinds: &[&str]| Gather { count: false, ..Gather::all(whom.clone(), types(kinds), MOST) };
    let who = store.read(call, ResourceType::PATIENT, patient).await?;
    let holds = lasting(cx, call, &whom, &LASTING).await?;
    let vaccines = store.gather(call, &all(&["Immunization"])).await?.retain(|one| !is_void(one));
    let measures = Gather { from: Some(cx.now() - MEASURES), ..all(&["Observation"]) };
    let mut seen = HashSet::new();
    let measures = store.gather(call, &measures).await?;
    let measures = measures.retain(|one| !is_void(one) && seen.insert(measured(&one.resource)));
    Ok(who.zip(holds).zip(vaccines).zip(measures).map(|(((who, holds), vaccines), measures)| Looked {
        patient: who.filter(|who| !who.deleted),
        cut: holds.more || vaccines.more,
        items: holds.items.into_iter().chain(vaccines.items).chain(measures.items).collect(),
    }))
}

/// Written by mistake, or not done.
fn is_void(item: &Version) -> bool {
    matches!(item.resource.str_at(&["status"]), Some("entered-in-error" | "not-done" | "cancelled"))
}

/// What is measured: one measure of each is enough.
fn measured(resource: &Resource) -> String {
    let coding = resource.get(&["code", "coding"]).and_then(|all| all.get(0));
    let part = |name: &str| coding.and_then(|coding| coding.get(name)?.as_str());
    match (part("system"), part("code")) {
        (system, Some(code)) => format!("{}|{code}", system.unwrap_or_default()),
        _ => resource.str_at(&["code", "text"]).unwrap_or_default().to_owned(),
    }
}

type Key = (ResourceType, String);

fn key(version: &Version) -> Option<Key> {
    Some((version.resource.kind(), version.resource.id()?.to_owned()))
}

/// What these refer to, themselves left out.
fn targets<'a>(from: impl Iterator<Item = &'a Version> + Clone) -> BTreeSet<Key> {
    let mut all = BTreeSet::new();
    for version in from.clone() {
        refs::visit(&version.resource, &mut |_, text| all.extend(refs::local(text)));
    }
    let own: HashSet<Key> = from.filter_map(key).collect();
    all.retain(|target| !own.contains(target));
    all
}

/// Whom a document is about comes right after it.
fn subject_first(composition: &Resource, mut parts: Vec<Version>) -> Vec<Version> {
    let subject = composition.str_at(&["subject", "reference"]).and_then(refs::local);
    parts.sort_by_key(|part| key(part) != subject);
    parts
}

fn types(names: &[&str]) -> Vec<ResourceType> {
    names.iter().filter_map(|name| ResourceType::parse(name)).collect()
}
