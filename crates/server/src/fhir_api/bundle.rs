//! `transaction` and `batch`.

use super::negotiate::Return;
use super::{Ask, answer, history, search};
use crate::trouble::{Doing, Trouble};
use app::transaction::{self, Outcome};
use app::{Effect, Version, Written};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::bundle::{Builder, Kind, Method};
use fhir::{Invalid, Resource, ResourceType};
use serde_json::{Value, json};

pub(crate) async fn process(ask: &Ask, resource: Resource) -> Result<Response, Trouble> {
    let bad = |invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid);
    if resource.kind() != ResourceType::BUNDLE {
        let (fr, en) = ("Un Bundle était attendu.", "A Bundle was expected.");
        return Err(bad(Invalid::one("value", Some("resourceType".to_owned()), fr, en)));
    }
    let bundle = fhir::bundle::parse(&resource).map_err(bad)?;
    if !matches!(bundle.kind, Kind::Transaction | Kind::Batch) {
        let (fr, en) = ("Seuls les types transaction et batch sont traités ici.", "Only transaction and batch.");
        return Err(bad(Invalid::one("value", Some("Bundle.type".to_owned()), fr, en)));
    }
    let matched: Vec<(bool, bool)> =
        bundle.entries.iter().map(|e| (e.if_match.is_some(), e.method == Some(Method::Delete))).collect();
    let any = Doing::Write { if_match: matched.iter().any(|(if_match, _)| *if_match) };
    let (kind, outcomes) = transaction::process(&ask.cx, bundle).await.map_err(|error| ask.trouble(error, any))?;
    let mut answer = Builder::default();
    for (outcome, (if_match, deletes)) in outcomes.into_iter().zip(matched) {
        answer.entry(entry(ask, outcome, if_match, deletes));
    }
    let name = if kind == Kind::Batch { "batch-response" } else { "transaction-response" };
    Ok(answer::json(StatusCode::OK, fhir::json::to_vec(&answer.build(name))))
}

fn entry(ask: &Ask, outcome: Outcome, if_match: bool, deletes: bool) -> Value {
    match outcome {
        // What was deleted already is deleted.
        Outcome::Written(one) if deletes => written(ask, Written { effect: Effect::Deleted, ..*one }),
        Outcome::Nothing => json!({ "response": { "status": "204 No Content" } }),
        Outcome::Written(one) => written(ask, *one),
        Outcome::Found(version) => found(ask, *version),
        Outcome::Versions(url, query, page) => {
            let pairs = fhir::search::pairs(url.split_once('?').map_or("", |(_, text)| text));
            whole(&history::page_bundle(ask, &query, &pairs, page))
        }
        Outcome::Searched(url, query, page) => {
            let pairs = fhir::search::pairs(url.split_once('?').map_or("", |(_, text)| text));
            whole(&search::page_bundle(ask, &query, &pairs, page))
        }
        Outcome::Failed(error) => failed(&ask.trouble(error, Doing::Write { if_match }), &ask.request),
    }
}

fn written(ask: &Ask, one: Written) -> Value {
    let status = match one.effect {
        Effect::Created => "201 Created",
        Effect::Updated | Effect::Existing => "200 OK",
        Effect::Deleted => "204 No Content",
    };
    let mut response = json!({
        "status": status,
        "etag": answer::etag(one.version),
        "lastModified": fhir::date::instant(one.updated),
    });
    let mut entry = json!({});
    let Some(object) = entry.as_object_mut() else { return entry };
    if one.effect != Effect::Deleted {
        object.insert("fullUrl".into(), ask.url(one.kind, &one.id).into());
        if let Some(response) = response.as_object_mut() {
            response.insert("location".into(), answer::location(ask, &one).into());
        }
        if let (Return::Representation, Some(resource)) = (ask.prefer.answer, one.resource) {
            object.insert("resource".into(), resource.into_value());
        }
    }
    object.insert("response".into(), response);
    entry
}

fn found(ask: &Ask, version: Version) -> Value {
    json!({
        "fullUrl": ask.url(version.resource.kind(), version.resource.id().unwrap_or_default()),
        "resource": version.resource.into_value(),
        "response": {
            "status": "200 OK",
            "etag": answer::etag(version.version),
            "lastModified": fhir::date::instant(version.updated),
        },
    })
}

fn whole(resource: &Value) -> Value {
    json!({ "resource": resource, "response": { "status": "200 OK" } })
}

fn failed(trouble: &Trouble, request: &str) -> Value {
    let mut outcome = fhir::outcome::operation_outcome(&trouble.issues);
    if let (true, Some(text)) = (trouble.status.is_server_error(), outcome.pointer_mut("/issue/0/diagnostics")) {
        *text = format!("Internal error, request {request}").into();
    }
    json!({ "response": { "status": trouble.status.to_string(), "outcome": outcome } })
}
