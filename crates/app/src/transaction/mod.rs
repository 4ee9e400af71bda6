//! `POST /` of a Bundle: a transaction happens whole or not at all, a batch entry by entry (FHIR R4 §3.1.0.11).

mod ask;
mod prepare;
mod settle;

pub use ask::version_of;
pub use prepare::update_matching;

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use ask::{Ask, ask, wrong};
use fhir::bundle::{Bundle, Entry, Kind};
use fhir::search::Query;
use prepare::{Prepared, prepare, refuse};
use settle::settle;
use std::collections::HashMap;
use store::{Conflict, HistoryPage, HistoryQuery, Page, Version, Written};

/// Most entries of one Bundle.
const MOST: usize = 20_000;
/// How often a transaction is prepared again when another writer creates what it would have created.
const ATTEMPTS: usize = 4;

/// What became of one entry.
#[derive(Debug)]
pub enum Outcome {
    /// Written, or already there for a conditional create.
    Written(Box<Written>),
    /// Read.
    Found(Box<Version>),
    /// A history: the address asked for, and its page.
    Versions(String, Box<HistoryQuery>, HistoryPage),
    /// Searched: the address asked for, and its page.
    Searched(String, Box<Query>, Page),
    /// A conditional delete has found nothing.
    Nothing,
    /// Failed; only in a batch.
    Failed(Error),
}

/// Processes a Bundle of type `transaction` or `batch`.
///
/// # Errors
/// `Invalid` with the path of each wrong entry; in a transaction also whatever fails first.
pub async fn process(cx: &Cx, bundle: Bundle) -> Result<(Kind, Vec<Outcome>)> {
    if bundle.entries.len() > MOST {
        let (fr, en) = (format!("Plus de {MOST} entrées."), format!("More than {MOST} entries."));
        return Err(Error::invalid("too-costly", Some("Bundle.entry".into()), fr, en));
    }
    match bundle.kind {
        Kind::Batch => Ok((Kind::Batch, batch(cx, bundle.entries).await)),
        Kind::Transaction => Ok((Kind::Transaction, transaction(cx, bundle.entries).await?)),
        _ => Err(Error::invalid(
            "value",
            Some("Bundle.type".into()),
            "Seuls les types transaction et batch sont traités ici.",
            "Only transaction and batch are processed here.",
        )),
    }
}

async fn batch(cx: &Cx, entries: Vec<Entry>) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(entries.len());
    for entry in entries {
        outcomes.push(single(cx, entry).await.unwrap_or_else(Outcome::Failed));
    }
    outcomes
}

async fn single(cx: &Cx, entry: Entry) -> Result<Outcome> {
    let ask = ask(&entry)?;
    let index = entry.index;
    let sent =
        |entry: Entry| entry.resource.ok_or_else(|| wrong(index, "resource", "La ressource manque.", "No resource."));
    let written = match ask {
        Ask::Create(unless) => records::create(cx, sent(entry)?, unless).await?,
        Ask::Update(id, if_match) => {
            let mut resource = sent(entry)?;
            resource.set_id(&id);
            records::update(cx, resource, if_match).await?
        }
        Ask::UpdateMatching(query) => update_matching(cx, sent(entry)?, query).await?,
        Ask::Patch(kind, id, if_match, patch) => records::patch(cx, kind, &id, &patch, if_match).await?,
        Ask::PatchMatching(query, if_match, patch) => records::patch_matching(cx, &query, &patch, if_match).await?,
        Ask::Delete(kind, id, if_match) => records::delete(cx, kind, &id, if_match).await?,
        Ask::DeleteMatching(query, if_match) => match records::delete_matching(cx, &query, if_match).await? {
            Some(written) => written,
            None => return Ok(Outcome::Nothing),
        },
        read => return look(cx, read, entry.url.unwrap_or_default()).await,
    };
    Ok(Outcome::Written(Box::new(written)))
}

async fn look(cx: &Cx, ask: Ask, url: String) -> Result<Outcome> {
    Ok(match ask {
        Ask::Nothing => Outcome::Nothing,
        Ask::Read(kind, id) => Outcome::Found(Box::new(records::read(cx, kind, &id).await?)),
        Ask::Vread(kind, id, version) => Outcome::Found(Box::new(records::vread(cx, kind, &id, version).await?)),
        Ask::History(query) => {
            let page = crate::history::history(cx, &query).await?;
            Outcome::Versions(url, Box::new(query), page)
        }
        Ask::Search(query) => {
            let page = records::search(cx, &query).await?;
            Outcome::Searched(url, Box::new(query), page)
        }
        _ => return Err(Error::Bug("not a read".into())),
    })
}

async fn transaction(cx: &Cx, entries: Vec<Entry>) -> Result<Vec<Outcome>> {
    let mut asks = Vec::with_capacity(entries.len());
    let mut issues = Vec::new();
    for entry in &entries {
        match ask(entry) {
            Ok(ask) => asks.push(ask),
            Err(Error::Store(store::Error::Invalid(invalid))) => issues.extend(invalid.issues),
            Err(error) => return Err(error),
        }
    }
    refuse(issues)?;
    for _ in 1..ATTEMPTS {
        match attempt(cx, &entries, &asks).await {
            Err(Error::Store(store::Error::Conflict(Conflict::Overtaken))) => {}
            done => return done,
        }
    }
    attempt(cx, &entries, &asks).await
}

async fn attempt(cx: &Cx, entries: &[Entry], asks: &[Ask]) -> Result<Vec<Outcome>> {
    let (entries, asks) = settle(cx, entries, asks).await?;
    let (entries, asks) = (entries.as_ref(), asks.as_ref());
    let mut outcomes: HashMap<usize, Written> = HashMap::new();
    let (mut at, mut changes, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    for one in prepare(cx, entries, asks).await? {
        match one {
            Prepared::Change(index, change) => {
                at.push(index);
                changes.push(*change);
            }
            Prepared::Found(index, version) => drop(outcomes.insert(index, existing(*version))),
            Prepared::Same(index, first) => repeated.push((index, first)),
        }
    }
    refuse_lost_reads(cx, asks, &changes).await?;
    if !changes.is_empty() {
        let written = records::write(cx, "transaction", changes).await?;
        outcomes.extend(at.into_iter().zip(written));
    }
    for (index, first) in repeated {
        let same = outcomes.get(&first).map(|one| Written { effect: store::Effect::Existing, ..one.clone() });
        outcomes.extend(same.map(|same| (index, same)));
    }
    let mut all = Vec::with_capacity(entries.len());
    for (entry, ask) in entries.iter().zip(asks) {
        all.push(match outcomes.remove(&entry.index) {
            Some(written) => Outcome::Written(Box::new(written)),
            // Reads come after the writes, which have been refused already if one of these led nowhere.
            None => look(cx, ask.clone(), entry.url.clone().unwrap_or_default()).await.unwrap_or_else(Outcome::Failed),
        });
    }
    Ok(all)
}

/// A transaction that reads what is not there, and what it does not write, fails before anything is written.
async fn refuse_lost_reads(cx: &Cx, asks: &[Ask], changes: &[store::Change]) -> Result<()> {
    let written: std::collections::HashSet<_> = changes.iter().map(prepare::written).collect();
    for ask in asks {
        if let Ask::Read(kind, id) = ask
            && !written.contains(&(*kind, id.clone()))
            && !cx.app().store().read(&cx.call("read"), *kind, id).await?.is_found()
        {
            return Err(store::Error::Absent.into());
        }
    }
    Ok(())
}

fn existing(version: Version) -> Written {
    Written {
        kind: version.resource.kind(),
        id: version.resource.id().unwrap_or_default().to_owned(),
        version: version.version,
        updated: version.updated,
        effect: store::Effect::Existing,
        person: version.person,
        resource: Some(version.resource),
    }
}
