//! The throw-away PostgreSQL of the tests: it answers, and each database is apart.

mod support;

use support::postgres::fresh_database;
use tokio_postgres::NoTls;

#[tokio::test]
async fn gives_each_test_a_database_of_its_own() {
    let (Some(first), Some(second)) = (fresh_database(), fresh_database()) else {
        return;
    };
    assert_ne!(first, second);
    for url in [first, second] {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the database answers");
        let connection = tokio::spawn(connection);
        client.batch_execute("CREATE TABLE only_here (n BIGINT)").await.expect("empty until now");
        let one: i32 = client.query_one("SELECT 1", &[]).await.expect("a row").get(0);
        assert_eq!(one, 1);
        drop(client);
        connection.await.expect("the connection task").expect("the connection ends well");
    }
}
