//! Kills on PostgreSQL: the process that writes, one that serves a connection, the whole server, with and without warning.

use crate::minutes::goes_on;
use crate::restart::{Server, connect};
use crate::support::postgres::{self, cluster::Cluster};
use crate::{BEFALLS, CYCLES_PER_FOLDER, FOLDER, Run, Seen, cycles};
use std::process::Command;
use std::time::Duration;

/// A server of this test alone: others must not be hit. None, aloud, where PostgreSQL is not installed.
fn start() -> Option<Server> {
    postgres::url()?;
    Some(Server::of(Cluster::start().unwrap()?))
}

impl Server {
    async fn fresh(&self, name: &str) -> String {
        let client = connect(&self.cluster.url()).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        format!("host={} user=postgres dbname={name}", self.folder().display())
    }

    /// What befalls the server in this cycle; nothing in some.
    pub(crate) async fn befall(&self, cycle: u64) {
        match cycle % 4 {
            1 => {
                let client = connect(&self.cluster.url()).await.unwrap();
                let writing = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
                    AND pid <> pg_backend_pid() ORDER BY xact_start NULLS LAST LIMIT 1";
                if let Some(row) = client.query_opt(writing, &[]).await.unwrap() {
                    kill(&row.get::<_, i32>(0).to_string());
                }
                while connect(&self.cluster.url()).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            2 => self.restart().await,
            3 => {
                kill(&self.postmaster());
                self.restart().await;
            }
            _ => {}
        }
    }
}

fn kill(process: &str) {
    assert!(Command::new("kill").args(["-9", process]).status().unwrap().success());
}

/// A number, asked past the store.
pub(crate) async fn one(url: &str, schema: &str, sql: &str) -> i64 {
    let client = connect(url).await.unwrap();
    client.batch_execute(&format!("SET search_path = {schema}")).await.unwrap();
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_survive_kill_9_of_postgresql_and_of_who_writes() {
    if std::env::var_os(FOLDER).is_some() {
        return;
    }
    let Some(server) = start() else { return };
    let (mut folder, mut url, mut seen) = (tempfile::tempdir().unwrap(), String::new(), Seen::default());
    let (mut done, mut written) = (0, 0);
    for cycle in (0..).take_while(|cycle| goes_on(*cycle, (cycles() / 8).max(BEFALLS), BEFALLS)) {
        if cycle % CYCLES_PER_FOLDER == 0 {
            written += seen.versions.len();
            folder = tempfile::tempdir().unwrap();
            (url, seen) = (server.fresh(&format!("storm_{cycle}")).await, Seen::default());
        }
        let key = format!("{:064x}", 0x5eed_u32);
        let run = Run { folder: folder.path().to_owned(), key, cycle, url: Some(url.clone()) };
        run.kill(Some(&server)).await;
        seen.take(&run.acknowledged());
        assert!(!seen.versions.is_empty(), "cycle {cycle}: nothing was acknowledged");
        run.check(&mut seen).await;
        done = cycle + 1;
    }
    written += seen.versions.len();
    eprintln!("torture: kill -9 on PostgreSQL: {done} cycles, {written} acknowledged versions, all there");
}
