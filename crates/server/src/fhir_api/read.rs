//! `read`, `vread`.

use super::narrow::Narrow;
use super::{Ask, answer, binary, unknown};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::{Version, records};
use axum::http::{StatusCode, header};
use axum::response::Response;
use fhir::ResourceType;

/// All that a read takes from its address.
const TAKEN: [&str; 2] = ["_summary", "_elements"];

pub(crate) async fn read(ask: &Ask, kind: ResourceType, id: &str) -> Result<Response, Trouble> {
    understood(ask)?;
    let found = records::read(&ask.cx, kind, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    show(ask, found)
}

pub(crate) async fn vread(ask: &Ask, kind: ResourceType, id: &str, version: i64) -> Result<Response, Trouble> {
    understood(ask)?;
    let found = records::vread(&ask.cx, kind, id, version).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    show(ask, found)
}

/// Refuses to a strict client what a read does not take; a resource has no room to say what was passed over.
fn understood(ask: &Ask) -> Result<(), Trouble> {
    let pairs = ask.pairs();
    unknown::names(ask, pairs.iter().map(|(name, _)| name.as_str()), &TAKEN).map(drop)
}

fn show(ask: &Ask, mut found: Version) -> Result<Response, Trouble> {
    let tag = headers::list(&ask.headers, header::IF_NONE_MATCH);
    if is_known(tag.as_deref(), headers::text(&ask.headers, header::IF_MODIFIED_SINCE).as_deref(), &found) {
        return Ok(answer::versioned(answer::empty(StatusCode::NOT_MODIFIED), found.version, found.updated));
    }
    narrow(&mut found, ask.pairs())?;
    if found.resource.kind() == ResourceType::BINARY { binary::show(ask, &found) } else { Ok(answer::version(&found)) }
}

/// Leaves what a query asks of one resource.
pub(crate) fn narrow(found: &mut Version, mut pairs: Vec<(String, String)>) -> Result<(), Trouble> {
    pairs.retain(|(name, _)| TAKEN.contains(&name.as_str()));
    let wish = fhir::search::parse(found.resource.kind(), &pairs, false)
        .map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))?;
    Narrow::of(&wish).apply(&mut found.resource);
    Ok(())
}

/// Whether the reader has this version already (FHIR R4 §3.1.0.6.2): a tag decides before a date does.
pub(crate) fn is_known(known: Option<&str>, since: Option<&str>, found: &Version) -> bool {
    if let Some(known) = known {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
        let tag = bare(&answer::etag(found.version));
        return known.split(',').map(bare).any(|one| one == tag || one == "*");
    }
    since.and_then(answer::parse_http_date).is_some_and(|date| found.updated.div_euclid(1_000_000) <= date)
}
