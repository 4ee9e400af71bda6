//! The codes of a ValueSet, as far as the lists at hand tell.

use crate::Resource;
use crate::json::Value;
use crate::terminology::{Asked, Expansion, Library, has};
use crate::validate::table;
use std::collections::HashSet;

/// The codes of a value set, with their systems.
#[derive(Debug, Default)]
pub(super) struct Codes {
    pairs: HashSet<(String, String)>,
    codes: HashSet<String>,
    /// Whether what is not listed is surely not in the set.
    whole: bool,
}

impl Codes {
    /// Lists a ValueSet; none when a part of it decides that is not at hand.
    pub(super) fn list(set: &Resource, library: &Library) -> Option<Self> {
        let expansion = Expansion::of(set, library).ok()?;
        let ask = |code: &str| has(&expansion, &[Asked { code: code.to_owned(), ..Asked::default() }]);
        if let Some(first) = expansion.items.first() {
            ask(&first.code).ok()?;
        }
        // No code is empty: the answer tells whether something is missing.
        let whole = ask("").is_ok();
        let mut codes = Self { whole, ..Self::default() };
        for item in expansion.items {
            codes.codes.insert(item.code.clone());
            codes.pairs.insert((item.system, item.code));
        }
        Some(codes)
    }

    /// Whether a code is in the set, in any of its systems when none is named; none when it cannot be known.
    pub(super) fn has(&self, system: Option<&str>, code: &str) -> Option<bool> {
        let found = match system {
            Some(system) => self.pairs.contains(&(system.to_owned(), code.to_owned())),
            None => self.codes.contains(code),
        };
        if found || self.whole { Some(found) } else { None }
    }
}

/// Whether a value is of a set: a code, a Coding or a CodeableConcept. None when it cannot be known.
pub(super) fn is_of(value: &Value, has: &dyn Fn(Option<&str>, &str) -> Option<bool>) -> Option<bool> {
    let coding = |one: &Value| {
        let text = |key: &str| one.get(key).and_then(Value::as_str);
        text("code").map_or(Some(true), |code| has(text("system"), code))
    };
    match value {
        Value::String(code) => has(None, code),
        Value::Object(object) => match object.get("coding") {
            Some(Value::Array(codings)) if !codings.is_empty() => {
                let each: Vec<Option<bool>> = codings.iter().map(coding).collect();
                if each.contains(&Some(true)) {
                    return Some(true);
                }
                if each.contains(&None) { None } else { Some(false) }
            }
            Some(_) => Some(true),
            None => coding(value),
        },
        _ => Some(true),
    }
}

/// The codes of a value set of R4 that the table holds.
pub(super) fn of_r4(url: &str) -> Option<&'static table::Binding> {
    table::binding_named(url.strip_prefix("http://hl7.org/fhir/ValueSet/")?)
}
