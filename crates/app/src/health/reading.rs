//! One allergy or treatment, with what surrounds it: why it was changed, former versions, readers.

use super::ending::may_undo;
use crate::cx::Cx;
use crate::error::Result;
use crate::explain;
use crate::person::{self, Strip};
use crate::records;
use crate::transmissions::{Readers, about, pointing_at, readers};
use confidentiality::Label;
use domain::care::health::{self, End, Ended, Sheet, Topic};
use store::{Call, Page, Undisclosed, Version};

/// An entry and its surroundings.
#[derive(Debug)]
pub struct Reading {
    /// Who it is about.
    pub strip: Strip,
    /// The entry.
    pub item: Version,
    /// What it says, field by field.
    pub sheet: Sheet,
    /// It says that no allergy is known.
    pub denies: bool,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// Why it has its level.
    pub label: Label,
    /// Why it was changed, the latest first.
    pub origins: Vec<Version>,
    /// Former versions that this reader may see, the latest first.
    pub former: Vec<Version>,
    /// Who may read it.
    pub readers: Vec<Readers>,
    /// The reader may correct it.
    pub may_correct: bool,
    /// The reader may say that it is over.
    pub may_end: bool,
    /// The reader has just said so, and may take it back.
    pub may_undo: bool,
}

/// Reads an entry and its surroundings: one audit entry.
///
/// # Errors
/// `Absent` when there is none that this actor may know of.
pub async fn read(cx: &Cx, topic: Topic, id: &str) -> Result<Reading> {
    let (store, call) = (cx.app().store(), cx.call("health-entry"));
    let item = store.read(&call, topic.kind(), id).await?;
    let found = item.and_read(async |item| look_around(cx, &call, topic, item.as_ref()).await).await?;
    let (item, around) = store.disclose(&call, found).await?;
    let item = records::present(item)?;
    let ((strip, origins), versions) = around.ok_or(store::Error::Absent)?;
    let mut origins = origins.matches;
    origins.sort_by_key(|origin| std::cmp::Reverse(origin.updated));
    let (ended, denies) = (End::of(&item.resource), health::is_denial(&item.resource));
    let mut replaced = versions.iter().filter(|former| former.version + 1 == item.version && !former.deleted);
    let is_undoable = replaced.any(|former| may_undo(cx, &item, former));
    let may_end = ended.is_none() && cx.keeps_health_of(item.person);
    Ok(Reading {
        strip: person::make_strip(cx, strip)?,
        sheet: Sheet::read(&item.resource).ok_or(store::Error::Absent)?,
        label: cx.explain(&item).await?,
        former: versions.into_iter().filter(|version| version.version != item.version && !version.deleted).collect(),
        readers: readers(cx, item.person, &explain::item(&item, Vec::new())).await?,
        may_correct: may_end && !denies,
        may_undo: is_undoable,
        denies,
        ended,
        origins,
        may_end,
        item,
    })
}

type Looks = ((person::Looks, Page), Vec<Version>);

/// Several looks, one audit entry with the entry's own; nothing when there is none, or it is about nobody.
async fn look_around(cx: &Cx, call: &Call, topic: Topic, item: Option<&Version>) -> Result<Option<Undisclosed<Looks>>> {
    let Some(item) = item.filter(|item| !item.deleted) else { return Ok(None) };
    let (Some(id), Some(patient)) = (item.resource.id(), about(item)) else { return Ok(None) };
    let (store, kind) = (cx.app().store(), topic.kind());
    let strip = person::look_at_strip(cx, call, patient).await?;
    let origins = store.search(call, &pointing_at("Provenance", "target", &format!("{}/{id}", kind.name()))?).await?;
    let versions = store.history(call, kind, id).await?;
    Ok(Some(strip.zip(origins).zip(versions)))
}
