//! Every wrapped key opens, and belongs to somebody.

use super::Check;
use crate::engine::{Conn, Db, cells};
use crate::error::Result;
use crate::store::Store;
use std::collections::BTreeSet;

/// Those of whom there is something, as a part of what is checked.
const PERSONS: (&str, &str) = ("main: persons", "la liste des personnes");

/// Unwraps every key of a tenant.
pub(super) async fn check(store: &Store, tenant: i64, check: &mut Check) -> Result<()> {
    let inner = store.0.clone();
    let unwrapped = store.engine().read(Db::Keys, move |conn| inner.keyring.unwrap_all(conn, tenant)).await;
    let Some(keys) = check.note(("keys", "les clés"), unwrapped)? else { return Ok(()) };
    let known = store.engine().read(Db::Main, move |conn| persons(conn, tenant)).await;
    let known = check.note(PERSONS, known)?.unwrap_or_default();
    let mut keyed = BTreeSet::new();
    for key in keys {
        check.keys += 1;
        if !key.pair {
            keyed.insert(key.person);
        }
        if !known.contains(&key.person) {
            check.unused_keys += 1;
        }
        if !key.opens {
            let (en, fr) = if key.pair { ("a pair", "une paire de clés") } else { ("the key", "la clé") };
            let fr = format!("{fr} de la personne n° {} ne s'ouvre pas.", key.person);
            check.find("key", format!("{en} of person {}", key.person), fr);
        }
    }
    let items = store.engine().read(Db::Main, move |conn| owners(conn, tenant)).await;
    for person in check.note(PERSONS, items)?.unwrap_or_default() {
        if !keyed.contains(&person) {
            let fr = format!("la personne n° {person} a des éléments et n'a pas de clé.");
            check.find("key", format!("person {person} has items and no key"), fr);
        }
    }
    Ok(())
}

/// Persons of whom there is something.
pub(crate) fn persons(conn: &Conn<'_>, tenant: i64) -> Result<BTreeSet<i64>> {
    let mut found = owners(conn, tenant)?;
    for text in [
        "SELECT DISTINCT person FROM also_person WHERE tenant = ?1",
        "SELECT DISTINCT person FROM pending_person WHERE tenant = ?1",
        "SELECT DISTINCT person FROM draft WHERE tenant = ?1",
        "SELECT DISTINCT person FROM entry_out_part WHERE tenant = ?1",
    ] {
        for row in conn.query(text, &cells![tenant])? {
            found.insert(row.int(0)?);
        }
    }
    Ok(found)
}

/// Persons of whom the log of reads says something.
pub(crate) fn shown(conn: &Conn<'_>, tenant: i64) -> Result<BTreeSet<i64>> {
    let rows = conn.query("SELECT DISTINCT person FROM entry_part WHERE tenant = ?1", &cells![tenant])?;
    rows.iter().map(|row| row.int(0)).collect()
}

/// Persons who have items.
fn owners(conn: &Conn<'_>, tenant: i64) -> Result<BTreeSet<i64>> {
    let rows = conn.query("SELECT DISTINCT person FROM resource WHERE tenant = ?1 AND person <> 0", &cells![tenant])?;
    rows.iter().map(|row| row.int(0)).collect()
}
