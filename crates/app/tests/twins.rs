//! The same person twice in one file is one person, as in two files.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use fhir::ResourceType;
use serde_json::{Value, json};
use support::{World, all};

fn person(id: &str, family: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "birthDate": "1940-02-03", "gender": "female",
        "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "240027501234567"}],
        "name": [{"family": family, "given": ["Odette"]}]})
}

fn weight(patient: &str, kilos: i64) -> Value {
    json!({"resourceType": "Observation", "id": format!("w{kilos}"), "status": "final", "code": {"text": "Poids"},
        "subject": {"reference": format!("Patient/{patient}")}, "valueQuantity": {"value": kilos, "unit": "kg"}})
}

fn lines(all: &[Value]) -> String {
    all.iter().map(|one| format!("{one}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_twice_in_a_file_of_lines_is_one() {
    let world = World::new().await;
    let text = lines(&[weight("n2", 61), person("n1", "Quéméner"), person("n2", "Quéméner"), weight("n1", 62)]);
    let report = world.import_text("same.ndjson", &text).await;
    assert_eq!((report.created, report.skipped, report.conflicts, report.refused), (3, 1, 0, 0), "{report:?}");
    let cx = world.operator();
    let (persons, weights) = (all(&cx, ResourceType::PATIENT).await, all(&cx, ResourceType::OBSERVATION).await);
    assert_eq!((persons.len(), weights.len()), (1, 2));
    assert!(weights.iter().all(|one| one.person == persons.first().unwrap().person));
    let again = world.import_text("same.ndjson", &text).await;
    assert_eq!((again.created, again.updated), (0, 0), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_under_one_number_are_left_to_a_person() {
    let world = World::new().await;
    let mut other = person("n2", "Le Dû");
    other["birthDate"] = json!("1951-01-01");
    let report = world.import_text("two.ndjson", &lines(&[person("n1", "Quéméner"), other])).await;
    assert_eq!((report.created, report.conflicts), (1, 1), "{report:?}");
    // So they are in a Bundle.
    let entry = |resource: Value| json!({"resource": resource, "request": {"method": "POST", "url": "Patient"}});
    let mut third = person("b3", "Tanguy");
    third["birthDate"] = json!("1951-01-01");
    let bundle = json!({"resourceType": "Bundle", "type": "transaction",
        "entry": [entry(person("b1", "Bellec")), entry(person("b2", "Bellec")), entry(third)]});
    let world = World::new().await;
    let report = world.import_text("two.json", &bundle.to_string()).await;
    assert_eq!((report.created, report.skipped, report.conflicts, report.refused), (1, 1, 1, 0), "{report:?}");
}
