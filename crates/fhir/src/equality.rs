//! Semantic equality: the same resource, apart from what a server owns.

use crate::json::{Object, Value};
use crate::resource::is_server_system;
use crate::{place, refs};

/// Where two resources differ: a path, never content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("differs at {path}")]
pub struct Difference {
    /// Path of the first difference.
    pub path: String,
}

/// Compares two resources as JSON with decimals keeping their digits, apart from `meta.versionId`,
/// `meta.lastUpdated` and the server's security labels; `rename` maps the id and the links of the first to the second.
///
/// # Errors
/// The path of the first difference.
pub fn semantic(one: &Value, two: &Value, rename: &dyn Fn(&str) -> Option<String>) -> Result<(), Difference> {
    let (mut one, mut two) = (one.clone(), two.clone());
    forget_server_part(&mut one);
    forget_server_part(&mut two);
    if let Some(object) = one.as_object_mut() {
        if let Some(Value::String(id)) = object.get_mut("id")
            && let Some(new) = rename(id)
        {
            *id = new;
        }
        refs::rewrite_object(object, rename);
    }
    let mut path = one.get("resourceType").and_then(Value::as_str).unwrap_or_default().to_owned();
    compare(&one, &two, &mut path)
}

/// A resource as bytes that are the same whatever the order of its keys, its version and its date. Security labels
/// count: a sender may raise them and change nothing else.
pub fn canonical(resource: &Value) -> Vec<u8> {
    let mut resource = resource.clone();
    if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) {
        meta.shift_remove("versionId");
        meta.shift_remove("lastUpdated");
        if meta.is_empty()
            && let Some(object) = resource.as_object_mut()
        {
            object.shift_remove("meta");
        }
    }
    sort(&mut resource);
    crate::json::to_vec(&resource)
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.sort_keys();
            object.values_mut().for_each(sort);
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}

/// Puts attachments back that were lifted to Binary: where `data` knows the base64 content behind an `Attachment.url`,
/// the content takes its place.
pub fn inline_attachments(value: &mut Value, data: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::Object(object) => {
            let found = match object.get("url").and_then(Value::as_str) {
                Some(url) if !object.contains_key("data") => data(url),
                _ => None,
            };
            if let Some(found) = found {
                object.shift_remove("url");
                object.insert("data".into(), Value::String(found));
            }
            object.values_mut().for_each(|value| inline_attachments(value, data));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| inline_attachments(item, data)),
        _ => {}
    }
}

/// Takes away what a server owns in the `meta` of the resource itself.
fn forget_server_part(value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    let empty = match object.get_mut("meta").and_then(Value::as_object_mut) {
        None => false,
        Some(meta) => {
            meta.shift_remove("versionId");
            meta.shift_remove("lastUpdated");
            forget_labels(meta);
            meta.is_empty()
        }
    };
    if empty {
        object.shift_remove("meta");
    }
}

fn forget_labels(meta: &mut Object) {
    let Some(tags) = meta.get_mut("security").and_then(Value::as_array_mut) else { return };
    tags.retain(|tag| tag.get("system").and_then(Value::as_str).is_none_or(|system| !is_server_system(system)));
    if tags.is_empty() {
        meta.shift_remove("security");
    }
}

fn compare(one: &Value, two: &Value, path: &mut String) -> Result<(), Difference> {
    let length = path.len();
    match (one, two) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                place::step(path, key);
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => compare(a, b, path)?,
                    _ => return differs(path),
                }
                path.truncate(length);
            }
            Ok(())
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                place::index(path, index);
                compare(a, b, path)?;
                path.truncate(length);
            }
            Ok(())
        }
        // Numbers compare by their text.
        _ if one == two => Ok(()),
        _ => differs(path),
    }
}

fn differs(path: &str) -> Result<(), Difference> {
    Err(Difference { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn ignores_what_the_server_owns_and_nothing_else() {
        let one = json!({"resourceType": "Patient", "id": "a", "meta": {"versionId": "1", "security": [
            {"system": "urn:socle:category", "code": "x"},
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]}});
        let two = json!({"id": "a", "resourceType": "Patient"});
        assert_eq!(semantic(&one, &two, &none), Ok(()));
        let active = json!({"resourceType": "Patient", "id": "a", "active": true});
        assert_eq!(semantic(&one, &active, &none).unwrap_err().path, "Patient.active");
        let tagged = json!({"resourceType": "Patient", "id": "a", "meta": {"security": [{"system": "urn:x"}]}});
        assert_eq!(semantic(&one, &tagged, &none).unwrap_err().path, "Patient.meta");
    }

    #[test]
    fn decimals_differ_by_their_digits_and_lists_by_their_order() {
        let parse = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        assert!(semantic(&parse(r#"{"v":1.10}"#), &parse(r#"{"v":1.1}"#), &none).is_err());
        assert!(semantic(&parse(r#"{"v":1.10}"#), &parse(r#"{"v":1.10}"#), &none).is_ok());
        assert_eq!(semantic(&json!({"v": [1, 2]}), &json!({"v": [2, 1]}), &none).unwrap_err().path, ".v[0]");
        assert_eq!(semantic(&json!({"v": [1]}), &json!({"v": [1, 2]}), &none).unwrap_err().path, ".v");
    }

    #[test]
    fn follows_a_transaction_that_gave_new_ids() {
        let one = json!({"resourceType": "Observation", "id": "old", "subject": {"reference": "urn:uuid:p"}});
        let two = json!({"resourceType": "Observation", "id": "new", "subject": {"reference": "Patient/p"}});
        let rename = |text: &str| match text {
            "old" => Some("new".to_owned()),
            "urn:uuid:p" => Some("Patient/p".to_owned()),
            _ => None,
        };
        assert_eq!(semantic(&one, &two, &rename), Ok(()));
        assert!(semantic(&one, &two, &none).is_err());
    }

    #[test]
    fn attachments_come_back_from_their_binary() {
        let one = json!({"content": [{"attachment": {"contentType": "text/plain", "data": "YQ=="}}]});
        let mut two = json!({"content": [{"attachment": {"contentType": "text/plain", "url": "Binary/1"}}]});
        inline_attachments(&mut two, &|url| (url == "Binary/1").then(|| "YQ==".to_owned()));
        assert_eq!(semantic(&one, &two, &none), Ok(()));
    }
}
