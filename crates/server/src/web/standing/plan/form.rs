//! The form of an action, and what became of it version by version.

use super::{Shown, shown};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::{Id, Params};
use crate::web::session::Visit;
use app::assets;
use app::measures::{self, Planned};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::{
    Action, ActionField, ActionMistake, ActionSheet, ActionState, Measure, catalogue, find,
};
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Versions shown.
const MOST: usize = 50;
/// Years ahead whose money can be said.
const YEARS: i16 = 3;

#[derive(Template)]
#[template(path = "action.html")]
pub(super) struct Page {
    head: Frame,
    title: &'static str,
    id: String,
    version: i64,
    sheet: ActionSheet,
    measures: Vec<(&'static str, &'static str, &'static str, bool)>,
    people: Vec<String>,
    states: Vec<(&'static str, &'static str, bool)>,
    money: Vec<(i16, String, Option<String>)>,
    mistakes: Vec<(String, String)>,
    /// What somebody else wrote meanwhile.
    newer: Option<Newer>,
    state: Option<Shown>,
    story: Vec<Version>,
}

/// What somebody else wrote meanwhile: who, and what differs, field by field.
pub(super) struct Newer {
    who: String,
    differences: Vec<(&'static str, String)>,
}

struct Version {
    at: String,
    who: String,
    changes: Vec<(&'static str, String, String)>,
}

framed!(Page);

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(name, _)| name == field).map(|(_, text)| text.as_str())
    }
}

/// The name of a field in the form.
pub(super) fn name(field: ActionField) -> String {
    match field {
        ActionField::Title => "quoi".to_owned(),
        ActionField::Measure => "mesure".to_owned(),
        ActionField::Owner => "qui".to_owned(),
        ActionField::Due => "echeance".to_owned(),
        ActionField::Money(year) => format!("argent-{year}"),
        ActionField::Work => "travail".to_owned(),
        ActionField::State => "etat".to_owned(),
        ActionField::Progress => "avancement".to_owned(),
        ActionField::Reason => "motif".to_owned(),
        ActionField::Note => "remarque".to_owned(),
    }
}

/// A form to show.
pub(super) struct Making<'a> {
    pub(super) id: String,
    pub(super) version: i64,
    pub(super) sheet: ActionSheet,
    pub(super) mistakes: &'a [ActionMistake],
    /// The newest version when it is not the one that was changed.
    pub(super) newer: Option<(&'a Planned, Option<&'a Action>)>,
    pub(super) story: &'a [Planned],
}

/// An empty form; for a measure, filled in with what the measure says.
pub(crate) async fn new(visit: Visit, params: Params) -> Result<Response, Trouble> {
    if !visit.answers_for_machines() {
        return Err(Trouble::absent());
    }
    let today = assets::today(&visit.cx);
    let measure = find(params.text("mesure"));
    let sheet = ActionSheet {
        title: measure.map_or("", |measure| measure.action).trim_end_matches('.').to_owned(),
        measure: measure.map_or("", |measure| measure.id).to_owned(),
        owner: visit.cx.signer().display.clone(),
        due: today.saturating_add(30.days()).to_string(),
        work: measure.map(|measure| measure.half_days.to_string()).unwrap_or_default(),
        state: ActionState::Todo.code().to_owned(),
        ..ActionSheet::default()
    };
    let id = measures::new_action(&visit.cx);
    page(&visit, StatusCode::OK, Making { id, version: 0, sheet, mistakes: &[], newer: None, story: &[] }).await
}

/// An action, to be changed.
pub(crate) async fn edit(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    let story = measures::story(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
    let newest = story.first().ok_or_else(Trouble::absent)?;
    let sheet = ActionSheet::from(&newest.action);
    let version = newest.version;
    page(&visit, StatusCode::OK, Making { id, version, sheet, mistakes: &[], newer: None, story: &story }).await
}

/// Shows a form.
pub(super) async fn page(visit: &Visit, status: StatusCode, making: Making<'_>) -> Result<Response, Trouble> {
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let people = measures::accounts(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let (today, now) = (assets::today(&visit.cx), visit.cx.now());
    let who = |one: &Planned| names.get(&one.by).cloned().unwrap_or_else(|| "un compte fermé".to_owned());
    let newer = making.newer.map(|(newest, sent)| Newer {
        who: who(newest),
        differences: sent
            .map(|sent| newest.action.differences(sent).into_iter().map(|(what, _, now)| (what, now)).collect())
            .unwrap_or_default(),
    });
    let before = |at: usize| making.story.get(at + 1).map(|one| one.action.clone()).unwrap_or_default();
    let story = making.story.iter().enumerate().take(MOST).map(|(at, one)| Version {
        at: dates::when(one.at, now),
        who: who(one),
        changes: one.action.differences(&before(at)),
    });
    let mistakes: Vec<(String, String)> =
        making.mistakes.iter().map(|wrong| (name(wrong.field), wrong.french.clone())).collect();
    let page = Page {
        title: if making.version == 0 { "Nouvelle action" } else { "Action" },
        state: making.story.first().map(|one| shown(&one.action, today)),
        story: story.collect(),
        measures: offered(&making.sheet.measure),
        people: people.into_keys().collect(),
        states: ActionState::ALL.map(|one| (one.code(), one.label(), one.code() == making.sheet.state)).to_vec(),
        money: money(&making.sheet, &mistakes, today),
        head: visit.frame(Menu::Standing).wrong(mistakes.clone()),
        mistakes,
        newer,
        id: making.id,
        version: making.version,
        sheet: making.sheet,
    };
    Ok(show(status, &page, &visit.request))
}

fn offered(chosen: &str) -> Vec<(&'static str, &'static str, &'static str, bool)> {
    let one = |measure: &'static Measure| (measure.id, measure.domain, measure.title, measure.id == chosen);
    catalogue().iter().map(one).collect()
}

/// This year and those that follow, and whatever year the action knows.
fn money(sheet: &ActionSheet, mistakes: &[(String, String)], today: Date) -> Vec<(i16, String, Option<String>)> {
    let years: BTreeSet<i16> =
        (today.year()..today.year() + YEARS).chain(sheet.money.iter().map(|(year, _)| *year)).collect();
    let sum = |year: i16| sheet.money.iter().find(|(own, _)| *own == year).map(|(_, sum)| sum.clone());
    let wrong = |year: i16| {
        let field = name(ActionField::Money(year));
        mistakes.iter().find(|(name, _)| *name == field).map(|(_, text)| text.clone())
    };
    years.into_iter().map(|year| (year, sum(year).unwrap_or_default(), wrong(year))).collect()
}
