//! Who keeps allergies and treatments, and that two who write at once lose nothing.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use app::{Conflict, Cx, Error, StoreError, health, records};
use confidentiality::Refusal;
use domain::care::health::{AllergySheet, End, Entry, Sheet, Topic, TreatmentSheet};
use fhir::Resource;
use jiff::civil::date;
use serde_json::json;
use support::World;

const DAY: jiff::civil::Date = date(2026, 5, 28);
const KEY: &str = "0123456789abcdefghij";

async fn odette(world: &World) -> String {
    let value = json!({"resourceType": "Patient", "gender": "female", "birthDate": "1938-03-07",
        "name": [{"family": "Quéméner", "given": ["Odette"]}]});
    records::create(&world.operator(), Resource::from_value(value).unwrap(), None).await.unwrap().id
}

fn peanut(reactions: &str) -> Entry {
    let sheet = AllergySheet {
        substance: "Arachide".into(),
        criticality: "high".into(),
        reactions: reactions.into(),
        ..AllergySheet::default()
    };
    Sheet::Allergy(sheet).parse(DAY).unwrap()
}

fn pills() -> Entry {
    let sheet = TreatmentSheet { drug: "Paracétamol".into(), dosage: "matin".into(), ..TreatmentSheet::default() };
    Sheet::Treatment(sheet).parse(DAY).unwrap()
}

/// Why it was refused, if it was.
fn refused<T>(outcome: &app::Result<T>) -> Option<Refusal> {
    match outcome {
        Err(Error::Store(StoreError::Refused(refusal))) => Some(*refusal),
        _ => None,
    }
}

fn is_conflict<T>(outcome: &app::Result<T>) -> bool {
    matches!(outcome, Err(Error::Store(StoreError::Conflict(Conflict::Version))))
}

/// Whatever they try of an entry that is there.
async fn tries(cx: &Cx, patient: &str, kept: &str) {
    for entry in [peanut(""), pills()] {
        assert_eq!(refused(&health::write(cx, &entry, patient, KEY).await), Some(Refusal::NotHealth));
        assert!(health::preview(cx, &Sheet::blank(entry.topic(), DAY), patient, None).await.unwrap().is_none());
    }
    assert_eq!(refused(&health::desk(cx, patient).await), Some(Refusal::NotHealth));
    assert_eq!(refused(&health::deny(cx, patient).await), Some(Refusal::NotHealth));
    let told = health::correct(cx, kept, 1, &peanut("x"), "essai").await;
    let ended = health::end(cx, Topic::Allergy, kept, 1, End::Refuted, "essai").await;
    for outcome in [told, ended, health::undo(cx, Topic::Allergy, kept).await] {
        let absent = matches!(outcome, Err(Error::Store(StoreError::Absent)));
        assert!(absent || refused(&outcome) == Some(Refusal::NotHealth));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_says_who_keeps_them() {
    let world = World::new().await;
    let patient = odette(&world).await;
    let nurse = world.person(20, "ide").await;
    let kept = health::write(&nurse, &peanut("Œdème"), &patient, KEY).await.unwrap().id;
    for (actor, persona) in [(21, "idec"), (22, "medco"), (23, "interim:ide")] {
        let cx = world.person(actor, persona).await;
        for entry in [peanut("Urticaire"), pills()] {
            assert!(health::write(&cx, &entry, &patient, KEY).await.unwrap().readable, "{persona}");
        }
    }
    for (actor, persona) in
        [(31, "as"), (32, "educ"), (33, "psy"), (34, "reeduc"), (35, "chef"), (36, "sec"), (37, "dir")]
    {
        let cx = world.person(actor, persona).await;
        tries(&cx, &patient, &kept).await;
    }
    let elsewhere = health::write(&nurse, &peanut(""), "personne", KEY).await;
    assert!(matches!(elsewhere, Err(Error::Store(StoreError::Absent))), "{elsewhere:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_one_version_one_is_told() {
    let world = World::new().await;
    let patient = odette(&world).await;
    let (one, two) = (world.person(20, "ide").await, world.person(21, "medco").await);
    let id = health::write(&one, &peanut("Œdème"), &patient, KEY).await.unwrap().id;
    let (told, theirs) = (peanut("Plaques"), peanut("Toux"));
    let (mine, other) = tokio::join!(
        health::correct(&one, &id, 1, &told, "plus précis"),
        health::correct(&two, &id, 1, &theirs, "vu ce matin")
    );
    assert!(mine.is_ok() != other.is_ok(), "{mine:?} {other:?}");
    assert!(is_conflict(&mine) || is_conflict(&other));
    assert!(is_conflict(&health::end(&one, Topic::Allergy, &id, 1, End::Refuted, "vu").await));
    health::end(&one, Topic::Allergy, &id, 2, End::Refuted, "test négatif").await.unwrap();
    // What is over is over: nothing is corrected of it, nor ended twice.
    for outcome in [
        health::correct(&two, &id, 3, &told, "encore").await,
        health::end(&two, Topic::Allergy, &id, 3, End::Mistaken, "encore").await,
    ] {
        assert!(matches!(outcome, Err(Error::Store(StoreError::Invalid(_)))), "{outcome:?}");
    }
    assert_eq!(refused(&health::undo(&two, Topic::Allergy, &id).await), Some(Refusal::TooLate));
    health::undo(&one, Topic::Allergy, &id).await.unwrap();
    let read = health::read(&two, Topic::Allergy, &id).await.unwrap();
    assert!(read.ended.is_none() && read.may_correct && !read.may_undo && read.item.version == 4);
    assert_eq!(read.origins.len(), 3, "each change has its reason");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_none_is_known_yields_and_is_not_said_beside_one() {
    let world = World::new().await;
    let patient = odette(&world).await;
    let (nurse, doctor) = (world.person(20, "ide").await, world.person(21, "medco").await);
    let none = health::deny(&nurse, &patient).await.unwrap();
    assert_eq!(health::deny(&doctor, &patient).await.unwrap(), none, "said already");
    let denied = health::read(&doctor, Topic::Allergy, &none).await.unwrap();
    assert!(denied.denies && denied.may_end && !denied.may_correct);
    let corrected = health::correct(&doctor, &none, 1, &peanut(""), "essai").await;
    assert!(matches!(corrected, Err(Error::Store(StoreError::Invalid(_)))), "{corrected:?}");
    health::write(&doctor, &peanut("Œdème"), &patient, KEY).await.unwrap();
    let denied = health::read(&nurse, Topic::Allergy, &none).await.unwrap();
    assert_eq!(denied.ended, Some(domain::care::health::Ended::Refuted));
    // Who noted the allergy does not bring back that there is none beside it.
    assert!(!health::read(&doctor, Topic::Allergy, &none).await.unwrap().may_undo);
    assert_eq!(refused(&health::undo(&doctor, Topic::Allergy, &none).await), Some(Refusal::TooLate));
    let beside = health::deny(&nurse, &patient).await;
    assert!(matches!(beside, Err(Error::Store(StoreError::Invalid(_)))), "{beside:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_to_come_is_taken_back_and_a_correction_is_not() {
    let world = World::new().await;
    let patient = odette(&world).await;
    let nurse = world.person(20, "ide").await;
    let id = health::write(&nurse, &pills(), &patient, KEY).await.unwrap().id;
    let before = health::read(&nurse, Topic::Treatment, &id).await.unwrap();
    health::end(&nurse, Topic::Treatment, &id, 1, End::Stopped(date(2199, 6, 1)), "cure finie").await.unwrap();
    let stopped = health::read(&nurse, Topic::Treatment, &id).await.unwrap();
    assert!(stopped.ended.is_none() && stopped.may_undo && stopped.sheet != before.sheet);
    health::undo(&nurse, Topic::Treatment, &id).await.unwrap();
    let back = health::read(&nurse, Topic::Treatment, &id).await.unwrap();
    assert!(back.sheet == before.sheet && !back.may_undo, "what was taken back is no end");
    let other = TreatmentSheet { drug: "Paracétamol".into(), dosage: "midi".into(), ..TreatmentSheet::default() };
    let other = Sheet::Treatment(other).parse(DAY).unwrap();
    health::correct(&nurse, &id, 3, &other, "ordonnance relue").await.unwrap();
    assert!(!health::read(&nurse, Topic::Treatment, &id).await.unwrap().may_undo);
    assert_eq!(refused(&health::undo(&nurse, Topic::Treatment, &id).await), Some(Refusal::TooLate));
}
