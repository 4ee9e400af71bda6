//! The account of somebody: their functions, its end, a password that is lost.

use super::given;
use super::post::{self, Mistakes, PostFields, UNREADABLE};
use crate::state::Server;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Id;
use crate::web::session::Visit;
use crate::web::sign_in::said_of_own;
use app::accounts;
use app::hiring::{self, Change, Held, Sheet};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use confidentiality::Actor;
use jiff::civil::Date;

#[derive(Template)]
#[template(path = "account_sheet.html")]
struct Page {
    head: Frame,
    actor: i64,
    display: String,
    /// As it is typed.
    name: String,
    login: String,
    own: bool,
    open: bool,
    state: String,
    last: String,
    until: String,
    functions: Vec<Row>,
    post: PostFields,
    mistakes: Mistakes,
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

fn number(id: &str) -> Result<Actor, Trouble> {
    id.parse().map(Actor::new).map_err(|_| Trouble::absent())
}

pub(crate) async fn page(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    shown(&visit, StatusCode::OK, number(&id)?, None, Vec::new()).await
}

async fn shown(
    visit: &Visit,
    status: StatusCode,
    actor: Actor,
    sent: Option<&Fields>,
    mistakes: Mistakes,
) -> Result<Response, Trouble> {
    let sheet = hiring::sheet(&visit.cx, actor).await.map_err(|error| visit.trouble(error))?;
    let until = sheet.until.map(|day| day.to_string()).unwrap_or_default();
    let head = visit.frame(Menu::Standing).wrong(mistakes.clone());
    let given = |field| sent.map(|fields| fields.text(field)).filter(|text| !text.is_empty()).map(str::to_owned);
    let page = Page {
        actor: actor.value(),
        own: sheet.own,
        open: sheet.open,
        state: state(&sheet),
        last: sheet.last.map_or_else(|| "jamais".to_owned(), |at| dates::day(at, visit.cx.now())),
        until: given("fin").unwrap_or(until),
        functions: sheet.functions.iter().map(row).collect(),
        post: post::shown(visit, sent).await?,
        mistakes,
        name: given("nom").unwrap_or_else(|| sheet.display.clone()),
        display: sheet.display,
        login: sheet.login,
        head,
    };
    Ok(show(status, &page, &visit.request))
}

fn day(day: Date) -> String {
    dates::short(&day.to_string())
}

fn state(sheet: &Sheet) -> String {
    if !sheet.open {
        return sheet.closed.map_or_else(|| "Fermé".to_owned(), |closed| format!("Fermé depuis le {}", day(closed)));
    }
    let until = sheet.until.map(|until| format!(" jusqu’au {}", day(until))).unwrap_or_default();
    let given = if sheet.chosen { "" } else { ", avec le mot de passe qui a été remis" };
    format!("Ouvert{until}{given}")
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
    // For whoever does not answer for accounts there is none; nor is a program's here.
    let sheet = hiring::sheet(&visit.cx, actor).await.map_err(|error| visit.trouble(error))?;
    let what = fields.text("faire");
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    // What gives somebody something is confirmed.
    let asked = ["ajouter", "rouvrir", "mot-de-passe"].into_iter().find(|one| *one == what);
    if let Some(field) = asked.map(confirmation)
        && let Err(error) = accounts::verify(&visit.cx, &visit.login, fields.text(field)).await
    {
        let (status, text) = said_of_own(error, &visit.request)?;
        return shown(&visit, status, actor, Some(&fields), vec![(field, text)]).await;
    }
    let (word, outcome) = match what {
        "fermer" => ("ferme", change(&visit, actor, Change::Close).await?),
        "rouvrir" => ("ouvert", change(&visit, actor, Change::Reopen).await?),
        "renommer" => ("nom", change(&visit, actor, Change::Rename(fields.text("nom"))).await?),
        "fin" => ("fin", end(&visit, actor, fields.text("fin")).await?),
        "ajouter" => ("ajout", add(&visit, actor, &fields).await?),
        "retirer" => ("retrait", take_back(&visit, &sheet, fields.text("quelle")).await?),
        "mot-de-passe" => {
            let secret = hiring::first_password(visit.cx.app()).await.map_err(|error| visit.write_trouble(error))?;
            match change(&visit, actor, Change::Password(&secret)).await? {
                Ok(()) => return Ok(given::page(&server, &visit, actor, (&sheet.display, &sheet.login), secret)),
                Err(mistakes) => ("", Err(mistakes)),
            }
        }
        _ => return Err(Trouble::absent()),
    };
    match outcome {
        Ok(()) => Ok(done::to(&format!("/maitrise/comptes/qui/{}", actor.value()), word)),
        Err(mistakes) => shown(&visit, wrong, actor, Some(&fields), mistakes).await,
    }
}

/// The field of the page that confirms it.
fn confirmation(what: &str) -> &'static str {
    if what == "ajouter" { "confirmation-ajout" } else { "confirmation" }
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
    let outcome = change(visit, actor, Change::Bound(until)).await?;
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

async fn take_back(visit: &Visit, sheet: &Sheet, wanted: &str) -> Outcome {
    let Some(held) = sheet.functions.iter().find(|held| key(held) == wanted) else {
        return Ok(Err(vec![("fonctions", "Cette fonction a déjà été retirée.".to_owned())]));
    };
    let ended = hiring::end_post(&visit.cx, sheet.actor, &held.post).await;
    Ok(ended.map_err(|error| visit.write_trouble(error))?.map_err(|unfit| vec![post::mistake(&unfit)]))
}
