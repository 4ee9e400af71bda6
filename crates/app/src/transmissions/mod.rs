//! Targeted transmissions: written once, read by those who have a reason to, corrected without losing anything.
//!
//! The vertical that every later feature copies: the rule is in `domain::care::transmission`, the sequence is here, the page
//! in `server`.

mod drafts;
mod follow_up;
mod misfiled;
mod preview;
mod reading;
mod undo;

pub use drafts::{Kept as KeptDraft, all as drafts, find as draft, forget, keep, sweep};
pub use follow_up::{evaluate, is_open};
pub use misfiled::{may_move, refile};
pub use preview::{Preview, Readers, preview};
pub use reading::{Reading, read};
pub use undo::{UNDO, undo};

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use confidentiality::{Level, Refusal};
use domain::care::function;
use domain::care::transmission::{Signature, Transmission, provenance};
use fhir::search::Query;
use fhir::{Resource, ResourceType};
use serde_json::Value;
use store::{Change, Conflict, Effect, Version, Written};

/// A new form's number: a form sent twice is kept once.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_key() -> Result<String> {
    crate::accounts::random_text()
}

/// Whether a text can be a form's number.
pub fn is_key(text: &str) -> bool {
    (20..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Keeps a transmission, and its follow-up if it has one. The same form sent again changes nothing: what the first one made
/// is the answer.
///
/// # Errors
/// `Absent` for a person, or an answered transmission, that this actor may not know of; `Refused`.
pub async fn write(cx: &Cx, transmission: &Transmission, key: &str) -> Result<Written> {
    let id = cx.fresh_id();
    let by = signature(cx, &id, key);
    // The same answer for a person of another house and for nobody.
    let call = cx.call("write-transmission");
    cx.app().store().person_of(&call, transmission.patient()).await?.ok_or(store::Error::Absent)?;
    let mut answered = Vec::new();
    if let Some(first) = transmission.reply_to() {
        let first = records::read(cx, ResourceType::COMMUNICATION, first).await?;
        if about(&first) != Some(transmission.patient()) {
            return Err(store::Error::Absent.into());
        }
        // An answer is the evaluation that was asked for.
        answered = follow_up::closing(cx, first.resource.id().unwrap_or_default()).await?;
    }
    let resource = Resource::from_value(transmission.to_fhir(&by))?;
    let graded = cx.grade(&resource, Some(by.kind));
    let neutral = graded.label.level > Level::Standard;
    let unless = same_form(ResourceType::COMMUNICATION, &by.token())?;
    let mut changes = vec![Change::Create { resource, graded, if_none_exist: Some(unless), import: None }];
    if let Some(reminder) = transmission.follow_up(&by, &cx.fresh_id(), neutral) {
        let unless = same_form(task()?, &by.follow_up_token())?;
        changes.push(create(cx, reminder, by.kind, Some(unless))?);
    }
    changes.extend(answered);
    match records::write(cx, "write-transmission", changes).await {
        // The same form came first, with its follow-up.
        Err(Error::Store(store::Error::Conflict(Conflict::Overtaken))) => kept(cx, &by.token()).await,
        written => first(written?),
    }
}

/// The transmission that a form has already made.
async fn kept(cx: &Cx, token: &str) -> Result<Written> {
    let query = same_form(ResourceType::COMMUNICATION, token)?;
    let found = records::page(cx, "write-transmission", &query).await?.matches.into_iter().next();
    let found = found.ok_or(store::Error::Conflict(Conflict::Overtaken))?;
    Ok(Written {
        kind: found.resource.kind(),
        id: found.resource.id().unwrap_or_default().to_owned(),
        version: found.version,
        updated: found.updated,
        effect: Effect::Existing,
        person: found.person,
        resource: None,
    })
}

fn first(written: Vec<Written>) -> Result<Written> {
    written.into_iter().next().ok_or_else(|| Error::Bug("a write has no outcome".into()))
}

/// Writes a new version of one's own transmission, with the reason.
///
/// # Errors
/// `Absent`; `Refused` when another wrote it; `Conflict` when it is no longer version `of`.
pub async fn correct(cx: &Cx, id: &str, of: i64, transmission: &Transmission, reason: &str) -> Result<Written> {
    let before = own(cx, id).await?;
    let key = cx.fresh_id();
    let by = signature(cx, id, &key);
    let resource = Resource::from_value(transmission.amend(&before.resource))?;
    let graded = cx.grade(&resource, Some(by.kind));
    let changes = vec![
        Change::Update { resource, graded, if_match: Some(of), upsert: false, import: None },
        create(cx, provenance(&by, &cx.fresh_id(), "UPDATE", reason), by.kind, None)?,
    ];
    first(records::write(cx, "correct-transmission", changes).await?)
}

/// One's own transmission, to be changed.
async fn own(cx: &Cx, id: &str) -> Result<Version> {
    let found = records::read(cx, ResourceType::COMMUNICATION, id).await?;
    if found.author == cx.clearance().actor() {
        Ok(found)
    } else {
        Err(store::Error::Refused(Refusal::NotAuthor).into())
    }
}

fn signature<'a>(cx: &'a Cx, id: &'a str, key: &'a str) -> Signature<'a> {
    Signature {
        id,
        key,
        practitioner: cx.signer().practitioner.as_deref(),
        display: &cx.signer().display,
        at: cx.now(),
        kind: function::kind_of(cx.persona().unwrap_or_default()),
    }
}

fn create(cx: &Cx, value: Value, kind: &str, if_none_exist: Option<Query>) -> Result<Change> {
    let resource = Resource::from_value(value)?;
    let graded = cx.grade(&resource, Some(kind));
    Ok(Change::Create { resource, graded, if_none_exist, import: None })
}

fn task() -> Result<ResourceType> {
    ResourceType::parse("Task").ok_or_else(|| Error::Bug("Task is no type".into()))
}

fn same_form(kind: ResourceType, token: &str) -> Result<Query> {
    Ok(fhir::search::parse(kind, &[("identifier".to_owned(), token.to_owned())], true)?)
}

/// Id of the person a resource is about.
fn about(item: &Version) -> Option<&str> {
    let person =
        item.resource.str_at(&["subject", "reference"]).or_else(|| item.resource.str_at(&["for", "reference"]));
    person.and_then(|reference| reference.strip_prefix("Patient/"))
}
