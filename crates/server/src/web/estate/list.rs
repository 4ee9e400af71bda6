//! All machines, the worst first.

use super::{kind, tone};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::pager::Pager;
use crate::web::params::Params;
use crate::web::session::Visit;
use app::assets;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::agreement::{agreed, shown};
use domain::governance::estate::Asset;
use domain::governance::measures::Exposure;
use domain::governance::obsolescence::{Finding, Verdict};
use std::cmp::Reverse;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "estate.html")]
struct Page<'a> {
    head: Frame,
    words: &'a str,
    tallies: Vec<Tally>,
    chosen: String,
    rows: Vec<Row>,
    /// Machines that match, in words.
    count: String,
    pager: Pager,
    sorts: Vec<(&'static str, &'static str, bool)>,
    /// There is no machine at all.
    empty: bool,
    unmatched: usize,
}

/// How many machines have a verdict.
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

    fn count(&self) -> String {
        shown(self.number)
    }
}

struct Row {
    key: String,
    name: String,
    kind: &'static str,
    system: String,
    verdict: &'static str,
    tone: &'static str,
    end: Option<String>,
    seen: String,
    conflict: bool,
}

framed!(Page<'_>);

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let estate = assets::estate(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let (words, chosen) = (params.text("q"), params.text("etat"));
    let facts = app::measures::facts(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let mut found = estate.findings(&facts, assets::today(&visit.cx));
    // The worst first; what nobody knows is last.
    let worst = Verdict::ALL.iter().rev().filter(|verdict| **verdict != Verdict::Unknown);
    let tallies = worst.chain([&Verdict::Unknown]).map(|verdict| Tally {
        code: verdict.code(),
        label: verdict.label(),
        tone: tone(*verdict),
        number: found.iter().filter(|(_, finding)| finding.verdict == *verdict).count(),
    });
    let tallies = tallies.filter(|tally| tally.number > 0).collect();
    let wanted = Verdict::find(chosen);
    found.retain(|(asset, finding)| wanted.is_none_or(|verdict| finding.verdict == verdict) && says(asset, words));
    let sort = params.text("tri");
    let records = app::measures::records(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    arrange(&mut found, sort, &records);
    let count = match found.len() {
        0 => "Aucune machine".to_owned(),
        1 => "1 machine".to_owned(),
        many => format!("{} machines", shown(many)),
    };
    let now = visit.cx.now();
    let query = [("q", words), ("etat", chosen), ("tri", sort)];
    let pager = Pager::new("/parc", &query, params.number("page"), found.len());
    let page = Page {
        sorts: SORTS.map(|(code, name)| (code, name, code == sort)).to_vec(),
        words,
        tallies,
        chosen: wanted.map_or("", Verdict::code).to_owned(),
        count,
        rows: pager.cut(found).into_iter().map(|(asset, finding)| row(asset, &finding, now)).collect(),
        pager,
        empty: estate.assets.is_empty(),
        unmatched: estate.unmatched.len(),
        head: visit.frame(Menu::Estate),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

/// What the list can be sorted by; without a choice, by what is to be done.
const SORTS: [(&str, &str); 4] =
    [("", "Urgence"), ("nom", "Nom"), ("fin", "Fin de maintenance"), ("vue", "Vue le plus anciennement")];

fn arrange(found: &mut [(&Asset, Finding)], sort: &str, records: &BTreeSet<String>) {
    match sort {
        "nom" => found.sort_by_key(|(asset, _)| asset.name.to_lowercase()),
        "fin" => found.sort_by_key(|(_, finding)| (finding.eol.is_none(), finding.eol)),
        "vue" => found.sort_by_key(|(asset, _)| asset.last),
        // Of one verdict, what the Internet sees comes first, then what opens records, then what ends first; then what was seen last.
        _ => found.sort_by_cached_key(|(asset, finding)| {
            let exposed = Exposure::of(asset, finding, records);
            (turn(finding.verdict), Reverse(exposed), finding.eol.is_none(), finding.eol, Reverse(asset.last))
        }),
    }
}

/// What is over comes first, what nobody knows after it.
fn turn(verdict: Verdict) -> (i32, i32) {
    match verdict {
        Verdict::Unknown => (1, 0),
        verdict => (i32::from(verdict == Verdict::Supported) * 2, -(verdict as i32)),
    }
}

/// Whether a machine's name, system, place or holder holds these letters.
fn says(asset: &Asset, words: &str) -> bool {
    let words = words.to_lowercase();
    let system = asset.facts.system.as_ref().map(|system| system.display().to_owned());
    let said = [Some(asset.name.clone()), system, asset.facts.location.clone(), asset.facts.holder.clone()];
    let serial = [asset.traits.serial.clone(), asset.facts.model.clone(), asset.facts.tag.clone()];
    words.is_empty() || said.into_iter().chain(serial).flatten().any(|text| text.to_lowercase().contains(&words))
}

fn row(asset: &Asset, finding: &Finding, now: i64) -> Row {
    let system = asset.facts.system.as_ref().map_or_else(String::new, |system| {
        let version = system.version.as_deref().filter(|version| !system.display().contains(version));
        let guessed = if system.guessed { " (supposé)" } else { "" };
        format!("{} {}{guessed}", system.display(), version.unwrap_or_default()).trim().to_owned()
    });
    Row {
        key: asset.key.clone(),
        name: asset.name.clone(),
        kind: kind(asset.facts.kind),
        system,
        verdict: finding.verdict.label(),
        tone: tone(finding.verdict),
        end: finding.eol.map(|day| dates::short(&day.to_string())),
        seen: dates::day(asset.last, now),
        conflict: !asset.conflicts.is_empty(),
    }
}
