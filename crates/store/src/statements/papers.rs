//! What the house keeps about itself.

use crate::{Call, Error, Store};

/// Keeps, reads, and does not overwrite.
pub(super) async fn tour(store: &Store, call: &Call) {
    store.keep_paper(call, "house", 0, b"one").await.unwrap();
    assert!(matches!(store.keep_paper(call, "house", 0, b"two").await, Err(Error::Conflict(_))));
    let paper = store.paper(call, "house").await.unwrap();
    assert_eq!(store.disclose(call, paper).await.unwrap().unwrap().body, b"one");
    for (name, known, body) in
        [("action/a", 0, "a1"), ("action/a", 1, "a2"), ("action/b", 0, "b1"), ("actions", 0, "no")]
    {
        store.keep_paper(call, name, known, body.as_bytes()).await.unwrap();
    }
    let papers = store.papers(call, "action", 10).await.unwrap();
    let said = |(name, paper): (String, crate::Paper)| (name, paper.version, paper.body);
    let papers: Vec<_> = store.disclose(call, papers).await.unwrap().into_iter().map(said).collect();
    assert_eq!(papers, [("action/b".to_owned(), 1, b"b1".to_vec()), ("action/a".to_owned(), 2, b"a2".to_vec())]);
    let fewer = store.papers(call, "action", 1).await.unwrap();
    assert_eq!(store.disclose(call, fewer).await.unwrap().len(), 1);
    let versions = store.paper_versions(call, "action/a").await.unwrap();
    let versions: Vec<_> = store.disclose(call, versions).await.unwrap().into_iter().map(|one| one.body).collect();
    assert_eq!(versions, [b"a2", b"a1"]);
}
