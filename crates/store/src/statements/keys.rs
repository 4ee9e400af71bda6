//! The tour of what a new version no longer says, and of keys that change.

#[path = "trail.rs"]
mod trail;

use super::{condition, graded};
use crate::engine::{Db, cells};
use crate::{Call, Change, Secret, Store};
use confidentiality::{Actor, ClientScope, Level, Place, Purpose, Session, Strength};
use fhir::Resource;
use serde_json::json;

/// The keys that wrap others are changed, and one that nothing uses goes.
pub(super) async fn changes(store: &Store, call: &Call) {
    let orphan = "INSERT INTO person_key(tenant, person, key_id, created, wrapped) VALUES(?1, 77, 1, 0, ?2)";
    let cells = cells![call.tenant, vec![7_u8]];
    store.engine().write(Db::Keys, move |conn| conn.execute(orphan, &cells)).await.unwrap();
    store.announce_keys(call).await.unwrap();
    let rotation = store.rotate_keys(call, &|_| ()).await.unwrap();
    assert!(
        rotation.renewed == 4 && rotation.wrapped >= 2 && rotation.swept == 1 && rotation.unreadable == 0,
        "{rotation:?}"
    );
    let closed = store.reclose(call, &|_| ()).await.unwrap();
    assert!(closed.closed > 3 && closed.unreadable == 0, "{closed:?}");
    let session = Session { strength: Strength::Client, ..Session::none() };
    let scope = ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true };
    let mut job = super::call(call.tenant, &super::facts(Actor::new(1), session, Purpose::Reindex, Some(scope)));
    // The second time, a former key goes: the first one stays, for names.
    for _ in 0..2 {
        assert!(store.change_index_key(&job).await.unwrap());
        while store.changes_index_key(call.tenant).await.unwrap() {
            job.now += 20_000_000;
            store.index_own(&job, 50).await.unwrap();
        }
    }
    assert_eq!(store.check(call, &|_| ()).await.unwrap().findings, []);
    trail::tour(store, call).await;
    store.clone().change_root(&Secret::random().unwrap()).await.unwrap();
}

/// A name that is no longer theirs, a person who is no longer spoken of.
pub(super) async fn forgets(store: &Store, call: &Call, place: Place) {
    let renamed = json!({"resourceType": "Patient", "id": "p3", "name": [{"family": "Le Bihan"}]});
    let mut alone = condition("c1").into_value();
    alone.as_object_mut().unwrap().remove("asserter");
    for (value, level) in [(renamed, Level::Standard), (alone, Level::VerySensitive)] {
        let resource = Resource::from_value(value).unwrap();
        let graded = graded(level, place);
        let change = Change::Update { resource, graded, if_match: None, upsert: false, import: None };
        store.write(call, vec![change]).await.unwrap();
    }
}
