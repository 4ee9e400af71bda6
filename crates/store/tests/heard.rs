//! What one server changes, the others on the same database hear of, also after their connection was cut.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/account.rs"]
mod account;
mod support;
#[expect(dead_code, reason = "people are for other tests")]
#[path = "support/world.rs"]
mod world;

use account::nora;
use confidentiality::{Level, PlaceProfile};
use serde_json::json;
use std::time::{Duration, Instant};
use store::{Heard, Location, Ping, Secret};
use support::postgres;
use world::{World, world, worlds};

/// Within a second, or not at all.
async fn hears(heard: &mut Heard) -> bool {
    tokio::time::timeout(Duration::from_secs(1), heard.changed()).await.is_ok()
}

/// Until nothing more is said: what was written before is one thing.
async fn quiet(heard: &mut Heard) {
    while tokio::time::timeout(Duration::from_millis(300), heard.changed()).await.is_ok() {}
}

async fn add_place(world: &World, finess: &str) {
    world.store.ensure_place(world.tenant, finess, PlaceProfile::Ime, "La Clairière").await.unwrap();
}

async fn add_account(world: &World) {
    nora(world, 77).await;
}

async fn define(world: &World) {
    let definition = json!({"resourceType": "SearchParameter", "id": "sp", "url": "urn:sp", "name": "Essai",
        "status": "active", "description": "Essai", "code": "situation", "base": ["Patient"], "type": "string",
        "expression": "Patient.maritalStatus.text"});
    world.store.write(&world.client(Level::VerySensitive), vec![world.create(definition)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_hears_of_places_accounts_and_definitions() {
    let Some(url) = postgres::fresh_database() else { return };
    let root = Secret::random().unwrap();
    let here = world(Location::Postgres(url.clone()), root.clone()).await;
    let there = world(Location::Postgres(url), root).await;
    let mut heard = there.store.heard();
    quiet(&mut heard).await;
    assert!(!hears(&mut heard).await, "nothing has changed");
    add_place(&here, "990000777").await;
    assert!(hears(&mut heard).await, "a place");
    assert!(there.store.places(there.tenant).await.unwrap().iter().any(|place| place.finess == "990000777"));
    quiet(&mut heard).await;
    add_account(&here).await;
    assert!(hears(&mut heard).await, "an account");
    quiet(&mut heard).await;
    let known = |world: &World| world.store.own_params(world.tenant).params(fhir::ResourceType::PATIENT).count();
    assert_eq!(known(&there), 0);
    define(&here).await;
    assert!(hears(&mut heard).await, "a definition");
    there.store.read_anew(there.tenant).await.unwrap();
    assert_eq!(known(&there), 1);
    quiet(&mut heard).await;
    // Resources are read at each request: nobody has to hear of them.
    here.store.write(&here.client(Level::VerySensitive), vec![here.create(world::patient("p1"))]).await.unwrap();
    assert!(!hears(&mut heard).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_cut_off_listens_again_and_looks_at_everything() {
    let Some(url) = postgres::fresh_database() else { return };
    let here = world(Location::Postgres(url.clone()), Secret::random().unwrap()).await;
    let (mut heard, mut pings) = (here.store.heard(), here.store.pings());
    quiet(&mut heard).await;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND query = 'LISTEN socle'";
    assert_eq!(client.query(end, &[]).await.unwrap().len(), 1);
    let until = Instant::now() + Duration::from_secs(20);
    let mut again = false;
    while !again && Instant::now() < until {
        again = hears(&mut heard).await;
    }
    assert!(again, "it listens again, and what was said meanwhile is looked for");
    quiet(&mut heard).await;
    add_place(&here, "990000777").await;
    assert!(hears(&mut heard).await);
    assert_eq!(pings.recv().await.unwrap(), Ping::Missed, "whoever is connected must read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_is_heard_by_every_server_once() {
    let Some(url) = postgres::fresh_database() else { return };
    let root = Secret::random().unwrap();
    let here = world(Location::Postgres(url.clone()), root.clone()).await;
    let there = world(Location::Postgres(url), root).await;
    let (mut first, mut second) = (here.store.heard(), there.store.heard());
    let mut said = [here.store.pings(), there.store.pings()];
    quiet(&mut first).await;
    quiet(&mut second).await;
    here.store.ping(here.tenant, 77).await.unwrap();
    there.store.ping(there.tenant, 78).await.unwrap();
    for pings in &mut said {
        let mut all = Vec::new();
        while let Ok(ping) = tokio::time::timeout(Duration::from_millis(700), pings.recv()).await {
            all.push(ping.unwrap());
        }
        all.sort_by_key(|ping| matches!(ping, Ping::Of(_, 78)));
        assert_eq!(all, [Ping::Of(here.tenant, 77), Ping::Of(here.tenant, 78)]);
    }
    assert!(!hears(&mut first).await, "nothing kept in memory has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_hears_itself() {
    for world in worlds().await {
        let mut heard = world.store.heard();
        quiet(&mut heard).await;
        add_place(&world, "990000777").await;
        assert!(hears(&mut heard).await);
    }
}
