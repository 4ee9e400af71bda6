//! The index key is changed while everybody searches, writes and deletes: answers are right at each step.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[expect(dead_code, reason = "only the purpose is needed")]
#[path = "support/client.rs"]
mod client;
mod support;
#[expect(dead_code, reason = "nobody signs in")]
#[path = "support/world.rs"]
mod world;

use confidentiality::{Level, Purpose};
use fhir::{Resource, ResourceType};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use store::{Call, Change, Location, Secret, Store};
use support::postgres;
use world::{NOW, World, condition, patient, world};

const PATIENT: ResourceType = ResourceType::PATIENT;
const CONDITION: ResourceType = ResourceType::CONDITION;

/// By type and search, the ids that answer.
type Answers = BTreeMap<(&'static str, &'static str), BTreeSet<String>>;

const ASKED: [(&str, &str); 13] = [
    ("Patient", "family=quem"),
    ("Patient", "name:contains=emen"),
    ("Patient", "family:exact=Quéméner"),
    ("Patient", "birthdate=1938-03"),
    ("Patient", "birthdate=lt1950"),
    ("Patient", "_has:Condition:patient:code=B24"),
    ("Patient", "_id=p1,p3,p99"),
    ("Condition", "patient=Patient/p2"),
    ("Condition", "patient.family=quem&code=I10"),
    ("Condition", "code=http://hl7.org/fhir/sid/icd-10|B24"),
    ("Condition", "code=http://hl7.org/fhir/sid/icd-10|"),
    ("Condition", "code:not=I10"),
    ("Condition", "recorded-date=2025-01"),
];

async fn answers(store: &Store, call: &Call) -> Answers {
    let mut all = Answers::new();
    for (kind, text) in ASKED {
        let query = fhir::search::parse(
            ResourceType::parse(kind).unwrap(),
            &fhir::search::pairs(&format!("{text}&_count=200")),
            true,
        );
        let page = store.search(call, &query.unwrap()).await.unwrap();
        let page = store.disclose(call, page).await.unwrap();
        all.insert((kind, text), page.matches.iter().map(|found| found.resource.id().unwrap().to_owned()).collect());
    }
    all
}

fn update(world: &World, id: &str, of: &str, code: &str) -> Change {
    let value = condition(of, id, code, "note", "2025-01-02");
    let (graded, resource) = (world.graded(&value), Resource::from_value(value).unwrap());
    Change::Update { resource, graded, if_match: None, upsert: true, import: None }
}

async fn fill(world: &World) {
    let call = world.client(Level::VerySensitive);
    for n in 0..8 {
        let id = format!("p{n}");
        let mut changes = vec![world.create(patient(&id))];
        for code in ["I10", "B24"] {
            changes.push(world.create(condition(&id, &format!("{id}-{code}"), code, "note", "2025-01-02")));
        }
        world.store.write(&call, changes).await.unwrap();
    }
    let gone = Change::Delete { kind: CONDITION, id: "p7-I10".into(), if_match: None };
    world.store.write(&call, vec![gone]).await.unwrap();
    // About somebody known by an address only.
    world
        .store
        .write(&call, vec![world.create(condition("late", "early", "I10", "note", "2025-01-02"))])
        .await
        .unwrap();
}

async fn person(world: &World, kind: ResourceType, id: &str) -> i64 {
    let call = world.client(Level::VerySensitive);
    let read = world.store.read(&call, kind, id).await.unwrap();
    world.store.disclose(&call, read).await.unwrap().unwrap().person.value()
}

/// Every hash that finds a row.
fn hashes(data: &Path) -> BTreeSet<i64> {
    let conn = Connection::open(data.join("main.db")).unwrap();
    let all = "SELECT hash FROM exact_key UNION SELECT hash FROM lossy_key UNION SELECT self FROM resource";
    let mut statement = conn.prepare(all).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_right_while_the_index_key_changes() {
    let dir = tempfile::tempdir().unwrap();
    let mut places = vec![Location::Directory(dir.path().to_owned())];
    places.extend(postgres::fresh_database().map(Location::Postgres));
    for location in places {
        let root = Secret::random().unwrap();
        let world = world(location.clone(), root.clone()).await;
        fill(&world).await;
        // Another server on the same database, which nobody tells anything.
        let other = match &location {
            Location::Postgres(_) => self::world(location.clone(), root).await.store,
            Location::Directory(_) => world.store.clone(),
        };
        let before = if let Location::Directory(data) = &location { hashes(data) } else { BTreeSet::new() };
        for change in 1..=2 {
            steps(&world, &other, change).await;
        }
        let check = world.store.check(&world.client(Level::VerySensitive), &|_| ()).await.unwrap();
        assert_eq!((check.findings, check.indexed_otherwise), (Vec::new(), 0));
        if let Location::Directory(data) = &location {
            assert!(hashes(data).is_disjoint(&before) && !before.is_empty(), "the former key finds nothing");
        }
        // Who was known by an address has arrived, and is who they were.
        world.store.write(&world.client(Level::VerySensitive), vec![world.create(patient("late"))]).await.unwrap();
        assert_eq!(person(&world, PATIENT, "late").await, person(&world, CONDITION, "early").await);
    }
}

/// A change from its beginning to its end; searches and writes at each step, by both servers.
async fn steps(world: &World, other: &Store, change: usize) {
    let call = world.client(Level::VerySensitive);
    let mut job = client::call_for(world.tenant, NOW, 1, Level::VerySensitive, None, Purpose::Reindex);
    let mut expected = answers(&world.store, &call).await;
    assert!(expected.values().all(|found| !found.is_empty()), "{expected:?}");
    assert!(world.store.change_index_key(&job).await.unwrap());
    assert!(!world.store.change_index_key(&job).await.unwrap(), "one at a time");
    let mut steps = 0;
    while world.store.changes_index_key(world.tenant).await.unwrap() {
        // Those written meanwhile, by who has heard of the step and by who has not; one of them has another code each time.
        let writer = if steps % 2 == 0 { other } else { &world.store };
        let (id, code) = (format!("m{change}-{steps}"), if steps % 3 == 0 { "B24" } else { "I10" });
        writer.write(&call, vec![update(world, &id, "p2", code), update(world, "same", "p3", code)]).await.unwrap();
        for id in [id.as_str(), "same"] {
            expect(&mut expected, id, code);
        }
        assert_eq!(answers(&world.store, &call).await, expected, "step {steps} of change {change}");
        assert_eq!(answers(other, &call).await, expected, "step {steps} of change {change}, another server");
        assert!(person(world, CONDITION, "p1-B24").await > 0);
        job.now += 6_000_000;
        world.store.index_own(&job, 15).await.unwrap();
        // Each server asks from time to time.
        other
            .index_own(&client::call_for(world.tenant, NOW, 1, Level::VerySensitive, None, Purpose::Reindex), 7)
            .await
            .unwrap();
        steps += 1;
        assert!(steps < 200, "it does not end");
    }
    assert!(steps > 8, "{steps}");
    assert_eq!(answers(&world.store, &call).await, expected);
    assert_eq!(answers(other, &call).await, expected);
}

/// What answers once a condition of this code is there.
fn expect(expected: &mut Answers, id: &str, code: &str) {
    for ((kind, text), found) in expected.iter_mut().filter(|((kind, _), _)| *kind == "Condition") {
        let answers = match *text {
            "patient=Patient/p2" => id != "same",
            "patient.family=quem&code=I10" => code == "I10",
            "code=http://hl7.org/fhir/sid/icd-10|B24" | "code:not=I10" => code == "B24",
            _ => true,
        };
        assert_eq!(*kind, "Condition");
        if answers {
            found.insert(id.to_owned())
        } else {
            found.remove(id)
        };
    }
    if let Some(found) = expected.get_mut(&("Patient", "_has:Condition:patient:code=B24")) {
        found.extend(["p2", "p3"].map(str::to_owned));
    }
}
