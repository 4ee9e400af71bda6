//! Answers of the API, and the parts they share.

use super::negotiate::Return;
use super::{Ask, unknown};
use crate::headers;
use crate::trouble::Trouble;
use app::{Effect, Version, Written};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use fhir::json::Value;
use fhir::{Issue, Resource, Severity};

const FHIR_JSON: &str = "application/fhir+json; fhirVersion=4.0; charset=utf-8";

/// A JSON body.
pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, headers::value(FHIR_JSON));
    response
}

/// A status alone.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// What may be asked of an address (`OPTIONS`).
pub(crate) fn options(allow: &str) -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    response.headers_mut().insert(header::ALLOW, headers::value(&format!("{allow}, OPTIONS")));
    response
}

/// The same, from the refusal of another method.
pub(crate) fn allowed(trouble: Trouble) -> Result<Response, Trouble> {
    let allow = trouble.headers.iter().find(|(name, _)| *name == header::ALLOW).map(|(_, value)| options(value));
    allow.ok_or(trouble)
}

/// The same answer, one element a line, when it is JSON that is already whole.
pub(crate) async fn laid_out(response: Response) -> Response {
    use axum::body::HttpBody as _;
    let is_json = headers::media_type(response.headers()).is_some_and(|name| name.ends_with("json"));
    let Some(length) = response.body().size_hint().exact().filter(|_| is_json) else { return response };
    let (parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::try_from(length).unwrap_or(usize::MAX)).await.unwrap_or_default();
    Response::from_parts(parts, Body::from(fhir::json::pretty(&whole)))
}

/// An entity tag.
pub(crate) fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// A date as HTTP writes it.
pub(crate) fn http_date(micros: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads a date as HTTP writes it, in seconds.
pub(crate) fn parse_http_date(text: &str) -> Option<i64> {
    let date = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).ok()?.to_datetime().ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// Puts on what tells a version from another.
pub(crate) fn versioned(mut response: Response, version: i64, updated: i64) -> Response {
    let all = response.headers_mut();
    all.insert(header::ETAG, headers::value(&etag(version)));
    all.insert(header::LAST_MODIFIED, headers::value(&http_date(updated)));
    response
}

/// One version.
pub(crate) fn version(found: &Version) -> Response {
    versioned(json(StatusCode::OK, found.resource.to_vec()), found.version, found.updated)
}

/// What a write answers; an OperationOutcome has room to say what was passed over.
pub(crate) fn written(ask: &Ask, written: &Written, ignored: &[String]) -> Response {
    let status = match written.effect {
        Effect::Created => StatusCode::CREATED,
        Effect::Deleted => return versioned(empty(StatusCode::NO_CONTENT), written.version, written.updated),
        Effect::Nothing => return empty(StatusCode::NO_CONTENT),
        Effect::Updated | Effect::Existing => StatusCode::OK,
    };
    let body = match ask.prefer.answer {
        Return::Representation => written.resource.as_ref().map(Resource::to_vec),
        Return::Outcome => Some(fhir::json::to_vec(&said(Some(written.effect), ignored))),
        Return::Minimal => None,
    };
    let response = body.map_or_else(|| empty(status), |body| json(status, body));
    let mut response = versioned(response, written.version, written.updated);
    response.headers_mut().insert(header::LOCATION, headers::value(&location(ask, written)));
    response
}

/// What a deletion answers; that nothing is there to delete is fine too.
pub(crate) fn deleted(ask: &Ask, written: Option<&Written>, ignored: &[String]) -> Response {
    let written = written.filter(|written| written.effect != Effect::Nothing);
    let response = match ask.prefer.answer {
        Return::Outcome => json(StatusCode::OK, fhir::json::to_vec(&said(written.map(|_| Effect::Deleted), ignored))),
        Return::Minimal | Return::Representation => empty(StatusCode::NO_CONTENT),
    };
    match written {
        Some(written) => versioned(response, written.version, written.updated),
        None => response,
    }
}

/// Address of the version written.
pub(crate) fn location(ask: &Ask, written: &Written) -> String {
    format!("{}/_history/{}", ask.url(written.kind, &written.id), written.version)
}

/// What became of a write, in words.
pub(crate) fn said(effect: Option<Effect>, ignored: &[String]) -> Value {
    let (fr, en) = match effect {
        Some(Effect::Created) => ("Ressource créée.", "Created."),
        Some(Effect::Updated) => ("Ressource mise à jour.", "Updated."),
        Some(Effect::Deleted) => ("Ressource supprimée.", "Deleted."),
        Some(Effect::Existing) => ("Une ressource répond déjà à ces critères.", "Already there."),
        Some(Effect::Nothing) | None => {
            ("Rien ici que vous puissiez voir : rien n’a été supprimé.", "Nothing was there: nothing was deleted.")
        }
    };
    let issue = Issue {
        severity: Severity::Information,
        code: "informational",
        expression: None,
        text_fr: fr.into(),
        text_en: en.into(),
    };
    let all: Vec<Issue> = std::iter::once(issue).chain(unknown::issues(ignored)).collect();
    fhir::outcome::operation_outcome(&all)
}
