//! What the store says of itself, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "people are for other tests")]
#[path = "support/world.rs"]
mod world;

use confidentiality::Level;
use world::{NOW, patient, worlds};

#[tokio::test(flavor = "multi_thread")]
async fn tells_what_waits_for_the_log_and_how_large_commits_are() {
    for world in worlds().await {
        let call = world.client(Level::VerySensitive);
        world.store.sequence(world.tenant, NOW).await.unwrap();
        let before = world.store.vitals(world.tenant).await.unwrap();
        assert_eq!((before.log.behind, before.log.oldest, before.log.signed), (0, None, None));
        world.store.write(&call, vec![world.create(patient("p1"))]).await.unwrap();
        let read = world.store.read(&call, fhir::ResourceType::PATIENT, "p1").await.unwrap();
        world.store.disclose(&call, read).await.unwrap();
        let waiting = world.store.vitals(world.tenant).await.unwrap();
        assert_eq!((waiting.log.behind, waiting.log.oldest), (2, Some(NOW)));
        world.store.sequence(world.tenant, NOW).await.unwrap();
        world.store.checkpoint(world.tenant, NOW).await.unwrap();
        let after = world.store.vitals(world.tenant).await.unwrap();
        assert_eq!((after.log.behind, after.log.signed), (0, Some(NOW)));
        assert_eq!(after.log.size, before.log.size + 2);
        assert!(after.outage.is_none() && after.outbox == store::Counts::default() && after.changes == 0);
        assert_eq!(after.bytes.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["main", "audit", "keys"]);
        assert!(after.bytes.iter().all(|(_, bytes)| *bytes > 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_each_commit_and_each_write_in_it() {
    for world in worlds().await {
        let count = || world.store.parts().iter().map(|part| part.commits.count()).sum::<u64>();
        let before = count();
        world.store.write(&world.client(Level::VerySensitive), vec![world.create(patient("p1"))]).await.unwrap();
        assert!(count() > before);
        for part in world.store.parts() {
            assert_eq!(part.failed, 0);
            assert!(part.pool.limit > 0 && part.pool.used <= part.pool.limit);
            if let Some(groups) = part.groups {
                assert_eq!(groups.count(), part.commits.count());
                assert!(groups.sum >= groups.count() && part.queue.is_some_and(|(waiting, most)| waiting < most));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_all_entries_however_many_came_within_a_minute() {
    for world in worlds().await {
        let call = world.client(Level::VerySensitive);
        // More than one round takes, all of the same instant.
        for batch in 0..12 {
            let ids = (0..500).map(|n| format!("p{batch}-{n}"));
            let changes = ids.map(|id| world.create(patient(&id))).map(|change| vec![change]);
            let mut writing = Vec::new();
            for change in changes {
                let (store, call) = (world.store.clone(), call.clone());
                writing.push(tokio::spawn(async move { store.write(&call, change).await.map(drop) }));
            }
            for one in writing {
                one.await.unwrap().unwrap();
            }
        }
        for round in 0..2 {
            let report = world.store.verify_audit(world.tenant, None, NOW).await.unwrap();
            assert_eq!(report.findings, [], "round {round}");
            assert_eq!(world.store.vitals(world.tenant).await.unwrap().log.behind, 0);
            assert!(report.tree_size >= 6_000, "{}", report.tree_size);
        }
        // And once they are older than that, the mark goes past all of them: what comes then is found.
        world.store.sequence(world.tenant, NOW + 120_000_000).await.unwrap();
        world.store.write(&call, vec![world.create(patient("last"))]).await.unwrap();
        world.store.sequence(world.tenant, NOW + 121_000_000).await.unwrap();
        assert_eq!(world.store.verify_audit(world.tenant, None, NOW).await.unwrap().findings, []);
    }
}
