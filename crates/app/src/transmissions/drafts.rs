//! Unfinished writings: their author's only, for 72 hours.

use crate::app::App;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use domain::care::transmission::Sheet;
use fhir::ResourceType;
use std::collections::BTreeSet;
use store::{Hand, Version};

/// Persons named at once.
const MOST: u32 = 100;

/// A writing that was not finished.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Number of its form.
    pub key: String,
    /// What was filled in.
    pub sheet: Sheet,
    /// When it was last kept (UTC microseconds).
    pub updated: i64,
    /// How many times.
    pub revision: i64,
}

/// Keeps a form as it stands.
///
/// # Errors
/// `Absent` for a person this actor may not know of; `Conflict` when another page has kept something newer; `Invalid` when it
/// is too long.
pub async fn keep(cx: &Cx, key: &str, hand: Hand<'_>, sheet: &Sheet) -> Result<()> {
    let body = serde_json::to_vec(sheet).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(cx.app().store().save_draft(&cx.call("draft"), key, &sheet.patient, hand, body).await?)
}

/// The form with this number, if this actor kept it less than 72 h ago.
///
/// # Errors
/// The store's.
pub async fn find(cx: &Cx, key: &str) -> Result<Option<Kept>> {
    let call = cx.call("read-draft");
    let found = cx.app().store().draft(&call, key).await?;
    cx.app().store().disclose(&call, found).await?.map(open).transpose()
}

/// Every form this actor has not finished, the latest first.
///
/// # Errors
/// The store's.
pub async fn all(cx: &Cx) -> Result<Vec<Kept>> {
    let call = cx.call("drafts");
    let found = cx.app().store().drafts(&call).await?;
    cx.app().store().disclose(&call, found).await?.into_iter().map(open).collect()
}

/// The persons whom drafts are about, of those whom this actor may still know of, in one look.
///
/// # Errors
/// The store's.
pub async fn whose(cx: &Cx, drafts: &[Kept]) -> Result<Vec<Version>> {
    let ids: BTreeSet<&str> =
        drafts.iter().map(|draft| draft.sheet.patient.as_str()).filter(|id| fhir::is_id(id)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = ("_id".to_owned(), ids.into_iter().collect::<Vec<_>>().join(","));
    let mut query = fhir::search::parse(ResourceType::PATIENT, &[wanted], true)?;
    query.count = Some(MOST);
    Ok(records::page(cx, "drafts", &query).await?.matches)
}

/// How many there are.
///
/// # Errors
/// The store's.
pub async fn count(cx: &Cx) -> Result<usize> {
    let count = cx.app().store().count_drafts(&cx.call("drafts")).await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Throws a form away; with a `hand`, not what another page has kept since.
///
/// # Errors
/// The store's.
pub async fn forget(cx: &Cx, key: &str, hand: Option<Hand<'_>>) -> Result<()> {
    Ok(cx.app().store().drop_draft(&cx.call("drop-draft"), key, hand).await?)
}

/// Throws away what is older than 72 h; how many.
///
/// # Errors
/// The store's.
pub async fn sweep(app: &App) -> Result<u64> {
    Ok(app.store().sweep_drafts(app.tenant(), app.now()).await?)
}

fn open(draft: store::Draft) -> Result<Kept> {
    let sheet = serde_json::from_slice(&draft.body).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(Kept { key: draft.slot, sheet, updated: draft.updated, revision: draft.revision })
}
