//! PostgreSQL on a disk without room: its tables lie in a tablespace of some megabytes, really filled.

use crate::disk::Small;
use crate::support;
use crate::support::postgres::cluster::Cluster;
use crate::world::{NOW, World, condition, patient, world};
use confidentiality::Level;
use fhir::ResourceType;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use store::{Call, Error, Location, Secret};
use tokio_postgres::NoTls;

/// Every table and index of the database that is made from now on lies on the small disk.
async fn lay_tables(cluster: &Cluster, small: &Path) {
    let folder =
        cluster.url().split_whitespace().find_map(|word| word.strip_prefix("host=").map(str::to_owned)).unwrap();
    let owner = std::fs::metadata(Path::new(&folder).join("data")).unwrap();
    let tables = small.join("tables");
    std::fs::create_dir(&tables).unwrap();
    for folder in [small, &tables] {
        chown(folder, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let (client, connection) = tokio_postgres::connect(&cluster.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE TABLESPACE small LOCATION '{}'", tables.display())).await.unwrap();
    client.batch_execute("ALTER DATABASE postgres SET default_tablespace = small").await.unwrap();
}

async fn write(world: &World, id: &str) -> Result<(), Error> {
    let note = condition("p1", id, "I10", &"relevé de la nuit ".repeat(20), "2025-01-02");
    world.store.write(&world.client(Level::VerySensitive), vec![world.create(note)]).await.map(drop)
}

async fn read(world: &World, call: &Call, id: &str) -> Result<bool, Error> {
    let read = world.store.read(call, ResourceType::CONDITION, id).await?;
    Ok(world.store.disclose(call, read).await?.is_some())
}

/// What there is of the notes, whoever was told of them: counted past everything that could keep it in memory.
async fn rows(cluster: &Cluster) -> i64 {
    let (client, connection) = tokio_postgres::connect(&cluster.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client.query_one("SELECT COUNT(*) FROM main.resource WHERE version > 0", &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_tablespace_writes_are_refused_whole_carers_read_and_it_goes_on_once_there_is_room() {
    if support::postgres::url().is_none() {
        return;
    }
    let Some(small) = Small::mount(24) else { return };
    let cluster = Cluster::start().unwrap().unwrap();
    lay_tables(&cluster, small.folder()).await;
    let world = world(Location::Postgres(cluster.url()), Secret::random().unwrap()).await;
    let program = world.client(Level::VerySensitive);
    let person = world.store.write(&program, vec![world.create(patient("p1"))]).await.unwrap().first().unwrap().person;
    world.hire(41, "ide", 0).await;
    world.relate(41, person).await;
    let nurse = world.signed_in(41).await;
    let mut written = vec!["first".to_owned()];
    write(&world, "first").await.unwrap();
    for round in 0..3 {
        small.fill();
        let mut refused = 0;
        for n in 0..400 {
            let id = format!("n{round}-{n}");
            match write(&world, &id).await {
                Ok(()) => written.push(id),
                Err(Error::Unavailable(why)) => {
                    assert_eq!(why, "the disk is full");
                    refused += 1;
                }
                Err(error) => panic!("{error:?}"),
            }
            if refused > 20 {
                break;
            }
        }
        assert!(refused > 20, "the disk is never full");
        // Nothing half-written: the record, and each note that was acknowledged, no other.
        assert_eq!(rows(&cluster).await, i64::try_from(written.len()).unwrap() + 1);
        for _ in 0..300 {
            assert!(read(&world, &nurse, "first").await.unwrap(), "a carer reads");
        }
        small.make_room();
        world.store.sequence(world.tenant, NOW).await.unwrap();
        assert_eq!(world.store.outage(world.tenant), None);
        let after = format!("after-{round}");
        write(&world, &after).await.unwrap();
        written.push(after);
        let check = world.store.check(&program, &|_| ()).await.unwrap();
        assert_eq!(check.findings, []);
    }
    for id in &written {
        assert!(read(&world, &program, id).await.unwrap(), "{id} was acknowledged");
    }
    eprintln!("torture: full tablespace on PostgreSQL: 3 times, {} acknowledged notes, all there", written.len());
}
