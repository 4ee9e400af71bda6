//! What programs ask first: where tokens are given, and for what (SMART App Launch 2.2, `.well-known`).

use crate::headers;
use crate::state::Server;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::json;

/// Where it is, below the base of the API.
pub(crate) const PATH: &str = "/.well-known/smart-configuration";

/// Only what is done: no authorization endpoint, so no code challenge.
pub(crate) fn configuration(server: &Server) -> Response {
    let scopes = [true, false].map(app::accounts::scope_of);
    let body = json!({
        "token_endpoint": format!("{}{}", server.config().base, crate::oauth::TOKEN),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": scopes,
        "code_challenge_methods_supported": [],
        // Scopes are given for all types at once: not `permission-v2`.
        "capabilities": ["client-confidential-symmetric"],
    });
    let mut response = Response::new(Body::from(body.to_string()));
    headers::data(response.headers_mut());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
