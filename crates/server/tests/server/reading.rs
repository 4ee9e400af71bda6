//! What a list, a strip or a handover shows, however much there is beside it.

use crate::house::{House, fall, unrelated};
use crate::support::{NOW, create, patient};
use serde_json::json;

const HOUR: i64 = 3_600_000_000;

/// Routine figures push an urgent writing out of the handover.
#[tokio::test(flavor = "multi_thread")]
async fn routine_figures_do_not_push_a_fall_out_of_the_handover() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let full = house.world.program("full").await;
    create(&full, fall(&house.odette, 10)).await;
    for _ in 0..9 {
        let entry = |_| {
            json!({"request": {"method": "POST", "url": "Observation"}, "resource": {
            "resourceType": "Observation", "status": "final", "subject": {"reference": format!("Patient/{}", house.odette)},
            "code": {"text": "Pouls"}, "effectiveDateTime": fhir::date::instant(NOW - HOUR),
            "valueQuantity": {"value": 72, "unit": "/min"}}})
        };
        let entries: Vec<_> = (0..50).map(entry).collect();
        full.post("/fhir", &json!({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
            .await
            .expect(200);
    }
    let page = house.text(&amina, "/releve?heures=12").await;
    assert!(page.contains("tombée au salon"), "{page}");
}

/// An event dated by its day, or entered late, never appears.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_known_by_its_day_is_in_the_handover() {
    let house = House::new().await;
    let claire = house.world.sign_in("claire").await;
    let full = house.world.program("full").await;
    create(
        &full,
        json!({"resourceType": "AdverseEvent", "actuality": "actual", "date": "2026-05-28",
        "subject": {"reference": format!("Patient/{}", house.odette)}, "event": {"text": "Fracture du col"}}),
    )
    .await;
    let page = house.text(&claire, "/releve?heures=12").await;
    assert!(page.contains("Fracture du col"), "{page}");
}

/// Paper carries a follow-up of level 3.
#[tokio::test(flavor = "multi_thread")]
async fn paper_carries_no_sensitive_follow_up() {
    let house = House::new().await;
    let hugo = house.world.sign_in("hugo").await;
    let full = house.world.program("full").await;
    create(
        &full,
        json!({"resourceType": "Task", "status": "requested", "intent": "order",
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]},
        "for": {"reference": format!("Patient/{}", house.odette)}, "authoredOn": fhir::date::instant(NOW - HOUR),
        "description": "Revoir les idées suicidaires",
        "restriction": {"period": {"end": fhir::date::instant(NOW + HOUR)}}}),
    )
    .await;
    let paper = house.text(&hugo, "/releve/impression?heures=12").await;
    assert!(!paper.contains("suicidaires"), "{paper}");
}

/// A search by the second part of a name with a typographic apostrophe.
#[tokio::test(flavor = "multi_thread")]
async fn a_typographic_apostrophe_splits_a_name() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let full = house.world.program("full").await;
    create(&full, patient("L’Hermitte")).await;
    create(&full, patient("D'Arcy")).await;
    assert!(house.text(&amina, "/personnes?q=hermitte").await.contains("1 personne"), "’ does not split");
    assert!(house.text(&amina, "/personnes?q=l%27hermitte").await.contains("1 personne"), "' is not ’");
    assert!(house.text(&amina, "/personnes?q=d%E2%80%99arcy").await.contains("1 personne"), "’ is not '");
}

/// Same as 1, by the author's password given again: what sign-in compares.
#[tokio::test(flavor = "multi_thread")]
async fn a_room_called_by_its_full_name_is_found() {
    let house = House::new().await;
    let amina = house.world.sign_in("amina").await;
    let full = house.world.program("full").await;
    create(&full, json!({"resourceType": "Encounter", "status": "in-progress", "class": {"code": "IMP"},
        "subject": {"reference": format!("Patient/{}", house.odette)}, "location": [{"location": {"display": "Chambre 206"}, "status": "active"}]})).await;
    assert!(house.text(&amina, "/personnes?q=206").await.contains("1 personne"));
}

/// To staff who accompany nobody (here a nurse of another unit), a severe allergy is not "nothing noted".
#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_is_not_said_not_to_exist() {
    let house = House::new().await;
    let full = house.world.program("full").await;
    create(
        &full,
        json!({"resourceType": "AllergyIntolerance", "patient": {"reference": format!("Patient/{}", house.odette)},
        "criticality": "high", "clinicalStatus": {"coding": [{"code": "active"}]}, "code": {"text": "Pénicilline"}}),
    )
    .await;
    let zoe = unrelated(&house, "ide").await;
    let page = house.text(&zoe, &format!("/personnes/{}", house.odette)).await;
    assert!(page.contains("Pénicilline") || !page.contains("rien n’est noté"), "{page}");
}

/// Five hundred prescriptions that have ended hide the health problem that goes on, without a word.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_does_not_push_out_what_is_in_force() {
    let house = House::new().await;
    let claire = house.world.sign_in("claire").await;
    let full = house.world.program("full").await;
    let who = format!("Patient/{}", house.odette);
    create(
        &full,
        json!({"resourceType": "Condition", "subject": {"reference": who}, "recordedDate": "2015-01-02",
        "clinicalStatus": {"coding": [{"code": "active"}]}, "code": {"text": "Insuffisance rénale"}}),
    )
    .await;
    assert!(house.text(&claire, &format!("/personnes/{}", house.odette)).await.contains("Insuffisance rénale"));
    for _ in 0..6 {
        let entry = |_| {
            json!({"request": {"method": "POST", "url": "MedicationRequest"}, "resource": {
            "resourceType": "MedicationRequest", "status": "stopped", "intent": "order", "subject": {"reference": who},
            "authoredOn": "2025-01-02", "medicationCodeableConcept": {"text": "Paracétamol"}}})
        };
        let entries: Vec<_> = (0..100).map(entry).collect();
        full.post("/fhir", &json!({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
            .await
            .expect(200);
    }
    assert!(house.text(&claire, &format!("/personnes/{}", house.odette)).await.contains("Insuffisance rénale"));
}
