//! What every FHIR JSON must respect whatever its type: no null, no empty object, array or string.

use crate::json::{Object, Value};
use crate::{Issue, Resource, place};

/// Checks the JSON rules of FHIR R4 (§2.6.2): each issue has its path.
pub fn check(resource: &Resource) -> Vec<Issue> {
    let mut issues = Vec::new();
    walk_object(resource.object(), &mut resource.kind().name().to_owned(), &mut issues);
    issues
}

fn walk_object(object: &Object, path: &mut String, issues: &mut Vec<Issue>) {
    let length = path.len();
    for (key, value) in object {
        place::step(path, key);
        walk(value, path, false, issues);
        path.truncate(length);
    }
}

fn walk(value: &Value, path: &mut String, in_list: bool, issues: &mut Vec<Issue>) {
    match value {
        Value::Null if !in_list => issues.push(Issue::error(
            "structure",
            Some(path.clone()),
            "Une valeur nulle n'est pas permise ici.",
            "null is not allowed here.",
        )),
        Value::String(text) if text.is_empty() => issues.push(empty(path)),
        Value::Object(object) if object.is_empty() => issues.push(empty(path)),
        Value::Array(items) if items.is_empty() => issues.push(empty(path)),
        Value::Object(object) => walk_object(object, path, issues),
        Value::Array(items) => {
            let length = path.len();
            for (index, item) in items.iter().enumerate() {
                place::index(path, index);
                walk(item, path, true, issues);
                path.truncate(length);
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

    #[test]
    fn never_repeats_a_key_that_may_be_content() {
        let resource =
            Resource::from_value(json!({"resourceType": "Patient", "Jean Untel": {"a": [null, []]}})).unwrap();
        let paths: Vec<_> = check(&resource).into_iter().filter_map(|issue| issue.expression).collect();
        assert_eq!(paths, ["Patient.?.a[1]"]);
    }
}
