//! The log cannot be written: carers go on reading, programs wait, and the log tells it afterwards.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/account.rs"]
mod account;
mod support;
#[expect(dead_code, reason = "one store at a time")]
#[path = "support/world.rs"]
mod world;

use confidentiality::Level;
use fhir::ResourceType;
use std::path::Path;
use std::time::Instant;
use store::{Call, Error, Location, Secret, SessionRow, Store};
use support::postgres;
use tokio_postgres::NoTls;
use world::{NOW, World, condition, patient, world};

/// Holds the tables of the log, so that nobody can write there.
enum Hold {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Hold {
    async fn the_log(location: &Location) -> Self {
        match location {
            Location::Directory(dir) => {
                let conn = rusqlite::Connection::open(dir.join("audit.db")).unwrap();
                conn.execute_batch("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(conn)
            }
            Location::Postgres(url) => {
                let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
                tokio::spawn(connection);
                client.batch_execute("BEGIN; LOCK TABLE audit.entry IN EXCLUSIVE MODE").await.unwrap();
                Self::Postgres(client)
            }
        }
    }

    async fn give_back(self) {
        match self {
            Self::Sqlite(conn) => conn.execute_batch("ROLLBACK").unwrap(),
            Self::Postgres(client) => client.batch_execute("ROLLBACK").await.unwrap(),
        }
    }
}

async fn read(world: &World, call: &Call) -> Result<bool, Error> {
    let read = world.store.read(call, ResourceType::CONDITION, "c1").await?;
    Ok(world.store.disclose(call, read).await?.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn carers_go_on_reading_when_the_log_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut places = vec![Location::Directory(dir.path().to_owned())];
    places.extend(postgres::fresh_database().map(Location::Postgres));
    for location in places {
        let (world, nurse) = house(&location, &Secret::random().unwrap()).await;
        let program = world.client(Level::VerySensitive);
        let sick = |id: &str| condition("p1", id, "I10", "Hypertension", "2025-01-02");
        let before = world.store.sequence(world.tenant, NOW).await.unwrap();

        let hold = Hold::the_log(&location).await;
        let (shown, refused) = tokio::join!(read(&world, &nurse), read(&world, &program));
        assert!(shown.unwrap(), "a carer reads");
        assert!(matches!(refused, Err(Error::Unavailable(_))), "a program waits for the log: {refused:?}");
        let started = Instant::now();
        for _ in 0..9 {
            assert!(read(&world, &nurse).await.unwrap());
        }
        assert!(started.elapsed().as_secs() < 4, "and does not wait each time: {:?}", started.elapsed());
        let outage = world.store.outage(world.tenant).unwrap();
        assert_eq!((outage.since, outage.late, outage.lost), (NOW, 10, 0));
        assert!(world.store.sequence(world.tenant, NOW).await.is_err());
        assert_eq!(world.store.outage(world.tenant).unwrap().late, 10, "they go on waiting");
        // Their own log is beside them: writes are not concerned.
        world.store.write(&program, vec![world.create(sick("c2"))]).await.unwrap();

        hold.give_back().await;
        let after = world.store.sequence(world.tenant, NOW + 60_000_000).await.unwrap();
        assert_eq!(world.store.outage(world.tenant), None);
        assert_eq!(after - before, 12, "ten reads, one write, and the entry that tells of the gap");
        let report = world.store.verify_audit(world.tenant, None, NOW).await.unwrap();
        assert_eq!((report.findings, report.gaps), (Vec::new(), 1));
        assert!(read(&world, &program).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_when_its_use_cannot_be_written() {
    const MINUTE: i64 = 60_000_000;
    let dir = tempfile::tempdir().unwrap();
    let world = world(Location::Directory(dir.path().to_owned()), Secret::random().unwrap()).await;
    let session = SessionRow {
        tenant: world.tenant,
        actor: 41,
        strength: 2,
        started: NOW,
        stepped_up: 0,
        ends: NOW + 600 * MINUTE,
    };
    world.store.open_session(b"token", session, &account::nora(&world, 41).await).await.unwrap();
    let conn = rusqlite::Connection::open(dir.path().join("main.db")).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let used =
        async |minute: i64| world.store.session(b"token", NOW + minute * MINUTE, 30 * MINUTE).await.unwrap().is_some();
    assert!(used(20).await, "nobody is locked out");
    assert!(used(40).await, "and it was used meanwhile");
    conn.execute_batch("ROLLBACK").unwrap();
    assert!(used(60).await);
    assert!(!used(91).await, "until it has really been idle");
}

/// A folder that is renamed, and another put in its place: with a copy of before, which opens under the same key.
fn replace(data: &Path, copy: &Path, aside: &Path) {
    std::fs::rename(data, aside).unwrap();
    std::fs::rename(copy, data).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_put_in_the_place_of_the_one_that_is_open_is_neither_written_nor_read() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let [data, copy, aside, out] = ["data", "copy", "aside", "out"].map(|name| dir.path().join(name));
    let location = Location::Directory(data.clone());
    let (world, nurse) = house(&location, &root).await;
    let program = world.client(Level::VerySensitive);
    [&copy, &out].iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    world.store.copy_to(&copy).await.unwrap();
    let sick = |id: &str| vec![world.create(condition("p1", id, "I10", "Hypertension", "2025-01-02"))];
    world.store.write(&program, sick("c2")).await.unwrap();
    replace(&data, &copy, &aside);
    // Nobody has looked yet: what would be told as written finds it itself.
    let refused = world.store.write(&program, sick("c3")).await;
    assert!(matches!(&refused, Err(Error::Unavailable(why)) if why == store::MOVED), "{refused:?}");
    assert!(world.store.unwritable().replaced);
    for _ in 0..3 {
        assert!(read(&world, &nurse).await.unwrap(), "a carer reads what was there");
    }
    assert!(world.store.read(&program, ResourceType::CONDITION, "c2").await.unwrap().is_found(), "and nothing else");
    let refused = world.store.copy_to(&out).await;
    assert!(matches!(&refused, Err(Error::Unavailable(why)) if why == store::MOVED), "{refused:?}");
    assert!(world.store.keep_reserve(1).await.is_err() && !data.join("reserve").exists());
    // What was read goes into the log of the files it was read from.
    world.store.leave_replaced(world.tenant, NOW).await;
    assert_eq!(world.store.outage(world.tenant), None);
    drop(world);
    let again = Store::open(&Location::Directory(aside), root, NOW).await.unwrap();
    let tenant = again.tenants().await.unwrap().first().copied().unwrap();
    let report = again.verify_audit(tenant, None, NOW).await.unwrap();
    assert_eq!((report.findings, report.gaps), (Vec::new(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_from_files_that_are_gone_goes_into_no_other_log() {
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let [data, copy, aside] = ["data", "copy", "aside"].map(|name| dir.path().join(name));
    let (world, nurse) = house(&Location::Directory(data.clone()), &root).await;
    std::fs::create_dir(&copy).unwrap();
    world.store.copy_to(&copy).await.unwrap();
    replace(&data, &copy, &aside);
    std::fs::remove_dir_all(&aside).unwrap();
    assert!(!world.store.look_at_files().await.unwrap());
    assert!(read(&world, &nurse).await.unwrap());
    world.store.leave_replaced(world.tenant, NOW).await;
    assert!(world.store.outage(world.tenant).is_some(), "it is said to be lost");
}

/// A nurse who accompanies somebody, of whom there is a note.
async fn house(location: &Location, root: &Secret) -> (World, Call) {
    let world = world(location.clone(), root.clone()).await;
    let program = world.client(Level::VerySensitive);
    let written = world.store.write(&program, vec![world.create(patient("p1"))]).await.unwrap();
    world.hire(41, "ide", 0).await;
    world.relate(41, written.first().unwrap().person).await;
    let note = world.create(condition("p1", "c1", "I10", "Hypertension", "2025-01-02"));
    world.store.write(&program, vec![note]).await.unwrap();
    let nurse = world.signed_in(41).await;
    assert!(read(&world, &nurse).await.unwrap());
    (world, nurse)
}
