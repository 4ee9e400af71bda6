//! Whether a resource is one of FHIR R4: elements, cardinality, types, formats, required codes, invariants.

mod fhirpath;
mod invariants;
mod links;
pub(crate) mod places;
mod primitive;
pub mod profile;
mod size;
mod table;
#[cfg(test)]
pub(crate) use table::elements_named;
pub(crate) use table::implies;
mod text;
mod walk;
mod xhtml;

use crate::{Issue, Resource};

/// No more issues than this are collected.
pub const MAX_ISSUES: usize = 100;

/// Checks a resource against the base definitions of FHIR R4 (§2.1, §2.6.2, §2.24): each issue has its path.
///
/// Profiles are not looked at. One walk; the rules of each type have a budget, so no resource takes for ever.
pub fn check(resource: &Resource) -> Vec<Issue> {
    match size::fault(resource) {
        Some(issue) => vec![issue],
        None => walk::run(resource),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn paths(value: Value) -> Vec<String> {
        let resource = Resource::from_value(value).unwrap();
        check(&resource).into_iter().filter_map(|issue| issue.expression).collect()
    }

    #[test]
    fn names_every_empty_element() {
        let found = paths(json!({"resourceType": "Patient", "active": null, "name": [{}],
            "telecom": [], "gender": "", "_birthDate": {"id": "x"}}));
        assert_eq!(found, ["Patient.active", "Patient.name[0]", "Patient.telecom", "Patient.gender"]);
    }

    #[test]
    fn never_repeats_a_key_that_may_be_content() {
        assert_eq!(paths(json!({"resourceType": "Patient", "Jean Untel": {"a": [null, []]}})), ["Patient.?"]);
    }

    #[test]
    fn stops_at_the_limit() {
        let names: Vec<Value> = (0..500).map(|_| json!({"use": "nope"})).collect();
        assert_eq!(paths(json!({"resourceType": "Patient", "name": names})).len(), MAX_ISSUES);
    }
}
