//! Receipts: given for what one may read, shown to whoever may read the same.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/house.rs"]
mod house;
mod support;

use confidentiality::{Actor, Rid};
use fhir::ResourceType;
use house::{AIDE, COLLEAGUE, DOCTOR, HEAD_NURSE, HOUR, House, NOW, NURSE, houses};
use store::Call;

const OBSERVATION: ResourceType = ResourceType::OBSERVATION;

async fn mark(house: &House, call: &Call, ids: &[&str]) -> usize {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    house.store.mark_read(call, OBSERVATION, &ids).await.unwrap()
}

async fn unmark(house: &House, call: &Call, ids: &[&str]) -> usize {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    house.store.unmark_read(call, OBSERVATION, &ids).await.unwrap()
}

async fn rid(house: &House, id: &str) -> Rid {
    let client = house.client(NOW);
    let read = house.store.read(&client, OBSERVATION, id).await.unwrap();
    house.store.disclose(&client, read).await.unwrap().unwrap().rid
}

/// For each item the caller may read: who has read it, with the hour.
async fn readers(house: &House, call: &Call, rids: &[Rid]) -> Vec<(Rid, Vec<(i64, i64)>)> {
    let receipts = house.store.receipts_of(call, rids).await.unwrap();
    let plain = |(actor, at): (Actor, i64)| (actor.value(), (at - NOW) / HOUR);
    receipts.into_iter().map(|(rid, readers)| (rid, readers.into_iter().map(plain).collect())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_not_marked() {
    for house in houses().await {
        let (note, drug) = (rid(&house, "n1").await, rid(&house, "m1").await);
        let aide = house.staff(AIDE, NOW).await;
        assert_eq!(mark(&house, &aide, &["n1", "m1", "v1", "nothing", "n1"]).await, 1);
        assert_eq!(mark(&house, &house.staff(NURSE, NOW + HOUR).await, &["m1", "n1", "v1"]).await, 2);
        let secret = rid(&house, "v1").await;
        assert_eq!(mark(&house, &house.client(NOW), &["v1"]).await, 1);
        let both = [note, drug, secret];
        assert_eq!(readers(&house, &aide, &both).await, [(note, vec![(AIDE, 0), (NURSE, 1)])]);
        let head = house.staff(HEAD_NURSE, NOW).await;
        let expected = [(note, vec![(AIDE, 0), (NURSE, 1)]), (drug, vec![(NURSE, 1)])];
        assert_eq!(readers(&house, &head, &both).await, expected);
        assert_eq!(readers(&house, &house.client(NOW), &[secret]).await, [(secret, vec![(7, 0)])]);
        // The relation has ended: neither marks nor receipts.
        let gone = house.staff(DOCTOR, NOW + HOUR).await;
        assert_eq!(mark(&house, &gone, &["n1", "m1"]).await, 0);
        assert!(readers(&house, &gone, &both).await.is_empty());
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_marks_once_and_takes_back_ones_own_only() {
    for house in houses().await {
        let note = rid(&house, "n1").await;
        let (nurse, colleague) = (house.staff(NURSE, NOW).await, house.staff(COLLEAGUE, NOW + HOUR).await);
        let begun = house.verified().await;
        assert_eq!(mark(&house, &nurse, &["n1"]).await, 1);
        assert_eq!(mark(&house, &house.staff(NURSE, NOW + HOUR).await, &["n1"]).await, 0);
        assert_eq!(mark(&house, &colleague, &["n1"]).await, 1);
        assert_eq!(house.verified().await, begun + 2, "what changes nothing is not entered");
        assert_eq!(readers(&house, &nurse, &[note]).await, [(note, vec![(NURSE, 0), (COLLEAGUE, 1)])]);
        assert_eq!(unmark(&house, &colleague, &["n1", "m1"]).await, 1);
        assert_eq!(unmark(&house, &colleague, &["n1"]).await, 0);
        assert_eq!(readers(&house, &nurse, &[note]).await, [(note, vec![(NURSE, 0)])]);
        assert_eq!(house.verified().await, begun + 3);
    }
}
