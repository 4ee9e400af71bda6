//! *Mon compte*: who I am here, my posts, my theme, my unfinished writings.

use super::dates;
use super::done;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::identity::Identity;
use super::session::{self, THEMES, Visit};
use super::summary;
use crate::state::Server;
use crate::trouble::Trouble;
use app::transmissions::{self, KeptDraft};
use app::{Version, units};
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::care::target::Target;

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    head: Frame,
    login: String,
    function: String,
    /// They work here: a post is theirs to take.
    staff: bool,
    units: Vec<String>,
    current: Option<(String, String)>,
    planned: Vec<(String, String)>,
    themes: Vec<(&'static str, &'static str, bool)>,
    drafts: Vec<Draft>,
    /// Whether the charter in force is signed, in words.
    charter: Option<String>,
    /// They look at the accesses of the month.
    reviews: bool,
}

struct Draft {
    key: String,
    /// Whom it is about; not said of whom they do not accompany any more.
    who: Option<String>,
    topic: String,
    text: String,
    at: String,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let posts = units::mine(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let drafts = transmissions::drafts(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let whose = transmissions::whose(&visit.cx, &drafts).await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let charter = charter(&visit).await?;
    let persona = visit.cx.persona().unwrap_or_default().into();
    let function = visit.cx.app().matrix().persona(&persona).map(|(row, _)| row.french().to_owned());
    let name = |unit: i64| posts.find(unit).map(|unit| unit.name.clone()).unwrap_or_default();
    let planned = posts.planned.iter().map(|shift| {
        let end = dates::hour(dates::local(shift.ends));
        (format!("{}, jusqu’à {end}", dates::when(shift.starts, now)), name(shift.unit))
    });
    let page = Page {
        login: visit.login.clone(),
        function: function.unwrap_or_default(),
        staff: visit.is_staff(),
        units: posts.units.iter().map(|unit| unit.name.clone()).collect(),
        current: posts.current.map(|shift| (name(shift.unit), dates::since(shift.starts, now))),
        planned: planned.take(8).collect(),
        themes: THEMES.iter().map(|(code, name)| (*code, *name, visit.theme() == Some(code))).collect(),
        drafts: drafts.into_iter().map(|draft| shown(draft, &whose, now)).collect(),
        charter,
        reviews: visit.cx.clearance().reviews_accesses(),
        head: visit.frame(Menu::Account),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

async fn charter(visit: &Visit) -> Result<Option<String>, Trouble> {
    if !app::charter::is_for(&visit.cx) {
        return Ok(None);
    }
    let charter = app::charter::in_force(visit.cx.app()).await.map_err(|error| visit.trouble(error))?;
    let Some(charter) = charter else { return Ok(None) };
    let signed = app::charter::signed(&visit.cx, &charter).await.map_err(|error| visit.trouble(error))?;
    Ok(Some(match signed {
        Some(at) => format!("Signée {}", dates::when(at, visit.cx.now())),
        None => "À lire et à signer".to_owned(),
    }))
}

fn shown(draft: KeptDraft, whose: &[Version], now: i64) -> Draft {
    let patient = whose.iter().find(|one| one.resource.id() == Some(draft.sheet.patient.as_str()));
    let who = patient.map(|patient| Identity::of(&patient.resource, dates::local(now).date()));
    let named = |who: Identity| match who.born.is_empty() {
        true => who.name,
        false => format!("{}, {} le {}", who.name, who.born_word(), who.born),
    };
    let topic = Target::parse(&draft.sheet.target).map_or("Sans cible", Target::french);
    Draft {
        who: who.map(named),
        key: draft.key,
        topic: topic.to_owned(),
        text: summary::shorten(&draft.sheet.data, 120),
        at: dates::when(draft.updated, now),
    }
}

/// Keeps the theme, in this browser.
pub(crate) async fn theme(State(server): State<Server>, visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let chosen = THEMES.iter().map(|(code, _)| *code).find(|code| *code == fields.text("theme"));
    let cookie = [(header::SET_COOKIE, session::theme_cookie(server.config(), chosen))];
    Ok((cookie, done::to("/moi", "theme")).into_response())
}
