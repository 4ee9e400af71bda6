//! *Réfutée*, *saisie par erreur*, *arrêté*: what ends an entry, and taking it back at once.

use super::base;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::lines::Line;
use crate::web::params::Id;
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::health::Reading;
use app::{StoreError, health};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::care::health::{End, Topic};

const REFUTED: &str = "refutee";
const MISTAKEN: &str = "erreur";
const STOPPED: &str = "arret";

#[derive(Template)]
#[template(path = "health_end.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    title: &'static str,
    base: &'static str,
    id: String,
    version: i64,
    line: Line,
    /// Code, words, what it says besides, chosen.
    choices: Vec<(&'static str, &'static str, &'static str, bool)>,
    /// The last day of a treatment, as typed or as proposed.
    last: Option<String>,
    reason: String,
    wrongs: Vec<(&'static str, &'static str)>,
    notice: Option<&'static str>,
}

framed!(Page);

impl Page {
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.wrongs.iter().find(|(name, _)| *name == field).map(|(_, text)| *text)
    }
}

/// What was typed.
#[derive(Default)]
struct Typed {
    why: String,
    last: Option<String>,
    reason: String,
    wrongs: Vec<(&'static str, &'static str)>,
    notice: Option<&'static str>,
}

fn choices(topic: Topic, chosen: &str) -> Vec<(&'static str, &'static str, &'static str, bool)> {
    let all = match topic {
        Topic::Allergy => [
            (REFUTED, "Réfutée", "cela a été écarté"),
            (MISTAKEN, "Saisie par erreur", "elle n’aurait pas dû être notée ici"),
        ],
        Topic::Treatment => [
            (STOPPED, "Arrêté", "il n’est plus donné après le dernier jour"),
            (MISTAKEN, "Saisi par erreur", "il n’aurait pas dû être noté ici"),
        ],
    };
    let first = all.first().map(|(code, ..)| *code).unwrap_or_default();
    let chosen = if chosen.is_empty() && topic == Topic::Treatment { first } else { chosen };
    all.map(|(code, words, more)| (code, words, more, code == chosen)).to_vec()
}

pub(crate) async fn form(visit: Visit, topic: Topic, Id(id): Id) -> Result<Response, Trouble> {
    page(&visit, StatusCode::OK, (topic, id), Typed::default()).await
}

async fn page(
    visit: &Visit,
    status: StatusCode,
    (topic, id): (Topic, String),
    typed: Typed,
) -> Result<Response, Trouble> {
    let found = health::read(&visit.cx, topic, &id).await.map_err(|error| visit.trouble(error))?;
    if !found.may_end {
        return over(&found, base(topic), &id);
    }
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let today = dates::local(now).date();
    let last = || typed.last.unwrap_or_else(|| End::proposed_day(&found.item.resource, today).to_string());
    let page = Page {
        head: visit.frame(Menu::People).wrong(typed.wrongs.iter().copied()),
        strip: StripView::of(&found.strip, today),
        tab: Tab::None,
        title: match topic {
            Topic::Allergy => "Réfutée ou saisie par erreur",
            Topic::Treatment => "Arrêter le traitement",
        },
        base: base(topic),
        id,
        version: found.item.version,
        line: Line::whole(&found.item, &names, now),
        choices: choices(topic, &typed.why),
        last: (topic == Topic::Treatment).then(last),
        reason: typed.reason,
        wrongs: typed.wrongs,
        notice: typed.notice,
    };
    Ok(show(status, &page, &visit.request))
}

/// Somebody has ended it already, or the same form has: its page says by whom, when and why.
pub(super) fn over(found: &Reading, base: &str, id: &str) -> Result<Response, Trouble> {
    found.ended.map(|_| done::to(&format!("{base}/{id}"), "deja")).ok_or_else(Trouble::absent)
}

pub(crate) async fn submit(visit: Visit, topic: Topic, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let of = fields.text("version").parse::<i64>().unwrap_or_default();
    let text = |name: &str| fields.text(name).trim().to_owned();
    let last = text("dernier");
    let mut typed = Typed { why: text("pourquoi"), reason: text("motif"), ..Typed::default() };
    let found = health::read(&visit.cx, topic, &id).await.map_err(|error| visit.trouble(error))?;
    let end = match (topic, typed.why.as_str()) {
        (Topic::Allergy, REFUTED) => Ok(End::Refuted),
        (_, MISTAKEN) => Ok(End::Mistaken),
        (Topic::Treatment, STOPPED) => {
            End::last_day(&last, &found.item.resource).map(End::Stopped).map_err(|said| ("dernier", said))
        }
        _ => Err(("pourquoi", "Choisissez ce qui s’est passé.")),
    };
    typed.last = Some(last);
    typed.wrongs.extend(end.err());
    if typed.reason.is_empty() {
        typed.wrongs.push(("motif", "Dites pourquoi\u{a0}: ce motif reste dans le dossier."));
    }
    let (Ok(end), true) = (end, typed.wrongs.is_empty()) else {
        return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, (topic, id), typed).await;
    };
    match health::end(&visit.cx, topic, &id, of, end, &typed.reason).await {
        Ok(_) => Ok(done::to(&format!("{}/{id}", base(topic)), "termine")),
        Err(app::Error::Store(StoreError::Conflict(_))) => {
            let notice = Some("Quelqu’un a modifié ceci entre-temps\u{a0}: relisez-le ci-dessous, puis recommencez.");
            page(&visit, StatusCode::CONFLICT, (topic, id), Typed { notice, ..typed }).await
        }
        Err(error) => Err(visit.write_trouble(error)),
    }
}

/// Takes back what was just ended.
pub(crate) async fn undo(visit: Visit, topic: Topic, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    health::undo(&visit.cx, topic, &id).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to(&format!("{}/{id}", base(topic)), "annule"))
}
