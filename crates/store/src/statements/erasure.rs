//! The tour of erasing a person.

use super::NOW;
use crate::{Call, Store};
use confidentiality::{Actor, ClientScope, Level, Purpose, Session, Strength};

/// Checked, counted, erased, and asked whether they came back.
pub(super) async fn tour(store: &Store, client: &Call) {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("erased");
    store.replay_erasures(&journal, NOW).await.unwrap();
    let check = store.check(client, &|_| ()).await.unwrap();
    assert_eq!((check.findings, check.indexed_otherwise), (Vec::new(), 0));
    let mut call = client.clone();
    call.origin.reason = Some("demande écrite".into());
    let read = store.read(&call, fhir::ResourceType::CONDITION, "c1").await.unwrap();
    store.disclose(&call, read).await.unwrap();
    let items = store.erasure_of(&call, "p1").await.unwrap().unwrap().items;
    let session = Session { strength: Strength::Client, ..Session::none() };
    let scope = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
    let mut other = client.clone();
    other.clearance =
        super::call(call.tenant, &super::facts(Actor::new(8), session, Purpose::Api, Some(scope))).clearance;
    store.ask_erasure(&other, "p1", items, "demande écrite").await.unwrap();
    assert_eq!(store.erasure_asked(&call, "p1").await.unwrap().unwrap().items, items);
    let erased = store.erase(&call, "p1").await.unwrap();
    assert!(erased.entries > 0);
    assert_eq!(store.erasure_of(&call, "p1").await.unwrap(), None);
    assert_eq!(store.replay_erasures(&journal, NOW).await.unwrap(), 0);
    gap(store, client).await;
    assert_eq!(store.verify_audit(call.tenant, None, NOW).await.unwrap().findings, []);
}

/// What was read while the log could not be written enters it, with a gap; and once, if it had been written without an answer.
async fn gap(store: &Store, call: &Call) {
    let person = store.person_of(call, "p2").await.unwrap().unwrap();
    let (inner, tenant, envelope) = (store.0.clone(), call.tenant, call.envelope(std::collections::BTreeMap::new()));
    let sealed = store
        .engine()
        .read(crate::engine::Db::Main, move |conn| {
            let part = crate::audit::Part { person, content: serde_json::json!({}) };
            crate::audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope, vec![part])
        })
        .await
        .unwrap();
    let sealed = std::sync::Arc::new(sealed);
    crate::audit::enter(&store.0, sealed.clone()).await.unwrap();
    store.0.downtime.keep(tenant, NOW, sealed);
    assert_eq!(store.outage(tenant).unwrap().late, 1);
    store.sequence(tenant, NOW + 1).await.unwrap();
    assert_eq!(store.outage(tenant), None);
    assert_eq!(store.verify_audit(tenant, None, NOW).await.unwrap().gaps, 1);
}
