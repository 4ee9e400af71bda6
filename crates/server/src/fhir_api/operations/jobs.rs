//! Work that goes on after the answer (Asynchronous Request Pattern): who asked, how far it is, its end.
//!
//! A job is kept in the store for an hour, for every server, and told to nobody but whoever asked.

use crate::fhir_api::{Ask, answer};
use crate::headers;
use crate::trouble::Trouble;
use app::LIFE;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// The request, as the manifest repeats it.
pub(crate) fn request(ask: &Ask, path: &str) -> String {
    let query = ask.query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
    format!("{}/{path}{query}", ask.server.fhir_base())
}

pub(crate) fn too_many() -> Trouble {
    let (fr, en) = ("Trop de travaux de cette sorte en cours.", "Too many such jobs under way.");
    Trouble::new(StatusCode::TOO_MANY_REQUESTS, "throttled", fr, en).with(header::RETRY_AFTER, "60")
}

/// Refuses who would wait for the answer. `what`: the operation's name.
pub(crate) fn only_async(ask: &Ask, what: &str) -> Result<(), Trouble> {
    if prefers(ask, "respond-async") {
        return Ok(());
    }
    let (fr, en) = (
        format!("{what} se demande avec « Prefer: respond-async »."),
        format!("{what} requires 'Prefer: respond-async'."),
    );
    Err(Trouble::bad(&fr, &en))
}

/// Whether a wish is among those of `Prefer`.
pub(crate) fn prefers(ask: &Ask, wish: &str) -> bool {
    headers::list(&ask.headers, "prefer").unwrap_or_default().to_ascii_lowercase().contains(wish)
}

/// Where to follow what has begun.
pub(crate) fn accepted(ask: &Ask, step: &str, id: &str) -> Response {
    let mut response = answer::empty(StatusCode::ACCEPTED);
    let status = format!("{}/{step}/{id}", ask.server.fhir_base());
    response.headers_mut().insert(header::CONTENT_LOCATION, headers::value(&status));
    response
}

/// Not at its end yet.
pub(crate) fn pending(progress: &str) -> Response {
    let mut response = answer::empty(StatusCode::ACCEPTED);
    response.headers_mut().insert("x-progress", headers::value(progress));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// What came of a job.
pub(crate) struct Files<'a> {
    /// What was asked for.
    pub(crate) output: &'a [Value],
    /// What is no longer there, where that is told.
    pub(crate) deleted: Option<&'a [Value]>,
    /// What was wrong.
    pub(crate) error: &'a [Value],
}

/// What came of it: files, and figures.
pub(crate) fn manifest((started, request): (i64, &str), files: &Files<'_>, figures: Option<Value>) -> Response {
    let mut manifest = json!({
        "transactionTime": fhir::date::instant(started),
        "request": request,
        "requiresAccessToken": true,
        "output": files.output,
        "error": files.error,
    });
    if let (Some(deleted), Some(object)) = (files.deleted, manifest.as_object_mut()) {
        object.insert("deleted".into(), deleted.into());
    }
    if let (Some(figures), Some(object)) = (figures, manifest.as_object_mut()) {
        object.insert("extension".into(), figures);
    }
    let mut response = Response::new(Body::from(manifest.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let ends = answer::http_date(started + LIFE);
    response.headers_mut().insert(header::EXPIRES, headers::value(&ends));
    response
}
