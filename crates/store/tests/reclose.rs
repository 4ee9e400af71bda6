//! What is there is closed anew by the key in use: whoever holds a former one reads nothing of it in data copied since.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "erasure/raw.rs"]
#[expect(dead_code, reason = "of the search in files, only the copy is needed")]
mod raw;
mod support;
#[expect(dead_code, reason = "nobody signs in")]
#[path = "support/world.rs"]
mod world;

use base64::Engine as _;
use confidentiality::Level;
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Account, AccountKind, Change, Error, Location, Secret, Sending, Store, Wanted};
use world::{NOW, World, condition, patient, world, worlds};

/// More than one transaction of them.
const OF_NOBODY: usize = 120;

async fn put(world: &World, value: &Value) {
    let (graded, resource) = (world.graded(value), Resource::from_value(value.clone()).unwrap());
    let change = Change::Update { resource, graded, if_match: None, upsert: true, import: None };
    world.store.write(&world.client(Level::VerySensitive), vec![change]).await.unwrap();
}

fn house(n: usize, name: &str) -> Value {
    json!({"resourceType": "Organization", "id": format!("o{n}"), "name": name})
}

/// Content apart, about nobody.
fn leaflet() -> Value {
    let content = base64::engine::general_purpose::STANDARD.encode("Livret d'accueil. ".repeat(30_000));
    json!({"resourceType": "Binary", "id": "leaflet", "contentType": "text/plain", "data": content})
}

/// All that the Data key closes, and what it does not.
async fn fill(world: &World) {
    for n in 0..OF_NOBODY {
        put(world, &house(n, "Les Tilleuls")).await;
    }
    put(world, &house(0, "Les Glycines")).await;
    put(world, &leaflet()).await;
    put(world, &patient("p1")).await;
    put(world, &condition("p1", "c1", "I10", "note", "2025-01-02")).await;
    let account = Account {
        actor: 41,
        kind: AccountKind::Person,
        login: "odile".into(),
        display: "Odile".into(),
        password: "quatrième étage".into(),
        place: None,
        max_level: 4,
        write: true,
        chosen_ids: false,
        practitioner: None,
        ends: None,
        chosen: None,
    };
    world.store.put_account(world.tenant, account).await.unwrap();
    world.store.ensure_unit(world.tenant, world.place, "Les Glycines").await.unwrap();
    let call = world.client(Level::VerySensitive);
    world.store.keep_paper(&call, "profile", 0, b"papier").await.unwrap();
    let (kind, actor) = (Sending::Preview, call.actor());
    let wanted = Wanted { kind, actor, since: NOW, due: NOW + 60, lease: 0, most: 2, alone: false };
    world.store.replace_task(world.tenant, wanted, b"fichiers").await.unwrap();
}

async fn change(world: &World) {
    let call = world.client(Level::VerySensitive);
    world.store.announce_keys(&call).await.unwrap();
    assert_eq!(world.store.rotate_keys(&call, &|_| ()).await.unwrap().renewed, 4);
}

async fn value(store: &Store, world: &World, kind: ResourceType, id: &str) -> Result<Value, Error> {
    let call = world.client(Level::VerySensitive);
    let read = store.read(&call, kind, id).await?;
    let mut value = store.disclose(&call, read).await?.unwrap().resource.into_value();
    value.as_object_mut().unwrap().remove("meta");
    Ok(value)
}

async fn sound(world: &World) {
    let check = world.store.check(&world.client(Level::VerySensitive), &|_| ()).await.unwrap();
    assert_eq!(check.findings, []);
    assert_eq!(value(&world.store, world, ResourceType::BINARY, "leaflet").await.unwrap(), leaflet());
    assert_eq!(value(&world.store, world, ResourceType::ORGANIZATION, "o0").await.unwrap(), house(0, "Les Glycines"));
}

/// What of these data does not open by keys of before: kinds of rows, bodies, envelopes of the log; and whether a record does.
async fn hidden(data: &Path, keys: &Path, root: &Secret, aside: &Path) -> (BTreeSet<String>, [usize; 2], bool) {
    let copy = raw::copy(data, aside);
    std::fs::copy(keys.join("keys.db"), copy.join("keys.db")).unwrap();
    let world = world(Location::Directory(copy), root.clone()).await;
    let check = world.store.check(&world.client(Level::VerySensitive), &|_| ()).await.unwrap();
    let sealed = check.findings.iter().filter(|one| one.code == "sealed");
    let kinds = sealed.map(|one| one.detail.split([' ', ',']).next().unwrap().to_owned()).collect();
    let bodies = check.findings.iter().filter(|one| one.code == "body").count();
    let log = check.findings.iter().filter(|one| one.code == "log" && one.detail.contains("does not open")).count();
    (kinds, [bodies, log], value(&world.store, &world, ResourceType::CONDITION, "c1").await.is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_key_opens_nothing_of_what_was_closed_anew_whatever_stops_it_in_between() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let data = dir.path().join("data");
    let first = world(Location::Directory(data.clone()), root.clone()).await;
    fill(&first).await;
    let keys = raw::copy(&data, &dir.path().join("before"));
    change(&first).await;
    let (kinds, [bodies, log], care) = hidden(&data, &keys, &root, &dir.path().join("rotated")).await;
    assert_eq!(
        (kinds, bodies, care),
        (BTreeSet::new(), 0, true),
        "a change of keys alone leaves what is there as it was"
    );
    assert!(log < 5, "{log}: what has been entered since");
    let signed = first.store.checkpoint(first.tenant, NOW).await.unwrap();
    let call = first.client(Level::VerySensitive);
    let step = tokio::sync::Notify::new();
    let told = |_| step.notify_one();
    tokio::select! {
        biased;
        () = step.notified() => {}
        _ = first.store.reclose(&call, &told) => panic!("it should have been interrupted"),
    }
    drop(first);
    // The interrupted transaction may still hold the files.
    while matches!(Store::open(&Location::Directory(data.clone()), root.clone(), NOW).await, Err(Error::Locked)) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let again = world(Location::Directory(data.clone()), root.clone()).await;
    sound(&again).await;
    let call = again.client(Level::VerySensitive);
    let done = again.store.reclose(&call, &|_| ()).await.unwrap();
    assert!(done.closed > OF_NOBODY as u64 && done.unreadable == 0, "{done:?}");
    let idle = again.store.reclose(&call, &|_| ()).await.unwrap();
    assert_eq!((idle.closed, idle.unreadable), (0, 0));
    assert!(idle.looked > done.looked, "the log has grown by one change at least");
    sound(&again).await;
    let report = again.store.verify_audit(again.tenant, Some(signed), NOW).await.unwrap();
    assert_eq!(report.findings, [], "what was signed before is as it was");
    let (kinds, [bodies, log], care) = hidden(&data, &keys, &root, &dir.path().join("closed")).await;
    // The name of the place is written again by whoever opens it there.
    let closed = ["account", "paper", "task", "unit"].map(str::to_owned);
    assert_eq!(kinds, BTreeSet::from(closed));
    // Each, an older version, and the leaflet.
    assert_eq!(bodies, OF_NOBODY + 2);
    assert!(log > OF_NOBODY, "{log} envelopes");
    assert!(care, "keys of persons are others");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_meanwhile_is_not_lost_and_what_does_not_open_stays() {
    for world in worlds().await {
        let world = Arc::new(world);
        fill(&world).await;
        change(&world).await;
        let over = Arc::new(AtomicBool::new(false));
        let (writing, stop) = (world.clone(), over.clone());
        let writer = tokio::spawn(async move {
            let mut round = 0;
            while !stop.load(Ordering::SeqCst) || round < 2 {
                for n in 1..20 {
                    put(&writing, &house(n, &format!("Les Glycines {round}"))).await;
                }
                round += 1;
            }
            round
        });
        let call = world.client(Level::VerySensitive);
        let mut closed = 0;
        for _ in 0..4 {
            let done = world.store.reclose(&call, &|_| ()).await.unwrap();
            assert_eq!(done.unreadable, 0);
            closed += done.closed;
        }
        over.store(true, Ordering::SeqCst);
        let last = format!("Les Glycines {}", writer.await.unwrap() - 1);
        assert!(closed > OF_NOBODY as u64 / 2, "{closed}");
        for n in 1..20 {
            let found = value(&world.store, &world, ResourceType::ORGANIZATION, &format!("o{n}")).await.unwrap();
            assert_eq!(found, house(n, &last));
        }
        let done = world.store.reclose(&call, &|_| ()).await.unwrap();
        assert_eq!((done.closed, done.unreadable), (0, 0));
        sound(&world).await;
        let limited = world.client(Level::Standard);
        assert!(world.store.reclose(&limited, &|_| ()).await.is_err(), "not by who does not see everything");
    }
}
