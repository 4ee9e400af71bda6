//! Parameters of an address that mean nothing there: refused to who asks for it (`Prefer: handling=strict`), else said in
//! the answer where it has room for that. A search knows its own.

use super::Ask;
use crate::trouble::Trouble;
use axum::http::StatusCode;
use fhir::{Invalid, Issue, ResourceType};
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

/// The names that a write does not take, likewise. What would choose a resource is refused to everybody where something new is made:
/// passed over, it would make another each time.
pub(crate) fn of_write(ask: &Ask, made: Option<ResourceType>) -> Result<Vec<String>, Trouble> {
    let pairs = ask.pairs();
    let own = ask.cx.app().own_params();
    let chooses = |name: &&str| made.is_some_and(|kind| own.is_criterion(kind, name));
    if let Some(name) =
        pairs.iter().map(|(name, _)| name.as_str()).filter(|name| !EVERYWHERE.contains(name)).find(chooses)
    {
        let fr = format!(
            "« {name} » n’est pas une condition ici : une création à condition porte ses critères dans l’en-tête If-None-Exist."
        );
        let en = format!(
            "'{name}' is no condition here: a conditional create has its criteria in the If-None-Exist header."
        );
        return Err(Trouble::invalid(
            StatusCode::BAD_REQUEST,
            Invalid::one("not-supported", Some(name.to_owned()), fr, en),
        ));
    }
    names(ask, pairs.iter().map(|(name, _)| name.as_str()), &[])
}

/// The entry of a search's answer that names what was passed over; none when nothing was.
pub(crate) fn entry(names: &[String]) -> Option<Value> {
    let outcome = fhir::outcome::operation_outcome(&issues(names));
    (!names.is_empty()).then(|| json!({ "resource": outcome, "search": { "mode": "outcome" } }))
}

/// What is said of each name that was passed over.
pub(crate) fn issues(names: &[String]) -> Vec<Issue> {
    let issue = |name: &String| {
        Issue::warning(
            "not-supported",
            Some(name.clone()),
            format!("Le paramètre « {name} » n’est pas pris en charge : il a été ignoré."),
            format!("The parameter '{name}' is not supported: it was ignored."),
        )
    };
    names.iter().map(issue).collect()
}
