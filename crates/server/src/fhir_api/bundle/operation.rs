//! Entries that ask for an operation (`$name`), or for what the server can do.

use super::entry;
use crate::fhir_api::{Ask, operations, route::Route};
use crate::trouble::Trouble;
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use fhir::bundle::{self, Entry};
use fhir::{Invalid, Resource};
use serde_json::{Value, json};

/// Longest answer of an operation put into another answer.
const LONGEST: usize = 32 << 20;
/// Operations that change nothing and answer at once: a transaction may hold them.
const READS: [&str; 8] =
    ["$everything", "$validate", "$meta", "$document", "$expand", "$validate-code", "$lookup", "$subsumes"];

fn parts(entry: &Entry) -> (&str, Option<&str>) {
    let url = entry.url.as_deref().unwrap_or_default().trim_start_matches('/');
    url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)))
}

fn is_metadata(entry: &Entry) -> bool {
    parts(entry).0 == "metadata" && matches!(entry.method, Some(bundle::Method::Get | bundle::Method::Head))
}

/// Whether an entry is one of these.
pub(super) fn is(entry: &Entry) -> bool {
    let path = parts(entry).0;
    is_metadata(entry) || path.starts_with('$') || path.contains("/$")
}

/// An operation, answered as it is by itself; how many resources it shows.
pub(super) async fn run(ask: &Ask, entry: &Entry) -> Result<(Value, usize), Trouble> {
    if is_metadata(entry) {
        return Ok((entry::whole(&ask.server.metadata(Some(&ask.cx))), 1));
    }
    let (path, query) = parts(entry);
    let method = match entry.method {
        Some(bundle::Method::Get | bundle::Method::Head) => Method::GET,
        Some(bundle::Method::Post) => Method::POST,
        _ => return Err(Trouble::method("GET, HEAD, POST")),
    };
    fhir::search::asked(query.unwrap_or_default())
        .map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))?;
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
    let bytes = axum::body::to_bytes(response.into_body(), LONGEST).await.map_err(|_| Trouble::bug())?;
    if bytes.is_empty() {
        return Ok((json!({ "response": { "status": status } }), 0));
    }
    let resource = fhir::json::parse(&bytes).map_err(|_| Trouble::bug())?;
    let shown = resource.get("entry").and_then(Value::as_array).map_or(1, Vec::len);
    Ok((json!({ "resource": resource, "response": { "status": status } }), shown))
}

/// The same in a transaction, which takes those that only read; what fails says which entry it is.
pub(super) async fn read(ask: &Ask, entry: &Entry) -> Result<Value, Trouble> {
    let place = format!("Bundle.entry[{}]", entry.index);
    let name = parts(entry).0.rsplit('/').next().unwrap_or_default();
    if !is_metadata(entry) && !READS.contains(&name) {
        let (fr, en) = ("Une transaction ne fait pas cette opération.", "Not an operation of a transaction.");
        let invalid = Invalid::one("not-supported", Some(format!("{place}.request.url")), fr, en);
        return Err(Trouble::invalid(StatusCode::BAD_REQUEST, invalid));
    }
    let done = run(ask, entry).await.map_err(|trouble| {
        let issues = bundle::within(&place, Invalid { issues: trouble.issues }).issues;
        Trouble { issues, ..trouble }
    });
    Ok(done?.0)
}
