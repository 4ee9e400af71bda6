//! What a Bundle that is sent to be processed may be made of: a condition whose name is misspelt is refused, not passed over.

use crate::bundle::{self, Entry, Kind};
use crate::json::{Object, Value};
use crate::{Invalid, Issue, Resource};

const BUNDLE: [&str; 12] = [
    "resourceType",
    "id",
    "meta",
    "implicitRules",
    "language",
    "identifier",
    "type",
    "timestamp",
    "total",
    "link",
    "entry",
    "signature",
];
const ENTRY: [&str; 8] = ["id", "extension", "link", "fullUrl", "resource", "search", "request", "response"];
/// Elements of a request are texts, all of them.
const REQUEST: [&str; 6] = ["method", "url", "ifNoneMatch", "ifModifiedSince", "ifMatch", "ifNoneExist"];

/// Reads a transaction or a batch; of a batch, an entry with an unknown element does not spoil the others. Totals, matches and answers,
/// which only a Bundle that answers has (FHIR R4 Bundle, bdl-1, bdl-2 and bdl-4), are passed over: nothing is asked by them.
///
/// # Errors
/// As [`bundle::parse_each`], and for what is unknown.
pub fn sent(bundle: &Resource) -> Result<(Kind, Vec<Result<Entry, Invalid>>), Invalid> {
    let (kind, mut entries) = bundle::parse_each(bundle)?;
    if !matches!(kind, Kind::Transaction | Kind::Batch) {
        return Ok((kind, entries));
    }
    refuse(unknown("Bundle", bundle.object(), &BUNDLE))?;
    let sent = bundle.object().get("entry").and_then(Value::as_array).into_iter().flatten();
    for (index, (entry, value)) in entries.iter_mut().zip(sent).enumerate() {
        if let (Ok(_), Err(invalid)) = (&entry, check(index, value)) {
            *entry = Err(invalid);
        }
    }
    Ok((kind, entries))
}

fn check(index: usize, entry: &Value) -> Result<(), Invalid> {
    let path = format!("Bundle.entry[{index}]");
    let mut issues = entry.as_object().map(|entry| unknown(&path, entry, &ENTRY)).unwrap_or_default();
    let (fr, en) = ("Cet élément est un texte.", "This element is a string.");
    match entry.get("request") {
        None => {}
        Some(Value::Object(request)) => {
            let path = format!("{path}.request");
            issues.extend(unknown(&path, request, &[&REQUEST[..], &["id", "extension"]].concat()));
            let wrong = REQUEST.iter().filter(|name| request.get(**name).is_some_and(|value| !value.is_string()));
            issues.extend(wrong.map(|name| Issue::error("structure", Some(format!("{path}.{name}")), fr, en)));
        }
        Some(_) => {
            let (fr, en) = ("request doit être un objet.", "request must be an object.");
            issues.push(Issue::error("structure", Some(format!("{path}.request")), fr, en));
        }
    }
    refuse(issues)
}

/// Members that are none of these elements, nor the extensions of one (`_name`).
fn unknown(path: &str, object: &Object, known: &[&str]) -> Vec<Issue> {
    let is_known = |name: &str| known.contains(&name) || name.strip_prefix('_').is_some_and(|of| known.contains(&of));
    let (fr, en) = ("Cet élément est inconnu ici.", "Unknown element here.");
    let others = object.keys().filter(|name| !is_known(name));
    others.map(|name| Issue::error("structure", Some(format!("{path}.{name}")), fr, en)).collect()
}

fn refuse(issues: Vec<Issue>) -> Result<(), Invalid> {
    if issues.is_empty() { Ok(()) } else { Err(Invalid { issues }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(bundle: Value) -> Vec<String> {
        let bundle = Resource::from_value(bundle).unwrap();
        let read = sent(&bundle).and_then(|(_, entries)| bundle::all(entries));
        let issues = read.err().map(|invalid| invalid.issues).unwrap_or_default();
        issues.into_iter().filter_map(|issue| issue.expression).collect()
    }

    #[test]
    fn what_is_misspelt_is_refused_where_it_stands() {
        let entry = |request: Value| json!({"resource": {"resourceType": "Patient"}, "request": request});
        let good =
            entry(json!({"method": "POST", "url": "Patient", "ifNoneExist": "identifier=a|b", "_url": {"id": "u"}}));
        let bundle = |entry: &Value| json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]});
        assert!(paths(bundle(&good)).is_empty());
        let misspelt =
            entry(json!({"method": "POST", "url": "Patient", "ifNoneExists": "identifier=a|b", "ifMatch": 3}));
        let expected = ["Bundle.entry[0].request.ifNoneExists", "Bundle.entry[0].request.ifMatch"];
        assert_eq!(paths(bundle(&misspelt)), expected);
        let total = json!({"resourceType": "Bundle", "type": "batch", "total": 1, "foo": 1, "entry": [good]});
        assert_eq!(paths(total), ["Bundle.foo"]);
        assert!(paths(json!({"resourceType": "Bundle", "type": "searchset", "total": 1})).is_empty());
    }
}
