//! Signing in and out.

use super::assets;
use super::fields::Fields;
use super::frame::{Frame, local, show};
use super::session::{self, MaybeToken, Visit};
use crate::request::RequestId;
use crate::state::{Demo, Server};
use crate::trouble::{Doing, Trouble};
use app::accounts;
use askama::Template;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page<'a> {
    login: &'a str,
    /// Where the visitor wanted to go.
    next: &'a str,
    error: Option<String>,
    demo: Option<&'a Demo>,
}

impl Page<'_> {
    fn frame(&self) -> Option<&Frame> {
        None
    }
    fn css(&self) -> &'static str {
        assets::address()
    }
}

pub(crate) async fn form(
    State(server): State<Server>,
    RawQuery(query): RawQuery,
    Extension(RequestId(request)): Extension<RequestId>,
) -> Response {
    let pairs = fhir::search::pairs(query.as_deref().unwrap_or_default());
    let next = pairs.iter().find(|(name, _)| name == "suite").map(|(_, value)| value.as_str());
    let next = local(next).unwrap_or_default();
    show(StatusCode::OK, &Page { login: "", next, error: None, demo: server.config().demo.as_ref() }, &request)
}

pub(crate) async fn submit(
    State(server): State<Server>,
    MaybeToken(before): MaybeToken,
    Extension(RequestId(request)): Extension<RequestId>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let (login, next) = (fields.text("login").trim(), local(Some(fields.text("suite"))).unwrap_or_default());
    match accounts::sign_in(server.app(), login, fields.text("password")).await {
        Ok(token) => {
            if let Some(before) = before {
                // Whoever sat here before has left.
                accounts::sign_out(server.app(), &before)
                    .await
                    .map_err(|error| Trouble::from_app(error, Doing::Read, &request))?;
            }
            let to = if next.is_empty() { "/personnes" } else { next };
            Ok(([(header::SET_COOKIE, session::cookie(server.config(), &token))], Redirect::to(to)).into_response())
        }
        Err(error) => {
            let (status, error) = said(error, &request)?;
            let page = Page { login, next, error: Some(error), demo: server.config().demo.as_ref() };
            Ok(show(status, &page, &request))
        }
    }
}

/// What is said beside the password; other failures have their own page.
pub(crate) fn said(error: app::Error, request: &str) -> Result<(StatusCode, String), Trouble> {
    match error {
        app::Error::Credentials => Ok((
            StatusCode::UNPROCESSABLE_ENTITY,
            "Identifiant ou mot de passe incorrect. Vérifiez les majuscules, puis recommencez.".to_owned(),
        )),
        app::Error::TooManyAttempts(seconds) => Ok((
            StatusCode::TOO_MANY_REQUESTS,
            format!("Trop d’essais. Patientez {seconds}\u{a0}secondes avant de recommencer."),
        )),
        other => Err(Trouble::from_app(other, Doing::Read, request)),
    }
}

pub(crate) async fn leave(State(server): State<Server>, visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    accounts::sign_out(server.app(), &visit.token).await.map_err(|error| visit.trouble(error))?;
    let cookie = [(header::SET_COOKIE, session::no_cookie(server.config()))];
    Ok((cookie, Redirect::to("/connexion")).into_response())
}
