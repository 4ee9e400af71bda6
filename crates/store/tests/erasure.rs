//! Erasing a person: nothing of them opens any more, in the store, in its files, nor in older copies of it; others and
//! the proof of the log stay whole.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "erasure/on_postgres.rs"]
mod on_postgres;
#[path = "erasure/raw.rs"]
mod raw;
mod support;
#[expect(dead_code, reason = "one store at a time, and nobody signs in")]
#[path = "support/world.rs"]
mod world;

use confidentiality::{Actor, Categories, Level, Masking, Person, Refusal, Rid};
use fhir::{Resource, ResourceType};
use std::path::Path;
use store::{Call, Change, Erasure, Error, Hand, Location, Secret};
use support::postgres;
use tokio_postgres::NoTls;
use world::{NOW, World, condition, patient, world};

const CONDITION: ResourceType = ResourceType::CONDITION;

/// One of each kind of thing that can be known of a person, about two persons.
async fn fill(world: &World) -> Person {
    let call = world.client(Level::VerySensitive);
    let mut persons = Vec::new();
    for id in ["p1", "p2"] {
        let mut person = patient(id);
        *person.pointer_mut("/name/0/family").unwrap() = format!("Kermarrec {id}").into();
        let written = world.store.write(&call, vec![world.create(person)]).await.unwrap();
        let person = written.first().unwrap().person;
        persons.push(person);
        let conditions =
            [("I10", "Hypertension"), ("B24", "séropositivité"), ("F32.2", "Risque suicidaire, surveillance")];
        for (code, words) in conditions {
            let value = condition(id, &format!("{id}-{}", code.replace('.', "")), code, words, "2025-01-02");
            world.store.write(&call, vec![world.create(value.clone())]).await.unwrap();
            let (graded, resource) = (world.graded(&value), Resource::from_value(value).unwrap());
            let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
            world.store.write(&call, vec![change]).await.unwrap();
        }
        let gone = Change::Delete { kind: CONDITION, id: format!("{id}-I10"), if_match: None };
        world.store.write(&call, vec![gone]).await.unwrap();
        world.relate(41, person).await;
        let masking = Masking { person, rid: Rid::new(1 << 40), categories: Categories::empty() };
        world.store.add_masking(world.tenant, masking, Actor::new(41), NOW).await.unwrap();
        let hand = Hand { page: "a", seen: 0 };
        world.store.save_draft(&call, id, id, hand, b"brouillon".to_vec()).await.unwrap();
    }
    // Of the other, but mentioning the one.
    let mut both = condition("p2", "both", "Z63", "Voisins de chambre", "2025-01-02");
    both.as_object_mut().unwrap().insert("asserter".into(), serde_json::json!({"reference": "Patient/p1"}));
    world.store.write(&call, vec![world.create(both)]).await.unwrap();
    world.hire(41, "ide", 0).await;
    look(world, &Call { origin: store::Origin { reason: Some("urgence".into()), ..call.origin.clone() }, ..call })
        .await;
    persons.first().copied().unwrap()
}

/// Reads all conditions of each person; how many.
async fn look(world: &World, call: &Call) -> [usize; 2] {
    let mut found = [0, 0];
    for (count, id) in found.iter_mut().zip(["p1", "p2"]) {
        let pairs = fhir::search::pairs(&format!("subject=Patient/{id}&_count=50"));
        let query = fhir::search::parse(CONDITION, &pairs, true).unwrap();
        let page = world.store.search(call, &query).await.unwrap();
        *count = world.store.disclose(call, page).await.unwrap().matches.len();
    }
    found
}

async fn check_log(world: &World, checkpoint: Option<String>) {
    let report = world.store.verify_audit(world.tenant, checkpoint, NOW).await.unwrap();
    assert_eq!(report.findings, []);
}

async fn erase(world: &World, journal: &Path) -> Erasure {
    let call = world.client(Level::VerySensitive);
    world.store.replay_erasures(journal, NOW).await.unwrap();
    let told = world.store.erasure_of(&call, "p1").await.unwrap().unwrap();
    let other = world.program(8, Level::VerySensitive);
    let too_many = world.store.ask_erasure(&other, "p1", told.items + 1, "demande").await;
    assert!(matches!(too_many, Err(Error::Conflict(_))), "the record is not the one looked at");
    assert!(matches!(world.store.erase(&call, "p1").await, Err(Error::Absent)), "nobody has asked");
    world.store.ask_erasure(&other, "p1", told.items, "demande").await.unwrap();
    let asked = world.store.erasure_asked(&call, "p1").await.unwrap().unwrap();
    assert_eq!((asked.actor.value(), asked.items, asked.reason.as_str()), (8, told.items, "demande"));
    let late = Call { now: call.now + 8 * 86_400_000_000, ..call.clone() };
    assert!(matches!(world.store.erase(&late, "p1").await, Err(Error::Absent)), "a request does not wait for ever");
    let same = world.store.erase(&other, "p1").await;
    assert!(matches!(same, Err(Error::Refused(Refusal::SamePerson))), "{same:?}");
    let late = condition("p1", "late", "I10", "Arrivé depuis", "2025-01-03");
    world.store.write(&call, vec![world.create(late)]).await.unwrap();
    assert!(matches!(world.store.erase(&call, "p1").await, Err(Error::Conflict(_))), "the record has changed since");
    assert!(!journal.exists(), "nothing has begun");
    world.store.ask_erasure(&other, "p1", told.items + 1, "demande").await.unwrap();
    world.store.erase(&call, "p1").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_nowhere_and_others_are_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let mut places = vec![Location::Directory(dir.path().join("data"))];
    places.extend(postgres::fresh_database().map(Location::Postgres));
    for (n, location) in places.into_iter().enumerate() {
        let (root, journal) = (Secret::random().unwrap(), dir.path().join(format!("erased-{n}")));
        let world = world(location.clone(), root).await;
        fill(&world).await;
        let call = world.client(Level::VerySensitive);
        assert_eq!(look(&world, &call).await, [2, 3]);
        check_log(&world, None).await;
        let checkpoint = world.store.checkpoint(world.tenant, NOW).await.unwrap();
        let erased = erase(&world, &journal).await;
        assert_eq!((erased.items, erased.versions, erased.mentions, erased.drafts), (5, 4, 1, 1));
        assert!(erased.entries >= 10, "{erased:?}");
        assert_eq!(look(&world, &call).await, [0, 3]);
        for (kind, id) in [(ResourceType::PATIENT, "p1"), (CONDITION, "p1-B24"), (CONDITION, "p1-I10")] {
            let read = world.store.read(&call, kind, id).await.unwrap();
            assert!(world.store.disclose(&call, read).await.unwrap().is_none(), "{id}");
            let read = world.store.history(&call, kind, id).await.unwrap();
            assert!(world.store.disclose(&call, read).await.unwrap().is_empty(), "{id}");
        }
        let drafts = world.store.drafts(&call).await.unwrap();
        assert_eq!(world.store.disclose(&call, drafts).await.unwrap().len(), 1);
        // What the log said before is still proved, by what was signed before.
        check_log(&world, Some(checkpoint)).await;
        // The id is free again, for somebody who has nothing to do with the one erased.
        world.store.write(&call, vec![world.create(patient("p1"))]).await.unwrap();
        assert_eq!(look(&world, &call).await, [0, 3]);
        assert_eq!(world.store.replay_erasures(&journal, NOW).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_person_is_in_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let world = world(Location::Directory(data.clone()), Secret::random().unwrap()).await;
    let person = fill(&world).await;
    let known = raw::of(&data, person);
    assert!(known.len() > 30, "{}", known.len());
    assert!(raw::found(&data, &known).len() > 30, "the search finds what is there");
    erase(&world, &dir.path().join("erased")).await;
    let left = raw::found(&data, &known);
    assert!(left.is_empty(), "{left:?}");
    // Random numbers remain where the log and the journal need them, and nowhere else.
    let tables = raw::tables_with(&data, person);
    assert_eq!(tables, ["main.entry_out_part", "audit.entry_part", "keys.erased"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_does_not_bring_the_person_back() {
    let dir = tempfile::tempdir().unwrap();
    let (data, journal) = (dir.path().join("data"), dir.path().join("erased"));
    let root = Secret::random().unwrap();
    let world_now = world(Location::Directory(data.clone()), root.clone()).await;
    fill(&world_now).await;
    let old = raw::copy(&data, &dir.path().join("old"));
    erase(&world_now, &journal).await;
    let new = raw::copy(&data, &dir.path().join("new"));
    // Each of the three may come from before.
    for mixed in 1..8 {
        let restored = dir.path().join(format!("restored-{mixed}"));
        std::fs::create_dir(&restored).unwrap();
        for (bit, name) in ["main.db", "keys.db", "audit.db"].iter().enumerate() {
            let from = if mixed >> bit & 1 == 1 { &old } else { &new };
            std::fs::copy(from.join(name), restored.join(name)).unwrap();
        }
        let world = world(Location::Directory(restored), root.clone()).await;
        let call = world.client(Level::VerySensitive);
        if mixed & 3 == 3 {
            assert_eq!(look(&world, &call).await, [2, 3], "without the journal the person would be back");
        }
        assert_eq!(world.store.replay_erasures(&journal, NOW).await.unwrap(), 1, "{mixed}");
        assert_eq!(look(&world, &call).await, [0, 3], "{mixed}");
        assert_eq!(world.store.replay_erasures(&journal, NOW).await.unwrap(), 0, "{mixed}");
        if mixed == 7 {
            check_log(&world, None).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_completed_from_the_store_and_believed_only_when_signed() {
    let dir = tempfile::tempdir().unwrap();
    let (data, journal) = (dir.path().join("data"), dir.path().join("erased"));
    let world = world(Location::Directory(data), Secret::random().unwrap()).await;
    fill(&world).await;
    erase(&world, &journal).await;
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::remove_file(&journal).unwrap();
    assert_eq!(world.store.replay_erasures(&journal, NOW).await.unwrap(), 0);
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), text);
    // A line that erases somebody else has another signature.
    let forged = text.replace("\"person\":", "\"person\":1");
    std::fs::write(&journal, format!("{text}{forged}")).unwrap();
    let refused = world.store.replay_erasures(&journal, NOW).await;
    assert!(matches!(refused, Err(Error::Integrity(_))), "{refused:?}");
    assert_eq!(look(&world, &world.client(Level::VerySensitive)).await, [0, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_database_does_not_bring_the_person_back() {
    let Some(url) = postgres::fresh_database() else { return };
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let journal = dir.path().join("erased");
    let now = world(Location::Postgres(url.clone()), root.clone()).await;
    fill(&now).await;
    drop(now);
    let (server, name) = url.rsplit_once("dbname=").unwrap();
    let (client, connection) = tokio_postgres::connect(&format!("{server}dbname=postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let copied = format!("CREATE DATABASE {name}_old TEMPLATE {name}");
    // Connections of the store end a little after it.
    while client.batch_execute(&copied).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let now = world(Location::Postgres(url.clone()), root.clone()).await;
    erase(&now, &journal).await;
    let old = world(Location::Postgres(format!("{url}_old")), root).await;
    let call = old.client(Level::VerySensitive);
    assert_eq!(look(&old, &call).await, [2, 3], "without the journal the person would be back");
    assert_eq!(old.store.replay_erasures(&journal, NOW).await.unwrap(), 1);
    assert_eq!(look(&old, &call).await, [0, 3]);
    assert_eq!(old.store.replay_erasures(&journal, NOW).await.unwrap(), 0);
    check_log(&old, None).await;
}
