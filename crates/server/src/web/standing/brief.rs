//! One screen: five figures, what to do this month, what changed, what is coming.

use super::history::{self, Chart};
use super::{Shown, places, plan, shown, work};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Params;
use crate::web::session::Visit;
use app::measures::{self, About, Board, Planned};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::agreement::agreed;
use domain::governance::measures::{Exposure, Figures, Followed, Part, Step, find};
use jiff::civil::Date;

/// Names shown of machines; the others are counted.
const NAMED: usize = 4;
/// Changes and days to come that are shown.
const CHANGES: usize = 5;
const DEADLINES: usize = 6;
/// How far back one compares, in days.
const SPANS: [(i32, &str); 3] = [(7, "une semaine"), USUAL, (365, "un an")];
const USUAL: (i32, &str) = (30, "un mois");

#[derive(Template)]
#[template(path = "standing.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    summary: String,
    imported: bool,
    /// Of an establishment, nobody has said what it is.
    untold: bool,
    figures: Vec<Figure>,
    steps: Vec<Todo>,
    changes: Vec<Change>,
    more: usize,
    /// The day that is compared with.
    since: Option<String>,
    spans: Vec<(i32, &'static str, bool)>,
    deadlines: Vec<Deadline>,
    machines: Vec<(String, usize)>,
    chart: Option<Chart>,
}

struct Figure {
    name: &'static str,
    value: String,
    what: String,
    /// By how much it has moved.
    moved: Option<String>,
}

struct Todo {
    id: &'static str,
    title: &'static str,
    action: &'static str,
    state: Shown,
    found: Option<String>,
    /// Which of them matter most.
    exposed: Option<String>,
    work: String,
    cost: &'static str,
    /// Who does it and until when, when it is planned: the action, and the words.
    planned: Option<(String, String)>,
}

struct Change {
    id: &'static str,
    title: &'static str,
    before: &'static str,
    after: Shown,
}

struct Deadline {
    day: String,
    what: String,
    more: String,
    link: Option<String>,
    late: bool,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let points = measures::history(&visit.cx, &board).await.map_err(|error| visit.trouble(error))?;
    let chosen = SPANS.into_iter().find(|(days, _)| i64::from(*days) == params.number("depuis").unwrap_or(0));
    let days = chosen.unwrap_or(USUAL).0;
    let compared = measures::compare(&board, &points, days);
    let changes = compared.changes.iter().filter_map(|change| {
        let title = find(change.measure)?.title;
        Some(Change { id: change.measure, title, before: change.before.label(), after: shown(change.after) })
    });
    let changed = compared.changes.len();
    let page = Page {
        tab: "brief",
        summary: summary(&board, visit.cx.now()),
        imported: board.imported.is_some(),
        untold: places::is_any_untold(&visit),
        figures: figures(&board.figures, compared.figures.as_ref()),
        steps: board.steps.iter().map(|step| todo(step, &board)).collect(),
        changes: changes.take(CHANGES).collect(),
        more: changed.saturating_sub(CHANGES),
        since: compared.day.map(|day| dates::short(&day.to_string())),
        spans: SPANS.map(|(span, name)| (span, name, span == days)).to_vec(),
        deadlines: board.deadlines.iter().take(DEADLINES).map(|end| deadline(end, board.today)).collect(),
        chart: history::draw(&points),
        machines: board.machines.iter().map(|(verdict, count)| (agreed(*count, verdict.label()), *count)).collect(),
        head: visit.frame(Menu::Standing),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn summary(board: &Board, now: i64) -> String {
    let Figures { failing, to_prove, .. } = board.figures;
    let import =
        board.imported.map_or_else(String::new, |at| format!(" Dernier import\u{a0}: {}.", dates::when(at, now)));
    let wrong = match failing {
        0 => "rien de ce qui est prouvé n’est en défaut".to_owned(),
        1 => "1 mesure n’est pas tenue".to_owned(),
        many => format!("{many} mesures ne sont pas tenues"),
    };
    format!("{}\u{a0}: {wrong}, {to_prove} à prouver.{import}", dates::long(board.today))
}

fn deadline(end: &measures::Deadline, today: Date) -> Deadline {
    let (more, link) = match &end.about {
        About::Support(machines) => (named(machines), None),
        About::Action(id) => (String::new(), Some(format!("/maitrise/plan/{id}"))),
        About::Measure(id) => (String::new(), Some(format!("/maitrise/mesures/{id}"))),
        About::Exemption => (String::new(), Some("/maitrise/exceptions".to_owned())),
    };
    let day = dates::short(&end.day.to_string());
    Deadline { day, what: end.what.clone(), more, link, late: end.day < today }
}

/// `+ 11 points`.
fn moved(now: Part, before: Part) -> Option<String> {
    let (now, before) = (i64::from(now.percent()?), i64::from(before.percent()?));
    let by = now - before;
    let points = if by.abs() > 1 { "points" } else { "point" };
    match by {
        0 => Some("inchangé".to_owned()),
        1.. => Some(format!("+\u{a0}{by}\u{a0}{points}")),
        _ => Some(format!("−\u{a0}{}\u{a0}{points}", by.abs())),
    }
}

fn figures(all: &Figures, before: Option<&Figures>) -> Vec<Figure> {
    let percent = |part: Part| part.percent().map_or_else(|| "–".to_owned(), |percent| format!("{percent}\u{a0}%"));
    let figure = |one: Followed, what: String| {
        let (name, part) = (one.label(), one.of(all));
        Figure { name, value: percent(part), what, moved: before.and_then(|before| moved(part, one.of(before))) }
    };
    vec![
        figure(Followed::Conformity, "de ce qui compte, l’essentiel pesant le plus".to_owned()),
        figure(Followed::Base, format!("{} des {} mesures de base", all.base.part, all.base.whole)),
        figure(Followed::Proof, "de ce qui est conforme est prouvé par une machine".to_owned()),
        figure(Followed::Freshness, "des mesures suivies ont une preuve à jour".to_owned()),
        figure(Followed::NotCovered, {
            let many = all.not_covered.part as usize;
            format!("{many} {} dont rien ne dit l’état", agreed(many, "mesure"))
        }),
    ]
}

fn todo(step: &Step, board: &Board) -> Todo {
    let open = |one: &&Planned| one.action.state.is_open() && one.action.measure.as_deref() == Some(step.measure.id);
    let planned = board.plan.iter().find(open).map(|one| (one.id.clone(), plan::said(&one.action, board.today)));
    Todo {
        id: step.measure.id,
        title: step.measure.title,
        action: step.measure.action,
        state: shown(step.state),
        found: step.found.clone(),
        exposed: step
            .exposed
            .filter(|of| says_more(step, *of))
            .map(|(why, count)| format!("Dont {count} {}.", why.label(count > 1))),
        work: work(step.measure),
        cost: step.measure.cost.label(),
        planned,
    }
}

/// « 2 serveurs, dont 2 serveurs » says nothing.
fn says_more(step: &Step, (why, count): (Exposure, usize)) -> bool {
    why != Exposure::Shared || step.concerned.is_some_and(|concerned| count < concerned)
}

/// `PC-1, PC-2 et 3 autres`.
fn named(names: &[String]) -> String {
    let known: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let shown = known.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match known.len().saturating_sub(NAMED) {
        0 => shown,
        1 => format!("{shown} et 1 autre"),
        more => format!("{shown} et {more} autres"),
    }
}
