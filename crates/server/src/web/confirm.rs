//! Typing the password again: the very sensitive level opens for a while.

use super::fields::Fields;
use super::frame::{Frame, Menu, framed, local, show};
use super::params::Params;
use super::session::Visit;
use super::sign_in::said_of_own;
use crate::state::Server;
use crate::trouble::Trouble;
use app::accounts;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page<'a> {
    head: Frame,
    /// The machine does not open that level: the password would change nothing.
    closed: bool,
    /// What is to be read has just been kept.
    kept: bool,
    next: &'a str,
    error: Option<String>,
}

framed!(Page<'_>);

pub(crate) async fn form(visit: Visit, params: Params) -> Response {
    let next = local(params.some("suite")).unwrap_or("/");
    show(
        StatusCode::OK,
        &Page {
            head: visit.frame(Menu::None),
            closed: closed(&visit),
            kept: next.ends_with("?fait=ecrit"),
            next,
            error: None,
        },
        &visit.request,
    )
}

fn closed(visit: &Visit) -> bool {
    visit.machine().1 < confidentiality::Level::VerySensitive
}

pub(crate) async fn submit(State(server): State<Server>, visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let next = local(Some(fields.text("suite"))).unwrap_or("/");
    match accounts::step_up(server.app(), &visit.token, fields.text("password")).await {
        Ok(()) => Ok(Redirect::to(next).into_response()),
        Err(app::Error::SignedOut) => Ok(Redirect::to("/connexion").into_response()),
        Err(error) => {
            let (status, error) = said_of_own(error, &visit.request)?;
            let page = Page {
                head: visit.frame(Menu::None).wrong([("password", error.as_str())]),
                closed: closed(&visit),
                kept: next.ends_with("?fait=ecrit"),
                next,
                error: Some(error),
            };
            Ok(show(status, &page, &visit.request))
        }
    }
}
