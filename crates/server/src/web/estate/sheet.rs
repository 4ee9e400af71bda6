//! Tables of the estate that are not machines: filtered by words and state, sorted, a page at a time, and whole as a file.

use crate::trouble::Trouble;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::pager::Pager;
use crate::web::params::Params;
use crate::web::session::Visit;
use crate::web::sheets;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::agreement::{agreed, shown};

/// What a table is about.
pub(super) struct About {
    pub(super) title: &'static str,
    /// One sentence under the title.
    pub(super) lead: &'static str,
    pub(super) path: &'static str,
    /// What the words are looked for in.
    pub(super) label: &'static str,
    /// Heads of the columns; whether each is left out on a narrow screen.
    pub(super) columns: &'static [(&'static str, bool)],
    /// Codes and names of orders, after the usual one: in the order of [`Line::keys`].
    pub(super) sorts: &'static [(&'static str, &'static str)],
    /// The name of the usual order.
    pub(super) usual: &'static str,
    /// What to import when nothing is there.
    pub(super) none: &'static str,
    /// The measure it serves.
    pub(super) measure: &'static str,
    /// The name of the file.
    pub(super) file: &'static str,
}

impl About {
    /// Whether the column of a cell after the state is left out on a narrow screen.
    fn is_wide(&self, cell: &usize) -> bool {
        self.columns.get(cell + 2).is_some_and(|(_, wide)| *wide)
    }
}

/// A line.
pub(super) struct Line {
    pub(super) name: String,
    /// Class, words and code of its state.
    pub(super) state: (&'static str, &'static str, &'static str),
    /// The columns after the state.
    pub(super) cells: Vec<String>,
    /// What it is sorted by, in the order of [`About::sorts`].
    pub(super) keys: Vec<String>,
}

/// How many lines have a state.
struct Tally {
    code: &'static str,
    label: &'static str,
    tone: &'static str,
    number: usize,
}

impl Tally {
    fn said(&self) -> String {
        agreed(self.number, self.label)
    }
}

#[derive(Template)]
#[template(path = "estate_sheet.html")]
struct Page<'a> {
    head: Frame,
    about: &'static About,
    words: &'a str,
    chosen: String,
    tallies: Vec<Tally>,
    sorts: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Line>,
    count: String,
    /// What is asked, for the address of the file.
    asked: String,
    pager: Pager,
    empty: bool,
}

framed!(Page<'_>);

/// The page. `lines` come in the usual order.
pub(super) fn page(visit: &Visit, params: &Params, about: &'static About, lines: Vec<Line>) -> Response {
    let mut tallies: Vec<Tally> = Vec::new();
    for (tone, label, code) in lines.iter().map(|line| line.state) {
        match tallies.iter_mut().find(|tally| tally.code == code) {
            Some(tally) => tally.number += 1,
            None => tallies.push(Tally { code, label, tone, number: 1 }),
        }
    }
    let (words, chosen, sort) = (params.text("q"), params.text("etat"), params.text("tri"));
    let empty = lines.is_empty();
    let lines = kept(params, about, lines);
    let query = [("q", words), ("etat", chosen), ("tri", sort)];
    let pager = Pager::new(about.path, &query, params.number("page"), lines.len());
    let asked = query.iter().filter(|(_, value)| !value.is_empty());
    let asked = asked.map(|(name, value)| format!("{name}={}", crate::headers::encode(value, ""))).collect::<Vec<_>>();
    let page = Page {
        count: match lines.len() {
            0 => "Rien".to_owned(),
            many => format!("{} {}", shown(many), agreed(many, "ligne")),
        },
        sorts: std::iter::once(&("", about.usual))
            .chain(about.sorts)
            .map(|(code, name)| (*code, *name, *code == sort))
            .collect(),
        rows: pager.cut(lines),
        asked: asked.join("&"),
        about,
        words,
        chosen: chosen.to_owned(),
        tallies,
        pager,
        empty,
        head: visit.frame(Menu::Estate),
    };
    show(StatusCode::OK, &page, &visit.request)
}

/// The whole table, as it is filtered and sorted.
pub(super) fn csv(params: &Params, about: &'static About, lines: Vec<Line>) -> Result<Response, Trouble> {
    let head: Vec<String> = about.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let cells = |line: Line| [vec![line.name, line.state.1.to_owned()], line.cells].concat();
    Ok(sheets::csv(about.file, &head, kept(params, about, lines).into_iter().map(cells)))
}

fn kept(params: &Params, about: &'static About, mut lines: Vec<Line>) -> Vec<Line> {
    let (words, chosen) = (params.text("q").to_lowercase(), params.text("etat"));
    let says = |line: &Line| line.cells.iter().chain([&line.name]).any(|text| text.to_lowercase().contains(&words));
    lines.retain(|line| (chosen.is_empty() || line.state.2 == chosen) && (words.is_empty() || says(line)));
    if let Some(at) = about.sorts.iter().position(|(code, _)| *code == params.text("tri")) {
        // What has nothing to be sorted by comes last.
        lines.sort_by_cached_key(|line| line.keys.get(at).map(|key| (key.is_empty(), key.clone())));
    }
    lines
}
