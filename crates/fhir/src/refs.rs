//! References: reading and rewriting them.

use crate::json::{Object, Value};
use crate::narrative;
use crate::place;
use crate::resource::is_id;
use crate::{Resource, ResourceType};

/// A text found in `Reference.reference`, read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `Type/id`, or `Type/id/_history/version`.
    Local {
        /// Type of the target.
        kind: ResourceType,
        /// Id of the target.
        id: &'a str,
        /// Version of the target, when one is named.
        version: Option<&'a str>,
    },
    /// An address on a server: `https://host/fhir/Type/id`, with or without a version.
    Absolute {
        /// What comes before `Type/id`, without the slash.
        base: &'a str,
        /// Type of the target.
        kind: ResourceType,
        /// Id of the target.
        id: &'a str,
    },
    /// `urn:uuid:…`, `urn:oid:…`.
    Urn(&'a str),
    /// `#id`: a resource contained in this one; `#` alone is this one.
    Contained(&'a str),
    /// `Type?criteria`: to be searched for, in a transaction.
    Conditional(ResourceType, &'a str),
    /// Any other address.
    Other(&'a str),
}

impl<'a> Reference<'a> {
    /// Reads the text of a reference; every text is one of the forms.
    pub fn parse(text: &'a str) -> Self {
        if let Some(id) = text.strip_prefix('#') {
            return Self::Contained(id);
        }
        if text.starts_with("urn:") {
            return Self::Urn(text);
        }
        if let Some((kind, criteria)) = text.split_once('?')
            && let Some(kind) = ResourceType::parse(kind)
        {
            return Self::Conditional(kind, criteria);
        }
        let (whole, version) = match text.rsplit_once("/_history/") {
            Some((whole, version)) if is_id(version) => (whole, Some(version)),
            Some(_) => return Self::Other(text),
            None => (text, None),
        };
        let Some((before, id)) = whole.rsplit_once('/').filter(|(_, id)| is_id(id)) else { return Self::Other(text) };
        let (base, name) = before.rsplit_once('/').map_or((None, before), |(base, name)| (Some(base), name));
        match (base, ResourceType::parse(name)) {
            (None, Some(kind)) => Self::Local { kind, id, version },
            (Some(base), Some(kind)) if base.contains("://") => Self::Absolute { base, kind, id },
            _ => Self::Other(text),
        }
    }
}

/// The type and id of a relative reference, with or without a version.
pub fn local(reference: &str) -> Option<(ResourceType, String)> {
    match Reference::parse(reference) {
        Reference::Local { kind, id, .. } => Some((kind, id.to_owned())),
        _ => None,
    }
}

/// Whether a reference that is not relative points, or may point, at a resource of this type: in doubt, yes.
pub fn names_type(reference: &str, kind: ResourceType) -> bool {
    match Reference::parse(reference) {
        Reference::Urn(_) => true,
        Reference::Absolute { kind: named, .. } | Reference::Conditional(named, _) => named == kind,
        Reference::Other(text) => text.split(['/', '?', '#', '|']).any(|part| part == kind.name()),
        Reference::Local { .. } | Reference::Contained(_) => false,
    }
}

/// Every `reference` of a resource, contained resources included, with its path.
pub fn visit(resource: &Resource, each: &mut dyn FnMut(&str, &str)) {
    let mut path = resource.kind().name().to_owned();
    visit_object(resource.object(), &mut path, each);
}

fn visit_object(object: &Object, path: &mut String, each: &mut dyn FnMut(&str, &str)) {
    let length = path.len();
    for (key, value) in object {
        match value {
            Value::String(reference) if key == "reference" => {
                path.push_str(".reference");
                each(path, reference);
            }
            Value::Object(_) | Value::Array(_) => {
                place::step(path, key);
                visit_value(value, path, each);
            }
            _ => {}
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
                place::index(path, index);
                visit_value(item, path, each);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Whether a text under this key is a link a transaction rewrites: a reference, or an element of a type made for
/// addresses (`Attachment.url`, `valueUri`…). An identifier's value is not, even when it is a `urn:uuid:`.
pub(crate) fn is_link(key: &str) -> bool {
    matches!(key, "reference" | "url" | "uri" | "valueUri" | "valueUrl" | "valueUuid" | "valueOid" | "valueCanonical")
}

/// Replaces links for which `with` gives another text: references, `Attachment.url` and other addresses, links of
/// narratives, contained resources included.
pub fn rewrite(resource: &mut Resource, with: &dyn Fn(&str) -> Option<String>) {
    rewrite_object(resource.object_mut(), with);
}

pub(crate) fn rewrite_object(object: &mut Object, with: &dyn Fn(&str) -> Option<String>) {
    for (key, value) in object.iter_mut() {
        match value {
            Value::String(link) if is_link(key) => {
                if let Some(new) = with(link) {
                    *link = new;
                }
            }
            // A narrative, whose links lie in its text.
            Value::String(div) if key == "div" => {
                if let Some(new) = narrative::rewrite(div, with) {
                    *div = new;
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

/// Makes references to `base` (no slash at its end) relative: `base/Patient/1` is `Patient/1` on that server. A target
/// that `not` names stays as it is.
pub fn localize(resource: &mut Resource, base: &str, not: &dyn Fn(&str) -> bool) {
    localize_object(resource.object_mut(), base, not);
}

fn localize_object(object: &mut Object, base: &str, not: &dyn Fn(&str) -> bool) {
    for (key, value) in object.iter_mut() {
        match value {
            Value::String(text) if key == "reference" => {
                let rest = text.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
                if let Some(rest) = rest.filter(|rest| local(rest).is_some() && !not(rest)) {
                    *text = rest.to_owned();
                }
            }
            _ => localize_value(value, base, not),
        }
    }
}

fn localize_value(value: &mut Value, base: &str, not: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(object) => localize_object(object, base, not),
        Value::Array(items) => items.iter_mut().for_each(|item| localize_value(item, base, not)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_relative_references_only_as_local() {
        assert_eq!(local("Patient/a.1"), Some((ResourceType::PATIENT, "a.1".into())));
        assert_eq!(local("Patient/a/_history/3"), Some((ResourceType::PATIENT, "a".into())));
        for other in [
            "",
            "/",
            "#a",
            "urn:uuid:x",
            "http://x/Patient/a",
            "Patient",
            "Patient/",
            "Nope/a",
            "Patient?name=x",
            "x/Patient/a",
            "/Patient/a",
            "Patient/a/_history/",
            "Patient/a/_history/é",
            "Patient/a/b",
            "Patient/é",
        ] {
            assert_eq!(local(other), None, "{other}");
        }
    }

    #[test]
    fn tells_the_forms_apart() {
        let absolute = Reference::Absolute { base: "https://x/fhir", kind: ResourceType::PATIENT, id: "a" };
        assert!(Reference::parse("https://x/fhir/Patient/a") == absolute);
        assert!(Reference::parse("https://x/fhir/Patient/a/_history/2") == absolute);
        assert!(Reference::parse("#p") == Reference::Contained("p"));
        assert!(Reference::parse("Group?code=b") == Reference::Conditional(ResourceType::GROUP, "code=b"));
        assert!(Reference::parse("https://x/y") == Reference::Other("https://x/y"));
    }

    #[test]
    fn in_doubt_a_reference_may_name_a_person() {
        let patient = ResourceType::PATIENT;
        for yes in [
            "http://x/fhir/Patient/a",
            "http://x/fhir/Patient/a/_history/1",
            "Patient?identifier=x",
            "urn:uuid:x",
            "http://x/fhir/Patient/a#b",
            "Patient/é",
            "/Patient/a",
            "x/Patient/a",
        ] {
            assert!(names_type(yes, patient), "{yes}");
        }
        for no in ["http://x/fhir/Group/a", "Group/a", "#a", "http://x/Patients"] {
            assert!(!names_type(no, patient), "{no}");
        }
    }

    fn sample() -> Resource {
        Resource::from_value(json!({"resourceType": "DocumentReference",
            "identifier": [{"value": "urn:uuid:1"}],
            "subject": {"reference": "urn:uuid:1", "display": "Secret"},
            "contained": [{"resourceType": "Device", "patient": {"reference": "urn:uuid:1"}}],
            "content": [{"attachment": {"url": "urn:uuid:1"}}],
            "author": [{"reference": "Practitioner/b"}]}))
        .unwrap()
    }

    #[test]
    fn visits_every_reference_with_its_path() {
        let mut found = Vec::new();
        visit(&sample(), &mut |path, reference| found.push(format!("{path}={reference}")));
        assert_eq!(
            found,
            [
                "DocumentReference.subject.reference=urn:uuid:1",
                "DocumentReference.contained[0].patient.reference=urn:uuid:1",
                "DocumentReference.author[0].reference=Practitioner/b"
            ]
        );
    }

    #[test]
    fn rewrites_links_but_no_identifier() {
        let mut resource = sample();
        rewrite(&mut resource, &|link| (link == "urn:uuid:1").then(|| "Patient/a".to_owned()));
        let text = String::from_utf8(resource.to_vec()).unwrap();
        assert_eq!(text.matches("Patient/a").count(), 3);
        assert_eq!(resource.object().get("identifier"), Some(&json!([{"value": "urn:uuid:1"}])));
    }

    #[test]
    fn makes_its_own_addresses_relative() {
        for (before, after) in [
            ("https://x/fhir/Patient/1", "Patient/1"),
            ("https://x/fhir/Patient/1/_history/2", "Patient/1/_history/2"),
            ("https://x/fhir/Patient/kept", "https://x/fhir/Patient/kept"),
            ("https://x/fhirier/Patient/1", "https://x/fhirier/Patient/1"),
            ("https://x/fhir/Patient?a=b", "https://x/fhir/Patient?a=b"),
            ("https://y/fhir/Patient/1", "https://y/fhir/Patient/1"),
        ] {
            let mut resource = Resource::from_value(json!({"resourceType": "Basic", "subject": {"reference": before},
                "extension": [{"url": "https://x/fhir/Patient/1"}]}))
            .unwrap();
            localize(&mut resource, "https://x/fhir", &|target| target == "Patient/kept");
            assert_eq!(resource.str_at(&["subject", "reference"]), Some(after));
            assert_eq!(resource.get(&["extension"]).unwrap()[0]["url"], "https://x/fhir/Patient/1");
        }
    }
}
