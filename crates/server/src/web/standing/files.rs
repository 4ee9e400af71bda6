//! The same, for other programs: CSV by requirement of a framework, and JSON.

use crate::trouble::Trouble;
use crate::web::params::Params;
use crate::web::session::Visit;
use crate::web::sheets;
use app::measures;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::governance::measures::{Status, find};

/// A line a requirement and measure; `referentiel=RECYF` for one framework only.
pub(crate) async fn csv(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let head = ["Exigence", "Mesure", "Intitulé", "État", "Constat", "En règle", "Total"].map(str::to_owned);
    let rows = measures::by_framework(&board, params.text("referentiel"));
    Ok(sheets::csv("mesures.csv", &head, rows.into_iter().map(|(source, status)| row(source, &status))))
}

fn row(source: String, status: &Status) -> Vec<String> {
    let title = find(status.measure).map_or("", |measure| measure.title);
    let worst = status.evidence.first();
    let value = worst.map_or("", |one| one.value.as_str());
    let right = worst.map_or(0, |one| one.scope.covered.saturating_sub(one.failing.0.len()));
    let total = worst.map_or(0, |one| one.scope.total());
    let texts = [status.measure, title, status.state.label(), value].map(str::to_owned);
    [source].into_iter().chain(texts).chain([right.to_string(), total.to_string()]).collect()
}

pub(crate) async fn json(visit: Visit) -> Result<Response, Trouble> {
    let report = measures::report(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"mesures.json\""),
    ];
    Ok((headers, report.to_string()).into_response())
}
