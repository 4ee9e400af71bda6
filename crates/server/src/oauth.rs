//! `POST /oauth/token`: OAuth 2.0 client credentials (RFC 6749 §4.4).

use crate::headers;
use crate::incoming;
use crate::request;
use crate::state::Server;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Where tokens are given.
pub(crate) const TOKEN: &str = "/oauth/token";
/// Largest form.
const LARGEST: usize = 16 << 10;

pub(crate) fn routes() -> Router<Server> {
    Router::new().route(TOKEN, post(token))
}

async fn token(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let id = request::id_of(&parts.extensions);
    match issue(&server, &parts.headers, body, &id).await {
        Ok(body) => answer(StatusCode::OK, &body),
        Err(refusal) => refusal.answer(),
    }
}

/// Why no token is given (RFC 6749 §5.2).
struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    wait: Option<i64>,
}

const fn refusal(error: &'static str, description: &'static str) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, error, description, wait: None }
}

impl Refusal {
    fn answer(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = answer(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            let basic = HeaderValue::from_static("Basic realm=\"socle\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        if let Some(seconds) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

async fn issue(server: &Server, all: &HeaderMap, body: Body, request: &str) -> Result<Value, Refusal> {
    if headers::media_type(all).as_deref() != Some("application/x-www-form-urlencoded") {
        return Err(refusal("invalid_request", "form expected"));
    }
    let bytes =
        incoming::read(all, body, LARGEST).await.map_err(|_| refusal("invalid_request", "cut off or too large"))?;
    let form = fhir::search::pairs(&String::from_utf8_lossy(&bytes));
    match field(&form, "grant_type")? {
        Some("client_credentials") => {}
        Some(_) => return Err(refusal("unsupported_grant_type", "only client_credentials")),
        None => return Err(refusal("invalid_request", "grant_type is missing")),
    }
    let (id, secret) = credentials(all, &form)?;
    let reads = match field(&form, "scope")?.filter(|scope| !scope.trim().is_empty()) {
        Some(scope) => {
            app::accounts::only_reads(scope).ok_or(refusal("invalid_scope", "only scopes of a program: system/..."))?
        }
        None => false,
    };
    match app::accounts::client_token(server.app(), &id, &secret, reads).await {
        Ok(token) => Ok(json!({
            "access_token": token.token,
            "token_type": "Bearer",
            "expires_in": token.expires_in,
            "scope": token.scope,
        })),
        Err(app::Error::Credentials) => {
            Err(Refusal { status: StatusCode::UNAUTHORIZED, ..refusal("invalid_client", "unknown client or secret") })
        }
        Err(app::Error::TooManyAttempts(seconds)) => Err(Refusal {
            status: StatusCode::TOO_MANY_REQUESTS,
            wait: Some(seconds),
            ..refusal("invalid_client", "too many attempts")
        }),
        Err(error) => {
            tracing::error!(request, %error, "no token");
            Err(Refusal {
                status: StatusCode::SERVICE_UNAVAILABLE,
                ..refusal("temporarily_unavailable", "retry later")
            })
        }
    }
}

/// A field, which may not come twice (RFC 6749 §3.2).
fn field<'a>(form: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut found = form.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let first = found.next();
    if found.next().is_some() { Err(refusal("invalid_request", "a field comes twice")) } else { Ok(first) }
}

/// The client's name and secret: HTTP Basic with percent-encoding (RFC 6749 §2.3.1), else the form.
fn credentials(all: &HeaderMap, form: &[(String, String)]) -> Result<(String, String), Refusal> {
    let unknown = || Refusal { status: StatusCode::UNAUTHORIZED, ..refusal("invalid_client", "no credentials") };
    if let Some(value) = headers::text(all, header::AUTHORIZATION) {
        let (scheme, encoded) = value.split_once(' ').ok_or_else(unknown)?;
        let bytes = STANDARD.decode(encoded.trim()).map_err(|_| unknown())?;
        let text = String::from_utf8(bytes).map_err(|_| unknown())?;
        let (id, secret) = text.split_once(':').ok_or_else(unknown)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(unknown());
        }
        if field(form, "client_secret")?.is_some() {
            return Err(refusal("invalid_request", "one way of authentication at a time"));
        }
        let id = decoded(id);
        if field(form, "client_id")?.is_some_and(|named| named != id) {
            return Err(refusal("invalid_request", "client_id is not the client that authenticates"));
        }
        return Ok((id, decoded(secret)));
    }
    match (field(form, "client_id")?, field(form, "client_secret")?) {
        (Some(id), Some(secret)) => Ok((id.to_owned(), secret.to_owned())),
        _ => Err(unknown()),
    }
}

fn decoded(text: &str) -> String {
    // As one value of a form: what separates pairs is encoded by whoever encodes at all.
    let guarded = text.replace('&', "%26").replace('=', "%3D");
    fhir::search::pairs(&guarded).into_iter().next().map(|(text, _)| text).unwrap_or_default()
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let all = response.headers_mut();
    headers::data(all);
    all.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    all.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_secrets_with_any_letter() {
        assert_eq!(decoded("a%3Ab%2F"), "a:b/");
        assert_eq!(decoded("a=b&c"), "a=b&c");
        assert_eq!(decoded(""), "");
    }

    #[test]
    fn basic_comes_before_the_form_and_never_with_it() {
        let basic = format!("Basic {}", STANDARD.encode("moi:s%26cret"));
        let all = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(&basic).unwrap())]);
        assert!(matches!(credentials(&all, &[]), Ok((id, secret)) if id == "moi" && secret == "s&cret"));
        let form = [("client_secret".to_owned(), "x".to_owned())];
        assert!(credentials(&all, &form).is_err());
    }
}
