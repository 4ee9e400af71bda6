//! What every FHIR JSON must respect whatever its type: no null, no empty object, array or string.

use crate::json::Value;
use crate::{Issue, Resource};

/// Checks the JSON rules of FHIR R4 (§2.6.2): each issue has its path.
pub fn check(resource: &Resource) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (key, value) in resource.object() {
        walk(value, &format!("{}.{key}", resource.kind()), false, &mut issues);
    }
    issues
}

fn walk(value: &Value, path: &str, in_list: bool, issues: &mut Vec<Issue>) {
    match value {
        Value::Null if !in_list => issues.push(Issue::error(
            "structure",
            Some(path.to_owned()),
            "Une valeur nulle n'est pas permise ici.",
            "null is not allowed here.",
        )),
        Value::String(text) if text.is_empty() => issues.push(empty(path)),
        Value::Object(object) if object.is_empty() => issues.push(empty(path)),
        Value::Array(items) if items.is_empty() => issues.push(empty(path)),
        Value::Object(object) => {
            for (key, value) in object {
                walk(value, &format!("{path}.{key}"), false, issues);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{path}[{index}]"), true, issues);
            }
        }
        _ => {}
    }
}

fn empty(path: &str) -> Issue {
    Issue::error(
        "structure",
        Some(path.to_owned()),
        "Cet élément est vide : donnez une valeur ou retirez-le.",
        "This element is empty: give it a value or leave it out.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_every_empty_element() {
        let resource = Resource::from_value(json!({"resourceType": "Patient", "active": null, "name": [{}],
            "telecom": [], "gender": "", "_birthDate": {"id": "x"}}))
        .unwrap();
        let paths: Vec<_> = check(&resource).into_iter().filter_map(|issue| issue.expression).collect();
        assert_eq!(paths, ["Patient.active", "Patient.name[0]", "Patient.telecom", "Patient.gender"]);
    }
}
