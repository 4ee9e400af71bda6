//! Every measure, and one of them with its evidence.

use super::declare::{self, Words};
use super::{FRAMEWORKS, Shown, doing, plan, shown, stands, work};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Params;
use crate::web::session::Visit;
use app::measures::{self, Board, Planned};
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::agreement::{agreed, agreed_down};
use domain::governance::measures::{Evidence, Measure, State, Status, find, has_rule};
use jiff::civil::Date;

/// What the list can be sorted by.
const SORTS: [(&str, &str); 2] = [("", "Domaine"), ("urgence", "Urgence")];

#[derive(Template)]
#[template(path = "measures.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    count: String,
    chosen: String,
    states: Vec<(&'static str, &'static str, usize)>,
    domains: Vec<Domain>,
    frameworks: Vec<(&'static str, &'static str)>,
    sorts: Vec<(&'static str, &'static str, bool)>,
}

struct Domain {
    name: &'static str,
    rows: Vec<Row>,
}

struct Row {
    id: &'static str,
    title: &'static str,
    state: Shown,
    found: String,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let chosen = State::ALL.into_iter().find(|state| shown(*state).0 == params.text("etat"));
    let count = |state: State| board.statuses.iter().filter(|status| status.state == state).count();
    let wanted: Vec<&Status> =
        board.statuses.iter().filter(|status| chosen.is_none_or(|state| status.state == state)).collect();
    let sort = params.text("tri");
    let page = Page {
        tab: "measures",
        count: format!("{} {}", wanted.len(), agreed(wanted.len(), "mesure")),
        chosen: chosen.map_or("", |state| shown(state).0).to_owned(),
        states: State::ALL.map(|state| (shown(state).0, shown(state).1, count(state))).to_vec(),
        domains: if sort == "urgence" { urgent(&board, &wanted) } else { domains(&wanted) },
        sorts: SORTS.map(|(code, name)| (code, name, code == sort)).to_vec(),
        frameworks: FRAMEWORKS.to_vec(),
        head: visit.frame(Menu::Standing),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

/// A domain after another, in the order in which the catalogue first names them.
fn domains(wanted: &[&Status]) -> Vec<Domain> {
    let mut domains: Vec<Domain> = Vec::new();
    for status in wanted {
        let Some(measure) = find(status.measure) else { continue };
        let row = row(measure, status);
        match domains.iter_mut().find(|domain| domain.name == measure.domain) {
            Some(domain) => domain.rows.push(row),
            None => domains.push(Domain { name: measure.domain, rows: vec![row] }),
        }
    }
    domains
}

/// All in one table, what is to be dealt with first.
fn urgent(board: &Board, wanted: &[&Status]) -> Vec<Domain> {
    let one = |id: &&'static str| Some(row(find(id)?, wanted.iter().find(|status| status.measure == *id)?));
    vec![Domain { name: "Par urgence", rows: board.urgent.iter().filter_map(one).collect() }]
}

fn row(measure: &'static Measure, status: &Status) -> Row {
    let found = status.evidence.first().map(|one| one.value.clone()).unwrap_or_default();
    Row { id: measure.id, title: measure.title, state: stands(status), found }
}

#[derive(Template)]
#[template(path = "measure.html")]
struct One {
    head: Frame,
    id: &'static str,
    title: &'static str,
    domain: &'static str,
    action: &'static str,
    work: String,
    cost: &'static str,
    state: Shown,
    derogated: Option<String>,
    remaining: Vec<String>,
    ruled: bool,
    evidence: Vec<Shred>,
    sources: Vec<&'static str>,
    /// The actions for it: id, title, state, words.
    actions: Vec<(String, String, Shown, String)>,
    /// For what no rule proves whole.
    words: Option<Words>,
    /// Where it is put in order: address and name.
    pages: Vec<(String, &'static str)>,
    /// The command that does it.
    command: Option<&'static str>,
}

struct Shred {
    value: String,
    who: String,
    facts: String,
    worth: String,
    failing: String,
    not_covered: String,
}

framed!(One);

pub(crate) async fn measure(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    shown_measure(&visit, StatusCode::OK, &board, &id, None).await
}

/// Shows a measure, with the form of a declaration as it was sent.
pub(super) async fn shown_measure(
    visit: &Visit,
    code: StatusCode,
    board: &Board,
    id: &str,
    sent: Option<Words>,
) -> Result<Response, Trouble> {
    let status = board.statuses.iter().find(|status| status.measure == id).ok_or_else(Trouble::absent)?;
    let measure = find(status.measure).ok_or_else(Trouble::absent)?;
    let now = visit.cx.now();
    let words = match sent {
        Some(words) => Some(words),
        None if declare::is_open(status) => Some(declare::words(visit, measure).await?),
        None => None,
    };
    let mine = |one: &&Planned| one.action.measure.as_deref() == Some(measure.id);
    let page = One {
        pages: doing::pages(measure.id, visit.cx.clearance()),
        command: doing::command(measure.id),
        id: measure.id,
        title: measure.title,
        domain: measure.domain,
        action: measure.action,
        work: work(measure),
        cost: measure.cost.label(),
        state: stands(status),
        derogated: status.derogated_until.map(|day| dates::short(&day.to_string())),
        remaining: status.remaining.clone(),
        ruled: has_rule(measure.id),
        evidence: status.evidence.iter().map(|one| shred(one, now)).collect(),
        sources: measure.sources.clone(),
        actions: board.plan.iter().filter(mine).map(|one| action(one, board.today)).collect(),
        head: visit.frame(Menu::Standing).wrong(words.iter().flat_map(Words::wrongs)),
        words,
    };
    Ok(show(code, &page, &visit.request))
}

fn action(one: &Planned, today: Date) -> (String, String, Shown, String) {
    let action = &one.action;
    (one.id.clone(), action.title.clone(), plan::shown(action, today), plan::said(action, today))
}

fn shred(one: &Evidence, now: i64) -> Shred {
    let worth = if one.is_fresh(now) { "valable jusqu’au" } else { "périmée depuis le" };
    Shred {
        value: one.value.clone(),
        who: if one.connector.is_machine() {
            format!(
                "{} ({} sur {} {})",
                one.connector.label(),
                one.scope.covered,
                one.scope.total(),
                agreed_down(one.scope.total(), one.scope.what)
            )
        } else {
            format!("{}, non prouvée par une machine", one.connector.label())
        },
        facts: dates::exact(one.effective_to),
        worth: format!("{worth} {}", dates::exact(one.valid_until)),
        failing: listed(&one.failing.0),
        not_covered: listed(&one.scope.not_covered.0),
    }
}

/// All names: these are the machines and accounts to deal with.
fn listed(names: &[String]) -> String {
    names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
}
