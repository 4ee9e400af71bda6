//! Where a program of the whole legal entity writes: where the person is, or where it says it was made.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::{Cx, Origin, records, transaction};
use confidentiality::{Actor, Level, Place, Purpose};
use fhir::ResourceType;
use serde_json::{Value, json};
use store::{FOREVER, Post};
use support::{World, resource};

/// The operator, who works nowhere.
fn anywhere(world: &World) -> Cx {
    Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default())
}

async fn create(cx: &Cx, value: Value) -> String {
    records::create(cx, resource(value), None).await.unwrap().id
}

async fn place(cx: &Cx, kind: ResourceType, id: &str) -> Place {
    records::read(cx, kind, id).await.unwrap().place
}

fn weight(patient: &str) -> Value {
    json!({"resourceType": "Observation", "status": "final", "code": {"text": "Poids"},
        "subject": {"reference": patient}, "valueQuantity": {"value": 61, "unit": "kg"}})
}

/// The addiction centre, as an Organization known by its FINESS number.
fn centre() -> Value {
    json!({"resourceType": "Organization", "name": "Le Passage",
        "identifier": [{"system": "https://finess.esante.gouv.fr", "value": "990000041"}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_somebody_is_where_they_are() {
    let world = World::new().await;
    let cx = anywhere(&world);
    let centre = create(&cx, centre()).await;
    let managing = json!({"reference": format!("Organization/{centre}")});
    let patient = json!({"resourceType": "Patient", "name": [{"family": "Delime"}], "managingOrganization": managing});
    let there = create(&cx, patient).await;
    assert_eq!(place(&cx, ResourceType::PATIENT, &there).await, world.second);
    let here = create(&cx, json!({"resourceType": "Patient", "name": [{"family": "Quéméner"}]})).await;
    assert_eq!(place(&cx, ResourceType::PATIENT, &here).await, world.first);
    let same = |id: &str| weight(&format!("Patient/{id}"));
    let (at_centre, at_first) = (create(&cx, same(&there)).await, create(&cx, same(&here)).await);
    assert_eq!(place(&cx, ResourceType::OBSERVATION, &at_centre).await, world.second);
    assert_eq!(place(&cx, ResourceType::OBSERVATION, &at_first).await, world.first);
    // Whoever arrives belongs to everybody of their establishment, and a program of the other sees nothing of them.
    let program = world.program(60, Some(world.first), Level::Standard).await;
    assert!(records::read(&program, ResourceType::OBSERVATION, &at_centre).await.is_err());
    assert!(records::read(&program, ResourceType::OBSERVATION, &at_first).await.is_ok());
    let store = world.app.store();
    for (actor, place) in [(61, world.first), (62, world.second)] {
        let (actor, unit) = (Actor::new(actor), store::everybody(place));
        let post = Post { actor, place, unit, persona: "ide".to_owned(), starts: 0, ends: FOREVER };
        store.add_post(world.app.tenant(), post).await.unwrap();
    }
    let bonds = store.bonds(world.app.tenant(), person(&cx, &there).await).await.unwrap();
    assert_eq!(bonds.iter().map(|bond| bond.actor.value()).collect::<Vec<_>>(), [62]);
}

async fn person(cx: &Cx, patient: &str) -> confidentiality::Person {
    records::read(cx, ResourceType::PATIENT, patient).await.unwrap().person
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_together_is_followed_and_what_says_where_is_believed() {
    let world = World::new().await;
    let cx = anywhere(&world);
    let entry = |url: &str, resource: Value| {
        let kind = resource["resourceType"].clone();
        json!({"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": kind}})
    };
    let stay = json!({"resourceType": "Encounter", "status": "in-progress", "class": {"code": "IMP"},
        "subject": {"reference": "urn:uuid:0d0b4d2e-5f5c-4d0e-9d1c-000000000002"},
        "serviceProvider": {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "990000025"}}});
    let urn = |n: u8| format!("urn:uuid:0d0b4d2e-5f5c-4d0e-9d1c-00000000000{n}");
    let patient = json!({"resourceType": "Patient", "name": [{"family": "Bellec"}],
        "managingOrganization": {"reference": urn(1)}});
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        entry(&urn(3), weight(&urn(2))), entry(&urn(4), stay), entry(&urn(2), patient), entry(&urn(1), centre())]});
    let bundle = fhir::bundle::parse(&resource(bundle)).unwrap();
    let all = transaction::All::read(&cx, bundle.entries, false).await.unwrap();
    let written = transaction::process(&cx, &all).await.unwrap();
    let mut places = Vec::new();
    for outcome in &written {
        let transaction::Outcome::Written(one) = outcome else { panic!("{outcome:?}") };
        places.push(place(&cx, one.kind, &one.id).await);
    }
    assert_eq!(places, [world.second, world.first, world.second, world.first]);
    // A version says no more where it is: it stays there.
    let transaction::Outcome::Written(observation) = written.first().unwrap() else { panic!("not written") };
    let again = records::read(&cx, ResourceType::OBSERVATION, &observation.id).await.unwrap().resource;
    records::update(&cx, again, None).await.unwrap();
    assert_eq!(place(&cx, ResourceType::OBSERVATION, &observation.id).await, world.second);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_where_their_persons_are() {
    let world = World::new().await;
    let urn = |n: u8| format!("urn:uuid:0d0b4d2e-5f5c-4d0e-9d1c-0000000000a{n}");
    let national = json!([{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "1990000041"}]);
    let patient = json!({"resourceType": "Patient", "name": [{"family": "Bellec"}],
        "managingOrganization": {"identifier": national[0]}});
    let entry = |n: u8, resource: Value| json!({"fullUrl": urn(n), "resource": resource});
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [entry(1, weight(&urn(2))), entry(2, patient)]});
    let path = world.write("all.json", &bundle.to_string());
    let report = app::import::run(&anywhere(&world), &[path.into()], false, &|_| {}).await.unwrap();
    assert_eq!((report.created, report.refused), (2, 0), "{report:?}");
    for kind in [ResourceType::PATIENT, ResourceType::OBSERVATION] {
        let found = support::all(&anywhere(&world), kind).await;
        assert!(found.len() == 1 && found.iter().all(|one| one.place == world.second), "{kind}");
    }
}
