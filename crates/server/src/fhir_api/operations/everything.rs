//! `Patient/[id]/$everything` (FHIR R4, patient-operation-everything).

use super::input::Input;
use crate::fhir_api::{Ask, answer, damaged, unknown};
use crate::headers;
use crate::trouble::{Doing, Trouble};
use app::{Damage, Everything, TimelineFilter, everything};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::ResourceType;
use fhir::bundle::Builder;

/// What makes pages of one request.
const GIVEN: [&str; 5] = ["start", "end", "_since", "_type", "_count"];
/// Names the page.
const PAGE: &str = "_page";

pub(super) async fn everything(ask: &Ask, patient: &str, input: &Input) -> Result<Response, Trouble> {
    let known: Vec<&str> = GIVEN.into_iter().chain([PAGE]).collect();
    let ignored = unknown::names(ask, input.names(), &known)?;
    let filter = TimelineFilter {
        kinds: input.types()?,
        from: input.time("start")?.map(|(lo, _)| lo),
        before: input.time("end")?.map(|(_, hi)| hi),
        since: input.time("_since")?.map(|(lo, _)| lo),
        ..TimelineFilter::default()
    };
    let count = input.number("_count")?.unwrap_or(everything::LARGEST);
    let mark = input.text(PAGE).map(str::to_owned);
    let damage = Damage::default();
    let page = everything::page(&ask.cx.clone().noting(damage.clone()), patient, &filter, mark, count).await;
    let page = page.map_err(|error| ask.trouble(error, Doing::Read))?;
    let mut bundle = bundle(ask, patient, input, page);
    damaged::entry(&damage).into_iter().for_each(|outcome| bundle.entry(outcome));
    unknown::entry(&ignored).into_iter().for_each(|outcome| bundle.entry(outcome));
    Ok(answer::json(StatusCode::OK, bundle.write("searchset")))
}

fn bundle(ask: &Ask, patient: &str, input: &Input, page: Everything) -> Builder {
    let mut bundle = Builder::default();
    if let Some(total) = page.total {
        bundle.total(total);
    }
    bundle.link("self", &address(ask, patient, input, input.text(PAGE)));
    if let Some(next) = &page.next {
        bundle.link("next", &address(ask, patient, input, Some(next)));
    }
    for (found, mode) in
        page.items.into_iter().map(|one| (one, "match")).chain(page.referred.into_iter().map(|one| (one, "include")))
    {
        let url = ask.url(found.resource.kind(), found.resource.id().unwrap_or_default());
        bundle.found(url, found.resource, mode);
    }
    bundle
}

fn address(ask: &Ask, patient: &str, input: &Input, page: Option<&str>) -> String {
    let mut text = Vec::new();
    for name in GIVEN {
        let values: Vec<&str> = input.list(name).collect();
        if !values.is_empty() {
            text.push(format!("{name}={}", headers::encode(&values.join(","), ":,")));
        }
    }
    text.extend(page.map(|page| format!("{PAGE}={}", headers::encode(page, ""))));
    let base = format!("{}/$everything", ask.url(ResourceType::PATIENT, patient));
    if text.is_empty() { base } else { format!("{base}?{}", text.join("&")) }
}
