//! `transaction` and `batch`.

mod entry;

use super::{Ask, answer, operations, route::Route};
use crate::trouble::{Doing, Trouble};
use app::transaction;
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use entry::Wanted;
use fhir::bundle::{self, Builder, Entry, Kind};
use fhir::refs::{self, Reference};
use fhir::{Invalid, Resource, ResourceType};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Longest answer of an operation put into another answer.
const OPERATION: usize = 32 << 20;

pub(crate) async fn process(ask: &Ask, resource: Resource) -> Result<Response, Trouble> {
    let bad = |invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid);
    if resource.kind() != ResourceType::BUNDLE {
        let (fr, en) = ("Un Bundle était attendu.", "A Bundle was expected.");
        return Err(bad(Invalid::one("value", Some("resourceType".to_owned()), fr, en)));
    }
    let (kind, mut entries) = bundle::parse_each(&resource).map_err(bad)?;
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
    let wanted: Vec<Wanted> = entries.iter().map(Wanted::of).collect();
    let any = Doing::Write { if_match: wanted.iter().any(Wanted::if_match) };
    let outcomes = transaction::process(&ask.cx, entries).await.map_err(|error| ask.trouble(error, any))?;
    let mut answer = Builder::default();
    for (outcome, wanted) in outcomes.into_iter().zip(wanted) {
        answer.entry(entry::of(ask, outcome, &wanted));
    }
    Ok(answer::json(StatusCode::OK, fhir::json::to_vec(&answer.build("transaction-response"))))
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
    let url = entry.url.as_deref().unwrap_or_default().trim_start_matches('/');
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    if path == "metadata" && entry.method == Some(bundle::Method::Get) {
        return (entry::whole(&ask.server.metadata(Some(&ask.cx))), 1);
    }
    if path.starts_with('$') || path.contains("/$") {
        let done = operation(ask, &entry, path, query).await;
        return done.unwrap_or_else(|trouble| (entry::failed(&trouble, &ask.request), 0));
    }
    let wanted = Wanted::of(&entry);
    match transaction::single(&ask.cx, entry).await {
        Ok(outcome) => {
            let shown = outcome.shown();
            (entry::of(ask, outcome, &wanted), shown)
        }
        Err(error) => (entry::failed(&ask.trouble(error, wanted.doing()), &ask.request), 0),
    }
}

/// An operation, answered as it is by itself.
async fn operation(ask: &Ask, entry: &Entry, path: &str, query: Option<&str>) -> Result<(Value, usize), Trouble> {
    let method = match entry.method {
        Some(bundle::Method::Get | bundle::Method::Head) => Method::GET,
        Some(bundle::Method::Post) => Method::POST,
        _ => return Err(Trouble::method("GET, HEAD, POST")),
    };
    let Route::Operation(target, name) = Route::parse(&method, path, query)? else { return Err(Trouble::absent()) };
    let mut headers = ask.headers.clone();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
    headers.remove(header::CONTENT_LENGTH);
    let one = Ask {
        server: ask.server.clone(),
        cx: ask.cx.clone(),
        request: ask.request.clone(),
        prefer: ask.prefer,
        query: query.map(str::to_owned),
        headers,
    };
    let body = entry.resource.as_ref().map(Resource::to_vec).unwrap_or_default();
    let response = Box::pin(operations::run(&one, &method, target, &name, Body::from(body))).await?;
    let status = response.status().to_string();
    let bytes = axum::body::to_bytes(response.into_body(), OPERATION).await.map_err(|_| Trouble::bug())?;
    if bytes.is_empty() {
        return Ok((json!({ "response": { "status": status } }), 0));
    }
    let resource = fhir::json::parse(&bytes).map_err(|_| Trouble::bug())?;
    let shown = resource.get("entry").and_then(Value::as_array).map_or(1, Vec::len);
    Ok((json!({ "resource": resource, "response": { "status": status } }), shown))
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
