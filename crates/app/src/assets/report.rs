//! What is still supported, machine by machine, as other programs read it.

use super::estate;
use crate::cx::Cx;
use crate::error::Result;
use domain::governance::estate::{Judged, Seen};
use domain::governance::obsolescence::Finding;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

/// `{"NAME": {"product", "cycle", "eol", "eoes", "verdict"}}`, one verdict a machine, on its operating system. `software`: also
/// each program of each machine, and the programs whose parts are known, with those.
///
/// # Errors
/// Absence for whoever may not see the estate; the store's.
pub async fn report(cx: &Cx, at: Date, software: bool) -> Result<Value> {
    let (estate, facts) = (estate(cx).await?, crate::measures::facts(cx).await?);
    let facts = facts.as_ref();
    let mut report = Map::new();
    for (asset, finding) in estate.findings(facts, at) {
        let mut entry = told(&finding);
        if software {
            entry.insert("software".to_owned(), all(&asset.software_findings(facts, at)));
        }
        report.insert(asset.name.clone(), Value::Object(entry));
    }
    for Seen { told: bill, .. } in estate.products.iter().filter(|_| software) {
        let program = domain::governance::estate::Component {
            name: bill.name.clone(),
            version: bill.version.clone(),
            ..Default::default()
        };
        let parts: Vec<Judged> = bill.components.iter().map(|part| part.judged(facts, at)).collect();
        let mut entry = told(&program.judged(facts, at).finding);
        entry.insert("software".to_owned(), all(&parts));
        let free = (1..).map(|n| if n == 1 { bill.name.clone() } else { format!("{}#{n}", bill.name) });
        let name = free.into_iter().find(|name| !report.contains_key(name)).unwrap_or_default();
        report.insert(name, Value::Object(entry));
    }
    Ok(Value::Object(report))
}

fn all(programs: &[Judged]) -> Value {
    let one = |judged: &Judged| {
        let mut entry =
            Map::from_iter([("name".to_owned(), json!(judged.name)), ("version".to_owned(), json!(judged.version))]);
        entry.extend(told(&judged.finding));
        Value::Object(entry)
    };
    programs.iter().map(one).collect()
}

fn told(finding: &Finding) -> Map<String, Value> {
    let day = |date: Option<Date>| date.map_or(Value::Null, |date| Value::from(date.to_string()));
    Map::from_iter([
        ("product".to_owned(), json!(finding.product)),
        ("cycle".to_owned(), json!(finding.cycle)),
        ("eol".to_owned(), day(finding.eol)),
        ("eoes".to_owned(), day(finding.eoes)),
        ("verdict".to_owned(), json!(finding.verdict.code())),
    ])
}
