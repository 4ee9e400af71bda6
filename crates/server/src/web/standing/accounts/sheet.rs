//! The account of somebody: their functions, its end, a password that is lost.

use super::given;
use super::post::{self, Mistakes, PostFields, UNREADABLE};
use crate::state::Server;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::{Id, Params};
use crate::web::session::Visit;
use crate::web::sign_in::said_of_own;
use app::accounts;
use app::hiring::{self, Change, Held, Sheet};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use confidentiality::Actor;
use jiff::civil::Date;

#[derive(Template)]
#[template(path = "account_sheet.html")]
struct Page {
    head: Frame,
    actor: i64,
    display: String,
    login: String,
    own: bool,
    open: bool,
    state: String,
    last: String,
    until: String,
    functions: Vec<Row>,
    post: PostFields,
    mistakes: Mistakes,
    /// What has just been done.
    done: Option<&'static str>,
}

struct Row {
    key: String,
    french: String,
    spot: String,
    times: String,
}

framed!(Page);

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }
}

/// What is said once it is done.
const DONE: [(&str, &str); 5] = [
    ("ferme", "Ce compte est fermé. Qui l’utilisait vient d’être déconnecté."),
    ("ouvert", "Ce compte est ouvert."),
    ("fin", "Le dernier jour est enregistré."),
    ("ajout", "La fonction est ajoutée."),
    ("retrait", "La fonction est retirée."),
];

fn number(id: &str) -> Result<Actor, Trouble> {
    id.parse().map(Actor::new).map_err(|_| Trouble::absent())
}

pub(crate) async fn page(visit: Visit, Id(id): Id, params: Params) -> Result<Response, Trouble> {
    let done = DONE.iter().find(|(code, _)| *code == params.text("fait")).map(|(_, text)| *text);
    shown(&visit, StatusCode::OK, number(&id)?, None, Vec::new(), done).await
}

async fn shown(
    visit: &Visit,
    status: StatusCode,
    actor: Actor,
    sent: Option<&Fields>,
    mistakes: Mistakes,
    done: Option<&'static str>,
) -> Result<Response, Trouble> {
    let sheet = hiring::sheet(&visit.cx, actor).await.map_err(|error| visit.trouble(error))?;
    let until = sheet.until.filter(|_| sheet.open).map(|day| day.to_string()).unwrap_or_default();
    let page = Page {
        actor: actor.value(),
        own: sheet.own,
        open: sheet.open,
        state: state(&sheet),
        last: sheet.last.map_or_else(|| "jamais".to_owned(), |at| dates::day(at, visit.cx.now())),
        until: sent.map(|fields| fields.text("fin")).filter(|text| !text.is_empty()).map_or(until, str::to_owned),
        functions: sheet.functions.iter().map(row).collect(),
        post: post::shown(visit, sent).await?,
        mistakes,
        done,
        display: sheet.display,
        login: sheet.login,
        head: visit.frame(Menu::Standing),
    };
    Ok(show(status, &page, &visit.request))
}

fn day(day: Date) -> String {
    dates::short(&day.to_string())
}

fn state(sheet: &Sheet) -> String {
    let until = sheet.until.map(day);
    match (sheet.open, until, sheet.chosen) {
        (false, Some(until), _) => format!("Fermé depuis le {until}"),
        (false, None, _) => "Fermé".to_owned(),
        (true, until, chosen) => {
            let until = until.map(|until| format!(" jusqu’au {until}")).unwrap_or_default();
            let given = if chosen { "" } else { ", avec le mot de passe qui a été remis" };
            format!("Ouvert{until}{given}")
        }
    }
}

fn row(held: &Held) -> Row {
    let times = match (held.from, held.until) {
        (None, None) => "en cours".to_owned(),
        (None, Some(until)) => format!("jusqu’au {}", day(until)),
        (Some(from), None) => format!("à partir du {}", day(from)),
        (Some(from), Some(until)) => format!("du {} au {}", day(from), day(until)),
    };
    Row { key: key(held), french: held.french.clone(), spot: spot(held), times }
}

fn spot(held: &Held) -> String {
    format!("{} – {}", held.spot.place_name, held.spot.name)
}

fn key(held: &Held) -> String {
    format!("{}/{}/{}/{}", held.post.place.value(), held.post.unit, held.post.persona, held.post.starts)
}

pub(crate) async fn submit(
    State(server): State<Server>,
    visit: Visit,
    Id(id): Id,
    fields: Fields,
) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let actor = number(&id)?;
    let (word, outcome) = match fields.text("faire") {
        "fermer" => ("ferme", change(&visit, actor, Change::Close).await?),
        "rouvrir" => ("ouvert", change(&visit, actor, Change::Open(None)).await?),
        "fin" => ("fin", end(&visit, actor, fields.text("fin")).await?),
        "ajouter" => ("ajout", add(&visit, actor, &fields).await?),
        "retirer" => ("retrait", take_back(&visit, actor, fields.text("quelle")).await?),
        "mot-de-passe" => return renew(&server, &visit, actor, &fields).await,
        _ => return Err(Trouble::absent()),
    };
    match outcome {
        Ok(()) => Ok(Redirect::to(&format!("/maitrise/comptes/qui/{}?fait={word}", actor.value())).into_response()),
        Err(mistakes) => shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, actor, Some(&fields), mistakes, None).await,
    }
}

type Outcome = Result<Result<(), Mistakes>, Trouble>;

async fn change(visit: &Visit, actor: Actor, wanted: Change<'_>) -> Outcome {
    let changed = hiring::change(&visit.cx, actor, wanted).await.map_err(|error| visit.write_trouble(error))?;
    Ok(changed.map_err(|unfit| vec![post::mistake(&unfit)]))
}

/// The last day, or none.
async fn end(visit: &Visit, actor: Actor, text: &str) -> Outcome {
    let until: Option<Date> = match text.trim() {
        "" => None,
        text => match text.parse() {
            Ok(day) => Some(day),
            Err(_) => return Ok(Err(vec![("fin", UNREADABLE.to_owned())])),
        },
    };
    let outcome = change(visit, actor, Change::Open(until)).await?;
    let beside = |(field, text): (&'static str, String)| {
        if field == "au" {
            ("fin", "Ce jour est déjà passé\u{a0}: fermez plutôt le compte.".to_owned())
        } else {
            (field, text)
        }
    };
    Ok(outcome.map_err(|mistakes| mistakes.into_iter().map(beside).collect()))
}

async fn add(visit: &Visit, actor: Actor, fields: &Fields) -> Outcome {
    let mut mistakes = Mistakes::new();
    let asked = post::read(fields, &mut mistakes);
    if !mistakes.is_empty() {
        return Ok(Err(mistakes));
    }
    let added = hiring::add_post(&visit.cx, actor, &asked.post()).await;
    Ok(added.map_err(|error| visit.write_trouble(error))?.map_err(|unfit| vec![post::mistake(&unfit)]))
}

async fn take_back(visit: &Visit, actor: Actor, wanted: &str) -> Outcome {
    let sheet = hiring::sheet(&visit.cx, actor).await.map_err(|error| visit.trouble(error))?;
    let Some(held) = sheet.functions.iter().find(|held| key(held) == wanted) else {
        return Ok(Err(vec![("fonctions", "Cette fonction a déjà été retirée.".to_owned())]));
    };
    let ended = hiring::end_post(&visit.cx, actor, &held.post).await;
    Ok(ended.map_err(|error| visit.write_trouble(error))?.map_err(|unfit| vec![post::mistake(&unfit)]))
}

/// Another password, shown once.
async fn renew(server: &Server, visit: &Visit, actor: Actor, fields: &Fields) -> Result<Response, Trouble> {
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    // Whoever does not answer for accounts is not even told that the password was wrong.
    hiring::sheet(&visit.cx, actor).await.map_err(|error| visit.trouble(error))?;
    if let Err(error) = accounts::verify(&visit.cx, &visit.login, fields.text("confirmation")).await {
        let (status, text) = said_of_own(error, &visit.request)?;
        return shown(visit, status, actor, Some(fields), vec![("confirmation", text)], None).await;
    }
    let secret = hiring::first_password(visit.cx.app()).await.map_err(|error| visit.write_trouble(error))?;
    match change(visit, actor, Change::Password(&secret)).await? {
        Ok(()) => given::page(server, visit, actor, secret).await,
        Err(mistakes) => shown(visit, wrong, actor, Some(fields), mistakes, None).await,
    }
}
