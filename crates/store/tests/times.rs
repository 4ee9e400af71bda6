//! When versions were written: whoever asks for what is new since a time they were told misses nothing.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/house.rs"]
mod house;
mod support;

use confidentiality::{Categories, Family, Level};
use fhir::{Resource, ResourceType};
use house::{House, NOW, NURSE, houses, note};
use store::{Call, Change, HistoryQuery, Written};

const SECOND: i64 = 1_000_000;

/// A new version of the note of the house, asked for at `now`.
async fn write(house: &House, now: i64, words: &str) -> Written {
    let graded = house.graded(Level::Standard, Family::Soin, Categories::empty());
    let resource = Resource::from_value(note("n1", words)).unwrap();
    let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
    let call = Call { now, ..house.staff(NURSE, NOW).await };
    house.store.write(&call, vec![change]).await.unwrap().remove(0)
}

/// The versions of the note, page by page.
async fn versions(house: &House, ascending: bool, since: Option<i64>) -> Vec<i64> {
    let (call, mut versions) = (house.staff(NURSE, NOW).await, Vec::new());
    let (kind, id) = (Some(ResourceType::OBSERVATION), Some("n1".to_owned()));
    let mut query = HistoryQuery { kind, id, since, ascending, count: Some(2), ..HistoryQuery::default() };
    loop {
        let page = house.store.history_page(&call, &query).await.unwrap();
        let page = house.store.disclose(&call, page).await.unwrap();
        versions.extend(page.versions.iter().map(|version| version.version));
        query.page = page.next;
        if query.page.is_none() {
            return versions;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_before_a_time_was_told_and_is_written_after_it_is_found_since() {
    for house in houses().await {
        let told = house.store.settled(NOW + 10 * SECOND).await.unwrap();
        let written = write(&house, NOW, "Arrivé avant, écrit après").await;
        assert!(written.updated >= told, "{} < {told}", written.updated);
        assert_eq!(versions(&house, false, Some(told)).await, [written.version]);
        let shown = written.resource.unwrap().last_updated().unwrap().to_owned();
        assert_eq!(shown, fhir::date::instant(written.updated), "what is answered is what is kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_one_resource_follow_one_another_when_the_clock_goes_back() {
    for house in houses().await {
        write(&house, NOW + 7_200 * SECOND, "Montre en avance").await;
        let after = write(&house, NOW, "Remise à l’heure").await;
        assert_eq!(after.updated, NOW, "a clock that was ahead holds nobody");
        write(&house, NOW + 3_600 * SECOND, "Plus tard").await;
        assert_eq!(versions(&house, false, None).await, [4, 3, 2, 1]);
        assert_eq!(versions(&house, true, None).await, [1, 2, 3, 4]);
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_long_before_is_dated_by_the_clock_of_its_writing() {
    for house in houses().await {
        house.store.dated_by(std::sync::Arc::new(|| NOW + 60 * SECOND));
        let written = write(&house, NOW, "Une longue importation").await;
        assert_eq!(written.updated, NOW + 60 * SECOND);
        let told = house.store.settled(NOW + 120 * SECOND).await.unwrap();
        assert_eq!(told, NOW + 120 * SECOND);
        assert!(versions(&house, false, Some(told)).await.is_empty());
    }
}
