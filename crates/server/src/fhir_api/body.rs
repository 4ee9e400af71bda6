//! Reading a body, up to a limit.

use super::negotiate;
use crate::incoming;
use crate::trouble::Trouble;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use fhir::Resource;

/// Largest body, a Bundle.
const LARGEST: usize = 32 << 20;
/// Largest search form.
const FORM: usize = 1 << 20;

/// A resource sent as JSON.
pub(crate) async fn resource(headers: &HeaderMap, body: Body) -> Result<Resource, Trouble> {
    negotiate::content(headers, &["application/fhir+json", "application/json"])?;
    let bytes = incoming::read(headers, body, LARGEST).await?;
    Resource::from_slice(&bytes).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))
}

/// A form.
pub(crate) async fn form(headers: &HeaderMap, body: Body) -> Result<String, Trouble> {
    negotiate::content(headers, &["application/x-www-form-urlencoded"])?;
    Ok(String::from_utf8_lossy(&incoming::read(headers, body, FORM).await?).into_owned())
}

/// A resource sent as JSON, or nothing.
pub(crate) async fn maybe_resource(headers: &HeaderMap, body: Body) -> Result<Option<Resource>, Trouble> {
    let bytes = incoming::read(headers, body, LARGEST).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    negotiate::content(headers, &["application/fhir+json", "application/json"])?;
    Resource::from_slice(&bytes).map(Some).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))
}
