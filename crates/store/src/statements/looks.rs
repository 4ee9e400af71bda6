//! When the planner of PostgreSQL looks at a table again: when it has grown, not when its rows change.

use super::{NOW, postgres};
use crate::engine::ALONE;
use crate::{Location, Secret, Store};
use std::time::Duration;
use tokio_postgres::Client;

async fn looks(client: &Client) -> i64 {
    let count = "SELECT analyze_count FROM pg_stat_user_tables WHERE schemaname = 'main' AND relname = 'receipt'";
    client.query_one(count, &[]).await.unwrap().get(0)
}

/// Changes rows, and waits until the server has counted them.
async fn change(client: &Client, statement: &str) {
    let counted =
        "SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE schemaname = 'main' AND relname = 'receipt'";
    let before: i64 = client.query_one(counted, &[]).await.unwrap().get(0);
    let changed = client.execute(statement, &[]).await.unwrap();
    for _ in 0..200 {
        client.execute("SELECT pg_stat_force_next_flush()", &[]).await.unwrap();
        let now: i64 = client.query_one(counted, &[]).await.unwrap().get(0);
        if now >= before + i64::try_from(changed).unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{statement} is not counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_at_what_has_grown_and_not_at_what_has_changed() {
    let _alone = ALONE.lock().await;
    let Some(cluster) = postgres() else { return };
    let store = Store::open(&Location::Postgres(cluster.url()), Secret::random().unwrap(), NOW).await.unwrap();
    let (client, connection) = tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("ALTER TABLE main.receipt SET (autovacuum_enabled = false)").await.unwrap();
    let more = "WITH n AS (SELECT generate_series(1, 3000) + (SELECT COUNT(*) FROM main.receipt) AS n)
        INSERT INTO main.receipt(tenant, rid, actor, at, version) SELECT 1, n, 1, 0, 1 FROM n";
    change(&client, more).await;
    store.look_again().await.unwrap();
    assert_eq!(looks(&client).await, 1);
    for _ in 0..3 {
        change(&client, "WITH one AS (SELECT 1) UPDATE main.receipt SET at = at + 1").await;
    }
    store.look_again().await.unwrap();
    assert_eq!(looks(&client).await, 1, "its rows only changed");
    change(&client, more).await;
    store.look_again().await.unwrap();
    assert_eq!(looks(&client).await, 2);
}
