//! Erasing a person takes two of those who answer for records.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::{StoreError, erasure, records};
use confidentiality::Refusal;
use fhir::ResourceType;
use serde_json::json;
use support::{PASSWORD, World};

async fn keep(world: &World, value: serde_json::Value) {
    let resource = fhir::Resource::from_value(value).unwrap();
    records::update(&world.operator(), resource, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_asks_and_another_erases() {
    let world = World::new().await;
    world.person(43, "idec").await;
    world.person(44, "dpo").await;
    world.person(42, "as").await;
    world.person(47, "usager").await;
    keep(&world, json!({"resourceType": "Patient", "id": "p", "name": [{"family": "Quéméner"}]})).await;
    let journal = tempfile::tempdir().unwrap();
    let app = &world.app;
    app.store().replay_erasures(&journal.path().join("erased"), app.now()).await.unwrap();
    let (idec, dpo) = (("idec43", PASSWORD), ("dpo44", PASSWORD));
    let ask = async |who, items, why| erasure::ask(app, "test", ("p", items), who, why).await;
    let approve = async |who| erasure::approve(app, "test", "p", who).await;
    let plan = erasure::plan(app, "test", "p").await.unwrap().unwrap();
    assert_eq!((plan.counts.items, plan.asked, plan.erased), (1, None, false));
    assert_eq!(erasure::plan(app, "test", "q").await.unwrap(), None);
    assert!(matches!(approve(dpo).await, Err(app::Error::Store(StoreError::Absent))), "nobody has asked");
    assert!(matches!(ask(("idec43", "autre"), 1, "demande").await, Err(app::Error::Credentials)));
    for login in ["as42", "usager47"] {
        let refused = ask((login, PASSWORD), 1, "demande").await;
        assert!(matches!(refused, Err(app::Error::Store(StoreError::Refused(Refusal::NotDecider)))), "{refused:?}");
    }
    assert!(matches!(ask(idec, 1, "  ").await, Err(app::Error::Store(StoreError::Invalid(_)))));
    assert!(matches!(ask(idec, 2, "demande").await, Err(app::Error::Store(StoreError::Conflict(_)))));
    // Whoever answers for the records of another place does not decide of this one's.
    world.person_at(45, "dir", world.second).await;
    let elsewhere = ("dir45", PASSWORD);
    let refused = ask(elsewhere, 1, "demande").await;
    assert!(matches!(refused, Err(app::Error::Store(StoreError::Refused(Refusal::NotDecider)))), "{refused:?}");
    let asked = ask(idec, 1, "demande écrite").await.unwrap().asked.unwrap();
    assert_eq!((asked.by.as_str(), asked.items, asked.reason.as_str()), ("idec43", 1, "demande écrite"));
    let same = approve(idec).await;
    assert!(matches!(same, Err(app::Error::Store(StoreError::Refused(Refusal::SamePerson)))), "{same:?}");
    assert!(records::read(&world.operator(), ResourceType::PATIENT, "p").await.is_ok(), "nothing has moved");
    let refused = approve(elsewhere).await;
    assert!(matches!(refused, Err(app::Error::Store(StoreError::Refused(Refusal::NotDecider)))), "{refused:?}");
    let done = approve(dpo).await.unwrap();
    assert!(done.erased && done.counts.items == 1);
    assert!(records::read(&world.operator(), ResourceType::PATIENT, "p").await.is_err());
    assert!(matches!(approve(dpo).await, Err(app::Error::Store(StoreError::Absent))));
    assert_eq!(app::check::run(app, "test", &|_| ()).await.unwrap().findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_masks_what_leads_to_who_has_been_erased() {
    let world = World::new().await;
    world.person(43, "idec").await;
    world.person(44, "dpo").await;
    for id in ["p", "q"] {
        keep(&world, json!({"resourceType": "Patient", "id": id, "name": [{"family": "Quéméner"}]})).await;
    }
    let said = json!({"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "pouls"},
        "subject": {"reference": "Patient/q"}, "performer": [{"reference": "Patient/p"}]});
    keep(&world, said).await;
    let journal = tempfile::tempdir().unwrap();
    let app = &world.app;
    app.store().replay_erasures(&journal.path().join("erased"), app.now()).await.unwrap();
    let items = erasure::plan(app, "test", "p").await.unwrap().unwrap().counts.items;
    erasure::ask(app, "test", ("p", items), ("idec43", PASSWORD), "demande écrite").await.unwrap();
    erasure::approve(app, "test", "p", ("dpo44", PASSWORD)).await.unwrap();
    let out = world.folder.path().join("out.json");
    let ask = app::export::Ask {
        out: out.clone(),
        format: app::export::Format::Bundle,
        person: None,
        max_level: confidentiality::Level::Sensitive,
        purpose: None,
        reason: None,
    };
    app::export::run(app, "test", &ask, &|_| {}).await.unwrap();
    let text = std::fs::read_to_string(out).unwrap();
    assert!(text.contains("Patient/q") && !text.contains("Patient/p") && text.contains("masked"), "{text}");
}
