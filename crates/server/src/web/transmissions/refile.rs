//! *Mauvais résident*: moving what was written in the wrong record.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::lines::Line;
use crate::web::params::Id;
use crate::web::people::Row;
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::{people, transmissions};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

#[derive(Template)]
#[template(path = "refile.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    id: String,
    version: i64,
    line: Line,
    people: Vec<Row>,
    chosen: String,
    reason: String,
    person_wrong: Option<&'static str>,
    reason_wrong: Option<&'static str>,
}

framed!(Page);

pub(crate) async fn form(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    page(&visit, StatusCode::OK, id, Typed::default()).await
}

#[derive(Default)]
struct Typed {
    chosen: String,
    reason: String,
    person_wrong: Option<&'static str>,
    reason_wrong: Option<&'static str>,
}

async fn page(visit: &Visit, status: StatusCode, id: String, typed: Typed) -> Result<Response, Trouble> {
    let found = transmissions::read(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
    if found.note.withdrawn || !transmissions::may_move(&visit.cx, &found.item) {
        return Err(Trouble::absent());
    }
    let everyone = people::list(&visit.cx, None, "").await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let today = dates::local(now).date();
    let others = everyone.persons.iter().filter(|one| one.id() != found.strip.resident.id());
    let page = Page {
        head: visit.frame(Menu::Handover),
        strip: StripView::of(&found.strip, today),
        tab: Tab::None,
        id,
        version: found.item.version,
        line: Line::whole(&found.item, &names, now),
        people: others.map(|one| Row::of(one, today)).collect(),
        chosen: typed.chosen,
        reason: typed.reason,
        person_wrong: typed.person_wrong,
        reason_wrong: typed.reason_wrong,
    };
    Ok(show(status, &page, &visit.request))
}

pub(crate) async fn submit(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (chosen, reason) = (fields.text("personne").to_owned(), fields.text("motif").trim().to_owned());
    let of = fields.text("version").parse::<i64>().map_err(|_| Trouble::absent())?;
    let person_wrong = (!fhir::is_id(&chosen)).then_some("Choisissez la personne dont il s’agit.");
    let reason_wrong = reason.is_empty().then_some("Dites ce qui s’est passé\u{a0}: ce motif reste au dossier.");
    if person_wrong.is_some() || reason_wrong.is_some() {
        let typed = Typed { chosen, reason, person_wrong, reason_wrong };
        return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, id, typed).await;
    }
    transmissions::refile(&visit.cx, &id, of, &chosen, &reason).await.map_err(|error| visit.write_trouble(error))?;
    Ok(Redirect::to(&format!("/personnes/{chosen}?fait=deplace")).into_response())
}
