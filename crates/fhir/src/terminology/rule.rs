//! `ValueSet.compose.include.filter`: which concepts of a system are meant.

use super::not_supported;
use super::system::{Concept, System};
use crate::Invalid;
use crate::json::Value;

/// One filter.
pub(super) struct Rule<'a> {
    property: &'a str,
    operator: &'a str,
    value: &'a str,
}

impl<'a> Rule<'a> {
    pub(super) fn read(filter: &'a Value) -> Result<Self, Invalid> {
        let text = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or_default();
        let rule = Self { property: text("property"), operator: text("op"), value: text("value") };
        match rule.operator {
            "=" | "is-a" | "descendent-of" | "is-not-a" | "generalizes" | "in" | "not-in" | "exists" => Ok(rule),
            operator => Err(not_supported(&format!("filter.op = {operator}"))),
        }
    }

    /// Whether a concept is meant.
    pub(super) fn takes(&self, system: &System, concept: &Concept) -> bool {
        let code = concept.code.as_str();
        let same = || system.find(self.value).is_some_and(|value| value.code == code);
        match self.operator {
            "is-a" => system.is_a(code, self.value),
            "descendent-of" => system.is_a(code, self.value) && !same(),
            "is-not-a" => !system.is_a(code, self.value),
            "generalizes" => system.is_a(self.value, code),
            "=" if matches!(self.property, "concept" | "code") => same(),
            "=" => self.values(system, concept).iter().any(|value| value == self.value),
            "in" => self.is_listed(system, concept),
            "not-in" => !self.is_listed(system, concept),
            _ => self.values(system, concept).is_empty() != (self.value == "true"),
        }
    }

    fn is_listed(&self, system: &System, concept: &Concept) -> bool {
        let values = self.values(system, concept);
        self.value.split(',').any(|wanted| values.iter().any(|value| value == wanted.trim()))
    }

    /// What a concept says of the property.
    fn values(&self, system: &System, concept: &Concept) -> Vec<String> {
        let (parents, children) = system.neighbours_if(self.property, &concept.code);
        let own = match self.property {
            "concept" | "code" => Some(concept.code.clone()),
            "display" => concept.display.clone(),
            "definition" => concept.definition.clone(),
            _ => None,
        };
        let said = concept.said().filter(|(code, _)| *code == self.property).map(|(_, value)| value);
        said.chain(own).chain(parents).chain(children).collect()
    }
}

impl System {
    /// Parents when the property is `parent`, children when it is `child`.
    fn neighbours_if(&self, property: &str, code: &str) -> (Vec<String>, Vec<String>) {
        let owned = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect();
        match property {
            "parent" => (owned(self.neighbours(code).0), Vec::new()),
            "child" => (Vec::new(), owned(self.neighbours(code).1)),
            _ => (Vec::new(), Vec::new()),
        }
    }
}
