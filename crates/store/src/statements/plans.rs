//! How SQLite runs every statement of the tour.
//!
//! No statistics are kept and a plan does not depend on what is bound: it is the same on an empty store and on a large one.
//! What goes through a whole table here would do so there.

use crate::engine::{tenant_reads, whole_reads};
use std::collections::BTreeSet;

/// Few rows, however large the store.
const SMALL: [&str; 7] =
    ["erased", "finding", "gap", "sqlite_autoindex_tenant_1", "sqlite_sequence", "store_meta", "tenant_key"];
/// A verification goes through the whole log.
const VERIFICATION: [&str; 2] =
    ["SELECT COUNT(*) FROM entry WHERE", "SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM entry_out WHERE"];

/// No statement reads a large table, or a whole index of one, from its beginning to its end.
pub(super) fn none_reads_a_whole_table(ran: &BTreeSet<String>) {
    let mut found = Vec::new();
    for sql in ran.iter().filter(|sql| !VERIFICATION.iter().any(|known| sql.starts_with(known))) {
        let tables = whole_reads(sql).into_iter().filter(|table| !SMALL.contains(&table.as_str()));
        found.extend(tables.map(|table| format!("{table}: {sql}")));
    }
    assert!(found.is_empty(), "whole tables are read: {found:#?}");
}

/// Of what one legal entity has few rows, or needs all of them.
const FEW: [&str; 20] = [
    "account",
    "asset_import",
    "asset_part",
    "checkpoint",
    "draft",
    "erased",
    "erasure_request",
    "label_rollback",
    "log_epoch",
    "masking",
    "outbox",
    "own_param",
    "paper",
    "place",
    "post",
    "sign_in",
    "subscription",
    "tree_head",
    "unit",
    "workstation",
];

/// What goes through all that a legal entity has in a large table: words of its text, and why it may.
const THROUGH_ALL: [(&str, &str); 27] = [
    (
        "DELETE FROM pending_person WHERE tenant = ?1 AND person = ?2",
        "an erasure: two persons decide, some times a year",
    ),
    ("DELETE FROM safety WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource", "an erasure"),
    (
        "AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
        "an erasure: changes that wait to be told",
    ),
    (
        "SELECT (SELECT COUNT(*) FROM resource r WHERE",
        "the total of a history, asked for by a program that reads everything",
    ),
    ("SELECT 0, rid, hash, source_version FROM import_key", "the check of the whole store"),
    ("SELECT person, rid, part, body FROM safety WHERE tenant = ?1 ORDER BY person, rid, part LIMIT", "the check"),
    ("SELECT DISTINCT s.rid FROM safety s LEFT JOIN resource r", "the check"),
    ("SELECT DISTINCT person, address FROM blob", "the check"),
    ("SELECT r.person, p.rid, p.body FROM label_person p", "the check"),
    ("SELECT COUNT(*) FROM leaf WHERE tenant", "the verification of the log"),
    ("SELECT 1 FROM person_key WHERE tenant = ?1 LIMIT 1", "whether there is any: the first row says so"),
    ("SELECT 1 FROM pair_key WHERE tenant = ?1 AND epoch < ?2 LIMIT 1", "a change of keys: its end"),
    ("SELECT 1 FROM person_key WHERE tenant = ?1 AND epoch < ?2 LIMIT 1", "a change of keys: its end"),
    ("SELECT person, category, key_id, epoch, wrapped, public FROM pair_key", "the check"),
    ("SELECT person, key_id, epoch, wrapped FROM person_key", "the check"),
    ("SELECT person FROM person_key WHERE tenant = ?1 AND created < ?2", "a change of keys: those of nobody"),
    ("FROM label_raise m JOIN resource r", "what rules raised is put back: two persons decide"),
    ("SELECT DISTINCT person FROM resource", "the check, and a change of keys: those of nobody"),
    ("SELECT DISTINCT person FROM also_person", "the same"),
    ("SELECT DISTINCT person FROM pending_person", "the same"),
    ("SELECT DISTINCT person FROM entry_out_part", "the same"),
    ("SELECT DISTINCT person FROM entry_part", "the same"),
    (
        "SELECT COUNT(*) FROM (SELECT rid FROM subscription_change WHERE tenant = ?1 LIMIT ?2) c",
        "a figure, counted so far only",
    ),
    ("SELECT COUNT(*) FROM resource WHERE tenant = ?1 AND deleted = 0", "`socle rules`: how long a survey will take"),
    (
        "AND (1 = 1) AND r.created_seq <= ?14 ORDER BY r.rid ASC LIMIT",
        "everything of every type, in the order of the index, a page",
    ),
    (
        "1 AS is_current",
        "the history of everything, or of a type: current ones by an index of labels, past ones in its order, a page",
    ),
    (
        "WHERE r.tenant = ?13 AND r.person <> 0 AND r.deleted = 0",
        "of everyone at once: for programs, whom no page gathers for",
    ),
];

/// No statement goes through everything that a legal entity has in a large table, in whatever index, but those named above.
pub(super) fn none_reads_a_whole_tenant(ran: &BTreeSet<String>) {
    let mut found = Vec::new();
    let mut met = BTreeSet::new();
    for sql in ran {
        let tables: Vec<String> =
            tenant_reads(sql).into_iter().filter(|table| !FEW.contains(&table.as_str())).collect();
        if tables.is_empty() {
            continue;
        }
        let known = THROUGH_ALL.iter().find(|(words, _)| sql.contains(words));
        match known {
            Some((words, _)) => drop(met.insert(*words)),
            None => found.push(format!("{tables:?}: {sql}")),
        }
    }
    assert!(found.is_empty(), "{} go through all of a tenant: {found:#?}", found.len());
    let gone: Vec<&str> = THROUGH_ALL.iter().map(|(words, _)| *words).filter(|words| !met.contains(words)).collect();
    assert!(gone.is_empty(), "named, but no statement does so any more: {gone:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_through_all_of_a_tenant_is_seen_and_what_finds_its_rows_is_not() {
        for (text, tables) in [
            ("SELECT r.rid FROM resource r WHERE r.tenant = ?1 AND r.level = ?2", &["resource"][..]),
            ("SELECT COUNT(*) FROM exact_key k WHERE k.tenant = ?1", &["exact_key"]),
            (
                "SELECT r.rid, i.hash FROM import_key i JOIN resource r ON r.tenant = i.tenant AND r.rid = i.rid WHERE i.tenant = ?1",
                &["import_key"],
            ),
            ("SELECT person FROM entry_part WHERE tenant = ?1", &["entry_part"]),
            ("DELETE FROM safety WHERE tenant = ?1 AND kind = ?2", &["safety"]),
            ("SELECT r.rid FROM resource r WHERE r.tenant = ?1 AND r.rid IN (SELECT value FROM json_each(?2))", &[]),
            ("SELECT r.body FROM resource r WHERE r.tenant = ?1 AND r.person = ?2", &[]),
            ("SELECT h.body FROM history h WHERE h.tenant = ?1 AND h.updated >= ?2", &[]),
        ] {
            assert_eq!(tenant_reads(text), tables, "{text}");
        }
    }
}
