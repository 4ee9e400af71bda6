//! Out and in again; what a cap keeps inside; what is refused.

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
