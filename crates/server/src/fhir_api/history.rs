//! `history` of a resource, of a type, of all: a history Bundle, page by page.

use super::{Ask, answer, damaged, unknown};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::{Damage, HistoryPage, HistoryQuery, How, Version};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::ResourceType;
use fhir::bundle::Builder;
use serde_json::{Value, json};

/// Left as they are in an address, for it to be read by humans.
const KEEP: &str = ":,-";

pub(crate) async fn history(ask: &Ask, kind: Option<ResourceType>, id: Option<String>) -> Result<Response, Trouble> {
    let pairs = ask.pairs();
    unknown::names(ask, pairs.iter().map(|(name, _)| name.as_str()), &app::history::KNOWN)?;
    let query =
        app::history::parse(kind, id, &pairs).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))?;
    let damage = Damage::default();
    let page = app::history::history(&ask.cx.clone().noting(damage.clone()), &query)
        .await
        .map_err(|error| ask.trouble(error, Doing::Read))?;
    Ok(answer::json(StatusCode::OK, fhir::json::to_vec(&page_bundle(ask, &query, &pairs, page, &damage))))
}

/// One page as a Bundle.
pub(crate) fn page_bundle(
    ask: &Ask,
    query: &HistoryQuery,
    pairs: &[(String, String)],
    page: HistoryPage,
    damage: &Damage,
) -> Value {
    let mut bundle = Builder::default();
    if let Some(total) = page.total {
        bundle.total(total);
    }
    bundle.link("self", &address(ask, query, pairs, query.page.as_deref()));
    if let Some(next) = &page.next {
        bundle.link("next", &address(ask, query, pairs, Some(next)));
    }
    for version in page.versions {
        let revived = page.revived.contains(&(version.rid, version.version));
        bundle.entry(entry(ask, version, revived));
    }
    damaged::version(damage).into_iter().for_each(|outcome| bundle.entry(outcome));
    bundle.build("history")
}

/// A version, with the request that made it; a deletion has no resource.
fn entry(ask: &Ask, version: Version, revived: bool) -> Value {
    let (kind, id) = (version.resource.kind(), version.resource.id().unwrap_or_default().to_owned());
    let how = version.how.unwrap_or_else(|| app::history::presumed((version.version, version.deleted), &id));
    let (method, made) = match how {
        How::Delete => ("DELETE", "204 No Content"),
        How::Post => ("POST", "201 Created"),
        How::Put => ("PUT", "200 OK"),
        How::Patch => ("PATCH", "200 OK"),
    };
    let status = if revived || (version.version == 1 && !version.deleted) { "201 Created" } else { made };
    let target = if method == "POST" { kind.to_string() } else { format!("{kind}/{id}") };
    let mut entry = json!({ "fullUrl": ask.url(kind, &id) });
    if let Some(object) = entry.as_object_mut() {
        if !version.deleted {
            object.insert("resource".into(), version.resource.into_value());
        }
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
    entry
}

/// The history as it was understood: its Bundle has no room to say what was passed over.
fn address(ask: &Ask, query: &HistoryQuery, pairs: &[(String, String)], page: Option<&str>) -> String {
    let mut url = match (query.kind, &query.id) {
        (Some(kind), Some(id)) => ask.url(kind, id),
        (Some(kind), None) => format!("{}/{kind}", ask.server.fhir_base()),
        (None, _) => ask.server.fhir_base().to_owned(),
    };
    url.push_str("/_history");
    let used = pairs.iter().filter(|(name, _)| name != "_page" && app::history::KNOWN.contains(&name.as_str()));
    let mut text: Vec<String> =
        used.map(|(name, value)| format!("{}={}", headers::encode(name, KEEP), headers::encode(value, KEEP))).collect();
    text.extend(page.map(|page| format!("_page={}", headers::encode(page, ""))));
    if text.is_empty() { url } else { format!("{url}?{}", text.join("&")) }
}
