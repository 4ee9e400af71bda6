//! Drafts: their author alone opens them, for 72 hours, while the person is still theirs to see.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/house.rs"]
mod house;
mod support;

use house::{AIDE, COLLEAGUE, DOCTOR, HEAD_NURSE, HOUR, House, NOW, NURSE, houses};
use store::{Call, Conflict, Draft, Error, Hand};

/// One page, which goes on writing.
const PAGE: Hand<'static> = Hand { page: "page", seen: 0 };

async fn save(house: &House, call: &Call, slot: &str, patient: &str, text: &str) {
    house.store.save_draft(call, slot, patient, PAGE, text.as_bytes().to_vec()).await.unwrap();
}

async fn open(house: &House, call: &Call, slot: &str) -> Option<Draft> {
    let draft = house.store.draft(call, slot).await.unwrap();
    house.store.disclose(call, draft).await.unwrap()
}

/// Slot, patient and text of every draft the caller may open.
async fn list(house: &House, call: &Call) -> Vec<(String, String, String)> {
    let drafts = house.store.drafts(call).await.unwrap();
    let drafts = house.store.disclose(call, drafts).await.unwrap();
    drafts.into_iter().map(|draft| (draft.slot, draft.patient, String::from_utf8(draft.body).unwrap())).collect()
}

fn row(slot: &str, patient: &str, text: &str) -> (String, String, String) {
    (slot.into(), patient.into(), text.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_their_author_opens_them() {
    for house in houses().await {
        let nurse = house.staff(NURSE, NOW).await;
        save(&house, &nurse, "a", "p1", "Douleur au réveil").await;
        save(&house, &house.staff(NURSE, NOW + 1).await, "b", "p2", "\0deux\0").await;
        let newest_first = [row("b", "p2", "\0deux\0"), row("a", "p1", "Douleur au réveil")];
        assert_eq!(list(&house, &nurse).await, newest_first);
        let draft = open(&house, &nurse, "a").await.unwrap();
        assert_eq!((draft.updated, draft.body.as_slice()), (NOW, "Douleur au réveil".as_bytes()));
        assert_eq!(format!("{draft:?}"), "Draft(***)");
        for actor in [COLLEAGUE, HEAD_NURSE, AIDE, DOCTOR] {
            let other = house.staff(actor, NOW).await;
            assert!(open(&house, &other, "a").await.is_none() && list(&house, &other).await.is_empty(), "{actor}");
            house.store.drop_draft(&other, "a", None).await.unwrap();
        }
        assert!(list(&house, &house.client(NOW)).await.is_empty(), "nor a program");
        // The same name is another slot for another author.
        let colleague = house.staff(COLLEAGUE, NOW).await;
        save(&house, &colleague, "a", "p1", "Autre chose").await;
        assert_eq!(list(&house, &nurse).await, newest_first);
        house.store.drop_draft(&nurse, "a", None).await.unwrap();
        house.store.drop_draft(&nurse, "a", None).await.unwrap();
        assert_eq!(list(&house, &nurse).await, [row("b", "p2", "\0deux\0")]);
        assert_eq!(list(&house, &colleague).await, [row("a", "p1", "Autre chose")]);
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_last_72_hours_after_the_last_save() {
    for house in houses().await {
        save(&house, &house.staff(NURSE, NOW).await, "old", "p1", "un").await;
        save(&house, &house.staff(NURSE, NOW).await, "kept", "p1", "deux").await;
        save(&house, &house.staff(NURSE, NOW + HOUR).await, "kept", "p1", "trois").await;
        let end = NOW + 72 * HOUR;
        let (before, after) = (house.staff(NURSE, end - 1).await, house.staff(NURSE, end).await);
        assert_eq!(list(&house, &before).await, [row("kept", "p1", "trois"), row("old", "p1", "un")]);
        assert_eq!(list(&house, &after).await, [row("kept", "p1", "trois")]);
        assert!(open(&house, &after, "old").await.is_none());
        assert_eq!(house.store.sweep_drafts(house.tenant, end - 1).await.unwrap(), 0);
        assert_eq!(house.store.sweep_drafts(house.tenant, end).await.unwrap(), 1);
        assert_eq!(house.store.sweep_drafts(house.tenant, end).await.unwrap(), 0);
        assert_eq!(list(&house, &after).await, [row("kept", "p1", "trois")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_save_of_a_slot_is_entered_and_the_next_ones_are_not() {
    for house in houses().await {
        let nurse = house.staff(NURSE, NOW).await;
        let begun = house.verified().await;
        save(&house, &nurse, "a", "p1", "un").await;
        assert_eq!(house.verified().await, begun + 1);
        for text in ["un d", "un deux", "un deux trois"] {
            save(&house, &nurse, "a", "p1", text).await;
        }
        assert_eq!(house.verified().await, begun + 1);
        save(&house, &nurse, "a", "p2", "pour une autre").await;
        assert_eq!(house.verified().await, begun + 2, "it has turned to another person");
        assert_eq!(list(&house, &nurse).await, [row("a", "p2", "pour une autre")]);
        assert_eq!(house.verified().await, begun + 3, "opening is a read");
        let expired = house.staff(NURSE, NOW + 72 * HOUR).await;
        save(&house, &expired, "a", "p2", "encore").await;
        assert_eq!(house.verified().await, begun + 4, "what has expired was another draft");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_close_when_the_relation_ends() {
    for house in houses().await {
        let doctor = house.staff(DOCTOR, NOW).await;
        save(&house, &doctor, "a", "p1", "Ordonnance à revoir").await;
        assert!(open(&house, &doctor, "a").await.is_some());
        let gone = house.staff(DOCTOR, NOW + HOUR).await;
        assert!(open(&house, &gone, "a").await.is_none() && list(&house, &gone).await.is_empty());
        let refused = house.store.save_draft(&gone, "a", "p1", PAGE, Vec::new()).await;
        assert!(matches!(refused, Err(Error::Absent)));
        assert!(open(&house, &doctor, "a").await.is_some(), "a refused save changes nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_is_too_large_and_whom_one_may_not_see() {
    for house in houses().await {
        let nurse = house.staff(NURSE, NOW).await;
        let full = vec![b'x'; 64 << 10];
        house.store.save_draft(&nurse, "a", "p1", PAGE, full.clone()).await.unwrap();
        assert_eq!(open(&house, &nurse, "a").await.unwrap().body, full);
        let over = [full, vec![b'x']].concat();
        for (slot, body) in [("a", over), ("", Vec::new()), (&*"s".repeat(129), Vec::new())] {
            assert!(matches!(house.store.save_draft(&nurse, slot, "p1", PAGE, body).await, Err(Error::Invalid(_))));
        }
        let (doctor, absent) = (house.staff(DOCTOR, NOW).await, "nobody");
        for (call, patient) in [(&nurse, absent), (&doctor, "p2")] {
            let refused = house.store.save_draft(call, "b", patient, PAGE, Vec::new()).await;
            assert!(matches!(refused, Err(Error::Absent)), "{patient}");
        }
    }
}

/// Two pages of one author are open on the same draft.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_never_takes_the_place_of_what_it_has_not_seen() {
    for house in houses().await {
        let nurse = house.staff(NURSE, NOW).await;
        let save = async |page: &str, seen: i64, text: &str| {
            house.store.save_draft(&nurse, "a", "p1", Hand { page, seen }, text.as_bytes().to_vec()).await
        };
        let refused = |saved| matches!(saved, Err(Error::Conflict(Conflict::Version)));
        save("first", 0, "un").await.unwrap();
        save("first", 0, "un deux").await.unwrap();
        assert!(refused(save("second", 0, "vide").await), "it began before there was a draft");
        let found = open(&house, &nurse, "a").await.unwrap();
        assert_eq!((found.revision, found.body.as_slice()), (2, &b"un deux"[..]));
        save("second", 2, "un deux trois").await.unwrap();
        assert!(refused(save("first", 0, "un deux, encore").await), "the older page");
        assert!(refused(save("third", 2, "autre").await), "opened beside the second one");
        assert_eq!(open(&house, &nurse, "a").await.unwrap().body, b"un deux trois");
        // Another author's slot, a draft thrown away and one that has expired stand in nobody's way.
        save_by_colleague(&house).await;
        house.store.drop_draft(&nurse, "a", Some(Hand { page: "first", seen: 2 })).await.unwrap();
        assert!(open(&house, &nurse, "a").await.is_some(), "what it has not seen it does not throw away");
        house.store.drop_draft(&nurse, "a", Some(Hand { page: "second", seen: 2 })).await.unwrap();
        assert!(open(&house, &nurse, "a").await.is_none());
        save("first", 0, "un deux, encore").await.unwrap();
        let later = house.staff(NURSE, NOW + 72 * HOUR).await;
        house.store.save_draft(&later, "a", "p1", Hand { page: "fourth", seen: 0 }, b"neuf".to_vec()).await.unwrap();
        assert_eq!(open(&house, &later, "a").await.unwrap().body, b"neuf");
    }
}

async fn save_by_colleague(house: &House) {
    let colleague = house.staff(COLLEAGUE, NOW).await;
    house.store.save_draft(&colleague, "a", "p1", PAGE, b"le mien".to_vec()).await.unwrap();
}
