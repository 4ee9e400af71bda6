//! How SQLite runs every statement of the tour.
//!
//! No statistics are kept and a plan does not depend on what is bound: it is the same on an empty store and on a large one.
//! What goes through a whole table here would do so there.

use crate::engine::{reads_a_whole_tenant, whole_reads};
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

/// No statement about one person goes through everything that the tenant has, in whatever index.
pub(super) fn none_about_a_person_reads_a_whole_tenant(ran: &BTreeSet<String>) {
    let about = ran.iter().filter(|sql| sql.contains("person = ?"));
    let found: Vec<&String> = about.filter(|sql| reads_a_whole_tenant(sql)).collect();
    assert!(found.is_empty(), "all of a tenant is read for one person: {found:#?}");
}
