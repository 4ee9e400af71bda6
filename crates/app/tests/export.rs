//! Out and in again; what a cap keeps inside; what is refused.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use app::export::{Ask, Format, Report};
use confidentiality::{Level, Purpose};
use fhir::ResourceType;
use serde_json::json;
use std::path::Path;
use support::{World, all, counts};

/// A person with an ordinary, a sensitive and a very sensitive item, and their doctor.
async fn world() -> World {
    let world = World::new().await;
    let condition = |id: &str, code: &str| {
        json!({"resource": {"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/p"},
            "recordedDate": "2026-01-02", "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]}},
            "request": {"method": "POST", "url": "Condition"}})
    };
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "name": [{"family": "Quéméner"}],
            "generalPractitioner": [{"reference": "Practitioner/d"}]}, "request": {"method": "POST", "url": "Patient"}},
        {"resource": {"resourceType": "Practitioner", "id": "d"}, "request": {"method": "POST", "url": "Practitioner"}},
        {"resource": {"resourceType": "Practitioner", "id": "other"}, "request": {"method": "POST", "url": "Practitioner"}},
        condition("ordinary", "I10"), condition("sensitive", "F32.2"), condition("very", "B24")]});
    let report = world.import_text("in.json", &bundle.to_string()).await;
    assert_eq!(counts(&report), [6, 0, 0, 0, 0], "{:?}", report.issues);
    world
}

fn ask(out: &Path, format: Format) -> Ask {
    Ask { out: out.to_owned(), format, person: None, max_level: Level::Sensitive, purpose: None, reason: None }
}

async fn export(world: &World, ask: &Ask) -> Result<Report, app::Error> {
    app::export::run(&world.app, "test", ask, &|_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_in_equal_in_every_form() {
    let world = world().await;
    for (name, format) in [("ndjson", Format::Ndjson), ("one.json", Format::Bundle), ("tddui.json", Format::Tddui)] {
        let out = world.folder.path().join(name);
        let report = export(&world, &ask(&out, format)).await.unwrap();
        assert_eq!((report.exported, report.not_exported), (5, 1), "{name}");
        let other = World::new().await;
        let back = other.import(&[out]).await;
        assert_eq!(counts(&back), [5, 0, 0, 0, 0], "{name}: {:?}", back.issues);
        for kind in [ResourceType::PATIENT, ResourceType::PRACTITIONER, ResourceType::CONDITION] {
            for here in all(&other.operator(), kind).await {
                let id = here.resource.id().unwrap();
                let there = app::records::read(&world.operator(), kind, id).await.unwrap();
                let same = fhir::equality::semantic(&there.resource.value(), &here.resource.value(), &|_| None);
                assert_eq!((same, here.level), (Ok(()), there.level), "{name}: {kind}/{id}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_record_takes_along_whom_it_names_and_level_4_needs_a_purpose() {
    let world = world().await;
    let record = |name: &str, max_level, purpose| Ask {
        person: Some("p".into()),
        max_level,
        purpose,
        ..ask(&world.folder.path().join(name), Format::Bundle)
    };
    let report = export(&world, &record("three.json", Level::Sensitive, None)).await.unwrap();
    assert_eq!((report.exported, report.not_exported), (4, 1));
    assert!(export(&world, &record("four.json", Level::VerySensitive, None)).await.is_err());
    let report = export(&world, &record("four.json", Level::VerySensitive, Some(Purpose::Api))).await.unwrap();
    assert_eq!((report.exported, report.not_exported), (5, 0));
    let everyone = Ask { person: None, ..record("all.json", Level::VerySensitive, Some(Purpose::Api)) };
    assert!(export(&world, &everyone).await.is_err());
    let nobody = Ask { person: Some("nobody".into()), ..record("none.json", Level::Sensitive, None) };
    assert!(matches!(export(&world, &nobody).await, Err(app::Error::Store(store::Error::Absent))));
    // A person who is above the cap is not nobody.
    let above = export(&world, &record("zero.json", Level::Open, None)).await;
    assert!(matches!(above, Err(app::Error::Store(store::Error::Invalid(_)))), "{above:?}");
    let left: Vec<_> = std::fs::read_dir(world.folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name == "none.json" || name.to_string_lossy().contains("partiel")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over() {
    let world = world().await;
    let out = world.write("kept.json", "precious");
    let refused = export(&world, &ask(&out, Format::Bundle)).await;
    assert!(matches!(refused, Err(app::Error::Store(store::Error::Invalid(_)))), "{refused:?}");
    assert_eq!(std::fs::read_to_string(out).unwrap(), "precious");
}

/// Where the reference under this key of the only resource of a type leads, as an export of the whole store says it.
fn reference(out: &Path, file: &str, key: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(out.join(file)).unwrap();
    let resource: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    resource[key].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_here_leaves_as_it_is_and_what_is_hidden_or_gone_does_not() {
    let very = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"});
    let hidden = json!({"resourceType": "Group", "id": "hidden", "type": "person", "actual": true, "meta": {"security": [very]}});
    let mut gone = hidden.clone();
    gone["id"] = json!("gone");
    let says = |reference: &str| {
        json!({"resourceType": "Basic", "id": "b", "code": {"text": "x"},
            "subject": {"reference": reference, "display": "Dit", "identifier": {"value": "7"}}})
    };
    for (target, kept) in
        [("Group/never", true), ("Patient/never", true), ("Group/hidden", false), ("Group/gone", false)]
    {
        let world = World::new().await;
        let lines = format!("{hidden}\n{gone}\n{}", says(target));
        assert_eq!(world.import_text("1.ndjson", &lines).await.created, 3);
        let kind = ResourceType::parse("Group").unwrap();
        app::records::delete(&world.operator(), kind, "gone", None).await.unwrap();
        let out = world.folder.path().join("out");
        export(&world, &ask(&out, Format::Ndjson)).await.unwrap();
        let said = reference(&out, "Basic.ndjson", "subject");
        let expected = says(target)["subject"].clone();
        assert_eq!(said == expected, kept, "{target}: {said}");
        assert_eq!(said.to_string().contains("masked"), !kept, "{target}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_leaves_can_come_in() {
    let world = World::new().await;
    let entries = json!([{"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Observation", "id": "o", "status": "final",
        "code": {"text": "pouls"}, "subject": {"reference": "urn:uuid:1", "display": "Elle"}}}]);
    let text = json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string();
    assert_eq!(counts(&world.import_text("in.json", &text).await), [1, 0, 0, 0, 0]);
    let out = world.folder.path().join("tddui.json");
    export(&world, &ask(&out, Format::Tddui)).await.unwrap();
    let other = World::new().await;
    let back = other.import(&[out]).await;
    assert_eq!((counts(&back), back.issues.len()), ([1, 0, 0, 0, 0], 0), "{:?}", back.issues);
    let here = all(&other.operator(), ResourceType::OBSERVATION).await;
    let subject = json!({"display": "Elle", "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}});
    assert_eq!(here[0].resource.get(&["subject"]), Some(&subject));
    assert!(!here[0].person.is_zero(), "it is still about somebody");
}
