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
        let fr = "Un patch s’envoie en application/json-patch+json, ou en application/fhir+json (Parameters).";
        let en = "Send application/json-patch+json, or application/fhir+json (Parameters).";
        let trouble = Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", fr, en);
        let accepted = "application/json-patch+json, application/fhir+json";
        return Err(trouble.with(HeaderName::from_static("accept-patch"), accepted));
    }
    let bytes = incoming::read(headers, body, PATCH).await?;
    let read = if is_parameters {
        Resource::from_slice(&bytes).and_then(|parameters| Patch::from_parameters(&parameters))
    } else {
        Patch::from_slice(&bytes)
    };
    read.map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))
}

/// A form; nothing at all is an empty one.
pub(crate) async fn form(headers: &HeaderMap, body: Body) -> Result<String, Trouble> {
    let bytes = incoming::read(headers, body, FORM).await?;
    if !bytes.is_empty() {
        negotiate::content(headers, &["application/x-www-form-urlencoded"])?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
