//! What a write was planned on that another writer may have changed since: looked at again in its transaction.

use super::Change;
use super::apply::{OVERTAKEN, Part};
use super::close::{Closed, Write};
use crate::engine::{Dialect, cells};
use crate::error::{Conflict, Error, Result};
use crate::index::ID_PARAM;
use crate::read::Reader;
use fhir::ResourceType;
use std::collections::BTreeSet;

/// What must still hold for new rows: their ids are free, their criteria match nothing, persons waited for have not arrived.
pub(super) fn check(parts: &[Part<'_>]) -> Result<()> {
    let mut new = BTreeSet::new();
    for part in parts {
        for write in part.fresh() {
            if !new.insert((part.reader.call.tenant, write.planned.kind, write.planned.id.as_str())) {
                return Err(Error::Conflict(Conflict::IdTaken));
            }
        }
        lock(part)?;
        for ((change, _), step) in part.changes.iter().zip(part.steps) {
            if let Closed::Write(write) = step {
                recheck(&part.reader, change, write)?;
            }
        }
    }
    Ok(())
}

/// Serialises what two processes could decide at once, in the order of the numbers: nobody holds what another wants, and the
/// other way round. SQLite has one writer already.
fn lock(part: &Part<'_>) -> Result<()> {
    let reader = &part.reader;
    if reader.conn.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut numbers: BTreeSet<i64> = part.fresh().map(|write| write.identity).collect();
    for ((change, _), step) in part.changes.iter().zip(part.steps) {
        if let Closed::Write(write) = step {
            numbers.extend(write.planned.owner.pending.keys());
            if let (Change::Create { if_none_exist: Some(query), .. }, None) = (change, write.planned.rid) {
                numbers.insert(reader.hasher.number("criteria", &[&format!("{query:?}")]));
            }
        }
    }
    numbers.into_iter().try_for_each(|number| reader.conn.each("SELECT pg_advisory_xact_lock(?1)", &cells![number]))
}

fn recheck(reader: &Reader<'_>, change: &Change, write: &Write) -> Result<()> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    let planned = &write.planned;
    if planned.rid.is_none() {
        let at = cells![tenant, ID_PARAM, write.identity];
        let taken = "SELECT 1 FROM exact_key k WHERE k.tenant = ?1 AND k.param = ?2 AND k.hash = ?3";
        conn.expect_each(taken, &at, 0, Conflict::IdTaken)?;
        if let Change::Create { if_none_exist: Some(query), .. } = change
            && !reader.matching(query, 1)?.is_empty()
        {
            return Err(OVERTAKEN);
        }
    }
    for (hash, person) in &planned.owner.pending {
        let is_new_patient = planned.kind == ResourceType::PATIENT && planned.rid.is_none();
        // Somebody who has arrived since must carry the very number given ahead.
        if !is_new_patient {
            let at = cells![tenant, ID_PARAM, *hash, person.value()];
            conn.expect_each(OTHER_HOLDER, &at, 0, Conflict::Overtaken)?;
        }
        let pending = cells![tenant, *hash, person.value()];
        conn.each(
            "INSERT INTO pending_person(tenant, hash, person) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
            &pending,
        )?;
        let given = "SELECT 1 FROM pending_person WHERE tenant = ?1 AND hash = ?2 AND person = ?3";
        conn.expect_each(given, &pending, 1, Conflict::Overtaken)?;
    }
    Ok(())
}

/// A row that has an id, and is about another person. The key comes first: SQLite would go through the tenant's rows.
const OTHER_HOLDER: &str = "SELECT 1 FROM exact_key k CROSS JOIN resource r WHERE r.tenant = ?1 AND r.rid = k.rid
       AND k.tenant = ?1 AND k.param = ?2 AND k.hash = ?3 AND r.person <> ?4";
