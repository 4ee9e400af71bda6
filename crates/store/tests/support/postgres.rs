//! One PostgreSQL a test process, one database a test.
#![expect(clippy::expect_used, clippy::print_stderr, reason = "support of tests: fails as a test does, skips aloud")]

use std::env;
use std::sync::OnceLock;
use std::thread;

use tokio_postgres::NoTls;

#[path = "cluster.rs"]
pub(crate) mod cluster;

use cluster::Cluster;

static SERVER: OnceLock<Option<Cluster>> = OnceLock::new();

/// The connection string of the server's maintenance database: `SOCLE_TEST_PG` when set, else our own server, started
/// at the first call. `None`, loudly, where PostgreSQL is not installed; a panic when `SOCLE_REQUIRE` names `pg`.
pub(crate) fn url() -> Option<String> {
    if let Ok(given) = env::var("SOCLE_TEST_PG") {
        return Some(given);
    }
    SERVER.get_or_init(start).as_ref().map(Cluster::url)
}

/// A new, empty database and its connection string, `host=… user=… dbname=t_…`.
pub(crate) fn fresh_database() -> Option<String> {
    let url = url()?;
    let name = format!("t_{}", uuid::Uuid::now_v7().simple());
    let create = format!("CREATE DATABASE {name}");
    let server = url.clone();
    // On a thread of its own: the caller may already be inside an asynchronous runtime.
    thread::spawn(move || execute(&server, &create)).join().expect("the thread that creates a database");
    let server: Vec<&str> = url.split_whitespace().filter(|word| !word.starts_with("dbname=")).collect();
    Some(format!("{} dbname={name}", server.join(" ")))
}

fn start() -> Option<Cluster> {
    let cluster = Cluster::start().expect("PostgreSQL is installed but does not start");
    if cluster.is_none() {
        let required = env::var("SOCLE_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|word| word.trim() == "pg"), "SOCLE_REQUIRE: PostgreSQL is not installed");
        eprintln!("SKIPPED: PostgreSQL is not installed (initdb, postgres and pg_ctl are needed)");
    }
    cluster
}

fn execute(url: &str, statement: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test server answers");
        let connection = tokio::spawn(connection);
        client.batch_execute(statement).await.expect("the statement is accepted");
        drop(client);
        connection.await.expect("the connection task").expect("the connection ends well");
    });
}
