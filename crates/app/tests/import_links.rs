//! Where the links of what is imported lead: to their own source, to their own files, never to another's by accident of ids.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use app::import::Report;
use confidentiality::{Level, Place, Purpose};
use fhir::ResourceType;
use serde_json::{Value, json};
use support::{World, all, counts, inputs};

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

fn bundle(kind: &str, entries: &[(&str, Value)]) -> String {
    let entries: Vec<Value> = entries
        .iter()
        .map(|(url, resource)| match *url {
            "" => json!({ "resource": resource }),
            _ => json!({"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": "x"}}),
        })
        .collect();
    json!({"resourceType": "Bundle", "type": kind, "entry": entries}).to_string()
}

/// Where the subject of the only observation leads.
async fn subject(world: &World) -> String {
    let found = all(&world.operator(), ResourceType::OBSERVATION).await;
    assert_eq!(found.len(), 1);
    found[0].resource.str_at(&["subject", "reference"]).unwrap().to_owned()
}

/// The name of whom an address here leads to; nobody's when it leads nowhere.
async fn name_behind(world: &World, address: &str) -> Option<String> {
    let (kind, id) = fhir::refs::local(address)?;
    let found = app::records::read(&world.operator(), kind, &id).await.ok()?;
    Some(found.resource.get(&["name"])?[0]["family"].as_str()?.to_owned())
}

async fn import_at(world: &World, place: Place, name: &str, text: &str) -> Report {
    let origin = app::Origin::default();
    let there = app::Cx::operator(&world.app, Some(place), Level::VerySensitive, Purpose::Api, origin);
    let path = world.write(name, text);
    app::import::run(&there, &inputs(&[path]), false, &|_| {}).await.unwrap()
}

const A: &str = "http://a.org/fhir/Patient/1";
const B: &str = "http://b.org/fhir/Observation/9";

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_of_one_server_never_becomes_a_person_of_another() {
    let of_a = [(A, patient("1", "DeA"))];
    let of_b = [(B, observation("9", "Patient/1"))];
    let both = [of_a[0].clone(), of_b[0].clone()];
    let orders: [&[&[(&str, Value)]]; 3] = [&[&both], &[&of_b, &of_a], &[&of_a, &of_b]];
    for (number, order) in orders.iter().enumerate() {
        let world = World::new().await;
        for (at, entries) in order.iter().enumerate() {
            let report = world.import_text(&format!("{at}.json"), &bundle("collection", entries)).await;
            assert_eq!(report.refused + report.conflicts, 0, "{number}: {:?}", report.issues);
        }
        assert_eq!(subject(&world).await, "http://b.org/fhir/Patient/1", "order {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_person_of_its_own_place_does_not_get_one_of_another() {
    let world = World::new().await;
    let waits = observation("9", "Patient/1").to_string();
    assert_eq!(counts(&import_at(&world, world.second, "1.ndjson", &waits).await), [1, 0, 0, 0, 0]);
    let other = patient("1", "DeA").to_string();
    assert_eq!(counts(&import_at(&world, world.first, "2.ndjson", &other).await), [1, 0, 0, 0, 0]);
    let leads_to = subject(&world).await;
    assert_eq!(name_behind(&world, &leads_to).await, None, "{leads_to}");
    // Nor one of another source at the same place.
    let named = sourced(patient("1", "DeC"), "http://c.org").to_string();
    assert_eq!(counts(&import_at(&world, world.second, "3.ndjson", &named).await), [1, 0, 0, 0, 0]);
    assert_eq!(name_behind(&world, &leads_to).await, None, "{leads_to}");
    // Their own comes in the end.
    let own = patient("1", "DeB").to_string();
    assert_eq!(counts(&import_at(&world, world.second, "4.ndjson", &own).await), [1, 0, 0, 0, 0]);
    assert_eq!(name_behind(&world, &leads_to).await.as_deref(), Some("DeB"), "{leads_to}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_be_either_of_two_in_its_file_is_refused() {
    let world = World::new().await;
    let entries = [
        ("", sourced(patient("1", "DeA"), "http://a")),
        ("", sourced(patient("1", "DeB"), "http://b")),
        ("", observation("9", "Patient/1")),
        ("", sourced(observation("8", "Patient/1"), "http://b")),
    ];
    let report = world.import_text("1.json", &bundle("collection", &entries)).await;
    assert_eq!(counts(&report), [3, 0, 0, 0, 1], "{:?}", report.issues);
    assert_eq!(report.issues[0].code, "multiple-matches");
    assert_eq!(name_behind(&world, &subject(&world).await).await.as_deref(), Some("DeB"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_resource_once_came_from_does_not_part_it_from_its_file() {
    let (person, said) = (sourced(patient("100", "Une"), "http://src"), observation("9", "Patient/100"));
    let elsewhere = sourced(said.clone(), "http://srcB");
    for (name, said) in [("none", said), ("other", elsewhere)] {
        let world = World::new().await;
        let text = bundle("collection", &[("", said.clone()), ("", person.clone())]);
        let report = world.import_text("1.json", &text).await;
        assert_eq!((counts(&report), report.issues.len()), ([2, 0, 0, 0, 0], 0), "{name}: {:?}", report.issues);
        let leads_to = subject(&world).await;
        assert_eq!(name_behind(&world, &leads_to).await.as_deref(), Some("Une"), "{name}");
        let world = World::new().await;
        // Somebody of the place, from an earlier import, is not meant.
        world.import_text("before.ndjson", &patient("100", "Autre").to_string()).await;
        let folder = world.folder.path().join("out");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("Observation.ndjson"), said.to_string()).unwrap();
        std::fs::write(folder.join("Patient.ndjson"), person.to_string()).unwrap();
        let one_by_one = [folder.join("Observation.ndjson"), folder.join("Patient.ndjson")];
        let report = world.import(&one_by_one).await;
        assert_eq!((counts(&report), report.issues.len()), ([2, 0, 0, 0, 0], 0), "{name}: {:?}", report.issues);
        assert_eq!(counts(&world.import(&[folder]).await), [0, 0, 2, 0, 0], "{name}");
        assert_eq!(name_behind(&world, &subject(&world).await).await.as_deref(), Some("Une"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_named_apart_with_sources_of_their_own_do_not_mix() {
    let world = World::new().await;
    let paths = [
        world.write("a.json", &sourced(patient("1", "DeA"), "http://a").to_string()),
        world.write("b.json", &sourced(observation("9", "Patient/1"), "http://b").to_string()),
    ];
    let report = world.import(&paths).await;
    assert_eq!(counts(&report), [1, 0, 0, 0, 1], "{:?}", report.issues);
}

fn file(id: &str, text: &str) -> Value {
    json!({"resourceType": "Binary", "id": id, "contentType": "text/plain", "data": text})
}

fn document(id: &str, url: &str) -> Value {
    json!({"resourceType": "DocumentReference", "id": id, "status": "current", "content": [{"attachment": {"url": url}}]})
}

/// What the attachment of each document holds, in the order of the documents' ids.
async fn attached(world: &World) -> Vec<String> {
    let kind = ResourceType::parse("DocumentReference").unwrap();
    let mut found = Vec::new();
    for version in all(&world.operator(), kind).await {
        let url = version.resource.get(&["content"]).unwrap()[0]["attachment"]["url"].as_str().unwrap().to_owned();
        let data = match fhir::refs::local(&url) {
            Some((kind, id)) => {
                let file = app::records::read(&world.operator(), kind, &id).await.unwrap();
                file.resource.str_at(&["data"]).unwrap().to_owned()
            }
            None => url,
        };
        found.push((version.resource.id().unwrap().to_owned(), data));
    }
    found.sort();
    found.into_iter().map(|(_, data)| data).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_lead_to_the_files_that_come_with_them() {
    for kind in ["transaction", "batch", "collection"] {
        for url in ["urn:uuid:aaaaaaaa-0000-4000-8000-000000000002", "http://ex.org/fhir/Binary/b1"] {
            let world = World::new().await;
            let entries = [(url, file("b1", "SGVsbG8=")), ("urn:uuid:3", document("d", url))];
            let report = world.import_text("1.json", &bundle(kind, &entries)).await;
            assert_eq!(counts(&report), [2, 0, 0, 0, 0], "{kind} {url}: {:?}", report.issues);
            assert_eq!(attached(&world).await, ["SGVsbG8="], "{kind} {url}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_follow_their_own_source() {
    let world = World::new().await;
    let entries = [
        ("http://a.org/fhir/DocumentReference/1", document("1", "Binary/b")),
        ("http://b.org/fhir/DocumentReference/2", document("2", "Binary/b")),
        ("http://c.org/fhir/DocumentReference/3", document("3", "Binary/b")),
    ];
    let files = [("http://a.org/fhir/Binary/b", file("b", "QQ==")), ("http://b.org/fhir/Binary/b", file("b", "Qg=="))];
    let paths =
        [world.write("1.json", &bundle("collection", &entries)), world.write("2.json", &bundle("collection", &files))];
    assert_eq!(counts(&world.import(&paths).await), [5, 0, 0, 0, 0]);
    assert_eq!(attached(&world).await, ["QQ==", "Qg==", "http://c.org/fhir/Binary/b"]);
    // Of another place, under the same id: which file is meant is not known.
    let report = import_at(&world, world.second, "4.ndjson", &document("4", "Binary/b").to_string()).await;
    assert_eq!(counts(&report), [0, 0, 0, 0, 1], "{:?}", report.issues);
}

/// A version of another person does not stand for the first, and what is about either is not filed with the other.
#[tokio::test(flavor = "multi_thread")]
async fn two_persons_under_one_address_are_not_two_versions() {
    let versions = |families: [(&str, &str); 2]| {
        let lines = families.into_iter().zip(["1", "2"]).map(|((family, born), version)| {
            let mut patient = patient("1", family);
            patient["birthDate"] = json!(born);
            patient["meta"] = json!({"versionId": version});
            patient.to_string()
        });
        lines.chain([observation("9", "Patient/1").to_string()]).collect::<Vec<_>>().join("\n")
    };
    let world = World::new().await;
    let two = versions([("Le Goff", "1940-01-01"), ("Martin", "1950-02-02")]);
    let report = world.import_text("two.ndjson", &two).await;
    assert_eq!(counts(&report)[..2], [0, 0], "{:?}", report.issues);
    let world = World::new().await;
    let one = versions([("Le Goff", "1940-01-01"), ("Le Goff", "1940-01-02")]);
    let report = world.import_text("one.ndjson", &one).await;
    assert_eq!((counts(&report)[0], counts(&report)[4]), (2, 0), "{:?}", report.issues);
}
