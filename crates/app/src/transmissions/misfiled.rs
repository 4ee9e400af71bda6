//! *Mauvais résident*: what was written in the wrong record goes to the right one, and leaves the wrong one silent.

use super::reading::pointing;
use super::{about, at_least, companion, follow_up, is_own, signature, with};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use confidentiality::Refusal;
use domain::care::transmission::{Note, Signature, moved, moved_follow_up, provenance, withdrawn, withdrawn_companion};
use fhir::json::Value;
use fhir::{Resource, ResourceType};
use store::{Change, Graded, Version, Written};

/// Whether this actor may move this writing: its author, and those who review.
pub fn may_move(cx: &Cx, item: &Version) -> bool {
    is_own(cx, item) || cx.clearance().reviews()
}

/// Writes the transmission anew about `patient`; in the record where it was, only *saisi par erreur* stays, of it and of
/// what accompanied it, and former versions are closed to all but reviewers. Neither record names the other person. All
/// or nothing.
///
/// # Errors
/// `Absent`; `Refused` to whoever neither wrote nor reviews it, and when it was withdrawn already; `Conflict` when it is no
/// longer version `of`; `Invalid` when it already is about `patient`.
pub async fn refile(cx: &Cx, id: &str, of: i64, patient: &str, reason: &str) -> Result<Written> {
    let item = records::read(cx, ResourceType::COMMUNICATION, id).await?;
    if Note::read(&item.resource).withdrawn {
        return Err(store::Error::Refused(Refusal::Withdrawn).into());
    }
    if !may_move(cx, &item) {
        return Err(store::Error::Refused(Refusal::NotAuthor).into());
    }
    let wrong = about(&item).ok_or(store::Error::Absent)?;
    if wrong == patient || !fhir::is_id(patient) {
        let (fr, en) = ("Choisissez une autre personne.", "Choose another person.");
        return Err(Error::invalid("value", Some("Communication.subject".into()), fr, en));
    }
    let call = cx.call("refile-transmission");
    let person = cx.app().store().person_of(&call, patient).await?.ok_or(store::Error::Absent)?;
    let (right, key) = (cx.fresh_id(), cx.fresh_id());
    let (there, here) = (signature(cx, &right, &key), signature(cx, id, &key));
    let mut changes = arrive(&cx.beside(person), &item, patient, &there).await?;
    changes.extend(leave(&cx.beside(item.person), &item, of, &here, reason).await?);
    let written = records::write(cx, "refile-transmission", changes).await?;
    written.into_iter().next().ok_or_else(|| Error::Bug("a write has no outcome".into()))
}

/// In the right record: the words, as grave as they were, their reminder, and where they come from.
async fn arrive(cx: &Cx, item: &Version, patient: &str, by: &Signature<'_>) -> Result<Vec<Change>> {
    let resource = Resource::from_value(moved(&item.resource, patient, by))?;
    let graded = Graded { family: item.family, ..at_least(cx.grade(&resource, kind(item)), item) };
    let origin = provenance(by, &cx.fresh_id(), "CREATE", "Repris d’un autre dossier, où il était par erreur");
    let mut changes = vec![companion(cx, origin, &graded)?];
    for task in follow_up::all(cx, item.resource.id().unwrap_or_default()).await? {
        let status = task.resource.str_at(&["status"]).unwrap_or_default();
        if follow_up::is_open(status) {
            let value = moved_follow_up(&task.resource, patient, &cx.fresh_id(), by);
            changes.push(companion(cx, value, &graded)?);
        }
    }
    changes.insert(0, Change::Create { resource, graded, if_none_exist: None, import: None });
    Ok(changes)
}

/// In the wrong one: nothing of what was said, there nor around it.
async fn leave(cx: &Cx, item: &Version, of: i64, by: &Signature<'_>, reason: &str) -> Result<Vec<Change>> {
    let resource = Resource::from_value(withdrawn(&item.resource))?;
    let graded = cx.grade(&resource, kind(item));
    let mut changes = Vec::new();
    let origins = records::page(cx, "refile-transmission", &pointing("Provenance", "target", by.id)?).await?.matches;
    for around in follow_up::all(cx, by.id).await?.into_iter().chain(origins) {
        let resource = Resource::from_value(withdrawn_companion(&around.resource))?;
        let graded = with(cx.grade(&resource, None), &graded);
        changes.push(Change::Misfile { resource, graded, if_match: Some(around.version) });
    }
    changes.push(companion(cx, provenance(by, &cx.fresh_id(), "NULLIFY", reason), &graded)?);
    changes.push(Change::Misfile { resource, graded, if_match: Some(of) });
    Ok(changes)
}

/// How it was filed, in words.
fn kind(item: &Version) -> Option<&str> {
    item.resource.get(&["category"])?.get(0)?.get("text").and_then(Value::as_str)
}
