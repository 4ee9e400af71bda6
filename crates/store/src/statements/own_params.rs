//! The tour of search parameters of one's own.

use super::{NOW, call, create, facts};
use crate::{Call, Store};
use confidentiality::{Actor, ClientScope, Level, Place, Purpose, Session, Strength};
use serde_json::json;

/// Defined, indexed by, changed, deleted.
pub(super) async fn tour(store: &Store, client: &Call, place: Place) {
    let tenant = client.tenant;
    let scope = Some(ClientScope { place: None, cap: Level::VerySensitive, write: true, chosen_ids: true });
    let session = Session { strength: Strength::Client, ..Session::none() };
    let job = Call { now: NOW, ..call(tenant, &facts(Actor::new(1), session, Purpose::Reindex, scope)) };
    let value = json!({"resourceType": "SearchParameter", "id": "sp1", "status": "active", "code": "words", "type": "string",
        "base": ["Condition"], "expression": "Condition.code.text"});
    let dated = json!({"resourceType": "SearchParameter", "id": "sp2", "status": "active", "code": "when", "type": "date",
        "base": ["Condition"], "expression": "Condition.recordedDate"});
    let shared = "INSERT INTO counter(name, value) VALUES('seq', 0)";
    store.engine().write(crate::engine::Db::Main, move |conn| conn.execute(shared, &[])).await.unwrap();
    store.ensure_tenant("990000017", NOW).await.unwrap();
    store.write(client, vec![create(value, place), create(dated, place)]).await.unwrap();
    while store.index_own(&job, 2).await.unwrap() {}
    let kind = fhir::ResourceType::CONDITION;
    assert_eq!(store.own_params(tenant).answered(kind).count(), 2);
    let pairs = fhir::search::pairs("words=hyper");
    let query = fhir::search::parse_with(&store.own_params(tenant), kind, &pairs, true).unwrap();
    let page = store.search(client, &query).await.unwrap();
    assert!(!store.disclose(client, page).await.unwrap().matches.is_empty());
    let kind = fhir::ResourceType::SEARCH_PARAMETER;
    let gone = crate::Change::Delete { kind, id: "sp1".into(), if_match: None };
    store.write(client, vec![gone]).await.unwrap();
    let later = Call { now: NOW + 60_000_000, ..job };
    while store.index_own(&later, 2).await.unwrap() {}
    // As of an older program.
    let older = move |conn: &crate::engine::Conn<'_>| {
        conn.execute("UPDATE counter SET value = 0 WHERE name LIKE 'index version%'", &[])
    };
    store.engine().write(crate::engine::Db::Main, older).await.unwrap();
    while store.index_own(&later, 50).await.unwrap() {}
}
