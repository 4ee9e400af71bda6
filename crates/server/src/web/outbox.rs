//! *Envois*: what programs are still to be told, what fails and why, and what was given up and waits for a person.

use super::dates;
use super::done;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::params::Id;
use super::session::Visit;
use crate::trouble::Trouble;
use app::outbox::{self, Letter};
use app::subscriptions::Failure;
use app::{Counts, StoreError};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

const HERE: &str = "/maitrise/envois";

#[derive(Template)]
#[template(path = "outbox.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    counts: Counts,
    dead: Vec<Row>,
    failing: Vec<Row>,
    waiting: Vec<Row>,
    /// How many are not listed.
    more: i64,
}

#[derive(Template)]
#[template(path = "outbox_abandon.html")]
struct Ask {
    head: Frame,
    tab: &'static str,
    row: Row,
    reason: String,
    wrong: Option<String>,
}

struct Row {
    number: i64,
    program: String,
    since: String,
    /// When it is tried next, or since when it is no longer.
    at: String,
    tries: i64,
    why: String,
}

framed!(Page);
framed!(Ask);

fn why(failure: Option<Failure>) -> String {
    match failure {
        None => "Cause inconnue".to_owned(),
        Some(Failure::NotAllowed) => "Adresse que la configuration n’autorise pas".to_owned(),
        Some(Failure::Late) => "Pas de réponse en dix secondes".to_owned(),
        Some(Failure::Unreachable) => "Connexion impossible".to_owned(),
        Some(Failure::NoRight) => "Ce logiciel n’a plus le droit de lire sa demande".to_owned(),
        Some(Failure::Unreadable) => "Sa demande ne peut plus être lue".to_owned(),
        Some(Failure::Status(status @ 300..=399)) => {
            format!("Réponse {status}\u{a0}: une redirection n’est pas suivie")
        }
        Some(Failure::Status(status)) => format!("Réponse {status}"),
    }
}

fn row(letter: &Letter, now: i64) -> Row {
    let program = if letter.program.is_empty() { "Compte fermé".to_owned() } else { letter.program.clone() };
    let at = dates::when(letter.dead.unwrap_or(letter.due), now);
    let since = dates::since(letter.since, now);
    Row { number: letter.number, program, since, at, tries: letter.tries, why: why(letter.why) }
}

/// All of them.
pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let (letters, counts) = outbox::list(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let pick = |state: fn(&Letter) -> bool| letters.iter().filter(|one| state(one)).map(|one| row(one, now)).collect();
    let listed = i64::try_from(letters.len()).unwrap_or(i64::MAX);
    let page = Page {
        tab: "outbox",
        dead: pick(|one| one.dead.is_some()),
        failing: pick(|one| one.dead.is_none() && one.tries > 0),
        waiting: pick(|one| one.dead.is_none() && one.tries == 0),
        more: (counts.waiting + counts.dead - listed).max(0),
        counts,
        head: visit.frame(Menu::Standing),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn back(changed: bool, code: &str) -> Response {
    done::to(HERE, if changed { code } else { "absent" })
}

fn number(id: &Id) -> Result<i64, Trouble> {
    id.0.parse().map_err(|_| Trouble::absent())
}

/// Has one tried now.
pub(crate) async fn try_again(visit: Visit, id: Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let done = outbox::try_again(&visit.cx, number(&id)?).await.map_err(|error| visit.write_trouble(error))?;
    Ok(back(done, "reessaye"))
}

/// Says what giving one up does, and asks why.
pub(crate) async fn ask(visit: Visit, id: Id) -> Result<Response, Trouble> {
    asked(&visit, StatusCode::OK, number(&id)?, "", None).await
}

async fn asked(
    visit: &Visit,
    status: StatusCode,
    number: i64,
    reason: &str,
    wrong: Option<String>,
) -> Result<Response, Trouble> {
    let (letters, _) = outbox::list(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let Some(letter) = letters.iter().find(|one| one.number == number && one.dead.is_some()) else {
        return Ok(back(false, ""));
    };
    let head = visit.frame(Menu::Standing).wrong(wrong.iter().map(|said| ("motif", said.as_str())));
    let row = row(letter, visit.cx.now());
    Ok(show(status, &Ask { tab: "outbox", row, reason: reason.to_owned(), wrong, head }, &visit.request))
}

/// Gives one up.
pub(crate) async fn abandon(visit: Visit, id: Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (number, reason) = (number(&id)?, fields.text("motif"));
    match outbox::abandon(&visit.cx, number, reason).await {
        Ok(done) => Ok(back(done, "abandonne")),
        Err(app::Error::Store(StoreError::Invalid(invalid))) => {
            let wrong = invalid.issues.first().map(|issue| issue.text_fr.clone());
            asked(&visit, StatusCode::UNPROCESSABLE_ENTITY, number, reason, wrong).await
        }
        Err(error) => Err(visit.write_trouble(error)),
    }
}
