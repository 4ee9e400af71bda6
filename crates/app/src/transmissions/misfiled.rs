//! *Mauvais résident*: what was written in the wrong record goes to the right one, and leaves the wrong one silent.

use super::reading::pointing;
use super::{about, create, signature};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use confidentiality::Refusal;
use domain::care::transmission::{moved, provenance, withdrawn};
use fhir::{Resource, ResourceType};
use store::{Change, Version, Written};

/// Whether this actor may move this writing: its author, and those who review.
pub fn may_move(cx: &Cx, item: &Version) -> bool {
    item.author == cx.clearance().actor() || cx.clearance().reviews()
}

/// Writes the transmission anew about `patient`; in the record where it was, only *saisi par erreur* stays, and its
/// former versions are closed to all but reviewers. Neither record names the other person. All or nothing.
///
/// # Errors
/// `Absent`; `Refused` to whoever neither wrote nor reviews it; `Conflict` when it is no longer version `of`; `Invalid`
/// when it already is about `patient`.
pub async fn refile(cx: &Cx, id: &str, of: i64, patient: &str, reason: &str) -> Result<Written> {
    let item = records::read(cx, ResourceType::COMMUNICATION, id).await?;
    if !may_move(cx, &item) {
        return Err(store::Error::Refused(Refusal::NotAuthor).into());
    }
    let wrong = about(&item).ok_or(store::Error::Absent)?;
    if wrong == patient || !fhir::is_id(patient) {
        let (fr, en) = ("Choisissez une autre personne.", "Choose another person.");
        return Err(Error::invalid("value", Some("Communication.subject".into()), fr, en));
    }
    records::read(cx, ResourceType::PATIENT, patient).await?;
    let changes = changes(cx, &item, id, of, patient, reason).await?;
    super::first(records::write(cx, "refile-transmission", changes).await?)
}

async fn changes(cx: &Cx, item: &Version, id: &str, of: i64, patient: &str, reason: &str) -> Result<Vec<Change>> {
    let (right, key) = (cx.fresh_id(), cx.fresh_id());
    let (there, here) = (signature(cx, &right, &key), signature(cx, id, &key));
    let kind = item.resource.get(&["category", "0", "text"]).and_then(|text| text.as_str()).unwrap_or(there.kind);
    let empty = Resource::from_value(withdrawn(&item.resource))?;
    let graded = cx.grade(&empty, Some(kind));
    let mut changes = vec![
        create(cx, moved(&item.resource, patient, &there), kind, None)?,
        Change::Misfile { resource: empty, graded, if_match: Some(of) },
        create(
            cx,
            provenance(&there, &cx.fresh_id(), "CREATE", "Repris d’un autre dossier, où il était par erreur"),
            kind,
            None,
        )?,
        create(cx, provenance(&here, &cx.fresh_id(), "NULLIFY", reason), kind, None)?,
    ];
    let tasks = records::page(cx, "refile-transmission", &pointing("Task", "focus", id)?).await?;
    for task in tasks.matches {
        let mut resource = task.resource.clone();
        resource.object_mut().insert("status".into(), "entered-in-error".into());
        let graded = cx.grade(&resource, Some(kind));
        changes.push(Change::Update { resource, graded, if_match: Some(task.version), upsert: false, import: None });
    }
    Ok(changes)
}
