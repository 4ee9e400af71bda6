//! `read`, `vread`.

use super::narrow::Narrow;
use super::{Ask, answer};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::{Version, records};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use fhir::ResourceType;

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
