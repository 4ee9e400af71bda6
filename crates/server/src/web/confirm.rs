//! Typing the password again: the very sensitive level opens for a while.

use super::assets;
use super::fields::Fields;
use super::frame::{Frame, local, show};
use super::session::Visit;
use super::sign_in::said;
use crate::state::Server;
use crate::trouble::Trouble;
use app::accounts;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page<'a> {
    head: Frame,
    next: &'a str,
    error: Option<String>,
}

impl Page<'_> {
    fn frame(&self) -> Option<&Frame> {
        Some(&self.head)
    }
    fn css(&self) -> &'static str {
        assets::address()
    }
}

pub(crate) async fn form(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let pairs = fhir::search::pairs(query.as_deref().unwrap_or_default());
    let next = pairs.iter().find(|(name, _)| name == "suite").map(|(_, value)| value.as_str());
    let next = local(next).unwrap_or("/personnes");
    show(StatusCode::OK, &Page { head: visit.frame(), next, error: None }, &visit.request)
}

pub(crate) async fn submit(State(server): State<Server>, visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let next = local(Some(fields.text("suite"))).unwrap_or("/personnes");
    match accounts::step_up(server.app(), &visit.token, fields.text("password")).await {
        Ok(()) => Ok(Redirect::to(next).into_response()),
        Err(app::Error::SignedOut) => Ok(Redirect::to("/connexion").into_response()),
        Err(error) => {
            let (status, error) = said(error, &visit.request)?;
            Ok(show(status, &Page { head: visit.frame(), next, error: Some(error) }, &visit.request))
        }
    }
}
