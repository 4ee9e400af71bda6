//! The form of an allergy or a treatment: empty, as a correction, or sent back with what is wrong.

use super::base;
use super::ending::over;
use super::sheet::{AllergyView, facts, sheet_of, title, wrongs};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::{Id, Params};
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use crate::web::transmissions::preview::PreviewView;
use app::{health, transmissions};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::care::health::{Mistake, Sheet, Topic, TreatmentSheet};

#[derive(Template)]
#[template(path = "health_form.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    title: &'static str,
    base: &'static str,
    /// Number of a new form; a correction has the version that it replaces.
    key: Option<String>,
    /// Id and version of what is corrected, and the reason typed so far.
    correction: Option<(String, i64, String)>,
    allergy: Option<AllergyView>,
    treatment: Option<TreatmentSheet>,
    wrongs: Vec<(&'static str, &'static str)>,
    preview: Option<PreviewView>,
    notice: Option<&'static str>,
    /// What somebody else has written meanwhile.
    other: Vec<(&'static str, String)>,
    /// Nothing is noted of allergies: that there is none may be.
    may_deny: bool,
    back: String,
}

framed!(Page);

impl Page {
    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.wrongs.iter().find(|(name, _)| *name == field).map(|(_, text)| *text)
    }
}

/// What a form is made with.
pub(super) struct Making<'a> {
    pub(super) patient: String,
    pub(super) sheet: Sheet,
    pub(super) key: Option<String>,
    pub(super) correction: Option<(String, i64, String)>,
    pub(super) mistakes: &'a [Mistake],
    pub(super) reason_wrong: Option<&'static str>,
    pub(super) notice: Option<&'static str>,
    pub(super) other: Vec<(&'static str, String)>,
}

impl Making<'_> {
    pub(super) fn of(patient: String, sheet: Sheet) -> Self {
        let (key, correction, other) = (None, None, Vec::new());
        Self { patient, sheet, key, correction, mistakes: &[], reason_wrong: None, notice: None, other }
    }
}

/// What an entry says now, line by line.
pub(super) fn said(sheet: &Sheet) -> Vec<(&'static str, String)> {
    let mut all = vec![("", title(sheet).to_owned())];
    all.extend(facts(sheet));
    all
}

pub(super) fn new_key(visit: &Visit) -> Result<String, Trouble> {
    transmissions::new_key().map_err(|error| visit.trouble(error))
}

pub(crate) async fn new(visit: Visit, topic: Topic, params: Params) -> Result<Response, Trouble> {
    let sheet = Sheet::blank(topic, dates::local(visit.cx.now()).date());
    let key = Some(new_key(&visit)?);
    page(&visit, StatusCode::OK, Making { key, ..Making::of(params.text("personne").to_owned(), sheet) }).await
}

/// The form of a correction, filled with what was written.
pub(crate) async fn correct(visit: Visit, topic: Topic, Id(id): Id) -> Result<Response, Trouble> {
    let found = health::read(&visit.cx, topic, &id).await.map_err(|error| visit.trouble(error))?;
    if !found.may_correct {
        return over(&found, base(topic), &id);
    }
    let correction = Some((id, found.item.version, String::new()));
    let making = Making::of(found.strip.resident.id().to_owned(), found.sheet);
    page(&visit, StatusCode::OK, Making { correction, ..making }).await
}

pub(super) async fn page(visit: &Visit, status: StatusCode, making: Making<'_>) -> Result<Response, Trouble> {
    let strip = health::desk(&visit.cx, &making.patient).await.map_err(|error| visit.trouble(error))?;
    let strip = StripView::of(&strip, dates::local(visit.cx.now()).date());
    let corrected = making.correction.as_ref().map(|(id, ..)| id.as_str());
    let preview = health::preview(&visit.cx, &making.sheet, &making.patient, corrected).await;
    let preview = preview.map_err(|error| visit.trouble(error))?;
    let topic = making.sheet.topic();
    let base = base(topic);
    let mut wrongs = wrongs(making.mistakes);
    wrongs.extend(making.reason_wrong.map(|text| ("motif", text)));
    let (allergy, treatment) = match making.sheet {
        Sheet::Allergy(sheet) => (Some(AllergyView::of(&sheet)), None),
        Sheet::Treatment(sheet) => (None, Some(sheet)),
    };
    let page = Page {
        head: visit.frame(Menu::People).wrong(wrongs.iter().copied()),
        tab: Tab::None,
        title: match (topic, &making.correction) {
            (Topic::Allergy, None) => "Ajouter une allergie",
            (Topic::Allergy, Some(_)) => "Corriger l’allergie",
            (Topic::Treatment, None) => "Ajouter un traitement",
            (Topic::Treatment, Some(_)) => "Corriger le traitement",
        },
        back: corrected.map_or_else(|| format!("/personnes/{}", strip.id), |id| format!("{base}/{id}")),
        may_deny: topic == Topic::Allergy && making.correction.is_none() && strip.nothing_noted,
        base,
        strip,
        key: making.key,
        correction: making.correction,
        allergy,
        treatment,
        wrongs,
        preview: preview.map(|preview| PreviewView::of(&preview)),
        notice: making.notice,
        other: making.other,
    };
    Ok(show(status, &page, &visit.request))
}

/// The fragment that the script puts beside the button.
pub(crate) async fn preview(visit: Visit, topic: Topic, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let corrected = Some(fields.text("corrige")).filter(|id| fhir::is_id(id));
    let sheet = sheet_of(topic, &fields);
    let found = health::preview(&visit.cx, &sheet, fields.text("personne"), corrected).await;
    Ok(match found.map_err(|error| visit.trouble(error))? {
        Some(preview) => show(StatusCode::OK, &PreviewView::of(&preview), &visit.request),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
