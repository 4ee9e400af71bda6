//! Whom a resource is about.

use crate::json::Value;
use crate::{Resource, ResourceType, refs};

/// The persons of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// It is a Patient: about itself.
    IsPatient,
    /// About no person it names.
    None,
    /// References to persons: the first is the owner, all must be readable.
    Refs(Vec<String>),
}

/// Elements that name whom a resource is about, the first that is present wins.
const PATHS: [&str; 7] = ["patient", "subject", "beneficiary", "for", "individual", "candidate", "policyHolder"];

/// Elements that say what a resource without a person belongs to, in order.
const TARGETS: [&str; 13] = [
    "target",
    "focus",
    "context",
    "encounter",
    "partOf",
    "basedOn",
    "request",
    "about",
    "entity",
    "item",
    "source",
    "relatesTo",
    "securityContext",
];

/// Persons named by a resource: its owner on the fixed order of paths, then every other Patient it refers to.
pub fn persons(resource: &Resource) -> Owner {
    if resource.kind() == ResourceType::PATIENT {
        return Owner::IsPatient;
    }
    let mut found: Vec<String> = Vec::new();
    for path in PATHS {
        if let Some(value) = resource.object().get(path) {
            each_reference(value, &mut |reference| {
                if is_person(reference) || reference.starts_with("urn:") {
                    keep(&mut found, reference);
                }
            });
        }
    }
    refs::visit(resource, &mut |_, reference| {
        if is_person(reference) {
            keep(&mut found, reference);
        }
    });
    if found.is_empty() {
        let named = SOMEBODY.iter().filter_map(|path| resource.object().get(*path));
        named.for_each(|value| each_logical(value, &mut |urn| keep(&mut found, urn)));
    }
    if found.is_empty() { Owner::None } else { Owner::Refs(found) }
}

/// What a resource that names no person points at: it belongs to whom those belong to.
pub fn other_targets(resource: &Resource) -> Vec<String> {
    let mut found = Vec::new();
    for path in TARGETS.iter().chain(&PATHS) {
        if let Some(value) = resource.object().get(*path) {
            each_reference(value, &mut |reference| keep(&mut found, reference));
        }
    }
    found
}

/// The element that should say whom a resource is about, and names an entry of a Bundle or a search: by itself it leads nowhere.
pub fn unresolved(resource: &Resource) -> Option<&'static str> {
    PATHS.into_iter().find(|path| {
        let mut leads_nowhere = false;
        if let Some(value) = resource.object().get(*path) {
            each_reference(value, &mut |reference| {
                leads_nowhere |= matches!(
                    refs::Reference::parse(reference),
                    refs::Reference::Conditional(..) | refs::Reference::Urn(_)
                );
            });
        }
        leads_nowhere
    })
}

fn is_person(reference: &str) -> bool {
    match refs::local(reference) {
        Some((kind, _)) => kind == ResourceType::PATIENT,
        None => !reference.starts_with("urn:") && refs::names_type(reference, ResourceType::PATIENT),
    }
}

fn keep(found: &mut Vec<String>, reference: &str) {
    if !found.iter().any(|known| known == reference) {
        found.push(reference.to_owned());
    }
}

/// Elements that say whom a resource is about, and whom else if anybody.
const SOMEBODY: [&str; 5] = ["subject", "patient", "beneficiary", "individual", "for"];

/// Logical references: of whom only a `urn:uuid:` is known is somebody all the same, where nobody else is named. A `urn:oid:` is what
/// organisations and devices are numbered by.
fn each_logical(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(object) => {
            let text = |key: &str| object.get("identifier")?.get(key)?.as_str();
            let may_be_one = object.get("type").is_none_or(|named| named == ResourceType::PATIENT.name());
            if !object.contains_key("reference")
                && may_be_one
                && text("system") == Some("urn:ietf:rfc:3986")
                && let Some(urn) = text("value").filter(|value| value.starts_with("urn:uuid:"))
            {
                each(urn);
            }
            // Who gave an identifier is not whom it identifies.
            let parts = object.iter().filter(|(key, _)| *key != "identifier");
            parts.for_each(|(_, value)| each_logical(value, each));
        }
        Value::Array(items) => items.iter().for_each(|item| each_logical(item, each)),
        _ => {}
    }
}

fn each_reference(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(object) => {
            if let Some(reference) = object.get("reference").and_then(Value::as_str) {
                each(reference);
            }
            object.values().filter(|value| value.is_object() || value.is_array()).for_each(|v| each_reference(v, each));
        }
        Value::Array(items) => items.iter().for_each(|item| each_reference(item, each)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn owner(value: Value) -> Owner {
        persons(&Resource::from_value(value).unwrap())
    }

    #[test]
    fn owner_comes_first_and_other_persons_after() {
        let coverage = json!({"resourceType": "Coverage", "subscriber": {"reference": "Patient/b"}, "beneficiary": {"reference": "Patient/a"}});
        assert_eq!(owner(coverage), Owner::Refs(vec!["Patient/a".into(), "Patient/b".into()]));
        let appointment =
            json!({"resourceType": "Appointment", "participant": [{"actor": {"reference": "Patient/c"}}]});
        assert_eq!(owner(appointment), Owner::Refs(vec!["Patient/c".into()]));
        assert_eq!(owner(json!({"resourceType": "Patient"})), Owner::IsPatient);
        assert_eq!(owner(json!({"resourceType": "Observation", "subject": {"reference": "Group/g"}})), Owner::None);
    }

    #[test]
    fn of_whom_only_a_urn_is_known_is_somebody() {
        let said = |subject: Value| owner(json!({"resourceType": "Observation", "subject": subject}));
        let urn = json!({"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"});
        let somebody = Owner::Refs(vec!["urn:uuid:1".into()]);
        assert_eq!(said(json!({"reference": "urn:uuid:1"})), somebody);
        assert_eq!(said(json!({"identifier": urn})), somebody);
        assert_eq!(said(json!({"identifier": urn, "type": "Patient"})), somebody);
        assert_eq!(said(json!({"identifier": urn, "type": "Device"})), Owner::None);
        let oid = json!({"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.250.1.9999"});
        assert_eq!(said(json!({"identifier": oid})), Owner::None);
        let coverage = json!({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/p"},
            "policyHolder": {"identifier": urn}});
        assert_eq!(owner(coverage), Owner::Refs(vec!["Patient/p".into()]), "one person is named");
        assert_eq!(said(json!({"identifier": {"value": "7", "assigner": {"identifier": urn}}})), Owner::None);
    }

    #[test]
    fn a_resource_about_nobody_says_what_it_belongs_to() {
        let provenance =
            Resource::from_value(json!({"resourceType": "Provenance", "target": [{"reference": "Observation/o"}]}))
                .unwrap();
        assert_eq!(other_targets(&provenance), ["Observation/o"]);
    }
}
