//! One entry of an answer.

use crate::fhir_api::negotiate::Return;
use crate::fhir_api::{Ask, answer, history, read, search};
use crate::trouble::{Doing, Trouble};
use app::transaction::Outcome;
use app::{Effect, Version, Written};
use axum::http::StatusCode;
use fhir::Invalid;
use fhir::bundle::{Entry, Method};
use serde_json::{Value, json};

/// What an entry asks of its answer.
pub(super) struct Wanted {
    method: Option<Method>,
    url: String,
    if_match: bool,
    if_none_match: Option<String>,
    if_modified_since: Option<String>,
}

impl Wanted {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            method: entry.method,
            url: entry.url.clone().unwrap_or_default(),
            // A version, or that there is none.
            if_match: entry.if_match.is_some() || entry.if_none_match.is_some(),
            if_none_match: entry.if_none_match.clone(),
            if_modified_since: entry.if_modified_since.clone(),
        }
    }

    /// Whether a version is a condition.
    pub(super) fn if_match(&self) -> bool {
        self.if_match
    }

    /// What it does, for its failures to be told as those of a request by itself.
    pub(super) fn doing(&self) -> Doing {
        let path = self.url.split_once('?').map_or(self.url.as_str(), |(path, _)| path);
        match self.method {
            Some(Method::Get | Method::Head) => Doing::Read,
            Some(Method::Post) if path.ends_with("_search") => Doing::Read,
            _ => Doing::Write { if_match: self.if_match },
        }
    }

    fn pairs(&self) -> Vec<(String, String)> {
        pairs(&self.url)
    }

    /// Whether the reader has this version already. An instant is to the last digit, unlike a header's date.
    fn knows(&self, found: &Version) -> bool {
        let since = self.if_modified_since.as_deref().and_then(fhir::date::interval);
        read::is_known(self.if_none_match.as_deref(), None, found)
            || (self.if_none_match.is_none() && since.is_some_and(|(_, last)| found.updated <= last))
    }
}

fn pairs(url: &str) -> Vec<(String, String)> {
    fhir::search::pairs(url.split_once('?').map_or("", |(_, text)| text))
}

/// The entry that says what became of one.
pub(super) fn of(ask: &Ask, outcome: Outcome, wanted: &Wanted) -> Value {
    match outcome {
        Outcome::Written(one) if one.effect == Effect::Nothing => of(ask, Outcome::Nothing, wanted),
        // What was deleted already is deleted.
        Outcome::Written(one) if wanted.method == Some(Method::Delete) => {
            written(ask, Written { effect: Effect::Deleted, ..*one })
        }
        Outcome::Nothing => json!({ "response": { "status": "204 No Content" } }),
        Outcome::Written(one) => written(ask, *one),
        Outcome::Found(version) => found(ask, *version, wanted),
        Outcome::Versions(url, query, page, damage) => {
            whole(&history::page_bundle(ask, &query, &pairs(&url), page, &damage))
        }
        Outcome::Searched(url, query, page, damage) => {
            whole(&search::page_bundle(ask, &query, &pairs(&url), page, &damage).build(search::KIND))
        }
        Outcome::Failed(error) => failed(&ask.trouble(error, wanted.doing()), &ask.request),
    }
}

/// The entry that gives a resource made for it.
pub(super) fn whole(resource: &Value) -> Value {
    json!({ "resource": resource, "response": { "status": "200 OK" } })
}

/// The entry of one that could not be read.
pub(super) fn invalid(ask: &Ask, invalid: Invalid) -> Value {
    failed(&Trouble::invalid(StatusCode::BAD_REQUEST, invalid), &ask.request)
}

/// The entry of one that failed.
pub(super) fn failed(trouble: &Trouble, request: &str) -> Value {
    let trouble = trouble.clone().numbered(request);
    let outcome = fhir::outcome::operation_outcome(&trouble.issues);
    json!({ "response": { "status": trouble.status.to_string(), "outcome": outcome } })
}

fn written(ask: &Ask, one: Written) -> Value {
    let status = match one.effect {
        Effect::Created => "201 Created",
        Effect::Updated | Effect::Existing => "200 OK",
        Effect::Deleted | Effect::Nothing => "204 No Content",
    };
    let mut response = json!({
        "status": status,
        "etag": answer::etag(one.version),
        "lastModified": fhir::date::instant(one.updated),
    });
    let mut entry = json!({});
    let (Some(object), Some(said)) = (entry.as_object_mut(), response.as_object_mut()) else { return entry };
    if one.effect != Effect::Deleted {
        object.insert("fullUrl".into(), ask.url(one.kind, &one.id).into());
        said.insert("location".into(), answer::location(ask, &one).into());
        match (ask.prefer.answer, one.resource) {
            (Return::Representation, Some(resource)) => drop(object.insert("resource".into(), resource.into_value())),
            (Return::Outcome, _) => drop(said.insert("outcome".into(), answer::said(Some(one.effect), &[]))),
            _ => {}
        }
    }
    object.insert("response".into(), response);
    entry
}

fn found(ask: &Ask, mut version: Version, wanted: &Wanted) -> Value {
    let known = wanted.knows(&version);
    let mut response = json!({
        "status": if known { "304 Not Modified" } else { "200 OK" },
        "etag": answer::etag(version.version),
        "lastModified": fhir::date::instant(version.updated),
    });
    if known {
        return json!({ "response": response });
    }
    if let Err(trouble) = read::narrow(&mut version, wanted.pairs()) {
        return failed(&trouble, &ask.request);
    }
    let url = ask.url(version.resource.kind(), version.resource.id().unwrap_or_default());
    if let Some(said) = response.as_object_mut() {
        said.insert("location".into(), format!("{url}/_history/{}", version.version).into());
    }
    if wanted.method == Some(Method::Head) {
        return json!({ "fullUrl": url, "response": response });
    }
    json!({ "fullUrl": url, "resource": version.resource.into_value(), "response": response })
}
