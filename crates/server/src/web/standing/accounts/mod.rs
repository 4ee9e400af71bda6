//! *Comptes*: unit by unit, whose accounts were reviewed and when they are to be again; the account of one person; a new one.

pub(crate) mod arrive;
mod given;
mod post;
pub(crate) mod review;
pub(crate) mod sheet;

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::params::Params;
use crate::web::session::Visit;
use app::assets;
use app::reviews::{self, Group};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use fhir::search::normalise;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "accounts.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    rows: Vec<Row>,
    /// Something is to be reviewed.
    late: usize,
    /// What is looked for, and whom it finds: number, name, login, whether it is open.
    sought: String,
    found: Vec<(i64, String, String, bool)>,
}

/// A unit.
struct Row {
    number: i64,
    name: String,
    place: String,
    open: usize,
    closed: usize,
    last: Option<String>,
    due: String,
    /// Due, or somebody came since.
    late: bool,
}

framed!(Page);

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let groups = reviews::groups(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let rows: Vec<Row> = groups.iter().map(|group| row(group, &visit)).collect();
    let page = Page {
        tab: "accounts",
        late: rows.iter().filter(|row| row.late).count(),
        found: params.some("q").map(|sought| found(&groups, sought)).unwrap_or_default(),
        sought: params.text("q").to_owned(),
        rows,
        head: visit.frame(Menu::Standing),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

/// Accounts whose name or login contains this, whatever its accents and capitals; each once, by name.
fn found(groups: &[Group], sought: &str) -> Vec<(i64, String, String, bool)> {
    let (plain, mut found) = (normalise(sought), BTreeMap::new());
    for one in groups.iter().flat_map(|group| &group.held) {
        if normalise(&one.display).contains(&plain) || normalise(&one.login).contains(&plain) {
            let line = (one.actor, one.display.clone(), one.login.clone(), one.open);
            found.insert((one.display.clone(), one.actor), line);
        }
    }
    found.into_values().collect()
}

fn row(group: &Group, visit: &Visit) -> Row {
    let open = group.held.iter().filter(|one| one.open).count();
    let due = group.last.as_ref().map(reviews::due);
    let passed = due.is_none_or(|due| due <= assets::today(&visit.cx));
    let new = open - group.kept;
    let due = match due {
        None => "jamais relus\u{a0}: à faire".to_owned(),
        Some(due) if passed => format!("à refaire depuis le {}", dates::short(&due.to_string())),
        Some(_) if new > 0 => format!("à refaire\u{a0}: {new} arrivés depuis"),
        Some(due) => format!("avant le {}", dates::short(&due.to_string())),
    };
    Row {
        number: group.number,
        name: group.name.clone(),
        place: group.place.clone(),
        open,
        closed: group.held.len() - open,
        last: group.last.as_ref().map(|last| dates::day(last.at, visit.cx.now())),
        due,
        late: passed || new > 0,
    }
}
