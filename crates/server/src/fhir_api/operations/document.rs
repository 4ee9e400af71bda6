//! `Composition/$document` (FHIR R4, composition-operation-document), and the same made for a person.

use super::input::{Input, wrong};
use crate::fhir_api::route::Target;
use crate::fhir_api::{Ask, answer};
use crate::trouble::{Doing, Trouble};
use app::document::{self, Document};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::bundle::Builder;
use fhir::{ResourceType, refs};
use serde_json::{Value, json};

pub(super) async fn run(ask: &Ask, target: Target, input: &Input) -> Result<Response, Trouble> {
    match target {
        Target::Instance(ResourceType::PATIENT, id) => of_person(ask, &id).await,
        Target::Instance(kind, id) if kind.name() == "Composition" => of_composition(ask, Some(id), input).await,
        Target::Type(kind) if kind.name() == "Composition" => of_composition(ask, None, input).await,
        _ => Err(super::unknown()),
    }
}

/// The document of a stored Composition, by the address or by `id`.
async fn of_composition(ask: &Ask, id: Option<String>, input: &Input) -> Result<Response, Trouble> {
    if input.text("persist") == Some("true") || input.text("graph").is_some() {
        let (fr, en) = ("Les documents ne sont ni gardés ni étendus.", "'persist' and 'graph' are not supported.");
        return Err(Trouble::new(StatusCode::BAD_REQUEST, "not-supported", fr, en));
    }
    let given = || input.text("id").map(|id| id.rsplit('/').next().unwrap_or_default().to_owned());
    let id = id.or_else(given).ok_or_else(|| wrong("id", "donné", "given"))?;
    let found = document::of_composition(&ask.cx, &id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    let url = format!("{}/Composition/{id}", ask.server.fhir_base());
    Ok(bundle(ask, url, found))
}

/// The document of a person.
async fn of_person(ask: &Ask, id: &str) -> Result<Response, Trouble> {
    let mut found = document::of_person(&ask.cx, id).await.map_err(|error| ask.trouble(error, Doing::Read))?;
    // It has no address here, so that its references must be whole.
    let url = format!("urn:uuid:{}", found.composition.id().unwrap_or_default());
    let base = ask.server.fhir_base();
    refs::rewrite(&mut found.composition, &|text| refs::local(text).map(|(kind, id)| format!("{base}/{kind}/{id}")));
    Ok(bundle(ask, url, found))
}

fn bundle(ask: &Ask, url: String, document: Document) -> Response {
    let mut bundle = Builder::default();
    let entry = |url: String, resource: Value| json!({ "fullUrl": url, "resource": resource });
    bundle.entry(entry(url, document.composition.into_value()));
    for part in document.parts {
        let url = ask.url(part.resource.kind(), part.resource.id().unwrap_or_default());
        bundle.entry(entry(url, part.resource.into_value()));
    }
    let mut bundle = bundle.build("document");
    if let Some(object) = bundle.as_object_mut() {
        let value = format!("urn:uuid:{}", uuid::Uuid::new_v4());
        object.insert("identifier".into(), json!({ "system": "urn:ietf:rfc:3986", "value": value }));
        object.insert("timestamp".into(), fhir::date::instant(ask.cx.now()).into());
    }
    answer::json(StatusCode::OK, fhir::json::to_vec(&bundle))
}
