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
