//! Queries read, and answered by the plain evaluator: what the specification says of each kind of parameter.

use super::*;
use crate::json::Value;
use crate::{Invalid, Resource, ResourceType};
use serde_json::json;

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

#[test]
fn tokens_match_whole_and_by_system() {
    check(
        &patient(),
        &[
            "identifier=254",
            "identifier=urn:ins|254",
            "identifier=urn:ins|",
            r"identifier=|dossier\|7",
            "identifier=x,254",
            "gender=female",
            "active=true",
            "phone=0102030405",
            "_tag=urn:t|demo",
            "gender:not=male,other",
            "identifier:text=ins",
            "identifier:missing=false",
            "deceased=false",
            "deceased:not=true",
            "language:missing=true",
        ],
        &[
            "identifier=25",
            "identifier=|254",
            "identifier=urn:other|254",
            "gender=Female",
            "gender:not=male,female",
            "active=false",
            "deceased=true",
            "identifier:missing=true",
        ],
    );
    check(
        &observation(),
        &["code=8867-4", "code=http://loinc.org|8867-4", "code:text=heart", "code:text=pouls", "code:not=x"],
        &["code=8867", "code:text=rate", "code:not=8867-4"],
    );
}

#[test]
fn strings_start_with_whatever_the_case_and_accents() {
    check(
        &patient(),
        &[
            "family=elie",
            "family=ÉLIE-MARTIN",
            "given=zo",
            "given=ann",
            "name=mme",
            "family:exact=Élie-Martin",
            "family:contains=mart",
            r"address=3\, rue",
            "address-city=sete",
            "family=nobody,elie",
        ],
        &[
            "family=martin",
            "family:exact=élie-martin",
            "family:exact=Élie",
            "family:contains=xyz",
            "given:exact=Zo",
            "address-postalcode=4200",
        ],
    );
}

#[test]
fn dates_compare_what_is_known() {
    check(
        &patient(),
        &[
            "birthdate=1954-03-07",
            "birthdate=1954-03",
            "birthdate=1954",
            "birthdate=ne1955",
            "birthdate=gt1954-03-06",
            "birthdate=lt1954-03-08",
            "birthdate=ge1954-03-07",
            "birthdate=le1954-03-07",
            "birthdate=sa1954-03-06",
            "birthdate=eb1954-03-08",
            "birthdate=ap1954-03-07",
            "birthdate=ge1954-01-01&birthdate=lt1955",
        ],
        &[
            "birthdate=1955",
            "birthdate=ne1954-03-07",
            "birthdate=gt1954-03-07",
            "birthdate=lt1954-03-07",
            "birthdate=sa1954-03-07",
            "birthdate=eb1954",
            "birthdate=ap1956",
        ],
    );
    check(
        &observation(),
        &["date=2024-05-17T08:30:00Z", "date=2024-05-17", "date=gt2024-05-17T08:29:59Z"],
        &["date=2024-05-17T10:30:00Z", "date=gt2024-05-17"],
    );
}

#[test]
fn periods_are_open_where_nothing_is_said() {
    let stay = json!({"resourceType": "Encounter", "period": {"start": "2024-05-10"}});
    check(
        &stay,
        &["date=ge2024-05-10", "date=gt2030", "date=ap2024-06", "date=sa2024-05-09", "date=ne2024"],
        &["date=2024", "date=lt2024-05-10", "date=eb2030"],
    );
    let past = json!({"resourceType": "Encounter", "period": {"end": "2024-05-10"}});
    check(&past, &["date=lt1900", "date=le2024-05-10", "date=eb2024-05-11"], &["date=gt2024-05-10", "date=sa1900"]);
    let inside = json!({"resourceType": "Encounter", "period": {"start": "2024-05-10", "end": "2024-05-12"}});
    check(&inside, &["date=2024-05", "date=2024", "date=ge2024-05-11", "date=le2024-05-11"], &["date=2024-05-11"]);
}

#[test]
fn quantities_compare_numbers_and_units() {
    check(
        &observation(),
        &[
            "value-quantity=5.4",
            "value-quantity=5",
            "value-quantity=5.4|http://unitsofmeasure.org|mg/L",
            "value-quantity=5.4||mg/L",
            "value-quantity=5.4||mg/l",
            "value-quantity=ge5.4||mg/L",
            "value-quantity=lt6",
            "value-quantity=ap5",
        ],
        &[
            "value-quantity=5.3",
            "value-quantity=5.4|http://unitsofmeasure.org|g/L",
            "value-quantity=5.4|http://unitsofmeasure.org|mg/l",
            "value-quantity=5.4|urn:other|mg/L",
            "value-quantity=gt5.4",
            "value-quantity=ne5.4",
        ],
    );
    let below = json!({"resourceType": "Observation", "valueQuantity": {"value": 5, "comparator": "<"}});
    check(&below, &["value-quantity=lt5", "value-quantity=le5"], &["value-quantity=5", "value-quantity=gt5"]);
}

#[test]
fn numbers_are_taken_at_their_precision() {
    let risk = json!({"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": 0.85}]});
    check(
        &risk,
        &["probability=0.85", "probability=gt0.8", "probability=0.9"],
        &["probability=0.8", "probability=lt0.85"],
    );
}

#[test]
fn references_match_by_id_type_address_and_identifier() {
    check(
        &observation(),
        &[
            "subject=Patient/a",
            "subject=a",
            "subject:Patient=a",
            "subject:Patient=Patient/a",
            "patient=a",
            "patient=Patient/a/_history/4",
            "subject=b,a",
            "focus=https://other/fhir/Device/d",
            "performer:identifier=urn:rpps|10001",
            "performer:identifier=10001",
            "encounter:missing=true",
        ],
        &[
            "subject=Patient/b",
            "subject=Group/a",
            "subject:Group=a",
            "focus=Device/d",
            "performer:identifier=|10001",
            "performer:identifier=urn:x|10001",
            "subject:missing=true",
        ],
    );
    let plan = json!({"resourceType": "CarePlan", "instantiatesCanonical": ["https://x/PlanDefinition/p|2.0"]});
    check(
        &plan,
        &["instantiates-canonical=https://x/PlanDefinition/p|2.0", "instantiates-canonical=https://x/PlanDefinition/p"],
        &["instantiates-canonical=https://x/PlanDefinition/p|1.0"],
    );
}

#[test]
fn addresses_match_whole_or_by_path() {
    let set = json!({"resourceType": "ValueSet", "url": "https://x/fhir/ValueSet/v"});
    check(
        &set,
        &["url=https://x/fhir/ValueSet/v", "url:below=https://x/fhir/", "url:above=https://x/fhir/ValueSet/v/more"],
        &["url=https://x/fhir", "url:below=https://x/fh", "url:above=https://x", "url=HTTPS://x/fhir/ValueSet/v"],
    );
    check(&patient(), &["_profile=https://x/fr/Patient"], &["_profile=https://x/fr"]);
}

#[test]
fn the_id_and_the_whole_query_are_asked_together() {
    check(&patient(), &["_id=b,a", "_id=a&gender=female"], &["_id=b", "_id=a&gender=male"]);
}

#[test]
fn says_which_parameter_it_cannot_answer_and_why() {
    for (of, query, code) in [
        ("Patient", "nope=1", "not-supported"),
        ("Patient", "code=1", "not-supported"),
        ("Patient", "_content=x", "not-supported"),
        ("Observation", "code-value-quantity=8867-4$5", "not-supported"),
        ("Patient", "family:above=x", "not-supported"),
        ("Patient", "identifier:of-type=x", "not-supported"),
        ("Observation", "code:in=x", "not-supported"),
        ("Observation", "code:above=x", "not-supported"),
        ("Observation", "code:below=x", "not-supported"),
        ("Observation", "subject:below=x", "not-supported"),
        ("Observation", "date:exact=2024", "not-supported"),
        ("Observation", "subject:Medication=x", "not-supported"),
        ("Patient", "_id:exact=a", "not-supported"),
        ("Patient", "_lastUpdated:not=2024", "not-supported"),
        ("Patient", "_count:exact=3", "not-supported"),
        ("Patient", "_sort:desc=family", "not-supported"),
        ("Patient", "_include:all=Patient:organization", "not-supported"),
        ("Patient", "birthdate=07/03/1954", "value"),
        ("Patient", "family=", "value"),
        ("Patient", "_id=", "value"),
        ("Patient", "_lastUpdated=", "value"),
        ("Patient", "_lastUpdated=hier", "value"),
        ("Patient", "family:missing=peut-%C3%AAtre", "value"),
        ("Patient", "identifier=|", "value"),
        ("Observation", "value-quantity=beaucoup", "value"),
        ("Observation", "subject:Patient=Group/a", "value"),
        ("Patient", "_summary=all", "value"),
        ("Patient", "_total=yes", "value"),
        ("Patient", "_sort=nope", "value"),
        ("Patient", "_sort=", "value"),
        ("Patient", "_include=Nope:x", "value"),
        ("Patient", "_include=Patient:family", "value"),
        ("Patient", "_include=Patient", "value"),
        ("Patient", "_include=Patient:organization:Nope", "value"),
        ("Patient", "_include=Patient:organization:Organization:x", "value"),
        ("Patient", "_revinclude=*", "value"),
        ("Observation", "code.text=x", "value"),
        ("Patient", "_has:Observation:code:status=final", "value"),
        ("Patient", "_has:Nope:patient:status=final", "value"),
        ("Patient", "_has:Observation:patient=x", "value"),
        ("Observation", "subject.identifier=1", "value"),
        ("Observation", "encounter.part-of.part-of.status=x", "too-costly"),
    ] {
        let name = pairs(query).remove(0).0;
        assert_eq!(refused(of, query), (code, name), "{query}");
    }
    let several = ask("Patient", "nope=1&birthdate=x&gender=male").unwrap_err();
    assert_eq!(several.issues.len(), 2);
    assert!(several.issues.iter().all(|issue| !issue.text_fr.is_empty() && !issue.text_en.contains("1954")));
}

#[test]
fn lenient_handling_sets_aside_what_is_unknown_and_nothing_else() {
    let lenient = |query: &str| parse(ty("Observation"), &pairs(query), false);
    let query = lenient("nope=1&status=final&code-value-quantity=x$1&subject:Patient.nope=x").unwrap();
    assert_eq!(query.ignored, ["nope", "code-value-quantity", "subject:Patient.nope"]);
    assert_eq!(query.filters.len(), 1);
    for bad in ["date=x", "code:in=x", "_count=-1", "code.x=1"] {
        assert!(lenient(bad).is_err(), "{bad}");
    }
}

#[test]
fn counts_are_digits_and_never_too_large_to_read() {
    let count = |text: &str| ask("Patient", &format!("_count={text}")).map(|query| query.count);
    assert_eq!(count("0").unwrap(), Some(0));
    assert_eq!(count("50").unwrap(), Some(50));
    assert_eq!(count("99999999999999999999").unwrap(), Some(u32::MAX));
    for bad in ["", "-1", "%2B5", "1.5", "x", "%205"] {
        assert!(count(bad).is_err(), "{bad}");
    }
    assert_eq!(ask("Patient", "").unwrap().count, None);
}

#[test]
fn options_of_the_result_are_read() {
    let query = ask(
        "Patient",
        "_sort=-birthdate,_id,-_lastUpdated&_total=none&_summary=count&_elements=name,%20,gender&_page=x&_format=json",
    )
    .unwrap();
    let sort: Vec<String> = query
        .sort
        .iter()
        .map(|key| {
            let on = match &key.on {
                SortOn::Id => "_id",
                SortOn::LastUpdated => "_lastUpdated",
                SortOn::Param(param) => param.code,
            };
            format!("{}{on}", if key.descending { "-" } else { "" })
        })
        .collect();
    assert_eq!(sort, ["-birthdate", "_id", "-_lastUpdated"]);
    assert_eq!((query.total, query.summary), (Total::None, Summary::Count));
    assert_eq!(query.elements, ["name", "gender"]);
    assert_eq!(query.page.as_deref(), Some("x"));
    assert!(query.filters.is_empty() && query.ignored.is_empty());
    let Filter::LastUpdated(tests) = only_filter("Patient", "_lastUpdated=ge2024,lt2020") else { panic!("a time") };
    assert_eq!(tests.iter().map(|test| test.comparator).collect::<Vec<_>>(), [Comparator::Ge, Comparator::Lt]);
}

#[test]
fn chains_know_what_they_go_through() {
    let Filter::Chain { param, target, filter } = only_filter("Observation", "subject:Patient.family:exact=Untel")
    else {
        panic!("a chain");
    };
    assert_eq!((param.code, target), ("subject", ResourceType::PATIENT));
    assert!(matches!(*filter, Filter::Param { modifier: Modifier::Exact, .. }));
    let Filter::Chain { target, .. } = only_filter("Observation", "patient.identifier=1") else { panic!("a chain") };
    assert_eq!(target, ResourceType::PATIENT);
    // Of the types a subject may have, only patients have a birth date.
    let Filter::Chain { target, .. } = only_filter("Observation", "subject.birthdate=1954") else { panic!("a chain") };
    assert_eq!(target, ResourceType::PATIENT);
    let two = only_filter("Observation", "encounter:Encounter.service-provider.name=x");
    let Filter::Chain { filter, .. } = two else { panic!("a chain") };
    assert!(matches!(*filter, Filter::Chain { .. }));
    assert_eq!(refused("Observation", "subject.birthdate=x"), ("value", "subject.birthdate".into()));
    assert_eq!(refused("Observation", "subject.nope=x").0, "not-supported");
    assert_eq!(refused("Observation", "subject:Patient.birthdate=x"), ("value", "subject:Patient.birthdate".into()));
}

#[test]
fn reverse_chains_nest() {
    let Filter::Has { ty: source, param, filter } = only_filter("Patient", "_has:Observation:patient:code=8867-4")
    else {
        panic!("a reverse chain");
    };
    assert_eq!((source, param.code), (ResourceType::OBSERVATION, "patient"));
    assert!(matches!(*filter, Filter::Param { .. }));
    let nested = only_filter("Patient", "_has:Observation:patient:_has:Provenance:target:recorded=2024");
    let Filter::Has { filter, .. } = nested else { panic!("a reverse chain") };
    assert!(matches!(*filter, Filter::Has { .. }));
    let with_chain = only_filter("Patient", "_has:Observation:patient:performer:Organization.name=x");
    let Filter::Has { filter, .. } = with_chain else { panic!("a reverse chain") };
    assert!(matches!(*filter, Filter::Chain { .. }));
}

#[test]
fn includes_name_their_reference_or_all_of_them() {
    let includes = |of: &str, query: &str| ask(of, query).unwrap().includes;
    let one = &includes("Observation", "_include=Observation:subject:Patient")[0];
    assert_eq!(
        (one.param.code, one.target, one.reverse, one.iterate),
        ("subject", Some(ResourceType::PATIENT), false, false)
    );
    let back = &includes("Patient", "_revinclude:iterate=Observation:subject")[0];
    assert_eq!((back.source, back.reverse, back.iterate), (ResourceType::OBSERVATION, true, true));
    let all = includes("Observation", "_include=*");
    assert!(all.len() > 5 && all.iter().all(|include| include.param.kind == ParamKind::Reference));
    assert_eq!(all.len(), includes("Observation", "_include=Observation:*").len());
    let here = includes("Patient", "_revinclude=Observation:*");
    assert!(!here.is_empty() && here.iter().all(|include| include.param.targets.contains(&ResourceType::PATIENT)));
}

#[test]
fn the_table_is_whole() {
    let all: Vec<&Param> = ResourceType::all().flat_map(params).collect();
    assert!(all.len() > 1_600);
    // Not yet supported: composites, `_id` and `_lastUpdated` (which have filters of their own), one geographic search.
    let special: std::collections::BTreeSet<&str> =
        all.iter().filter(|param| param.kind == ParamKind::Special).map(|param| param.code).collect();
    assert_eq!(special.into_iter().collect::<Vec<_>>(), ["_id", "_lastUpdated", "near"]);
    for found in all {
        assert_eq!(by_id(found.id), Some(found));
    }
}

#[test]
fn a_long_list_of_codes_is_indexed_once_each() {
    let coding: Vec<Value> =
        (0..20_000).map(|n| json!({"system": "urn:x", "code": (n % 10_000).to_string()})).collect();
    let resource = Resource::from_value(json!({"resourceType": "Observation", "code": {"coding": coding}})).unwrap();
    let own = extract(&resource).into_iter().filter(|entry| entry.param.code == "code").count();
    assert_eq!(own, 10_000);
}
