//! What PostgreSQL's own files still hold of an erased person.

use crate::raw;
use crate::support::postgres::{self, cluster::Cluster};
use crate::world::{NOW, world};
use confidentiality::Level;
use std::path::{Path, PathBuf};
use store::{Location, Secret};
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The keys of everybody, as they are wrapped.
async fn wrapped(client: &Client) -> Vec<Vec<u8>> {
    let all = "SELECT wrapped FROM keys.person_key UNION ALL SELECT wrapped FROM keys.pair_key ORDER BY 1";
    client.query(all, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Which of these are in a file under the folder.
fn found(folder: &Path, known: &[Vec<u8>]) -> usize {
    let mut found = raw::found(folder, known).len();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        found += self::found(&entry.path(), known);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_of_the_person_is_in_a_table_of_postgresql_and_a_change_of_keys_closes_its_log() {
    if postgres::url().is_none() {
        return;
    }
    // A server of its own: its files are looked at.
    let Some(cluster) = Cluster::start().unwrap() else { return };
    let url = cluster.url();
    let folder = PathBuf::from(url.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap());
    let (tables, log) = (folder.join("data/base"), folder.join("data/pg_wal"));
    let (dir, root) = (tempfile::tempdir().unwrap(), Secret::random().unwrap());
    let world = world(Location::Postgres(url.clone()), root).await;
    crate::fill(&world).await;
    let client = connect(&url).await;
    client.batch_execute("CHECKPOINT").await.unwrap();
    let before = wrapped(&client).await;
    assert!(found(&tables, &before) >= before.len(), "the search finds what is there");
    crate::erase(&world, &dir.path().join("erased")).await;
    client.batch_execute("CHECKPOINT").await.unwrap();
    let after = wrapped(&client).await;
    let gone: Vec<_> = before.into_iter().filter(|key| !after.contains(key)).collect();
    assert!(gone.len() >= 2 && !after.is_empty(), "{} {}", gone.len(), after.len());
    assert_eq!(found(&tables, &gone), 0);
    // The log of writes keeps them until its segments are written over: what wrapped them goes with the next change of keys.
    assert!(found(&log, &gone) > 0, "nothing to say of the log any more: STORE.md is to be changed");
    let tenant_keys = "SELECT wrapped FROM keys.tenant_key WHERE kind IN (4, 5)";
    let former: Vec<Vec<u8>> = client.query(tenant_keys, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let call = world.client(Level::VerySensitive);
    assert_eq!(world.store.rotate_keys(&call, &|_| ()).await.unwrap().unreadable, 0);
    client.batch_execute("CHECKPOINT").await.unwrap();
    assert_eq!(found(&tables, &former), 0);
    assert_eq!(crate::look(&world, &call).await, [0, 3]);
    assert_eq!(world.store.verify_audit(world.tenant, None, NOW).await.unwrap().findings, []);
}
