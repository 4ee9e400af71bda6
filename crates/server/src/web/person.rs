//! One person: the identity strip and what happened, the latest first.

use super::dates;
use super::frame::{Frame, show};
use super::identity::Identity;
use super::session::Visit;
use super::{assets, summary, words};
use crate::headers;
use crate::trouble::Trouble;
use app::Version;
use askama::Template;
use axum::extract::{RawPathParams, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use confidentiality::Level;

/// Items of one page.
const COUNT: u32 = 50;

#[derive(Template)]
#[template(path = "person.html")]
struct Page {
    head: Frame,
    who: Identity,
    days: Vec<Day>,
    readable: String,
    /// How many are not shown, in words.
    hidden: Option<String>,
    /// Address where the password is typed again, when that may open more.
    confirm: Option<String>,
    older: Option<String>,
    latest: Option<String>,
}

struct Day {
    title: String,
    near: Option<&'static str>,
    items: Vec<Item>,
}

struct Item {
    hour: Option<String>,
    kind: &'static str,
    what: String,
    level: LevelMark,
    categories: Vec<&'static str>,
}

struct LevelMark {
    icon: &'static str,
    word: &'static str,
    class: i64,
}

impl Page {
    fn frame(&self) -> Option<&Frame> {
        Some(&self.head)
    }
    fn css(&self) -> &'static str {
        assets::address()
    }
}

pub(crate) async fn timeline(
    visit: Visit,
    path: RawPathParams,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let id = path.iter().find(|(name, _)| *name == "id").map(|(_, id)| id).filter(|id| fhir::is_id(id));
    let id = id.ok_or_else(Trouble::absent)?;
    let pairs = fhir::search::pairs(query.as_deref().unwrap_or_default());
    let mark = pairs.into_iter().find(|(name, value)| name == "page" && !value.is_empty()).map(|(_, value)| value);
    let paged = mark.is_some();
    let found = app::people::timeline(&visit.cx, id, mark, COUNT).await.map_err(|error| visit.trouble(error))?;
    let today = dates::local(visit.cx.now()).date();
    let here = format!("/personnes/{id}");
    let page = Page {
        head: visit.frame(),
        who: Identity::of(&found.patient.resource, today),
        days: days(&found.items, today),
        readable: counted(found.readable, "élément", ""),
        hidden: (found.hidden > 0).then(|| counted(found.hidden, "élément", " non affiché")),
        confirm: (found.hidden > 0 && !visit.confirmed())
            .then(|| format!("/confirmer?suite={}", headers::encode(&here, "/"))),
        older: found.next.map(|mark| format!("{here}?page={}", headers::encode(&mark, ""))),
        latest: paged.then_some(here),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

/// `1 élément non affiché`, `3 éléments non affichés`.
fn counted(number: i64, noun: &str, rest: &str) -> String {
    let plural = |word: &str| if number.abs() > 1 && !word.is_empty() { format!("{word}s") } else { word.to_owned() };
    format!("{number}\u{a0}{}{}", plural(noun), plural(rest))
}

fn days(items: &[Version], today: jiff::civil::Date) -> Vec<Day> {
    let mut days: Vec<(jiff::civil::Date, Day)> = Vec::new();
    for version in items {
        let at = dates::local(version.moment);
        let date = at.date();
        let item = item(version, at);
        match days.last_mut() {
            Some((same, day)) if *same == date => day.items.push(item),
            _ => {
                let day = Day { title: dates::long(date), near: dates::near(date, today), items: vec![item] };
                days.push((date, day));
            }
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn item(version: &Version, at: jiff::civil::DateTime) -> Item {
    Item {
        hour: summary::has_hour(&version.resource, version.moment).then(|| dates::hour(at)),
        kind: words::kind(version.resource.kind()),
        what: summary::line(&version.resource),
        level: LevelMark { icon: icon(version.level), word: version.level.french(), class: version.level.code() },
        categories: version.categories.iter().map(confidentiality::Category::french).collect(),
    }
}

/// The fuller, the graver; the word is always beside it.
fn icon(level: Level) -> &'static str {
    match level {
        Level::Open => "○",
        Level::Daily => "◔",
        Level::Standard => "◑",
        Level::Sensitive => "◕",
        Level::VerySensitive => "●",
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn agrees_in_number() {
        assert_eq!(counted(0, "élément", ""), "0\u{a0}élément");
        assert_eq!(counted(1, "élément", " non affiché"), "1\u{a0}élément non affiché");
        assert_eq!(counted(2, "élément", " non affiché"), "2\u{a0}éléments non affichés");
    }
}
