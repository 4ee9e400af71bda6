//! *Niveau et raisons*: why a transmission has its level, who gave it, and the form of those who may change it.

use super::preview::sentences;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::level::{LevelMark, categories};
use crate::web::lines::Line;
use crate::web::params::Id;
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::{labels, transmissions};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use confidentiality::{Categories, Category, Level};
use fhir::ResourceType;

#[derive(Template)]
#[template(path = "label.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    id: String,
    version: i64,
    line: Line,
    level: LevelMark,
    categories: Vec<&'static str>,
    reasons: Vec<String>,
    /// Who gave the level, when, why.
    decided: Option<(String, String, String)>,
    /// Rules that have raised it since.
    raised: Option<i64>,
    /// The reader may look at other labels raised over a person's.
    reviews: bool,
    form: Option<Form>,
}

/// What is offered to those who may change it.
struct Form {
    levels: Vec<(LevelMark, bool)>,
    /// Code, words, ticked.
    categories: Vec<(&'static str, &'static str, bool)>,
    reason: String,
    reason_wrong: Option<&'static str>,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    answer(&visit, StatusCode::OK, id, None).await
}

async fn answer(visit: &Visit, status: StatusCode, id: String, typed: Option<Form>) -> Result<Response, Trouble> {
    let found = transmissions::read(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
    let story =
        labels::story(&visit.cx, ResourceType::COMMUNICATION, &id).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let (now, label) = (visit.cx.now(), &found.label);
    let who = |actor| names.get(&actor).cloned().unwrap_or_else(|| "un compte supprimé".to_owned());
    let may = labels::may_correct(&visit.cx) && !found.note.withdrawn;
    let wrong = typed.as_ref().and_then(|form| form.reason_wrong).map(|said| ("motif", said));
    let page = Page {
        head: visit.frame(Menu::Handover).wrong(wrong),
        strip: StripView::of(&found.strip, dates::local(now).date()),
        tab: Tab::None,
        version: found.item.version,
        line: Line::whole(&found.item, &names, now),
        level: label.level.into(),
        categories: categories(label.categories),
        reasons: sentences(label),
        decided: story.decided.map(|one| (who(one.actor), dates::when(one.at, now), one.reason)),
        raised: story.raised.last().copied(),
        reviews: labels::may_correct(&visit.cx),
        form: may.then(|| typed.unwrap_or_else(|| Form::new((label.level, label.categories), String::new(), None))),
        id,
    };
    Ok(show(status, &page, &visit.request))
}

impl Form {
    fn new((level, chosen): (Level, Categories), reason: String, reason_wrong: Option<&'static str>) -> Self {
        let levels = Level::ALL.into_iter().map(|one| (one.into(), one == level));
        let every = Categories::all();
        let categories = every.iter().map(|one| (one.code(), one.french(), chosen.contains(one)));
        Self { levels: levels.collect(), categories: categories.collect(), reason, reason_wrong }
    }
}

pub(crate) async fn submit(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let number = |name: &str| fields.text(name).parse::<i64>().map_err(|_| Trouble::absent());
    let (of, level) = (number("version")?, Level::from_code(number("niveau")?).ok_or_else(Trouble::absent)?);
    let chosen: Categories = fields.all("categorie").iter().filter_map(|code| Category::parse(code)).collect();
    let reason = fields.text("motif").trim().to_owned();
    if reason.is_empty() {
        let wrong = Some("Dites pourquoi\u{a0}: ce motif reste au dossier.");
        let typed = Form::new((level, chosen), reason, wrong);
        return answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, id, Some(typed)).await;
    }
    let kind = ResourceType::COMMUNICATION;
    let done = labels::correct(&visit.cx, kind, &id, Some(of), level, chosen, &reason).await;
    if let Err(app::Error::Store(app::StoreError::Conflict(_))) = done {
        let wrong =
            Some("Cet écrit ou son niveau a changé entre-temps\u{a0}: relisez-le, puis enregistrez de nouveau.");
        let typed = Form::new((level, chosen), reason, wrong);
        return answer(&visit, StatusCode::PRECONDITION_FAILED, id, Some(typed)).await;
    }
    done.map_err(|error| visit.write_trouble(error))?;
    // What has just become very sensitive may no longer be theirs to read.
    let readable = app::records::read(&visit.cx, kind, &id).await.is_ok();
    let next = if readable { format!("/transmissions/{id}") } else { "/releve".to_owned() };
    Ok(done::to(&next, "niveau"))
}
