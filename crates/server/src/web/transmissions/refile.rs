//! *Mauvais résident*: moving what was written in the wrong record.

use crate::trouble::Trouble;
use crate::web::alike::Alike;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::lines::Line;
use crate::web::params::Id;
use crate::web::people::Row;
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use crate::web::words;
use app::{people, transmissions};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

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
    /// What one calls the people of the place: `Mauvais résident`.
    wrong: &'static str,
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
    /// Why it was not moved.
    notice: Option<&'static str>,
}

async fn page(visit: &Visit, status: StatusCode, id: String, typed: Typed) -> Result<Response, Trouble> {
    let found = transmissions::read(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
    if found.note.withdrawn || !transmissions::may_move(&visit.cx, &found.item) {
        return Err(Trouble::absent());
    }
    let wrong = [("", typed.notice), ("personne", typed.person_wrong), ("motif", typed.reason_wrong)];
    let everyone = people::list(&visit.cx, None, "").await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let today = dates::local(now).date();
    let others = everyone.persons.iter().filter(|one| one.id() != found.strip.resident.id());
    let page = Page {
        head: visit.frame(Menu::Handover).wrong(wrong.into_iter().filter_map(|(field, said)| Some((field, said?)))),
        strip: StripView::of(&found.strip, today),
        tab: Tab::None,
        id,
        version: found.item.version,
        line: Line::whole(&found.item, &names, now),
        people: Alike::to_write_about(others, today),
        chosen: typed.chosen,
        reason: typed.reason,
        person_wrong: typed.person_wrong,
        reason_wrong: typed.reason_wrong,
        wrong: words::wrong_record(visit.cx.app().profile(found.item.place)),
    };
    Ok(show(status, &page, &visit.request))
}

pub(crate) async fn submit(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (chosen, reason) = (fields.text("personne").to_owned(), fields.text("motif").trim().to_owned());
    let of = fields.text("version").parse::<i64>().unwrap_or_default();
    let person_wrong = (!fhir::is_id(&chosen)).then_some("Choisissez la personne dont il s’agit.");
    let reason_wrong = reason.is_empty().then_some("Dites ce qui s’est passé\u{a0}: ce motif reste au dossier.");
    if person_wrong.is_some() || reason_wrong.is_some() {
        let typed = Typed { chosen, reason, person_wrong, reason_wrong, notice: None };
        return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, id, typed).await;
    }
    match transmissions::refile(&visit.cx, &id, of, &chosen, &reason).await {
        Ok(_) => Ok(done::to(&format!("/personnes/{chosen}"), "deplace")),
        Err(error) => {
            let notice = Some(why(&error));
            let status = visit.write_trouble(error).status;
            let status = if status == StatusCode::PRECONDITION_FAILED { StatusCode::CONFLICT } else { status };
            page(&visit, status, id, Typed { chosen, reason, notice, ..Typed::default() }).await
        }
    }
}

/// Why it was not moved, and what to do: what was typed is below.
fn why(error: &app::Error) -> &'static str {
    use app::StoreError as E;
    match error {
        app::Error::Store(E::Conflict(_)) => {
            "Cette transmission a été modifiée entre-temps\u{a0}: relisez-la ci-dessous, puis recommencez."
        }
        app::Error::Store(E::Absent) => {
            "Rien n’a été déplacé\u{a0}: vous n’accompagnez pas cette personne. Demandez à un relecteur."
        }
        app::Error::Store(E::Refused(refusal)) => refusal.french(),
        app::Error::Store(E::Invalid(_)) => "Rien n’a été déplacé\u{a0}: choisissez une autre personne.",
        _ => "Rien n’a été déplacé. Réessayez dans quelques instants.",
    }
}
