//! A password that was given: shown once, to be handed over.

use crate::state::Server;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::sending::Again;
use crate::web::session::Visit;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use confidentiality::Actor;

#[derive(Template)]
#[template(path = "account_given.html")]
struct Page {
    head: Frame,
    actor: i64,
    display: String,
    login: String,
    secret: String,
    address: String,
}

framed!(Page);

/// The paper to hand over. Nothing may fail here: the password is shown now or never.
pub(super) fn page(
    server: &Server,
    visit: &Visit,
    actor: Actor,
    (display, login): (&str, &str),
    secret: String,
) -> Response {
    let page = Page {
        head: visit.frame(Menu::Standing),
        actor: actor.value(),
        display: display.to_owned(),
        login: login.to_owned(),
        secret,
        address: server.config().base.clone(),
    };
    let mut answer = show(StatusCode::OK, &page, &visit.request);
    // Sent again, the form shows no password: neither the former one, which is kept nowhere, nor another.
    answer.extensions_mut().insert(Again(format!("/maitrise/comptes/qui/{}?fait=remis", actor.value())));
    answer
}
