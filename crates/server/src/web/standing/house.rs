//! The profile of the house, what it allows, and its written exceptions.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use app::assets;
use app::measures::{self, House};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::governance::measures::{Derogation, catalogue, find};
use jiff::ToSpan as _;
use jiff::civil::Date;

/// The longest reason, in signs.
/// Years an exception may last at most, as those of one thing.
const LASTS: i64 = 2;
const LONGEST: usize = 500;
const HERE: &str = "/maitrise/profil";

#[derive(Template)]
#[template(path = "house.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    staff: u32,
    boxes: Vec<(&'static str, &'static str, bool)>,
    tools: String,
    derogations: Vec<Exception>,
    measures: Vec<(&'static str, &'static str)>,
    error: Option<&'static str>,
}

struct Exception {
    measure: String,
    title: &'static str,
    reason: String,
    until: String,
    over: bool,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let house = measures::house(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    Ok(shown(&visit, &house, None))
}

fn shown(visit: &Visit, house: &House, error: Option<&'static str>) -> Response {
    let today = assets::today(&visit.cx);
    let exception = |one: &Derogation| Exception {
        measure: one.measure.clone(),
        title: find(&one.measure).map_or("", |measure| measure.title),
        reason: one.reason.clone(),
        until: format!("jusqu’au {}", dates::short(&one.until.to_string())),
        over: one.until < today,
    };
    let profile = &house.profile;
    let page = Page {
        tab: "house",
        staff: profile.staff,
        boxes: vec![
            ("nuits", "Des personnes y dorment", profile.nights),
            ("domicile", "Des personnes sont accompagnées à domicile", profile.at_home),
            ("sur_place", "Socle tourne sur une machine de la maison", profile.self_hosted),
            ("heberge", "Des données de santé sont chez un hébergeur", profile.hosted),
            ("wifi", "Un Wi-Fi est ouvert aux résidents ou aux visiteurs", profile.public_wifi),
            ("annuaire", "Les ordinateurs sont dans un annuaire (Active Directory)", profile.directory),
        ],
        tools: house.settings.remote_tools.iter().cloned().collect::<Vec<_>>().join(", "),
        derogations: house.derogations.iter().map(exception).collect(),
        measures: catalogue().iter().map(|measure| (measure.id, measure.title)).collect(),
        error,
        head: visit.frame(Menu::Standing),
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    show(status, &page, &visit.request)
}

/// Keeps the profile.
pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let told = |name: &str| !fields.text(name).is_empty();
    let tools = fields.text("outils").split(',').map(|tool| tool.trim().to_lowercase());
    let tools = tools.filter(|tool| !tool.is_empty()).take(50).collect();
    let staff = fields.text("effectif").parse().ok();
    measures::change(&visit.cx, |house| {
        house.profile.staff = staff.unwrap_or(house.profile.staff);
        house.profile.nights = told("nuits");
        house.profile.at_home = told("domicile");
        house.profile.self_hosted = told("sur_place");
        house.profile.hosted = told("heberge");
        house.profile.public_wifi = told("wifi");
        house.profile.directory = told("annuaire");
        house.settings.remote_tools = tools;
    })
    .await
    .map_err(|error| visit.write_trouble(error))?;
    Ok(Redirect::to(HERE).into_response())
}

/// Writes an exception.
pub(crate) async fn derogate(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let today = assets::today(&visit.cx);
    let house = measures::house(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let runs = |measure: &str| house.derogations.iter().any(|one| one.measure == measure && one.until >= today);
    let fine = wanted(&fields, today).and_then(|(measure, until)| match runs(&measure) {
        true => Err("Cette mesure a déjà une exception en cours\u{a0}: retirez-la d’abord."),
        false => Ok((measure, until)),
    });
    let (measure, until) = match fine {
        Ok(fine) => fine,
        Err(error) => return Ok(shown(&visit, &house, Some(error))),
    };
    let reason: String = fields.text("motif").trim().chars().take(LONGEST).collect();
    let derogation = Derogation { measure, reason, from: today, until };
    measures::change(&visit.cx, |house| house.derogations.push(derogation))
        .await
        .map_err(|error| visit.write_trouble(error))?;
    Ok(Redirect::to(HERE).into_response())
}

/// The measure and the last day, or what is wrong.
fn wanted(fields: &Fields, today: Date) -> Result<(String, Date), &'static str> {
    let measure = find(fields.text("mesure")).ok_or("Choisissez une mesure.")?;
    let until: Result<Date, _> = fields.text("fin").parse();
    let until = until.map_err(|_| "Donnez une date de fin\u{a0}: une dérogation prend toujours fin.")?;
    if until < today {
        return Err("Cette date est passée.");
    }
    if today.checked_add(LASTS.years()).is_ok_and(|last| until > last) {
        return Err("Une dérogation dure deux ans au plus\u{a0}: elle se redécide ensuite.");
    }
    if fields.text("motif").trim().is_empty() {
        return Err("Dites pourquoi la mesure n’est pas tenue.");
    }
    Ok((measure.id.to_owned(), until))
}

/// Takes an exception back: the one shown at this place, if it is still there.
pub(crate) async fn withdraw(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (number, measure) = (fields.text("numero").parse::<usize>().ok(), fields.text("mesure").to_owned());
    measures::change(&visit.cx, |house| {
        let there = number.filter(|number| house.derogations.get(*number).is_some_and(|one| one.measure == measure));
        if let Some(number) = there {
            house.derogations.remove(number);
        }
    })
    .await
    .map_err(|error| visit.write_trouble(error))?;
    Ok(Redirect::to(HERE).into_response())
}
