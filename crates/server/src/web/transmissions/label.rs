//! *Niveau et raisons*: why a transmission, an allergy or a treatment has its level, who gave it, and the form of those who may change it.

use super::preview::sentences;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::health;
use crate::web::level::{LevelMark, categories};
use crate::web::lines::Line;
use crate::web::params::Id;
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::person::Strip;
use app::{Version, labels, transmissions};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use confidentiality::{Categories, Category, Label, Level};
use domain::care::health::{Ended, Topic};
use fhir::ResourceType;

#[derive(Template)]
#[template(path = "label.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    /// Where its pages begin, and the words that lead back.
    base: &'static str,
    back: &'static str,
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
pub(crate) struct Form {
    levels: Vec<(LevelMark, bool)>,
    /// Code, words, ticked.
    categories: Vec<(&'static str, &'static str, bool)>,
    reason: String,
    reason_wrong: Option<&'static str>,
}

framed!(Page);

/// What has a level.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About {
    Transmission,
    Health(Topic),
}

/// The item, as the reader sees it.
struct Seen {
    strip: Strip,
    item: Version,
    label: Label,
    withdrawn: bool,
}

impl About {
    fn kind(self) -> ResourceType {
        match self {
            Self::Transmission => ResourceType::COMMUNICATION,
            Self::Health(topic) => topic.kind(),
        }
    }

    fn base(self) -> &'static str {
        match self {
            Self::Transmission => "/transmissions",
            Self::Health(topic) => health::base(topic),
        }
    }

    fn back(self) -> &'static str {
        match self {
            Self::Transmission => "Revenir à la transmission",
            Self::Health(Topic::Allergy) => "Revenir à l’allergie",
            Self::Health(Topic::Treatment) => "Revenir au traitement",
        }
    }

    async fn read(self, visit: &Visit, id: &str) -> app::Result<Seen> {
        match self {
            Self::Transmission => {
                let found = transmissions::read(&visit.cx, id).await?;
                let withdrawn = found.note.withdrawn;
                Ok(Seen { strip: found.strip, item: found.item, label: found.label, withdrawn })
            }
            Self::Health(topic) => {
                let found = app::health::read(&visit.cx, topic, id).await?;
                let withdrawn = found.ended == Some(Ended::Mistaken);
                Ok(Seen { strip: found.strip, item: found.item, label: found.label, withdrawn })
            }
        }
    }
}

pub(crate) async fn page(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    answer(&visit, StatusCode::OK, (About::Transmission, id), None).await
}

pub(crate) async fn answer(
    visit: &Visit,
    status: StatusCode,
    (about, id): (About, String),
    typed: Option<Form>,
) -> Result<Response, Trouble> {
    let found = about.read(visit, &id).await.map_err(|error| visit.trouble(error))?;
    let story = labels::story(&visit.cx, about.kind(), &id).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let (now, label) = (visit.cx.now(), &found.label);
    let who = |actor| names.get(&actor).cloned().unwrap_or_else(|| "un compte supprimé".to_owned());
    let may = labels::may_correct(&visit.cx) && !found.withdrawn;
    let wrong = typed.as_ref().and_then(|form| form.reason_wrong).map(|said| ("motif", said));
    let page = Page {
        head: visit.frame(Menu::Handover).wrong(wrong),
        strip: StripView::of(&found.strip, dates::local(now).date()),
        tab: Tab::None,
        base: about.base(),
        back: about.back(),
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
    change(visit, (About::Transmission, id), fields).await
}

pub(crate) async fn change(visit: Visit, (about, id): (About, String), fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let number = |name: &str| fields.text(name).parse::<i64>().map_err(|_| Trouble::absent());
    let (of, level) = (number("version")?, Level::from_code(number("niveau")?).ok_or_else(Trouble::absent)?);
    let chosen: Categories = fields.all("categorie").iter().filter_map(|code| Category::parse(code)).collect();
    let reason = fields.text("motif").trim().to_owned();
    if reason.is_empty() {
        let wrong = Some("Dites pourquoi\u{a0}: ce motif reste au dossier.");
        let typed = Form::new((level, chosen), reason, wrong);
        return answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, (about, id), Some(typed)).await;
    }
    let kind = about.kind();
    let done = labels::correct(&visit.cx, kind, &id, Some(of), level, chosen, &reason).await;
    if let Err(app::Error::Store(app::StoreError::Conflict(_))) = done {
        let wrong =
            Some("Cet écrit ou son niveau a changé entre-temps\u{a0}: relisez-le, puis enregistrez de nouveau.");
        let typed = Form::new((level, chosen), reason, wrong);
        return answer(&visit, StatusCode::PRECONDITION_FAILED, (about, id), Some(typed)).await;
    }
    done.map_err(|error| visit.write_trouble(error))?;
    // What has just become very sensitive may no longer be theirs to read.
    let readable = app::records::read(&visit.cx, kind, &id).await.is_ok();
    let next = if readable { format!("{}/{id}", about.base()) } else { "/releve".to_owned() };
    Ok(done::to(&next, "niveau"))
}
