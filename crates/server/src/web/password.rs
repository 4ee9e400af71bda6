//! *Mon mot de passe*: each person chooses their own, in place of the one they were given.

use super::done;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::session::Visit;
use super::sign_in::said_of_own;
use crate::trouble::Trouble;
use app::accounts;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

#[derive(Template)]
#[template(path = "password.html")]
struct Page {
    head: Frame,
    least: u32,
    /// Where one goes without choosing, as long as the password is the one that was handed over.
    later: Option<&'static str>,
    /// The present one, the new one, and the new one typed again: name, question, what a browser may fill in, what is wrong.
    rows: Vec<(&'static str, &'static str, &'static str, Option<String>)>,
}

/// Their names, questions, and what a browser may fill in.
const ROWS: [(&str, &str, &str); 3] = [
    ("actuel", "Mot de passe actuel", "current-password"),
    ("nouveau", "Nouveau mot de passe", "new-password"),
    ("encore", "Le nouveau, une seconde fois", "new-password"),
];

framed!(Page);

pub(crate) async fn form(visit: Visit) -> Response {
    shown(&visit, StatusCode::OK, [None, None, None]).await
}

async fn shown(visit: &Visit, status: StatusCode, mistakes: [Option<String>; 3]) -> Response {
    let least = accounts::shortest_password(visit.cx.app()).await;
    let wrong = ROWS.into_iter().zip(mistakes.clone()).filter_map(|((name, ..), wrong)| Some((name, wrong?)));
    let head = visit.frame(Menu::Account).wrong(wrong);
    let rows = ROWS.into_iter().zip(mistakes).map(|((name, label, fill), wrong)| (name, label, fill, wrong)).collect();
    let later = visit.is_to_choose().then(|| super::first(visit));
    show(status, &Page { least, later, rows, head }, &visit.request)
}

pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (before, chosen) = (fields.text("actuel"), fields.text("nouveau"));
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    if chosen != fields.text("encore") {
        let differs = "Les deux saisies sont différentes\u{a0}: retapez-le.".to_owned();
        return Ok(shown(&visit, wrong, [None, None, Some(differs)]).await);
    }
    match accounts::choose_password(&visit.cx, &visit.token, before, chosen).await {
        Ok(Ok(())) => Ok(done::to("/moi/mot-de-passe", "change")),
        Ok(Err(weak)) => Ok(shown(&visit, wrong, [None, Some(weak.said()), None]).await),
        Err(app::Error::SignedOut) => Ok(Redirect::to("/connexion").into_response()),
        Err(error) => {
            let (status, error) = said_of_own(error, &visit.request)?;
            Ok(shown(&visit, status, [Some(error), None, None]).await)
        }
    }
}
