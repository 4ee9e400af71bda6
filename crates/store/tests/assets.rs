//! The estate: kept once, taken back whole, sealed, in the log, and there for nobody else, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
#[expect(dead_code, reason = "people are for other tests")]
#[path = "support/world.rs"]
mod world;

use confidentiality::Level;
use store::{Error, NewAssets};
use world::worlds;

fn file(digest: &str, words: &str) -> NewAssets {
    let parts = vec![words.as_bytes().to_vec(), b"second".to_vec()];
    NewAssets { digest: digest.as_bytes().to_vec(), head: format!("head of {words}").into_bytes(), parts }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_kept_once_and_can_be_taken_back() {
    for world in worlds().await {
        let (store, call) = (&world.store, world.client(Level::VerySensitive));
        let kept = store.keep_assets(&call, vec![file("a", "one"), file("b", "two")]).await.unwrap();
        let numbers: Vec<i64> = kept.iter().map(|number| number.unwrap()).collect();
        assert_eq!(store.keep_assets(&call, vec![file("a", "one")]).await.unwrap(), [None]);
        let parts = store.asset_parts(&call, numbers.clone()).await.unwrap();
        let parts = store.disclose(&call, parts).await.unwrap();
        let words: Vec<&[u8]> = parts.iter().map(|(_, part)| part.as_slice()).collect();
        assert_eq!(words, [b"one".as_slice(), b"second", b"two", b"second"]);
        assert!(store.undo_assets(&call, numbers[0]).await.unwrap());
        assert!(!store.undo_assets(&call, numbers[0]).await.unwrap(), "only once");
        assert!(!store.undo_assets(&call, 999).await.unwrap());
        let rows = store.asset_imports(&call).await.unwrap();
        let rows = store.disclose(&call, rows).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.undone.is_some()).collect::<Vec<_>>(), [true, false]);
        assert_eq!(rows[1].head, b"head of two");
        let gone = store.asset_parts(&call, vec![numbers[0]]).await.unwrap();
        assert!(store.disclose(&call, gone).await.unwrap().is_empty());
        // What was taken back may come again.
        assert!(store.keep_assets(&call, vec![file("a", "one")]).await.unwrap()[0].is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_see_everything_sees_no_estate() {
    for world in worlds().await {
        let (store, call) = (&world.store, world.client(Level::Standard));
        assert!(matches!(store.asset_imports(&call).await, Err(Error::Absent)));
        assert!(matches!(store.asset_parts(&call, vec![1]).await, Err(Error::Absent)));
        assert!(matches!(store.keep_assets(&call, vec![file("a", "one")]).await, Err(Error::Absent)));
        assert!(matches!(store.undo_assets(&call, 1).await, Err(Error::Absent)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_import_undo_and_read_is_in_the_log() {
    for world in worlds().await {
        let (store, call) = (&world.store, world.client(Level::VerySensitive));
        let size = async || store.sequence(world.tenant, call.now).await.unwrap();
        let before = size().await;
        let kept = store.keep_assets(&call, vec![file("a", "one")]).await.unwrap();
        assert_eq!(size().await, before + 1);
        store.keep_assets(&call, vec![file("a", "one")]).await.unwrap();
        assert_eq!(size().await, before + 1, "nothing was written");
        let rows = store.asset_imports(&call).await.unwrap();
        store.disclose(&call, rows).await.unwrap();
        assert_eq!(size().await, before + 2);
        store.undo_assets(&call, kept[0].unwrap()).await.unwrap();
        assert_eq!(size().await, before + 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_director_and_the_technician_see_the_estate_and_carers_do_not() {
    for world in worlds().await {
        for (actor, persona, sees) in [(51, "dir", true), (52, "info", true), (53, "ide", false), (54, "sec", false)] {
            world.hire(actor, persona, 0).await;
            let call = world.signed_in(actor).await;
            assert_eq!(world.store.asset_imports(&call).await.is_ok(), sees, "{persona}");
        }
    }
}
