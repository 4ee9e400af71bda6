//! Who asks: the bearer token, the purpose, the reason.

use crate::headers;
use crate::state::Server;
use crate::trouble::{Doing, Trouble};
use app::{Cx, Origin, Wish};
use axum::http::{HeaderMap, StatusCode, header};
use confidentiality::Purpose;

/// Longest reason kept.
const REASON: usize = 500;

/// The request of the program that sent these headers.
pub(crate) async fn caller(server: &Server, all: &HeaderMap, request: &str) -> Result<Cx, Trouble> {
    caller_for(server, all, request, None).await
}

/// The same, and what it is going to read or to replace.
pub(crate) async fn caller_for(
    server: &Server,
    all: &HeaderMap,
    request: &str,
    wish: Option<Wish<'_>>,
) -> Result<Cx, Trouble> {
    let token = bearer(all).ok_or_else(|| {
        Trouble::unauthorized("Cette adresse demande un jeton d’accès.", "An access token is required.", "Bearer")
    })?;
    let purpose = purpose(all)?;
    let reason = headers::text(all, "x-socle-reason").filter(|reason| !reason.is_empty());
    let origin = Origin {
        request: request.to_owned(),
        reason: reason.map(|reason| reason.chars().filter(|c| !c.is_control()).take(REASON).collect()),
        device: None,
    };
    let known = match wish {
        Some(wish) => app::accounts::bearer_finding(server.app(), &token, purpose, origin, wish).await,
        None => app::accounts::bearer(server.app(), &token, purpose, origin).await,
    };
    known.map_err(|error| Trouble::from_app(error, Doing::Read, request))
}

fn bearer(all: &HeaderMap) -> Option<String> {
    let value = headers::text(all, header::AUTHORIZATION)?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn purpose(all: &HeaderMap) -> Result<Purpose, Trouble> {
    let Some(code) = headers::text(all, "x-socle-purpose") else { return Ok(Purpose::Api) };
    match Purpose::parse(&code) {
        Some(purpose @ (Purpose::Care | Purpose::Api | Purpose::Export)) => Ok(purpose),
        Some(Purpose::Relabel | Purpose::Reindex | Purpose::Drill) => Err(Trouble::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Cette finalité est réservée au système.",
            "This purpose is reserved to the system.",
        )),
        None => Err(Trouble::bad("La finalité X-Socle-Purpose est inconnue.", "Unknown X-Socle-Purpose.")),
    }
}
