//! Where the establishment stands, as other programs read it.

use super::{Board, board};
use crate::cx::Cx;
use crate::error::Result;
use domain::governance::measures::{Evidence, Part, Status, find};
use serde_json::{Value, json};

/// Figures, measures with their evidence, and what to do this month.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn report(cx: &Cx) -> Result<Value> {
    Ok(told(&board(cx).await?))
}

fn told(board: &Board) -> Value {
    let percent = |part: Part| json!({ "part": part.part, "whole": part.whole, "percent": part.percent() });
    let figures = &board.figures;
    json!({
        "date": board.today.to_string(),
        "figures": {
            "conformity": percent(figures.conformity),
            "base": percent(figures.base),
            "proof": percent(figures.proof),
            "freshness": percent(figures.freshness),
            "not_covered": percent(figures.not_covered),
            "failing": figures.failing,
            "to_prove": figures.to_prove,
            "derogated": figures.derogated,
        },
        "month": board.steps.iter().map(|step| step.measure.id).collect::<Vec<_>>(),
        "measures": board.statuses.iter().filter_map(measure).collect::<Vec<_>>(),
    })
}

fn measure(status: &Status) -> Option<Value> {
    let measure = find(status.measure)?;
    Some(json!({
        "id": measure.id,
        "title": measure.title,
        "domain": measure.domain,
        "sources": measure.sources,
        "state": status.state,
        "remaining": status.remaining,
        "derogated_until": status.derogated_until.map(|day| day.to_string()),
        "evidence": status.evidence.iter().map(evidence).collect::<Vec<_>>(),
    }))
}

fn evidence(one: &Evidence) -> Value {
    let instant = |at: i64| jiff::Timestamp::from_microsecond(at).map(|at| at.to_string()).unwrap_or_default();
    json!({
        "rule": one.rule,
        "connector": one.connector,
        "collector": one.collector,
        "collected_at": instant(one.collected_at),
        "effective_from": instant(one.effective_from),
        "effective_to": instant(one.effective_to),
        "valid_until": instant(one.valid_until),
        "covered": one.scope.covered,
        "total": one.scope.total(),
        "not_covered": one.scope.not_covered,
        "failing": one.failing,
        "holds": one.holds,
        "value": one.value,
        "raw": one.raw,
    })
}
