//! Machines: the one at which one sits, and for whoever answers for them, all that are enrolled.

use super::dates;
use super::done;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::level::{LevelMark, counted};
use super::session::{self, Visit};
use crate::state::Server;
use crate::trouble::Trouble;
use app::assets;
use app::workstations::{self, Enrolled, LONGEST_NAME, Spot, Wish};
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use confidentiality::{Level, Place, Workstation};

/// Names of the inventory offered while one types.
const OFFERED: usize = 300;

/// What the head of each page says of a machine from which less is opened; none when all is.
pub(crate) fn warning(state: Workstation, opens: Level) -> Option<String> {
    let what = match opens {
        Level::VerySensitive => return None,
        Level::Sensitive => "ce qui est très sensible ne s’ouvre pas d’ici",
        Level::Standard | Level::Daily | Level::Open => "ce qui est sensible ou très sensible ne s’ouvre pas d’ici",
    };
    let why = match state {
        Workstation::Any | Workstation::Sound => "De cet appareil",
        Workstation::Doubtful => "On ne sait pas si cet appareil est maintenu",
        Workstation::Obsolete => "Cet appareil ne reçoit plus de corrections de sécurité",
        Workstation::Unknown => "Cet appareil n’est pas enregistré",
    };
    Some(format!("{why}\u{a0}: {what}."))
}

fn word(state: Workstation) -> &'static str {
    match state {
        Workstation::Any => "Aucun appareil n’est encore enregistré ici",
        Workstation::Sound => "Enregistré, système maintenu",
        Workstation::Doubtful => "Enregistré, système mal connu ou maintenu en partie",
        Workstation::Obsolete => "Enregistré, système plus maintenu",
        Workstation::Unknown => "Pas enregistré",
    }
}

#[derive(Template)]
#[template(path = "device.html")]
struct Page {
    head: Frame,
    state: &'static str,
    opens: LevelMark,
    /// For whoever answers for machines.
    form: Option<Form>,
}

#[derive(Default)]
struct Form {
    name: String,
    asset: String,
    spots: Vec<(String, String, bool)>,
    offered: Vec<String>,
    name_error: Option<String>,
    asset_error: Option<String>,
    spot_error: Option<String>,
}

impl Form {
    fn wrongs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [("nom", &self.name_error), ("lieu", &self.spot_error), ("inventaire", &self.asset_error)];
        all.into_iter().filter_map(|(field, said)| Some((field, said.as_deref()?)))
    }
}

framed!(Page);

/// The machine at which one sits.
pub(crate) async fn own(visit: Visit) -> Result<Response, Trouble> {
    let form = if visit.answers_for_machines() { Some(form(&visit, &|_| "").await?) } else { None };
    Ok(page(&visit, StatusCode::OK, form))
}

fn page(visit: &Visit, status: StatusCode, form: Option<Form>) -> Response {
    let (state, opens) = visit.machine();
    let head = visit.frame(Menu::Account).wrong(form.iter().flat_map(Form::wrongs));
    let page = Page { head, state: word(state), opens: opens.into(), form };
    show(status, &page, &visit.request)
}

/// The form, as it was filled in.
async fn form<'f>(visit: &Visit, given: &(dyn Fn(&str) -> &'f str + Sync)) -> Result<Form, Trouble> {
    let estate = assets::estate(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let spots = workstations::spots(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let shown = |spot: &Spot| {
        let value = value(spot);
        let chosen = given("lieu") == value;
        (value, called(spot), chosen)
    };
    Ok(Form {
        name: given("nom").to_owned(),
        asset: given("inventaire").to_owned(),
        spots: spots.iter().map(shown).collect(),
        offered: estate.assets.iter().take(OFFERED).map(|asset| asset.name.clone()).collect(),
        ..Form::default()
    })
}

fn value(spot: &Spot) -> String {
    format!("{}/{}", spot.place.value(), spot.unit)
}

fn called(spot: &Spot) -> String {
    let unit = spot.unit_name.as_deref().unwrap_or("tout l’établissement");
    format!("{} – {unit}", spot.place_name)
}

/// Enrols it.
pub(crate) async fn enrol(State(server): State<Server>, visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    if !visit.answers_for_machines() {
        return Err(Trouble::absent());
    }
    let estate = assets::estate(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let mut form = form(&visit, &|name| fields.text(name)).await?;
    let (name, asset) = (fields.text("nom").trim(), fields.text("inventaire").trim());
    let spot = fields.text("lieu").split_once('/');
    let spot = spot.and_then(|(place, unit)| Some((Place::new(place.parse().ok()?), unit.parse::<i64>().ok()?)));
    if name.is_empty() {
        form.name_error = Some("Donnez un nom à cet appareil, par exemple «\u{a0}PC infirmerie\u{a0}».".to_owned());
    } else if name.chars().count() > LONGEST_NAME {
        form.name_error = Some(format!("Nom trop long\u{a0}: {LONGEST_NAME} caractères au plus."));
    }
    let found = estate.assets.iter().find(|one| one.name.eq_ignore_ascii_case(asset));
    if !asset.is_empty() && found.is_none() {
        form.asset_error =
            Some("Aucun appareil de l’inventaire ne porte ce nom. Choisissez-en un, ou laissez vide.".to_owned());
    }
    if spot.is_none() {
        form.spot_error = Some("Choisissez où cet appareil est utilisé.".to_owned());
    }
    let Some((place, unit)) = spot.filter(|_| form.wrongs().next().is_none()) else {
        return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, Some(form)));
    };
    let wish = Wish { name: name.to_owned(), place, unit, asset: found.map(|one| one.key.clone()) };
    let token = workstations::enrol(&visit.cx, wish).await.map_err(|error| visit.write_trouble(error))?;
    let cookie = [(header::SET_COOKIE, session::device_cookie(server.config(), &token))];
    Ok((cookie, done::to("/appareil", "enregistre")).into_response())
}

#[derive(Template)]
#[template(path = "devices.html")]
struct List {
    head: Frame,
    machines: Vec<Row>,
    openings: Vec<(String, String)>,
}

struct Row {
    number: i64,
    name: String,
    spot: String,
    since: String,
    asset: Option<(String, String, &'static str)>,
    state: &'static str,
    opens: LevelMark,
}

framed!(List);

/// All that are enrolled, and what each unit opens from its own.
pub(crate) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let (machines, openings) = workstations::list(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let opened = openings.iter().filter(|one| one.spot.unit != 0 || !one.machines.is_empty()).map(|one| {
        let count = |(level, number): &(Level, usize)| {
            let number = counted(i64::try_from(*number).unwrap_or(i64::MAX), "appareil", "");
            format!("{number} jusqu’à «\u{a0}{}\u{a0}»", level.french())
        };
        let machines: Vec<String> = one.machines.iter().map(count).collect();
        let none = "aucun appareil enregistré".to_owned();
        (called(&one.spot), if machines.is_empty() { none } else { machines.join(", ") })
    });
    let page = List {
        head: visit.frame(Menu::Estate),
        openings: opened.collect(),
        machines: machines.into_iter().map(|one| row(one, now)).collect(),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn row(one: Enrolled, now: i64) -> Row {
    let system = |finding: &domain::governance::obsolescence::Finding| {
        [finding.product.as_deref(), finding.cycle.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    Row {
        number: one.number,
        spot: one.spot.as_ref().map(called).unwrap_or_default(),
        since: dates::when(one.since, now),
        asset: one.asset.as_ref().map(|(name, finding)| (name.clone(), system(finding), finding.verdict.label())),
        state: word(one.state),
        opens: one.opens.into(),
        name: one.name,
    }
}

/// Takes one out.
pub(crate) async fn take_out(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let number = fields.text("numero").parse().map_err(|_| Trouble::absent())?;
    workstations::take_out(&visit.cx, number).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to("/appareils", "retire"))
}
