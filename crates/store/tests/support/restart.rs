//! A PostgreSQL of one's own, hit and started again.

use crate::support::postgres::cluster::Cluster;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio_postgres::{Client, Error, NoTls};

/// A server, and the program that starts it.
pub(crate) struct Server {
    pub(crate) cluster: Cluster,
    pg_ctl: PathBuf,
}

impl Server {
    /// Of a server that runs.
    pub(crate) fn of(cluster: Cluster) -> Self {
        let mut server = Self { cluster, pg_ctl: PathBuf::new() };
        let running = std::fs::read_link(format!("/proc/{}/exe", server.postmaster())).unwrap();
        server.pg_ctl = running.with_file_name("pg_ctl");
        server
    }

    pub(crate) fn folder(&self) -> PathBuf {
        let url = self.cluster.url();
        PathBuf::from(url.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap())
    }

    pub(crate) fn postmaster(&self) -> String {
        let text = std::fs::read_to_string(self.folder().join("data/postmaster.pid")).unwrap();
        text.lines().next().unwrap().to_owned()
    }

    /// Stops it at once, or finds it stopped, and starts it as it was started: it recovers from its log.
    pub(crate) async fn restart(&self) {
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

pub(crate) async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
