//! The register of those who ask who opened a record: when, and when the list was handed over. Whoever reads all accesses to the
//! record keeps it; a paper of the house for each request, with the number of a person and no name.

use crate::access_review::{answered_for, residents};
use crate::charter::house;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::people::Resident;
use confidentiality::{Person, Place};
use domain::governance::list_request::ListRequest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const KIND: &str = "list-request";
/// Requests that are kept in view, at most.
const MOST: i64 = 5_000;

#[derive(Serialize, Deserialize)]
struct Kept {
    person: Person,
    request: ListRequest,
}

/// A request of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// Its version, from 1.
    pub version: i64,
    /// Whose record.
    pub person: Person,
    /// What it says.
    pub request: ListRequest,
}

/// Every request, the oldest first.
async fn every(cx: &Cx) -> Result<Vec<Asked>> {
    let house = house(cx.app());
    let (call, store) = (house.call("list-requests"), cx.app().store());
    let papers = store.disclose(&call, store.papers(&call, KIND, MOST).await?).await?;
    let damaged = |_| Error::Store(store::Error::Integrity("a request does not decode".into()));
    let read = |(name, paper): &(String, store::Paper)| {
        let kept: Kept = serde_json::from_slice(&paper.body).map_err(damaged)?;
        let id = name.split_once('/').map_or(name.as_str(), |(_, id)| id).to_owned();
        Ok(Asked { id, version: paper.version, person: kept.person, request: kept.request })
    };
    let mut all = papers.iter().map(read).collect::<Result<Vec<_>>>()?;
    all.sort_by(|one, other| (one.request.asked, &one.id).cmp(&(other.request.asked, &other.id)));
    Ok(all)
}

/// What the measure rests on; none as long as nobody ever asked.
pub(crate) async fn told(cx: &Cx) -> Result<Vec<ListRequest>> {
    Ok(every(cx).await?.into_iter().map(|asked| asked.request).collect())
}

/// Whether this actor answers such requests: who asks for a list, or represents who does, answers none.
#[must_use]
pub fn answers(cx: &Cx) -> bool {
    cx.clearance().is_universal() || cx.clearance().reviews_accesses() || cx.writes()
}

/// Whose record it is, for who answers, and reads all accesses to it.
async fn person(cx: &Cx, verb: &str, patient: &str) -> Result<Person> {
    if !answers(cx) {
        return Err(store::Error::Absent.into());
    }
    Ok(whose(cx, verb, patient).await?.0)
}

/// The same, and where it is kept.
pub(crate) async fn whose(cx: &Cx, verb: &str, patient: &str) -> Result<(Person, Place)> {
    let (call, store) = (cx.call(verb), cx.app().store());
    let found = store.disclose(&call, store.accesses(&call, patient, None, 1).await?).await?;
    let found = found.filter(|found| found.whole).ok_or(store::Error::Absent)?.patient;
    Ok((found.person, found.place))
}

/// The requests about one person's record, the oldest first.
///
/// # Errors
/// Absence for whoever does not read all accesses to it; the store's.
pub async fn of_person(cx: &Cx, patient: &str) -> Result<Vec<Asked>> {
    let person = person(cx, "list-requests", patient).await?;
    Ok(every(cx).await?.into_iter().filter(|asked| asked.person == person).collect())
}

/// The whole register, as far as this actor answers for the records, with whose they are.
///
/// # Errors
/// Absence for whoever answers for no record; the store's.
pub async fn register(cx: &Cx) -> Result<(Vec<Asked>, Vec<Resident>)> {
    if !cx.clearance().reviews_accesses() {
        return Err(store::Error::Absent.into());
    }
    let mut all = every(cx).await?;
    let residents = residents(cx, "list-requests", all.iter().map(|asked| asked.person)).await?;
    let known: BTreeSet<Person> = residents.iter().map(|resident| resident.patient.person).collect();
    all.retain(|asked| known.contains(&asked.person));
    Ok((all, residents))
}

/// The requests that wait, of persons whose journal this actor reads, without showing anybody.
///
/// # Errors
/// As [`register`].
pub async fn waiting(cx: &Cx) -> Result<Vec<ListRequest>> {
    if !cx.clearance().reviews_accesses() {
        return Err(store::Error::Absent.into());
    }
    let mut all = every(cx).await?;
    all.retain(|asked| asked.request.given.is_none());
    let own = answered_for(cx, "list-requests", all.iter().map(|asked| asked.person).collect()).await?;
    Ok(all.into_iter().filter(|asked| own.contains(&asked.person)).map(|asked| asked.request).collect())
}

/// The id of a request that is being written: sent twice, it is the same.
#[must_use]
pub fn new_id(cx: &Cx) -> String {
    cx.fresh_id()
}

/// Keeps a request after the version `known` (0: the first). The same sent twice is kept once.
///
/// # Errors
/// As [`of_person`]; absence when the request is about somebody else; a conflict when somebody changed it meanwhile.
pub async fn keep(cx: &Cx, patient: &str, (id, known): (&str, i64), request: ListRequest) -> Result<()> {
    let person = person(cx, "list-request", patient).await?;
    let before = every(cx).await?.into_iter().find(|asked| asked.id == id);
    if before.is_some_and(|before| before.person != person) || !fhir::is_id(id) {
        return Err(store::Error::Absent.into());
    }
    let body = serde_json::to_vec(&Kept { person, request }).map_err(|e| Error::Bug(e.to_string()))?;
    let house = house(cx.app());
    crate::measures::keep_once(&house, &house.call("list-request"), &format!("{KIND}/{id}"), known, &body).await
}
