//! What PostgreSQL is sent ahead of its answers does not wait for itself.

use super::postgres;
use crate::engine::{ALONE, Conn, Db, cells};
use crate::{Location, Secret, Store};
use std::time::Duration;

/// More rows than a connection takes in before somebody asks for them.
const MANY: usize = 200_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_new_to_the_connection_is_prepared_behind_rows_that_nobody_has_taken() {
    let _alone = ALONE.lock().await;
    let Some(cluster) = postgres() else { return };
    let store = Store::open(&Location::Postgres(cluster.url()), Secret::random().unwrap(), super::NOW).await.unwrap();
    let asked = store.engine().write(Db::Main, |conn| {
        let many = conn.ask(&format!("WITH s AS (SELECT generate_series(1, {MANY}) n) SELECT n FROM s"), &[])?;
        let few = conn.ask("WITH s AS (SELECT generate_series(1, 3) n) SELECT n FROM s", &[])?;
        let last = conn.query("WITH s AS (SELECT generate_series(1, 2) n) SELECT n FROM s", &[])?;
        Ok((conn.answer(many)?.len(), conn.answer(few)?.len(), last.len()))
    });
    let found = tokio::time::timeout(Duration::from_secs(50), asked).await.expect("it waits for itself");
    assert_eq!(found.unwrap(), (MANY, 3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_takes_the_rest_of_its_transaction_with_it() {
    let _alone = ALONE.lock().await;
    let Some(cluster) = postgres() else { return };
    let store = Store::open(&Location::Postgres(cluster.url()), Secret::random().unwrap(), super::NOW).await.unwrap();
    let engine = store.engine();
    engine.write(Db::Main, |conn| conn.batch("CREATE TABLE half(n BIGINT, small INT)")).await.unwrap();
    let put = |small: i64| {
        move |conn: &Conn<'_>| {
            const ROW: &str =
                "WITH one AS (SELECT ?1::BIGINT n, ?2::INT small) INSERT INTO half SELECT n, small FROM one";
            conn.send(ROW, &cells![1, 1])?;
            conn.send(ROW, &cells![2, small])?;
            conn.send(ROW, &cells![3, 3])
        }
    };
    let count = |conn: &Conn<'_>| conn.query_one("WITH h AS (SELECT n FROM half) SELECT COUNT(*) FROM h", &[])?.int(0);
    engine.write(Db::Main, put(i64::MAX)).await.expect_err("a number that its column does not hold");
    assert_eq!(engine.read(Db::Main, count).await.unwrap(), 0);
    engine.write(Db::Main, put(2)).await.unwrap();
    assert_eq!(engine.read(Db::Main, count).await.unwrap(), 3);
}
