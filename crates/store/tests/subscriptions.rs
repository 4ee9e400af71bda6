//! Changes noted for those who asked to be told, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "people are for other tests")]
#[path = "support/world.rs"]
mod world;

use confidentiality::{Actor, Level};
use fhir::search::Query;
use fhir::subscription::{Status, set_status};
use fhir::{Resource, ResourceType};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::{Call, Change, Location, Secret, Told, Watch};
use support::postgres;
use tokio_postgres::{Client, NoTls};
use world::{NOW, World, condition, patient, world, worlds};

const PROGRAM: i64 = 8;
const HELD: i64 = NOW + 60_000_000;

impl World {
    /// Asked for, with nobody to set it up yet.
    async fn ask(&self, call: &Call, id: &str, criteria: &str) {
        let value = json!({"resourceType": "Subscription", "id": id, "status": "requested", "criteria": criteria,
            "channel": {"type": "rest-hook", "endpoint": "https://a.fr", "header": ["X: secret"]}});
        self.store.write(call, vec![self.create(value)]).await.unwrap();
    }

    async fn due(&self, now: i64) -> Vec<Watch> {
        self.store.claim_watches(self.tenant, now, HELD, 100).await.unwrap()
    }

    async fn write_status(&self, call: &Call, rid: i64, status: Status) {
        let (mut resource, version) = self.store.watched(call, rid).await.unwrap().unwrap();
        set_status(&mut resource, status, None);
        self.update(call, resource, version).await;
    }

    async fn update(&self, call: &Call, resource: Resource, version: i64) {
        let graded = self.graded(&resource.value());
        let change = Change::Update { resource, graded, if_match: Some(version), upsert: false, import: None };
        self.store.write(call, vec![change]).await.unwrap();
    }

    /// Set up: the watch.
    async fn set_up(&self, call: &Call, id: &str, criteria: &str) -> Watch {
        self.ask(call, id, criteria).await;
        let watch = *self.due(NOW).await.first().unwrap();
        assert!(!watch.live && watch.job.actor == call.actor());
        self.write_status(call, watch.rid(), Status::Active).await;
        Watch { live: true, ..watch }
    }

    /// Whether there is something to tell; the changes are done with.
    async fn tell(&self, call: &Call, watch: Watch, query: &Query) -> bool {
        // Whoever holds it already tells; else it is taken first.
        let taken = self.due(NOW).await.into_iter().find(|one| one.rid() == watch.rid());
        let watch = taken.unwrap_or(watch);
        let mut changes = self.store.changes(call, watch.rid(), query).await.unwrap();
        let matching = changes.matching.take();
        let told = if matching.is_some() { Told::Reached } else { Told::Nothing };
        if let Some(matching) = matching {
            self.store.disclose(call, matching).await.unwrap();
        }
        self.store.settle_changes(self.tenant, watch.job, changes, told, NOW).await.unwrap();
        told == Told::Reached
    }

    async fn write(&self, values: Vec<serde_json::Value>) {
        let changes = values.into_iter().map(|value| self.create(value)).collect();
        self.store.write(&self.client(Level::VerySensitive), changes).await.unwrap();
    }
}

fn conditions(text: &str) -> Query {
    fhir::search::parse(ResourceType::CONDITION, &fhir::search::pairs(text), true).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_noted_once_set_up_and_held_by_one() {
    for world in worlds().await {
        let program = world.program(PROGRAM, Level::VerySensitive);
        world.write(vec![patient("p1"), condition("p1", "c0", "I10", "Hypertension", "2025-01-02")]).await;
        let watch = world.set_up(&program, "s1", "Condition?code=I10").await;
        assert_eq!(world.due(NOW).await, [], "what was there before is no news");
        world.write(vec![condition("p1", "c1", "I10", "Hypertension", "2025-01-02"), patient("p2")]).await;
        assert_eq!(world.due(NOW).await.len(), 1);
        assert_eq!(world.due(NOW).await, [], "somebody holds it");
        let late = world.due(HELD).await;
        assert_eq!(late.len(), 1, "whoever held it has not come back");
        let watch = late.first().copied().unwrap_or(watch);
        assert!(world.tell(&program, watch, &conditions("code=I10")).await);
        assert!(!world.tell(&program, watch, &conditions("code=I10")).await, "told once");
        assert_eq!(world.store.live_watches(world.tenant, Actor::new(PROGRAM)).await.unwrap(), 1);
        world.write_status(&program, watch.rid(), Status::Off).await;
        world.write(vec![condition("p1", "c2", "I10", "Hypertension", "2025-01-02")]).await;
        assert_eq!(
            (world.due(HELD).await.len(), world.store.live_watches(world.tenant, program.actor()).await.unwrap()),
            (0, 0)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_program_may_read_and_what_matches_is_told() {
    for world in worlds().await {
        let program = world.program(PROGRAM, Level::Standard);
        world.write(vec![patient("p1")]).await;
        let watch = world.set_up(&program, "s1", "Condition").await;
        world.write(vec![condition("p1", "c1", "B24", "Immunodéficience humaine virale", "2025-01-02")]).await;
        assert!(!world.tell(&program, watch, &conditions("")).await);
        let texts = ["code=J45", "code:not=I10", "code:text=asthme", "patient.family=martin", "recorded-date=2024"];
        for (number, text) in texts.iter().enumerate() {
            world.write(vec![condition("p1", &format!("n{number}"), "I10", "Hypertension", "2025-01-02")]).await;
            assert!(!world.tell(&program, watch, &conditions(text)).await, "{text}");
        }
        let texts = ["", "code=I10", "code:text=hyper", "patient.family=quem", "recorded-date=2025"];
        for (number, text) in texts.iter().enumerate() {
            world.write(vec![condition("p1", &format!("m{number}"), "I10", "Hypertension", "2025-01-02")]).await;
            assert!(world.tell(&program, watch, &conditions(text)).await, "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_comes_while_one_is_told_is_not_lost() {
    for world in worlds().await {
        let program = world.program(PROGRAM, Level::VerySensitive);
        world.write(vec![patient("p1")]).await;
        let watch = world.set_up(&program, "s1", "Condition").await;
        world.write(vec![condition("p1", "c1", "I10", "Hypertension", "2025-01-02")]).await;
        let held = *world.due(NOW).await.first().unwrap();
        let mut changes = world.store.changes(&program, watch.rid(), &conditions("")).await.unwrap();
        world.store.disclose(&program, changes.matching.take().unwrap()).await.unwrap();
        let again = Resource::from_value(condition("p1", "c1", "I10", "Hypertension", "2025-01-03")).unwrap();
        world.update(&program, again, 1).await;
        world.store.settle_changes(world.tenant, held.job, changes, Told::Reached, NOW).await.unwrap();
        assert!(world.tell(&program, watch, &conditions("")).await);
        world.write(vec![condition("p1", "c2", "I10", "Hypertension", "2025-01-02")]).await;
        let held = *world.due(NOW).await.first().unwrap();
        world.store.put_off(world.tenant, held.job, NOW + 5, 503).await.unwrap();
        assert_eq!(world.due(NOW + 4).await, []);
        let due = world.due(NOW + 5).await;
        assert_eq!(due.iter().map(|watch| watch.job.tries).collect::<Vec<_>>(), [1]);
        assert!(world.tell(&program, *due.first().unwrap(), &conditions("")).await);
        assert_eq!(world.due(3 * HELD).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_headers_leave_by_no_reading() {
    for world in worlds().await {
        let program = world.program(PROGRAM, Level::VerySensitive);
        world.ask(&program, "s1", "Condition").await;
        let rid = world.due(NOW).await.first().unwrap().rid();
        let kept = world.store.watched(&program, rid).await.unwrap().unwrap().0;
        assert!(kept.get(&["channel", "header"]).is_some());
        let found = world.store.read(&program, ResourceType::SUBSCRIPTION, "s1").await.unwrap();
        let mut shown = world.store.disclose(&program, found).await.unwrap().unwrap().resource;
        assert_eq!(shown.get(&["channel", "header"]), None);
        set_status(&mut shown, Status::Requested, None);
        world.update(&program, shown, 1).await;
        let kept = world.store.watched(&program, rid).await.unwrap().unwrap().0;
        assert!(kept.get(&["channel", "header"]).is_some(), "they stay when they are not repeated");
        let past = world.store.history(&program, ResourceType::SUBSCRIPTION, "s1").await.unwrap();
        let past = world.store.disclose(&program, past).await.unwrap();
        assert!(past.len() == 2 && past.iter().all(|one| one.resource.get(&["channel", "header"]).is_none()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_after_its_lease_changes_nothing_of_what_another_holds() {
    for world in worlds().await {
        let program = world.program(PROGRAM, Level::VerySensitive);
        world.write(vec![patient("p1")]).await;
        world.set_up(&program, "s1", "Condition").await;
        world.write(vec![condition("p1", "c1", "I10", "Hypertension", "2025-01-02")]).await;
        let claim = async |now: i64| world.store.claim_watches(world.tenant, now, now + 60, 9).await.unwrap();
        let first = claim(NOW).await.pop().unwrap();
        let seen = world.store.changes(&program, first.rid(), &conditions("")).await.unwrap();
        let second = claim(NOW + 60).await.pop().unwrap();
        world.store.put_off(world.tenant, first.job, NOW + 999, 503).await.unwrap();
        world.store.settle_changes(world.tenant, first.job, seen, Told::Nothing, NOW).await.unwrap();
        assert_eq!(claim(NOW + 61).await, [], "the second still holds it");
        let third = claim(NOW + 120).await.pop().unwrap();
        assert_eq!((second.job.tries, third.job.tries), (0, 0));
        let none = world.store.changes(&program, first.rid(), &conditions("")).await.unwrap();
        assert!(none.matching.is_none(), "told by the first");
        world.store.settle_changes(world.tenant, third.job, none, Told::Nothing, NOW).await.unwrap();
        assert_eq!(claim(NOW + 999).await, []);
    }
}

/// Two servers, each asking for what is to be told at the same moments; one is gone while it holds some of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_held_by_one_server_and_taken_over_when_that_one_is_gone() {
    const LEASE: i64 = 60_000_000;
    let Some(url) = postgres::fresh_database() else { return };
    let root = Secret::random().unwrap();
    let here = world(Location::Postgres(url.clone()), root.clone()).await;
    let there = world(Location::Postgres(url), root).await;
    let call = here.program(PROGRAM, Level::VerySensitive);
    here.write(vec![patient("p1")]).await;
    for n in 0..12 {
        here.set_up(&call, &format!("s{n}"), "Condition?code=I10").await;
    }
    here.write(vec![condition("p1", "c", "I10", "Hypertension", "2025-01-02")]).await;
    let mut held: BTreeMap<i64, usize> = BTreeMap::new();
    let mut claim = async |now: i64, most: i64| {
        let (one, other) = tokio::join!(
            here.store.claim_watches(here.tenant, now, now + LEASE, most),
            there.store.claim_watches(there.tenant, now, now + LEASE, most),
        );
        let both = [one.unwrap(), other.unwrap()];
        both.iter().flatten().for_each(|watch| *held.entry(watch.rid()).or_default() += 1);
        both
    };
    while claim(NOW, 3).await.iter().any(|some| !some.is_empty()) {}
    assert_eq!(held.len(), 12);
    assert!(held.values().all(|times| *times == 1), "nothing is held by both: {held:?}");
    drop(here);
    // As long as the hold lasts, nobody else tells; then the other does, and what it has told is done with.
    let claimed = async |now: i64| there.store.claim_watches(there.tenant, now, now + LEASE, 100).await.unwrap();
    assert_eq!(claimed(NOW + LEASE - 1).await, []);
    let taken = claimed(NOW + LEASE).await;
    assert_eq!(taken.len(), 12);
    for watch in &taken {
        assert!(there.tell(&call, *watch, &conditions("code=I10")).await);
    }
    assert_eq!(claimed(NOW + 3 * LEASE).await, []);
}

impl World {
    /// Sets it up; what may be read once that has been told.
    async fn set_up_and_read(&self, call: &Call, watch: Watch) -> BTreeSet<String> {
        self.write_status(call, watch.rid(), Status::Active).await;
        let page = self.store.search(call, &conditions("_count=1000")).await.unwrap();
        let page = self.store.disclose(call, page).await.unwrap();
        page.matches.iter().map(|found| found.resource.id().unwrap().to_owned()).collect()
    }

    /// Whether a change of this one is to be told.
    async fn is_noted(&self, call: &Call, watch: Watch, id: &str) -> bool {
        let changes = self.store.changes(call, watch.rid(), &conditions(&format!("_id={id}"))).await.unwrap();
        changes.matching.is_some()
    }
}

/// Whoever has been told that it is set up reads what is there by then, and is told of all that comes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_it_is_set_up_is_there_by_then_or_is_told() {
    for world in worlds().await {
        let (world, mut there, mut told) = (Arc::new(world), 0, 0);
        let program = world.program(PROGRAM, Level::VerySensitive);
        world.write(vec![patient("p1")]).await;
        for round in 0..8 {
            world.ask(&program, &format!("s{round}"), "Condition").await;
            let watch = world.due(NOW).await.into_iter().find(|watch| !watch.live).unwrap();
            let ids = (0..4).map(|writer| (0..8).map(move |n| format!("c{round}-{writer}-{n}")).collect::<Vec<_>>());
            let ids: Vec<Vec<String>> = ids.collect();
            let writers = ids.clone().into_iter().map(|ids| {
                let world = world.clone();
                tokio::spawn(async move {
                    for id in ids {
                        world.write(vec![condition("p1", &id, "I10", "Hypertension", "2025-01-02")]).await;
                    }
                })
            });
            let writers: Vec<_> = writers.collect();
            let seen = world.set_up_and_read(&program, watch).await;
            for writer in writers {
                writer.await.unwrap();
            }
            for id in ids.iter().flatten() {
                let noted = world.is_noted(&program, watch, id).await;
                assert!(noted || seen.contains(id), "{id} was not there, and nobody is told of it");
                (there, told) = (there + i32::from(seen.contains(id)), told + i32::from(noted));
            }
            world.write_status(&program, watch.rid(), Status::Off).await;
        }
        assert!(there > 0 && told > 0, "they never met: {there} {told}");
    }
}

/// Processes of this database that wait for one another.
async fn waiting(client: &Client) -> i64 {
    let text = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    client.query_one(text, &[]).await.unwrap().get(0)
}

/// A write that has looked at who watches, and is held before its end; meanwhile, somebody is set up, or given up.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_set_up_or_given_up_and_a_write_that_has_begun_agree() {
    let Some(url) = postgres::fresh_database() else { return };
    let world = Arc::new(world(Location::Postgres(url.clone()), Secret::random().unwrap()).await);
    let program = world.program(PROGRAM, Level::VerySensitive);
    world.write(vec![patient("p1")]).await;
    world.ask(&program, "s1", "Condition").await;
    let watch = *world.due(NOW).await.first().unwrap();
    let (mut client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let (look, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    for (id, up) in [("c1", true), ("c2", false)] {
        let held = client.transaction().await.unwrap();
        // Where new rows take their places.
        held.execute("UPDATE main.counter SET value = value WHERE name LIKE 'seq %'", &[]).await.unwrap();
        let own = world.clone();
        let writing = tokio::spawn(async move {
            own.write(vec![condition("p1", id, "I10", "Hypertension", "2025-01-02")]).await;
        });
        while waiting(&look).await < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (own, call) = (world.clone(), program.clone());
        let setting = tokio::spawn(async move {
            if up {
                return own.set_up_and_read(&call, watch).await;
            }
            own.write_status(&call, watch.rid(), Status::Off).await;
            BTreeSet::new()
        });
        // Until it is through, or waits as well.
        while !setting.is_finished() && waiting(&look).await < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        held.commit().await.unwrap();
        writing.await.unwrap();
        let seen = setting.await.unwrap();
        let noted = world.is_noted(&program, watch, id).await;
        assert!(!up || noted || seen.contains(id), "{id} was not there, and nobody is told of it");
        assert!(up || !noted, "noted for nobody");
    }
    let jobs: i64 = look.query_one("SELECT COUNT(*) FROM main.outbox", &[]).await.unwrap().get(0);
    assert_eq!(jobs, 0, "nobody is left to be told");
}
