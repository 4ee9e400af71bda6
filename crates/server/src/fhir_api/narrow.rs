//! `_summary` and `_elements`: showing a part of a resource, and saying so.

use fhir::search::{Query, Summary};
use fhir::{Resource, ResourceType};

/// Kept whatever is asked: what every resource is known by.
const ALWAYS: [&str; 5] = ["resourceType", "id", "meta", "implicitRules", "modifierExtension"];
/// Without these a reader may take the rest for something else, though they are neither mandatory nor modifiers.
const TELLING: [&str; 3] = ["status", "intent", "verificationStatus"];

/// What to show of each resource.
pub(crate) struct Narrow<'a> {
    summary: Summary,
    elements: &'a [String],
}

impl<'a> Narrow<'a> {
    pub(crate) fn of(query: &'a Query) -> Self {
        Self { summary: query.summary, elements: &query.elements }
    }

    /// Takes away what is not wanted of a match, and marks the resource if anything went.
    pub(crate) fn apply(&self, resource: &mut Resource) {
        let kind = resource.kind();
        let wanted = self.elements.iter().filter_map(|name| match name.split_once('.') {
            Some((prefix, name)) if ResourceType::parse(prefix).is_some() => (prefix == kind.name()).then_some(name),
            _ => Some(name.as_str()),
        });
        self.keep(resource, &wanted.collect::<Vec<_>>());
    }

    /// The same for what comes with the matches: only elements named with its type are meant for it.
    pub(crate) fn apply_to_included(&self, resource: &mut Resource) {
        let kind = resource.kind();
        let wanted = self.elements.iter().filter_map(|name| {
            let (prefix, name) = name.split_once('.')?;
            (prefix == kind.name()).then_some(name)
        });
        self.keep(resource, &wanted.collect::<Vec<_>>());
    }

    fn keep(&self, resource: &mut Resource, elements: &[&str]) {
        if elements.is_empty() && matches!(self.summary, Summary::False | Summary::Count) {
            return;
        }
        let before = resource.object().len();
        let (mandatory, summary) = fhir::summary::outline(resource.kind())
            .map_or((&[][..], &[][..]), |outline| (outline.kept.as_slice(), outline.summary.as_slice()));
        let is = |key: &str, names: &[&str]| {
            let bare = key.strip_prefix('_').unwrap_or(key);
            names.iter().any(|name| *name == bare || bare.strip_prefix(name).is_some_and(is_choice))
        };
        let kept = |key: &str| is(key, &ALWAYS) || is(key, &TELLING) || is(key, mandatory);
        if !elements.is_empty() {
            let tops: Vec<&str> = elements.iter().map(|name| name.split('.').next().unwrap_or_default()).collect();
            resource.object_mut().retain(|key, _| kept(key) || is(key, &tops));
        }
        match self.summary {
            Summary::False | Summary::Count => {}
            Summary::Data => resource.object_mut().retain(|key, _| key != "text"),
            Summary::True => resource.object_mut().retain(|key, _| kept(key) || is(key, summary)),
            Summary::Text => resource.object_mut().retain(|key, _| kept(key) || key == "text"),
        }
        if resource.object().len() < before {
            fhir::meta::mark_partial(resource);
        }
    }
}

/// `value` also names `valueQuantity`.
fn is_choice(rest: &str) -> bool {
    rest.starts_with(|first: char| first.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn narrowed(query: &str) -> Resource {
        let query = fhir::search::parse(ResourceType::OBSERVATION, &fhir::search::pairs(query), true).unwrap();
        let mut resource = Resource::from_value(json!({"resourceType": "Observation", "id": "a", "status": "final",
            "text": {"status": "empty"}, "code": {"text": "x"}, "valueQuantity": {"value": 1}, "note": []}))
        .unwrap();
        Narrow::of(&query).apply(&mut resource);
        resource
    }

    #[test]
    fn a_summary_is_what_the_standard_says_it_is() {
        let kept = narrowed("_summary=true");
        assert_eq!(keys(&kept), ["resourceType", "id", "meta", "status", "code", "valueQuantity"]);
        assert_eq!(
            keys(&narrowed("_summary=data")),
            ["resourceType", "id", "meta", "status", "code", "valueQuantity", "note"]
        );
        // What cannot be left out is there whatever is asked.
        assert_eq!(keys(&narrowed("_elements=note")), ["resourceType", "id", "meta", "status", "code", "note"]);
        assert_eq!(narrowed("_elements=Patient.name").object().len(), 7);
        assert_eq!(
            keys(&narrowed("_elements=value.unit,id")),
            ["resourceType", "id", "meta", "status", "code", "valueQuantity"]
        );
    }

    #[test]
    fn what_is_included_is_narrowed_by_name_only() {
        let with = |query: &str| {
            let query = fhir::search::parse(ResourceType::OBSERVATION, &fhir::search::pairs(query), true).unwrap();
            let mut resource = Resource::from_value(json!({"resourceType": "Patient", "id": "a", "gender": "male",
                "name": [], "contact": []}))
            .unwrap();
            Narrow::of(&query).apply_to_included(&mut resource);
            resource
        };
        assert_eq!(with("_elements=code").object().len(), 5);
        assert_eq!(keys(&with("_elements=code,Patient.name")), ["resourceType", "id", "meta", "name"]);
        assert_eq!(keys(&with("_summary=true")), ["resourceType", "id", "meta", "gender", "name"]);
    }

    fn keys(resource: &Resource) -> Vec<&str> {
        resource.object().keys().map(String::as_str).collect()
    }

    #[test]
    fn keeps_what_is_asked_and_marks_it() {
        let resource = narrowed("_elements=Observation.value,code");
        assert_eq!(keys(&resource), ["resourceType", "id", "meta", "status", "code", "valueQuantity"]);
        assert_eq!(resource.get(&["meta", "tag"]).unwrap().get(0).unwrap()["code"], "SUBSETTED");
        assert_eq!(keys(&narrowed("_summary=text")), ["resourceType", "id", "meta", "status", "text", "code"]);
    }

    #[test]
    fn a_whole_resource_is_not_marked() {
        assert_eq!(narrowed("_summary=false").object().len(), 7);
        assert!(narrowed("").get(&["meta"]).is_none());
    }
}
