//! Rights of those who are accompanied, counted in their records twice a day. Nobody is shown anything: numbers leave.

use crate::app::App;
use crate::cx::{Cx, Origin};
use crate::error::{Error, Result};
use crate::records;
use confidentiality::{Level, Purpose, RelationKind};
use domain::governance::measures::{Rights, Share};
use domain::local_time;
use fhir::json::Value;
use fhir::search::Query;
use fhir::{Resource, ResourceType};
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use store::Version;

/// How long a count is worth something.
const COUNTED: i64 = 12 * 3_600_000_000;
/// Of one type, no more are gone through: beyond, it is left to people to say.
const MOST: usize = 20_000;
const PAGE: u32 = 1_000;
/// Function of those who represent somebody.
const REPRESENTATIVE: &str = "rep";

/// The last count.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Option<Rights>>);

/// What is counted now.
pub(super) async fn rights(cx: &Cx) -> Result<Rights> {
    let kept = *cx.app().counted().0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(rights) = kept.filter(|rights| (0..COUNTED).contains(&(cx.now() - rights.at))) {
        return Ok(rights);
    }
    let rights = count(cx).await?;
    *cx.app().counted().0.lock().unwrap_or_else(PoisonError::into_inner) = Some(rights);
    Ok(rights)
}

async fn count(cx: &Cx) -> Result<Rights> {
    let app = cx.app();
    let origin = Origin { request: cx.request().to_owned(), ..Origin::default() };
    let all = Cx::operator(app, None, Level::VerySensitive, Purpose::Api, origin);
    let mut rights =
        Rights { at: cx.now(), representatives: Some(representatives(app, cx.now()).await?), ..Rights::default() };
    let today = crate::assets::today(cx);
    let Some(patients) = everything(&all, "Patient").await? else { return Ok(rights) };
    let here: BTreeMap<String, Option<Date>> = patients.iter().filter_map(present).collect();
    if let Some(consents) = everything(&all, "Consent").await? {
        let active: Vec<&Version> =
            consents.iter().filter(|one| one.resource.str_at(&["status"]) == Some("active")).collect();
        let of = |one: &&&Version| person(&one.resource, "patient").is_some_and(|id| here.contains_key(id));
        let mine: Vec<&Version> = active.iter().filter(of).copied().collect();
        rights.protection =
            Some(share(mine.iter().filter(|one| protects(&one.resource)), |one| known(&one.resource, today)));
        rights.consents = Some(share(mine.iter(), |one| stands(&one.resource, today)));
        let told = having(&mine, |words| {
            words.contains("information-donnees") || (words.contains("information") && words.contains("données"))
        });
        rights.informed = Some(share(here.keys(), |id| told.contains(id.as_str())));
        if let Some(relatives) = everything(&all, "RelatedPerson").await? {
            let named: BTreeSet<&str> = relatives
                .iter()
                .filter(|one| is_trusted(&one.resource))
                .filter_map(|one| person(&one.resource, "patient"))
                .collect();
            let asked = having(&mine, |words| {
                words.contains("personne de confiance") || words.contains("personne-de-confiance")
            });
            let adults = here.iter().filter(|(_, born)| born.is_some_and(|born| is_adult(born, today)));
            rights.trusted = Some(share(adults, |(id, _)| named.contains(id.as_str()) || asked.contains(id.as_str())));
        }
    }
    rights.retention = retention(&all, &patients, today).await?;
    Ok(rights)
}

/// All of a type; none when there are too many.
async fn everything(cx: &Cx, kind: &str) -> Result<Option<Vec<Version>>> {
    let kind = ResourceType::parse(kind).ok_or_else(|| Error::Bug(format!("no {kind}")))?;
    let mut query = Query { count: Some(PAGE), ..Query::all(kind) };
    let mut found = Vec::new();
    loop {
        let page = records::page(cx, "count-rights", &query).await?;
        found.extend(page.matches);
        if found.len() > MOST {
            return Ok(None);
        }
        query.page = page.next;
        if query.page.is_none() {
            return Ok(Some(found));
        }
    }
}

fn share<T>(all: impl Iterator<Item = T>, complies: impl Fn(&T) -> bool) -> Share {
    let mut share = Share::default();
    for one in all {
        share.of = share.of.saturating_add(1);
        share.comply = share.comply.saturating_add(u32::from(complies(&one)));
    }
    share
}

/// The id of somebody a reference points at.
fn person<'a>(resource: &'a Resource, field: &str) -> Option<&'a str> {
    resource.str_at(&[field, "reference"])?.strip_prefix("Patient/")
}

/// Somebody who is accompanied, with the day of birth.
fn present(patient: &Version) -> Option<(String, Option<Date>)> {
    let resource = &patient.resource;
    let gone = resource.get(&["active"]).and_then(Value::as_bool) == Some(false)
        || resource.get(&["deceasedDateTime"]).is_some()
        || resource.get(&["deceasedBoolean"]).and_then(Value::as_bool) == Some(true);
    (!gone).then(|| Some((resource.id()?.to_owned(), day(resource, &["birthDate"])))).flatten()
}

/// A day, the first of what is told in part.
fn day(resource: &Resource, path: &[&str]) -> Option<Date> {
    let text = resource.str_at(path)?;
    match text.len() {
        4 => format!("{text}-01-01").parse().ok(),
        7 => format!("{text}-01").parse().ok(),
        _ => local_time::day(text),
    }
}

fn is_adult(born: Date, today: Date) -> bool {
    born.checked_add(18.years()).is_ok_and(|of_age| of_age <= today)
}

/// Everything that concepts say: texts, codes, displays, in small letters.
fn words(value: Option<&Value>) -> String {
    let mut said = String::new();
    let each: Vec<&Value> = match value.and_then(Value::as_array) {
        Some(several) => several.iter().collect(),
        None => value.into_iter().collect(),
    };
    for concept in each {
        let codings = concept.get("coding").and_then(Value::as_array);
        let told = codings.into_iter().flatten().flat_map(|coding| [coding.get("code"), coding.get("display")]);
        for text in [concept.get("text")].into_iter().chain(told).flatten().filter_map(Value::as_str) {
            said.push_str(&text.to_lowercase());
            said.push('\n');
        }
    }
    said
}

/// People with a consent whose category says so.
fn having<'a>(consents: &[&'a Version], says: impl Fn(&str) -> bool) -> BTreeSet<&'a str> {
    let told = consents.iter().filter(|one| says(&words(one.resource.get(&["category"]))));
    told.filter_map(|one| person(&one.resource, "patient")).collect()
}

fn is_trusted(relative: &Resource) -> bool {
    let said = words(relative.get(&["relationship"]));
    said.contains("personne de confiance") || said.contains("personne-de-confiance")
}

fn protects(consent: &Resource) -> bool {
    let said = words(consent.get(&["category"]));
    let kinds = [
        "mesure-protection",
        "tutelle",
        "curatelle",
        "sauvegarde de justice",
        "habilitation familiale",
        "mandat de protection",
    ];
    kinds.iter().any(|kind| said.contains(kind))
}

/// Its end is known and ahead, and what it covers is said: the person, the goods, or all.
fn known(consent: &Resource, today: Date) -> bool {
    let said = words(consent.get(&["category"]));
    let scoped = ["personne", "biens", "générale", "sauvegarde de justice"].iter().any(|word| said.contains(word));
    scoped && day(consent, &["provision", "period", "end"]).is_some_and(|end| end >= today)
}

/// It is dated, and its end, if it has one, is ahead.
fn stands(consent: &Resource, today: Date) -> bool {
    let ended = day(consent, &["provision", "period", "end"]).is_some_and(|end| end < today);
    day(consent, &["dateTime"]).is_some() && !ended
}

/// Twenty years after the last stay, at least to the 28th birthday, at most ten years after a death (art. R. 1112-7 CSP, by
/// analogy): of the records with a stay, those that are younger.
async fn retention(cx: &Cx, patients: &[Version], today: Date) -> Result<Option<Share>> {
    // The last day of each person's stays; today for one that goes on.
    let mut last: BTreeMap<String, Date> = BTreeMap::new();
    for (kind, field) in [("EpisodeOfCare", "patient"), ("Encounter", "subject")] {
        let Some(stays) = everything(cx, kind).await? else { return Ok(None) };
        for stay in stays {
            let resource = &stay.resource;
            let Some(id) = person(resource, field) else { continue };
            let ended = match resource.str_at(&["status"]) {
                Some("finished" | "cancelled" | "entered-in-error") => {
                    day(resource, &["period", "end"]).or_else(|| day(resource, &["period", "start"]))
                }
                _ => Some(day(resource, &["period", "end"]).unwrap_or(today)),
            };
            let Some(ended) = ended else { continue };
            last.entry(id.to_owned()).and_modify(|known| *known = (*known).max(ended)).or_insert(ended);
        }
    }
    let limit = |patient: &Version| {
        let resource = &patient.resource;
        let last = *last.get(resource.id()?)?;
        let after = last.checked_add(20.years()).ok()?;
        let dead = day(resource, &["deceasedDateTime"]).and_then(|death| death.checked_add(10.years()).ok());
        let grown = day(resource, &["birthDate"]).and_then(|born| born.checked_add(28.years()).ok());
        Some(dead.map_or_else(|| grown.map_or(after, |grown| grown.max(after)), |dead| dead.min(after)))
    };
    Ok(Some(share(patients.iter().filter_map(limit), |limit| *limit >= today)))
}

/// Accounts of representatives, and those that open named categories only.
async fn representatives(app: &App, now: i64) -> Result<Share> {
    let posts = app.store().all_posts(app.tenant()).await?;
    let open = posts.iter().filter(|post| post.starts <= now && now < post.ends);
    let actors: BTreeSet<_> = open.filter(|post| post.persona == REPRESENTATIVE).map(|post| post.actor).collect();
    let mut all = Share::default();
    for actor in actors {
        let facts = app.store().actor_facts(app.tenant(), actor, now).await?;
        let mut of_people = facts.relations.iter().filter(|one| one.person.value() != 0);
        let named = of_people.all(|one| one.kind == RelationKind::Grant && one.categories.bits() != 0);
        all.of = all.of.saturating_add(1);
        all.comply = all.comply.saturating_add(u32::from(named));
    }
    Ok(all)
}
