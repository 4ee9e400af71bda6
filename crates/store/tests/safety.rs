//! What must reach the one who cares, of items that they may not read.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "support/house.rs"]
mod house;
mod support;

use confidentiality::labeler::{SafetyFact, SafetyKind};
use confidentiality::{Actor, Categories, Category, Family, Level, Masking, Person, Rid};
use fhir::{Resource, ResourceType};
use house::{AIDE, DOCTOR, HEAD_NURSE, HOUR, House, NOW, NURSE, houses};
use serde_json::{Value, json};
use store::{Call, Change, Graded};

const REQUEST: ResourceType = ResourceType::MEDICATION_REQUEST;

fn fact(kind: SafetyKind, text: &str, detail: Option<&str>) -> SafetyFact {
    SafetyFact { kind, text: text.into(), detail: detail.map(str::to_owned) }
}

fn request(status: &str, end: Option<&str>) -> Value {
    let mut value = json!({"resourceType": "MedicationRequest", "id": "r1", "status": status, "intent": "order",
        "subject": {"reference": "Patient/p1"}, "authoredOn": "2026-05-01", "medicationCodeableConcept": {"text": "Trithérapie"}});
    if let Some(end) = end {
        value["dosageInstruction"] = json!([{"timing": {"repeat": {"boundsPeriod": {"end": end}}}}]);
    }
    value
}

/// At this level, with a drug and what to do.
fn graded(house: &House, level: Level) -> Graded {
    let drug = fact(SafetyKind::Drug, "Trithérapie", Some("1 cp le soir"));
    let safety = vec![drug, fact(SafetyKind::Consigne, "Surveillance rapprochée.", None)];
    Graded { safety, ..house.graded(level, Family::Med, Category::Vih.into()) }
}

fn update(house: &House, value: Value, level: Level) -> Change {
    let (resource, graded) = (Resource::from_value(value).unwrap(), graded(house, level));
    Change::Update { resource, graded, if_match: None, upsert: true, import: None }
}

async fn person(house: &House) -> Person {
    house.store.person_of(&house.client(NOW), "p1").await.unwrap().unwrap()
}

/// Texts told to this caller, and whether it may read their source.
async fn told(house: &House, call: &Call) -> Vec<(String, bool)> {
    let facts = house.store.safety(call, &[person(house).await, Person::new(12)]).await.unwrap();
    let facts = house.store.disclose(call, facts).await.unwrap();
    facts.into_iter().map(|one| (one.fact.text, one.readable)).collect()
}

/// What is told of an item that the caller may not read.
fn both() -> Vec<(String, bool)> {
    vec![("Trithérapie".to_owned(), false), ("Surveillance rapprochée.".to_owned(), false)]
}

/// What is told of it to whom no medical document is opened.
fn unread() -> Vec<(String, bool)> {
    vec![("Surveillance rapprochée.".to_owned(), false)]
}

/// What is told of an item that the caller may read: it names the drug itself.
fn action() -> Vec<(String, bool)> {
    vec![("Surveillance rapprochée.".to_owned(), true)]
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cares_is_told_whatever_the_level() {
    for house in houses().await {
        let client = house.client(NOW);
        house.store.write(&client, vec![update(&house, request("active", None), Level::VerySensitive)]).await.unwrap();
        let aide = house.staff(AIDE, NOW).await;
        let hidden = house.store.read(&aide, REQUEST, "r1").await.unwrap();
        assert!(house.store.disclose(&aide, hidden).await.unwrap().is_none());
        // Medical documents are not hers: what to do is told, and not by what.
        assert_eq!(told(&house, &aide).await, unread());
        assert_eq!(told(&house, &house.staff(NURSE, NOW).await).await, both());
        assert_eq!(told(&house, &client).await, action());
        // Whoever no longer accompanies the person is told nothing, nor is who was never there.
        assert_eq!(told(&house, &house.staff(DOCTOR, NOW + 2 * HOUR).await).await, []);
        assert_eq!(told(&house, &house.staff(99, NOW).await).await, []);
        // What the person hides from someone does not hide the danger.
        let masking = Masking { person: person(&house).await, rid: Rid::new(0), categories: Categories::empty() };
        house.store.add_masking(house.tenant, masking, Actor::new(NURSE), NOW).await.unwrap();
        assert_eq!(told(&house, &house.staff(NURSE, NOW).await).await, both());
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_follow_the_current_version() {
    for house in houses().await {
        let (client, nurse) = (house.client(NOW), house.staff(NURSE, NOW).await);
        let write = async |change: Change| house.store.write(&client, vec![change]).await.unwrap();
        write(update(&house, request("active", None), Level::Standard)).await;
        assert_eq!(told(&house, &nurse).await, action(), "she reads it");
        write(update(&house, request("active", None), Level::VerySensitive)).await;
        assert_eq!(told(&house, &nurse).await, both());
        // A later version at a lower level stays where it was, and so do its facts.
        write(update(&house, request("active", None), Level::Standard)).await;
        assert_eq!(told(&house, &nurse).await, both());
        write(update(&house, request("active", Some("2026-05-20")), Level::VerySensitive)).await;
        assert_eq!(told(&house, &nurse).await, [], "it has ended");
        write(update(&house, request("active", Some("2026-07-20")), Level::VerySensitive)).await;
        assert_eq!(told(&house, &nurse).await, both());
        let resource = Resource::from_value(request("stopped", None)).unwrap();
        let graded = Graded { safety: Vec::new(), ..graded(&house, Level::Open) };
        write(Change::Update { resource, graded, if_match: None, upsert: true, import: None }).await;
        assert_eq!(told(&house, &nurse).await, []);
        write(update(&house, request("active", None), Level::VerySensitive)).await;
        assert_eq!(told(&house, &nurse).await, both());
        write(Change::Delete { kind: REQUEST, id: "r1".into(), if_match: None }).await;
        assert_eq!(told(&house, &nurse).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_item_that_this_caller_may_not_read_is_told_too() {
    for house in houses().await {
        let (client, head) = (house.client(NOW), house.staff(HEAD_NURSE, NOW).await);
        for level in [Level::Open, Level::Daily, Level::Standard] {
            let resource = Resource::from_value(request("active", None)).unwrap();
            let graded = Graded {
                safety: graded(&house, level).safety,
                ..house.graded(level, Family::Soin, Categories::empty())
            };
            let change = Change::Update { resource, graded, if_match: None, upsert: true, import: None };
            house.store.write(&client, vec![change]).await.unwrap();
            assert_eq!(told(&house, &house.staff(NURSE, NOW).await).await, action(), "{level:?}");
        }
        // Hidden from her by the person, it is not hidden that there is a treatment.
        let masking = Masking { person: person(&house).await, rid: Rid::new(0), categories: Categories::empty() };
        house.store.add_masking(house.tenant, masking, Actor::new(NURSE), NOW).await.unwrap();
        assert_eq!(told(&house, &house.staff(NURSE, NOW).await).await, both());
        assert_eq!(told(&house, &head).await, action());
        house.verified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_the_wrong_record_says_nothing_there() {
    for house in houses().await {
        let (client, aide) = (house.client(NOW), house.staff(AIDE, NOW).await);
        house.store.write(&client, vec![update(&house, request("active", None), Level::Sensitive)]).await.unwrap();
        let resource = Resource::from_value(request("active", None)).unwrap();
        let misfile = Change::Misfile { resource, graded: graded(&house, Level::Sensitive), if_match: None };
        house.store.write(&client, vec![misfile]).await.unwrap();
        assert_eq!(told(&house, &aide).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn being_told_is_an_access() {
    for house in houses().await {
        let (client, aide, head) =
            (house.client(NOW), house.staff(AIDE, NOW).await, house.staff(HEAD_NURSE, NOW + 1).await);
        house.store.write(&client, vec![update(&house, request("active", None), Level::VerySensitive)]).await.unwrap();
        let before = house.verified().await;
        told(&house, &aide).await;
        assert_eq!(house.verified().await, before + 1);
        let accesses = house.store.accesses(&head, "p1", None, 10).await.unwrap();
        let accesses = house.store.disclose(&head, accesses).await.unwrap().unwrap();
        assert!(accesses.entries.iter().any(|entry| entry.actor == Actor::new(AIDE) && !entry.written));
    }
}
