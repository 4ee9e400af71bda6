//! `Resource.meta` as the operations `$meta`, `$meta-add` and `$meta-delete` see it (FHIR R4, resource-operations).

use crate::json::{Object, Value};
use crate::resource::is_server_system;
use crate::{Invalid, Issue, Resource};
use serde_json::json;

/// The systems, of R4 and before, of the tag that says that a part is missing.
const PARTIAL: [&str; 2] =
    ["http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "http://hl7.org/fhir/v3/ObservationValue"];

/// What the operations may change, each a set.
const LISTS: [&str; 3] = ["profile", "security", "tag"];

/// Marks what has been shown in part (`SUBSETTED`), once.
pub fn mark_partial(resource: &mut Resource) {
    let tag = json!({ "system": PARTIAL[0], "code": "SUBSETTED" });
    let Some(tag) = json!({ "tag": [tag] }).as_object().cloned() else { return };
    add(resource, &tag);
}

/// Why a resource that says that it is a part of one is not written: what was left out would be lost.
pub fn partial(resource: &Resource) -> Option<Issue> {
    let tags = resource.get(&["meta", "tag"]).and_then(Value::as_array)?;
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    let is = |tag: &Value| {
        text(tag, "code").as_deref() == Some("SUBSETTED")
            && text(tag, "system").is_some_and(|system| PARTIAL.contains(&system.as_str()))
    };
    let at = tags.iter().position(is)?;
    let fr = "Cette ressource est une lecture partielle (SUBSETTED) : l’enregistrer perdrait ce qui n’a pas été lu. Relisez-la entière.";
    let en = "This is a part of a resource (SUBSETTED): written, the rest would be lost. Read it whole.";
    Some(Issue::error("business-rule", Some(format!("{}.meta.tag[{at}]", resource.kind())), fr, en))
}

/// The `meta` given to `$meta-add` or `$meta-delete`.
///
/// # Errors
/// [`Invalid`] when there is none, or when a list of it is not one of texts or codings.
pub fn given(parameters: &Resource) -> Result<Object, Invalid> {
    let all = parameters.get(&["parameter"]).and_then(Value::as_array).into_iter().flatten();
    let named = |one: &&Value| one.get("name").and_then(Value::as_str) == Some("meta");
    let found = all.filter(named).find_map(|one| one.get("valueMeta")).and_then(Value::as_object);
    let meta = found.ok_or_else(|| {
        let (fr, en) = ("Le paramètre « meta » (valueMeta) est attendu.", "The parameter 'meta' is required.");
        Invalid::one("required", Some("Parameters.parameter".to_owned()), fr, en)
    })?;
    for list in LISTS {
        let fine = match meta.get(list) {
            None => true,
            Some(Value::Array(items)) => items.iter().all(|item| is_item(list, item)),
            Some(_) => false,
        };
        if !fine {
            let (fr, en) = ("Cette liste n’est pas de la forme attendue.", "Not a list of the expected form.");
            return Err(Invalid::one("structure", Some(format!("Parameters.parameter.value.{list}")), fr, en));
        }
    }
    Ok(meta.clone())
}

fn is_item(list: &str, item: &Value) -> bool {
    if list == "profile" { item.is_string() } else { item.get("code").is_some_and(Value::is_string) }
}

/// Adds to `into` the profiles, labels and tags of `meta` that are not there yet; whether anything was.
pub fn union(into: &mut Object, meta: &Object) -> bool {
    let mut changed = false;
    for list in LISTS {
        let new = meta.get(list).and_then(Value::as_array).into_iter().flatten();
        for item in new {
            let kept = into.entry(list).or_insert_with(|| json!([]));
            let Some(kept) = kept.as_array_mut() else { break };
            if !kept.iter().any(|one| same(one, item)) {
                kept.push(item.clone());
                changed = true;
            }
        }
    }
    changed
}

/// Adds profiles, labels and tags to a resource; whether anything was new.
pub fn add(resource: &mut Resource, meta: &Object) -> bool {
    let mut whole = of(resource);
    let changed = union(&mut whole, meta);
    if changed && let Some(own) = resource.meta_mut() {
        *own = whole;
    }
    changed
}

/// Takes profiles, labels and tags off a resource; whether any was there.
///
/// # Errors
/// [`Invalid`] when a label is the server's: nobody takes those off.
pub fn remove(resource: &mut Resource, meta: &Object) -> Result<bool, Invalid> {
    let security = meta.get("security").and_then(Value::as_array).into_iter().flatten();
    if security.filter_map(|label| label.get("system")?.as_str()).any(is_server_system) {
        let path = Some("Parameters.parameter.value.security".to_owned());
        let fr = "Cette étiquette de confidentialité est posée par le serveur : elle ne se retire pas.";
        return Err(Invalid::one("business-rule", path, fr, "A security label of the server may not be removed."));
    }
    let mut whole = of(resource);
    let mut changed = false;
    for list in LISTS {
        let unwanted: Vec<&Value> = meta.get(list).and_then(Value::as_array).into_iter().flatten().collect();
        let Some(kept) = whole.get_mut(list).and_then(Value::as_array_mut) else { continue };
        let before = kept.len();
        kept.retain(|one| !unwanted.iter().any(|item| same(one, item)));
        changed |= kept.len() < before;
        if kept.is_empty() {
            whole.shift_remove(list);
        }
    }
    if changed && let Some(own) = resource.meta_mut() {
        *own = whole;
    }
    Ok(changed)
}

/// The `meta` of a resource.
pub fn of(resource: &Resource) -> Object {
    resource.get(&["meta"]).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// What the operations answer.
pub fn answer(meta: Object) -> Value {
    json!({ "resourceType": "Parameters", "parameter": [{ "name": "return", "valueMeta": Value::Object(meta) }] })
}

/// Profiles are the same by their text, codings by their system and code.
fn same(one: &Value, other: &Value) -> bool {
    let key = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let keys = |value: &Value| (key(value, "system"), key(value, "code"));
    if one.is_object() && other.is_object() { keys(one) == keys(other) } else { one == other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(meta: &Value) -> Resource {
        let all = json!({"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": meta}]});
        Resource::from_value(all).unwrap()
    }

    fn resource() -> Resource {
        let value = json!({"resourceType": "Patient", "id": "a", "meta": {"versionId": "3", "profile": ["urn:p"],
            "security": [{"system": "urn:socle:sensitivity", "code": "PSY"}, {"system": "urn:x", "code": "y"}]}});
        Resource::from_value(value).unwrap()
    }

    #[test]
    fn adds_what_is_new_and_removes_what_is_there() {
        let mut patient = resource();
        let tags = given(&parameters(&json!({"tag": [{"system": "urn:t", "code": "1", "display": "x"}],
            "profile": ["urn:p", "urn:q"]})))
        .unwrap();
        assert!(add(&mut patient, &tags) && !add(&mut patient, &tags));
        assert_eq!(patient.profiles().collect::<Vec<_>>(), ["urn:p", "urn:q"]);
        assert_eq!(patient.version_id(), Some("3"));
        let same = given(&parameters(&json!({"tag": [{"system": "urn:t", "code": "1"}]}))).unwrap();
        assert!(remove(&mut patient, &same).unwrap() && !remove(&mut patient, &same).unwrap());
        assert!(patient.get(&["meta", "tag"]).is_none());
    }

    #[test]
    fn a_part_is_marked_once_and_known_by_it() {
        let mut patient = resource();
        assert!(partial(&patient).is_none());
        mark_partial(&mut patient);
        mark_partial(&mut patient);
        assert_eq!(patient.get(&["meta", "tag"]).unwrap().as_array().unwrap().len(), 1);
        assert_eq!(partial(&patient).unwrap().expression.as_deref(), Some("Patient.meta.tag[0]"));
        let other = json!({"resourceType": "Patient", "meta": {"tag": [{"system": "urn:x", "code": "SUBSETTED"}]}});
        assert!(partial(&Resource::from_value(other).unwrap()).is_none());
        let mut bare = Resource::new(crate::ResourceType::PATIENT, "a");
        mark_partial(&mut bare);
        assert!(partial(&bare).is_some());
    }

    #[test]
    fn labels_of_the_server_stay() {
        let mut patient = resource();
        let label = |system: &str, code: &str| {
            given(&parameters(&json!({"security": [{"system": system, "code": code}]}))).unwrap()
        };
        assert!(remove(&mut patient, &label("urn:socle:sensitivity", "PSY")).is_err());
        assert!(remove(&mut patient, &label("urn:x", "y")).unwrap());
        assert_eq!(patient.security().len(), 1);
    }

    #[test]
    fn refuses_what_is_no_meta() {
        for bad in [json!(null), json!({"tag": {}}), json!({"tag": [{"system": "x"}]}), json!({"profile": [1]})] {
            assert!(given(&parameters(&bad)).is_err());
        }
        assert!(given(&Resource::new(crate::ResourceType::PATIENT, "a")).is_err());
    }
}
