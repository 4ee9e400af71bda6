//! In the crate's own tests: an empty `main`, its tables, and how SQLite would run a statement on it.

use super::{Db, Dialect, dialect::schema, migrate::texts};

/// The tables of `main`, with their columns.
pub(crate) fn columns() -> Vec<(String, Vec<String>)> {
    let conn = rusqlite::Connection::open_in_memory().unwrap();
    for (_, migration) in texts(Db::Main) {
        conn.execute_batch(&schema(Dialect::Sqlite, migration)).unwrap();
    }
    let list = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let tables = list("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    let columns = |table: &String| list(&format!("SELECT name FROM pragma_table_info('{table}')"));
    tables.into_iter().map(|table| (table.clone(), columns(&table))).collect()
}

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
