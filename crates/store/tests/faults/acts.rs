//! PostgreSQL cut, or killed, in the middle of an erasure or of a change of keys: it comes to its end when asked again, or when the
//! store is opened.

use crate::chaos::{Server, one};
use crate::world::{NOW, World, condition, patient};
use confidentiality::Level;
use fhir::ResourceType;
use std::path::Path;
use store::{Error, Secret, Store};

/// Where the answers of the server stop, in bytes.
const CUTS: [i64; 9] = [0, 60, 800, 1_600, 2_600, 4_000, 6_000, 9_000, 14_000];
const CODES: [&str; 2] = ["I10", "B24"];

async fn fill(world: &World, id: &str) {
    let mut changes = vec![world.create(patient(id))];
    let items = CODES.iter().map(|code| condition(id, &format!("{id}-{code}"), code, "note", "2025-01-02"));
    changes.extend(items.map(|item| world.create(item)));
    world.store.write(&world.client(Level::VerySensitive), changes).await.unwrap();
}

/// How many of a person's two items are read.
async fn reads(world: &World, store: &Store, id: &str) -> usize {
    let (call, mut found) = (world.client(Level::VerySensitive), 0);
    for code in CODES {
        let read = store.read(&call, ResourceType::CONDITION, &format!("{id}-{code}")).await.unwrap();
        found += usize::from(store.disclose(&call, read).await.unwrap().is_some());
    }
    found
}

async fn ask(world: &World, id: &str) {
    let call = world.program(8, Level::VerySensitive);
    let told = world.store.erasure_of(&call, id).await.unwrap().unwrap();
    world.store.ask_erasure(&call, id, told.items, "essai").await.unwrap();
}

async fn erase(world: &World, id: &str) -> Result<(), Error> {
    world.store.erase(&world.client(Level::VerySensitive), id).await.map(drop)
}

/// What another program finds, that opens the same database afterwards; whether the person is gone.
async fn look(server: &Server, root: &Secret, journal: &Path, id: &str) -> bool {
    let direct = server.past_the_proxy(root).await;
    direct.store.replay_erasures(journal, NOW).await.unwrap();
    let found = reads(&direct, &direct.store, id).await;
    assert!(found == 0 || found == 2, "half of a person");
    assert_eq!(reads(&direct, &direct.store, "other").await, 2);
    found == 0
}

/// Rows that still say something of anybody but the other person.
const LEFT: &str = "SELECT (SELECT COUNT(*) FROM keys.person_key) + (SELECT COUNT(*) FROM keys.pair_key)
     + (SELECT COUNT(DISTINCT person) FROM main.resource WHERE person <> 0)
     + (SELECT COUNT(DISTINCT person) FROM main.entry_out_part WHERE body IS NOT NULL)
     + (SELECT COUNT(DISTINCT person) FROM audit.entry_part WHERE body IS NOT NULL)
     + (SELECT COUNT(*) FROM keys.key_meta WHERE name = 'scrub')";

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_cut_short_is_not_begun_or_comes_to_its_end() {
    let Some(server) = Server::start() else { return };
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let journal = dir.path().join("erased");
    let world = server.world(&root).await;
    world.store.replay_erasures(&journal, NOW).await.unwrap();
    fill(&world, "other").await;
    let (mut cut_short, mut begun) = (0, 0);
    for (n, bytes) in CUTS.into_iter().enumerate() {
        let id = format!("p{n}");
        fill(&world, &id).await;
        assert_eq!(reads(&world, &world.store, &id).await, 2);
        ask(&world, &id).await;
        let lines = || std::fs::read_to_string(&journal).unwrap_or_default().lines().count();
        let before = lines();
        server.cut_after(bytes);
        match erase(&world, &id).await {
            Ok(()) => assert!(lines() > before),
            Err(Error::Unavailable(_)) => cut_short += 1,
            Err(error) => panic!("{bytes}: {error:?}"),
        }
        server.cut_after(-1);
        if n % 3 == 2 {
            server.crash().await;
        }
        let noted = lines() > before;
        begun += usize::from(noted);
        if n % 2 == 0 {
            // A restart; or, else, the same program is asked again.
            assert_eq!(look(&server, &root, &journal, &id).await, noted, "{bytes}");
        }
        again(&world, &id).await;
        assert!(look(&server, &root, &journal, &id).await, "{bytes}");
        assert_eq!(one(&server, LEFT).await, 5, "{bytes}: the other's two keys, items, and two parts of the log");
    }
    assert!(cut_short >= 5 && begun >= 4, "the faults hit nothing: {cut_short} cut short, {begun} begun");
    let check = world.store.check(&world.client(Level::VerySensitive), &|_| ()).await.unwrap();
    assert_eq!(check.findings, []);
    eprintln!(
        "torture: erasures on PostgreSQL: {} asked for, {cut_short} cut short, all come to their end",
        CUTS.len()
    );
}

/// Until the server is there again.
async fn again(world: &World, id: &str) {
    for _ in 0..100 {
        match erase(world, id).await {
            // Interrupted past its rows, it comes to its end before anybody is looked for.
            Ok(()) | Err(Error::Absent) => return,
            Err(Error::Unavailable(_)) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("PostgreSQL does not come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_keys_cut_short_goes_on() {
    let Some(server) = Server::start() else { return };
    let root = Secret::random().unwrap();
    let world = server.world(&root).await;
    for id in ["other", "p1", "p2"] {
        fill(&world, id).await;
    }
    let (call, mut cut_short) = (world.client(Level::VerySensitive), 0);
    for (n, bytes) in CUTS.into_iter().enumerate() {
        server.cut_after(bytes);
        let change = async {
            world.store.announce_keys(&call).await?;
            world.store.rotate_keys(&call, &|_| ()).await
        };
        match change.await {
            Ok(rotation) => assert_eq!(rotation.unreadable, 0),
            Err(Error::Unavailable(_)) => cut_short += 1,
            Err(error) => panic!("{bytes}: {error:?}"),
        }
        server.cut_after(-1);
        if n % 3 == 2 {
            server.crash().await;
        }
        let direct = server.past_the_proxy(&root).await;
        for id in ["other", "p1", "p2"] {
            assert_eq!(reads(&direct, &direct.store, id).await, 2, "{bytes}");
        }
        assert_eq!(direct.store.rotate_keys(&call, &|_| ()).await.unwrap().unreadable, 0, "{bytes}");
        let epochs = "SELECT COUNT(*) FROM keys.tenant_key WHERE kind IN (4, 5)";
        assert_eq!(one(&server, epochs).await, 2, "{bytes}: one epoch of each");
        assert_eq!(direct.store.check(&call, &|_| ()).await.unwrap().findings, []);
    }
    assert!(cut_short >= 5, "the faults hit nothing: {cut_short}");
    eprintln!(
        "torture: changes of keys on PostgreSQL: {} begun, {cut_short} cut short, all come to their end",
        CUTS.len()
    );
}
