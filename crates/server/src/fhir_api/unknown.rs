//! Parameters of an address that mean nothing there: refused to who asks for it (`Prefer: handling=strict`), else said in
//! the answer where it has room for that. A search knows its own.

use super::Ask;
use crate::trouble::Trouble;
use axum::http::StatusCode;
use fhir::{Invalid, Issue, ResourceType};
use serde_json::{Value, json};

/// The names that mean nothing here, each once.
pub(crate) fn names<'a>(
    ask: &Ask,
    given: impl Iterator<Item = &'a str>,
    known: &[&str],
) -> Result<Vec<String>, Trouble> {
    let unknown = fhir::search::unknown(given, known);
    if ask.prefer.strict {
        fhir::search::refuse(&unknown).map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))?;
    }
    Ok(unknown)
}

/// The names that a write does not take, likewise. What would choose a resource is refused to everybody where something new is made:
/// passed over, it would make another each time.
pub(crate) fn of_write(ask: &Ask, made: Option<ResourceType>) -> Result<Vec<String>, Trouble> {
    let pairs = ask.pairs();
    let own = ask.cx.app().own_params();
    let unknown = fhir::search::unknown(pairs.iter().map(|(name, _)| name.as_str()), &[]);
    let chooses = |name: &&String| made.is_some_and(|kind| own.is_criterion(kind, name));
    if let Some(name) = unknown.iter().find(chooses) {
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
