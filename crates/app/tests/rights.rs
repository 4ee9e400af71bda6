//! Rights of those who are accompanied: what is written in records changes the verdict of measures, both ways.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use app::{App, Cx, Origin, measures};
use confidentiality::{Actor, Level, Purpose};
use domain::governance::measures::State;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{FOREVER, Post};
use support::{NOW, World};

const SEEN: [&str; 6] = ["DROIT-02", "DROIT-03", "DROIT-04", "RGPD-04", "RGPD-06", "RGPD-07"];

/// Where measures stand for a program that has just started: nothing is in its memory.
async fn states(world: &World) -> [State; 6] {
    let app = App::open(world.app.store().clone(), world.app.tenant(), Arc::new(|| NOW)).await.unwrap();
    let cx = Cx::operator(&app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let board = measures::board(&cx).await.unwrap();
    SEEN.map(|id| board.statuses.iter().find(|status| status.measure == id).unwrap().state)
}

fn consent(id: &str, text: &str, date: Option<&str>, end: Option<&str>) -> Value {
    let mut consent = json!({"resourceType": "Consent", "id": id, "status": "active", "scope": {"text": text},
        "category": [{"text": text}], "patient": {"reference": "Patient/p1"}, "policyRule": {"text": "CASF"}});
    if let Some(date) = date {
        consent["dateTime"] = date.into();
    }
    if let Some(end) = end {
        consent["provision"] = json!({"period": {"end": end}});
    }
    consent
}

fn stay(status: &str, end: Option<&str>) -> Value {
    let mut period = json!({"start": "2001-01-10"});
    if let Some(end) = end {
        period["end"] = end.into();
    }
    json!({"resourceType": "Encounter", "id": "e1", "status": status, "subject": {"reference": "Patient/p1"}, "period": period,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}})
}

async fn write(world: &World, resources: &[Value]) {
    let text: Vec<String> = resources.iter().map(Value::to_string).collect();
    let report = world.import_text("lot.ndjson", &text.join("\n")).await;
    assert_eq!(report.refused, 0, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_records_say_of_rights_changes_the_verdicts() {
    use State::{Conform, Failing, NotCovered, ToProve};
    let world = World::new().await;
    assert_eq!(states(&world).await, [NotCovered, NotCovered, Conform, NotCovered, NotCovered, NotCovered]);
    let patient = json!({"resourceType": "Patient", "id": "p1", "active": true, "birthDate": "1940-05-01", "name": [{"family": "X"}]});
    write(&world, &[patient, stay("in-progress", None)]).await;
    assert_eq!(states(&world).await, [Failing, NotCovered, Conform, Conform, Failing, NotCovered]);
    let trusted = json!({"resourceType": "RelatedPerson", "id": "r1", "active": true, "patient": {"reference": "Patient/p1"},
        "relationship": [{"text": "Personne de confiance"}], "name": [{"text": "Y"}]});
    let notice = consent("c1", "Information sur les données remise", Some("2026-01-10"), None);
    let ward = consent("c2", "Tutelle (biens et personne)", Some("2024-01-10"), Some("2029-01-10"));
    write(&world, &[trusted, notice, ward]).await;
    // What other programs share is somebody's word.
    assert_eq!(states(&world).await, [Conform, Conform, Conform, Conform, Conform, ToProve]);
    // The measure has run out, and nobody said for what; the last stay is of long ago.
    write(
        &world,
        &[consent("c2", "Tutelle", Some("2020-01-10"), Some("2025-01-10")), stay("finished", Some("2003-01-10"))],
    )
    .await;
    assert_eq!(states(&world).await, [Conform, Failing, Conform, Failing, Conform, Failing]);
    write(
        &world,
        &[
            consent("c2", "Curatelle (biens)", Some("2026-01-10"), Some("2031-01-10")),
            stay("finished", Some("2024-01-10")),
        ],
    )
    .await;
    assert_eq!(states(&world).await, [Conform, Conform, Conform, Conform, Conform, ToProve]);
    // A representative who has a whole record and not what was named.
    let (place, actor) = (world.app.default_place(), Actor::new(77));
    let post = Post { actor, place, unit: 0, persona: "rep".into(), starts: 0, ends: FOREVER };
    world.app.store().add_post(world.app.tenant(), post).await.unwrap();
    assert_eq!(states(&world).await[2], Conform, "nothing is opened yet");
    let whole = store::NewRelation {
        subject: 77,
        person: confidentiality::Person::new(12),
        place,
        kind: confidentiality::RelationKind::Assignment,
        categories: confidentiality::Categories::empty(),
        starts: 0,
        ends: FOREVER,
    };
    world.app.store().add_relations(world.app.tenant(), vec![whole]).await.unwrap();
    assert_eq!(states(&world).await[2], Failing);
}
