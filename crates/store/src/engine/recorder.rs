//! In the crate's own tests: which statements have run on which engine.

use super::glances::for_each;
use super::rows::many;
use super::{Cell, Dialect};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

static SEEN: Mutex<BTreeSet<(bool, String)>> = Mutex::new(BTreeSet::new());

pub(super) fn record(dialect: Dialect, sql: &str) {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.insert((dialect == Dialect::Postgres, sql.to_owned()));
}

static ALIKE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The text that several rows such as this one would be sent by.
pub(super) fn record_many(sql: &str, row: &[Cell]) {
    let rows = vec![row.to_vec(), row.to_vec()];
    let mut seen = ALIKE.lock().unwrap_or_else(PoisonError::into_inner);
    seen.extend(many(sql, rows).map(|(text, _)| text).ok());
}

/// The text that several questions of the records would be sent by, which differ from this one in their last number only.
pub(super) fn record_alike(sql: &str, params: &[Cell]) {
    if !sql.contains("resource r ") {
        return;
    }
    let last = params.iter().rposition(|cell| matches!(cell, Cell::Int(_)));
    let mut seen = ALIKE.lock().unwrap_or_else(PoisonError::into_inner);
    seen.extend(last.and_then(|at| for_each(sql, at)));
}

/// Texts for several rows, of all that was sent for one.
pub(crate) fn recorded_many() -> BTreeSet<String> {
    ALIKE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Every text that has run on an engine, as it was before placeholders were rewritten.
pub(crate) fn recorded(dialect: Dialect) -> BTreeSet<String> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.iter()
        .filter(|(postgres, _)| *postgres == (dialect == Dialect::Postgres))
        .map(|(_, sql)| sql.clone())
        .collect()
}

/// Forgets what ran before: a test that held [`ALONE`] may have run statements of its own.
pub(crate) fn forget() {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Held by a test that runs statements of its own: what one engine ran is compared with what the other did.
pub(crate) static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
