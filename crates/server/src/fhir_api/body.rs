//! Reading a body, up to a limit.

use super::negotiate;
use crate::trouble::Trouble;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use fhir::Resource;

/// Largest body, a Bundle.
const LARGEST: usize = 32 << 20;
/// Largest search form.
const FORM: usize = 1 << 20;

/// A resource sent as JSON.
pub(crate) async fn resource(headers: &HeaderMap, body: Body) -> Result<Resource, Trouble> {
    negotiate::content(headers, &["application/fhir+json", "application/json"])?;
    let bytes = bytes(headers, body, LARGEST).await?;
    Resource::from_slice(&bytes).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))
}

/// A form.
pub(crate) async fn form(headers: &HeaderMap, body: Body) -> Result<String, Trouble> {
    negotiate::content(headers, &["application/x-www-form-urlencoded"])?;
    Ok(String::from_utf8_lossy(&bytes(headers, body, FORM).await?).into_owned())
}

/// The bytes of a body that is not longer than `limit`.
pub(crate) async fn bytes(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, Trouble> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(Trouble::too_long());
    }
    // A connection that breaks off looks the same; its answer goes nowhere.
    axum::body::to_bytes(body, limit).await.map(|bytes| bytes.to_vec()).map_err(|_| Trouble::too_long())
}
