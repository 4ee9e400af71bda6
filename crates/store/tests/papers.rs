//! What the house keeps about itself: versions, sealed, in the log, and there for nobody else, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "people are for other tests")]
#[path = "support/world.rs"]
mod world;

use confidentiality::Level;
use store::Error;
use world::worlds;

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_counts_and_nobody_writes_over_another() {
    for world in worlds().await {
        let (store, call) = (&world.store, world.client(Level::VerySensitive));
        let read = async || {
            let paper = store.paper(&call, "house").await.unwrap();
            store.disclose(&call, paper).await.unwrap()
        };
        assert_eq!(read().await, None);
        store.keep_paper(&call, "house", 0, b"one").await.unwrap();
        store.keep_paper(&call, "house", 1, b"two").await.unwrap();
        store.keep_paper(&call, "facts", 0, b"other").await.unwrap();
        assert!(matches!(store.keep_paper(&call, "house", 1, b"lost").await, Err(Error::Conflict(_))));
        let paper = read().await.unwrap();
        assert_eq!((paper.version, paper.body.as_slice()), (2, b"two".as_slice()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_see_the_estate_sees_no_paper() {
    for world in worlds().await {
        let (store, call) = (&world.store, world.client(Level::Standard));
        assert!(matches!(store.paper(&call, "house").await, Err(Error::Absent)));
        assert!(matches!(store.keep_paper(&call, "house", 0, b"one").await, Err(Error::Absent)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_and_reading_are_in_the_log() {
    for world in worlds().await {
        let (store, call) = (&world.store, world.client(Level::VerySensitive));
        let size = async || store.sequence(world.tenant, call.now).await.unwrap();
        let before = size().await;
        store.keep_paper(&call, "house", 0, b"one").await.unwrap();
        let paper = store.paper(&call, "house").await.unwrap();
        store.disclose(&call, paper).await.unwrap();
        assert_eq!(size().await, before + 2);
    }
}
