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
    conn.execute_batch(crate::cleared::TABLES).unwrap();
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
    steps.map(|step| step.unwrap()).filter(|step| step.split(' ').nth(1) == Some(alias)).collect()
}

/// The tables, and the indexes, of which a statement may read every entry; of all three stores.
pub(crate) fn whole_reads(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for db in Db::ALL {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        for (_, migration) in texts(db) {
            conn.execute_batch(&schema(Dialect::Sqlite, migration)).unwrap();
        }
        conn.execute_batch(crate::cleared::TABLES).unwrap();
        let Ok(mut statement) = conn.prepare(&format!("EXPLAIN {text}")) else { continue };
        let steps =
            statement.raw_query().mapped(|row| Ok((row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
        let steps: Vec<(String, i64, i64, i64)> = steps.map(Result::unwrap).collect();
        for (_, cursor, ..) in steps.iter().filter(|(code, ..)| code == "Rewind") {
            let opened = steps.iter().filter(|(code, of, _, db)| code == "OpenRead" && of == cursor && *db == 0);
            for (_, _, root, _) in opened {
                let name =
                    conn.query_row("SELECT name FROM sqlite_schema WHERE rootpage = ?1", [root], |row| row.get(0));
                found.push(name.unwrap_or_else(|_| "sqlite_schema".to_owned()));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The tables of which a statement goes through everything that a tenant has, in whatever index; of all three stores.
pub(crate) fn tenant_reads(text: &str) -> Vec<String> {
    let words: Vec<&str> =
        text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for db in Db::ALL {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        for (_, migration) in texts(db) {
            conn.execute_batch(&schema(Dialect::Sqlite, migration)).unwrap();
        }
        conn.execute_batch(crate::cleared::TABLES).unwrap();
        let Ok(mut statement) = conn.prepare(&format!("EXPLAIN QUERY PLAN {text}")) else { continue };
        let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        for step in steps.map(Result::unwrap).filter(|step| step.ends_with("(tenant=?)")) {
            let alias = step.split(' ').nth(1).unwrap();
            let named = words.windows(3).find_map(|three| match three {
                [from, table, name] if ["FROM", "JOIN"].contains(from) && *name == alias => Some(*table),
                _ => None,
            });
            found.push(named.unwrap_or(alias).to_owned());
        }
    }
    found.sort();
    found.dedup();
    found
}
