//! What only reads is tried before anything is written: a transaction that fails leaves nothing behind.

use super::ask::Ask;
use super::batch::surplus;
use super::prepare::{Key, written};
use crate::cx::Cx;
use crate::error::{Error, Result};
use fhir::ResourceType;
use fhir::bundle::Entry;
use std::collections::HashMap;
use store::{Change, HistoryQuery, How};

/// What becomes of the resources that the transaction writes: whether each is still there afterwards.
type After = HashMap<Key, bool>;

/// Tries every read as it will be once the changes are made. Nothing of what is read leaves.
///
/// # Errors
/// Those of the first read that would fail; `Invalid`, `too-costly`, when the answer would be too long.
pub(super) async fn rehearse(cx: &Cx, entries: &[Entry], asks: &[Ask], changes: &[(Change, How)]) -> Result<()> {
    let stays = |change: &Change| !matches!(change, Change::Delete { .. });
    let after: After = changes.iter().map(|(change, _)| (written(change), stays(change))).collect();
    let mut shown = 0;
    for (entry, ask) in entries.iter().zip(asks) {
        shown += one(cx, ask, &after).await.map_err(|error| within(entry.index, error))?;
        if let Some(error) = surplus(shown) {
            return Err(error);
        }
    }
    Ok(())
}

/// How many resources a read shows.
async fn one(cx: &Cx, ask: &Ask, after: &After) -> Result<usize> {
    match ask {
        Ask::Read(kind, id) => match after.get(&(*kind, id.clone())) {
            Some(true) => Ok(1),
            Some(false) => Err(store::Error::Gone(0).into()),
            None => stored(cx, *kind, id).await.map(|()| 1),
        },
        Ask::Vread(kind, id, version) => vread(cx, *kind, id, *version, after).await.map(|()| 1),
        Ask::History(query) => history(cx, query, after).await,
        Ask::Search(query) => Ok(cx.app().store().search(&cx.call("search"), query).await?.len()),
        _ => Ok(0),
    }
}

async fn stored(cx: &Cx, kind: ResourceType, id: &str) -> Result<()> {
    let found = cx.app().store().read(&cx.call("read"), kind, id).await?;
    if !found.is_found() {
        return Err(store::Error::Absent.into());
    }
    let live = found.map(|found| found.filter(|found| !found.deleted));
    if live.is_found() { Ok(()) } else { Err(store::Error::Gone(0).into()) }
}

/// A version that is there, or the one that the transaction makes.
async fn vread(cx: &Cx, kind: ResourceType, id: &str, version: i64, after: &After) -> Result<()> {
    let (call, store) = (cx.call("vread"), cx.app().store());
    let found = store.vread(&call, kind, id, version).await?;
    if found.is_found() {
        let live = found.map(|found| found.filter(|found| !found.deleted));
        return if live.is_found() { Ok(()) } else { Err(store::Error::Gone(0).into()) };
    }
    let stays = after.get(&(kind, id.to_owned())).ok_or(store::Error::Absent)?;
    let current = store.read(&call, kind, id).await?;
    let next = if current.is_found() {
        current.map(|found| found.filter(|found| found.version + 1 == version)).is_found()
    } else {
        version == 1
    };
    match (next, stays) {
        (true, true) => Ok(()),
        (true, false) => Err(store::Error::Gone(0).into()),
        (false, _) => Err(store::Error::Absent.into()),
    }
}

async fn history(cx: &Cx, query: &HistoryQuery, after: &After) -> Result<usize> {
    let (call, store) = (cx.call("history"), cx.app().store());
    if let (Some(kind), Some(id)) = (query.kind, &query.id)
        && !store.read(&call, kind, id).await?.is_found()
        // What is created has a history; what is not there and is deleted has none.
        && after.get(&(kind, id.clone())) != Some(&true)
    {
        return Err(store::Error::Absent.into());
    }
    Ok(store.history_page(&call, query).await?.len())
}

/// What is wrong with a search is wrong with its address; what leads nowhere says which entry it is.
fn within(index: usize, error: Error) -> Error {
    match error {
        Error::Store(store::Error::Invalid(invalid)) => {
            fhir::bundle::within(&format!("Bundle.entry[{index}].request"), invalid).into()
        }
        other => other.of_entry(index),
    }
}
