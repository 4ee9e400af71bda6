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
use std::time::Instant;
use store::{Call, Error, Location, Secret, SessionRow};
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
        let world = world(location.clone(), Secret::random().unwrap()).await;
        let program = world.client(Level::VerySensitive);
        let written = world.store.write(&program, vec![world.create(patient("p1"))]).await.unwrap();
        world.hire(41, "ide", 0).await;
        world.relate(41, written.first().unwrap().person).await;
        let sick = |id: &str| condition("p1", id, "I10", "Hypertension", "2025-01-02");
        world.store.write(&program, vec![world.create(sick("c1"))]).await.unwrap();
        let nurse = world.signed_in(41).await;
        assert!(read(&world, &nurse).await.unwrap());
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
