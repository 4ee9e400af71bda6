//! *Qui a lu*: every access of both logs, once, to those who may know of it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/house.rs"]
mod house;
mod support;

use confidentiality::{Categories, Family, Level};
use fhir::{Resource, ResourceType};
use house::{AIDE, COLLEAGUE, DOCTOR, HEAD_NURSE, HOUR, House, NOW, NURSE, houses, note};
use store::{Access, Accesses, Call, Change, Error, Hand};

const OBSERVATION: ResourceType = ResourceType::OBSERVATION;

fn named(call: Call, verb: &str) -> Call {
    let mut call = call;
    call.origin.verb = verb.to_owned();
    call
}

async fn read(house: &House, actor: i64, now: i64, id: &str) {
    let call = named(house.staff(actor, now).await, "read");
    let found = house.store.read(&call, OBSERVATION, id).await.unwrap();
    house.store.disclose(&call, found).await.unwrap();
}

async fn write(house: &House, actor: i64, now: i64) {
    let mut call = named(house.staff(actor, now).await, "update");
    call.origin.reason = Some("relecture".to_owned());
    let graded = house.graded(Level::Standard, Family::Soin, Categories::empty());
    let resource = Resource::from_value(note("n1", "Va mieux")).unwrap();
    let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
    house.store.write(&call, vec![change]).await.unwrap();
}

async fn page(house: &House, call: &Call, mark: Option<String>, count: u32) -> Option<Accesses> {
    let call = named(call.clone(), "accesses");
    let page = house.store.accesses(&call, "p1", mark, count).await.unwrap();
    house.store.disclose(&call, page).await.unwrap()
}

/// Every page, one after the other.
async fn all(house: &House, call: &Call, count: u32) -> (Vec<Access>, bool) {
    let (mut seen, mut mark) = (Vec::new(), None);
    loop {
        let page = page(house, call, mark, count).await.unwrap();
        assert!(page.entries.len() <= usize::try_from(count).unwrap());
        seen.extend(page.entries);
        mark = page.next;
        if mark.is_none() {
            return (seen, page.whole);
        }
    }
}

/// Minutes, actor, verb, written, items.
fn plain(accesses: &[Access]) -> Vec<(i64, i64, &str, bool, usize)> {
    let line = |a: &Access| (a.at - NOW) / 60_000_000;
    accesses.iter().map(|a| (line(a), a.actor.value(), a.verb.as_str(), a.written, a.items)).collect()
}

/// Reads and writes of several people, a minute apart, from 1 to 8.
async fn a_morning(house: &House) {
    let at = |minute: i64| NOW + minute * 60_000_000;
    read(house, NURSE, at(1), "n1").await;
    write(house, COLLEAGUE, at(2)).await;
    read(house, AIDE, at(3), "n1").await;
    read(house, AIDE, at(4), "m1").await; // which is not for an aide: nobody is shown, nobody is named
    write(house, NURSE, at(5)).await;
    let nurse = house.staff(NURSE, at(6)).await;
    house.store.mark_read(&nurse, OBSERVATION, &[("n1".to_owned(), 1), ("m1".to_owned(), 1)]).await.unwrap();
    house
        .store
        .save_draft(&named(nurse, "draft"), "a", "p1", Hand { page: "a", seen: 0 }, b"texte".to_vec())
        .await
        .unwrap();
    let colleague = named(house.staff(COLLEAGUE, at(7)).await, "timeline");
    let timeline = house.store.timeline(&colleague, "p1", &store::TimelineFilter::default(), None, 50).await.unwrap();
    house.store.disclose(&colleague, timeline).await.unwrap();
    let client = named(house.client(at(8)), "read");
    let found = house.store.read(&client, OBSERVATION, "v1").await.unwrap();
    house.store.disclose(&client, found).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_logs_are_merged_and_paged_without_loss() {
    for house in houses().await {
        a_morning(&house).await;
        let head = house.staff(HEAD_NURSE, NOW + HOUR).await;
        let (seen, whole) = all(&house, &head, 100).await;
        assert!(whole);
        let mut expected = vec![
            (8, 7, "read", false, 0), // an item whose existence is not for a head nurse
            (7, COLLEAGUE, "timeline", false, 3),
            (5, NURSE, "update", true, 1),
            (3, AIDE, "read", false, 1),
            (2, COLLEAGUE, "update", true, 1),
            (1, NURSE, "read", false, 1),
            (0, 7, "test", true, 3),
        ];
        let mut found = plain(&seen);
        found.retain(|line| line.0 != 6);
        assert_eq!(found, expected);
        // Of one minute: in no order.
        let mut together = plain(&seen);
        together.retain(|line| line.0 == 6);
        together.sort_unstable();
        assert_eq!(together, [(6, NURSE, "draft", true, 1), (6, NURSE, "mark-read", true, 2)]);
        assert!(seen.iter().all(|access| !access.level4));
        assert_eq!(seen.iter().filter(|access| access.reason.as_deref() == Some("relecture")).count(), 2);
        assert!(seen.iter().any(|access| access.why.contains(&"assignment:ide@1".to_owned())));
        for count in 1..5 {
            let later = house.staff(HEAD_NURSE, NOW + HOUR + 60_000_000 * i64::from(count)).await;
            let (mut pages, _) = all(&house, &later, count).await;
            // The list is itself an access.
            pages.retain(|access| access.verb != "accesses");
            assert_eq!(pages, seen, "by {count}");
        }
        let (everything, whole) = all(&house, &house.client(NOW + HOUR), 100).await;
        expected[0].4 = 1;
        expected[6].4 = 4;
        let mut found = plain(&everything);
        found.retain(|line| line.0 < 60 && line.0 != 6);
        assert!(whole);
        assert_eq!(found, expected);
        assert_eq!(everything.iter().filter(|access| access.level4).count(), 2, "the writing and the reading of v1");
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_else_sees_their_own_accesses_only() {
    for house in houses().await {
        a_morning(&house).await;
        for (actor, expected) in [(NURSE, 4), (COLLEAGUE, 2), (AIDE, 1), (DOCTOR, 0)] {
            let call = house.staff(actor, NOW + HOUR - 1).await;
            let (seen, whole) = all(&house, &call, 1).await;
            assert!(!whole);
            let seen: Vec<&Access> = seen.iter().filter(|access| access.verb != "accesses").collect();
            assert!(seen.iter().all(|access| access.actor.value() == actor), "{actor}");
            assert_eq!(seen.len(), expected, "{actor}");
        }
        let gone = house.staff(DOCTOR, NOW + HOUR).await;
        assert!(page(&house, &gone, None, 10).await.is_none(), "the person is no longer theirs to see");
        let mark = page(&house, &house.staff(NURSE, NOW).await, None, 1).await.unwrap().next;
        let other = house.store.accesses(&house.staff(COLLEAGUE, NOW).await, "p1", mark, 1).await;
        assert!(matches!(other, Err(Error::Invalid(_))), "a page mark is personal");
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_are_found_behind_many_of_others() {
    let house = houses().await.remove(0);
    read(&house, NURSE, NOW + 1_000, "n1").await;
    let house = std::sync::Arc::new(house);
    let others: Vec<_> = (0..520)
        .map(|n| {
            let house = house.clone();
            tokio::spawn(async move { read(&house, AIDE, NOW + 2_000 + 1_000 * n, "n1").await })
        })
        .collect();
    for other in others {
        other.await.unwrap();
    }
    let (seen, _) = all(&house, &house.staff(NURSE, NOW + HOUR).await, 10).await;
    assert_eq!(seen.len(), 1);
    let (seen, _) = all(&house, &house.staff(HEAD_NURSE, NOW + HOUR).await, 100).await;
    assert_eq!(seen.iter().filter(|access| access.verb == "read").count(), 521);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_purged_is_skipped() {
    let house = houses().await.remove(0);
    a_morning(&house).await;
    let head = house.staff(HEAD_NURSE, NOW + HOUR).await;
    let (before, _) = all(&house, &head, 100).await;
    let path = |name: &str| house._dir.as_ref().unwrap().path().join(name);
    let audit = rusqlite::Connection::open(path("audit.db")).unwrap();
    audit.execute("UPDATE entry SET envelope = NULL, salt = NULL WHERE at = ?1", [NOW + 60_000_000]).unwrap();
    let main = rusqlite::Connection::open(path("main.db")).unwrap();
    let written = "SELECT entry FROM entry_out WHERE at = ?1";
    let purge = format!("UPDATE entry_out_part SET body = NULL WHERE entry IN ({written})");
    main.execute(&purge, [NOW + 120_000_000]).unwrap();
    let (after, _) = all(&house, &head, 2).await;
    let minutes = |seen: &[Access]| {
        let kept = seen.iter().filter(|access| access.verb != "accesses").map(|access| (access.at - NOW) / 60_000_000);
        kept.collect::<Vec<_>>()
    };
    assert_eq!(minutes(&before), [8, 7, 6, 6, 5, 3, 2, 1, 0]);
    assert_eq!(minutes(&after), [8, 7, 6, 6, 5, 3, 0]);
    // Nobody was erased, and no purge is in the log: what is skipped is said.
    let report = house.store.verify_audit(house.tenant, None, NOW).await.unwrap();
    assert_eq!(report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["emptied", "emptied"]);
}
