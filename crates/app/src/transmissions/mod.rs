//! Targeted transmissions: written once, read by those who have a reason to, corrected without losing anything.
//!
//! The vertical that every later feature copies: the rule is in `domain::care::transmission`, the sequence is here, the page
//! in `server`.

mod desk;
mod drafts;
mod follow_up;
mod misfiled;
mod preview;
mod reading;
mod undo;

pub use desk::{Desk, desk};
pub use drafts::{Kept as KeptDraft, all as drafts, count as count_drafts, find as draft, forget, keep, sweep, whose};
pub(crate) use follow_up::OPEN;
pub use follow_up::{evaluate, is_open};
pub use misfiled::{may_move, refile};
pub use preview::{Preview, Readers, preview};
pub(crate) use preview::{look as look_ahead, new_item, readers};
pub(crate) use reading::pointing_at;
pub use reading::{Reading, read};
pub use undo::{UNDO, undo};

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::grade::keep_up;
use crate::records;
use aws_lc_rs::digest::{SHA256, digest};
use confidentiality::Refusal;
use domain::care::function;
use domain::care::transmission::{Note, Signature, Transmission, provenance};
use fhir::{Resource, ResourceType};
use serde_json::Value;
use store::{Change, Conflict, Graded, Version, Written};

/// What became of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Id of the transmission.
    pub id: String,
    /// The writer can read it back now: not before confirming who they are, when it is very sensitive.
    pub readable: bool,
}

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

/// The id that a form of this actor gives: the same each time it is sent, whoever can read what it made.
pub(crate) fn id_of(cx: &Cx, key: &str, part: &str) -> String {
    let text = format!("socle form {} {} {key} {part}", cx.app().tenant(), cx.clearance().actor());
    let mut bytes = [0_u8; 16];
    for (byte, from) in bytes.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()) {
        *byte = *from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// Keeps a transmission, and its follow-up if it has one. The same form sent again changes nothing: what the first one made
/// is the answer.
///
/// # Errors
/// `Absent` for a person, or an answered transmission, that this actor may not know of; `Gone` when what is answered was taken
/// back, `Refused` when it was in the wrong record; `Conflict::IdTaken` for a
/// form that was kept already with other words or about another person.
pub async fn write(cx: &Cx, transmission: &Transmission, key: &str) -> Result<Kept> {
    // The same answer for a person of another house and for nobody.
    let call = cx.call("write-transmission");
    let person = cx.app().store().person_of(&call, transmission.patient()).await?.ok_or(store::Error::Absent)?;
    let cx = &cx.beside(person);
    let id = id_of(cx, key, "transmission");
    let by = signature(cx, &id, key);
    let mut answered = Vec::new();
    if let Some(first) = transmission.reply_to() {
        let first = records::read(cx, ResourceType::COMMUNICATION, first).await?;
        if about(&first) != Some(transmission.patient()) {
            return Err(store::Error::Absent.into());
        }
        // Moved meanwhile: the answer may be about somebody else.
        if Note::read(&first.resource).withdrawn {
            return Err(store::Error::Refused(Refusal::Withdrawn).into());
        }
        // An answer is the evaluation that was asked for.
        answered = follow_up::closing(cx, first.resource.id().unwrap_or_default()).await?;
    }
    let resource = Resource::from_value(transmission.to_fhir(&by))?;
    let graded = cx.grade(&resource, Some(by.kind));
    let item = new_item(cx, person, &graded);
    let mut changes = Vec::new();
    if let Some(reminder) = transmission.follow_up(&by, &id_of(cx, key, "suivi")) {
        changes.push(companion(cx, reminder, &graded)?);
    }
    changes.insert(0, Change::Create { resource: resource.clone(), graded, if_none_exist: None, import: None });
    changes.extend(answered);
    let readable = match records::write(cx, "write-transmission", changes).await {
        Ok(_) => confidentiality::decide(cx.clearance(), &item).decision.is_permit(),
        Err(Error::Store(store::Error::Conflict(Conflict::IdTaken))) => {
            same_words(cx, &id, &resource).await?;
            records::read(cx, ResourceType::COMMUNICATION, &id).await.is_ok()
        }
        Err(error) => return Err(error),
    };
    Ok(Kept { id, readable })
}

/// What a form made before says what it says now. What cannot be read back cannot be compared: it was kept.
async fn same_words(cx: &Cx, id: &str, now: &Resource) -> Result<()> {
    let before = match records::read(cx, ResourceType::COMMUNICATION, id).await {
        Ok(before) => before,
        Err(Error::Store(store::Error::Absent)) => return Ok(()),
        // Taken back since: its number is spent, the words are not kept.
        Err(Error::Store(store::Error::Gone(_))) => return Err(store::Error::Conflict(Conflict::IdTaken).into()),
        Err(error) => return Err(error),
    };
    let person = |resource: &Resource| resource.str_at(&["subject", "reference"]).map(str::to_owned);
    let corrected = before.version > 1;
    let same = Note::read(&before.resource) == Note::read(now) && person(&before.resource) == person(now);
    if same || corrected { Ok(()) } else { Err(store::Error::Conflict(Conflict::IdTaken).into()) }
}

/// Writes a new version of one's own transmission, with the reason; none when it would say the same: everybody would have to
/// read it again.
///
/// # Errors
/// `Absent`; `Refused` when another wrote it, or when it was withdrawn; `Conflict` when it is no longer version `of`.
pub async fn correct(cx: &Cx, id: &str, of: i64, transmission: &Transmission, reason: &str) -> Result<Option<Written>> {
    let before = own(cx, id).await?;
    let cx = &cx.beside(before.person);
    let key = cx.fresh_id();
    let by = signature(cx, id, &key);
    let mut resource = Resource::from_value(transmission.amend(&before.resource))?;
    if Note::read(&resource) == Note::read(&before.resource) {
        return Ok(None);
    }
    // What the server said of the former version is not what came with this one.
    resource.set_server_security(&[]);
    let graded = at_least(cx.grade(&resource, Some(by.kind)), &before);
    let mut changes = vec![companion(cx, provenance(&by, &cx.fresh_id(), "UPDATE", reason), &graded)?];
    // What reminds of it is as grave as it has become.
    for task in follow_up::all(cx, id).await? {
        let resource = task.resource.clone();
        let graded = with(cx.grade(&resource, None), &graded);
        changes.push(Change::Update { resource, graded, if_match: Some(task.version), upsert: false, import: None });
    }
    changes.insert(0, Change::Update { resource, graded, if_match: Some(of), upsert: false, import: None });
    let written = records::write(cx, "correct-transmission", changes).await?;
    written.into_iter().next().map(Some).ok_or_else(|| Error::Bug("a write has no outcome".into()))
}

/// One's own transmission, to be changed.
async fn own(cx: &Cx, id: &str) -> Result<Version> {
    let found = records::read(cx, ResourceType::COMMUNICATION, id).await?;
    let refused = if !is_own(cx, &found) {
        Refusal::NotAuthor
    } else if Note::read(&found.resource).withdrawn {
        Refusal::Withdrawn
    } else {
        return Ok(found);
    };
    Err(store::Error::Refused(refused).into())
}

/// Whether this actor wrote it: who moved it to the right record did not.
fn is_own(cx: &Cx, item: &Version) -> bool {
    let sender = item.resource.str_at(&["sender", "reference"]).and_then(|who| who.strip_prefix("Practitioner/"));
    match (sender, cx.signer().practitioner.as_deref()) {
        (Some(sender), Some(me)) => sender == me,
        _ => item.author == cx.clearance().actor(),
    }
}

pub(crate) fn signature<'a>(cx: &'a Cx, id: &'a str, key: &'a str) -> Signature<'a> {
    Signature {
        id,
        key,
        practitioner: cx.signer().practitioner.as_deref(),
        display: &cx.signer().display,
        at: cx.now(),
        kind: function::kind_of(cx.persona().unwrap_or_default()),
    }
}

/// What accompanies an item (its reminder, why it was changed) is read by those who read the item, and no one else.
pub(crate) fn companion(cx: &Cx, value: Value, of: &Graded) -> Result<Change> {
    let resource = Resource::from_value(value)?;
    let graded = with(cx.grade(&resource, None), of);
    Ok(Change::Create { resource, graded, if_none_exist: None, import: None })
}

/// At least as grave as `of`, and filed with it.
fn with(mut graded: Graded, of: &Graded) -> Graded {
    graded.label = graded.label.join(of.label.clone());
    graded.mask = graded.mask.union(of.mask);
    Graded { family: of.family, place: of.place, ..graded }
}

/// At least as grave as what is kept already.
pub(crate) fn at_least(mut graded: Graded, item: &Version) -> Graded {
    keep_up(&mut graded.label, item.level, item.categories);
    graded.mask = graded.mask.union(item.mask);
    graded
}

/// Id of the person a resource is about.
pub(crate) fn about(item: &Version) -> Option<&str> {
    let person = ["subject", "patient", "for"].iter().find_map(|key| item.resource.str_at(&[key, "reference"]));
    person.and_then(|reference| reference.strip_prefix("Patient/"))
}
