//! A PostgreSQL database that is not for Socle is left as it is.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use crate::support::postgres;
use std::path::Path;
use store::{Error, Location, Secret, Store, root};
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn refused(url: &str) -> String {
    match Store::open(&Location::Postgres(url.to_owned()), Secret::random().unwrap(), 0).await {
        Err(Error::Unavailable(why)) => why,
        other => format!("{other:?}"),
    }
}

async fn schemas(url: &str) -> Vec<String> {
    let text =
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('main', 'audit', 'keys') ORDER BY 1";
    connect(url).await.query(text, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn texts_that_are_not_utf8_are_refused_before_anything_is_made() {
    let Some(url) = postgres::url() else { return };
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = format!("t_{}_{}", encoding.to_lowercase(), std::process::id());
        let text =
            format!("CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        connect(&url).await.batch_execute(&text).await.unwrap();
        let url = url.replace("dbname=postgres", &format!("dbname={name}"));
        assert_eq!(refused(&url).await, format!("the encoding of the database is {encoding}"));
        assert!(schemas(&url).await.is_empty());
    }
}

#[tokio::test]
async fn a_schema_of_somebody_else_is_neither_used_nor_changed() {
    for schema in ["main", "audit", "keys"] {
        let Some(url) = postgres::fresh_database() else { return };
        let client = connect(&url).await;
        client.batch_execute(&format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.theirs(n INT)")).await.unwrap();
        for _ in 0..2 {
            assert_eq!(refused(&url).await, format!("somebody else's schema: {schema}"));
            assert_eq!(schemas(&url).await, [format!("{schema}.theirs")]);
        }
        // As an older version left it.
        client.batch_execute(&format!("CREATE TABLE {schema}.{schema}_schema_history(version INT)")).await.unwrap();
        assert_eq!(refused(&url).await, format!("somebody else's schema: {schema}"));
    }
    // Made beforehand, for Socle.
    let Some(url) = postgres::fresh_database() else { return };
    connect(&url).await.batch_execute("CREATE SCHEMA main; CREATE SCHEMA keys").await.unwrap();
    let location = Location::Postgres(url);
    let root = Secret::random().unwrap();
    for _ in 0..2 {
        Store::open(&location, root.clone(), 0).await.unwrap();
    }
}

#[tokio::test]
async fn a_root_key_is_made_for_a_database_that_waits_for_one() {
    let Some(url) = postgres::fresh_database() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys").join("root.key");
    let made = async |url: &str, path: &Path| root::create_for(path, &Location::Postgres(url.to_owned())).await;
    assert!(made(&format!("{url} dbname=nulle_part"), &path).await.is_err());
    assert!(!path.exists());
    let key = made(&url, &path).await.unwrap();
    Store::open(&Location::Postgres(url.clone()), key, 0).await.unwrap();
    let other = dir.path().join("other.key");
    assert!(matches!(made(&url, &other).await, Err(Error::Key(_))));
    assert!(!other.exists());
}
