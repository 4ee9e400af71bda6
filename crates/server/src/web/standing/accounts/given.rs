//! A password that was given: shown once, to be handed over.

use crate::state::Server;
use crate::trouble::Trouble;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use app::hiring;
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

/// The paper to hand over.
pub(super) async fn page(server: &Server, visit: &Visit, actor: Actor, secret: String) -> Result<Response, Trouble> {
    let sheet = hiring::sheet(&visit.cx, actor).await.map_err(|error| visit.trouble(error))?;
    let page = Page {
        head: visit.frame(Menu::Standing),
        actor: actor.value(),
        display: sheet.display,
        login: sheet.login,
        secret,
        address: server.config().base.clone(),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}
