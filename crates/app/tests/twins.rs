//! The same person twice in one file is one person, as in two files.

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

/// Brother and sister, known by the number of their household, and by their own.
fn sibling(id: &str, given: &str, born: &str, own: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "birthDate": born, "name": [{"family": "Quéméner", "given": [given]}],
        "identifier": [{"system": "urn:foyer", "value": "12"}, {"system": "urn:dossier", "value": own}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shares_a_number_with_somebody_is_not_them() {
    for own in [["a", "b"], ["same", "same"]] {
        let world = World::new().await;
        let (brother, sister) =
            (sibling("p1", "Léo", "2015-01-02", own[0]), sibling("p2", "Léa", "2017-03-04", own[1]));
        let text = lines(&[brother, weight("p1", 20), sister, weight("p2", 15)]);
        let report = world.import_text("two.ndjson", &text).await;
        assert_eq!((report.created, report.skipped, report.conflicts, report.refused), (4, 0, 0, 0), "{report:?}");
        assert_eq!(report.issues.iter().filter(|issue| issue.code == "duplicate").count(), 1, "it is said");
        let weights = all(&world.operator(), ResourceType::OBSERVATION).await;
        assert_ne!(weights[0].person, weights[1].person);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_here_already_is_found_though_they_come_twice() {
    let world = World::new().await;
    world.import_text("first.ndjson", &lines(&[person("other", "Quéméner")])).await;
    let report = world.import_text("again.ndjson", &lines(&[person("n1", "Quéméner"), person("n2", "Quéméner")])).await;
    assert_eq!((report.created, report.skipped), (0, 2), "{report:?}");
    assert_eq!(all(&world.operator(), ResourceType::PATIENT).await.len(), 1);
}
