//! Every row that speaks of a person, in the three stores.

use crate::audit;
use crate::crypto::Secret;
use crate::engine::{Conn, cells};
use crate::error::Result;
use crate::index::Keys;
use crate::keys::{Keyring, owe_scrub};
use confidentiality::Person;

/// How many rows of each kind speak of the person.
pub(super) fn count(conn: &Conn<'_>, tenant: i64, person: Person) -> Result<[i64; 4]> {
    let at = cells![tenant, person.value()];
    let mut counts = [0; 4];
    let texts = [
        "SELECT COUNT(*) FROM resource WHERE tenant = ?1 AND person = ?2",
        "SELECT COUNT(*) FROM history WHERE tenant = ?1
           AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
        "SELECT COUNT(*) FROM also_person a JOIN resource r ON r.tenant = a.tenant AND r.rid = a.rid
         WHERE a.tenant = ?1 AND a.person = ?2 AND r.person <> ?2",
        "SELECT COUNT(*) FROM draft WHERE tenant = ?1 AND person = ?2",
    ];
    for (count, text) in counts.iter_mut().zip(texts) {
        *count = conn.query_one(text, &at)?.int(0)?;
    }
    Ok(counts)
}

/// In `main`, whether anything is left to delete.
pub(super) fn are_left(conn: &Conn<'_>, tenant: i64, person: Person) -> Result<bool> {
    let left = conn.query_one(
        "SELECT EXISTS(SELECT 1 FROM resource WHERE tenant = ?1 AND person = ?2)
           OR EXISTS(SELECT 1 FROM relation WHERE tenant = ?1 AND person = ?2)
           OR EXISTS(SELECT 1 FROM also_person WHERE tenant = ?1 AND person = ?2)
           OR EXISTS(SELECT 1 FROM entry_out_part WHERE tenant = ?1 AND person = ?2 AND body IS NOT NULL)",
        &cells![tenant, person.value()],
    )?;
    Ok(left.int(0)? != 0)
}

/// In `audit`, whether the log still says something of the person.
pub(super) fn are_told(conn: &Conn<'_>, tenant: i64, person: Person) -> Result<bool> {
    let told = conn.query_one(
        "SELECT EXISTS(SELECT 1 FROM entry_part WHERE tenant = ?1 AND person = ?2 AND body IS NOT NULL)",
        &cells![tenant, person.value()],
    )?;
    Ok(told.int(0)? != 0)
}

/// What hangs on the rows of the person's items, then what names the person, then the items.
pub(super) const DELETES: [&str; 23] = [
    "DELETE FROM history WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM also_person WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM safety WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM label_raise WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM label_person WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM receipt WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM finding WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM import_key WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM masking WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM outbox WHERE tenant = ?1 AND kind = 1
       AND subject IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM subscription WHERE tenant = ?1 AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM subscription_change WHERE tenant = ?1
       AND rid IN (SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2)",
    "DELETE FROM safety WHERE tenant = ?1 AND person = ?2",
    "DELETE FROM finding WHERE tenant = ?1 AND person = ?2",
    "DELETE FROM masking WHERE tenant = ?1 AND person = ?2",
    "DELETE FROM relation WHERE tenant = ?1 AND person = ?2",
    "DELETE FROM also_person WHERE tenant = ?1 AND person = ?2",
    "DELETE FROM draft WHERE tenant = ?1 AND person = ?2",
    "DELETE FROM pending_person WHERE tenant = ?1 AND person = ?2",
    "DELETE FROM blob WHERE tenant = ?1 AND person = ?2",
    "DELETE FROM erasure_request WHERE tenant = ?1 AND person = ?2",
    // Who opened their record in an emergency, and what was said of it.
    "DELETE FROM paper WHERE tenant = ?1 AND name = 'emergency/' || CAST(CAST(?2 AS BIGINT) AS TEXT)",
    "DELETE FROM resource WHERE tenant = ?1 AND person = ?2",
];

/// Deletes them from `main`; how many items there were.
pub(super) fn delete(conn: &Conn<'_>, tenant: i64, person: Person) -> Result<i64> {
    let mut items = 0;
    for row in
        conn.query("SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2", &cells![tenant, person.value()])?
    {
        let row = (tenant, row.int(0)?);
        // The keys of a row whose list is damaged stay, as hashes of nothing: the check of a store names them.
        if let Ok(had) = crate::write::held_keys(conn, row) {
            crate::write::bring_keys(conn, row, &had, &Keys::default())?;
        }
    }
    for text in DELETES {
        items = conn.execute(text, &cells![tenant, person.value()])?;
    }
    Ok(i64::try_from(items).unwrap_or(i64::MAX))
}

/// Where the entries of writes, and of reads, are.
pub(super) struct Log {
    /// Envelopes of the entries that show the person.
    envelopes: &'static str,
    /// What the entry says of the person.
    part: &'static str,
    /// The entry's own payload.
    payload: &'static str,
}

/// Beside the writes, in `main`.
pub(super) const WRITTEN: Log = Log {
    envelopes:
        "SELECT e.entry, e.envelope FROM entry_out_part p JOIN entry_out e ON e.tenant = p.tenant AND e.entry = p.entry
                WHERE p.tenant = ?1 AND p.person = ?2 AND e.envelope IS NOT NULL",
    part: "UPDATE entry_out_part SET body = NULL WHERE tenant = ?1 AND person = ?2 AND body IS NOT NULL",
    payload: "UPDATE entry_out SET salt = NULL, envelope = NULL WHERE tenant = ?1 AND entry = ?2",
};

/// Of reads, in `audit`.
pub(super) const READ: Log = Log {
    envelopes: "SELECT e.entry, e.envelope FROM entry_part p JOIN entry e ON e.tenant = p.tenant AND e.entry = p.entry
                WHERE p.tenant = ?1 AND p.person = ?2 AND e.envelope IS NOT NULL",
    part: "UPDATE entry_part SET body = NULL WHERE tenant = ?1 AND person = ?2 AND body IS NOT NULL",
    payload: "UPDATE entry SET salt = NULL, envelope = NULL WHERE tenant = ?1 AND entry = ?2",
};

/// Empties what the log says of the person; its leaves stay, so that the tree can be checked for ever. A stated reason
/// is free text, which may name anybody: an entry that shows the person and states one loses its payload. How many
/// entries lost something.
pub(super) fn purge(conn: &Conn<'_>, key: &Secret, tenant: i64, person: Person, log: &Log) -> Result<i64> {
    let at = cells![tenant, person.value()];
    for row in conn.query(log.envelopes, &at)? {
        let entry = row.blob(0)?;
        // One that does not open is damaged: whatever it holds goes too.
        if audit::states_a_reason(key, tenant, entry, row.blob(1)?).unwrap_or(true) {
            conn.execute(log.payload, &cells![tenant, entry])?;
        }
    }
    Ok(i64::try_from(conn.execute(log.part, &at)?).unwrap_or(i64::MAX))
}

/// In `keys`: the person's keys are gone, and will have no successor.
pub(super) fn destroy(
    conn: &Conn<'_>,
    keyring: &Keyring,
    (tenant, person): (i64, Person),
    at: i64,
    proof: Vec<u8>,
) -> Result<()> {
    let whom = cells![tenant, person.value()];
    conn.execute(
        "INSERT INTO erased(tenant, person, at, proof) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        &cells![tenant, person.value(), at, proof],
    )?;
    conn.execute("DELETE FROM person_key WHERE tenant = ?1 AND person = ?2", &whom)?;
    conn.execute("DELETE FROM pair_key WHERE tenant = ?1 AND person = ?2", &whom)?;
    owe_scrub(conn)?;
    keyring.forget(tenant, person);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::columns;

    /// What is not deleted, and why.
    const KEPT: [(&str, &str); 8] = [
        ("exact_key", "taken away by the list of each row"),
        ("lossy_key", "the same"),
        ("range_key", "the same"),
        ("exact_key_1", "emptied and dropped when a store is opened"),
        ("lossy_key_1", "the same"),
        ("range_key_1", "the same"),
        ("entry_out_part", "emptied, so that the tree can be checked"),
        ("own_param", "definitions of search parameters are about nobody"),
    ];

    #[test]
    fn no_table_that_speaks_of_a_person_is_forgotten() {
        for (table, columns) in columns() {
            for column in ["person", "rid"] {
                let named = columns.iter().any(|known| known == column);
                let kept = KEPT.iter().any(|(known, _)| *known == table);
                // What belongs to an item is found by its row, what belongs to a person by its number.
                let deleted = DELETES.iter().any(|text| {
                    text.starts_with(&format!("DELETE FROM {table} "))
                        && (text.contains(&format!("AND {column} = ?2")) || text.contains(&format!("AND {column} IN")))
                });
                // The items themselves are found by their person.
                let itself = table == "resource" && column == "rid";
                assert!(!named || kept || deleted || itself, "{table}.{column}");
            }
        }
    }
}
