//! *Relève*: what happened in the unit since one was last there.

mod choice;
mod paper;

pub(crate) use paper::print;

use self::choice::Choice;
use crate::trouble::Trouble;
use crate::web::alike::Alike;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, local, show};
use crate::web::lines::Line;
use crate::web::params::Params;
use crate::web::people::Row;
use crate::web::person::synthesis;
use crate::web::session::Visit;
use app::Names;
use app::handover::{self, Handover};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::care::handover::Rank;
use domain::care::target;

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
    open: bool,
    /// Opens it.
    narrow: String,
    /// What was chosen in it, and the way back.
    chosen: Option<String>,
    all: String,
    hidden: Option<String>,
    /// Where the password is typed again, when that may open some of it.
    confirm: Option<String>,
    cut: bool,
    /// What is ticked by one click: every line of the page that is not read.
    unread: Vec<String>,
    here: String,
    older: Option<String>,
    print: String,
    marked: Option<i64>,
}

/// How far back one may look.
#[derive(Clone)]
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
    /// Each text as long as it needs, not on one line.
    whole: bool,
    /// How many there are over all pages.
    count: usize,
    lines: Vec<Shown>,
}

pub(crate) struct Shown {
    pub(crate) line: Line,
    pub(crate) who: Option<Row>,
    pub(crate) read: bool,
    /// Where to write about this person.
    pub(crate) write: Option<String>,
}

pub(crate) struct DueLine {
    pub(crate) who: Option<Row>,
    /// How sensitive the task is, as a number.
    pub(crate) level: i64,
    pub(crate) text: String,
    pub(crate) at: String,
    pub(crate) late: bool,
    pub(crate) link: Option<String>,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let choice = Choice::of(&params);
    let found = handover::load(&visit.cx, choice.ask(visit.cx.now())).await.map_err(|error| visit.trouble(error))?;
    let Some(found) = found else { return Ok(done::onward("/unites", params.text("fait"))) };
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let page = view(&visit, &choice, params.number("lus"), &found, &names);
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn view(visit: &Visit, choice: &Choice, marked: Option<i64>, found: &Handover, names: &Names) -> Page {
    let now = visit.cx.now();
    let filters = ["Tout", "Urgent", "Pour moi", "Non lu"].into_iter().zip(choice::FILTERS).zip(found.counts);
    let filters = filters.map(|((name, (code, filter)), count)| Filter {
        name,
        count,
        link: choice.link(&[("filtre", code), ("debut", "")]),
        chosen: choice.filter == filter,
    });
    let today = dates::local(now).date();
    let alike = Alike::among(&found.residents, today);
    let residents: Vec<Row> = found.residents.iter().map(|resident| alike.row(resident)).collect();
    Page {
        head: visit.frame(Menu::Handover),
        unit: found.unit.number,
        unit_name: if found.unit.whole { "Tout l’établissement".to_owned() } else { found.unit.name.clone() },
        place_name: found.unit.place_name.clone(),
        on_duty: found.posts.current.is_some_and(|shift| shift.unit == found.unit.number),
        several: found.posts.units.len() > 1,
        since: since(found, now),
        spans: choice::SPANS.map(|(hours, name)| Span { name, hours, chosen: choice.hours == hours }).to_vec(),
        filters: filters.collect(),
        unread: found.lines.iter().filter(|line| !line.read).map(|line| handover::seen(&line.item)).collect(),
        sections: sections(found, &alike, names, now),
        due: due(found, &alike, |at| dates::when(at, now), now),
        chosen: choice.chosen(&residents),
        open: choice.open(),
        residents,
        targets: target::all().iter().map(|one| (one.code(), one.french(), Some(*one) == choice.target)).collect(),
        resident: choice.resident.clone(),
        narrow: choice.link(&[("filtrer", "1"), ("debut", "")]),
        all: choice.link(&[("personne", ""), ("cible", ""), ("heures", ""), ("debut", "")]),
        hidden: synthesis::hidden(visit, found.hidden, "de cette relève"),
        confirm: synthesis::confirm(visit, found.hidden, &choice.link(&[])),
        cut: found.cut,
        here: choice.link(&[]),
        older: found.further.then(|| choice.link(&[("debut", &(choice.start + choice::PAGE).to_string())])),
        print: choice.link(&[("debut", "")]).replacen("/releve", "/releve/impression", 1),
        marked,
    }
}

fn since(found: &Handover, now: i64) -> String {
    let when = dates::since(found.since, now);
    if found.since_duty { format!("Depuis {when}, fin de votre dernier poste") } else { format!("Depuis {when}") }
}

fn sections(found: &Handover, alike: &Alike, names: &Names, now: i64) -> Vec<Section> {
    let titles = [(Rank::Critical, "Urgent"), (Rank::Mine, "Pour moi"), (Rank::Rest, "Autres")];
    let of_rank = |rank: Rank| {
        found.lines.iter().filter(move |line| line.rank == rank || rank.is_first() && line.rank.is_first())
    };
    let sections = titles.into_iter().zip(found.ranks).map(|((rank, title), count)| Section {
        title,
        whole: rank == Rank::Critical,
        count,
        lines: of_rank(rank).map(|line| shown(found, alike, line, names, now)).collect(),
    });
    sections.filter(|section| !section.lines.is_empty()).collect()
}

fn shown(found: &Handover, alike: &Alike, line: &handover::Line, names: &Names, now: i64) -> Shown {
    let who = found.resident(line.person).map(|resident| alike.row(resident));
    let mut written = Line::short(&line.item, names, now);
    if written.link.is_none() {
        written.link = who.as_ref().map(|who| format!("/personnes/{}/fil", who.id));
    }
    written.at = dates::brief(line.item.moment, now);
    let write = who.as_ref().map(|who| format!("/transmissions/nouvelle?personne={}", who.id));
    Shown { line: written, who, read: line.read, write }
}

fn due(found: &Handover, alike: &Alike, when: impl Fn(i64) -> String, now: i64) -> Vec<DueLine> {
    let lines = found.due.iter().map(|due| DueLine {
        who: found.resident(due.person).map(|resident| alike.row(resident)),
        level: due.task.level.code(),
        text: what(&due.task),
        at: when(due.at),
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

/// What is to be looked at again: the heading says that it is.
fn what(task: &app::Version) -> String {
    let text = crate::web::summary::line(&task.resource);
    let bare = text.strip_prefix("À évaluer").map(|rest| rest.trim_start_matches([' ', '\u{a0}', ':']));
    bare.filter(|bare| !bare.is_empty()).map_or(text.clone(), str::to_owned)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;
    use confidentiality::Level;

    #[test]
    fn the_page_of_a_handover() {
        let shown = |level| Shown {
            line: sample::line(level),
            who: Some(sample::row()),
            read: false,
            write: Some("/transmissions/nouvelle?personne=p1".to_owned()),
        };
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
            sections: vec![Section {
                title: "Urgent",
                whole: true,
                count: 2,
                lines: vec![shown(Level::Standard), shown(Level::Sensitive)],
            }],
            due: vec![DueLine {
                who: Some(sample::row()),
                level: Level::Standard.code(),
                text: "À évaluer : Douleur".to_owned(),
                at: "aujourd’hui à 9 h 30".to_owned(),
                late: true,
                link: Some("/transmissions/c1".to_owned()),
            }],
            residents: vec![sample::row()],
            targets: vec![("chute", "Chute", false)],
            resident: String::new(),
            open: true,
            chosen: Some("Douleur".to_owned()),
            all: "/releve".to_owned(),
            narrow: "/releve?filtrer=1".to_owned(),
            hidden: crate::web::level::hidden(2, "de cette relève", &[]),
            confirm: None,
            cut: false,
            unread: vec!["Communication/c1/_history/2".to_owned()],
            here: "/releve".to_owned(),
            older: None,
            print: "/releve/impression".to_owned(),
            marked: Some(3),
        };
        insta::assert_snapshot!(sample::rendered(&page));
    }
}
