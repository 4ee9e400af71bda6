//! *Admettre une personne*: whom one may know already, then the record and the stay, together or not at all.

use super::{Taken, Unfit, changes, create, is_dead, is_running, update};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::people::{self, Resident};
use crate::transmissions::id_of;
use crate::{lodging, records};
use confidentiality::{Person, Place};
use domain::care::stay::{Admission, Likeness, here, likeness};
use fhir::ResourceType;
use fhir::search::Query;
use std::collections::{BTreeMap, BTreeSet};
use store::{Conflict, Housing, Whom};

/// Somebody known who may be the one who is admitted.
#[derive(Debug)]
pub struct Candidate {
    /// Who.
    pub resident: Resident,
    /// Why; nothing of somebody who is named, and is not like them.
    pub by: Option<Likeness>,
    /// What becomes of them if it is they.
    pub standing: Standing,
}

/// Those who may be the one who is admitted.
#[derive(Debug)]
pub struct Alike {
    /// The named one, then the likeliest.
    pub all: Vec<Candidate>,
    /// There are more persons than were gone through.
    pub cut: bool,
}

/// What becomes of a known person who is admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A stay opens in their record.
    Free,
    /// They are here already.
    Here,
    /// They died.
    Dead,
    /// Their record is that of another establishment, which this one does not share.
    Elsewhere(String),
}

/// Who is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// Somebody unknown here.
    New,
    /// The person of this Patient.
    Known(&'a str),
}

/// Those whom this actor may know of and who may be the one who is admitted, those who left too; and the one who is named, by the id
/// of their Patient, whatever they are like.
///
/// # Errors
/// Absence for whoever does not admit persons at this place; the store's.
pub async fn alike(cx: &Cx, place: Place, new: &Admission, named: Option<&str>) -> Result<Alike> {
    lodging::chosen(cx, Some(place))?;
    let call = cx.call("match");
    let (patients, stays) = people::look(cx, &call, Whom::Anyone, None).await?;
    let mut likely: BTreeMap<Person, Option<Likeness>> = BTreeMap::new();
    let patients = patients.retain(|item| {
        let by = likeness(new, &item.resource);
        let shown = by.is_some() || named.is_some_and(|id| item.resource.id() == Some(id));
        if shown {
            likely.insert(item.person, by);
        }
        shown
    });
    let stays = stays.retain(|item| likely.contains_key(&item.person));
    let found = cx.app().store().disclose(&call, patients.zip(stays)).await?;
    let cut = found.0.more || found.1.more;
    let running: BTreeSet<Person> =
        found.1.items.iter().filter(|item| is_running(item)).map(|item| item.person).collect();
    let mut all: Vec<Candidate> = people::residents(found)
        .into_iter()
        .filter_map(|resident| {
            let by = *likely.get(&resident.patient.person)?;
            let standing = standing(cx, place, &resident, running.contains(&resident.patient.person));
            Some(Candidate { resident, by, standing })
        })
        .collect();
    all.sort_by_key(|one| one.by);
    Ok(Alike { all, cut })
}

fn standing(cx: &Cx, place: Place, resident: &Resident, running: bool) -> Standing {
    let theirs = resident.patient.place;
    if theirs != place {
        let name = cx.app().places().iter().find(|row| row.place == theirs).map(|row| row.name.clone());
        return Standing::Elsewhere(name.unwrap_or_default());
    }
    match running {
        _ if is_dead(&resident.patient) => Standing::Dead,
        true => Standing::Here,
        false => Standing::Free,
    }
}

/// Admits somebody to a unit of a place (0: none): the id of their Patient. The same form, by its key, sent again changes nothing.
///
/// # Errors
/// As [`alike`]; absence for somebody whose record is not of this place; `Conflict::IdTaken` for a form that was sent with other answers.
pub async fn admit(cx: &Cx, place: Place, unit: i64, new: &Admission, key: &str, who: Who<'_>) -> Taken<String> {
    let (place, _) = lodging::chosen(cx, Some(place))?;
    let cx = &cx.at(place);
    if unit != 0 && !lodging::units(cx, place).await?.iter().any(|(number, _)| *number == unit) {
        return Ok(Err(Unfit::Unit));
    }
    if let Some(id) = admitted(cx, new, key, who).await? {
        return Ok(Ok(id));
    }
    match who {
        Who::New => arrive(cx, (place, unit), new, key).await,
        Who::Known(id) => come_back(cx, (place, unit), new, key, id).await,
    }
}

/// The person whom this form has admitted already, when it was sent before with the same answers.
///
/// # Errors
/// `Conflict::IdTaken` when it was sent with others: what they say is not kept; the store's.
pub async fn admitted(cx: &Cx, new: &Admission, key: &str, who: Who<'_>) -> Result<Option<String>> {
    let Some(stay) = records::current(cx, ResourceType::ENCOUNTER, &id_of(cx, key, "sejour")).await? else {
        return Ok(None);
    };
    let reference = stay.resource.str_at(&["subject", "reference"]);
    let id = reference.and_then(|whose| whose.strip_prefix("Patient/")).unwrap_or_default();
    let patient = records::read(cx, ResourceType::PATIENT, id).await?;
    let own = id == id_of(cx, key, "personne");
    let same = match who {
        Who::New => own && new.made(&patient.resource),
        Who::Known(chosen) => !own && id == chosen,
    };
    match same && is_running(&stay) && new.opened(&stay.resource) {
        true => Ok(Some(id.to_owned())),
        false => Err(store::Error::Conflict(Conflict::IdTaken).into()),
    }
}

/// What became of a form: kept, or kept already by another sending of it.
async fn kept(
    cx: &Cx,
    new: &Admission,
    key: &str,
    who: Who<'_>,
    done: store::Result<Vec<store::Written>>,
) -> Taken<String> {
    let lost = match done {
        Ok(_) => {
            let id = match who {
                Who::New => id_of(cx, key, "personne"),
                Who::Known(id) => id.to_owned(),
            };
            return Ok(Ok(id));
        }
        // Somebody was quicker to give that number.
        Err(store::Error::Conflict(Conflict::Overtaken)) => return Ok(Err(Unfit::Number)),
        Err(store::Error::Conflict(lost @ (Conflict::IdTaken | Conflict::Version))) => lost,
        Err(error) => return Err(error.into()),
    };
    if let Some(id) = admitted(cx, new, key, who).await? {
        return Ok(Ok(id));
    }
    match who {
        // Somebody was quicker to admit them.
        Who::Known(id) if changes::stays_of(cx, id).await?.iter().any(is_running) => Ok(Err(Unfit::Here)),
        _ => Err(store::Error::Conflict(lost).into()),
    }
}

async fn arrive(cx: &Cx, (place, unit): (Place, i64), new: &Admission, key: &str) -> Taken<String> {
    let (id, stay) = (id_of(cx, key, "personne"), id_of(cx, key, "sejour"));
    let numbered: Vec<Candidate> = alike(cx, place, new, None)
        .await?
        .all
        .into_iter()
        .filter(|one| one.by == Some(Likeness::Number) && one.resident.id() != id)
        .collect();
    if numbered.iter().any(|one| !matches!(one.standing, Standing::Elsewhere(_))) {
        return Ok(Err(Unfit::Number));
    }
    // Whoever has this number and is hidden from this actor is left to those who may compare the two.
    let unless = if numbered.is_empty() { same_number(new)? } else { None };
    let changes = vec![create(cx, new.patient(&id), unless)?, create(cx, new.encounter(&stay, &id), None)?];
    let done = cx.app().store().lodge(&cx.call("admit"), changes, Housing::In { place, unit }).await;
    kept(cx, new, key, Who::New, done).await
}

/// Whoever has the same national number.
fn same_number(new: &Admission) -> Result<Option<Query>> {
    let Some(ins) = new.ins() else { return Ok(None) };
    let pairs = [("identifier".to_owned(), format!("{}|{}", ins.system().0, ins.value()))];
    let query = fhir::search::parse(ResourceType::PATIENT, &pairs, true);
    query.map(Some).map_err(|_| Error::Bug("the search of a national number does not parse".to_owned()))
}

async fn come_back(cx: &Cx, spot: (Place, i64), new: &Admission, key: &str, patient: &str) -> Taken<String> {
    let (place, unit) = spot;
    let stay = id_of(cx, key, "sejour");
    let known = records::read(cx, ResourceType::PATIENT, patient).await?;
    if known.place != place {
        return Err(store::Error::Absent.into());
    }
    if is_dead(&known) {
        return Ok(Err(Unfit::Dead));
    }
    if changes::stays_of(cx, patient).await?.iter().any(is_running) {
        return Ok(Err(Unfit::Here));
    }
    if lodging::is_ones_own(cx, place, unit).await? {
        return Ok(Err(Unfit::Own));
    }
    // The person is written even where they are here: of two who open a stay at once, one has read what is no longer so.
    let all = vec![create(cx, new.encounter(&stay, patient), None)?, update(cx, &known, here(&known.resource))?];
    let done = cx.app().store().lodge(&cx.call("admit"), all, Housing::In { place, unit }).await;
    kept(cx, new, key, Who::Known(patient), done).await
}
