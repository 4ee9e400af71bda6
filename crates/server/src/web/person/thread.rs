//! *Fil*: everything that happened to a person, the latest first, day by day.

use super::Tab;
use super::emergency::{Urgent, told, urgent};
use super::synthesis::{confirm, hidden};
use crate::headers;
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::level::counted;
use crate::web::lines::Line;
use crate::web::params::{Id, Params};
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::person::{self, Part};
use app::{Names, Version};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::local_time;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// Items of one page.
const COUNT: u32 = 50;
/// The parts, in the order of the tabs.
const PARTS: [(&str, &str, Part); 6] = [
    ("", "Tout", Part::All),
    ("ecrits", "Écrits", Part::Writings),
    ("soins", "Soins", Part::Care),
    ("educatif", "Éducatif", Part::Education),
    ("medical", "Médical", Part::Medical),
    ("social", "Social, droits", Part::Social),
];

#[derive(Template)]
#[template(path = "thread.html")]
struct Page {
    head: Frame,
    strip: StripView,
    tab: Tab,
    /// Openings by others in an emergency, for the référent and those who answer for the record.
    opened: Vec<String>,
    parts: Vec<Choice>,
    part: &'static str,
    until: String,
    days: Vec<Day>,
    readable: String,
    hidden: Option<String>,
    /// Less than the whole record.
    part_of: bool,
    confirm: Option<String>,
    urgent: Option<Urgent>,
    older: Option<String>,
    latest: Option<String>,
}

struct Choice {
    name: &'static str,
    link: String,
    chosen: bool,
}

struct Day {
    title: String,
    near: Option<&'static str>,
    items: Vec<Line>,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, Id(id): Id, params: Params) -> Result<Response, Trouble> {
    let (code, _, part) = PARTS.into_iter().find(|(code, ..)| *code == params.text("partie")).unwrap_or(PARTS[0]);
    let until = params.some("jusqu").and_then(|day| day.parse::<Date>().ok());
    let before = until.and_then(|day| day.checked_add(1.day()).ok());
    let before = before.map(|day| local_time::instant(day.at(0, 0, 0, 0)));
    let mark = params.some("page").map(str::to_owned);
    let paged = mark.is_some();
    let found = person::thread(&visit.cx, &id, part, before, mark, COUNT).await;
    let (strip, found) = found.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let here = address(&id, code, until);
    let today = dates::local(visit.cx.now()).date();
    let join = if here.contains('?') { '&' } else { '?' };
    let page = Page {
        head: visit.frame(Menu::People),
        strip: StripView::of(&strip, today),
        tab: Tab::Thread,
        opened: told(&visit, &strip.resident, &names).await?,
        parts: PARTS
            .into_iter()
            .map(|(other, name, _)| Choice { name, link: address(&id, other, until), chosen: other == code })
            .collect(),
        part: code,
        until: until.map(|day| day.to_string()).unwrap_or_default(),
        days: days(&found.items, &names, visit.cx.now(), today),
        readable: counted(found.readable, "élément", ""),
        // Counted over the whole record only: the count of a part would tell of what kind it is.
        hidden: (part == Part::All).then(|| hidden(&visit, found.hidden, "de ce dossier")).flatten(),
        part_of: part != Part::All,
        confirm: confirm(&visit, found.hidden, &here),
        urgent: urgent(&visit, &strip.resident),
        older: found.next.map(|mark| format!("{here}{join}page={}", headers::encode(&mark, ""))),
        latest: paged.then_some(here),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn address(id: &str, part: &str, until: Option<Date>) -> String {
    let part = (!part.is_empty()).then(|| format!("partie={part}"));
    let until = until.map(|day| format!("jusqu={day}"));
    let pairs: Vec<String> = part.into_iter().chain(until).collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    format!("/personnes/{id}/fil{query}")
}

fn days(items: &[Version], names: &Names, now: i64, today: Date) -> Vec<Day> {
    let mut days: Vec<(Option<Date>, Day)> = Vec::new();
    for version in items {
        let date = (version.moment > app::UNDATED).then(|| dates::local(version.moment).date());
        let item = Line::whole(version, names, now);
        match days.last_mut() {
            Some((same, day)) if *same == date => day.items.push(item),
            _ => {
                let title = date.map_or_else(|| dates::UNDATED.to_owned(), dates::long);
                let near = date.and_then(|date| dates::near(date, today));
                let day = Day { title, near, items: vec![item] };
                days.push((date, day));
            }
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}
