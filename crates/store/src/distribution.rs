//! What a database distributed by tenant needs (`docs/SCALE.md`): every primary key and unique index holds the tenant.

use crate::engine::{ALONE, Conn, Db};
use crate::{Location, Secret, Store};

/// Small and copied to every node, or kept in one place.
const OTHERS: &[&str] = &["keys.key_meta", "main.counter", "main.session", "main.store_meta", "main.tenant"];

const DOCUMENTED: &str = include_str!("../../../docs/SCALE.md");

const UNIQUE: &str = "
SELECT DISTINCT n.nspname || '.' || c.relname
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisunique AND n.nspname IN ('main', 'audit', 'keys') AND c.relname NOT LIKE '%schema_history'
  AND NOT EXISTS (SELECT 1 FROM pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND a.attnum = ANY(i.indkey))
ORDER BY 1";

#[tokio::test]
async fn once_altered_as_documented_every_key_holds_the_tenant() {
    let _alone = ALONE.lock().await;
    let Some(cluster) = crate::statements::postgres() else { return };
    let root = Secret::random().unwrap();
    let store = Store::open(&Location::Postgres(cluster.url()), root, 0).await.unwrap();
    let (_, block) = DOCUMENTED.split_once("```sql").unwrap();
    let statements = block.split("```").next().unwrap().split(';').map(str::trim);
    let all: Vec<String> = statements.clone().filter(|text| !text.is_empty()).map(str::to_owned).collect();
    let altered =
        statements.filter_map(|text| text.split_once("ALTER TABLE").map(|(_, rest)| format!("ALTER TABLE{rest}")));
    let altered: Vec<String> = altered.collect();
    assert_eq!(altered.len(), 4);
    let run = move |conn: &Conn<'_>| altered.iter().try_for_each(|text| conn.execute(text, &[]).map(drop));
    store.engine().write(Db::Main, run).await.unwrap();
    let rows = store.engine().read(Db::Main, |conn| conn.query(UNIQUE, &[])).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect();
    assert_eq!(found, OTHERS);
    // Every statement is one that PostgreSQL takes: Citus's functions are ours here, and note what they are given.
    let run = move |conn: &Conn<'_>| {
        CITUS.iter().try_for_each(|text| conn.execute(text, &[]).map(drop))?;
        let given = all.iter().filter(|text| !text.contains("ALTER TABLE"));
        given.map(String::as_str).try_for_each(|text| conn.execute(text, &[]).map(drop))?;
        conn.query(LEFT, &[])
    };
    let left = store.engine().write(Db::Main, run).await.unwrap();
    let left: Vec<String> = left.iter().map(|row| row.text(0).unwrap().to_owned()).collect();
    assert_eq!(left, ["main.counter", "main.session"], "what is on no node");
}

const CITUS: [&str; 3] = [
    "CREATE TABLE main.given(name TEXT NOT NULL)",
    "CREATE FUNCTION main.create_reference_table(one regclass) RETURNS void LANGUAGE sql
     AS 'INSERT INTO main.given SELECT c.relnamespace::regnamespace || ''.'' || c.relname FROM pg_class c WHERE c.oid = one'",
    "CREATE FUNCTION main.create_distributed_table(one regclass, by text, colocate_with text DEFAULT 'default')
     RETURNS void LANGUAGE sql
     AS 'INSERT INTO main.given SELECT c.relnamespace::regnamespace || ''.'' || c.relname FROM pg_class c WHERE c.oid = one'",
];

/// Tables that were given to neither function.
const LEFT: &str = "
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('main', 'audit', 'keys')
  AND c.relname NOT LIKE '%schema_history' AND c.relname <> 'given'
  AND n.nspname || '.' || c.relname NOT IN (SELECT name FROM main.given)
ORDER BY 1";
