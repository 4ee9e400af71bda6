//! *Ouvrir un compte*: for somebody who arrives.

use super::given;
use super::post::{self, Mistakes, PostFields};
use crate::state::Server;
use crate::trouble::Trouble;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use crate::web::sign_in::said_of_own;
use app::accounts;
use app::hiring::{self, Newcomer, Unfit};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "account_new.html")]
struct Page {
    head: Frame,
    name: String,
    login: String,
    post: PostFields,
    mistakes: Mistakes,
}

framed!(Page);

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }
}

pub(crate) async fn form(visit: Visit) -> Result<Response, Trouble> {
    if !visit.answers_for_machines() {
        return Err(Trouble::absent());
    }
    page(&visit, StatusCode::OK, None, Vec::new()).await
}

async fn page(
    visit: &Visit,
    status: StatusCode,
    sent: Option<&Fields>,
    mistakes: Mistakes,
) -> Result<Response, Trouble> {
    let given = |name: &str| sent.map_or("", |fields| fields.text(name)).to_owned();
    let head = visit.frame(Menu::Standing).wrong(mistakes.clone());
    let page =
        Page { name: given("nom"), login: given("identifiant"), post: post::shown(visit, sent).await?, mistakes, head };
    Ok(show(status, &page, &visit.request))
}

pub(crate) async fn submit(State(server): State<Server>, visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    if !visit.answers_for_machines() {
        return Err(Trouble::absent());
    }
    let (mut mistakes, wrong) = (Mistakes::new(), StatusCode::UNPROCESSABLE_ENTITY);
    for (name, unfit) in [("nom", Unfit::Nameless), ("identifiant", Unfit::Login)] {
        if fields.text(name).trim().is_empty() {
            mistakes.push(post::mistake(&unfit));
        }
    }
    let asked = post::read(&fields, &mut mistakes);
    if !mistakes.is_empty() {
        return page(&visit, wrong, Some(&fields), mistakes).await;
    }
    if let Err(error) = accounts::verify(&visit.cx, &visit.login, fields.text("confirmation")).await {
        let (status, text) = said_of_own(error, &visit.request)?;
        return page(&visit, status, Some(&fields), vec![("confirmation", text)]).await;
    }
    let trouble = |error| visit.write_trouble(error);
    let secret = hiring::first_password(visit.cx.app()).await.map_err(trouble)?;
    let new = Newcomer {
        login: fields.text("identifiant"),
        display: fields.text("nom"),
        post: asked.post(),
        practitioner: None,
    };
    match hiring::add(&visit.cx, &new, &secret).await.map_err(trouble)? {
        Ok(actor) => Ok(given::page(&server, &visit, actor, (new.display.trim(), new.login.trim()), secret)),
        Err(unfit) => page(&visit, wrong, Some(&fields), vec![post::mistake(&unfit)]).await,
    }
}
