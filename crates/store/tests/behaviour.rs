//! What the store promises, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "behaviour/searches.rs"]
mod searches;
mod support;
#[path = "support/world.rs"]
mod world;

use confidentiality::{Level, Person};
use fhir::{Resource, ResourceType};
use serde_json::Value;
use store::{Call, Change, Effect, Error, TimelineFilter};
use world::{NOW, World, worlds};

const UNIT: i64 = -1;
const NURSE: i64 = 41;
const AIDE: i64 = 42;

impl World {
    async fn staff(&self, actor: i64, persona: &str, person: Person) -> Call {
        self.hire(actor, persona, UNIT).await;
        self.relate(actor, person).await;
        self.signed_in(actor).await
    }

    fn update(&self, value: Value, if_match: Option<i64>) -> Change {
        let graded = self.graded(&value);
        let resource = Resource::from_value(value).unwrap();
        Change::Update { resource, graded, if_match, upsert: false, import: None }
    }
}

fn patient() -> Value {
    world::patient("p1")
}

fn condition(id: &str, code: &str, words: &str) -> Value {
    world::condition("p1", id, code, words, "2025-01-02")
}

async fn total(world: &World, call: &Call, ty: ResourceType, query: &str) -> i64 {
    let query = fhir::search::parse(ty, &fhir::search::pairs(query), true).unwrap();
    let page = world.store.search(call, &query).await.unwrap();
    world.store.disclose(call, page).await.unwrap().total.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_get_their_share_and_totals_agree() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        let written = world
            .store
            .write(
                &client,
                vec![
                    world.create(condition("c1", "I10", "Hypertension")),
                    world.create(patient()),
                    world.create(condition("c2", "F20.0", "Schizophrénie")),
                    world.create(condition("c3", "B24", "VIH")),
                ],
            )
            .await
            .unwrap();
        let person = written[1].person;
        assert!(written.iter().all(|w| w.person == person && w.effect == Effect::Created));
        assert_eq!(total(&world, &client, ResourceType::CONDITION, "").await, 3);
        let limited = world.client(Level::Standard);
        assert_eq!(total(&world, &limited, ResourceType::CONDITION, "patient=p1").await, 1);
        assert_eq!(total(&world, &limited, ResourceType::CONDITION, "code=F20.0").await, 0);

        let nurse = world.staff(NURSE, "ide", person).await;
        let timeline = world.store.timeline(&nurse, "p1", &TimelineFilter::default(), None, 50).await.unwrap();
        let timeline = world.store.disclose(&nurse, timeline).await.unwrap().unwrap();
        assert_eq!((timeline.items.len(), timeline.readable), (2, 2));
        let aide = world.staff(AIDE, "as", person).await;
        let timeline = world.store.timeline(&aide, "p1", &TimelineFilter::default(), None, 50).await.unwrap();
        let timeline = world.store.disclose(&aide, timeline).await.unwrap().unwrap();
        assert_eq!(timeline.items.len(), 0);
        assert_eq!(timeline.hidden, 2, "the third one is not even counted");

        let report = world.store.verify_audit(world.tenant, None, NOW).await.unwrap();
        assert_eq!(report.findings, []);
        assert!(report.tree_size >= 6, "{}", report.tree_size);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_find_by_name_date_code_and_chain() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        world
            .store
            .write(&client, vec![world.create(patient()), world.create(condition("c1", "I10", "Hypertension"))])
            .await
            .unwrap();
        for (query, expected) in [
            ("family=quem", 1),
            ("family=QUÉMÉNER", 1),
            ("family=quemeneur", 0),
            ("family:exact=Quéméner", 1),
            ("family:contains=mene", 1),
            ("name=odette", 1),
            ("birthdate=1938", 1),
            ("birthdate=1938-03-07", 1),
            ("birthdate=1938-03-08", 0),
            ("birthdate=lt1940", 1),
            ("birthdate=gt1940", 0),
            ("_id=p1", 1),
            ("_id=p2", 0),
            ("gender:missing=true", 1),
            ("_has:Condition:patient:code=I10", 1),
            ("_has:Condition:patient:code=I11", 0),
        ] {
            assert_eq!(total(&world, &client, ResourceType::PATIENT, query).await, expected, "{query}");
        }
        for (query, expected) in [
            ("code=I10", 1),
            ("code=http://hl7.org/fhir/sid/icd-10|I10", 1),
            ("code=|I10", 0),
            ("code:not=I10", 0),
            ("patient.family=quem", 1),
            ("subject:Patient.name=x", 0),
            ("recorded-date=2025", 1),
            ("recorded-date=ge2025-01-03", 0),
            ("patient=Patient/p1&_sort=-recorded-date", 1),
        ] {
            assert_eq!(total(&world, &client, ResourceType::CONDITION, query).await, expected, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_lock_and_history_is_kept() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        world
            .store
            .write(&client, vec![world.create(patient()), world.create(condition("c1", "I10", "a"))])
            .await
            .unwrap();
        let written =
            world.store.write(&client, vec![world.update(condition("c1", "B24", "b"), Some(1))]).await.unwrap();
        assert_eq!((written[0].version, written[0].effect), (2, Effect::Updated));
        let stale = world.store.write(&client, vec![world.update(condition("c1", "I10", "c"), Some(1))]).await;
        assert!(matches!(stale, Err(Error::Conflict(store::Conflict::Version))));
        let taken = world.store.write(&client, vec![world.create(condition("c1", "I10", "d"))]).await;
        assert!(matches!(taken, Err(Error::Conflict(store::Conflict::IdTaken))));
        let history = world.store.history(&client, ResourceType::CONDITION, "c1").await.unwrap();
        let history = world.store.disclose(&client, history).await.unwrap();
        assert_eq!(history.iter().map(|v| v.version).collect::<Vec<_>>(), [2, 1]);
        assert!(history.iter().all(|v| v.level == Level::VerySensitive), "the past is as secret as the present");
        let limited = world.client(Level::Standard);
        let none = world.store.history(&limited, ResourceType::CONDITION, "c1").await.unwrap();
        assert!(world.store.disclose(&limited, none).await.unwrap().is_empty());
        let delete = Change::Delete { kind: ResourceType::CONDITION, id: "c1".into(), if_match: None };
        world.store.write(&client, vec![delete]).await.unwrap();
        let gone = world.store.read(&client, ResourceType::CONDITION, "c1").await.unwrap();
        assert!(world.store.disclose(&client, gone).await.unwrap().unwrap().deleted);
        assert_eq!(total(&world, &client, ResourceType::CONDITION, "").await, 0);
        let report = world.store.verify_audit(world.tenant, None, NOW).await.unwrap();
        assert_eq!(report.findings, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_happens_whole_or_not_at_all() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        world.store.write(&client, vec![world.create(patient())]).await.unwrap();
        let refused =
            world.store.write(&client, vec![world.create(condition("c9", "I10", "x")), world.create(patient())]).await;
        assert!(matches!(refused, Err(Error::Conflict(store::Conflict::IdTaken))));
        let twice = vec![world.create(condition("c9", "I10", "x")), world.create(condition("c9", "I10", "y"))];
        let refused = world.store.write(&client, twice).await;
        assert!(matches!(refused, Err(Error::Conflict(store::Conflict::IdTaken))), "one id, one resource");
        assert_eq!(total(&world, &client, ResourceType::CONDITION, "").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_and_marks_are_personal() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        let mut changes = vec![world.create(patient())];
        changes.extend((0..7).map(|n| world.create(condition(&format!("c{n}"), "I10", "x"))));
        world.store.write(&client, changes).await.unwrap();
        let mut query = fhir::search::parse(ResourceType::CONDITION, &fhir::search::pairs("_count=3"), true).unwrap();
        let mut seen = Vec::new();
        loop {
            let page = world.store.search(&client, &query).await.unwrap();
            let page = world.store.disclose(&client, page).await.unwrap();
            assert_eq!(page.total, Some(7));
            seen.extend(page.matches.iter().filter_map(|v| v.resource.id().map(str::to_owned)));
            let Some(next) = page.next else { break };
            query.page = Some(next);
        }
        seen.sort();
        assert_eq!(seen, ["c0", "c1", "c2", "c3", "c4", "c5", "c6"]);
        let other = world.program(8, Level::VerySensitive);
        assert!(matches!(world.store.search(&other, &query).await, Err(Error::Invalid(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_nobody_told_of_is_left_to_be_examined() {
    for world in worlds().await {
        let (full, limited) = (world.client(Level::VerySensitive), world.client(Level::Standard));
        world.store.write(&full, vec![world.create(patient())]).await.unwrap();
        let unless = |id: &str, code: &str| {
            let query =
                fhir::search::parse(ResourceType::CONDITION, &fhir::search::pairs(&format!("code={code}")), true);
            match world.create(condition(id, code, "note")) {
                Change::Create { resource, graded, import, .. } => {
                    Change::Create { resource, graded, import, if_none_exist: Some(query.unwrap()) }
                }
                other => other,
            }
        };
        world.store.write(&full, vec![world.create(condition("hidden", "B24", "note"))]).await.unwrap();
        world.store.write(&full, vec![world.create(condition("seen", "I10", "note"))]).await.unwrap();
        let answers = [unless("c1", "B24"), unless("c2", "I10"), unless("c3", "M17.9")].map(|change| vec![change]);
        let mut effects = Vec::new();
        for change in answers {
            effects.push(world.store.write(&limited, change).await.unwrap()[0].effect);
        }
        assert_eq!(effects, [Effect::Created, Effect::Existing, Effect::Created]);
        let found = world.store.duplicates(&full).await.unwrap();
        assert_eq!(found.len(), 1, "one was hidden, one was seen, one was alone");
        let rid = async |id: &str| {
            let read = world.store.read(&full, ResourceType::CONDITION, id).await.unwrap();
            world.store.disclose(&full, read).await.unwrap().unwrap().rid.value()
        };
        assert_eq!((found[0].rid, found[0].of), (rid("c1").await, rid("hidden").await));
        assert!(world.store.duplicates(&limited).await.unwrap().is_empty());
    }
}
