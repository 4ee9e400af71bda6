//! Addresses in a resource that lead to others: references, and what leads to one of this server's resources without being
//! one — an attachment, a link of a narrative, a value made for addresses. What a reader may not follow is masked in all.

use crate::json::{Object, Value};
use crate::narrative;
use crate::refs;
use crate::{Resource, ResourceType};
use serde_json::json;
use std::cell::RefCell;

const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// Where a masked link of a narrative leads: nowhere.
const NOWHERE: &str = "#masked";
/// Elements whose `url` says what they are, or what a Bundle is about.
const NAMED_BY_URL: [&str; 4] = ["extension", "modifierExtension", "link", "request"];

/// The type and id of a resource served at `base` (no slash at its end; nothing when none is) that an address names: alone,
/// with a version, a query or a fragment.
pub fn here(address: &str, base: &str) -> Option<(ResourceType, String)> {
    let bare = address.split(['?', '#']).next().unwrap_or_default();
    let own = bare.strip_prefix(base).filter(|_| !base.is_empty()).and_then(|rest| rest.strip_prefix('/'));
    refs::local(own.unwrap_or(bare))
}

/// Every address of a resource, contained resources included.
pub fn visit(resource: &Resource, each: &mut dyn FnMut(&str)) {
    visit_object(resource.object(), false, &RefCell::new(each));
}

type Each<'a> = RefCell<&'a mut dyn FnMut(&str)>;

fn visit_object(object: &Object, named: bool, each: &Each<'_>) {
    for (key, value) in object {
        match value {
            Value::String(text) if key == "reference" || is_address(object, key, named) => (each.borrow_mut())(text),
            Value::String(div) if key == "div" => {
                narrative::rewrite(div, &|link| {
                    (each.borrow_mut())(link);
                    None
                });
            }
            _ => visit_value(value, NAMED_BY_URL.contains(&key.as_str()), each),
        }
    }
}

fn visit_value(value: &Value, named: bool, each: &Each<'_>) {
    match value {
        Value::Object(object) => visit_object(object, named, each),
        Value::Array(items) => items.iter().for_each(|item| visit_value(item, named, each)),
        _ => {}
    }
}

/// Whether an element that is no reference leads somewhere. The `url` of an extension, of a list or of a link of a Bundle
/// is what it is known by.
fn is_address(object: &Object, key: &str, named: bool) -> bool {
    match key {
        "valueUri" | "valueUrl" => true,
        "url" => !named && !object.contains_key("resourceType"),
        _ => false,
    }
}

impl Resource {
    /// Masks what leads where `hidden` says this reader may not follow. Of a reference, the identifier and the display go
    /// too; a data-absent-reason `masked` stays, in a narrative a link to nowhere.
    pub fn mask_addresses(&mut self, hidden: &dyn Fn(&str) -> bool) {
        // The resource itself is no reference, whatever its elements are called.
        mask_within(self.object_mut(), false, hidden);
    }
}

fn mask_value(value: &mut Value, named: bool, hidden: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(object) => mask_object(object, named, hidden),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_value(item, named, hidden)),
        _ => {}
    }
}

fn mask_object(object: &mut Object, named: bool, hidden: &dyn Fn(&str) -> bool) {
    if object.get("reference").and_then(Value::as_str).is_some_and(hidden) {
        object.clear();
        object.extend([("extension".to_owned(), masked())]);
        return;
    }
    mask_within(object, named, hidden);
}

fn mask_within(object: &mut Object, named: bool, hidden: &dyn Fn(&str) -> bool) {
    let is_hidden = |(key, value): (&String, &Value)| {
        let closed = is_address(object, key, named) && value.as_str().is_some_and(hidden);
        closed.then(|| key.clone())
    };
    let closed: Vec<String> = object.iter().filter_map(is_hidden).collect();
    for key in closed {
        object.shift_remove(&key);
        object.insert(format!("_{key}"), json!({ "extension": masked() }));
    }
    for (key, value) in object.iter_mut() {
        match value {
            Value::String(div) if key == "div" => {
                let link = |link: &str| hidden(link).then(|| NOWHERE.to_owned());
                if let Some(new) = narrative::rewrite(div, &link) {
                    *div = new;
                }
            }
            _ => mask_value(value, NAMED_BY_URL.contains(&key.as_str()), hidden),
        }
    }
}

fn masked() -> Value {
    json!([{ "url": ABSENT, "valueCode": "masked" }])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://x/fhir";

    fn sample() -> Resource {
        Resource::from_value(json!({"resourceType": "DocumentReference", "id": "a", "url": "Binary/1",
            "text": {"status": "additional",
                "div": "<div><a href=\"https://x/fhir/Binary/1?_format=json\">un</a> <a href='Binary/2'>deux</a></div>"},
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": "Binary/1"}],
            "subject": {"reference": "Patient/1", "display": "Secret"},
            "extension": [{"url": "Binary/1", "valueUri": "Binary/1"}, {"url": "x", "valueUrl": "https://x/fhir/Binary/1"}],
            "content": [{"attachment": {"title": "t", "url": "Binary/1/_history/2"}}, {"attachment": {"url": "Binary/2"}}],
            "contained": [{"resourceType": "Media", "content": {"url": "https://x/fhir/Binary/1"}},
                {"resourceType": "ValueSet", "url": "Binary/1"}],
            "author": [{"reference": "Practitioner/b"}]}))
        .unwrap()
    }

    fn is_first(address: &str) -> bool {
        here(address, BASE).is_some_and(|(kind, id)| (kind.name(), id.as_str()) == ("Binary", "1"))
    }

    #[test]
    fn knows_its_own_addresses_and_no_other() {
        for own in ["Binary/1", "https://x/fhir/Binary/1", "Binary/1/_history/3", "https://x/fhir/Binary/1?a=b#c"] {
            assert!(is_first(own), "{own}");
        }
        for other in
            ["https://y/fhir/Binary/1", "https://x/fhirs/Binary/1", "Binary", "Binary?_id=1", "#1", "urn:uuid:1"]
        {
            assert!(!is_first(other), "{other}");
        }
        assert!(here("https://x/fhir/Binary/1", "").is_none() && here("Binary/1", "").is_some());
    }

    #[test]
    fn visits_what_it_masks() {
        let mut found = 0;
        visit(&sample(), &mut |address| found += usize::from(is_first(address)));
        assert_eq!(found, 5);
    }

    #[test]
    fn masks_wherever_it_leads_and_keeps_the_rest() {
        let mut resource = sample();
        resource.mask_addresses(&is_first);
        let absent = json!({"extension": masked()});
        assert_eq!(resource.get(&["content"]).unwrap()[0]["attachment"], json!({"title": "t", "_url": absent}));
        assert_eq!(resource.get(&["content"]).unwrap()[1]["attachment"]["url"], "Binary/2");
        let extensions = resource.get(&["extension"]).unwrap();
        assert_eq!(extensions[0], json!({"url": "Binary/1", "_valueUri": absent}));
        assert_eq!(extensions[1], json!({"url": "x", "_valueUrl": absent}));
        assert_eq!(resource.get(&["contained"]).unwrap()[0]["content"], json!({"_url": absent}));
        let div = "<div><a href=\"#masked\">un</a> <a href='Binary/2'>deux</a></div>";
        assert_eq!(resource.str_at(&["text", "div"]), Some(div));
        // What names the resource, an extension, a list, or is no address, is not one.
        assert_eq!(String::from_utf8(resource.to_vec()).unwrap().matches("Binary/1").count(), 4);
        assert!(resource.get(&["subject", "display"]).is_some());
    }

    #[test]
    fn masks_without_leaving_a_name() {
        let mut resource = sample();
        resource.mask_addresses(&|address| address == "Patient/1");
        assert_eq!(resource.object().get("subject"), Some(&json!({"extension": masked()})));
        let text = String::from_utf8(resource.to_vec()).unwrap();
        assert!(!text.contains("Secret") && text.contains("Practitioner/b"));
    }

    #[test]
    fn masking_keeps_the_resource_itself() {
        let value = json!({"resourceType": "Basic", "id": "a", "reference": "Patient/a"});
        let mut resource = Resource::from_value(value).unwrap();
        resource.mask_addresses(&|_| true);
        assert_eq!(resource.object().len(), 3);
    }
}
