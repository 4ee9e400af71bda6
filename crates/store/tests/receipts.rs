//! Receipts: given for what one may read, shown to whoever may read the same.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/house.rs"]
mod house;
mod support;

use confidentiality::{Categories, Family, Level, Rid};
use fhir::{Resource, ResourceType};
use house::{AIDE, COLLEAGUE, DOCTOR, HEAD_NURSE, HOUR, House, NOW, NURSE, houses};
use store::{Call, Change, Receipt};

const OBSERVATION: ResourceType = ResourceType::OBSERVATION;

async fn mark(house: &House, call: &Call, ids: &[&str]) -> usize {
    let seen: Vec<_> = ids.iter().map(|id| ((*id).to_owned(), 1)).collect();
    house.store.mark_read(call, OBSERVATION, &seen).await.unwrap()
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
    let plain = |receipt: Receipt| (receipt.actor.value(), (receipt.at - NOW) / HOUR);
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

/// A correction comes between the page and the tick.
#[tokio::test(flavor = "multi_thread")]
async fn a_mark_is_for_the_version_that_was_seen() {
    for house in houses().await {
        let rid = rid(&house, "n1").await;
        let nurse = house.staff(NURSE, NOW).await;
        let mark = async |version: i64| {
            house.store.mark_read(&nurse, OBSERVATION, &[("n1".to_owned(), version)]).await.unwrap()
        };
        let version = async || house.store.receipts_of(&nurse, &[rid]).await.unwrap()[&rid][0].version;
        assert_eq!(mark(1).await, 1);
        let resource = Resource::from_value(house::note("n1", "Se plaint de la hanche")).unwrap();
        let graded = house.graded(Level::Standard, Family::Soin, Categories::empty());
        let change = Change::Update { resource, graded, if_match: Some(1), upsert: false, import: None };
        house.store.write(&house.client(NOW), vec![change]).await.unwrap();
        assert_eq!((mark(1).await, version().await), (0, 1), "the same instant, and yet not the same words");
        assert_eq!((mark(2).await, version().await), (1, 2));
        assert_eq!((mark(1).await, version().await), (0, 2), "an older page takes nothing back");
        assert_eq!((mark(i64::MAX).await, version().await), (0, 2), "no version is read before it is written");
    }
}
