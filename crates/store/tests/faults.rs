//! The store under fire: many clients at once, connections cut, servers killed, disks that refuse.
//!
//! One property everywhere: what was acknowledged is there, nothing half-written is seen, and what cannot be served is
//! said to be so, never by a wrong answer. Short here; `cargo xtask torture --minutes N` goes on for longer.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test may fail, and says what it skips")]

#[path = "support/account.rs"]
mod account;
#[path = "faults/acts.rs"]
mod acts;
#[path = "faults/chaos.rs"]
mod chaos;
#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/full.rs"]
mod full;
#[expect(dead_code, reason = "faults go on for a time, not for so many rounds")]
#[path = "support/minutes.rs"]
mod minutes;
#[path = "faults/proxy.rs"]
mod proxy;
#[path = "faults/register.rs"]
mod register;
#[path = "support/restart.rs"]
mod restart;
mod support;
#[path = "faults/wal.rs"]
mod wal;
#[path = "support/world.rs"]
mod world;

use confidentiality::Level;
use register::{Claims, Clients};
use std::sync::Arc;
use world::{condition, patient, worlds};

#[tokio::test(flavor = "multi_thread")]
async fn no_update_is_lost_among_many_clients() {
    for world in worlds().await {
        let world = Arc::new(world);
        register::lay_person(&world).await;
        register::lay(&world, "r").await;
        let claims = Clients { stores: vec![world.clone()], id: "r".into(), clients: 8, rounds: 12 }.run().await;
        assert!(claims.acknowledged.len() >= 12, "{}", claims.acknowledged.len());
        assert_eq!(claims.unknown, [""; 0]);
        let versions = register::versions(&world, "r").await;
        claims.check(&versions);
        // Nothing failed: so there is nothing but what was acknowledged.
        assert_eq!(versions.len(), claims.acknowledged.len() + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conditional_create_by_many_makes_one() {
    for world in worlds().await {
        let world = Arc::new(world);
        world.store.write(&world.client(Level::VerySensitive), vec![world.create(patient("p1"))]).await.unwrap();
        let tries: Vec<_> = (0..12)
            .map(|n| {
                let world = world.clone();
                tokio::spawn(async move {
                    let kind = fhir::ResourceType::CONDITION;
                    let pairs = fhir::search::pairs("code=http://hl7.org/fhir/sid/icd-10|I10");
                    let query = fhir::search::parse(kind, &pairs, true).unwrap();
                    let value = condition("p1", &format!("c{n}"), "I10", "Hypertension", "2025-01-02");
                    let graded = world.graded(&value);
                    let resource = fhir::Resource::from_value(value).unwrap();
                    let create = store::Change::Create { resource, graded, if_none_exist: Some(query), import: None };
                    world.store.write(&world.client(Level::VerySensitive), vec![create]).await
                })
            })
            .collect();
        let mut ids = std::collections::BTreeSet::new();
        for one in tries {
            // One that lost too often is told to come back; it made nothing.
            if let Ok(written) = one.await.unwrap() {
                ids.insert(written.first().unwrap().id.clone());
            }
        }
        assert_eq!(ids.len(), 1, "{ids:?}");
    }
}

/// Waits for all of these, whatever became of them.
async fn all<T: Send + 'static>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// What many clients were told, in one.
fn together(all: Vec<Claims>) -> Claims {
    let mut sum = Claims::default();
    for claims in all {
        sum.acknowledged.extend(claims.acknowledged);
        sum.unknown.extend(claims.unknown);
    }
    sum
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_changes_no_order_and_locks_nobody_out() {
    const YEAR: i64 = 31_536_000_000_000;
    for world in worlds().await {
        register::lay_person(&world).await;
        let mut call = world.client(Level::VerySensitive);
        for (n, shift) in [0, YEAR, -YEAR, 0, 7 * YEAR, -2].into_iter().enumerate() {
            call.now = world::NOW + shift;
            let value = condition("p1", "c", "I10", &format!("note {n}"), "2025-01-02");
            let (graded, resource) = (world.graded(&value), fhir::Resource::from_value(value).unwrap());
            let change = store::Change::Update { resource, graded, if_match: None, upsert: true, import: None };
            let written = world.store.write(&call, vec![change]).await.unwrap();
            assert_eq!(written.first().unwrap().version, i64::try_from(n).unwrap() + 1);
            let read = world.store.read(&call, fhir::ResourceType::CONDITION, "c").await.unwrap();
            let read = world.store.disclose(&call, read).await.unwrap().unwrap();
            assert!(read.resource.value().to_string().contains(&format!("note {n}")));
            world.store.sequence(world.tenant, call.now).await.unwrap();
        }
        let history = world.store.history(&call, fhir::ResourceType::CONDITION, "c").await.unwrap();
        let history = world.store.disclose(&call, history).await.unwrap();
        assert_eq!(history.iter().map(|version| version.version).collect::<Vec<_>>(), [6, 5, 4, 3, 2, 1]);
        let report = world.store.verify_audit(world.tenant, None, world::NOW).await.unwrap();
        assert_eq!(report.findings, []);
        // Every entry has its leaf: seven writes, six reads and the history.
        assert_eq!(report.tree_size, 14);
    }
}
