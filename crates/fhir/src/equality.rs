//! Semantic equality: the same resource, apart from what a server owns.

use crate::json::{Object, Value};
use crate::resource::is_server_system;

/// Where two resources differ.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("differs at {path}")]
pub struct Difference {
    /// Path of the first difference.
    pub path: String,
}

/// Compares two resources as JSON with decimals keeping their digits, apart from `meta.versionId`,
/// `meta.lastUpdated` and the server's security labels; `rename` maps ids and references of the first to the second.
///
/// # Errors
/// The path of the first difference.
pub fn semantic(one: &Value, two: &Value, rename: &dyn Fn(&str) -> Option<String>) -> Result<(), Difference> {
    let (mut one, mut two) = (one.clone(), two.clone());
    forget_server_part(&mut one);
    forget_server_part(&mut two);
    rename_all(&mut one, rename, true);
    compare(&one, &two, "")
}

/// Takes away what a server owns, wherever a resource sits in a Bundle or is contained.
fn forget_server_part(value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    let empty = match object.get_mut("meta").and_then(Value::as_object_mut) {
        None => false,
        Some(meta) => {
            meta.remove("versionId");
            meta.remove("lastUpdated");
            forget_labels(meta);
            meta.is_empty()
        }
    };
    if empty {
        object.remove("meta");
    }
}

fn forget_labels(meta: &mut Object) {
    let Some(tags) = meta.get_mut("security").and_then(Value::as_array_mut) else { return };
    tags.retain(|tag| tag.get("system").and_then(Value::as_str).is_none_or(|system| !is_server_system(system)));
    if tags.is_empty() {
        meta.remove("security");
    }
}

fn rename_all(value: &mut Value, rename: &dyn Fn(&str) -> Option<String>, top: bool) {
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Value::String(text) if key == "reference" || (top && key == "id") => {
                        if let Some(new) = rename(text) {
                            *text = new;
                        }
                    }
                    _ => rename_all(value, rename, false),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_all(item, rename, false)),
        _ => {}
    }
}

fn compare(one: &Value, two: &Value, path: &str) -> Result<(), Difference> {
    let differs = || Err(Difference { path: path.to_owned() });
    match (one, two) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()) {
                let inner = format!("{path}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => compare(a, b, &inner)?,
                    _ => return Err(Difference { path: inner }),
                }
            }
            Ok(())
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, &format!("{path}[{index}]"))?;
            }
            Ok(())
        }
        (Value::Number(a), Value::Number(b)) if a.to_string() == b.to_string() => Ok(()),
        _ if one == two => Ok(()),
        _ => differs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ignores_what_the_server_owns_and_nothing_else() {
        let none = |_: &str| None;
        let one = json!({"resourceType": "Patient", "id": "a", "meta": {"versionId": "1"}});
        let two = json!({"id": "a", "resourceType": "Patient"});
        assert_eq!(semantic(&one, &two, &none), Ok(()));
        let three = json!({"resourceType": "Patient", "id": "a", "active": true});
        assert_eq!(semantic(&one, &three, &none).unwrap_err().path, ".active");
        let digits: Value = serde_json::from_str(r#"{"v":1.10}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"v":1.1}"#).unwrap();
        assert!(semantic(&digits, &other, &none).is_err());
    }
}
