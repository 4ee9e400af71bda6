//! Parameters of an address that mean nothing there.

use crate::{Invalid, Issue};

/// What every request may carry.
const EVERYWHERE: [&str; 2] = ["_format", "_pretty"];

/// The names that mean nothing where `known` do, each once.
pub fn unknown<'a>(given: impl Iterator<Item = &'a str>, known: &[&str]) -> Vec<String> {
    let mut unknown: Vec<String> = Vec::new();
    for name in given.filter(|name| !known.contains(name) && !EVERYWHERE.contains(name)) {
        if !unknown.iter().any(|one| one == name) {
            unknown.push(name.to_owned());
        }
    }
    unknown
}

/// Refuses such names, if there are any.
///
/// # Errors
/// [`Invalid`] with one issue a name.
pub fn refuse(unknown: &[String]) -> Result<(), Invalid> {
    let issues = unknown.iter().map(|name| {
        let fr = format!("Le paramètre « {name} » n’existe pas ici ou n’est pas pris en charge.");
        let en = format!("The parameter '{name}' does not exist here or is not supported.");
        Issue::error("not-supported", Some(name.clone()), fr, en)
    });
    if unknown.is_empty() { Ok(()) } else { Err(Invalid { issues: issues.collect() }) }
}
