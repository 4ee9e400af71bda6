//! *Niveaux à revoir*: labels that rules have raised over a person's, for whoever may change labels.

use super::dates;
use super::frame::{Frame, Menu, framed, show};
use super::level::{LevelMark, categories, counted};
use super::lines::Line;
use super::session::Visit;
use crate::trouble::Trouble;
use app::labels;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "review.html")]
struct Page {
    head: Frame,
    count: String,
    rows: Vec<Row>,
}

struct Row {
    line: Line,
    /// The level that a person had set.
    was: LevelMark,
    categories: Vec<&'static str>,
    at: String,
    /// Where it is confirmed or changed.
    label: Option<String>,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let found = labels::to_review(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let row = |one: &app::ToReview| {
        let line = Line::short(&one.item, &names, now);
        Row {
            was: one.level.into(),
            categories: categories(one.categories),
            at: dates::when(one.at, now),
            label: line.link.as_ref().map(|link| format!("{link}/niveau")),
            line,
        }
    };
    let page = Page {
        head: visit.frame(Menu::None),
        count: counted(i64::try_from(found.len()).unwrap_or(i64::MAX), "élément", ""),
        rows: found.iter().map(row).collect(),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}
