//! *À suivre*: what somebody who accompanies nobody answers for, by their rights: accesses to look at, levels, machines.

use super::dates;
use super::frame::{Frame, Menu, framed, show};
use super::session::Visit;
use crate::trouble::Trouble;
use app::{access_review, assets, emergency, hiring, labels, list_requests, measures};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::agreement::shown;
use domain::governance::list_request::ListRequest;

#[derive(Template)]
#[template(path = "duties.html")]
struct Page {
    head: Frame,
    duties: Vec<Duty>,
    /// What their function is called.
    function: String,
    /// It shows what is open to everybody who works here.
    staff: bool,
    /// When their next function begins.
    next: Option<String>,
}

/// Something to look after.
struct Duty {
    title: &'static str,
    link: &'static str,
    /// How it stands.
    said: String,
    /// Something waits for them.
    waits: bool,
    late: bool,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let mut duties = Vec::new();
    if visit.cx.clearance().reviews_accesses() {
        duties.push(emergencies(&visit).await?);
        duties.push(accesses(&visit).await?);
        duties.push(requests(&visit).await?);
    }
    if visit.cx.audits() && duties.is_empty() {
        let watched = accesses(&visit).await?;
        duties.push(Duty { waits: false, ..watched });
    }
    if labels::may_correct(&visit.cx) {
        let found = labels::waiting(&visit.cx).await.map_err(|error| visit.trouble(error))?;
        let words = if found < 100 { ("écrit", "écrits") } else { ("écrit", "écrits, ou davantage") };
        duties.push(duty(("Niveaux à revoir", "/niveaux"), found, words, false));
    }
    if visit.answers_for_machines() {
        let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
        let failing = usize::try_from(board.figures.failing).unwrap_or(usize::MAX);
        duties.push(duty(
            ("Maîtrise du système d’information", "/maitrise"),
            failing,
            ("mesure non tenue", "mesures non tenues"),
            false,
        ));
    }
    // Who accompanies somebody, or is somebody here, has more to do than this page says.
    if duties.is_empty() && !visit.accompanies_nobody() {
        return Ok(Redirect::to("/").into_response());
    }
    let next = hiring::next_day(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let persona = visit.cx.persona().unwrap_or_default().into();
    let function = visit.cx.app().matrix().persona(&persona).map(|(row, _)| row.french().to_owned());
    let next = next.map(|day| dates::short(&day.to_string()));
    let staff = visit.is_staff();
    let page = Page { duties, staff, next, function: function.unwrap_or_default(), head: visit.frame(Menu::Duties) };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

/// So many things wait: what one is called, and several.
fn duty((title, link): (&'static str, &'static str), waiting: usize, (one, many): (&str, &str), late: bool) -> Duty {
    let said = match waiting {
        0 => "Rien n’attend.".to_owned(),
        1 => format!("1\u{a0}{one}."),
        waiting => format!("{}\u{a0}{many}.", shown(waiting)),
    };
    Duty { title, link, said, waits: waiting > 0, late }
}

/// None of these shows anybody: nothing of it is in anybody's journal.
async fn emergencies(visit: &Visit) -> Result<Duty, Trouble> {
    let (count, late) = emergency::waiting_marks(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    Ok(duty(("Accès en urgence", "/acces-en-urgence"), count, ("accès à relire", "accès à relire"), late))
}

async fn accesses(visit: &Visit) -> Result<Duty, Trouble> {
    let (count, late) = access_review::waiting(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    Ok(duty(("Accès du mois", "/acces-a-relire"), count, ("accès à relire", "accès à relire"), late))
}

async fn requests(visit: &Visit) -> Result<Duty, Trouble> {
    let waiting = list_requests::waiting(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let today = assets::today(&visit.cx);
    let late = waiting.iter().any(|request| request.is_late(today));
    let title = ("Demandes de la liste des accès", "/demandes-d-acces");
    let duty = duty(title, waiting.len(), ("demande en attente", "demandes en attente"), late);
    Ok(match waiting.iter().map(ListRequest::due).min() {
        Some(day) => Duty {
            said: format!("{} La première est à remettre avant le {}.", duty.said, dates::short(&day.to_string())),
            ..duty
        },
        None => duty,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn the_page_of_who_accompanies_nobody() {
        let duties = vec![
            duty(("Accès en urgence", "/acces-en-urgence"), 2, ("accès à relire", "accès à relire"), true),
            duty(("Niveaux à revoir", "/niveaux"), 0, ("écrit", "écrits"), false),
        ];
        let page = Page {
            duties,
            staff: true,
            next: None,
            function: "déléguée".to_owned(),
            head: sample::frame(Menu::Duties),
        };
        insta::assert_snapshot!(sample::rendered(&page));
    }

    #[test]
    fn what_waits_is_counted_in_french() {
        let said = |waiting| duty(("", ""), waiting, ("mesure non tenue", "mesures non tenues"), false).said;
        assert_eq!(said(0), "Rien n’attend.");
        assert_eq!(said(1), "1\u{a0}mesure non tenue.");
        assert_eq!(said(2), "2\u{a0}mesures non tenues.");
    }
}
