//! Kills on PostgreSQL: the process that writes, one that serves a connection, the whole server, with and without warning.

use crate::support::postgres::{self, cluster::Cluster};
use crate::{CYCLES_PER_FOLDER, FOLDER, Run, Seen, cycles, goes_on};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, Error, NoTls};

/// A server of this test alone: others must not be hit.
pub(crate) struct Server {
    cluster: Cluster,
    pg_ctl: PathBuf,
}

impl Server {
    /// None, aloud, where PostgreSQL is not installed.
    fn start() -> Option<Self> {
        postgres::url()?;
        let mut server = Self { cluster: Cluster::start().unwrap()?, pg_ctl: PathBuf::new() };
        let running = std::fs::read_link(format!("/proc/{}/exe", server.postmaster())).unwrap();
        server.pg_ctl = running.with_file_name("pg_ctl");
        Some(server)
    }

    fn folder(&self) -> PathBuf {
        let url = self.cluster.url();
        PathBuf::from(url.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap())
    }

    async fn fresh(&self, name: &str) -> String {
        let client = connect(&self.cluster.url()).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        format!("host={} user=postgres dbname={name}", self.folder().display())
    }

    fn postmaster(&self) -> String {
        let text = std::fs::read_to_string(self.folder().join("data/postmaster.pid")).unwrap();
        text.lines().next().unwrap().to_owned()
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

    /// Stops it at once, or finds it killed, and starts it as it was started: it recovers from its log.
    async fn restart(&self) {
        let data = self.folder().join("data");
        let owner = std::fs::metadata(&data).unwrap();
        for _ in 0..100 {
            let mut restart = Command::new(&self.pg_ctl);
            restart.args(["restart", "-m", "immediate", "-w", "-D", "data", "-l", "log"]).current_dir(self.folder());
            restart.uid(owner.uid()).gid(owner.gid());
            restart.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            // The children of a killed server may not have gone yet.
            if restart.status().unwrap().success() && connect(&self.cluster.url()).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("PostgreSQL does not come back");
    }
}

fn kill(process: &str) {
    assert!(Command::new("kill").args(["-9", process]).status().unwrap().success());
}

async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
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
    let Some(server) = Server::start() else { return };
    let (mut folder, mut url, mut seen) = (tempfile::tempdir().unwrap(), String::new(), Seen::default());
    let (started, mut done, mut written) = (Instant::now(), 0, 0);
    for cycle in (0..).take_while(|cycle| goes_on(*cycle, (cycles() / 8).max(4), started)) {
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
