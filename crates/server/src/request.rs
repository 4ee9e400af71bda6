//! Each request has a number, shown with an error and kept in the audit.

use crate::admin::{Class, Meters};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::debug;

/// Where the number travels back.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Where a client finds the number that it gave its request itself (FHIR R4 §3.1.0.13).
const GIVEN: HeaderName = HeaderName::from_static("x-correlation-id");
/// Longest number of a client that is sent back.
const LONGEST: usize = 64;

/// The number of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request its number, and says in the log what became of it: no address, no content.
pub(crate) async fn number(State(meters): State<Meters>, mut request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().to_string();
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let begun = meters.begin(Class::of(&method, request.uri().path(), route.is_some()));
    request.extensions_mut().insert(RequestId(id.clone()));
    let given = request.headers().get(HEADER).filter(|given| is_number(given.as_bytes())).cloned();
    let mut response = next.run(request).await;
    response.headers_mut().extend(given.map(|given| (GIVEN, given)));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    let (status, took) = (response.status().as_u16(), began.elapsed());
    begun.end(status, took);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    debug!(request = %id, %method, route = route.as_deref().unwrap_or("-"), status, ms, "served");
    response
}

fn is_number(given: &[u8]) -> bool {
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    (1..=LONGEST).contains(&given.len()) && given.iter().all(fine)
}

/// The number given to a request.
pub(crate) fn id_of(extensions: &axum::http::Extensions) -> String {
    extensions.get::<RequestId>().cloned().unwrap_or_default().0
}
