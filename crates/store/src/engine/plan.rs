//! In the crate's own tests: how SQLite would run a statement on an empty `main`.

use super::{Db, Dialect, dialect::schema, migrate::texts};

/// The steps of a statement on the table of this alias, in order.
pub(crate) fn plan(text: &str, alias: &str) -> Vec<String> {
    let conn = rusqlite::Connection::open_in_memory().unwrap();
    for (_, migration) in texts(Db::Main) {
        conn.execute_batch(&schema(Dialect::Sqlite, migration)).unwrap();
    }
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
    steps.map(|step| step.unwrap()).filter(|step| step.split(' ').nth(1) == Some(alias)).collect()
}
