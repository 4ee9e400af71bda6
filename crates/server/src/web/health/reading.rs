//! One allergy or treatment, and what surrounds it.

use super::base;
use super::form::said;
use super::sheet::{facts, title};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::level::{LevelMark, categories};
use crate::web::params::Id;
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use crate::web::transmissions::preview::{ReadersView, sentences};
use crate::web::transmissions::reading::why;
use app::health::{self, Reading};
use app::{Names, Version};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::care::health::{Ended, Sheet, Topic};

#[derive(Template)]
#[template(path = "health_entry.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    kind: &'static str,
    base: &'static str,
    id: String,
    title: String,
    facts: Vec<(&'static str, String)>,
    /// Who wrote it last, and when.
    written: String,
    ended: Option<&'static str>,
    level: LevelMark,
    categories: Vec<&'static str>,
    reasons: Vec<String>,
    readers: ReadersView,
    may_correct: bool,
    may_end: bool,
    may_undo: bool,
    /// What ends it, on the button.
    end: &'static str,
    origins: Vec<(String, String, String)>,
    former: Vec<Former>,
}

/// A former version: number, author, when, and what it said.
struct Former {
    version: i64,
    author: String,
    at: String,
    parts: Vec<(&'static str, String)>,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, topic: Topic, Id(id): Id) -> Result<Response, Trouble> {
    let found = health::read(&visit.cx, topic, &id).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    Ok(show(StatusCode::OK, &view(&visit, (topic, id), &found, &names), &visit.request))
}

fn view(visit: &Visit, (topic, id): (Topic, String), found: &Reading, names: &Names) -> Page {
    let now = visit.cx.now();
    let named = |item: &Version| names.get(&item.author).cloned().unwrap_or_default();
    let former = found.former.iter().map(|item| Former {
        version: item.version,
        author: named(item),
        at: dates::when(item.updated, now),
        parts: Sheet::read(&item.resource).as_ref().map(said).unwrap_or_default(),
    });
    Page {
        head: visit.frame(Menu::People),
        strip: StripView::of(&found.strip, dates::local(now).date()),
        tab: Tab::None,
        kind: match topic {
            Topic::Allergy => "Allergie ou intolérance",
            Topic::Treatment => "Traitement",
        },
        base: base(topic),
        id,
        title: title(&found.sheet).to_owned(),
        facts: facts(&found.sheet),
        written: format!("{}, {}", named(&found.item), dates::when(found.item.updated, now)),
        ended: found.ended.map(|ended| words(topic, ended)),
        level: found.label.level.into(),
        categories: categories(found.label.categories),
        reasons: sentences(&found.label),
        readers: ReadersView::of(&found.readers, &[]),
        may_correct: found.may_correct,
        may_end: found.may_end,
        may_undo: found.may_undo,
        end: match topic {
            Topic::Allergy => "Réfutée ou saisie par erreur",
            Topic::Treatment => "Arrêter",
        },
        origins: found.origins.iter().map(|origin| why(origin, now)).collect(),
        former: former.collect(),
    }
}

/// What an entry that holds no more says of itself.
fn words(topic: Topic, ended: Ended) -> &'static str {
    match (topic, ended) {
        (Topic::Allergy, Ended::Refuted) => "Réfutée\u{a0}: elle n’est plus dans le bandeau.",
        (Topic::Allergy, Ended::Mistaken) => "Saisie par erreur\u{a0}: elle n’est plus dans le bandeau.",
        (Topic::Allergy, Ended::Over) => "Elle ne vaut plus\u{a0}: elle n’est plus dans le bandeau.",
        (Topic::Treatment, Ended::Mistaken) => "Saisi par erreur\u{a0}: il n’est plus dans les traitements en cours.",
        (Topic::Treatment, Ended::Refuted | Ended::Over) => {
            "Arrêté\u{a0}: il n’est plus dans les traitements en cours."
        }
    }
}
