//! Parameters of an address that mean nothing there: refused to who asks for it (`Prefer: handling=strict`), else said in
//! the answer where it has room for that. A search knows its own.

use super::Ask;
use crate::trouble::Trouble;
use axum::http::StatusCode;
use fhir::{Invalid, Issue};
use serde_json::{Value, json};

/// What every request may carry.
const EVERYWHERE: [&str; 2] = ["_format", "_pretty"];

/// The names that mean nothing here, each once.
pub(crate) fn names<'a>(
    ask: &Ask,
    given: impl Iterator<Item = &'a str>,
    known: &[&str],
) -> Result<Vec<String>, Trouble> {
    let mut unknown: Vec<String> = Vec::new();
    for name in given.filter(|name| !known.contains(name) && !EVERYWHERE.contains(name)) {
        if !unknown.iter().any(|one| one == name) {
            unknown.push(name.to_owned());
        }
    }
    if !ask.prefer.strict || unknown.is_empty() {
        return Ok(unknown);
    }
    let issues = unknown.into_iter().map(|name| {
        let fr = format!("Le paramètre « {name} » n’existe pas ici ou n’est pas pris en charge.");
        let en = format!("The parameter '{name}' does not exist here or is not supported.");
        Issue::error("not-supported", Some(name), fr, en)
    });
    Err(Trouble::invalid(StatusCode::BAD_REQUEST, Invalid { issues: issues.collect() }))
}

/// The entry of a search's answer that names what was passed over; none when nothing was.
pub(crate) fn entry(names: &[String]) -> Option<Value> {
    let issue = |name: &String| {
        Issue::warning(
            "not-supported",
            Some(name.clone()),
            format!("Le paramètre « {name} » n’est pas pris en charge : il a été ignoré."),
            format!("The parameter '{name}' is not supported: it was ignored."),
        )
    };
    let outcome = fhir::outcome::operation_outcome(&names.iter().map(issue).collect::<Vec<Issue>>());
    (!names.is_empty()).then(|| json!({ "resource": outcome, "search": { "mode": "outcome" } }))
}
