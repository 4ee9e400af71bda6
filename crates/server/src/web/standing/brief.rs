//! One screen: five figures, what to do this month, what changed, what is coming.

use super::{Shown, plan, shown, work};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use app::measures::{self, Board, Planned};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::{Figures, Part, Step, find};

/// Names shown of machines; the others are counted.
const NAMED: usize = 4;

#[derive(Template)]
#[template(path = "standing.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    summary: String,
    imported: bool,
    figures: Vec<Figure>,
    steps: Vec<Todo>,
    changes: Vec<Change>,
    deadlines: Vec<Deadline>,
    machines: Vec<(&'static str, usize)>,
}

struct Figure {
    name: &'static str,
    value: String,
    what: String,
}

struct Todo {
    id: &'static str,
    title: &'static str,
    action: &'static str,
    state: Shown,
    found: Option<String>,
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
    machines: String,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let changes = board.changes.iter().filter_map(|change| {
        let title = find(change.measure)?.title;
        Some(Change { id: change.measure, title, before: change.before.label(), after: shown(change.after) })
    });
    let deadlines = board.deadlines.iter().map(|end| Deadline {
        day: dates::short(&end.day.to_string()),
        what: end.what.clone(),
        machines: named(&end.machines),
    });
    let page = Page {
        tab: "brief",
        summary: summary(&board, visit.cx.now()),
        imported: board.imported.is_some(),
        figures: figures(&board.figures),
        steps: board.steps.iter().map(|step| todo(step, &board)).collect(),
        changes: changes.take(8).collect(),
        deadlines: deadlines.take(6).collect(),
        machines: board.machines.iter().map(|(verdict, count)| (verdict.label(), *count)).collect(),
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

fn figures(all: &Figures) -> Vec<Figure> {
    let percent = |part: Part| part.percent().map_or_else(|| "–".to_owned(), |percent| format!("{percent}\u{a0}%"));
    let figure = |name, part: Part, what: String| Figure { name, value: percent(part), what };
    vec![
        figure("Conformité", all.conformity, "de ce qui compte, l’essentiel pesant le plus".to_owned()),
        figure("Essentiel", all.base, format!("{} des {} mesures de base", all.base.part, all.base.whole)),
        figure("Preuve", all.proof, "de ce qui est conforme est prouvé par une machine".to_owned()),
        figure("Fraîcheur", all.freshness, "des mesures suivies ont une preuve à jour".to_owned()),
        figure("Non couvert", all.not_covered, format!("{} mesures dont rien ne dit l’état", all.not_covered.part)),
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
        work: work(step.measure),
        cost: step.measure.cost.label(),
        planned,
    }
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
