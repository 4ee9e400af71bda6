//! The handover on paper: nothing of level 3 or above, and a line that says so.

use super::choice::Choice;
use super::{DueLine, Shown, due, shown};
use crate::trouble::Trouble;
use crate::web::alike::Alike;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::lines::Line;
use crate::web::params::Params;
use crate::web::session::Visit;
use app::downtime;
use app::handover::{self, Filter, Handover};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

#[derive(Template)]
#[template(path = "handover_print.html")]
struct Paper {
    head: Frame,
    unit_name: String,
    place_name: String,
    since: String,
    now: String,
    /// What it was narrowed to.
    narrowed: Option<String>,
    lines: Vec<Shown>,
    due: Vec<DueLine>,
    left_out: &'static str,
    back: String,
}

framed!(Paper);

/// Every date is written out: paper is read on another day.
pub(crate) async fn print(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let (now, choice) = (visit.cx.now(), Choice::of(&params));
    let found = handover::load(&visit.cx, choice.ask_paper(now)).await.map_err(|error| visit.trouble(error))?;
    let Some(found) = found else { return Ok(Redirect::to("/unites").into_response()) };
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let today = dates::local(now).date();
    let (alike, narrowed) = (Alike::among(&found.residents, today), narrowed(&choice, &found, today));
    if narrowed.is_none() {
        let kept = downtime::printed(&visit.cx, found.unit.number).await;
        kept.map_err(|error| visit.write_trouble(error))?;
    }
    let lines = found.lines.iter().map(|line| {
        let shown = shown(&found, &alike, line, &names, now);
        let whole = Line::whole(&line.item, &names, now);
        Shown { line: Line { at: dates::exact(line.item.moment), link: None, ..whole }, write: None, ..shown }
    });
    let paper = Paper {
        head: visit.frame(Menu::Handover),
        unit_name: if found.unit.whole { "Tout l’établissement".to_owned() } else { found.unit.name.clone() },
        place_name: found.unit.place_name.clone(),
        since: since(&found),
        now: dates::exact(now),
        narrowed,
        lines: lines.collect(),
        due: due(&found, &alike, dates::exact, now),
        left_out: "Les écrits sensibles et très sensibles ne sont pas imprimés.",
        back: choice.link(&[]),
    };
    Ok(show(StatusCode::OK, &paper, &visit.request))
}

fn since(found: &Handover) -> String {
    let when = dates::exact(found.since);
    if found.since_duty { format!("Depuis le {when}, fin de votre dernier poste") } else { format!("Depuis le {when}") }
}

/// What is not all of it: `Douleur ; ce qui est urgent`.
fn narrowed(choice: &Choice, found: &Handover, today: jiff::civil::Date) -> Option<String> {
    let filter = match choice.filter {
        Filter::All => None,
        Filter::Critical => Some("ce qui est urgent"),
        Filter::Mine => Some("ce qui est pour ma fonction"),
        Filter::Unread => Some("ce que je n’ai pas lu"),
    };
    choice.narrowed(&Alike::rows(&found.residents, today), filter)
}
