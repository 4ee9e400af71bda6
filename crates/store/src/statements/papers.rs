//! What the house keeps about itself.

use crate::{Call, Error, Store};

/// Keeps, reads, and does not overwrite.
pub(super) async fn tour(store: &Store, call: &Call) {
    store.keep_paper(call, "house", 0, b"one").await.unwrap();
    assert!(matches!(store.keep_paper(call, "house", 0, b"two").await, Err(Error::Conflict(_))));
    let paper = store.paper(call, "house").await.unwrap();
    assert_eq!(store.disclose(call, paper).await.unwrap().unwrap().body, b"one");
}
