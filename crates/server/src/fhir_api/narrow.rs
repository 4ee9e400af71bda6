//! `_summary` and `_elements`: showing a part of a resource, and saying so.

use fhir::Resource;
use fhir::search::{Query, Summary};
use serde_json::{Value, json};

/// Kept whatever is asked: without these a reader may take the rest for something else.
const ALWAYS: [&str; 8] =
    ["resourceType", "id", "meta", "implicitRules", "modifierExtension", "status", "intent", "verificationStatus"];

/// What to show of each resource.
pub(crate) struct Narrow<'a> {
    summary: Summary,
    elements: &'a [String],
}

impl<'a> Narrow<'a> {
    pub(crate) fn of(query: &'a Query) -> Self {
        Self { summary: query.summary, elements: &query.elements }
    }

    /// Takes away what is not wanted, and marks the resource if anything went.
    pub(crate) fn apply(&self, resource: &mut Resource) {
        let before = resource.object().len();
        let kind = resource.kind();
        if !self.elements.is_empty() {
            let listed = |key: &str| {
                let bare = key.strip_prefix('_').unwrap_or(key);
                self.elements.iter().any(|wanted| {
                    let wanted = wanted.strip_prefix(kind.name()).and_then(|w| w.strip_prefix('.')).unwrap_or(wanted);
                    wanted == bare || bare.strip_prefix(wanted).is_some_and(is_choice)
                })
            };
            resource.object_mut().retain(|key, _| ALWAYS.contains(&key.as_str()) || listed(key));
        }
        match self.summary {
            Summary::False | Summary::Count => {}
            Summary::Data => resource.object_mut().retain(|key, _| key != "text"),
            Summary::True => resource.object_mut().retain(|key, _| key != "text" && key != "contained"),
            Summary::Text => {
                resource.object_mut().retain(|key, _| key == "text" || key == "code" || ALWAYS.contains(&key.as_str()));
            }
        }
        if resource.object().len() < before {
            mark(resource);
        }
    }
}

/// `value` also names `valueQuantity`.
fn is_choice(rest: &str) -> bool {
    rest.starts_with(|first: char| first.is_ascii_uppercase())
}

fn mark(resource: &mut Resource) {
    let tag = json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED" });
    let meta = resource.object_mut().entry("meta").or_insert_with(|| json!({}));
    let Some(meta) = meta.as_object_mut() else { return };
    if let Some(tags) = meta.entry("tag").or_insert_with(|| json!([])).as_array_mut() {
        tags.push(tag);
    } else {
        meta.insert("tag".into(), Value::Array(vec![tag]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fhir::ResourceType;

    fn narrowed(query: &str) -> Resource {
        let query = fhir::search::parse(ResourceType::OBSERVATION, &fhir::search::pairs(query), true).unwrap();
        let mut resource = Resource::from_value(json!({"resourceType": "Observation", "id": "a", "status": "final",
            "text": {"status": "empty"}, "code": {"text": "x"}, "valueQuantity": {"value": 1}, "note": []}))
        .unwrap();
        Narrow::of(&query).apply(&mut resource);
        resource
    }

    fn keys(resource: &Resource) -> Vec<&str> {
        resource.object().keys().map(String::as_str).collect()
    }

    #[test]
    fn keeps_what_is_asked_and_marks_it() {
        let resource = narrowed("_elements=Observation.value,code");
        assert_eq!(keys(&resource), ["resourceType", "id", "status", "code", "valueQuantity", "meta"]);
        assert_eq!(resource.get(&["meta", "tag"]).unwrap().get(0).unwrap()["code"], "SUBSETTED");
        assert_eq!(keys(&narrowed("_summary=text")), ["resourceType", "id", "status", "text", "code", "meta"]);
    }

    #[test]
    fn a_whole_resource_is_not_marked() {
        assert_eq!(narrowed("_summary=false").object().len(), 7);
        assert!(narrowed("").get(&["meta"]).is_none());
    }
}
