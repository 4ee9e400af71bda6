//! Reading a body, up to a limit.

use super::negotiate;
use crate::incoming;
use crate::trouble::Trouble;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use fhir::Resource;
use fhir::json::Value;
use fhir::patch::Patch;

/// Largest body, a Bundle.
const LARGEST: usize = 32 << 20;
/// Largest patch.
const PATCH: usize = 1 << 20;
/// Largest search form.
const FORM: usize = 1 << 20;

/// A resource sent as JSON.
pub(crate) async fn resource(headers: &HeaderMap, body: Body) -> Result<Resource, Trouble> {
    if let Err(trouble) = negotiate::content(headers, &negotiate::JSON) {
        incoming::discard(headers, body).await;
        return Err(trouble);
    }
    let bytes = incoming::read(headers, body, LARGEST).await?;
    Resource::from_slice(&bytes).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))
}

/// A JSON patch, or a FHIRPath patch in a Parameters resource.
pub(crate) async fn patch(headers: &HeaderMap, body: Body) -> Result<Patch, Trouble> {
    let is_parameters = negotiate::content(headers, &negotiate::JSON).is_ok();
    if !is_parameters && negotiate::content(headers, &["application/json-patch+json"]).is_err() {
        incoming::discard(headers, body).await;
        return Err(other_patch());
    }
    let bytes = incoming::read(headers, body, PATCH).await?;
    let bad = |invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid);
    if !is_parameters {
        return Patch::from_slice(&bytes).map_err(bad);
    }
    let value = fhir::json::read(&bytes).map_err(bad)?;
    // A part of a resource, to be merged, or operations under another name.
    if value.get("resourceType").is_none() {
        return Err(other_patch());
    }
    Resource::from_value(value).and_then(|parameters| Patch::from_parameters(&parameters)).map_err(bad)
}

/// A patch of a form that is not known here.
fn other_patch() -> Trouble {
    let fr = "Un patch s’envoie en application/json-patch+json, ou en application/fhir+json (Parameters).";
    let en = "Send application/json-patch+json, or application/fhir+json (Parameters).";
    let accepted = "application/json-patch+json, application/fhir+json";
    Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", fr, en)
        .with(HeaderName::from_static("accept-patch"), accepted)
}

/// Names and values of a form; nothing at all is an empty one.
pub(crate) async fn form(headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, Trouble> {
    let bytes = incoming::read(headers, body, FORM).await?;
    if !bytes.is_empty() {
        negotiate::content(headers, &["application/x-www-form-urlencoded"])?;
    }
    let (fr, en) = ("Ce formulaire n’est pas de l’UTF-8.", "This form is not UTF-8.");
    let text = std::str::from_utf8(&bytes).map_err(|_| Trouble::bad(fr, en))?;
    fhir::search::asked(text).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))
}

/// A resource sent as JSON, or nothing.
pub(crate) async fn maybe_resource(headers: &HeaderMap, body: Body) -> Result<Option<Resource>, Trouble> {
    let value = maybe_value(headers, body).await?;
    let bad = |invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid);
    value.map(Resource::from_value).transpose().map_err(bad)
}

/// JSON that may be a resource, or nothing.
pub(crate) async fn maybe_value(headers: &HeaderMap, body: Body) -> Result<Option<Value>, Trouble> {
    let bytes = incoming::read(headers, body, LARGEST).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    negotiate::content(headers, &negotiate::JSON)?;
    let value = fhir::json::read(&bytes);
    value.map(Some).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))
}
