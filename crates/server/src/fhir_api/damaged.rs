//! What an answer of several resources says of those that are there and do not open: how many, of which type, nothing else.

use app::{Damage, Damaged};
use fhir::Issue;
use serde_json::{Value, json};

/// The entry of a search's answer; none when all could be read.
pub(crate) fn entry(damage: &Damage) -> Option<Value> {
    let outcome = outcome(damage)?;
    Some(json!({ "resource": outcome, "search": { "mode": "outcome" } }))
}

/// That of a history, whose entries are what became of requests: search modes have no place there (bdl-2).
pub(crate) fn version(damage: &Damage) -> Option<Value> {
    let outcome = outcome(damage)?;
    Some(json!({
        "request": { "method": "GET", "url": "_history" },
        "response": { "status": "500 Internal Server Error", "outcome": outcome },
    }))
}

fn outcome(damage: &Damage) -> Option<Value> {
    let issues: Vec<Issue> = damage.tell().into_iter().map(|(what, count)| issue(what, count)).collect();
    (!issues.is_empty()).then(|| fhir::outcome::operation_outcome(&issues))
}

fn issue(what: Damaged, count: usize) -> Issue {
    let name = match what {
        Damaged::Resource(Some(kind)) => kind.name(),
        Damaged::Resource(None) | Damaged::Safety => "Resource",
    };
    let fr = format!("Données abîmées, non lues : {name}, {count}. Prévenez qui tient ce serveur.");
    let en = format!("Damaged data, not read: {name}, {count}. Tell whoever keeps this server.");
    Issue::error("incomplete", None, fr, en)
}
