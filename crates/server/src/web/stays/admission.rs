//! *Admettre une personne*: who, where, since when; and, before anything is kept, whom one may know already.

use super::{Mistakes, lost, said, units};
use crate::trouble::Trouble;
use crate::web::alike::Alike;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Params;
use crate::web::people::Row;
use crate::web::session::Visit;
use crate::web::transmissions::KEY;
use app::stays::{self, Alike as Likely, Candidate, Desk, Standing, Who};
use app::{records, transmissions};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use confidentiality::Place;
use domain::care::stay::{Admission, Field, LONGEST_NAME, LONGEST_ROOM, Likeness, Sex, Sheet, identity};
use fhir::ResourceType;

/// Said of nobody who is known.
const ANOTHER: &str = "autre";

#[derive(Template)]
#[template(path = "admission.html")]
struct Page {
    head: Frame,
    key: String,
    place: i64,
    place_name: String,
    elsewhere: Vec<(i64, String)>,
    units: Vec<(i64, String, bool)>,
    sexes: Vec<(&'static str, &'static str, bool)>,
    sheet: Sheet,
    longest: usize,
    longest_room: usize,
    mistakes: Mistakes,
    known: Vec<Known>,
    /// Ids of those who are shown.
    seen: String,
    /// Id of the person from whose page one comes; nothing else.
    named: String,
    /// Not everybody was compared.
    cut: bool,
    /// Somebody else may be admitted, though these look like them.
    another: bool,
}

/// Somebody who may be the one.
struct Known {
    of: Row,
    why: &'static str,
    standing: Standing,
}

framed!(Page);

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.mistakes.iter().find(|(name, _)| *name == field).map(|(_, text)| *text)
    }
}

/// What a page is made with.
#[derive(Default)]
struct Making {
    key: String,
    sheet: Sheet,
    /// The unit that was chosen; 0: none.
    unit: Option<i64>,
    mistakes: Mistakes,
    known: Vec<Candidate>,
    /// Not everybody was compared.
    cut: bool,
    /// The person from whose page one comes.
    named: String,
}

pub(crate) async fn form(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let place = params.number("lieu").map(Place::new);
    let desk = stays::desk(&visit.cx, place).await.map_err(|error| visit.trouble(error))?;
    let today = dates::local(visit.cx.now()).date().to_string();
    let named = params.some("personne").filter(|id| fhir::is_id(id));
    let sheet = match named {
        None => Sheet { start: today, ..Sheet::default() },
        Some(id) => {
            let known = records::read(&visit.cx, ResourceType::PATIENT, id).await;
            Sheet { start: today, ..identity(&known.map_err(|error| visit.trouble(error))?.resource) }
        }
    };
    let key = new_key(&visit)?;
    page(
        &visit,
        StatusCode::OK,
        &desk,
        Making { key, sheet, named: named.unwrap_or_default().to_owned(), ..Making::default() },
    )
}

fn new_key(visit: &Visit) -> Result<String, Trouble> {
    transmissions::new_key().map_err(|error| visit.trouble(error))
}

fn page(visit: &Visit, status: StatusCode, desk: &Desk, making: Making) -> Result<Response, Trouble> {
    let today = dates::local(visit.cx.now()).date();
    let alike = Alike::among(making.known.iter().map(|one| &one.resident), today);
    let seen: Vec<&str> = making.known.iter().map(|one| one.resident.id()).collect();
    let same = |one: &Candidate| one.by == Some(Likeness::Number) && !matches!(one.standing, Standing::Elsewhere(_));
    let page = Page {
        head: visit.frame(Menu::People).wrong(making.mistakes.iter().copied()),
        key: making.key,
        place: desk.place.value(),
        place_name: desk.place_name.clone(),
        elsewhere: desk.elsewhere.iter().map(|(place, name)| (place.value(), name.clone())).collect(),
        units: units(&desk.units, making.unit),
        sexes: Sex::ALL.map(|sex| (sex.code(), sex.french(), sex.code() == making.sheet.sex)).to_vec(),
        longest: LONGEST_NAME,
        longest_room: LONGEST_ROOM,
        seen: seen.join(","),
        named: making.named,
        cut: making.cut,
        another: !making.known.iter().any(same),
        known: making.known.iter().map(|one| known(&alike, one)).collect(),
        sheet: making.sheet,
        mistakes: making.mistakes,
    };
    Ok(show(status, &page, &visit.request))
}

fn known(alike: &Alike, one: &Candidate) -> Known {
    let why = match one.by {
        Some(Likeness::Number) => "même numéro INS",
        Some(Likeness::Birth) => "même date de naissance, nom ou prénom semblable",
        Some(Likeness::Names) => "nom et prénom semblables",
        None => "vous venez de son dossier",
    };
    Known { of: alike.row(&one.resident), why, standing: one.standing.clone() }
}

/// The name of a field in the form.
const fn name(field: Field) -> &'static str {
    match field {
        Field::Family => "nom",
        Field::Used => "nom-utilise",
        Field::Given => "prenoms",
        Field::Born => "naissance",
        Field::Sex => "sexe",
        Field::Ins => "ins",
        Field::Start => "entree",
        Field::Room => "chambre",
    }
}

fn sheet(fields: &Fields) -> Sheet {
    let text = |field| fields.text(name(field)).to_owned();
    Sheet {
        family: text(Field::Family),
        used: text(Field::Used),
        given: text(Field::Given),
        born: text(Field::Born),
        sex: text(Field::Sex),
        ins: text(Field::Ins),
        start: text(Field::Start),
        room: text(Field::Room),
    }
}

/// Admits somebody, once nobody who is known may be they, or it has been said who they are.
pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    visit.check(&fields)?;
    let cx = &visit.cx;
    let place = fields.text("lieu").parse().ok().map(Place::new);
    let desk = stays::desk(cx, place).await.map_err(|error| visit.write_trouble(error))?;
    let given = Some(fields.text(KEY)).filter(|key| transmissions::is_key(key)).map(str::to_owned);
    let key = given.map_or_else(|| new_key(&visit), Ok)?;
    let unit = fields.text("unite").parse().ok();
    let named = Some(fields.text("personne")).filter(|id| fhir::is_id(id)).unwrap_or_default().to_owned();
    let making = Making { key, sheet: sheet(&fields), unit, named, ..Making::default() };
    let spot = unit.and_then(|unit| desk.spot(cx, unit));
    let missing = match (unit, &spot) {
        (None, _) => Some(("unite", "Choisissez l’unité, ou «\u{a0}aucune\u{a0}».")),
        (_, None) => Some(said(stays::Unfit::Unit)),
        (_, Some(_)) => None,
    };
    let today = dates::local(cx.now()).date();
    let new = match (Admission::parse(&making.sheet, spot.unwrap_or_default(), today), missing) {
        (Ok(new), None) => new,
        (parsed, missing) => {
            let wrong = parsed.err().unwrap_or_default().into_iter().map(|one| (name(one.field), one.text));
            let mistakes = wrong.chain(missing).collect();
            return page(&visit, WRONG, &desk, Making { mistakes, ..making });
        }
    };
    let named = Some(making.named.as_str()).filter(|id| !id.is_empty());
    let known = stays::alike(cx, desk.place, &new, named).await.map_err(|error| visit.write_trouble(error))?;
    match stays::admitted(cx, &new, &making.key, said_to_be(&fields)).await {
        Ok(None) => {}
        Ok(Some(id)) => return Ok(admitted(&id, &new, &known.all)),
        Err(error) => return spent(&visit, &desk, making, error),
    }
    let Some(who) = chosen(&fields, &known) else {
        let mistakes: Mistakes = unsaid(&fields, &known.all).into_iter().collect();
        let status = if mistakes.is_empty() { StatusCode::OK } else { WRONG };
        return page(&visit, status, &desk, Making { mistakes, known: known.all, cut: known.cut, ..making });
    };
    match stays::admit(cx, desk.place, unit.unwrap_or_default(), &new, &making.key, who).await {
        Ok(Ok(id)) => Ok(admitted(&id, &new, &known.all)),
        Ok(Err(unfit)) => page(
            &visit,
            WRONG,
            &desk,
            Making { mistakes: vec![said(unfit)], known: known.all, cut: known.cut, ..making },
        ),
        Err(error) => spent(&visit, &desk, making, error),
    }
}

/// Where it leads. The record of somebody who was known is left as it was: a number that it has not is not put into it.
fn admitted(id: &str, new: &Admission, known: &[Candidate]) -> Response {
    let mut known = known.iter().filter(|one| one.resident.id() == id);
    let left = new.ins().is_some() && known.any(|one| one.by != Some(Likeness::Number));
    done::to(&format!("/personnes/{id}/sejour"), if left { "admise-sans-ins" } else { "admise" })
}

/// Who it is, as the form says.
fn said_to_be(fields: &Fields) -> Who<'_> {
    match fields.text("choix") {
        "" | ANOTHER => Who::New,
        id => Who::Known(id),
    }
}

fn seen(fields: &Fields, one: &Candidate) -> bool {
    fields.text("vus").split(',').any(|id| id == one.resident.id())
}

/// Who is admitted, if that is said: somebody new where nobody looks like them, or where it was said of all who do; and where it was
/// read that not everybody was compared.
fn chosen<'f>(fields: &'f Fields, known: &Likely) -> Option<Who<'f>> {
    let free = |id: &str| known.all.iter().any(|one| one.resident.id() == id && one.standing == Standing::Free);
    let told = !known.cut || !fields.text("partiel").is_empty();
    match said_to_be(fields) {
        Who::Known(id) => free(id).then_some(Who::Known(id)),
        Who::New if fields.text("choix") == ANOTHER => {
            (told && known.all.iter().all(|one| seen(fields, one))).then_some(Who::New)
        }
        Who::New => (told && known.all.is_empty()).then_some(Who::New),
    }
}

/// What is wrong with a form that does not say who it is, though it was asked.
fn unsaid(fields: &Fields, known: &[Candidate]) -> Option<(&'static str, &'static str)> {
    const GONE: &str = "La personne que vous aviez choisie ne ressemble plus à celle-ci\u{a0}: vérifiez le nom et la date de naissance, puis enregistrez à nouveau.";
    let is_known = matches!(said_to_be(fields), Who::Known(_));
    match known.iter().all(|one| seen(fields, one)) {
        _ if known.is_empty() => is_known.then_some(("", GONE)),
        true => Some(("choix", "Dites si c’est l’une de ces personnes.")),
        false => None,
    }
}

/// A form that has served already is given a number of its own; anything else is said elsewhere.
fn spent(visit: &Visit, desk: &Desk, making: Making, error: app::Error) -> Result<Response, Trouble> {
    const SPENT: &str = "Ce formulaire avait déjà servi, avec d’autres réponses\u{a0}: celles-ci ne sont pas enregistrées. Voyez si la personne est déjà admise, puis enregistrez.";
    let (key, told) = match (&error, lost(&error)) {
        (app::Error::Store(app::StoreError::Conflict(app::Conflict::IdTaken)), _) => (new_key(visit)?, SPENT),
        (_, Some(told)) => (making.key.clone(), told),
        (_, None) => return Err(visit.write_trouble(error)),
    };
    page(visit, StatusCode::CONFLICT, desk, Making { key, mistakes: vec![("", told)], ..making })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_said_to_be_new_unread_where_not_everybody_was_compared() {
        let new = |cut: bool, text: &str| {
            let fields = Fields::read(text.as_bytes());
            chosen(&fields, &Likely { all: Vec::new(), cut }) == Some(Who::New)
        };
        assert!(new(false, "choix=") && new(false, "choix=autre") && !new(false, "choix=p1"));
        assert!(!new(true, "") && !new(true, "choix=autre"));
        assert!(new(true, "partiel=1") && new(true, "choix=autre&partiel=1") && !new(true, "choix=p1&partiel=1"));
    }
}
