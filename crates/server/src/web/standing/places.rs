//! *Nos établissements*: how each one is called and what it is, by whoever answers for accounts there.

use crate::trouble::Trouble;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Id;
use crate::web::session::Visit;
use crate::web::sign_in::said_of_own;
use app::accounts;
use app::places::{self, Said, Unfit};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use confidentiality::PlaceProfile;

const HERE: &str = "/maitrise/etablissements";

#[derive(Template)]
#[template(path = "places.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    rows: Vec<Row>,
}

/// An establishment.
struct Row {
    number: i64,
    name: String,
    finess: String,
    /// What it is, once somebody has said so.
    kind: Option<&'static str>,
    /// The reader may say so.
    mine: bool,
}

#[derive(Template)]
#[template(path = "place.html")]
struct Sheet {
    head: Frame,
    number: i64,
    title: String,
    finess: String,
    told: bool,
    name: String,
    /// What the form was filled in after.
    known: (String, String),
    kinds: Vec<(&'static str, &'static str, bool)>,
    /// What each kind opens.
    opens: Vec<(&'static str, String)>,
    mistakes: Mistakes,
}

/// What is wrong: the field, and why.
type Mistakes = Vec<(&'static str, String)>;

framed!(Page);
framed!(Sheet);

impl Sheet {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }
}

/// Whether there is an establishment of which nobody has said what it is.
pub(super) fn is_any_untold(visit: &Visit) -> bool {
    visit.cx.app().places().iter().any(|place| !place.told)
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let mut rows = Vec::new();
    for place in visit.cx.app().places().iter() {
        let mine = places::may_describe(&visit.cx, place.place).await.map_err(|error| visit.trouble(error))?;
        rows.push(Row {
            number: place.place.value(),
            name: place.name.clone(),
            finess: place.finess.clone(),
            kind: place.told.then(|| place.profile.french()),
            mine,
        });
    }
    Ok(show(StatusCode::OK, &Page { tab: "house", rows, head: visit.frame(Menu::Standing) }, &visit.request))
}

pub(crate) async fn sheet(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    let place = found(&visit, &id).await?;
    Ok(shown(&visit, &place, StatusCode::OK, None, Vec::new()))
}

/// The establishment, for whoever may say what it is; for others there is none.
async fn found(visit: &Visit, id: &str) -> Result<app::PlaceRow, Trouble> {
    let places = visit.cx.app().places();
    let place = places.iter().find(|place| place.place.value().to_string() == id).ok_or_else(Trouble::absent)?;
    match places::may_describe(&visit.cx, place.place).await.map_err(|error| visit.trouble(error))? {
        true => Ok(place.clone()),
        false => Err(Trouble::absent()),
    }
}

fn code(place: &app::PlaceRow) -> &'static str {
    if place.told { place.profile.code() } else { "" }
}

fn shown(
    visit: &Visit,
    place: &app::PlaceRow,
    status: StatusCode,
    sent: Option<&Fields>,
    mistakes: Mistakes,
) -> Response {
    let given = |field: &str, own: &str| sent.map_or(own, |fields| fields.text(field)).to_owned();
    let kind = given("type", code(place));
    let page = Sheet {
        number: place.place.value(),
        title: place.name.clone(),
        finess: place.finess.clone(),
        told: place.told,
        name: given("nom", &place.name),
        known: (given("nom-connu", &place.name), given("type-connu", code(place))),
        kinds: PlaceProfile::ALL.map(|one| (one.code(), one.french(), one.code() == kind)).to_vec(),
        opens: PlaceProfile::ALL.iter().filter_map(|one| opens(visit, *one)).collect(),
        head: visit.frame(Menu::Standing).wrong(mistakes.clone()),
        mistakes,
    };
    show(status, &page, &visit.request)
}

/// What becomes everyday work in a place of this kind.
fn opens(visit: &Visit, profile: PlaceProfile) -> Option<(&'static str, String)> {
    let names: Vec<String> =
        places::core_business(&visit.cx, profile).iter().map(|one| one.french().to_lowercase()).collect();
    (!names.is_empty()).then(|| (profile.french(), names.join(", ")))
}

pub(crate) async fn submit(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let place = found(&visit, &id).await?;
    if (fields.text("nom-connu"), fields.text("type-connu")) != (place.name.as_str(), code(&place)) {
        return Err(visit.write_trouble(app::StoreError::Conflict(app::Conflict::Overtaken).into()));
    }
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(profile) = PlaceProfile::find(fields.text("type")) else {
        let mistake = ("type", "Choisissez un type de la liste.".to_owned());
        return Ok(shown(&visit, &place, wrong, Some(&fields), vec![mistake]));
    };
    // Who reads what follows.
    if let Err(error) = accounts::verify(&visit.cx, &visit.login, fields.text("confirmation")).await {
        let (status, text) = said_of_own(error, &visit.request)?;
        return Ok(shown(&visit, &place, status, Some(&fields), vec![("confirmation", text)]));
    }
    let said = Said { name: Some(fields.text("nom")), profile: Some(profile) };
    match places::describe(&visit.cx, &place, said).await.map_err(|error| visit.write_trouble(error))? {
        Ok(()) => Ok(done::to(HERE, "dit")),
        Err(Unfit::Nameless) => {
            let mistake = ("nom", "Donnez un nom, de 200\u{a0}caractères au plus.".to_owned());
            Ok(shown(&visit, &place, wrong, Some(&fields), vec![mistake]))
        }
        Err(Unfit::Beyond | Unfit::Known) => Err(Trouble::absent()),
    }
}
