//! The same on PostgreSQL: its tables, its indexes, its own log of changes, and what it prints.

use crate::support::postgres::{self, cluster::Cluster};
use crate::{SECRETS, assert_clean, live, scan};
use std::path::PathBuf;
use store::Location;
use tokio_postgres::{Client, NoTls};

#[tokio::test(flavor = "multi_thread")]
async fn no_word_of_a_record_is_in_the_files_of_postgresql() {
    if postgres::url().is_none() {
        return;
    }
    let cluster = Cluster::start().unwrap().unwrap();
    let url = cluster.url();
    let folder = PathBuf::from(url.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap());
    let store = live(&Location::Postgres(url.clone())).await;
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("CHECKPOINT").await.unwrap();
    let files = scan::files(&folder.join("data"));
    for part in ["base", "pg_wal"] {
        assert!(
            files.iter().any(|path| path.strip_prefix(&folder).unwrap().starts_with(format!("data/{part}"))),
            "{part}"
        );
    }
    assert_clean(&folder, "PostgreSQL");
    // What a file holds may be packed: so every value once more, as its administrator reads it.
    let scanner = scan::Scanner::new(&SECRETS);
    let mut values = 0;
    for table in tables(&client).await {
        for row in client.query(&format!("SELECT t::text FROM {table} t"), &[]).await.unwrap() {
            let text: String = row.get(0);
            assert!(scanner.find(text.as_bytes()).is_empty(), "{table} says {:?}", scanner.find(text.as_bytes()));
            values += 1;
        }
    }
    assert!(values > 500, "{values} rows");
    drop(store);
    // And the look would see a word that is there.
    let word = SECRETS.first().unwrap();
    let planted = format!("CREATE TABLE planted AS SELECT '{word}' AS text; CHECKPOINT");
    client.batch_execute(&planted).await.unwrap();
    let seen = scan::files(&folder.join("data"));
    let seen = seen.iter().filter_map(|path| std::fs::read(path).ok()).any(|bytes| !scanner.find(&bytes).is_empty());
    assert!(seen, "a word in the clear is not found");
}

/// Ours, with their schemas.
async fn tables(client: &Client) -> Vec<String> {
    let ours = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('main', 'audit', 'keys')";
    client.query(ours, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
