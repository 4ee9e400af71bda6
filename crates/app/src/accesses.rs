//! *Qui a lu*: who opened or wrote a person's record, when, and why it was allowed.

use crate::app::App;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::grounds::Grounds;
use crate::person::{self, Strip};
use domain::governance::measures::Check;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use store::{Access, Accesses};

/// Lines of a list to be handed over, at most; beyond, the list says so.
pub const LONGEST: usize = 5_000;
/// Read at a time.
const PAGE: u32 = 500;
/// A list that takes longer fails its measure, milliseconds.
const SOON_MS: u64 = 60_000;
/// What is kept of the last list: no person, no name.
const LISTED: &str = "listed/last";

/// The whole list of the accesses to a record, to be handed over.
#[derive(Debug)]
pub struct List {
    /// The latest first.
    pub entries: Vec<Access>,
    /// There are older ones.
    pub cut: bool,
}

#[derive(Serialize, Deserialize)]
struct Made {
    at: i64,
    took_ms: u64,
    lines: usize,
}

/// Every access to a person's record, to be handed over to them; that it was made, and how long it took, is kept as proof.
///
/// # Errors
/// As [`of_person`]; absence for whoever sees their own accesses only.
pub async fn list(cx: &Cx, patient: &str) -> Result<(Strip, List)> {
    let began = Instant::now();
    let mut grounds = Grounds::default();
    let (strip, first) = page_of(cx, patient, None, PAGE, &mut grounds).await?;
    if !first.whole {
        return Err(store::Error::Absent.into());
    }
    let (mut entries, mut next) = (first.entries, first.next);
    while let Some(page) = next.take_if(|_| entries.len() < LONGEST) {
        let (_, more) = page_of(cx, patient, Some(page), PAGE, &mut grounds).await?;
        entries.extend(more.entries);
        next = more.next;
    }
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let known = cx.app().store().setting(cx.app().tenant(), LISTED).await?.map_or(0, |paper| paper.version);
    keep(cx, LISTED, known, &Made { at: cx.now(), took_ms, lines: entries.len() }).await?;
    Ok((strip, List { entries, cut: next.is_some() }))
}

/// Kept in the name of the house: whoever looks or lists need not answer for machines, and waits for no proof.
async fn keep(cx: &Cx, name: &str, known: i64, told: &impl Serialize) -> Result<()> {
    let house = crate::charter::house(cx.app());
    let body = serde_json::to_vec(told).map_err(|e| Error::Bug(e.to_string()))?;
    match cx.app().store().keep_paper(&house.call("accesses-proof"), name, known, &body).await {
        Err(store::Error::Conflict(_) | store::Error::Unavailable(_)) => Ok(()),
        kept => Ok(kept?),
    }
}

/// When a list was last made, and whether it took less than a minute.
pub(crate) async fn listed(app: &App) -> Result<Option<Check>> {
    let Some(paper) = app.store().setting(app.tenant(), LISTED).await? else { return Ok(None) };
    let damaged = |_| Error::Store(store::Error::Integrity("a list of accesses does not decode".into()));
    let made: Made = serde_json::from_slice(&paper.body).map_err(damaged)?;
    Ok(Some(Check { at: made.at, ok: made.took_ms <= SOON_MS }))
}

/// One page of the accesses to a person's record, the latest first, under the strip.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of; `Invalid` for a page mark that does not fit.
pub async fn of_person(cx: &Cx, patient: &str, page: Option<String>, count: u32) -> Result<(Strip, Accesses)> {
    page_of(cx, patient, page, count, &mut Grounds::default()).await
}

async fn page_of(
    cx: &Cx,
    patient: &str,
    page: Option<String>,
    count: u32,
    grounds: &mut Grounds,
) -> Result<(Strip, Accesses)> {
    let call = cx.call("accesses");
    let strip = person::look_at_strip(cx, &call, patient).await?;
    let found = cx.app().store().accesses(&call, patient, page, count).await?;
    let (strip, found) = cx.app().store().disclose(&call, strip.zip(found)).await?;
    let (strip, mut found) = (person::make_strip(cx, strip)?, found.ok_or(store::Error::Absent)?);
    for entry in &mut found.entries {
        let of = (strip.resident.patient.person, entry.actor, entry.at);
        grounds.keep(cx.app(), of, &mut entry.why).await?;
    }
    Ok((strip, found))
}
