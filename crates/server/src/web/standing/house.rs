//! The profile of the house, what it allows, and its written exceptions.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use app::assets;
use app::measures::{self, House};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::{Derogation, catalogue, find};
use jiff::ToSpan as _;
use jiff::civil::Date;

/// Years an exception may last at most, as those of one thing.
const LASTS: i64 = 2;
/// The longest reason, in signs.
const LONGEST: usize = 500;
/// People who work in a house, at most.
const MOST_STAFF: u32 = 100_000;
const HERE: &str = "/maitrise/profil";

#[derive(Template)]
#[template(path = "house.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    staff: String,
    boxes: Vec<(&'static str, &'static str, bool)>,
    tools: String,
    derogations: Vec<Exception>,
    measures: Vec<(&'static str, &'static str)>,
    sheet: Sheet,
    mistake: Option<Mistake>,
}

/// A field, and what is wrong with it.
type Mistake = (&'static str, &'static str);

/// What was sent and is given back.
#[derive(Default)]
struct Sheet {
    staff: Option<String>,
    measure: String,
    reason: String,
    until: String,
}

struct Exception {
    measure: String,
    title: &'static str,
    reason: String,
    until: String,
    over: bool,
}

framed!(Page);

impl Page {
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.mistake.filter(|(name, _)| *name == field).map(|(_, said)| said)
    }
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let house = measures::house(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    Ok(shown(&visit, &house, Sheet::default(), None))
}

fn shown(visit: &Visit, house: &House, sheet: Sheet, mistake: Option<Mistake>) -> Response {
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
        staff: sheet.staff.clone().unwrap_or_else(|| profile.staff.to_string()),
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
        head: visit.frame(Menu::Standing).wrong(mistake),
        sheet,
        mistake,
    };
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    show(status, &page, &visit.request)
}

/// Keeps the profile.
pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let told = |name: &str| !fields.text(name).is_empty();
    let tools = fields.text("outils").split(',').map(|tool| tool.trim().to_lowercase());
    let tools = tools.filter(|tool| !tool.is_empty()).take(50).collect();
    let Some(staff) = fields.text("effectif").trim().parse().ok().filter(|staff| (1..=MOST_STAFF).contains(staff))
    else {
        let house = measures::house(&visit.cx).await.map_err(|error| visit.trouble(error))?;
        let sheet = Sheet { staff: Some(fields.text("effectif").to_owned()), ..Sheet::default() };
        return Ok(shown(&visit, &house, sheet, Some(("effectif", "Donnez un nombre entier, de 1 à 100\u{a0}000."))));
    };
    measures::change(&visit.cx, |house| {
        house.profile.staff = staff;
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
    Ok(done::to(HERE, "profil"))
}

/// Writes an exception.
pub(crate) async fn derogate(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let today = assets::today(&visit.cx);
    let house = measures::house(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let runs = |measure: &str| house.derogations.iter().any(|one| one.measure == measure && one.until >= today);
    let fine = wanted(&fields, today).and_then(|(measure, until)| match runs(&measure) {
        true => Err(("mesure", "Cette mesure a déjà une dérogation en cours\u{a0}: retirez-la d’abord.")),
        false => Ok((measure, until)),
    });
    let (measure, until) = match fine {
        Ok(fine) => fine,
        Err(mistake) => {
            let text = |name: &str| fields.text(name).to_owned();
            let sheet = Sheet { staff: None, measure: text("mesure"), reason: text("motif"), until: text("fin") };
            return Ok(shown(&visit, &house, sheet, Some(mistake)));
        }
    };
    let reason: String = fields.text("motif").trim().chars().take(LONGEST).collect();
    let derogation = Derogation { measure, reason, from: today, until };
    measures::change(&visit.cx, |house| house.derogations.push(derogation))
        .await
        .map_err(|error| visit.write_trouble(error))?;
    Ok(done::to(HERE, "derogation"))
}

/// The measure and the last day, or what is wrong.
fn wanted(fields: &Fields, today: Date) -> Result<(String, Date), Mistake> {
    let measure = find(fields.text("mesure")).ok_or(("mesure", "Choisissez une mesure."))?;
    let until: Result<Date, _> = fields.text("fin").parse();
    let until = until.map_err(|_| ("fin", "Donnez une date de fin\u{a0}: une dérogation prend toujours fin."))?;
    if until < today {
        return Err(("fin", "Cette date est passée."));
    }
    if today.checked_add(LASTS.years()).is_ok_and(|last| until > last) {
        return Err(("fin", "Une dérogation dure deux ans au plus\u{a0}: elle se redécide ensuite."));
    }
    if fields.text("motif").trim().is_empty() {
        return Err(("motif", "Dites pourquoi la mesure n’est pas tenue."));
    }
    Ok((measure.id.to_owned(), until))
}

/// Takes an exception back: the one shown at this place, if it is still there.
pub(crate) async fn withdraw(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (number, measure) = (fields.text("numero").parse::<usize>().ok(), fields.text("mesure").to_owned());
    let mut gone = false;
    measures::change(&visit.cx, |house| {
        let there = number.filter(|number| house.derogations.get(*number).is_some_and(|one| one.measure == measure));
        if let Some(number) = there {
            house.derogations.remove(number);
            gone = true;
        }
    })
    .await
    .map_err(|error| visit.write_trouble(error))?;
    Ok(done::to(HERE, if gone { "retiree" } else { "absente" }))
}
