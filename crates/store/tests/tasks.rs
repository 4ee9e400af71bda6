//! Work that is followed from any server: one begins of what two ask for at the same instant; files that wait for a yes are found by
//! all.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "no resources are needed")]
#[path = "support/world.rs"]
mod world;

use crate::support::postgres;
use confidentiality::Actor;
use std::sync::Arc;
use store::{Job, Location, Secret, Sending, Wanted};
use world::{NOW, World, world, worlds};

fn wanted(kind: Sending, actor: i64, most: i64, alone: bool) -> Wanted {
    let (actor, since) = (Actor::new(actor), NOW);
    Wanted { kind, actor, since, due: NOW + 60, lease: if alone { NOW + 30 } else { 0 }, most, alone }
}

/// How many of those that ask at once begin.
async fn begun(stores: &[Arc<World>], wanted: Wanted) -> Vec<Job> {
    let gate = Arc::new(tokio::sync::Barrier::new(16));
    let asked: Vec<_> = stores
        .iter()
        .cycle()
        .take(16)
        .cloned()
        .map(|world| {
            let gate = gate.clone();
            tokio::spawn(async move {
                gate.wait().await;
                world.store.begin_task(world.tenant, wanted, b"asked").await.unwrap()
            })
        })
        .collect();
    let mut jobs = Vec::new();
    for one in asked {
        jobs.extend(one.await.unwrap());
    }
    jobs
}

#[tokio::test(flavor = "multi_thread")]
async fn of_imports_sent_at_the_same_instant_one_begins() {
    let mut pairs: Vec<Vec<Arc<World>>> = worlds().await.into_iter().map(|world| vec![Arc::new(world)]).collect();
    if let Some(url) = postgres::fresh_database() {
        // Two servers on one database.
        let root = Secret::random().unwrap();
        let one = world(Location::Postgres(url.clone()), root.clone()).await;
        pairs.push(vec![Arc::new(one), Arc::new(world(Location::Postgres(url), root).await)]);
    }
    for stores in pairs {
        for round in 0..10 {
            let jobs = begun(&stores, wanted(Sending::Import, 7, 100, true)).await;
            assert_eq!(jobs.len(), 1, "round {round}");
            let first = stores.first().unwrap();
            first.store.drop_task(first.tenant, Sending::Import, jobs.first().unwrap().subject).await.unwrap();
        }
        assert_eq!(begun(&stores, wanted(Sending::Export, 7, 5, false)).await.len(), 5, "no more than are kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_wait_are_one_lot_a_person_and_the_oldest_go() {
    for world in worlds().await {
        let (store, tenant) = (&world.store, world.tenant);
        let hold = async |actor: i64, since: i64| {
            let wanted = Wanted { since, due: since + 60, ..wanted(Sending::Preview, actor, 3, false) };
            store.replace_task(tenant, wanted, format!("of {actor}").as_bytes()).await.unwrap().subject
        };
        let there =
            async |subject: i64| store.task(tenant, Sending::Preview, subject).await.unwrap().map(|task| task.body);
        let (first, second) = (hold(1, NOW).await, hold(2, NOW + 1).await);
        assert_eq!(there(first).await.unwrap(), b"of 1");
        let newer = hold(1, NOW + 2).await;
        assert_eq!((there(first).await, there(second).await.unwrap()), (None, b"of 2".to_vec()));
        let (third, fourth) = (hold(3, NOW + 3).await, hold(4, NOW + 4).await);
        assert_eq!(there(second).await, None, "the oldest goes");
        for kept in [newer, third, fourth] {
            assert!(there(kept).await.is_some());
        }
        // What is over goes as well, and nothing of another kind.
        let export = store.begin_task(tenant, wanted(Sending::Export, 1, 9, false), b"asked").await.unwrap().unwrap();
        let last = hold(5, NOW + 63).await;
        assert_eq!((there(newer).await, there(third).await), (None, None));
        assert!(there(fourth).await.is_some() && there(last).await.is_some());
        assert!(store.task(tenant, Sending::Export, export.subject).await.unwrap().is_some());
    }
}
