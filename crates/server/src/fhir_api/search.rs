//! `search`: a searchset Bundle, page by page.

use super::narrow::Narrow;
use super::{Ask, answer, damaged, unknown};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::{Damage, Page, records};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::bundle::Builder;
use fhir::search::{Query, Scope};

/// Left as they are in an address, for it to be read by humans. Not `|`, which RFC 3986 has no place for.
const KEEP: &str = ":,/$*@";
/// The type of its Bundle.
pub(crate) const KIND: &str = "searchset";

pub(crate) async fn search(ask: &Ask, scope: &Scope, pairs: Vec<(String, String)>) -> Result<Response, Trouble> {
    let known = ask.cx.with_codes(scope, &pairs).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    let query = ask
        .cx
        .query(scope, &known, ask.prefer.strict)
        .map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))?;
    let damage = Damage::default();
    let page = records::search(&ask.cx.clone().noting(damage.clone()), &query)
        .await
        .map_err(|error| ask.trouble(error, Doing::Read))?;
    Ok(answer::json(StatusCode::OK, page_bundle(ask, &query, &pairs, page, &damage).write(KIND)))
}

/// One page, as the Bundle that it will be.
pub(crate) fn page_bundle(
    ask: &Ask,
    query: &Query,
    pairs: &[(String, String)],
    page: Page,
    damage: &Damage,
) -> Builder {
    let mut bundle = Builder::default();
    if let Some(total) = page.total {
        bundle.total(total);
    }
    let url = |page: Option<&str>| address(ask, query, pairs, page);
    bundle.link("self", &url(query.page.as_deref()));
    if let Some(next) = &page.next {
        bundle.link("next", &url(Some(next)));
    }
    let narrow = Narrow::of(query);
    for mut found in page.matches {
        narrow.apply(&mut found.resource);
        let full_url = ask.url(found.resource.kind(), found.resource.id().unwrap_or_default());
        bundle.found(full_url, found.resource, "match");
    }
    for mut found in page.included {
        narrow.apply_to_included(&mut found.resource);
        let full_url = ask.url(found.resource.kind(), found.resource.id().unwrap_or_default());
        bundle.found(full_url, found.resource, "include");
    }
    damaged::entry(damage).into_iter().for_each(|outcome| bundle.entry(outcome));
    unknown::entry(&query.ignored).into_iter().for_each(|outcome| bundle.entry(outcome));
    bundle
}

/// The search as it was understood.
fn address(ask: &Ask, query: &Query, pairs: &[(String, String)], page: Option<&str>) -> String {
    let used = pairs.iter().filter(|(name, _)| name != "_page" && !query.ignored.contains(name));
    let mut text: Vec<String> =
        used.map(|(name, value)| format!("{}={}", headers::encode(name, KEEP), headers::encode(value, KEEP))).collect();
    text.extend(page.map(|page| format!("_page={}", headers::encode(page, ""))));
    let base = format!("{}/{}", ask.server.fhir_base(), query.scope.path());
    let base = base.trim_end_matches('/');
    if text.is_empty() { base.to_owned() } else { format!("{base}?{}", text.join("&")) }
}
