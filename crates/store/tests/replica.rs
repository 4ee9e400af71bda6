//! The first database is away and a replica is there: carers read, nobody writes, and the log tells it afterwards.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[expect(dead_code, reason = "finer faults are tried elsewhere")]
#[path = "faults/proxy.rs"]
mod proxy;
#[path = "support/replica.rs"]
mod replica;
mod support;
#[expect(dead_code, reason = "one store at a time")]
#[path = "support/world.rs"]
mod world;

use confidentiality::Level;
use fhir::ResourceType;
use proxy::Proxy;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Call, Error, Location, Secret};
use support::postgres::cluster::{self, Cluster};
use tokio_postgres::NoTls;
use world::{NOW, World, condition, patient, world};

/// What an operator accepts.
const BOUND: Duration = Duration::from_secs(900);

/// Two databases, a store that reaches the first by a way that can be cut, somebody who is accompanied and a nurse.
struct House {
    world: World,
    first: Cluster,
    replica: Cluster,
    proxy: Proxy,
}

async fn house(bound: Duration) -> Option<House> {
    support::postgres::url()?;
    let first = Cluster::start().unwrap().unwrap();
    let url = first.url();
    let proxy = Proxy::start(Path::new(url.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap()));
    let world = world(Location::Postgres(proxy.url("postgres")), Secret::random().unwrap()).await;
    let replica = replica::of(&first);
    let program = world.client(Level::VerySensitive);
    let written = world.store.write(&program, vec![world.create(patient("p1"))]).await.unwrap();
    world.hire(41, "ide", 0).await;
    world.relate(41, written.first().unwrap().person).await;
    let usual = condition("p1", "c1", "I10", "Hypertension", "2025-01-02");
    world.store.write(&program, vec![world.create(usual)]).await.unwrap();
    world.store.stand_in(&replica.url(), bound).unwrap();
    Some(House { world, first, replica, proxy })
}

async fn read(world: &World, call: &Call, id: &str) -> Result<bool, Error> {
    let read = world.store.read(call, ResourceType::CONDITION, id).await?;
    Ok(world.store.disclose(call, read).await?.is_some())
}

/// Waits for what the watcher finds within a few seconds.
async fn soon(what: &str, mut right: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !right().await {
        assert!(Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn tell(cluster: &Cluster, statement: &str) {
    let (client, connection) = tokio_postgres::connect(&cluster.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(statement).await.unwrap();
}

fn is_unavailable<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Unavailable(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn carers_read_from_the_replica_while_the_first_is_away_and_the_log_tells_it() {
    let Some(House { world, first: _first, replica: _replica, proxy }) = house(BOUND).await else { return };
    let store = &world.store;
    let (program, nurse) = (world.client(Level::VerySensitive), world.signed_in(41).await);
    assert!(read(&world, &nurse, "c1").await.unwrap());
    let before = store.sequence(world.tenant, NOW).await.unwrap();
    // The replica has had the time to follow.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(store.stands_behind(), None);

    proxy.refuse(true);
    soon("the watcher notices", async || store.stands_behind().is_some()).await;
    let begun = Instant::now();
    assert!(read(&world, &nurse, "c1").await.unwrap(), "a carer reads");
    assert!(store.stands_behind().unwrap() < Duration::from_secs(30), "and is told how old it is");
    assert!(is_unavailable(&read(&world, &program, "c1").await), "a program waits for the log");
    let created = condition("p1", "c2", "I10", "Hypertension", "2025-01-03");
    assert!(is_unavailable(&store.write(&program, vec![world.create(created.clone())]).await), "nobody writes");
    assert!(begun.elapsed() < Duration::from_secs(5), "and nobody waits: {:?}", begun.elapsed());
    assert_eq!(store.outage(world.tenant).unwrap().late, 1);
    assert!(store.sequence(world.tenant, NOW).await.is_err());

    proxy.refuse(false);
    soon("the first is found again", async || store.stands_behind().is_none()).await;
    store.write(&program, vec![world.create(created)]).await.unwrap();
    assert!(read(&world, &nurse, "c2").await.unwrap(), "what was just written is read at once");
    let after = store.sequence(world.tenant, NOW + 60_000_000).await.unwrap();
    assert_eq!(after - before, 4, "the late read, the entry that tells of the gap, one write, one read");
    let report = store.verify_audit(world.tenant, None, NOW).await.unwrap();
    assert_eq!((report.findings, report.gaps), (Vec::new(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_first_answers_nothing_is_read_from_the_replica() {
    let Some(House { world, first: _first, replica, .. }) = house(BOUND).await else { return };
    tell(&replica, "SELECT pg_wal_replay_pause()").await;
    let program = world.client(Level::VerySensitive);
    let created = condition("p1", "c2", "I10", "Hypertension", "2025-01-03");
    world.store.write(&program, vec![world.create(created)]).await.unwrap();
    assert!(read(&world, &program, "c2").await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_the_bound_is_not_shown() {
    let Some(House { world, first, replica, proxy }) = house(Duration::from_secs(4)).await else { return };
    let nurse = world.signed_in(41).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    tell(&replica, "SELECT pg_wal_replay_pause()").await;
    tell(&first, "CREATE TABLE later(x int)").await;
    proxy.refuse(true);
    soon("the watcher notices", async || world.store.stands_behind().is_some()).await;
    soon("it has grown too old", async || is_unavailable(&read(&world, &nurse, "c1").await)).await;
    assert!(world.store.stands_behind().unwrap() > Duration::from_secs(4));
}
