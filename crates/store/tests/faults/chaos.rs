//! PostgreSQL away: cut, refused, killed in the middle of transactions, held by others.

use crate::proxy::Proxy;
use crate::register::{self, Claims, Clients};
use crate::support::postgres::cluster::Cluster;
use crate::world::{NOW, World, world};
use crate::{all, minutes, support};
use confidentiality::Level;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store::{Error, Location, Secret};
use tokio_postgres::{Client, NoTls};

/// A server of this test alone: others must not be hit.
pub(crate) struct Server {
    cluster: Cluster,
    proxy: Proxy,
}

impl Server {
    /// None, aloud, where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        // Says so, or fails where it is required.
        support::postgres::url()?;
        let cluster = Cluster::start().unwrap()?;
        let proxy = Proxy::start(&folder(&cluster));
        Some(Self { cluster, proxy })
    }

    pub(crate) async fn world(&self, root: &Secret) -> Arc<World> {
        Arc::new(world(Location::Postgres(self.proxy.url("postgres")), root.clone()).await)
    }

    pub(crate) async fn past_the_proxy(&self, root: &Secret) -> World {
        world(Location::Postgres(self.cluster.url()), root.clone()).await
    }

    /// Cuts everything once the server has answered so many bytes; below zero: no more.
    pub(crate) fn cut_after(&self, bytes: i64) {
        self.proxy.cut_after(bytes);
    }

    /// Past the proxy.
    async fn direct(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.cluster.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Kills a process that serves a connection as a fault of the machine would: PostgreSQL throws all others out, and
    /// recovers from its log.
    pub(crate) async fn crash(&self) {
        let (client, thrown_out) = (self.direct().await, self.direct().await);
        let row = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap();
        let status = std::process::Command::new("kill").args(["-9", &row.get::<_, i32>(0).to_string()]).status();
        assert!(status.unwrap().success());
        while !thrown_out.is_closed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        while tokio_postgres::connect(&self.cluster.url(), NoTls).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// How long at least, so that some faults hit.
const LEAST: Duration = Duration::from_secs(4);

fn folder(cluster: &Cluster) -> PathBuf {
    let url = cluster.url();
    PathBuf::from(url.split_whitespace().find_map(|word| word.strip_prefix("host=")).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_while_postgresql_comes_and_goes() {
    let Some(server) = Server::start() else { return };
    let server = Arc::new(server);
    let root = Secret::random().unwrap();
    // Two programs on one database.
    let stores = vec![server.world(&root).await, server.world(&root).await];
    register::lay_person(stores.first().unwrap()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let trouble = tokio::spawn(make_trouble(server.clone(), stop.clone()));
    let (mut told, started): (Vec<(String, Claims)>, _) = (Vec::new(), Instant::now());
    let more = || minutes::left().is_some_and(|left| !left.is_zero());
    while started.elapsed() < LEAST || more() {
        let id = format!("r{}", told.len());
        register::lay(stores.first().unwrap(), &id).await;
        let claims = Clients { stores: stores.clone(), id: id.clone(), clients: 6, rounds: 10 }.run().await;
        told.push((id, claims));
    }
    stop.store(true, Ordering::SeqCst);
    let faults = trouble.await.unwrap();
    let world = stores.first().unwrap();
    assert_eq!(verified(world).await.findings, []);
    let (mut unheard, mut done) = (0, 0);
    for (id, claims) in told {
        let versions = register::versions(world, &id).await;
        claims.check(&versions);
        unheard += claims.unknown.len();
        done += versions.len() - 1 - claims.acknowledged.len();
    }
    // Both happen: a write that did not reach the server, and one whose answer did not come back.
    assert!(
        unheard > 5 && done > 0 && unheard > done,
        "the faults hit nothing: {unheard} unheard, {done} of them done"
    );
    let entries: i64 = one(&server, "SELECT COUNT(*) FROM main.entry_out").await;
    let rows = one(&server, "SELECT (SELECT COUNT(*) FROM main.resource) + (SELECT COUNT(*) FROM main.history)").await;
    assert_eq!(entries, rows, "one entry a version");
    eprintln!(
        "torture: PostgreSQL comes and goes: {faults} faults, {rows} versions, {unheard} writes unheard of which {done} done"
    );
}

pub(crate) async fn one(server: &Server, sql: &str) -> i64 {
    server.direct().await.query_one(sql, &[]).await.unwrap().get(0)
}

/// Verification meets the faults too: tried until it is through.
async fn verified(world: &World) -> store::Report {
    for _ in 0..50 {
        match world.store.verify_audit(world.tenant, None, NOW).await {
            Ok(report) => return report,
            Err(Error::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("PostgreSQL did not come back")
}

/// One fault after the other.
async fn make_trouble(server: Arc<Server>, stop: Arc<AtomicBool>) -> i64 {
    let mut n = -1_i64;
    loop {
        n += 1;
        if stop.load(Ordering::SeqCst) {
            server.proxy.cut_after(-1);
            return n;
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
        match n % 6 {
            0 => server.proxy.cut_after(n * 7_919 % 6_000),
            1 | 2 => server.proxy.lose_a_commit(),
            5 => server.proxy.cut(),
            3 if n % 18 == 3 => server.crash().await,
            3 => {
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
                server.direct().await.batch_execute(end).await.unwrap();
            }
            _ => {
                server.proxy.refuse(true);
                tokio::time::sleep(Duration::from_millis(60)).await;
                server.proxy.refuse(false);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_for_a_connection_and_no_longer_than_they_must() {
    let Some(server) = Server::start() else { return };
    let world = server.world(&Secret::random().unwrap()).await;
    register::lay_person(&world).await;
    register::lay(&world, "r").await;
    let mut holder = server.direct().await;
    let held = holder.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE main.resource IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let started = Instant::now();
    let readers: Vec<_> = (0..24)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let call = world.client(Level::VerySensitive);
                // What finds a few rows by their keys takes no connection of its own.
                let pairs = fhir::search::pairs("code=I10");
                let query = fhir::search::parse(fhir::ResourceType::CONDITION, &pairs, true).unwrap();
                let page = world.store.search(&call, &query).await?;
                world.store.disclose(&call, page).await.map(|page| !page.matches.is_empty())
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(12)).await;
    // Those without a connection have been told to come back; those with one go on once they can.
    held.rollback().await.unwrap();
    let (mut served, mut turned_away) = (0, 0);
    for answer in all(readers).await {
        match answer {
            Ok(found) => served += usize::from(found),
            Err(Error::Unavailable(_)) => turned_away += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((served, turned_away), (16, 8), "after {:?}", started.elapsed());
    // And the pool is whole again.
    let claims = Clients { stores: vec![world.clone()], id: "r".into(), clients: 20, rounds: 2 }.run().await;
    assert!(claims.unknown.is_empty() && !claims.acknowledged.is_empty());
}
