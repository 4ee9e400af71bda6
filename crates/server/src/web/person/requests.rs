//! Requests for the list of accesses: noted beside the list itself, and the register of all of them.

use super::accesses;
use crate::trouble::Trouble;
use crate::web::alike::Alike;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Id;
use crate::web::session::Visit;
use app::assets;
use app::list_requests::{self, Asked};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::list_request::{Asker, ListRequest, RequestField, RequestSheet};
use jiff::civil::Date;

/// A request and its form.
pub(super) struct One {
    pub(super) id: String,
    pub(super) version: i64,
    pub(super) sheet: RequestSheet,
    pub(super) askers: Vec<(&'static str, &'static str, bool)>,
    /// What is known of it, in words; none for a new one.
    pub(super) said: Option<String>,
    pub(super) late: bool,
    mistakes: Vec<(RequestField, &'static str)>,
}

impl One {
    fn new(id: String, version: i64, sheet: RequestSheet) -> Self {
        let askers = Asker::ALL.map(|asker| (asker.code(), asker.label(), asker.code() == sheet.by)).to_vec();
        Self { id, version, sheet, askers, said: None, late: false, mistakes: Vec::new() }
    }

    fn of(asked: &Asked, today: Date) -> Self {
        let one = Self::new(asked.id.clone(), asked.version, RequestSheet::from(&asked.request));
        Self { said: Some(said(&asked.request, today)), late: asked.request.is_late(today), ..one }
    }

    fn mistake(&self, field: RequestField) -> Option<&'static str> {
        self.mistakes.iter().find(|(of, _)| *of == field).map(|(_, said)| *said)
    }

    pub(super) fn wrong(&self) -> bool {
        !self.mistakes.is_empty()
    }

    /// What is wrong, for the head of the page.
    pub(super) fn wrongs(&self) -> impl Iterator<Item = (String, &'static str)> {
        let field = |of: RequestField| match of {
            RequestField::Asked => "demandee",
            RequestField::By => "par",
            RequestField::Given => "remise",
        };
        self.mistakes.iter().map(move |(of, said)| (format!("{}-{}", field(*of), self.id), *said))
    }

    pub(super) fn wrong_asked(&self) -> Option<&'static str> {
        self.mistake(RequestField::Asked)
    }

    pub(super) fn wrong_by(&self) -> Option<&'static str> {
        self.mistake(RequestField::By)
    }

    pub(super) fn wrong_given(&self) -> Option<&'static str> {
        self.mistake(RequestField::Given)
    }
}

fn short(day: Date) -> String {
    dates::short(&day.to_string())
}

fn said(one: &ListRequest, today: Date) -> String {
    let asked = format!("Demandée le {} par {}", short(one.asked), one.by.label());
    match one.given {
        Some(given) if one.was_late() => format!("{asked}, remise le {}, après le délai.", short(given)),
        Some(given) => format!("{asked}, remise le {}.", short(given)),
        None if one.is_late(today) => format!("{asked}\u{a0}: à remettre depuis le {}.", short(one.due())),
        None => format!("{asked}\u{a0}: à remettre avant le {}.", short(one.due())),
    }
}

/// A form that was sent and could not be kept.
pub(super) type Sent = (String, i64, RequestSheet, Vec<(RequestField, &'static str)>);

/// The requests of a person, and an empty form; what was sent stands in its place.
pub(super) async fn of_person(visit: &Visit, patient: &str, sent: Option<Sent>) -> Result<Vec<One>, Trouble> {
    let all = list_requests::of_person(&visit.cx, patient).await.map_err(|error| visit.trouble(error))?;
    let today = assets::today(&visit.cx);
    let mut forms: Vec<One> = all.iter().map(|asked| One::of(asked, today)).collect();
    let asked = today.to_string();
    let fresh = RequestSheet { asked, by: Asker::Person.code().to_owned(), given: String::new() };
    forms.push(One::new(list_requests::new_id(&visit.cx), 0, fresh));
    if let Some((id, version, sheet, mistakes)) = sent {
        let known = forms.iter().position(|form| form.id == id);
        if let Some(form) = forms.get_mut(known.unwrap_or(all.len())) {
            let said = form.said.take();
            *form = One { said, mistakes, ..One::new(id, version, sheet) };
        }
    }
    Ok(forms)
}

pub(crate) async fn submit(visit: Visit, Id(patient): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let text = |name: &str| fields.text(name).to_owned();
    let sheet = RequestSheet { asked: text("demandee"), by: text("par"), given: text("remise") };
    let (id, version) = (text("numero"), fields.text("version").parse().unwrap_or_default());
    match sheet.parse(assets::today(&visit.cx)) {
        Ok(request) => {
            let kept = list_requests::keep(&visit.cx, &patient, (&id, version), request).await;
            kept.map_err(|error| visit.write_trouble(error))?;
            Ok(done::to(&format!("/personnes/{patient}/lectures/impression#demandes"), "demande"))
        }
        Err(mistakes) => {
            accesses::paper(
                &visit,
                &patient,
                false,
                StatusCode::UNPROCESSABLE_ENTITY,
                Some((id, version, sheet, mistakes)),
            )
            .await
        }
    }
}

#[derive(Template)]
#[template(path = "list_requests.html")]
struct Page {
    head: Frame,
    rows: Vec<Row>,
}

struct Row {
    who: String,
    link: String,
    said: String,
    late: bool,
}

framed!(Page);

/// The register: what waits first, the oldest before the others.
pub(crate) async fn register(visit: Visit) -> Result<Response, Trouble> {
    let found = list_requests::register(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let ((mut all, residents), today) = (found, assets::today(&visit.cx));
    all.sort_by_key(|asked| (asked.request.given.is_some(), asked.request.asked));
    let alike = Alike::among(&residents, today);
    let row = |asked: &Asked| {
        let resident = residents.iter().find(|resident| resident.patient.person == asked.person)?;
        let resident = alike.row(resident);
        Some(Row {
            link: format!("/personnes/{}/lectures/impression", resident.id),
            who: resident.named(),
            said: said(&asked.request, today),
            late: asked.request.is_late(today),
        })
    };
    let page = Page { rows: all.iter().filter_map(row).collect(), head: visit.frame(Menu::None) };
    Ok(show(StatusCode::OK, &page, &visit.request))
}
