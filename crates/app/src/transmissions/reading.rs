//! One transmission, with what surrounds it: answers, follow-ups, corrections, readers.

use super::preview::{self, Readers};
use super::{UNDO, about, is_own};
use crate::cx::Cx;
use crate::error::Result;
use crate::explain;
use crate::person::{self, Strip};
use crate::records;
use confidentiality::Label;
use domain::care::transmission::Note;
use fhir::search::Query;
use fhir::{Resource, ResourceType};
use store::{Call, Gather, Gathered, Page, Undisclosed, Version, Whom};

const DAY: i64 = 24 * 3_600_000_000;
/// Answers are looked for during this long after the transmission.
const ANSWERED: i64 = 60 * DAY;

/// A transmission and its surroundings.
#[derive(Debug)]
pub struct Reading {
    /// Who it is about.
    pub strip: Strip,
    /// The transmission.
    pub item: Version,
    /// Its parts.
    pub note: Note,
    /// Why it has its level.
    pub label: Label,
    /// Answers, the oldest first.
    pub answers: Vec<Version>,
    /// What has to be looked at again.
    pub follow_ups: Vec<Version>,
    /// Why it was made or changed, the latest first.
    pub origins: Vec<Version>,
    /// Former versions that this reader may see, the latest first.
    pub former: Vec<Version>,
    /// Who has ticked it as read: name and when.
    pub read_by: Vec<(String, i64)>,
    /// The reader has.
    pub read: bool,
    /// Who may read it.
    pub readers: Vec<Readers>,
    /// The reader wrote it.
    pub own: bool,
    /// The reader may still take it back.
    pub may_undo: bool,
}

/// Reads a transmission and its surroundings: one audit entry.
///
/// # Errors
/// `Absent` when there is none that this actor may know of.
pub async fn read(cx: &Cx, id: &str) -> Result<Reading> {
    let (store, call) = (cx.app().store(), cx.call("transmission"));
    let item = store.read(&call, ResourceType::COMMUNICATION, id).await?;
    let found = item.and_read(async |item| look_around(cx, &call, item.as_ref()).await).await?;
    let (item, around) = store.disclose(&call, found).await?;
    let item = records::present(item)?;
    let around = make_around(cx, around.ok_or(store::Error::Absent)?)?;
    let receipts = store.receipts_of(&call, &[item.rid]).await?;
    let names = cx.app().names().await?;
    let me = cx.clearance().actor();
    let receipts = receipts.get(&item.rid).cloned().unwrap_or_default();
    // Who ticked a former version has not read this one.
    let receipts: Vec<_> = receipts.into_iter().filter(|receipt| receipt.version >= item.version).collect();
    let named = receipts.iter().filter_map(|receipt| Some((names.get(&receipt.actor)?.clone(), receipt.at)));
    let own = is_own(cx, &item);
    Ok(Reading {
        note: Note::read(&item.resource),
        label: cx.explain(&item).await?,
        read_by: named.collect(),
        read: own || receipts.iter().any(|receipt| receipt.actor == me),
        readers: preview::readers(cx, item.person, &explain::item(&item, Vec::new())).await?,
        may_undo: own && item.version == 1 && cx.now() - item.updated <= UNDO,
        own,
        strip: around.strip,
        answers: around.answers,
        follow_ups: around.follow_ups,
        origins: around.origins,
        former: around.versions.into_iter().filter(|version| version.version != item.version).collect(),
        item,
    })
}

struct Around {
    strip: Strip,
    answers: Vec<Version>,
    follow_ups: Vec<Version>,
    origins: Vec<Version>,
    versions: Vec<Version>,
}

type Looks = ((((person::Looks, Gathered), Page), Page), Vec<Version>);

/// Several looks, one audit entry with the transmission's own; nothing when there is none, or it is about nobody.
async fn look_around(cx: &Cx, call: &Call, item: Option<&Version>) -> Result<Option<Undisclosed<Looks>>> {
    let Some(item) = item.filter(|item| !item.deleted) else { return Ok(None) };
    let (Some(id), Some(patient)) = (item.resource.id(), about(item)) else { return Ok(None) };
    let store = cx.app().store();
    let strip = person::look_at_strip(cx, call, patient).await?;
    let whom = Whom::Patient(patient.to_owned());
    let kinds = vec![ResourceType::COMMUNICATION];
    let (from, to) = (Some(item.moment), Some(item.moment + ANSWERED));
    let ask = Gather { from, to, ..Gather::plain(whom, kinds, 500) };
    let answers = store.gather(call, &ask).await?.retain(|other| answers(&other.resource, id));
    let follow_ups = store.search(call, &pointing("Task", "focus", id)?).await?;
    let origins = store.search(call, &pointing("Provenance", "target", id)?).await?;
    let versions = store.history(call, ResourceType::COMMUNICATION, id).await?;
    Ok(Some(strip.zip(answers).zip(follow_ups).zip(origins).zip(versions)))
}

fn make_around(cx: &Cx, ((((strip, answers), follow_ups), origins), versions): Looks) -> Result<Around> {
    let mut answers = answers.items;
    answers.sort_by_key(|answer| answer.moment);
    let mut origins = origins.matches;
    origins.sort_by_key(|origin| std::cmp::Reverse(origin.updated));
    let (strip, follow_ups) = (person::make_strip(cx, strip)?, follow_ups.matches);
    Ok(Around { strip, answers, follow_ups, origins, versions })
}

fn answers(other: &Resource, id: &str) -> bool {
    Note::read(other).reply_to.as_deref() == Some(id)
}

/// What of a kind points at this Communication.
pub(super) fn pointing(kind: &str, param: &str, id: &str) -> Result<Query> {
    pointing_at(kind, param, &format!("Communication/{id}"))
}

/// The same of any item, by its reference.
pub(crate) fn pointing_at(kind: &str, param: &str, reference: &str) -> Result<Query> {
    let kind = ResourceType::parse(kind).ok_or_else(|| crate::Error::Bug(format!("{kind} is no type")))?;
    let pair = (param.to_owned(), reference.to_owned());
    Ok(fhir::search::parse(kind, &[pair], true)?)
}
