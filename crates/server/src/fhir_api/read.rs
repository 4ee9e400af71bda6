//! `read`, `vread`, `history`.

use super::narrow::Narrow;
use super::{Ask, answer};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::{Version, records};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use fhir::ResourceType;
use fhir::bundle::Builder;
use serde_json::{Value, json};

pub(crate) async fn read(ask: &Ask, kind: ResourceType, id: &str) -> Result<Response, Trouble> {
    let found = records::read(&ask.cx, kind, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    show(ask, found)
}

pub(crate) async fn vread(ask: &Ask, kind: ResourceType, id: &str, version: i64) -> Result<Response, Trouble> {
    let found = records::vread(&ask.cx, kind, id, version).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    show(ask, found)
}

fn show(ask: &Ask, mut found: Version) -> Result<Response, Trouble> {
    if is_known(&ask.headers, &found) {
        return Ok(answer::versioned(answer::empty(StatusCode::NOT_MODIFIED), found.version, found.updated));
    }
    let wish = fhir::search::parse(found.resource.kind(), &controls(ask), false)
        .map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))?;
    Narrow::of(&wish).apply(&mut found.resource);
    Ok(answer::version(&found))
}

/// Whether the reader has this version already (FHIR R4 §3.1.0.6.2): a tag decides before a date does.
fn is_known(all: &HeaderMap, found: &Version) -> bool {
    if let Some(known) = headers::text(all, header::IF_NONE_MATCH) {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let tag = bare(&answer::etag(found.version));
        return known.split(',').map(bare).any(|one| one == tag || one == "*");
    }
    let since = headers::text(all, header::IF_MODIFIED_SINCE);
    since
        .and_then(|date| answer::parse_http_date(&date))
        .is_some_and(|date| found.updated.div_euclid(1_000_000) <= date)
}

/// `_summary` and `_elements` are all that a read takes from a query.
fn controls(ask: &Ask) -> Vec<(String, String)> {
    ask.pairs().into_iter().filter(|(name, _)| name == "_summary" || name == "_elements").collect()
}

pub(crate) async fn history(ask: &Ask, kind: ResourceType, id: &str) -> Result<Response, Trouble> {
    let versions = records::history(&ask.cx, kind, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    let bundle = versions_bundle(ask, kind, id, versions);
    Ok(answer::json(StatusCode::OK, fhir::json::to_vec(&bundle)))
}

/// A history Bundle, the latest version first.
pub(crate) fn versions_bundle(ask: &Ask, kind: ResourceType, id: &str, versions: Vec<Version>) -> Value {
    let url = ask.url(kind, id);
    let mut bundle = Builder::default();
    bundle.total(i64::try_from(versions.len()).unwrap_or(i64::MAX));
    bundle.link("self", &format!("{url}/_history"));
    for version in versions {
        let (method, status) = match (version.deleted, version.version) {
            (true, _) => ("DELETE", "204 No Content"),
            (false, 1) => ("POST", "201 Created"),
            (false, _) => ("PUT", "200 OK"),
        };
        let target = if method == "POST" { kind.to_string() } else { format!("{kind}/{id}") };
        let mut entry = json!({ "fullUrl": url });
        if let (false, Some(object)) = (version.deleted, entry.as_object_mut()) {
            object.insert("resource".into(), version.resource.into_value());
        }
        if let Some(object) = entry.as_object_mut() {
            object.insert("request".into(), json!({ "method": method, "url": target }));
            object.insert(
                "response".into(),
                json!({
                    "status": status,
                    "etag": answer::etag(version.version),
                    "lastModified": fhir::date::instant(version.updated),
                }),
            );
        }
        bundle.entry(entry);
    }
    bundle.build("history")
}
