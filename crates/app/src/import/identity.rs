//! When two resources may be the same one.

use fhir::json::Value;
use fhir::owner::Owner;
use fhir::refs;
use fhir::search::normalise;
use fhir::{Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet};

/// A business identifier: system and value.
pub(super) type Token = (String, String);

/// The business identifiers of a resource that are in force.
pub(super) fn tokens(resource: &Resource) -> BTreeSet<Token> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let one = |identifier: &Value| {
        let ended = matches!(text(identifier, "use").as_deref(), Some("old" | "temp"));
        let (system, value) = (text(identifier, "system")?, text(identifier, "value")?);
        (!ended && !system.is_empty() && !value.is_empty()).then_some((system, value))
    };
    match resource.object().get("identifier") {
        Some(Value::Array(all)) => all.iter().filter_map(one).collect(),
        Some(single) => one(single).into_iter().collect(),
        None => BTreeSet::new(),
    }
}

/// Whether two resources cannot be the same person, professional or organisation: an identifier of the same system
/// with other values or, for a person, another birth date and another name (*identitovigilance*).
pub(super) fn contradict(one: &Resource, two: &Resource) -> bool {
    let kinds = [ResourceType::PATIENT, ResourceType::PRACTITIONER, ResourceType::ORGANIZATION];
    if !kinds.contains(&one.kind()) {
        return false;
    }
    let (a, b) = (by_system(one), by_system(two));
    let identifiers = a.iter().any(|(system, values)| b.get(system).is_some_and(|other| values.is_disjoint(other)));
    identifiers || (one.kind() == ResourceType::PATIENT && other_traits(one, two))
}

fn by_system(resource: &Resource) -> BTreeMap<String, BTreeSet<String>> {
    let mut systems: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (system, value) in tokens(resource) {
        systems.entry(system).or_default().insert(value);
    }
    systems
}

fn other_traits(one: &Resource, two: &Resource) -> bool {
    let born = |resource: &Resource| resource.str_at(&["birthDate"]).map(str::to_owned);
    let birth_differs = matches!((born(one), born(two)), (Some(a), Some(b)) if a != b);
    let (a, b) = (families(one), families(two));
    birth_differs && !a.is_empty() && !b.is_empty() && a.is_disjoint(&b)
}

fn families(patient: &Resource) -> BTreeSet<String> {
    let names = patient.object().get("name").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    names.iter().filter_map(|name| name.get("family").and_then(Value::as_str)).map(normalise).collect()
}

/// Whether two resources are about the same person, or both about nobody. Links of both lead to what is here.
pub(super) fn same_owner(one: &Resource, two: &Resource) -> bool {
    first_person(one) == first_person(two)
}

pub(super) fn first_person(resource: &Resource) -> Option<String> {
    match fhir::owner::persons(resource) {
        Owner::IsPatient | Owner::None => None,
        Owner::Refs(found) => found.into_iter().next().map(|first| match refs::local(&first) {
            Some((kind, id)) => format!("{kind}/{id}"),
            None => first,
        }),
    }
}

/// Whether the source says that `new` is older than `known`: by date where both have one, else by number.
pub(super) fn is_older(new: &str, known: &str) -> bool {
    let parts = |text: &str| {
        let (number, date) = text.split_once(' ').unwrap_or((text, ""));
        (number.parse::<u64>().ok(), fhir::date::interval(date).map(|(low, _)| low))
    };
    match (parts(new), parts(known)) {
        ((_, Some(new)), (_, Some(known))) => new < known,
        ((Some(new), _), (Some(known), _)) => new < known,
        _ => false,
    }
}

/// The version a source gives a resource, in the form [`is_older`] reads.
pub(super) fn source_version(resource: &Resource) -> String {
    format!("{} {}", resource.version_id().unwrap_or_default(), resource.last_updated().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patient(ins: &str, family: &str, born: &str) -> Resource {
        let identifier = json!([{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": ins}]);
        Resource::from_value(json!({"resourceType": "Patient", "identifier": identifier,
            "name": [{"family": family}], "birthDate": born}))
        .unwrap()
    }

    #[test]
    fn another_number_or_other_traits_contradict() {
        let one = patient("1", "Élie", "1940-01-01");
        assert!(!contradict(&one, &patient("1", "ELIE", "1940-01-02")), "a typing mistake in one trait");
        assert!(contradict(&one, &patient("2", "Élie", "1940-01-01")));
        assert!(contradict(&one, &patient("1", "Martin", "1950-01-01")));
    }

    #[test]
    fn an_identifier_no_longer_in_force_is_not_one() {
        let resource = Resource::from_value(json!({"resourceType": "Patient", "identifier":
            [{"use": "old", "system": "s", "value": "1"}, {"value": "2"}, {"system": "s", "value": "3"}]}))
        .unwrap();
        assert_eq!(tokens(&resource), BTreeSet::from([("s".to_owned(), "3".to_owned())]));
    }

    #[test]
    fn versions_compare_by_date_then_by_number() {
        assert!(is_older("9 2020-01-01T00:00:00Z", "1 2021-01-01T00:00:00Z"));
        assert!(is_older("2 ", "10 "));
        assert!(!is_older("10 ", "2 ") && !is_older(" ", " ") && !is_older("a ", "b "));
    }
}
