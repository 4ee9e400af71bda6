//! A database, or the journal that held it, that was taken away while no server ran.

use crate::world::{NOW, World, patient, world};
use confidentiality::Level;
use std::path::Path;
use store::{Error, Finding, Location, Secret, Store};

/// Some writes and reads; the journals are still beside the files, which hold next to nothing.
async fn small(data: &Path, root: &Secret) -> World {
    let world = world(Location::Directory(data.to_owned()), root.clone()).await;
    let call = world.client(Level::VerySensitive);
    for id in ["p1", "p2"] {
        world.store.write(&call, vec![world.create(patient(id))]).await.unwrap();
        let read = world.store.read(&call, fhir::ResourceType::PATIENT, id).await.unwrap();
        assert!(world.store.disclose(&call, read).await.unwrap().is_some());
    }
    world.store.sequence(world.tenant, NOW).await.unwrap();
    world
}

/// The files as a server that was killed leaves them.
fn left_by_a_kill(data: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(data).unwrap() {
        let file = file.unwrap();
        if file.file_name() != "lock" {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

async fn findings(world: &World) -> Vec<Finding> {
    world.store.check(&world.client(Level::VerySensitive), &|_| ()).await.unwrap().findings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_taken_away_is_named_for_ever_and_all_else_goes_on() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let running = small(&dir.path().join("data"), &root).await;
    for (n, gone) in
        [&["audit.db-wal", "audit.db-shm"][..], &["audit.db", "audit.db-wal", "audit.db-shm"]].iter().enumerate()
    {
        let data = dir.path().join(format!("left-{n}"));
        left_by_a_kill(&dir.path().join("data"), &data);
        for file in *gone {
            std::fs::remove_file(data.join(file)).unwrap();
        }
        for _ in 0..2 {
            let again = world(Location::Directory(data.clone()), root.clone()).await;
            let found = findings(&again).await;
            assert!(
                found.iter().any(|one| one.code == "log" && one.detail.contains("audit was empty")),
                "{gone:?}: {found:?}"
            );
            let call = again.client(Level::VerySensitive);
            let read = again.store.read(&call, fhir::ResourceType::PATIENT, "p1").await.unwrap();
            assert!(again.store.disclose(&call, read).await.unwrap().is_some());
        }
    }
    assert_eq!(findings(&running).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_put_back_to_an_older_one_is_named_once_it_was_signed_a_day_ago() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let (data, day) = (dir.path().join("data"), 86_400_000_000);
    let running = small(&data, &root).await;
    running.store.checkpoint(running.tenant, NOW).await.unwrap();
    let older = dir.path().join("older");
    left_by_a_kill(&data, &older);
    let call = running.client(Level::VerySensitive);
    let read = running.store.read(&call, fhir::ResourceType::PATIENT, "p1").await.unwrap();
    running.store.disclose(&call, read).await.unwrap();
    running.store.sequence(running.tenant, NOW + 1).await.unwrap();
    for at in [NOW + 1, NOW + 2 * day] {
        running.store.checkpoint(running.tenant, at).await.unwrap();
    }
    assert_eq!(findings(&running).await, []);
    // A copy: who closes the files of a store that is dropped may still be at it.
    let left = dir.path().join("left");
    left_by_a_kill(&data, &left);
    for file in ["audit.db", "audit.db-wal", "audit.db-shm"] {
        let _absent = std::fs::remove_file(left.join(file));
        if older.join(file).exists() {
            std::fs::copy(older.join(file), left.join(file)).unwrap();
        }
    }
    let again = world(Location::Directory(left), root).await;
    let found = findings(&again).await;
    assert!(found.iter().any(|one| one.code == "log" && one.detail.contains("older than main")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_were_taken_away_are_not_made_anew() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let running = small(&dir.path().join("data"), &root).await;
    let data = dir.path().join("left");
    left_by_a_kill(&dir.path().join("data"), &data);
    for file in ["keys.db", "keys.db-wal", "keys.db-shm"] {
        std::fs::remove_file(data.join(file)).unwrap();
    }
    for _ in 0..2 {
        let refused = Store::open(&Location::Directory(data.clone()), root.clone(), NOW).await.map(drop);
        assert!(matches!(&refused, Err(Error::Integrity(why)) if why.contains("keys is empty")), "{refused:?}");
    }
    // Who opened it in vain has closed it: no journal is left that would be taken for that of another file.
    assert!(!data.join("keys.db-wal").exists());
    // With the keys of this store it opens again.
    for file in ["keys.db", "keys.db-wal", "keys.db-shm"] {
        let _remade = std::fs::remove_file(data.join(file));
        std::fs::copy(dir.path().join("data").join(file), data.join(file)).unwrap();
    }
    assert_eq!(findings(&world(Location::Directory(data), root).await).await, []);
    drop(running);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_leaves_is_whole_without_its_journals() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let data = dir.path().join("data");
    let running = small(&data, &root).await;
    running.store.fold().await.unwrap();
    for db in ["main", "audit", "keys"] {
        let journal = std::fs::metadata(data.join(format!("{db}.db-wal"))).map_or(0, |file| file.len());
        assert_eq!(journal, 0, "{db}");
    }
    let copy = dir.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for db in ["main.db", "audit.db", "keys.db"] {
        std::fs::copy(data.join(db), copy.join(db)).unwrap();
    }
    assert_eq!(findings(&world(Location::Directory(copy), root).await).await, []);
    // And it goes on being written to.
    running.store.write(&running.client(Level::VerySensitive), vec![running.create(patient("p3"))]).await.unwrap();
}
