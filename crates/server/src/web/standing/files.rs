//! The same, for other programs: CSV by requirement of a framework, and JSON.

use crate::trouble::Trouble;
use crate::web::params::Params;
use crate::web::session::Visit;
use app::measures;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::governance::measures::find;
use std::fmt::Write as _;

/// A line a requirement and measure; `referentiel=RECYF` for one framework only.
pub(crate) async fn csv(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let mut text = String::from("\u{feff}exigence;mesure;intitule;etat;constat;en_regle;total\r\n");
    for (source, status) in measures::by_framework(&board, params.text("referentiel")) {
        let title = find(status.measure).map_or("", |measure| measure.title);
        let worst = status.evidence.first();
        let value = worst.map_or("", |one| one.value.as_str());
        let right = worst.map_or(0, |one| one.scope.covered.saturating_sub(one.failing.0.len()));
        let total = worst.map_or(0, |one| one.scope.total());
        let cells = [&source, status.measure, title, status.state.label(), value].map(cell).join(";");
        let _ = write!(text, "{cells};{right};{total}\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"mesures.csv\""),
    ];
    Ok((headers, text).into_response())
}

/// Quoted, and never a formula.
fn cell(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    format!("\"{}\"", safe.replace('"', "\"\""))
}

pub(crate) async fn json(visit: Visit) -> Result<Response, Trouble> {
    let report = measures::report(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"mesures.json\""),
    ];
    Ok((headers, report.to_string()).into_response())
}
