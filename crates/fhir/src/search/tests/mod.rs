//! Queries read, and answered by the plain evaluator: what the specification says of each kind of parameter.

use super::*;
use crate::json::Value;
use crate::{Invalid, Resource, ResourceType};
use serde_json::json;

mod every;
mod matching;
mod queries;
mod sorting;

fn ty(name: &str) -> ResourceType {
    ResourceType::parse(name).unwrap()
}

fn ask(of: &str, query: &str) -> Result<Query, Invalid> {
    parse(ty(of), &pairs(query), true)
}

fn only_filter(of: &str, query: &str) -> Filter {
    let mut query = ask(of, query).unwrap();
    assert_eq!(query.filters.len(), 1);
    query.filters.remove(0)
}

/// The code and expression of the only issue.
fn refused(of: &str, query: &str) -> (&'static str, String) {
    let issues = ask(of, query).expect_err(query).issues;
    assert_eq!(issues.len(), 1, "{query}");
    (issues[0].code, issues[0].expression.clone().unwrap())
}

fn answers(resource: &Value, query: &str) -> bool {
    let resource = Resource::from_value(resource.clone()).unwrap();
    let filters = ask(resource.kind().name(), query).unwrap().filters;
    filters.iter().all(|filter| matches(&resource, filter))
}

fn check(resource: &Value, yes: &[&str], no: &[&str]) {
    yes.iter().for_each(|query| assert!(answers(resource, query), "{query}"));
    no.iter().for_each(|query| assert!(!answers(resource, query), "{query}"));
}

fn patient() -> Value {
    json!({"resourceType": "Patient", "id": "a", "active": true, "gender": "female", "birthDate": "1954-03-07",
        "identifier": [{"system": "urn:ins", "value": "254", "type": {"text": "INS calculé"}}, {"value": "dossier|7"}],
        "name": [{"family": "Élie-Martin", "given": ["Zoé", "Anne"], "text": "Mme Zoé Élie-Martin"}],
        "telecom": [{"system": "phone", "value": "0102030405"}],
        "address": [{"line": ["3, rue du Port"], "city": "Sète", "postalCode": "34200"}],
        "meta": {"profile": ["https://x/fr/Patient"], "tag": [{"system": "urn:t", "code": "demo"}]},
        "managingOrganization": {"reference": "Organization/o"}})
}

fn observation() -> Value {
    json!({"resourceType": "Observation", "id": "o", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}], "text": "Pouls"},
        "subject": {"reference": "Patient/a"}, "effectiveDateTime": "2024-05-17T10:30:00+02:00",
        "performer": [{"identifier": {"system": "urn:rpps", "value": "10001"}}],
        "focus": [{"reference": "https://other/fhir/Device/d"}],
        "valueQuantity": {"value": 5.40, "unit": "mg/l", "system": "http://unitsofmeasure.org", "code": "mg/L"}})
}
