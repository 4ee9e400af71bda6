//! Writes that share a transaction of PostgreSQL do not share their troubles.

use super::{NOW, condition, create, graded, postgres, program};
use crate::engine::ALONE;
use crate::own_params::WRITES_LOCK;
use crate::{Call, Change, Conflict, Error, How, Location, Secret, Store, Written};
use confidentiality::{Level, Place, PlaceProfile};
use fhir::ResourceType;
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinHandle;

const ROWS: i64 = 12;

/// Writes a new version of an item, planned from any version.
fn update(
    store: &Store,
    call: &Call,
    place: Place,
    id: String,
    if_match: Option<i64>,
) -> JoinHandle<crate::Result<Vec<Written>>> {
    let (store, call) = (store.clone(), call.clone());
    tokio::spawn(async move {
        let (resource, graded) = (condition(&id), graded(Level::Standard, place));
        // As the application writes: whoever arrives is admitted.
        let change = Change::Update { resource, graded, if_match, upsert: false, import: None };
        store.admit(&call, vec![(change, How::Put)]).await
    })
}

async fn version(store: &Store, call: &Call, id: &str) -> i64 {
    let found = store.read(call, ResourceType::CONDITION, id).await.unwrap();
    store.disclose(call, found).await.unwrap().unwrap().version
}

/// While the first waits, the others gather: they are one transaction.
async fn share_a_transaction(store: &Store, client: &Call, place: Place, holder: &tokio_postgres::Client) {
    holder.execute("SELECT pg_advisory_lock($1)", &[&WRITES_LOCK]).await.unwrap();
    let all: Vec<_> = (0..ROWS).map(|n| update(store, client, place, format!("c{n}"), Some(1))).collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(store.settled(NOW + 5_000_000).await.unwrap(), NOW - 1, "they are not written yet");
    holder.execute("SELECT pg_advisory_unlock($1)", &[&WRITES_LOCK]).await.unwrap();
    for one in all {
        assert_eq!(one.await.unwrap().unwrap().first().unwrap().version, 2);
    }
    let transactions =
        "WITH written AS (SELECT DISTINCT xmin::text FROM main.resource WHERE type = $1) SELECT COUNT(*) FROM written";
    let kind = ResourceType::CONDITION.code();
    let transactions: i64 = holder.query_one(transactions, &[&kind]).await.unwrap().get(0);
    assert!((1..=3).contains(&transactions), "{transactions} transactions");
}

/// What another process is writing is not told of.
async fn is_held_back_by_others(store: &Store, holder: &tokio_postgres::Client) {
    assert_eq!(store.settled(NOW).await.unwrap(), NOW);
    holder.batch_execute("BEGIN").await.unwrap();
    holder.execute("SELECT pg_advisory_xact_lock_shared($1)", &[&WRITES_LOCK]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let settled = store.settled(NOW).await.unwrap();
    assert!(settled < NOW - 500_000, "{}", NOW - settled);
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(store.settled(NOW).await.unwrap(), NOW);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_write_meets_the_others_of_its_transaction_do_not() {
    let _alone = ALONE.lock().await;
    let Some(cluster) = postgres() else { return };
    let store = Store::open(&Location::Postgres(cluster.url()), Secret::random().unwrap(), NOW).await.unwrap();
    let tenant = store.ensure_tenant("990000017", NOW).await.unwrap();
    let place = store.ensure_place(tenant, "990000025", PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
    let client = program(tenant);
    let patient = |id: &str| create(json!({"resourceType": "Patient", "id": id}), place);
    store.write(&client, vec![patient("p1"), patient("p2")]).await.unwrap();
    let all: Vec<_> = (0..ROWS)
        .map(|n| {
            let (store, client) = (store.clone(), client.clone());
            let change = create(condition(&format!("c{n}")).into_value(), place);
            tokio::spawn(async move { store.write(&client, vec![change]).await })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap().unwrap().first().unwrap().version, 1);
    }
    let (holder, connection) = tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    is_held_back_by_others(&store, &holder).await;
    share_a_transaction(&store, &client, place, &holder).await;
    // A row that somebody holds keeps nobody else waiting.
    holder.batch_execute("BEGIN").await.unwrap();
    let kind = ResourceType::CONDITION.code();
    let held = "WITH held AS (SELECT rid FROM main.resource WHERE type = $1 ORDER BY created_seq LIMIT 1 FOR UPDATE) SELECT rid FROM held";
    holder.query(held, &[&kind]).await.unwrap();
    let mut all: Vec<_> = (0..ROWS).map(|n| (n, update(&store, &client, place, format!("c{n}"), None))).collect();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let waiting: Vec<i64> = all.iter().filter(|(_, one)| !one.is_finished()).map(|(n, _)| *n).collect();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    holder.batch_execute("COMMIT").await.unwrap();
    for (_, one) in all.drain(..) {
        assert_eq!(one.await.unwrap().unwrap().first().unwrap().version, 3);
    }
    // Of many that write over the same version, one does; those of other rows are none the worse.
    let same: Vec<_> = (0..6).map(|_| update(&store, &client, place, "c0".into(), Some(3))).collect();
    let others: Vec<_> = (1..ROWS).map(|n| update(&store, &client, place, format!("c{n}"), Some(3))).collect();
    let mut won = 0;
    for one in same {
        match one.await.unwrap() {
            Ok(_) => won += 1,
            Err(Error::Conflict(Conflict::Version)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    for one in others {
        one.await.unwrap().unwrap();
    }
    assert_eq!(won, 1);
    for n in 0..ROWS {
        assert_eq!(version(&store, &client, &format!("c{n}")).await, 4);
    }
    let report = store.verify_audit(tenant, None, NOW).await.unwrap();
    assert_eq!(report.findings, []);
}
