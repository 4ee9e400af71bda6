//! The plan, for other programs: CSV by requirement of a framework, and JSON.

use crate::trouble::Trouble;
use crate::web::params::Params;
use crate::web::session::Visit;
use crate::web::sheets;
use app::measures::{self, Planned};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;

/// A line a requirement and action; `referentiel=RECYF` for one framework only.
pub(crate) async fn csv(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let plan = measures::plan(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let framework = params.text("referentiel");
    let years: BTreeSet<i16> = plan.iter().flat_map(|one| one.action.money.keys().copied()).collect();
    let mut head = vec!["Exigence".to_owned(), "Mesure".to_owned()];
    head.extend(["Action", "Qui s’en charge", "Pour le", "État", "Avancement (%)", "Demi-journées"].map(str::to_owned));
    head.extend(years.iter().map(|year| format!("Euros {year}")));
    head.push("Motif".to_owned());
    let mut rows = Vec::new();
    for one in &plan {
        let sources = measures::sources(&one.action, framework);
        let lines = if sources.is_empty() && framework.is_empty() { vec![""] } else { sources };
        rows.extend(lines.into_iter().map(|source| row(source, one, &years)));
    }
    rows.sort();
    Ok(sheets::csv("plan-d-action.csv", &head, rows))
}

fn row(source: &str, one: &Planned, years: &BTreeSet<i16>) -> Vec<String> {
    let action = &one.action;
    let mut row = vec![
        source.to_owned(),
        action.measure.clone().unwrap_or_default(),
        action.title.clone(),
        action.owner.name.clone(),
        action.due.map(|due| due.to_string()).unwrap_or_default(),
        action.state.label().to_owned(),
        action.progress.to_string(),
        action.half_days.map(|half| half.to_string()).unwrap_or_default(),
    ];
    row.extend(years.iter().map(|year| action.money.get(year).map(|sum| sum.0.to_string()).unwrap_or_default()));
    row.push(action.reason.clone());
    row
}

pub(crate) async fn json(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let plan = measures::plan(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"plan-d-action.json\""),
    ];
    Ok((headers, measures::told(&plan, params.text("referentiel")).to_string()).into_response())
}
