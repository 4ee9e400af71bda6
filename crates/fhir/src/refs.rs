//! References: reading, rewriting and masking them.

use crate::json::{Object, Value};
use crate::resource::is_id;
use crate::{Resource, ResourceType};
use serde_json::json;

/// The type and id of a relative reference, with or without a version.
pub fn local(reference: &str) -> Option<(ResourceType, String)> {
    let mut parts = reference.split('/');
    let kind = ResourceType::parse(parts.next()?)?;
    let id = parts.next().filter(|id| is_id(id))?;
    match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => Some((kind, id.to_owned())),
        (Some("_history"), Some(version), None) if is_id(version) => Some((kind, id.to_owned())),
        _ => None,
    }
}

/// Whether a reference that is not relative points, or may point, at a resource of this type.
pub fn names_type(reference: &str, kind: ResourceType) -> bool {
    if reference.starts_with("urn:") {
        return true;
    }
    let mut parts = reference.rsplit('/');
    let (last, before) = (parts.next(), parts.next());
    reference.contains("://") && last.is_some_and(is_id) && before == Some(kind.name())
}

/// Every `reference` of a resource, contained resources included, with its path.
pub fn visit(resource: &Resource, each: &mut dyn FnMut(&str, &str)) {
    let mut path = resource.kind().name().to_owned();
    visit_object(resource.object(), &mut path, each);
}

fn visit_object(object: &Object, path: &mut String, each: &mut dyn FnMut(&str, &str)) {
    let length = path.len();
    for (key, value) in object {
        path.push('.');
        path.push_str(key);
        match value {
            Value::String(reference) if key == "reference" => each(path, reference),
            _ => visit_value(value, path, each),
        }
        path.truncate(length);
    }
}

fn visit_value(value: &Value, path: &mut String, each: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Object(object) => visit_object(object, path, each),
        Value::Array(items) => {
            let length = path.len();
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                visit_value(item, path, each);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Replaces references for which `with` gives another text.
pub fn rewrite(resource: &mut Resource, with: &dyn Fn(&str) -> Option<String>) {
    rewrite_object(resource.object_mut(), with);
}

fn rewrite_object(object: &mut Object, with: &dyn Fn(&str) -> Option<String>) {
    for (key, value) in object.iter_mut() {
        match value {
            Value::String(reference) if key == "reference" => {
                if let Some(new) = with(reference) {
                    *reference = new;
                }
            }
            _ => rewrite_value(value, with),
        }
    }
}

fn rewrite_value(value: &mut Value, with: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::Object(object) => rewrite_object(object, with),
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite_value(item, with)),
        _ => {}
    }
}

const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

impl Resource {
    /// Masks every Reference whose target `hidden` says may not be followed: reference, identifier and display go, a
    /// data-absent-reason `masked` stays.
    pub fn strip_references(&mut self, hidden: &dyn Fn(&str) -> bool) {
        strip_object(self.object_mut(), hidden);
    }
}

fn strip_object(object: &mut Object, hidden: &dyn Fn(&str) -> bool) {
    if object.get("reference").and_then(Value::as_str).is_some_and(hidden) {
        object.clear();
        object.insert("extension".into(), json!([{ "url": ABSENT, "valueCode": "masked" }]));
        return;
    }
    for (_, value) in object.iter_mut() {
        strip_value(value, hidden);
    }
}

fn strip_value(value: &mut Value, hidden: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(object) => strip_object(object, hidden),
        Value::Array(items) => items.iter_mut().for_each(|item| strip_value(item, hidden)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_relative_references_only() {
        assert_eq!(local("Patient/a.1"), Some((ResourceType::PATIENT, "a.1".into())));
        assert_eq!(local("Patient/a/_history/3"), Some((ResourceType::PATIENT, "a".into())));
        for other in ["#a", "urn:uuid:x", "http://x/Patient/a", "Patient", "Patient/", "Nope/a", "Patient?name=x"] {
            assert_eq!(local(other), None, "{other}");
        }
        assert!(names_type("http://x/fhir/Patient/a", ResourceType::PATIENT));
        assert!(!names_type("http://x/fhir/Group/a", ResourceType::PATIENT));
    }

    #[test]
    fn masks_without_leaving_a_name() {
        let mut resource = Resource::from_value(json!({"resourceType": "Observation",
            "subject": {"reference": "Patient/a", "display": "Secret"}, "performer": [{"reference": "Practitioner/b"}]}))
        .unwrap();
        resource.strip_references(&|reference| reference == "Patient/a");
        let text = String::from_utf8(resource.to_vec()).unwrap();
        assert!(!text.contains("Secret") && !text.contains("Patient/a") && text.contains("masked"));
        assert!(text.contains("Practitioner/b"));
    }
}
