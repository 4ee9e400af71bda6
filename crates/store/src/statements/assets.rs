//! The imports of the estate.

use crate::{Call, NewAssets, Store};

/// Keeps, keeps again, reads and takes back.
pub(super) async fn tour(store: &Store, call: &Call) {
    let file = NewAssets { digest: b"one".to_vec(), head: b"head".to_vec(), parts: vec![b"lines".to_vec()] };
    let kept = store.keep_assets(call, vec![file.clone(), file.clone()]).await.unwrap();
    let Some([Some(import), None]) = kept.first_chunk::<2>() else { panic!("{kept:?}") };
    let imports = store.asset_imports(call).await.unwrap();
    assert_eq!(store.disclose(call, imports).await.unwrap().len(), 1);
    let parts = store.asset_parts(call, vec![*import]).await.unwrap();
    assert_eq!(store.disclose(call, parts).await.unwrap(), [(*import, b"lines".to_vec())]);
    assert!(store.undo_assets(call, *import).await.unwrap());
}
