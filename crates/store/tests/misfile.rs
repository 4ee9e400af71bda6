//! A writing put in the wrong record: what it said is left to reviewers.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/house.rs"]
mod house;
mod support;

use confidentiality::{Categories, Family, Level, MaskFlags, Refusal};
use fhir::{Resource, ResourceType};
use house::{AIDE, COLLEAGUE, DOCTOR, HEAD_NURSE, House, NOW, NURSE, houses, note};
use store::{Call, Change, Conflict, Effect, Error};

const OBSERVATION: ResourceType = ResourceType::OBSERVATION;

fn update(house: &House, words: &str) -> Change {
    let graded = house.graded(Level::Standard, Family::Soin, Categories::empty());
    let resource = Resource::from_value(note("n1", words)).unwrap();
    Change::Update { resource, graded, if_match: None, upsert: false, import: None }
}

fn misfile(house: &House, id: &str, if_match: Option<i64>) -> Change {
    let stripped = serde_json::json!({"resourceType": "Observation", "id": id, "status": "entered-in-error",
        "subject": {"reference": "Patient/p1"}, "code": {"text": "Écrit par erreur"}});
    let graded = house.graded(Level::Standard, Family::Soin, Categories::empty());
    Change::Misfile { resource: Resource::from_value(stripped).unwrap(), graded, if_match }
}

/// The versions shown to this caller, newest first, with what each says.
async fn past(house: &House, call: &Call) -> Vec<(i64, String)> {
    let history = house.store.history(call, OBSERVATION, "n1").await.unwrap();
    let history = house.store.disclose(call, history).await.unwrap();
    let text = |resource: &Resource| resource.value().pointer("/code/text").unwrap().as_str().unwrap().to_owned();
    let shown: Vec<(i64, String)> = history.iter().map(|found| (found.version, text(&found.resource))).collect();
    for number in 1..=4 {
        let one = house.store.vread(call, OBSERVATION, "n1", number).await.unwrap();
        let one = house.store.disclose(call, one).await.unwrap();
        assert_eq!(one.is_some(), shown.iter().any(|(version, _)| *version == number), "version {number}");
    }
    shown
}

fn words(versions: &[(i64, &str)]) -> Vec<(i64, String)> {
    versions.iter().map(|(version, text)| (*version, (*text).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_said_is_left_to_reviewers_and_not_to_its_author() {
    for house in houses().await {
        let nurse = house.staff(NURSE, NOW).await;
        house.store.write(&nurse, vec![update(&house, "Fugue cette nuit")]).await.unwrap();
        let written = house.store.write(&nurse, vec![misfile(&house, "n1", Some(2))]).await.unwrap();
        assert_eq!((written[0].version, written[0].effect), (3, Effect::Updated));
        let (stripped, all) = (
            words(&[(3, "Écrit par erreur")]),
            words(&[(3, "Écrit par erreur"), (2, "Fugue cette nuit"), (1, "Se plaint du dos")]),
        );
        for actor in [NURSE, COLLEAGUE, AIDE, DOCTOR] {
            assert_eq!(past(&house, &house.staff(actor, NOW).await).await, stripped, "{actor}");
        }
        assert_eq!(past(&house, &house.staff(HEAD_NURSE, NOW).await).await, all);
        assert_eq!(past(&house, &house.client(NOW)).await, all, "masks bind people, not programs");

        // Nothing is written there again, by anyone.
        for call in [&nurse, &house.client(NOW)] {
            let again = house.store.write(call, vec![update(&house, "Repris ailleurs")]).await;
            assert!(matches!(again, Err(Error::Refused(Refusal::Withdrawn))), "{again:?}");
        }
        let history = house.store.history(&house.client(NOW), OBSERVATION, "n1").await.unwrap();
        let history = house.store.disclose(&house.client(NOW), history).await.unwrap();
        let flags: Vec<bool> = history.iter().map(|version| version.mask.intersects(MaskFlags::MISFILED)).collect();
        assert_eq!(flags, [false, true, true]);
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_words_are_no_longer_found() {
    for house in houses().await {
        let found = async |call: &Call| {
            let query = fhir::search::parse(OBSERVATION, &fhir::search::pairs("code=note"), true).unwrap();
            let page = house.store.search(call, &query).await.unwrap();
            house.store.disclose(call, page).await.unwrap().total.unwrap()
        };
        let (aide, head) = (house.staff(AIDE, NOW).await, house.staff(HEAD_NURSE, NOW).await);
        assert_eq!((found(&aide).await, found(&head).await), (1, 2));
        house.store.write(&aide, vec![misfile(&house, "n1", None)]).await.unwrap();
        assert_eq!((found(&aide).await, found(&head).await), (0, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_refused_like_any_other_change() {
    for house in houses().await {
        let aide = house.staff(AIDE, NOW).await;
        let stale = house.store.write(&aide, vec![misfile(&house, "n1", Some(9))]).await;
        assert!(matches!(stale, Err(Error::Conflict(Conflict::Version))));
        for unseen in ["m1", "nothing"] {
            let refused = house.store.write(&aide, vec![misfile(&house, unseen, None)]).await;
            assert!(matches!(refused, Err(Error::Absent)), "{unseen}");
        }
        assert_eq!(past(&house, &aide).await, words(&[(1, "Se plaint du dos")]));
    }
}
