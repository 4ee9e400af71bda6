//! Keys that wrap others are changed: nothing is written anew but these, nobody waits, and copies go by the key of their time.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "erasure/raw.rs"]
#[expect(dead_code, reason = "of the search in files, only the copy is needed")]
mod raw;
mod support;
#[expect(dead_code, reason = "nobody signs in")]
#[path = "support/world.rs"]
mod world;

use confidentiality::Level;
use fhir::ResourceType;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Error, Location, Secret, Store};
use world::{NOW, World, condition, patient, world, worlds};

/// Persons, each with an item of level 2 and one of level 4.
async fn fill(world: &World, persons: std::ops::Range<usize>) {
    let call = world.client(Level::VerySensitive);
    let mut changes = Vec::new();
    for n in persons {
        let id = format!("p{n}");
        changes.push(world.create(patient(&id)));
        for code in ["I10", "B24"] {
            changes.push(world.create(condition(&id, &format!("{id}-{code}"), code, "note", "2025-01-02")));
        }
    }
    world.store.write(&call, changes).await.unwrap();
}

async fn reads(store: &Store, world: &World, n: usize) -> bool {
    let call = world.client(Level::VerySensitive);
    let mut found = true;
    for code in ["I10", "B24"] {
        let id = format!("p{n}-{code}");
        let read = store.read(&call, ResourceType::CONDITION, &id).await.unwrap();
        found &= store.disclose(&call, read).await.unwrap().is_some();
    }
    found
}

async fn sound(world: &World) {
    let check = world.store.check(&world.client(Level::VerySensitive), &|_| ()).await.unwrap();
    assert_eq!((check.findings, check.unused_keys), (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_while_others_write_and_read() {
    for world in worlds().await {
        let world = Arc::new(world);
        fill(&world, 0..150).await;
        let over = Arc::new(AtomicBool::new(false));
        let (writing, stop) = (world.clone(), over.clone());
        let writer = tokio::spawn(async move {
            let mut next = 150;
            while !stop.load(Ordering::SeqCst) || next < 155 {
                fill(&writing, next..next + 1).await;
                assert!(reads(&writing.store, &writing, next % 150).await);
                next += 1;
            }
            next
        });
        let call = world.client(Level::VerySensitive);
        let first = world.store.rotate_keys(&call, &|_| ()).await.unwrap();
        over.store(true, Ordering::SeqCst);
        let persons = writer.await.unwrap();
        assert!(first.wrapped >= 300 && first.unreadable == 0, "{first:?}");
        // What was written meanwhile is under one epoch or the other, and a second change takes all of it.
        let second = world.store.rotate_keys(&call, &|_| ()).await.unwrap();
        assert_eq!((second.wrapped, second.unreadable), (2 * persons as u64, 0));
        for n in [0, 1, 149, 150, persons - 1] {
            assert!(reads(&world.store, &world, n).await, "{n}");
        }
        sound(&world).await;
    }
}

fn epochs(data: &Path) -> Vec<i64> {
    let conn = Connection::open(data.join("keys.db")).unwrap();
    let mut statement = conn.prepare("SELECT epoch FROM tenant_key WHERE kind = 4 ORDER BY epoch").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Every body, current and former.
fn bodies(data: &Path) -> Vec<Vec<u8>> {
    let conn = Connection::open(data.join("main.db")).unwrap();
    let mut statement = conn.prepare("SELECT body FROM resource ORDER BY rid").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_interrupted_goes_on_and_no_body_is_written() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let data = dir.path().join("data");
    let world = world(Location::Directory(data.clone()), root.clone()).await;
    fill(&world, 0..150).await;
    let (before, copy) = (bodies(&data), raw::copy(&data, &dir.path().join("copy")));
    let call = world.client(Level::VerySensitive);
    let step = tokio::sync::Notify::new();
    let told = |_| step.notify_one();
    tokio::select! {
        biased;
        () = step.notified() => {}
        _ = world.store.rotate_keys(&call, &told) => panic!("it should have been interrupted"),
    }
    assert_eq!(epochs(&data), [1, 2]);
    drop(world);
    // The interrupted transaction may still hold the files.
    while matches!(Store::open(&Location::Directory(data.clone()), root.clone(), NOW).await, Err(Error::Locked)) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let world = self::world(Location::Directory(data.clone()), root.clone()).await;
    for n in [0, 75, 149] {
        assert!(reads(&world.store, &world, n).await, "both are in use");
    }
    let rest = world.store.rotate_keys(&call, &|_| ()).await.unwrap();
    assert!(rest.wrapped > 0 && rest.wrapped < 300, "{rest:?}");
    assert_eq!(epochs(&data), [2]);
    assert!(reads(&world.store, &world, 149).await);
    sound(&world).await;
    assert_eq!(bodies(&data), before);
    // The copy has the keys of its time.
    let copied = self::world(Location::Directory(copy), root).await;
    assert!(reads(&copied.store, &copied, 0).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_open_is_counted_and_keeps_the_former_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(Location::Directory(dir.path().to_owned()), Secret::random().unwrap()).await;
    fill(&world, 0..3).await;
    let damage = "UPDATE person_key SET wrapped = x'00' WHERE rowid = (SELECT MIN(rowid) FROM person_key)";
    Connection::open(dir.path().join("keys.db")).unwrap().execute(damage, []).unwrap();
    let call = world.client(Level::VerySensitive);
    let rotation = world.store.rotate_keys(&call, &|_| ()).await.unwrap();
    assert_eq!((rotation.wrapped, rotation.unreadable), (5, 1));
    assert_eq!(epochs(dir.path()), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_root_key_opens_the_store_and_the_former_one_its_copies_only() {
    let (dir, former) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let data = dir.path().join("data");
    let old = world(Location::Directory(data.clone()), former.clone()).await;
    fill(&old, 0..2).await;
    let copy = raw::copy(&data, &dir.path().join("copy"));
    let new = Secret::random().unwrap();
    let World { store, .. } = old;
    store.change_root(&new).await.unwrap();
    let open =
        async |data: &Path, root: &Secret| Store::open(&Location::Directory(data.to_owned()), root.clone(), NOW).await;
    assert!(matches!(open(&data, &former).await, Err(Error::Key(_))));
    assert!(matches!(open(&copy, &new).await, Err(Error::Key(_))));
    for (data, root) in [(data, new), (copy, former)] {
        let world = world(Location::Directory(data), root).await;
        assert!(reads(&world.store, &world, 1).await);
        sound(&world).await;
    }
}

fn house_of(world: &World, id: &str) -> store::Change {
    world.create(serde_json::json!({"resourceType": "Organization", "id": id, "name": "Les Tilleuls"}))
}

async fn names(store: &Store, world: &World, id: &str) -> Result<bool, Error> {
    let call = world.client(Level::VerySensitive);
    let read = store.read(&call, ResourceType::parse("Organization").unwrap(), id).await?;
    Ok(store.disclose(&call, read).await?.is_some())
}

async fn renew(world: &World) {
    let call = world.client(Level::VerySensitive);
    world.store.announce_keys(&call).await.unwrap();
    assert_eq!(world.store.rotate_keys(&call, &|_| ()).await.unwrap().renewed, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_content_change_and_what_was_there_opens() {
    let dir = tempfile::tempdir().unwrap();
    let mut places = vec![Location::Directory(dir.path().to_owned())];
    places.extend(support::postgres::fresh_database().map(Location::Postgres));
    for location in places {
        let root = Secret::random().unwrap();
        let world = world(location.clone(), root.clone()).await;
        // Another server on the same database, that has read its keys before.
        let other = match &location {
            Location::Postgres(_) => self::world(location.clone(), root).await.store,
            Location::Directory(_) => world.store.clone(),
        };
        let (call, tenant) = (world.client(Level::VerySensitive), world.tenant);
        fill(&world, 0..2).await;
        world.store.write(&call, vec![house_of(&world, "before")]).await.unwrap();
        let first = world.store.seal_token(tenant, "test", b"first").unwrap();
        let note = world.store.checkpoint(tenant, NOW).await.unwrap();
        renew(&world).await;
        world.store.write(&call, vec![house_of(&world, "after")]).await.unwrap();
        let second = world.store.seal_token(tenant, "test", b"second").unwrap();
        other.read_anew(tenant).await.unwrap();
        for store in [&world.store, &other] {
            for id in ["before", "after"] {
                assert!(names(store, &world, id).await.unwrap(), "{id}");
            }
            for (token, plain) in [(&first, b"first".as_slice()), (&second, b"second")] {
                assert_eq!(store.open_token(tenant, "test", token).as_deref(), Some(plain));
            }
        }
        world.store.sequence(tenant, NOW).await.unwrap();
        let later = world.store.checkpoint(tenant, NOW).await.unwrap();
        for note in [note, later] {
            let report = world.store.verify_audit(tenant, Some(note), NOW).await.unwrap();
            assert_eq!(report.findings, []);
        }
        sound(&world).await;
        // Nothing is announced: nothing is renewed.
        assert_eq!(world.store.rotate_keys(&call, &|_| ()).await.unwrap().renewed, 0);
        renew(&world).await;
        assert!(world.store.open_token(tenant, "test", &first).is_none(), "two changes ago");
        assert!(world.store.open_token(tenant, "test", &second).is_some());
        assert!(names(&world.store, &world, "before").await.unwrap());
        sound(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_key_of_content_opens_nothing_that_came_after() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let location = Location::Directory(dir.path().to_owned());
    let world = world(location.clone(), root.clone()).await;
    let call = world.client(Level::VerySensitive);
    world.store.write(&call, vec![house_of(&world, "before")]).await.unwrap();
    let note = world.store.checkpoint(world.tenant, NOW).await.unwrap();
    world.store.announce_keys(&call).await.unwrap();
    // Announced is not in use: who has not heard of it yet must still read.
    world.store.write(&call, vec![house_of(&world, "between")]).await.unwrap();
    assert_eq!(world.store.rotate_keys(&call, &|_| ()).await.unwrap().renewed, 4);
    world.store.write(&call, vec![house_of(&world, "after")]).await.unwrap();
    let later = world.store.checkpoint(world.tenant, NOW).await.unwrap();
    let key = |note: &str| note.lines().last().unwrap().rsplit_once(' ').unwrap().1.get(..5).unwrap().to_owned();
    assert_ne!(key(&note), key(&later), "each key signs under its own number");
    let without = |epoch: i64| {
        let copy = raw::copy(dir.path(), &dir.path().join(format!("without-{epoch}")));
        let gone = "DELETE FROM tenant_key WHERE kind = 1 AND epoch = ?1";
        assert_eq!(Connection::open(copy.join("keys.db")).unwrap().execute(gone, [epoch]).unwrap(), 1);
        copy
    };
    let store = Store::open(&Location::Directory(without(1)), root.clone(), NOW).await.unwrap();
    store.ensure_tenant("990000017", NOW).await.unwrap();
    assert!(names(&store, &world, "after").await.unwrap());
    for id in ["before", "between"] {
        assert!(matches!(names(&store, &world, id).await, Err(Error::Integrity(_))), "{id}");
    }
    // The one that closes is not there: the store says so, and closes by no other.
    let opened = Store::open(&Location::Directory(without(2)), root, NOW).await;
    assert!(matches!(opened, Err(Error::Key(_))));
}
