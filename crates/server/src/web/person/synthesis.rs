//! *Synthèse*: what must be known of a person, on one screen.

use super::Tab;
use super::emergency::{Urgent, told as told_urgent, urgent};
use super::figures::{Figure, figures};
use crate::headers;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::health;
use crate::web::level;
use crate::web::lines::Line;
use crate::web::params::Id;
use crate::web::session::Visit;
use crate::web::strip::{self, StripView};
use crate::web::summary;
use app::person::{self, Synthesis};
use app::{Safety, Version};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use confidentiality::Level;
use confidentiality::labeler::SafetyKind;
use domain::care::health::Sheet;

/// Writings shown at most: a synthesis fits a screen.
const WRITINGS: usize = 8;
/// Letters that stand at the end of a line of a part.
const BESIDE: usize = 30;
/// A day, in microseconds.
const DAY: i64 = 24 * 3_600_000_000;
/// Lines of each other part.
const FACTS: usize = 8;

#[derive(Template)]
#[template(path = "synthesis.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    writings: Vec<Line>,
    more_writings: usize,
    ahead: Vec<Fact>,
    figures: Vec<Figure>,
    consignes: Vec<Fact>,
    /// Some of them come from what this reader may not read.
    closed: bool,
    treatments: Vec<Fact>,
    /// Treatments are this reader's to see.
    sees_treatments: bool,
    problems: Vec<Fact>,
    projects: Vec<Fact>,
    relatives: Vec<Fact>,
    wishes: Vec<Fact>,
    hidden: Option<String>,
    confirm: Option<String>,
    urgent: Option<Urgent>,
    /// Openings by others in an emergency, for the référent and those who answer for the record.
    opened: Vec<String>,
}

/// A line of a part: words, what stands at its end, where it leads.
pub(super) struct Fact {
    pub(super) text: String,
    pub(super) end: Option<String>,
    pub(super) link: Option<String>,
    pub(super) late: bool,
    /// Changed within a day.
    pub(super) fresh: bool,
    /// Of what is read from an item; what only safety tells of has none.
    pub(super) level: Option<i64>,
}

impl Fact {
    /// What stands at its end does not stand beside it.
    fn is_long(&self) -> bool {
        self.end.as_ref().is_some_and(|end| !self.late && end.chars().count() > BESIDE)
    }
}

framed!(Page);

pub(crate) async fn page(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    let found = person::synthesis(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let total = found.hidden + found.strip.hidden;
    let page = Page {
        strip: StripView::of(&found.strip, dates::local(now).date()),
        tab: Tab::Synthesis,
        more_writings: found.writings.len().saturating_sub(WRITINGS),
        writings: found.writings.iter().take(WRITINGS).map(|item| Line::short(item, &names, now)).collect(),
        ahead: ahead(&found, now),
        figures: figures(&found.figures, now),
        consignes: told(&found.strip.safety),
        closed: found.strip.safety.iter().any(|one| !one.readable && one.fact.kind == SafetyKind::Consigne),
        treatments: treatments(&found, now),
        sees_treatments: found.strip.sees_treatments,
        problems: facts(&found.problems, |item| date(item, "recordedDate")),
        projects: facts(&found.projects, |item| date(item, "startDate")),
        relatives: found.relatives.iter().map(contact).collect(),
        wishes: found.strip.consents.iter().map(wish).collect(),
        hidden: hidden(&visit, total, "de cette synthèse"),
        confirm: confirm(&visit, total, &format!("/personnes/{id}")),
        urgent: urgent(&visit, &found.strip.resident),
        opened: told_urgent(&visit, &found.strip.resident, &names).await?,
        head: visit.frame(Menu::People),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

/// How many items this reader is told of without seeing them, and why.
pub(crate) fn hidden(visit: &Visit, number: i64, whole: &str) -> Option<String> {
    let elsewhere = visit.machine().1 < Level::VerySensitive;
    let device = if elsewhere { ", ou à d’autres appareils que celui-ci" } else { "" };
    let identity = if visit.confirmed() || elsewhere { "" } else { ", ou à qui vient de confirmer son identité" };
    level::hidden(number, whole, &[device, identity])
}

/// Where the password is typed again, when that may open more.
pub(crate) fn confirm(visit: &Visit, hidden: i64, here: &str) -> Option<String> {
    (hidden > 0 && !visit.confirmed() && visit.machine().1 >= Level::VerySensitive)
        .then(|| format!("/confirmer?suite={}", headers::encode(here, "/")))
}

fn ahead(found: &Synthesis, now: i64) -> Vec<Fact> {
    let due = |item: &Version| {
        let end = item.resource.str_at(&["restriction", "period", "end"]).and_then(fhir::date::interval);
        end.map_or(item.moment, |(at, _)| at)
    };
    let mut all: Vec<&Version> = found.ahead.iter().collect();
    all.sort_by_key(|item| due(item));
    let facts = all.into_iter().take(FACTS).map(|item| {
        let focus = item.resource.str_at(&["focus", "reference"]);
        let link = focus.and_then(|reference| reference.strip_prefix("Communication/"));
        let at = due(item);
        Fact {
            text: summary::shorten(&summary::line(&item.resource), 90),
            end: Some(dates::when(at, now)),
            link: link.map(|id| format!("/transmissions/{id}")),
            fresh: false,
            late: at < now && item.resource.kind().name() == "Task",
            level: Some(item.level.code()),
        }
    });
    facts.collect()
}

fn facts(items: &[Version], end: impl Fn(&Version) -> Option<String>) -> Vec<Fact> {
    items.iter().take(FACTS).map(|item| fact(item, &end)).collect()
}

fn fact(item: &Version, end: impl Fn(&Version) -> Option<String>) -> Fact {
    let name = ["code", "medicationCodeableConcept", "description", "title"].iter().find_map(|key| {
        let value = item.resource.get(&[key])?;
        value.as_str().map(str::to_owned).or_else(|| summary::concept(value))
    });
    let name = name.unwrap_or_else(|| summary::line(&item.resource));
    let warned = summary::warning(&item.resource).map(|warning| format!(" ({warning})")).unwrap_or_default();
    Fact {
        text: format!("{}{warned}", summary::shorten(&name, 90)),
        end: end(item),
        link: item.resource.id().and_then(|id| health::link(item.resource.kind(), id)),
        late: false,
        fresh: false,
        level: Some(item.level.code()),
    }
}

/// Those the reader may read, then those of which only drug and schedule are told.
fn treatments(found: &Synthesis, now: i64) -> Vec<Fact> {
    let told = strip::of_kind(&found.strip.safety, SafetyKind::Drug).map(|one| Fact {
        text: summary::shorten(&one.fact.text, 90),
        end: one.fact.detail.clone(),
        link: None,
        late: false,
        fresh: false,
        level: None,
    });
    // A treatment left out is a danger: none is.
    let today = dates::local(now).date().to_string();
    let one = |item| Fact { fresh: is_fresh(item, now), ..fact(item, |item| schedule(item, &today)) };
    let mut all: Vec<Fact> = found.treatments.iter().map(one).collect();
    all.extend(told);
    all
}

/// Written, or written anew, within a day: what was brought in that day and is older is not.
fn is_fresh(item: &Version, now: i64) -> bool {
    item.updated > now - DAY && (item.version > 1 || item.moment > now - DAY)
}

/// The doses, and from when or until when where that is not now.
fn schedule(item: &Version, today: &str) -> Option<String> {
    let Some(Sheet::Treatment(sheet)) = Sheet::read(&item.resource) else { return dosage(item) };
    let later = Some(sheet.starts).filter(|day| day.as_str() > today);
    let from = later.map(|day| format!("à partir du {}", dates::short(&day)));
    let until = Some(sheet.ends).filter(|day| !day.is_empty()).map(|day| format!("jusqu’au {}", dates::short(&day)));
    let all: Vec<String> = dosage(item).into_iter().chain(from).chain(until).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// What to do, whatever says so.
fn told(safety: &[Safety]) -> Vec<Fact> {
    let fact = |one: strip::Consigne| Fact {
        text: one.text,
        end: Some(one.day),
        link: None,
        late: false,
        fresh: false,
        level: None,
    };
    strip::consignes(safety.iter()).into_iter().map(fact).collect()
}

pub(crate) fn dosage(item: &Version) -> Option<String> {
    let doses = item.resource.get(&["dosageInstruction"]).or_else(|| item.resource.get(&["dosage"]))?.as_array()?;
    let texts: Vec<&str> = doses.iter().filter_map(|dose| dose.get("text")?.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(" ; "))
}

fn date(item: &Version, key: &str) -> Option<String> {
    item.resource.str_at(&[key]).map(dates::short)
}

fn contact(item: &Version) -> Fact {
    let (text, end) = told_of(item);
    Fact { text, end, link: None, late: false, fresh: false, level: Some(item.level.code()) }
}

/// The same on one line: `Fille : Anne Quéméner, 06 00 00 00 00`.
pub(crate) fn relative(item: &Version) -> String {
    let (text, end) = told_of(item);
    end.map_or_else(|| text.clone(), |end| format!("{text}, {end}"))
}

fn told_of(item: &Version) -> (String, Option<String>) {
    let tie = item.resource.get(&["relationship"]).and_then(summary::concept).unwrap_or_else(|| "Proche".to_owned());
    let first = |key: &str, part: &str| Some(item.resource.get(&[key])?.get(0)?.get(part)?.as_str()?.to_owned());
    let name = first("name", "text").or_else(|| first("name", "family")).unwrap_or_default();
    (format!("{tie}\u{a0}: {name}"), first("telecom", "value"))
}

fn wish(item: &Version) -> Fact {
    let words = item.resource.get(&["category"]).and_then(summary::concept);
    let text = words.unwrap_or_else(|| summary::line(&item.resource));
    Fact { text, end: date(item, "dateTime"), link: None, late: false, fresh: false, level: Some(item.level.code()) }
}
