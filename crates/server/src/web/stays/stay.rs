//! *Séjour* of a person: where they are and were, and what is said of it.

use super::{Mistakes, lost, said, units};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Id;
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::Version;
use app::stays::{self, Board, Desk, Of, Unfit};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::care::stay::{Cause, LONGEST_ROOM, Stay, Step, room};
use domain::local_time;
use jiff::civil::{Date, Time};

/// Signs of a motive.
const LONGEST: usize = 300;

#[derive(Template)]
#[template(path = "stay.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    place: i64,
    place_name: String,
    unit: String,
    units: Vec<(i64, String, bool)>,
    room: String,
    causes: Vec<(&'static str, &'static str, bool)>,
    /// Day and hour of a change, then of an end.
    moments: [(String, String); 2],
    reason: String,
    longest: usize,
    longest_room: usize,
    /// The stay that goes on: its id, and the version that was read.
    running: Option<(String, i64)>,
    since: String,
    /// The last one, that has ended and may be told not to have.
    left: Option<(String, i64)>,
    rows: Vec<Row>,
    mistakes: Mistakes,
}

/// A stay of the list.
struct Row {
    level: i64,
    words: String,
    mistaken: bool,
    steps: Vec<String>,
}

framed!(Page);

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(name, _)| *name == field).map(|(_, text)| *text)
    }
}

pub(crate) async fn page(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    shown(&visit, StatusCode::OK, &id, None, Vec::new()).await
}

async fn shown(
    visit: &Visit,
    status: StatusCode,
    id: &str,
    sent: Option<&Fields>,
    mistakes: Mistakes,
) -> Result<Response, Trouble> {
    let board = stays::board(&visit.cx, id).await.map_err(|error| visit.trouble(error))?;
    let now = dates::local(visit.cx.now());
    let does = |what: &str| sent.filter(|fields| fields.text("faire") == what);
    let typed = |what: &str, name: &str| does(what).map(|fields| fields.text(name).to_owned());
    let moment = |what: &str, names: [&str; 2]| {
        let [day, hour] = names.map(|name| typed(what, name));
        let hour = hour.unwrap_or_else(|| format!("{:02}:{:02}", now.hour(), now.minute()));
        (day.unwrap_or_else(|| now.date().to_string()), hour)
    };
    let (running, left) = (running(&board), left(&board));
    let read = running.map(|item| Stay::read(&item.resource));
    let cause = typed("sortir", "cause").unwrap_or_default();
    let unit = typed("placer", "unite").and_then(|unit| unit.parse().ok()).unwrap_or(board.unit);
    let page = Page {
        strip: StripView::of(&board.strip, now.date()),
        tab: Tab::Stay,
        place: board.desk.place.value(),
        place_name: board.desk.place_name.clone(),
        unit: board.desk.name_of(board.unit).unwrap_or_default().to_owned(),
        units: units(&board.desk.units, Some(unit)),
        room: typed("placer", "chambre").or_else(|| board.strip.resident.room.clone()).unwrap_or_default(),
        causes: Cause::ALL.map(|one| (one.code(), one.french(), one.code() == cause)).to_vec(),
        moments: [moment("placer", ["jour", "heure"]), moment("sortir", ["jour-sortie", "heure-sortie"])],
        reason: typed("annuler", "motif").unwrap_or_default(),
        longest: LONGEST,
        longest_room: LONGEST_ROOM,
        since: read.and_then(|stay| stay.start).map(|start| told(&start)).unwrap_or_default(),
        running: running.map(of),
        left: left.map(of),
        rows: board.stays.iter().map(|item| row(item, &board.desk)).collect(),
        head: visit.frame(Menu::People).wrong(mistakes.iter().copied()),
        mistakes,
    };
    Ok(show(status, &page, &visit.request))
}

fn of(item: &Version) -> (String, i64) {
    (item.resource.id().unwrap_or_default().to_owned(), item.version)
}

/// Of those that go on where the record is, the latest.
fn running(board: &Board) -> Option<&Version> {
    let here = |item: &&Version| item.place == board.desk.place && Stay::read(&item.resource).running;
    board.stays.iter().find(here)
}

fn left(board: &Board) -> Option<&Version> {
    let ended = |item: &&Version| item.place == board.desk.place && Stay::read(&item.resource).has_left();
    running(board).map_or_else(|| board.stays.iter().find(ended), |_| None)
}

/// A day, or a moment, as one reads it.
fn told(text: &str) -> String {
    match fhir::date::interval(text) {
        Some((at, _)) if text.len() > 10 => dates::exact(at),
        _ => dates::short(text),
    }
}

fn row(item: &Version, desk: &Desk) -> Row {
    let stay = Stay::read(&item.resource);
    let span = match (stay.start.as_deref().map(told), stay.end.as_deref().map(told)) {
        (Some(start), Some(end)) => format!("Du {start} au {end}"),
        (Some(start), None) => format!("Depuis le {start}"),
        (None, Some(end)) => format!("Jusqu’au {end}"),
        (None, None) => "Sans date".to_owned(),
    };
    let more = [stay.kind, stay.cause].into_iter().flatten().map(|words| format!(" · {words}"));
    Row {
        level: item.level.code(),
        words: format!("{span}{}", more.collect::<String>()),
        mistaken: stay.mistaken,
        steps: stay.steps.iter().map(|one| step(one, desk)).collect(),
    }
}

fn step(step: &Step, desk: &Desk) -> String {
    let what = match (step.unit, step.room) {
        (0, true) => format!("Chambre {}", step.name),
        (0, false) => step.name.clone(),
        (unit, _) => desk.name_of(unit).unwrap_or("Une unité supprimée depuis").to_owned(),
    };
    match (step.from.as_deref().map(told), step.to.as_deref().map(told)) {
        (Some(from), Some(to)) => format!("{what}, du {from} au {to}"),
        (Some(from), None) => format!("{what}, depuis le {from}"),
        (None, Some(to)) => format!("{what}, jusqu’au {to}"),
        (None, None) => what,
    }
}

/// What is said of the stay, and where it leads.
pub(crate) async fn submit(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let version = fields.text("version").parse().unwrap_or_default();
    let of = Of { patient: &id, stay: fields.text("sejour"), version };
    let (word, done) = match fields.text("faire") {
        "placer" => match parse_place(&fields) {
            Ok((unit, room, at)) => ("place", stays::settle(&visit.cx, of, unit, room.as_deref(), at).await),
            Err(mistakes) => return shown(&visit, wrong, &id, Some(&fields), mistakes).await,
        },
        "sortir" => match parse_end(&fields) {
            Ok((cause, at)) => ("sortie", stays::end(&visit.cx, of, at, cause).await),
            Err(mistakes) => return shown(&visit, wrong, &id, Some(&fields), mistakes).await,
        },
        "retour" => ("retour", stays::reopen(&visit.cx, of).await),
        "annuler" => match fields.text("motif").trim() {
            reason if reason.is_empty() || reason.chars().count() > LONGEST => {
                let told = "Dites ce qui s’est passé, en 300\u{a0}caractères au plus\u{a0}: ce motif reste au journal.";
                return shown(&visit, wrong, &id, Some(&fields), vec![("motif", told)]).await;
            }
            reason => ("entree", stays::cancel(&visit.cx, of, reason).await),
        },
        _ => return Err(Trouble::absent()),
    };
    match done {
        Ok(Ok(())) => Ok(done::to(&format!("/personnes/{id}/sejour"), word)),
        Ok(Err(unfit)) => {
            let mistakes = vec![placed(unfit, word)];
            shown(&visit, wrong, &id, Some(&fields), mistakes).await
        }
        Err(error) => match lost(&error) {
            Some(told) => shown(&visit, StatusCode::CONFLICT, &id, Some(&fields), vec![("", told)]).await,
            None => Err(visit.write_trouble(error)),
        },
    }
}

/// Of two forms with a moment, the field of the one that was sent.
fn placed(unfit: Unfit, word: &str) -> (&'static str, &'static str) {
    match said(unfit) {
        ("jour", text) if word == "sortie" => ("jour-sortie", text),
        other => other,
    }
}

fn parse_place(fields: &Fields) -> Result<(i64, Option<String>, i64), Mistakes> {
    let unit = fields.text("unite").parse().map_err(|_| said(Unfit::Unit));
    let room = room(fields.text("chambre")).map_err(|text| ("chambre", text));
    match (unit, room, parse_moment(fields, ["jour", "heure"])) {
        (Ok(unit), Ok(room), Ok(at)) => Ok((unit, room, at)),
        (unit, room, at) => Err([unit.err(), room.err(), at.err()].into_iter().flatten().collect()),
    }
}

fn parse_end(fields: &Fields) -> Result<(Cause, i64), Mistakes> {
    let cause = Cause::ALL.into_iter().find(|cause| cause.code() == fields.text("cause"));
    match (cause, parse_moment(fields, ["jour-sortie", "heure-sortie"])) {
        (Some(cause), Ok(at)) => Ok((cause, at)),
        (cause, at) => {
            let missing = cause.is_none().then_some(("cause", "Choisissez le motif de la sortie."));
            Err([missing, at.err()].into_iter().flatten().collect())
        }
    }
}

/// A day and an hour here.
fn parse_moment(fields: &Fields, [day, hour]: [&'static str; 2]) -> Result<i64, (&'static str, &'static str)> {
    let date: Date = fields.text(day).trim().parse().map_err(|_| (day, "Donnez le jour."))?;
    let time: Time = fields.text(hour).trim().parse().map_err(|_| (hour, "Donnez l’heure, par exemple 14:30."))?;
    Ok(local_time::instant(date.to_datetime(time)))
}
