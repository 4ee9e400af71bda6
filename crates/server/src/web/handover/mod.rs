//! *Relève*: what happened in the unit since one was last there.

use super::dates;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, local, show};
use super::level::hidden;
use super::lines::Line;
use super::params::Params;
use super::people::Row;
use super::session::Visit;
use crate::headers;
use crate::trouble::Trouble;
use app::Names;
use app::handover::{self, Ask, Handover};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::care::handover::Rank;
use domain::care::target;

const HOUR: i64 = 3_600_000_000;
/// How far back one may look. A few lengths only: a free choice would date what is hidden and counted.
const HOURS: [i64; 4] = [12, 24, 72, 168];
/// Lines of one page.
const PAGE: usize = 30;

#[derive(Template)]
#[template(path = "handover.html")]
struct Page {
    head: Frame,
    unit: i64,
    unit_name: String,
    place_name: String,
    on_duty: bool,
    several: bool,
    since: String,
    spans: Vec<Span>,
    filters: Vec<Filter>,
    sections: Vec<Section>,
    due: Vec<DueLine>,
    residents: Vec<Row>,
    targets: Vec<(&'static str, &'static str, bool)>,
    resident: String,
    /// The form that narrows is open.
    narrowed: bool,
    /// Opens it.
    narrow: String,
    hidden: Option<String>,
    cut: bool,
    /// What is ticked by one click: every line of the page that is not read.
    unread: Vec<String>,
    here: String,
    older: Option<String>,
    print: String,
    marked: Option<i64>,
}

/// How far back one may look.
struct Span {
    name: &'static str,
    hours: &'static str,
    chosen: bool,
}

struct Filter {
    name: &'static str,
    count: usize,
    link: String,
    chosen: bool,
}

struct Section {
    title: &'static str,
    lines: Vec<Shown>,
}

pub(crate) struct Shown {
    pub(crate) line: Line,
    pub(crate) who: Option<Row>,
    pub(crate) read: bool,
}

pub(crate) struct DueLine {
    pub(crate) who: Option<Row>,
    pub(crate) text: String,
    pub(crate) at: String,
    pub(crate) late: bool,
    pub(crate) link: Option<String>,
}

#[derive(Template)]
#[template(path = "handover_print.html")]
struct Paper {
    head: Frame,
    unit_name: String,
    place_name: String,
    since: String,
    now: String,
    lines: Vec<Shown>,
    due: Vec<DueLine>,
    left_out: String,
}

framed!(Page);
framed!(Paper);

fn ask(params: &Params, now: i64, print: bool) -> Ask {
    let since = params.number("heures").filter(|hours| HOURS.contains(hours)).map(|hours| now - hours * HOUR);
    Ask { unit: params.number("unite"), since, print }
}

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let now = visit.cx.now();
    let found = handover::load(&visit.cx, ask(&params, now, false)).await.map_err(|error| visit.trouble(error))?;
    let Some(found) = found else { return Ok(Redirect::to("/unites").into_response()) };
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let page = view(&visit, &params, &found, &names);
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn view(visit: &Visit, params: &Params, found: &Handover, names: &Names) -> Page {
    let now = visit.cx.now();
    let choice = Choice::of(params);
    let about = |line: &handover::Line| {
        let person = found.resident(line.person);
        (choice.resident.is_empty() || person.is_some_and(|person| person.id() == choice.resident))
            && (choice.target.is_empty() || target_of(line) == Some(choice.target.as_str()))
    };
    let lines: Vec<&handover::Line> = found.lines.iter().filter(|line| about(line)).collect();
    let count = |filter: &str| lines.iter().filter(|line| passes(line, filter)).count();
    let filters = [("tout", "Tout"), ("urgent", "Urgent"), ("moi", "Pour moi"), ("nonlu", "Non lu")].into_iter().map(
        |(code, name)| Filter {
            name,
            count: count(code),
            link: choice.link(&[("filtre", code), ("debut", "")]),
            chosen: choice.filter == code,
        },
    );
    let kept: Vec<&&handover::Line> = lines.iter().filter(|line| passes(line, &choice.filter)).collect();
    let shown: Vec<&handover::Line> = kept.iter().skip(choice.start).take(PAGE).map(|line| **line).collect();
    let spans = [
        ("", "Depuis mon dernier poste"),
        ("12", "12\u{a0}h"),
        ("24", "24\u{a0}h"),
        ("72", "3\u{a0}jours"),
        ("168", "7\u{a0}jours"),
    ];
    let today = dates::local(now).date();
    let more = kept.len() > choice.start + PAGE;
    Page {
        head: visit.frame(Menu::Handover),
        unit: found.unit.number,
        unit_name: if found.unit.whole { "Tout l’établissement".to_owned() } else { found.unit.name.clone() },
        place_name: found.unit.place_name.clone(),
        on_duty: found.posts.current.is_some_and(|shift| shift.unit == found.unit.number),
        several: found.posts.units.len() > 1,
        since: since(found, now),
        spans: spans.into_iter().map(|(hours, name)| Span { name, hours, chosen: choice.hours == hours }).collect(),
        filters: filters.collect(),
        unread: shown.iter().filter(|line| !line.read).map(|line| reference(line)).collect(),
        sections: sections(found, &shown, names, now),
        due: if choice.resident.is_empty() && choice.start == 0 { due(found, now) } else { Vec::new() },
        residents: found.residents.iter().map(|resident| Row::of(resident, today)).collect(),
        targets: target::all().iter().map(|one| (one.code(), one.french(), one.code() == choice.target)).collect(),
        resident: choice.resident.clone(),
        narrowed: choice.narrows(),
        narrow: choice.link(&[("filtrer", "1")]),
        hidden: hidden(found.hidden),
        cut: found.cut,
        here: choice.link(&[]),
        older: more.then(|| choice.link(&[("debut", &(choice.start + PAGE).to_string())])),
        print: choice.link(&[]).replacen("/releve", "/releve/impression", 1),
        marked: params.number("lus"),
    }
}

/// What the address asks for.
struct Choice {
    unit: String,
    hours: String,
    filter: String,
    resident: String,
    target: String,
    /// The form is asked for.
    narrow: String,
    start: usize,
}

impl Choice {
    fn of(params: &Params) -> Self {
        let text = |name: &str| params.text(name).to_owned();
        let filter = if params.text("filtre").is_empty() { "tout".to_owned() } else { text("filtre") };
        let start = params.number("debut").and_then(|start| usize::try_from(start).ok()).unwrap_or_default();
        Self {
            unit: text("unite"),
            hours: text("heures"),
            filter,
            resident: text("personne"),
            target: text("cible"),
            narrow: text("filtrer"),
            start,
        }
    }

    /// Something is chosen in the form, or it was asked for.
    fn narrows(&self) -> bool {
        [&self.resident, &self.target, &self.hours, &self.narrow].into_iter().any(|chosen| !chosen.is_empty())
    }

    /// The same handover with something changed.
    fn link(&self, changes: &[(&str, &str)]) -> String {
        let start = if self.start == 0 { String::new() } else { self.start.to_string() };
        let filter = if self.filter == "tout" { "" } else { &self.filter };
        let now = [
            ("unite", self.unit.as_str()),
            ("heures", &self.hours),
            ("filtre", filter),
            ("personne", &self.resident),
            ("cible", &self.target),
            ("debut", &start),
            ("filtrer", &self.narrow),
        ];
        let changed = |name: &str, value: &str| {
            let value = changes.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, value)| value);
            let value = if name == "filtre" && value == "tout" { "" } else { value };
            (!value.is_empty()).then(|| format!("{name}={}", headers::encode(value, "")))
        };
        let pairs: Vec<String> = now.into_iter().filter_map(|(name, value)| changed(name, value)).collect();
        if pairs.is_empty() { "/releve".to_owned() } else { format!("/releve?{}", pairs.join("&")) }
    }
}

fn passes(line: &handover::Line, filter: &str) -> bool {
    match filter {
        "urgent" => line.rank == Rank::Critical,
        "moi" => line.rank == Rank::Mine,
        "nonlu" => !line.read,
        _ => true,
    }
}

fn target_of(line: &handover::Line) -> Option<&'static str> {
    domain::care::transmission::Note::read(&line.item.resource).target.map(|target| target.code())
}

fn reference(line: &handover::Line) -> String {
    format!("{}/{}", line.item.resource.kind(), line.item.resource.id().unwrap_or_default())
}

fn since(found: &Handover, now: i64) -> String {
    let when = dates::when(found.since, now);
    if found.since_duty { format!("Depuis {when}, fin de votre dernier poste") } else { format!("Depuis {when}") }
}

fn sections(found: &Handover, lines: &[&handover::Line], names: &Names, now: i64) -> Vec<Section> {
    let titles = [(Rank::Critical, "Urgent"), (Rank::Mine, "Pour moi"), (Rank::Rest, "Autres")];
    let of_rank = |rank: Rank| lines.iter().filter(move |line| line.rank == rank);
    let sections = titles.into_iter().map(|(rank, title)| Section {
        title,
        lines: of_rank(rank).map(|line| shown(found, line, names, now)).collect(),
    });
    sections.filter(|section| !section.lines.is_empty()).collect()
}

fn shown(found: &Handover, line: &handover::Line, names: &Names, now: i64) -> Shown {
    let today = dates::local(now).date();
    let who = found.resident(line.person).map(|resident| Row::of(resident, today));
    let mut written = Line::short(&line.item, names, now);
    if written.link.is_none() {
        written.link = who.as_ref().map(|who| format!("/personnes/{}/fil", who.id));
    }
    Shown { line: written, who, read: line.read }
}

fn due(found: &Handover, now: i64) -> Vec<DueLine> {
    let today = dates::local(now).date();
    let lines = found.due.iter().map(|due| DueLine {
        who: found.resident(due.person).map(|resident| Row::of(resident, today)),
        text: super::summary::line(&due.task.resource),
        at: dates::when(due.at, now),
        late: due.at < now,
        link: due
            .task
            .resource
            .str_at(&["focus", "reference"])
            .and_then(|reference| reference.strip_prefix("Communication/"))
            .map(|id| format!("/transmissions/{id}")),
    });
    lines.collect()
}

/// Ticks the lines of a page as read, and comes back to it.
pub(crate) async fn mark(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let read = fields.text("annuler").is_empty();
    let ids: Vec<String> = fields.text("items").split_whitespace().map(str::to_owned).collect();
    let marked = handover::mark(&visit.cx, &ids, read).await.map_err(|error| visit.write_trouble(error))?;
    let back = local(Some(fields.text("suite"))).filter(|path| path.starts_with('/')).unwrap_or("/releve");
    let join = if back.contains('?') { '&' } else { '?' };
    let to = if read { format!("{back}{join}lus={marked}") } else { back.to_owned() };
    Ok(Redirect::to(&to).into_response())
}

/// For paper: nothing of level 3 or above, and a line that says so.
pub(crate) async fn print(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let now = visit.cx.now();
    let found = handover::load(&visit.cx, ask(&params, now, true)).await.map_err(|error| visit.trouble(error))?;
    let Some(found) = found else { return Ok(Redirect::to("/unites").into_response()) };
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let paper = Paper {
        head: visit.frame(Menu::Handover),
        unit_name: found.unit.name.clone(),
        place_name: found.unit.place_name.clone(),
        since: since(&found, now),
        now: dates::when(now, now),
        lines: found.lines.iter().map(|line| shown(&found, line, &names, now)).collect(),
        due: due(&found, now),
        left_out: "Les écrits sensibles et très sensibles ne sont pas imprimés.".to_owned(),
    };
    Ok(show(StatusCode::OK, &paper, &visit.request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;
    use confidentiality::Level;

    fn choice(query: &str) -> Choice {
        Choice::of(&Params::of(query))
    }

    #[test]
    fn a_link_keeps_what_was_chosen_and_leaves_out_what_is_usual() {
        assert_eq!(choice("").link(&[]), "/releve");
        let chosen = choice("unite=-3&heures=24&personne=p1&debut=60");
        assert_eq!(
            chosen.link(&[("filtre", "urgent"), ("debut", "")]),
            "/releve?unite=-3&heures=24&filtre=urgent&personne=p1"
        );
        assert_eq!(choice("filtre=moi").link(&[("filtre", "tout")]), "/releve");
    }

    #[test]
    fn the_page_of_a_handover() {
        let shown = |level| Shown { line: sample::line(level), who: Some(sample::row()), read: false };
        let page = Page {
            head: sample::frame(Menu::Handover),
            unit: -3,
            unit_name: "Unité 2".to_owned(),
            place_name: "EHPAD Les Tilleuls".to_owned(),
            on_duty: false,
            several: true,
            since: "Depuis hier à 20 h 45, fin de votre dernier poste".to_owned(),
            spans: vec![Span { name: "12 h", hours: "12", chosen: true }],
            filters: vec![Filter { name: "Urgent", count: 1, link: "/releve?filtre=urgent".to_owned(), chosen: true }],
            sections: vec![Section { title: "Urgent", lines: vec![shown(Level::Standard), shown(Level::Sensitive)] }],
            due: vec![DueLine {
                who: Some(sample::row()),
                text: "À évaluer : Douleur".to_owned(),
                at: "aujourd’hui à 9 h 30".to_owned(),
                late: true,
                link: Some("/transmissions/c1".to_owned()),
            }],
            residents: vec![sample::row()],
            targets: vec![("chute", "Chute", false)],
            resident: String::new(),
            narrowed: true,
            narrow: "/releve?filtrer=1".to_owned(),
            hidden: hidden(2),
            cut: false,
            unread: vec!["Communication/c1".to_owned()],
            here: "/releve".to_owned(),
            older: None,
            print: "/releve/impression".to_owned(),
            marked: Some(3),
        };
        insta::assert_snapshot!(sample::rendered(&page));
    }
}
