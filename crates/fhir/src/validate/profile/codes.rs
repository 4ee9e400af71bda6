//! The codes of a ValueSet, when they can be listed from what is at hand.

use super::definition::{list, plain};
use crate::json::Value;
use crate::validate::table;
use std::collections::{HashMap, HashSet};

/// The codes of a value set, with their systems.
#[derive(Debug, Default)]
pub(super) struct Codes(HashSet<(String, String)>);

impl Codes {
    /// Whether a code is in the set; without a system, in any of its systems.
    pub(super) fn has(&self, system: Option<&str>, code: &str) -> bool {
        match system {
            Some(system) => self.0.contains(&(system.to_owned(), code.to_owned())),
            None => self.0.iter().any(|(_, known)| known == code),
        }
    }

    /// Lists a ValueSet; none when a part of it cannot be. `systems` are the CodeSystems at hand.
    pub(super) fn list(set: &Value, systems: &HashMap<String, Value>) -> Option<Self> {
        let mut codes = Self::default();
        if let Some(expansion) = set.get("expansion") {
            codes.contains(expansion);
            return Some(codes);
        }
        let compose = set.get("compose")?;
        for part in list(compose.get("include")) {
            codes.part(part, systems, true)?;
        }
        for part in list(compose.get("exclude")) {
            codes.part(part, systems, false)?;
        }
        Some(codes)
    }

    fn contains(&mut self, of: &Value) {
        for one in list(of.get("contains")) {
            let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            if one.get("abstract") != Some(&Value::Bool(true)) {
                self.0.insert((text("system"), text("code")));
            }
            self.contains(one);
        }
    }

    fn part(&mut self, part: &Value, systems: &HashMap<String, Value>, adds: bool) -> Option<()> {
        if part.get("filter").is_some() || part.get("valueSet").is_some() {
            return None;
        }
        let system = part.get("system")?.as_str()?;
        let mut found = Vec::new();
        if part.get("concept").is_some() {
            concepts(part, &mut found);
        } else {
            let whole = systems.get(&plain(system))?;
            if whole.get("content").and_then(Value::as_str) != Some("complete") {
                return None;
            }
            concepts(whole, &mut found);
        }
        for code in found {
            let pair = (system.to_owned(), code);
            if adds {
                self.0.insert(pair)
            } else {
                self.0.remove(&pair)
            };
        }
        Some(())
    }
}

fn concepts(of: &Value, found: &mut Vec<String>) {
    for concept in list(of.get("concept")) {
        found.extend(concept.get("code").and_then(Value::as_str).map(str::to_owned));
        concepts(concept, found);
    }
}

/// The systems that a ValueSet takes whole.
pub(super) fn systems_of(set: &Value) -> Vec<String> {
    let compose = set.get("compose");
    let parts = list(compose.and_then(|compose| compose.get("include")))
        .chain(list(compose.and_then(|compose| compose.get("exclude"))));
    let whole = parts.filter(|part| part.get("concept").is_none() && part.get("filter").is_none());
    whole.filter_map(|part| part.get("system")?.as_str()).map(plain).collect()
}

/// Whether a value is of a set: a code, a Coding or a CodeableConcept. None when it cannot be known.
pub(super) fn is_of(value: &Value, has: &dyn Fn(Option<&str>, &str) -> bool) -> bool {
    let coding = |one: &Value| {
        let text = |key: &str| one.get(key).and_then(Value::as_str);
        text("code").is_none_or(|code| has(text("system"), code))
    };
    match value {
        Value::String(code) => has(None, code),
        Value::Object(object) => match object.get("coding") {
            Some(Value::Array(codings)) => codings.is_empty() || codings.iter().any(coding),
            _ => coding(value),
        },
        _ => true,
    }
}

/// The codes of a value set of R4 that the table holds.
pub(super) fn of_r4(url: &str) -> Option<&'static table::Binding> {
    table::binding_named(url.strip_prefix("http://hl7.org/fhir/ValueSet/")?)
}
