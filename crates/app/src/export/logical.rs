//! References that lead to no entry of a transaction, said so that one who receives it may take it: a transaction with a `urn:` that
//! no entry answers is refused whole (FHIR R4 §3.1.0.11.2).

use crate::links::{own_names, without_version};
use fhir::json::{Object, Value};
use fhir::{Resource, ResourceType};
use serde_json::json;
use std::collections::BTreeSet;

const URI: &str = "urn:ietf:rfc:3986";
/// A further identifier of a reference, which has room for one.
const FURTHER: &str = "http://hl7.org/fhir/StructureDefinition/additionalIdentifier";

/// Turns every reference to a `urn:`, which an import has kept though nothing answers it, into a logical one: the `urn:` is the
/// identifier of what it leads to. Its words stay, an identifier it had too. Whether there was any.
pub(crate) fn make_logical(resource: &mut Resource) -> bool {
    let is_bundle = resource.kind() == ResourceType::BUNDLE;
    let own: BTreeSet<String> =
        if is_bundle { own_names(resource).into_iter().map(str::to_owned).collect() } else { BTreeSet::new() };
    let mut leads_nowhere = false;
    fhir::refs::visit(resource, &mut |_, text| leads_nowhere |= is_lost(text, &own));
    if leads_nowhere {
        within(resource.object_mut(), &own);
    }
    leads_nowhere
}

fn is_lost(text: &str, own: &BTreeSet<String>) -> bool {
    text.starts_with("urn:") && !own.contains(without_version(text))
}

fn within(object: &mut Object, own: &BTreeSet<String>) {
    let lost = object.get("reference").and_then(Value::as_str).filter(|text| is_lost(text, own)).map(str::to_owned);
    if let Some(urn) = lost {
        object.shift_remove("reference");
        let before = object.insert("identifier".into(), json!({ "system": URI, "value": urn }));
        if let Some(before) = before {
            let further = json!({ "url": FURTHER, "valueIdentifier": before });
            match object.get_mut("extension").and_then(Value::as_array_mut) {
                Some(extensions) => extensions.push(further),
                None => drop(object.insert("extension".into(), json!([further]))),
            }
        }
    }
    object.iter_mut().for_each(|(_, value)| walk(value, own));
}

fn walk(value: &mut Value, own: &BTreeSet<String>) {
    match value {
        Value::Object(object) => within(object, own),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, own)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logical(subject: &Value) -> Value {
        let value =
            json!({"resourceType": "Observation", "subject": subject, "performer": [{"reference": "Practitioner/d"}]});
        let mut resource = Resource::from_value(value).unwrap();
        assert!(make_logical(&mut resource));
        assert_eq!(resource.get(&["performer"]), Some(&json!([{"reference": "Practitioner/d"}])));
        resource.get(&["subject"]).unwrap().clone()
    }

    #[test]
    fn nothing_of_a_reference_is_lost() {
        let urn = json!({"system": URI, "value": "urn:uuid:1"});
        assert_eq!(
            logical(&json!({"reference": "urn:uuid:1", "display": "Elle"})),
            json!({"display": "Elle", "identifier": urn})
        );
        let known = json!({"value": "7"});
        assert_eq!(
            logical(&json!({"reference": "urn:uuid:1", "identifier": known})),
            json!({"identifier": urn, "extension": [{"url": FURTHER, "valueIdentifier": known}]})
        );
    }

    #[test]
    fn what_a_kept_bundle_answers_itself_stays() {
        let entries = json!([{"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient"}},
            {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}}]);
        let value = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
        let mut kept = Resource::from_value(value.clone()).unwrap();
        assert!(!make_logical(&mut kept));
        assert_eq!(kept.value(), Resource::from_value(value).unwrap().value());
    }
}
