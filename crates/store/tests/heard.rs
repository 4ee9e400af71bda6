//! What one server changes, the others on the same database hear of, also after their connection was cut.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "people are for other tests")]
#[path = "support/world.rs"]
mod world;

use confidentiality::{Level, PlaceProfile};
use serde_json::json;
use std::time::{Duration, Instant};
use store::{Account, AccountKind, Heard, Location, Secret};
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
    let account = Account {
        actor: 77,
        kind: AccountKind::Person,
        login: "nora".into(),
        display: "Nora".into(),
        password: String::new(),
        place: None,
        max_level: 0,
        write: false,
        chosen_ids: false,
        practitioner: None,
    };
    world.store.put_account(world.tenant, account).await.unwrap();
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
    let mut heard = here.store.heard();
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
