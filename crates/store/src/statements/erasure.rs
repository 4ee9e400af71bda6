//! The tour of erasing a person.

use super::NOW;
use crate::{Call, Store};

/// Counted, erased, and asked whether they came back.
pub(super) async fn tour(store: &Store, client: &Call) {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("erased");
    store.replay_erasures(&journal, NOW).await.unwrap();
    let mut call = client.clone();
    call.origin.reason = Some("demande écrite".into());
    let read = store.read(&call, fhir::ResourceType::CONDITION, "c1").await.unwrap();
    store.disclose(&call, read).await.unwrap();
    let items = store.erasure_of(&call, "p1").await.unwrap().unwrap().items;
    let erased = store.erase(&call, "p1", items).await.unwrap();
    assert!(erased.entries > 0);
    assert_eq!(store.erasure_of(&call, "p1").await.unwrap(), None);
    assert_eq!(store.replay_erasures(&journal, NOW).await.unwrap(), 0);
    assert_eq!(store.verify_audit(call.tenant, None, NOW).await.unwrap().findings, []);
}
