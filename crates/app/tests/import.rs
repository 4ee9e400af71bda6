//! The rules of import: what comes again, what has changed, what cannot be taken.

mod support;

use app::import::Report;
use confidentiality::{Level, Purpose};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};
use support::{World, all, counts};

const INS: &str = "urn:oid:1.2.250.1.213.1.4.10";

fn patient(id: &str, ins: &str, city: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "identifier": [{"system": INS, "value": ins}],
        "name": [{"family": "Quéméner", "given": ["Odette"]}], "birthDate": "1938-03-07", "address": [{"city": city}]})
}

fn observation(id: &str, subject: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": subject},
        "code": {"text": "pouls"}})
}

fn bundle(kind: &str, entries: &[(&str, Value)]) -> String {
    let entries: Vec<Value> = entries
        .iter()
        .map(|(url, resource)| json!({"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": "x"}}))
        .collect();
    json!({"resourceType": "Bundle", "type": kind, "entry": entries}).to_string()
}

fn codes(report: &Report) -> Vec<(&str, &str)> {
    report.issues.iter().map(|line| (line.severity, line.code)).collect()
}

async fn city(world: &World) -> Option<String> {
    let found = all(&world.operator(), ResourceType::PATIENT).await;
    let city = |resource: &Resource| resource.get(&["address"])?.get(0)?.get("city")?.as_str().map(str::to_owned);
    assert_eq!(found.len(), 1);
    city(&found.first()?.resource)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_is_skipped_newer_is_a_version_older_is_left() {
    let world = World::new().await;
    let mut one = patient("p", "1", "Brest");
    one["meta"] = json!({"versionId": "2"});
    assert_eq!(counts(&world.import_text("a.json", &one.to_string()).await), [1, 0, 0, 0, 0]);
    assert_eq!(counts(&world.import_text("a.json", &one.to_string()).await), [0, 0, 1, 0, 0]);
    let mut newer = patient("p", "1", "Quimper");
    newer["meta"] = json!({"versionId": "3"});
    assert_eq!(counts(&world.import_text("b.json", &newer.to_string()).await), [0, 1, 0, 0, 0]);
    assert_eq!(city(&world).await.as_deref(), Some("Quimper"));
    let mut older = patient("p", "1", "Lorient");
    older["meta"] = json!({"versionId": "1"});
    let report = world.import_text("c.json", &older.to_string()).await;
    assert_eq!((counts(&report), codes(&report)), ([0, 0, 1, 0, 0], vec![("warning", "informational")]));
    assert_eq!(city(&world).await.as_deref(), Some("Quimper"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_here_is_left_for_a_person() {
    let world = World::new().await;
    world.import_text("a.json", &patient("p", "1", "Brest").to_string()).await;
    let ours = Resource::from_value(patient("p", "1", "Rennes")).unwrap();
    app::records::update(&world.operator(), ours, None).await.unwrap();
    assert_eq!(counts(&world.import_text("a.json", &patient("p", "1", "Brest").to_string()).await), [0, 0, 1, 0, 0]);
    let report = world.import_text("b.json", &patient("p", "1", "Quimper").to_string()).await;
    assert_eq!((counts(&report), codes(&report)), ([0, 0, 0, 1, 0], vec![("warning", "conflict")]));
    assert_eq!(city(&world).await.as_deref(), Some("Rennes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_source_is_matched_by_identifier_unless_identities_contradict() {
    let world = World::new().await;
    world.import_text("a.json", &bundle("collection", &[("urn:uuid:1", patient("p", "1", "Brest"))])).await;
    let again = bundle(
        "transaction",
        &[("urn:uuid:2", patient("other", "1", "Brest")), ("urn:uuid:3", observation("o", "urn:uuid:2"))],
    );
    // Nothing but the id differs, and the id is the source's own affair.
    assert_eq!(counts(&world.import_text("b.json", &again).await), [1, 0, 1, 0, 0]);
    assert_eq!(all(&world.operator(), ResourceType::PATIENT).await.len(), 1);
    let mut stranger = patient("third", "1", "Brest");
    stranger["birthDate"] = json!("1950-01-01");
    stranger["name"] = json!([{"family": "Martin"}]);
    let third = bundle("transaction", &[("urn:uuid:4", stranger), ("urn:uuid:5", observation("n", "urn:uuid:4"))]);
    let report = world.import_text("c.json", &third).await;
    assert_eq!(counts(&report), [0, 0, 0, 1, 1], "{:?}", report.issues);
    assert_eq!(all(&world.operator(), ResourceType::OBSERVATION).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_comes_whole_or_not_at_all_and_a_collection_as_far_as_it_goes() {
    let world = World::new().await;
    let entries = [("urn:uuid:1", patient("p", "1", "Brest")), ("urn:uuid:2", observation("o", "urn:uuid:nowhere"))];
    let report = world.import_text("a.json", &bundle("transaction", &entries)).await;
    assert_eq!(counts(&report), [0, 0, 0, 0, 2]);
    assert_eq!(report.issues[0].path.as_deref(), Some("Bundle.entry[1].resource.subject.reference"));
    assert_eq!(report.issues[0].entry, Some(1));
    let report = world.import_text("b.json", &bundle("collection", &entries)).await;
    assert_eq!((counts(&report), codes(&report)), ([2, 0, 0, 0, 0], vec![("warning", "not-found")]));
    let wrong = [("urn:uuid:7", json!({"resourceType": "Nope"})), ("urn:uuid:8", patient("q", "2", "Brest"))];
    assert_eq!(counts(&world.import_text("c.json", &bundle("transaction", &wrong)).await), [0, 0, 0, 0, 2]);
    assert_eq!(counts(&world.import_text("d.json", &bundle("collection", &wrong)).await), [1, 0, 0, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_is_refused_alone_with_its_number() {
    let world = World::new().await;
    let text =
        format!("{}\n\n{{\"resourceType\":\n[1]\n{}\n", observation("o", "Patient/p"), patient("p", "1", "Brest"));
    let report = world.import_text("a.ndjson", &text).await;
    assert_eq!(counts(&report), [2, 0, 0, 0, 2], "{:?}", report.issues);
    assert_eq!(report.issues.iter().map(|line| line.line).collect::<Vec<_>>(), [Some(3), Some(4)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_may_come_in_any_order_and_wrong_files_say_so() {
    let world = World::new().await;
    let paths = [
        world.write("1.ndjson", &observation("o", "Patient/7").to_string()),
        world.write("2.json", "%PDF-1.7"),
        world.write("3.ndjson", &patient("7", "1", "Brest").to_string()),
    ];
    let report = world.import(&paths).await;
    assert_eq!((counts(&report), codes(&report)), ([2, 0, 0, 0, 1], vec![("error", "structure")]));
    let missing = app::import::run(&world.operator(), &[world.folder.path().join("no")], false, &|_| {}).await;
    assert!(matches!(missing, Err(app::Error::File { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_two_sources_do_not_mix() {
    let world = World::new().await;
    world.import_text("a.ndjson", &patient("7", "1", "Brest").to_string()).await;
    let origin = app::Origin::default();
    let there = app::Cx::operator(&world.app, Some(world.second), Level::VerySensitive, Purpose::Api, origin);
    let path = world.write("b.ndjson", &observation("o", "Patient/7").to_string());
    let report = app::import::run(&there, &[path], false, &|_| {}).await.unwrap();
    assert_eq!((counts(&report), codes(&report)), ([0, 0, 0, 0, 1], vec![("error", "multiple-matches")]));
    let text = format!("{}\n{}", patient("7", "2", "Lannion"), observation("o", "Patient/7"));
    let path = world.write("c.ndjson", &text);
    let report = app::import::run(&there, &[path], false, &|_| {}).await.unwrap();
    assert_eq!(counts(&report), [2, 0, 0, 0, 0], "{:?}", report.issues);
    let found = all(&world.operator(), ResourceType::OBSERVATION).await;
    assert_ne!(found[0].resource.str_at(&["subject", "reference"]), Some("Patient/7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_counts_and_writes_nothing() {
    let world = World::new().await;
    let paths = [
        world.write("1.ndjson", &patient("p", "1", "Brest").to_string()),
        world.write("2.ndjson", &observation("o", "Patient/p").to_string()),
    ];
    let report = app::import::run(&world.operator(), &paths, true, &|_| {}).await.unwrap();
    assert_eq!((counts(&report), codes(&report)), ([2, 0, 0, 0, 0], vec![]));
    assert!(all(&world.operator(), ResourceType::PATIENT).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_files_comes_again_as_it_was_even_where_files_disagree() {
    let world = World::new().await;
    let doctor = |id: &str, city: &str| {
        json!({"resourceType": "Practitioner", "id": id, "address": [{"city": city}],
            "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810000000001"}]})
    };
    let paths = [
        world.write("1.json", &bundle("searchset", &[("https://there/fhir/Practitioner/a", doctor("a", "Brest"))])),
        // The same professional, word for word, from the place itself; then two other views of them.
        world.write("2.json", &doctor("a", "Brest").to_string()),
        world.write("3.json", &doctor("b", "Quimper").to_string()),
        world.write("4.json", &doctor("c", "Lorient").to_string()),
        // Two files give one address to two contents.
        world.write("5.json", &patient("p", "1", "Brest").to_string()),
        world.write("6.json", &patient("p", "1", "Vannes").to_string()),
    ];
    assert_eq!(counts(&world.import(&paths).await), [4, 1, 1, 0, 0]);
    let before = all(&world.operator(), ResourceType::PRACTITIONER).await.len();
    assert_eq!(counts(&world.import(&paths).await), [0, 0, 6, 0, 0]);
    assert_eq!(all(&world.operator(), ResourceType::PRACTITIONER).await.len(), before);
    assert_eq!(city(&world).await.as_deref(), Some("Vannes"));
}
