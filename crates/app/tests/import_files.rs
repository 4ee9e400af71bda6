//! What of files is imported, what is passed over, and what is said of either.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use fhir::ResourceType;
use serde_json::{Value, json};
use support::{World, all, counts};

fn patient(id: &str, version: u32, city: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "meta": {"versionId": version.to_string()}, "name": [{"family": "Une"}],
        "address": [{"city": city}]})
}

async fn city(world: &World) -> String {
    let found = all(&world.operator(), ResourceType::PATIENT).await;
    assert_eq!(found.len(), 1);
    found[0].resource.get(&["address"]).unwrap()[0]["city"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_versions_in_one_file_the_newer_counts() {
    for (first, second) in [((1, "Brest"), (2, "Quimper")), ((2, "Quimper"), (1, "Brest"))] {
        let pair = [patient("p", first.0, first.1), patient("p", second.0, second.1)];
        let lines = format!("{}\n{}", pair[0], pair[1]);
        let entries: Vec<Value> = pair.iter().map(|resource| json!({ "resource": resource })).collect();
        let collection = json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string();
        for (name, text) in [("1.ndjson", lines), ("1.json", collection)] {
            let world = World::new().await;
            let report = world.import_text(name, &text).await;
            assert_eq!(counts(&report), [1, 0, 1, 0, 0], "{name}: {:?}", report.issues);
            assert_eq!(city(&world).await, "Quimper");
            let again = world.import_text(name, &text).await;
            assert_eq!(counts(&again), [0, 0, 2, 0, 0], "{name}: {:?}", again.issues);
        }
    }
    // Nothing says which is newer.
    let world = World::new().await;
    let lines = format!("{}\n{}", patient("p", 1, "Brest"), patient("p", 1, "Quimper"));
    assert_eq!(counts(&world.import_text("1.ndjson", &lines).await), [1, 0, 0, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_of_a_search_is_not_a_resource_it_found() {
    let world = World::new().await;
    let outcome =
        json!({"resourceType": "OperationOutcome", "id": "oo", "issue": [{"severity": "warning", "code": "value"}]});
    let entries = json!([{"resource": patient("p", 1, "Brest"), "search": {"mode": "match"}},
        {"resource": outcome, "search": {"mode": "outcome"}}]);
    let text = json!({"resourceType": "Bundle", "type": "searchset", "entry": entries}).to_string();
    let report = world.import_text("1.json", &text).await;
    assert_eq!(counts(&report), [1, 0, 0, 0, 0]);
    let said: Vec<_> = report.issues.iter().map(|line| (line.severity, line.entry)).collect();
    assert_eq!(said, [("information", Some(1))]);
    assert!(all(&world.operator(), ResourceType::parse("OperationOutcome").unwrap()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_names_what_it_passes_over_and_leaves_hidden_files() {
    let world = World::new().await;
    let folder = world.folder.path().join("in");
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    for name in ["1.json", "._1.json", ".git/2.json", "old.xml", "more.ndjson.gz"] {
        std::fs::write(folder.join(name), patient("p", 1, "Brest").to_string()).unwrap();
    }
    let report = world.import(&[folder]).await;
    assert_eq!(counts(&report), [1, 0, 0, 0, 0]);
    let said: Vec<_> =
        report.issues.iter().map(|line| (line.severity, line.file.rsplit('/').next().unwrap())).collect();
    assert_eq!(said, [("information", "more.ndjson.gz"), ("information", "old.xml")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_passed_over_makes_none_readable() {
    let world = World::new().await;
    let folder = world.folder.path().join("in");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("1.json"), "<Patient/>").unwrap();
    std::fs::write(folder.join("2.xml"), "<Patient/>").unwrap();
    let report = world.import(&[folder]).await;
    assert!(
        report.is_unreadable() && report.issues.iter().any(|line| line.text.contains("XML")),
        "{:?}",
        report.issues
    );
}

/// Counts of a dry run and of the real one after it.
async fn dry_and_real(paths: &[std::path::PathBuf]) -> [app::import::Report; 2] {
    let world = World::new().await;
    let dry = app::import::run(&world.operator(), &support::inputs(paths), true, &|_| {}).await.unwrap();
    [dry, world.import(paths).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_counts_what_the_real_one_does() {
    let world = World::new().await;
    let known = |city: &str| {
        let mut known = patient("x", 1, city);
        known["identifier"] = json!([{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "7"}]);
        json!({"resourceType": "Bundle", "type": "collection",
            "entry": [{"fullUrl": format!("http://{city}/fhir/Patient/x"), "resource": known}]})
    };
    let said = json!({"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "pouls"},
        "subject": {"reference": "Patient/p"}});
    let sets = [
        vec![patient("p", 1, "Brest"), patient("p", 1, "Brest")],
        vec![patient("p", 1, "Brest"), patient("p", 2, "Quimper")],
        vec![patient("p", 2, "Brest"), patient("p", 1, "Quimper")],
        vec![said, patient("p", 1, "Brest"), patient("p", 1, "Brest")],
        vec![known("brest"), known("brest"), known("quimper")],
    ];
    for (number, set) in sets.iter().enumerate() {
        let write = |(at, one): (usize, &Value)| world.write(&format!("{number}-{at}.json"), &one.to_string());
        let paths: Vec<_> = set.iter().enumerate().map(write).collect();
        let [dry, real] = dry_and_real(&paths).await;
        assert_eq!((counts(&dry), dry.issues), (counts(&real), real.issues), "set {number}");
    }
    let Some(samples) = support::samples() else { return };
    let [dry, real] = dry_and_real(&[samples.join("fhir-dui/sas/examples")]).await;
    assert_eq!((counts(&dry), dry.issues), (counts(&real), real.issues));
}
