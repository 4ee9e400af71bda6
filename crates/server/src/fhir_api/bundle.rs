//! `transaction` and `batch`.

mod entry;
mod operation;

use super::{Ask, answer, unknown};
use crate::trouble::{Doing, Trouble};
use app::transaction;
use axum::http::StatusCode;
use axum::response::Response;
use entry::Wanted;
use fhir::bundle::{self, Builder, Entry, Kind};
use fhir::refs::{self, Reference};
use fhir::{Invalid, Resource, ResourceType};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

pub(crate) async fn process(ask: &Ask, resource: Resource) -> Result<Response, Trouble> {
    let bad = |invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid);
    unknown::of_write(ask, None)?;
    if resource.kind() != ResourceType::BUNDLE {
        let (fr, en) = ("Un Bundle était attendu.", "A Bundle was expected.");
        return Err(bad(Invalid::one("value", Some("resourceType".to_owned()), fr, en)));
    }
    let (kind, mut entries) = fhir::envelope::sent(&resource).map_err(bad)?;
    drop(resource);
    transaction::bounded(entries.len()).map_err(|error| ask.trouble(error, Doing::Read))?;
    localize(ask, &mut entries);
    match kind {
        Kind::Batch => Ok(batch(ask, entries).await),
        Kind::Transaction => whole(ask, bundle::all(entries).map_err(bad)?).await,
        _ => {
            let (fr, en) = ("Seuls les types transaction et batch sont traités ici.", "Only transaction and batch.");
            Err(bad(Invalid::one("value", Some("Bundle.type".to_owned()), fr, en)))
        }
    }
}

async fn whole(ask: &Ask, entries: Vec<Entry>) -> Result<Response, Trouble> {
    let (asked, entries): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(operation::is);
    let wanted: Vec<Wanted> = entries.iter().map(Wanted::of).collect();
    let reads = wanted.iter().all(|one| one.doing() == Doing::Read);
    let write = Doing::Write { if_match: wanted.iter().any(Wanted::if_match) };
    let any = if reads { Doing::Read } else { write };
    let all = transaction::All::read(&ask.cx, entries, ask.prefer.strict)
        .await
        .map_err(|error| ask.trouble(error, Doing::Read))?;
    // Tried before anything is written; asked again afterwards, of what has been written.
    let mut answers: BTreeMap<usize, Value> = BTreeMap::new();
    for entry in &asked {
        answers.insert(entry.index, operation::read(ask, entry).await?);
    }
    let places: Vec<usize> = all.places().collect();
    let failed = |error| {
        let doing = if asked_wrongly(&error) { Doing::Read } else { any };
        ask.trouble(error, doing)
    };
    let outcomes = transaction::process(&ask.cx, &all).await.map_err(failed)?;
    for entry in asked.iter().filter(|_| !reads) {
        let again = operation::read(ask, entry).await;
        answers.insert(entry.index, again.unwrap_or_else(|trouble| entry::failed(&trouble, &ask.request)));
    }
    let told = outcomes.into_iter().zip(wanted).map(|(outcome, wanted)| entry::of(ask, outcome, &wanted));
    answers.extend(places.into_iter().zip(told));
    let mut answer = Builder::default();
    answers.into_values().for_each(|one| answer.entry(one));
    Ok(answer::json(StatusCode::OK, fhir::json::to_vec(&answer.build("transaction-response"))))
}

/// Whether all that is wrong is what entries ask for, not what they send.
fn asked_wrongly(error: &app::Error) -> bool {
    let of_request = |path: &String| path.split_once("].").is_some_and(|(_, rest)| rest.starts_with("request"));
    matches!(error, app::Error::Store(app::StoreError::Invalid(invalid))
        if invalid.issues.iter().all(|issue| issue.expression.as_ref().is_some_and(of_request)))
}

async fn batch(ask: &Ask, entries: Vec<Result<Entry, Invalid>>) -> Response {
    let (mut answer, mut shown) = (Builder::default(), 0);
    for entry in entries {
        let (one, count) = match (entry, transaction::surplus(shown)) {
            (Err(invalid), _) => (entry::invalid(ask, invalid), 0),
            (Ok(_), Some(error)) => (entry::failed(&ask.trouble(error, Doing::Read), &ask.request), 0),
            (Ok(entry), None) => single(ask, entry).await,
        };
        shown += count;
        answer.entry(one);
    }
    answer::json(StatusCode::OK, fhir::json::to_vec(&answer.build("batch-response")))
}

/// What becomes of an entry by itself, and how many resources it shows.
async fn single(ask: &Ask, entry: Entry) -> (Value, usize) {
    if operation::is(&entry) {
        let done = operation::run(ask, &entry).await;
        return done.unwrap_or_else(|trouble| (entry::failed(&trouble, &ask.request), 0));
    }
    let wanted = Wanted::of(&entry);
    let one = match transaction::One::read(&ask.cx, entry, ask.prefer.strict).await {
        Ok(one) => one,
        Err(error) => return (entry::failed(&ask.trouble(error, Doing::Read), &ask.request), 0),
    };
    match transaction::single(&ask.cx, one).await {
        Ok(outcome) => {
            let shown = outcome.shown();
            (entry::of(ask, outcome, &wanted), shown)
        }
        Err(error) => (entry::failed(&ask.trouble(error, wanted.doing()), &ask.request), 0),
    }
}

/// Makes what names this server relative. Where a relative address would mean an entry, an absolute one stays.
fn localize(ask: &Ask, entries: &mut [Result<Entry, Invalid>]) {
    let base = ask.server.fhir_base();
    let mut named = HashSet::new();
    for entry in entries.iter().flatten() {
        match entry.full_url.as_deref().map(Reference::parse) {
            Some(Reference::Absolute { base: own, .. }) if own == base => {}
            Some(Reference::Absolute { kind, id, .. }) => drop(named.insert(format!("{kind}/{id}"))),
            _ => {
                let id = entry.resource.as_ref().and_then(|resource| Some((resource.kind(), resource.id()?)));
                named.extend(id.map(|(kind, id)| format!("{kind}/{id}")));
            }
        }
    }
    for entry in entries.iter_mut().flatten() {
        if let Some(rest) = entry.url.as_deref().and_then(|url| url.strip_prefix(base)?.strip_prefix('/')) {
            entry.url = Some(rest.to_owned());
        }
        if let Some(resource) = &mut entry.resource {
            refs::localize(resource, base, &|target| named.contains(target));
        }
    }
}
