//! Every action, the next due first, and what the plan costs by year.

use super::super::FRAMEWORKS;
use super::{Shown, shown, work};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Params;
use crate::web::session::Visit;
use app::assets;
use app::measures::{self, Planned};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::{Action, ActionState, budget, progress};
use jiff::civil::Date;

#[derive(Template)]
#[template(path = "plan.html")]
struct Page<'a> {
    head: Frame,
    tab: &'static str,
    /// How far it is, in words.
    summary: String,
    states: Vec<(&'static str, String, bool)>,
    owners: Vec<(String, bool)>,
    words: &'a str,
    filtered: bool,
    years: Vec<Year>,
    rows: Vec<Row>,
    frameworks: Vec<(&'static str, &'static str)>,
    /// There is no action at all.
    empty: bool,
}

struct Year {
    year: i16,
    open: String,
    done: String,
    total: String,
}

struct Row {
    id: String,
    title: String,
    measure: Option<(&'static str, &'static str)>,
    owner: String,
    due: String,
    state: Shown,
    progress: u8,
    money: String,
    work: String,
}

framed!(Page<'_>);

/// What the list can be narrowed to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Open,
    Late,
    One(ActionState),
    All,
}

impl Wanted {
    const ALL: [Self; 7] = [
        Self::Open,
        Self::Late,
        Self::One(ActionState::Todo),
        Self::One(ActionState::Doing),
        Self::One(ActionState::Done),
        Self::One(ActionState::Abandoned),
        Self::All,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::Open => "ouvertes",
            Self::Late => "retard",
            Self::One(state) => state.code(),
            Self::All => "toutes",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Open => "Ouvertes",
            Self::Late => "En retard",
            Self::One(ActionState::Todo) => "À faire",
            Self::One(ActionState::Doing) => "En cours",
            Self::One(ActionState::Done) => "Faites",
            Self::One(ActionState::Abandoned) => "Abandonnées",
            Self::All => "Toutes",
        }
    }

    fn takes(self, action: &Action, today: Date) -> bool {
        match self {
            Self::Open => action.state.is_open(),
            Self::Late => action.is_overdue(today),
            Self::One(state) => action.state == state,
            Self::All => true,
        }
    }
}

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let plan = measures::plan(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let today = assets::today(&visit.cx);
    let wanted = Wanted::ALL.into_iter().find(|wanted| wanted.code() == params.text("etat")).unwrap_or(Wanted::Open);
    let (owner, words) = (params.text("qui"), params.text("q"));
    let count = |wanted: Wanted| plan.iter().filter(|one| wanted.takes(&one.action, today)).count();
    let states = Wanted::ALL.map(|one| (one.code(), format!("{} ({})", one.label(), count(one)), one == wanted));
    let mut owners: Vec<&str> = plan.iter().map(|one| one.action.owner.name.as_str()).collect();
    owners.retain(|name| !name.is_empty());
    owners.sort_unstable();
    owners.dedup();
    let fits = |one: &&Planned| {
        wanted.takes(&one.action, today)
            && (owner.is_empty() || one.action.owner.name == owner)
            && says(&one.action, words)
    };
    let kept: Vec<&Planned> = plan.iter().filter(fits).collect();
    let page = Page {
        tab: "plan",
        summary: summary(&plan, today),
        states: states.to_vec(),
        owners: owners.iter().map(|name| ((*name).to_owned(), *name == owner)).collect(),
        words,
        filtered: wanted != Wanted::Open || !owner.is_empty() || !words.is_empty(),
        years: years(&kept),
        rows: kept.iter().map(|one| row(one, today)).collect(),
        frameworks: FRAMEWORKS.to_vec(),
        empty: plan.is_empty(),
        head: visit.frame(Menu::Standing),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn summary(plan: &[Planned], today: Date) -> String {
    let all = progress(plan.iter().map(|one| &one.action), today);
    let Some(percent) = all.percent else { return String::new() };
    let some = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let parts = [
        some(all.open, "action ouverte", "actions ouvertes"),
        some(all.overdue, "en retard", "en retard"),
        some(all.done, "faite", "faites"),
        some(all.abandoned, "abandonnée", "abandonnées"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}. Avancement\u{a0}: {percent}\u{a0}%.", parts.join(", "))
}

fn says(action: &Action, words: &str) -> bool {
    let words = words.to_lowercase();
    let measure = action.measure().map(|measure| measure.title).unwrap_or_default();
    let said = [&action.title, &action.owner.name, &action.note, action.measure.as_ref().unwrap_or(&action.title)];
    words.is_empty()
        || measure.to_lowercase().contains(&words)
        || said.iter().any(|text| text.to_lowercase().contains(&words))
}

fn years(kept: &[&Planned]) -> Vec<Year> {
    let budget = budget(kept.iter().map(|one| &one.action));
    let one = |(year, sums): (i16, domain::governance::measures::Year)| Year {
        year,
        open: sums.open.to_string(),
        done: sums.done.to_string(),
        total: sums.total().to_string(),
    };
    budget.into_iter().map(one).collect()
}

fn row(one: &Planned, today: Date) -> Row {
    let action = &one.action;
    Row {
        id: one.id.clone(),
        title: action.title.clone(),
        measure: action.measure().map(|measure| (measure.id, measure.title)),
        owner: action.owner.name.clone(),
        due: action.due.map(|due| dates::short(&due.to_string())).unwrap_or_default(),
        state: shown(action, today),
        progress: action.progress,
        money: if action.total().0 == 0 { String::new() } else { action.total().to_string() },
        work: work(action.half_days),
    }
}
