//! *Évolution*: the figures day by day, drawn by the server and said in a table.

mod chart;

pub(crate) use chart::{Chart, draw};

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use crate::web::sheets;
use app::measures;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::{Followed, Point};

/// Days in the table: the newest.
const MOST: usize = 120;

#[derive(Template)]
#[template(path = "history.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    chart: Option<Chart>,
    names: Vec<&'static str>,
    rows: Vec<(String, Vec<String>)>,
    more: bool,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let points = points(&visit).await?;
    let row = |point: &Point| (dates::short(&point.day.to_string()), values(point, "\u{a0}%"));
    let page = Page {
        tab: "history",
        chart: draw(&points),
        names: Followed::ALL.map(Followed::label).to_vec(),
        rows: points.iter().rev().take(MOST).map(row).collect(),
        more: points.len() > MOST,
        head: visit.frame(Menu::Standing),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

async fn points(visit: &Visit) -> Result<Vec<Point>, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    measures::history(&visit.cx, &board).await.map_err(|error| visit.trouble(error))
}

fn values(point: &Point, unit: &str) -> Vec<String> {
    let value = |one: Followed| one.of(&point.figures).percent();
    Followed::ALL.map(|one| value(one).map_or_else(|| "–".to_owned(), |value| format!("{value}{unit}"))).to_vec()
}

/// A line a day.
pub(crate) async fn csv(visit: Visit) -> Result<Response, Trouble> {
    let points = points(&visit).await?;
    let figures = Followed::ALL.map(|one| format!("{} (%)", one.label()));
    let names: Vec<String> = std::iter::once("Jour".to_owned()).chain(figures).collect();
    let day = |point: &Point| {
        let values = values(point, "").into_iter().map(|value| value.trim_matches('–').to_owned());
        std::iter::once(point.day.to_string()).chain(values).collect()
    };
    Ok(sheets::csv("evolution.csv", &names, points.iter().map(day)))
}
