//! How PostgreSQL would run every statement of the tour on a store that has grown: by its keys, never through a whole table
//! nor through all rows of a legal entity, but for the jobs that are there to go through everything. And never by comparing
//! each of many rows with each of many found before: neither when the planner knows the tables, nor before it has looked.

use crate::engine::{OPTIONS, recorded_many, rewrite};
use std::collections::BTreeSet;
use tokio_postgres::{Client, NoTls};

/// Tables that grow with the records.
const LARGE: [&str; 14] = [
    "resource",
    "history",
    "exact_key",
    "lossy_key",
    "range_key",
    "also_person",
    "relation",
    "safety",
    "receipt",
    "entry_out",
    "entry_out_part",
    "entry",
    "entry_part",
    "person_key",
];

/// What goes through everything, by the beginning of its text or by words in it: checks, erasure, jobs in the background.
const THROUGH_ALL: [&str; 16] = [
    // The history of a type, or of everything.
    "1 AS is_current",
    // Opening looks whether the log is behind what it has seen, and which version of the index it finds.
    "SELECT COUNT(*) FROM entry WHERE tenant",
    "COALESCE(MAX(seq), 0) FROM entry_out",
    "SELECT COUNT(*) FROM resource WHERE tenant",
    "SELECT COUNT(*) FROM exact_key WHERE tenant",
    "SELECT COUNT(*) FROM lossy_key WHERE tenant",
    // Of everyone; and a search that asks for nothing.
    "WHERE r.tenant = ?13 AND r.person <> 0",
    " AND (1 = 1) AND r.created_seq",
    // The check of the whole store.
    "LIMIT ?2 OFFSET ?3",
    "FROM safety s LEFT JOIN resource r",
    // Whether there is any.
    "SELECT 1 FROM person_key WHERE tenant = ?1 LIMIT 1",
    // What is no more: parameters, persons, keys that wrap others.
    "AND k.param = ?2 LIMIT ?3)",
    "DELETE FROM safety WHERE tenant = ?1 AND rid IN",
    "SELECT DISTINCT person FROM",
    "FROM person_key WHERE tenant = ?1 AND created",
    "epoch",
];

/// Rows enough for a wrong way to cost more than a right one.
const GROWN: &str = "
INSERT INTO main.resource(tenant, rid, type, person, place, version, created_seq, updated, level, categories, family, mask,
    seal, author, rules, deleted, moment, body, self, params, keys)
  SELECT 1, 1000000 + n, CASE n % 30 WHEN 1 THEN 103 WHEN 2 THEN 44 ELSE 1 + n % 12 * 9 END, 1000 + n / 30, 1, 1, n, n, 2, 0, 2, 0, 1, 7, 1, 0, n, '\\x00', n * 7919, '\\x00', '\\x00'
  FROM generate_series(1, 12000) n;
INSERT INTO main.history(tenant, rid, version, updated, level, categories, family, mask, seal, author, rules, deleted, body)
  SELECT tenant, rid, 1, 0, 2, 0, 2, 0, 1, 7, 1, 0, '\\x00' FROM main.resource WHERE rid > 1000000 AND rid % 4 = 0;
INSERT INTO main.exact_key(tenant, param, hash, rid)
  SELECT 1, p, CASE WHEN p = 1 THEN rid * 7919 WHEN p % 3 = 0 THEN person * 31 ELSE rid % p END, rid
  FROM main.resource, (VALUES (1, 1), (445, 470), (1200, 1212), (1230, 1245), (1295, 1310)) of(low, high),
    generate_series(low, high) p
  WHERE rid > 1000000 AND (p = 1 OR rid % 8 = 0);
INSERT INTO main.lossy_key(tenant, param, hash, rid)
  SELECT 1, p, rid % 701 + p, rid FROM main.resource, generate_series(1295, 1310) p WHERE rid > 1000000 AND rid % 8 = 0;
INSERT INTO main.range_key(tenant, param, rid, lo, hi)
  SELECT 1, 1400 + p, rid, moment, moment + 1 FROM main.resource, generate_series(0, 2) p WHERE rid > 1000000;
INSERT INTO main.also_person(tenant, rid, person) SELECT 1, rid, 1 FROM main.resource WHERE rid > 1000000 AND rid % 50 = 0;
INSERT INTO main.relation(tenant, relation, subject, person, place, kind, categories, starts, ends)
  SELECT 1, n * 3 + s, -1000000 - s, 1000 + n, 1, 1, 0, 0, 1152921504606846976 FROM generate_series(1, 400) n, generate_series(1, 3) s;
INSERT INTO main.safety(tenant, person, rid, part, kind, ends, body)
  SELECT 1, person, rid, 0, 1, 0, '\\x00' FROM main.resource WHERE rid > 1000000 AND rid % 3 = 0;
INSERT INTO main.receipt(tenant, rid, actor, at, version) SELECT 1, rid, 41 + rid % 9, 0, 1 FROM main.resource WHERE rid > 1000000;
INSERT INTO main.entry_out(tenant, entry, at, commitment, salt, envelope)
  SELECT 1, int8send(n), n, '\\x00', '\\x00', '\\x00' FROM generate_series(1, 12000) n;
INSERT INTO main.entry_out_part(tenant, entry, person, body) SELECT 1, int8send(n), 1000 + n / 30, '\\x00' FROM generate_series(1, 12000) n;
INSERT INTO audit.entry(tenant, entry, at, commitment, salt, envelope) SELECT tenant, entry, at, commitment, salt, envelope FROM main.entry_out;
INSERT INTO audit.entry_part(tenant, entry, person, body) SELECT tenant, entry, person, body FROM main.entry_out_part;
INSERT INTO keys.person_key(tenant, person, key_id, created, wrapped) SELECT 1, 1000 + n, 1, 0, '\\x00' FROM generate_series(1, 400) n";

/// Reads the plan of each text.
pub(super) async fn are_by_key(url: &str, texts: &BTreeSet<String>) {
    let mut config: tokio_postgres::Config = url.parse().unwrap();
    config.options(OPTIONS);
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(GROWN).await.unwrap();
    look_up_what_they_list(&client, texts).await;
    let many = recorded_many();
    assert!(many.len() > 10, "{many:?}");
    each_is_looked_up(&client, &many).await;
    let of_persons =
        texts.iter().filter(|text| text.contains(" r.person IN (SELECT ")).cloned().collect::<BTreeSet<_>>();
    assert!(of_persons.len() > 5, "{of_persons:?}");
    go_by_keys(&client, &of_persons).await;
    whereabouts_are_found_by_their_index(&client, texts).await;
    client.batch_execute("ANALYZE").await.unwrap();
    look_up_what_they_list(&client, texts).await;
    each_is_looked_up(&client, &many).await;
    go_by_keys(&client, texts).await;
    whereabouts_are_found_by_their_index(&client, texts).await;
}

/// The few rows that say who somebody is, and where they live, are not looked for among all rows about each person.
async fn whereabouts_are_found_by_their_index(client: &Client, texts: &BTreeSet<String>) {
    // What asks a type for what it has no parameter for finds nothing, without looking; everybody is found by the type as well.
    let apart = |text: &&String| text.contains("(1 = 0)") || text.contains("r.person <> 0");
    let of = |text: &&String| text.contains("INDEXED BY resource_whereabouts") && !apart(text);
    let texts: Vec<&String> = texts.iter().filter(of).collect();
    assert!(texts.len() > 3, "{texts:?}");
    for text in texts {
        let plan = explain(client, text).await;
        let found = plan.iter().any(|line| line.contains("using resource_whereabouts") && line.contains("person = "));
        assert!(found, "{}\n  of {text}", plan.join("\n"));
    }
}

async fn go_by_keys(client: &Client, texts: &BTreeSet<String>) {
    let mut wrong = Vec::new();
    for text in texts.iter().filter(|text| !text.starts_with("INSERT INTO") || text.contains("SELECT")) {
        if THROUGH_ALL.iter().any(|known| text.contains(known)) {
            continue;
        }
        let plan = explain(client, text).await;
        let found: Vec<String> = plan.iter().filter_map(|line| through_all(line)).collect();
        if !found.is_empty() {
            wrong.push(format!("{found:?}\n  of {text}"));
        }
    }
    assert!(wrong.is_empty(), "{} statements go through more than they ask for:\n{}", wrong.len(), wrong.join("\n"));
}

/// Rows found by keys, and hashes, are looked up in an index: no scan compares what it reads with each of them.
async fn look_up_what_they_list(client: &Client, texts: &BTreeSet<String>) {
    let mut wrong = Vec::new();
    let apart = |text: &str| ["DELETE ", "FROM history", "label_raise m"].iter().any(|of| text.contains(of));
    for text in texts.iter().filter(|text| text.contains("exact_key k WHERE") && !apart(text)) {
        let compares = |line: &&String| {
            let each = |of: &str| [".rid = ", ".hash = "].iter().any(|column| of.contains(column));
            let listed = ["rid", "hash"].map(|column| format!("({column} = ANY ("));
            let filter = line.strip_prefix("Filter: ").unwrap_or_default();
            let whole = |of: &String| filter.starts_with(of) || filter.contains(&format!(" AND {of}"));
            line.strip_prefix("Join Filter: ").is_some_and(each) || listed.iter().any(whole)
        };
        let plan = explain(client, text).await;
        let found: Vec<&String> = plan.iter().filter(compares).collect();
        if !found.is_empty() {
            wrong.push(format!("{found:?}\n  of {text}\n{}", plan.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} statements compare each with each:\n{}", wrong.len(), wrong.join("\n"));
}

/// Rows that are given are gone through, and each looked up: none is compared with what a scan reads.
async fn each_is_looked_up(client: &Client, many: &BTreeSet<String>) {
    for text in many {
        let plan = explain(client, text).await;
        let compares = plan.iter().any(|line| line.starts_with("Join Filter:") && line.contains("rid"));
        let through = plan.iter().find_map(|line| through_all(line));
        assert!(!compares && through.is_none(), "{through:?} {}\n  of {text}", plan.join("\n"));
    }
}

async fn explain(client: &Client, text: &str) -> Vec<String> {
    let params = (1..).take_while(|n| text.contains(&format!("?{n}"))).count();
    client.batch_execute(&format!("PREPARE asked AS {}", rewrite(text))).await.unwrap();
    let nothing = vec!["NULL"; params].join(", ");
    let given = if params > 0 { format!("({nothing})") } else { String::new() };
    let rows = client.simple_query(&format!("EXPLAIN (COSTS OFF) EXECUTE asked{given}")).await.unwrap();
    client.batch_execute("DEALLOCATE asked").await.unwrap();
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = row {
            let line = row.get(0).unwrap_or_default().trim();
            match lines.last_mut() {
                // A condition belongs to the scan above it.
                Some(scan) if line.starts_with("Index Cond:") => scan.push_str(&format!(" {line}")),
                _ => lines.push(line.to_owned()),
            }
        }
    }
    lines
}

/// Whether part of a condition, from its column on, chooses some rows of the tenant rather than nearly all.
fn names_rows(table: &str, word: &str) -> bool {
    let column = word.split(' ').next().unwrap_or_default();
    let wide = ["", "tenant", "deleted", "level", "place", "ROW"].contains(&column);
    !(wide || column == "param" && table != "range_key")
}

/// A step that reads a large table from end to end, or all rows of the tenant.
fn through_all(step: &str) -> Option<String> {
    let (_, rest) = step.split_once(" on ")?;
    let scan = step.contains("Scan");
    let at = step.split_once(" using ").and_then(|(_, rest)| rest.split_once(" on ")).map_or(rest, |(_, rest)| rest);
    let name = at.split([' ', '(']).next()?;
    // A bitmap names the index.
    let of =
        |table: &&&str| name == **table || step.contains("Bitmap Index Scan") && name.starts_with(&format!("{table}_"));
    let table = LARGE.iter().filter(of).max_by_key(|table| table.len())?;
    let wide = match step.split_once("Index Cond: ") {
        Some((_, condition)) => !condition.split('(').any(|word| names_rows(table, word)),
        None => step.contains("Seq Scan") || step.contains("Index Scan") || step.contains("Index Only Scan"),
    };
    (scan && wide).then(|| step.to_owned())
}
