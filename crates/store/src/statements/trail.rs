//! The tour of the log as a whole.

use crate::{Call, Origin, Store, Traced};

/// What a request left in the log is found, until its content is purged; the tree stands.
pub(super) async fn tour(store: &Store, call: &Call) {
    let origin = Origin { request: "the-witness".into(), verb: "papers".into(), ..call.origin.clone() };
    let witness = Call { origin, now: call.now + 3_600_000_000_000, ..call.clone() };
    store.keep_paper(&witness, "witness", 0, b"here").await.unwrap();
    let read = store.paper(&witness, "witness").await.unwrap();
    store.disclose(&witness, read).await.unwrap().unwrap();
    let entry = |written| Traced { verb: "papers".into(), written };
    assert_eq!(store.traced(&witness).await.unwrap(), [entry(true), entry(false)]);
    let later = Call { now: witness.now + 10_000, ..witness.clone() };
    assert_eq!(store.traced(&later).await.unwrap(), []);
    assert_eq!(store.last_checkpoint(call.tenant).await.unwrap(), Some(super::super::NOW));
    let oldest = store.oldest_content(call.tenant, 0).await.unwrap().unwrap();
    assert!(oldest <= witness.now);
    assert_eq!(store.oldest_content(call.tenant, later.now).await.unwrap(), None);
    let (mut all, from) = (Vec::new(), witness.now - 10 * 3_600_000_000_000);
    let papers = |verb: &str| verb != "papers";
    store.openings(&witness, (from, later.now), papers, |one| all.push(one)).await.unwrap();
    assert!(all.iter().any(|one| one.written) && all.iter().any(|one| !one.written), "{all:?}");
    assert!(all.iter().all(|one| !one.person.is_zero() && one.verb != "papers"));
    assert!(store.purge_trail(&later, 0, witness.now + 1_000).await.unwrap() >= 2);
    assert_eq!(store.traced(&witness).await.unwrap(), []);
    assert_eq!(
        store.oldest_content(call.tenant, 0).await.unwrap(),
        Some(later.now),
        "that it was purged is in the log"
    );
    assert_eq!(store.verify_audit(call.tenant, None, later.now).await.unwrap().findings, []);
}
