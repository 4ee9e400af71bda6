//! What comes back, comes in parts or comes beside another's: found for what it is, and never for somebody else's.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use app::export::{Ask, Format};
use confidentiality::Level;
use fhir::ResourceType;
use serde_json::{Value, json};
use support::{World, all, counts};

fn patient(id: &str, family: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": family}]})
}

fn observation(id: &str, subject: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": subject},
        "code": {"text": "pouls"}})
}

fn sourced(mut resource: Value, source: &str) -> Value {
    resource["meta"] = json!({"source": source});
    resource
}

fn bundle(entries: &[Value]) -> String {
    let on_b = |resource: &Value| {
        let url = format!(
            "http://b.org/fhir/{}/{}",
            resource["resourceType"].as_str().unwrap(),
            resource["id"].as_str().unwrap()
        );
        json!({"fullUrl": url, "resource": resource})
    };
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries.iter().map(on_b).collect::<Vec<_>>()})
        .to_string()
}

/// Who the subject of each observation is, in the order of their ids; what is written, of whoever is not here.
async fn subjects(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for version in all(&world.operator(), ResourceType::OBSERVATION).await {
        let said = version.resource.str_at(&["subject", "reference"]).unwrap().to_owned();
        let known = match fhir::refs::local(&said) {
            Some((kind, id)) => app::records::read(&world.operator(), kind, &id).await.ok(),
            None => None,
        };
        let name = known
            .map_or(said, |known| known.resource.get(&["name"]).unwrap()[0]["family"].as_str().unwrap().to_owned());
        found.push((version.resource.id().unwrap().to_owned(), name));
    }
    found.sort();
    found.into_iter().map(|(_, name)| name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_with_its_servers_address_is_not_filed_with_somebody_by_itself() {
    let world = World::new().await;
    let alone = world.import_text("1.json", &bundle(&[observation("9", "Patient/1")])).await;
    assert_eq!(counts(&alone), [1, 0, 0, 0, 0]);
    let mut newer = observation("9", "Patient/1");
    newer["note"] = json!([{"text": "n"}]);
    let report = world.import_text("2.json", &bundle(&[newer, patient("1", "DeB")])).await;
    assert_eq!(counts(&report), [1, 0, 0, 1, 0], "{:?}", report.issues);
    assert!(report.issues[0].text.contains("adresse"), "{:?}", report.issues);
    assert_eq!(subjects(&world).await, ["http://b.org/fhir/Patient/1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_another_source_awaits_is_given_up_and_said() {
    let world = World::new().await;
    world.import_text("1.ndjson", &sourced(observation("9", "Patient/1"), "http://a").to_string()).await;
    let report = world.import_text("2.ndjson", &sourced(patient("1", "DeB"), "http://b").to_string()).await;
    assert_eq!(counts(&report), [1, 0, 0, 0, 0]);
    assert_eq!(report.issues.iter().map(|issue| issue.code).collect::<Vec<_>>(), ["informational"]);
    assert!(report.issues[0].text.contains("attendu"), "{:?}", report.issues);
    assert_eq!(subjects(&world).await, ["Patient/1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_source_awaits_is_not_another_ones() {
    let document = json!({"resourceType": "DocumentReference", "id": "d", "status": "current",
        "content": [{"attachment": {"url": "Binary/1"}}]});
    let file = json!({"resourceType": "Binary", "id": "1", "contentType": "text/plain", "data": "QQ=="});
    for (source, is_theirs) in [("http://a", true), ("http://b", false)] {
        let world = World::new().await;
        world.import_text("1.ndjson", &sourced(document.clone(), "http://a").to_string()).await;
        let report = world.import_text("2.ndjson", &sourced(file.clone(), source).to_string()).await;
        assert_eq!((counts(&report), report.issues.is_empty()), ([1, 0, 0, 0, 0], is_theirs), "{:?}", report.issues);
        let found = app::records::read(&world.operator(), ResourceType::BINARY, "1").await;
        assert_eq!(found.is_ok(), is_theirs, "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_file_of_lines_is_cut_decides_nothing() {
    let filler =
        |from: usize| (from..from + 600).map(|at| patient(&format!("f{at}"), &format!("F{at}"))).collect::<Vec<_>>();
    let (of_a, of_b) = (sourced(patient("1", "DeA"), "http://a"), sourced(patient("1", "DeB"), "http://b"));
    let said = sourced(observation("9", "Patient/1"), "http://c");
    let near = [vec![of_a.clone(), said.clone(), of_b.clone()], filler(0)].concat();
    let far = [vec![of_a.clone(), said.clone()], filler(0), vec![of_b.clone()]].concat();
    for lines in [near, far] {
        let world = World::new().await;
        let report =
            world.import_text("1.ndjson", &lines.iter().map(|line| format!("{line}\n")).collect::<String>()).await;
        assert_eq!(counts(&report), [602, 0, 0, 0, 1], "{:?}", report.issues);
    }
    // One that an earlier import brought under the name, too.
    let near = [vec![of_a.clone(), said.clone()], filler(0)].concat();
    let far = [vec![said.clone()], filler(0), vec![of_a.clone()]].concat();
    for lines in [near, far] {
        let world = World::new().await;
        world.import_text("0.ndjson", &sourced(patient("1", "DeC"), "http://c").to_string()).await;
        let report =
            world.import_text("1.ndjson", &lines.iter().map(|line| format!("{line}\n")).collect::<String>()).await;
        assert_eq!(counts(&report), [601, 0, 0, 0, 1], "{:?}", report.issues);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_of_a_store_and_comes_back_is_there_already() {
    let world = World::new().await;
    let (cx, mut ids) = (world.operator(), Vec::new());
    for resource in [
        json!({"resourceType": "Patient", "name": [{"family": "Ici"}]}),
        json!({"resourceType": "Practitioner", "active": true}),
    ] {
        let made = app::records::create(&cx, fhir::Resource::from_value(resource).unwrap(), None).await.unwrap();
        ids.push(made.id);
    }
    let about = observation("x", &format!("Patient/{}", ids[0]));
    app::records::create(&cx, fhir::Resource::from_value(about).unwrap(), None).await.unwrap();
    world
        .import_text(
            "1.ndjson",
            &sourced(observation("9", "urn:uuid:6f0b5f6e-5a5e-4a5c-8b0e-6f1f5f0f5a5e"), "http://a").to_string(),
        )
        .await;
    for (name, format) in [("ndjson", Format::Ndjson), ("one.json", Format::Bundle), ("tddui.json", Format::Tddui)] {
        let out = world.folder.path().join(name);
        let ask =
            Ask { out: out.clone(), format, person: None, max_level: Level::Sensitive, purpose: None, reason: None };
        assert_eq!(app::export::run(&world.app, "test", &ask, &|_| {}).await.unwrap().exported, 4, "{name}");
        let report = world.import(&[out]).await;
        assert_eq!(
            (counts(&report)[0], counts(&report)[2]),
            (0, 4),
            "{name}: {:?} {:?}",
            counts(&report),
            report.issues
        );
        assert_eq!(all(&cx, ResourceType::OBSERVATION).await.len(), 2, "{name}");
    }
    // What has been changed since is left for a person.
    let id = &ids[0];
    let changed = json!({"resourceType": "Patient", "id": id, "name": [{"family": "Ailleurs"}]});
    app::records::update(&cx, fhir::Resource::from_value(changed).unwrap(), None).await.unwrap();
    for name in ["ndjson", "one.json"] {
        let report = world.import(&[world.folder.path().join(name)]).await;
        assert_eq!(counts(&report)[0], 0, "{name}: {:?}", report.issues);
        let here = app::records::read(&cx, ResourceType::PATIENT, id).await.unwrap();
        assert_eq!(here.resource.get(&["name"]).unwrap()[0]["family"], "Ailleurs", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_before_does_not_put_back_what_a_later_import_brought() {
    let world = World::new().await;
    world.import_text("1.json", &bundle(&[patient("1", "Avant")])).await;
    let out = world.folder.path().join("avant.json");
    let format = Format::Bundle;
    let ask = Ask { out: out.clone(), format, person: None, max_level: Level::Sensitive, purpose: None, reason: None };
    app::export::run(&world.app, "test", &ask, &|_| {}).await.unwrap();
    let newer = world.import_text("2.json", &bundle(&[patient("1", "Après")])).await;
    assert_eq!(counts(&newer)[1], 1, "{:?}", newer.issues);
    let report = world.import(&[out]).await;
    assert_eq!((counts(&report)[0], counts(&report)[1]), (0, 0), "{:?}", report.issues);
    let [here] = &all(&world.operator(), ResourceType::PATIENT).await[..] else { panic!("one person") };
    assert_eq!(here.resource.get(&["name"]).unwrap()[0]["family"], "Après");
}
