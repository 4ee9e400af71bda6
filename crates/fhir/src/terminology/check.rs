//! `$validate-code`: whether a code, with the name it is given, is what it claims to be.

use super::set::{Expansion, Item};
use super::system::System;
use super::{builtin, unknown};
use crate::Invalid;
use crate::json::Value;
use crate::search::normalise;

/// A code that is asked about.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Its system; any when absent.
    pub system: Option<String>,
    /// The code.
    pub code: String,
    /// The name it is given.
    pub display: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether all that was said holds.
    pub result: bool,
    /// Why not: French, English.
    pub message: Option<(&'static str, &'static str)>,
    /// The name of the code, where that is known.
    pub display: Option<String>,
}

const NOT_IN: (&str, &str) = ("Ce code n’est pas dans la liste.", "The code is not in the value set.");
const NOT_OF: (&str, &str) = ("Ce code n’est pas dans le système de codes.", "The code is not in the code system.");
const MISNAMED: (&str, &str) = ("Le libellé n’est pas celui de ce code.", "The display is not one of this code.");

impl Verdict {
    fn no(message: (&'static str, &'static str), display: Option<String>) -> Self {
        Self { result: false, message: Some(message), display }
    }

    /// A code that is there, under the name it is given or not.
    fn found(asked: &Asked, display: Option<&str>, designations: &[Value]) -> Self {
        let others = designations.iter().filter_map(|one| one.get("value")?.as_str());
        let names: Vec<String> = display.into_iter().chain(others).map(normalise).collect();
        let display = display.map(str::to_owned);
        match &asked.display {
            // Without a name on our side, theirs cannot be judged.
            Some(given) if !names.is_empty() && !names.contains(&normalise(given)) => Self::no(MISNAMED, display),
            _ => Self { result: true, message: None, display },
        }
    }
}

/// Whether one of these codes is in a value set; the first that is, else the first.
///
/// # Errors
/// `not-found` when a list that decides is not loaded.
pub fn has(expansion: &Expansion, asked: &[Asked]) -> Result<Verdict, Invalid> {
    let mut first: Option<Verdict> = None;
    for one in asked {
        let fits =
            |item: &&Item| item.code == one.code && one.system.as_ref().is_none_or(|system| *system == item.system);
        let verdict = match expansion.items.iter().find(fits) {
            Some(_) if !expansion.doubtful.is_empty() => return Err(unknown(&expansion.doubtful.join(", "))),
            Some(item) => Verdict::found(one, item.display.as_deref(), &item.designations),
            None => Verdict::no(NOT_IN, None),
        };
        if verdict.result {
            return Ok(verdict);
        }
        // Of two reasons, that it is misnamed says more.
        if first.as_ref().is_none_or(|first| first.message == Some(NOT_IN)) {
            first = Some(verdict);
        }
    }
    let verdict = first.unwrap_or_else(|| Verdict::no(NOT_IN, None));
    match expansion.missing.iter().chain(&expansion.partial).next() {
        Some(url) if verdict.message == Some(NOT_IN) => Err(unknown(url)),
        _ => Ok(verdict),
    }
}

/// Whether a code is one of a system: of the one that is loaded, else of those of R4.
///
/// # Errors
/// `not-found` when that is not known.
pub fn is_code_of(url: &str, system: Option<&System>, asked: &Asked) -> Result<Verdict, Invalid> {
    let Some(system) = system else {
        return match builtin::is_code_of(url, &asked.code) {
            Some(true) => Ok(Verdict::found(asked, None, &[])),
            Some(false) => Ok(Verdict::no(NOT_OF, None)),
            None => Err(unknown(url)),
        };
    };
    match system.find(&asked.code) {
        Some(concept) => Ok(Verdict::found(asked, concept.display.as_deref(), &concept.designations)),
        None if system.complete => Ok(Verdict::no(NOT_OF, None)),
        None => Err(unknown(url)),
    }
}
