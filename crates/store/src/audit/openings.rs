//! Accesses to records of a stretch of time, of everybody, for who draws some of them to be looked at. Nothing of what was
//! shown is told: who, of whom, when, by what right.

use super::{Envelope, Payload, envelope_aad, hex};
use crate::call::Call;
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::store::Store;
use confidentiality::{Actor, Person};

/// Entries taken at a time.
const BATCH: i64 = 500;
/// Persons of one entry, at most: what shows more is a list.
const PERSONS: i64 = 200;

/// An access to one person's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its entry in the log.
    pub entry: String,
    /// Whose record.
    pub person: Person,
    /// Who.
    pub actor: Actor,
    /// When, UTC microseconds.
    pub at: i64,
    /// What was done, a fixed word.
    pub verb: String,
    /// Something was written; else it was only read.
    pub written: bool,
    /// The rules that allowed it.
    pub why: Vec<String>,
}

/// A log: its entries in order, and the persons of one.
struct Log {
    db: Db,
    written: bool,
    next: &'static str,
    persons: &'static str,
}

const LOGS: [Log; 2] = [
    Log {
        db: Db::Main,
        written: true,
        next: "SELECT entry, envelope FROM entry_out
             WHERE tenant = ?1 AND entry > ?2 AND entry < ?3 AND envelope IS NOT NULL ORDER BY entry LIMIT ?4",
        persons: "SELECT person FROM entry_out_part
             WHERE tenant = ?1 AND entry = ?2 AND body IS NOT NULL ORDER BY person LIMIT ?3",
    },
    Log {
        db: Db::Audit,
        written: false,
        next: "SELECT entry, envelope FROM entry
             WHERE tenant = ?1 AND entry > ?2 AND entry < ?3 AND envelope IS NOT NULL ORDER BY entry LIMIT ?4",
        persons: "SELECT person FROM entry_part
             WHERE tenant = ?1 AND entry = ?2 AND body IS NOT NULL ORDER BY person LIMIT ?3",
    },
];

impl Store {
    /// Tells `each` every access of an interval (from, to; UTC microseconds) whose verb is `wanted`.
    ///
    /// # Errors
    /// [`Error::Absent`] but for the server itself; [`Error::Integrity`] for an entry that does not open; the engine's.
    pub async fn openings(
        &self,
        call: &Call,
        (from, to): (i64, i64),
        wanted: fn(&str) -> bool,
        mut each: impl FnMut(Opening) + Send,
    ) -> Result<()> {
        if !call.clearance.sees_all() {
            return Err(Error::Absent);
        }
        let (tenant, key) = (call.tenant, self.keyring().tenant(call.tenant, Use::Audit)?);
        for log in &LOGS {
            let (mut after, end) = (super::trail::bound(from), super::trail::bound(to));
            loop {
                let (begin, limit, next) = (after.clone(), end.clone(), log.next);
                let batch = move |conn: &Conn<'_>| {
                    let rows = conn.query(next, &cells![tenant, begin, limit, BATCH])?;
                    rows.iter()
                        .map(|row| Ok((row.blob(0)?.to_vec(), row.blob(1)?.to_vec())))
                        .collect::<Result<Vec<_>>>()
                };
                let batch = self.engine().read(log.db, batch).await?;
                let Some((last, _)) = batch.last() else { break };
                after.clone_from(last);
                let opened = opened(&key, tenant, &batch, wanted)?;
                let (entries, persons) = (opened.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), log.persons);
                let of =
                    move |conn: &Conn<'_>| entries.iter().map(|entry| of_entry(conn, persons, tenant, entry)).collect();
                let of: Vec<Vec<i64>> = self.engine().read(log.db, of).await?;
                for ((id, envelope), persons) in opened.into_iter().zip(of) {
                    persons.into_iter().for_each(|person| each(opening(&id, &envelope, person, log.written)));
                }
            }
        }
        Ok(())
    }
}

fn opened(
    key: &Secret,
    tenant: i64,
    batch: &[(Vec<u8>, Vec<u8>)],
    wanted: fn(&str) -> bool,
) -> Result<Vec<(Vec<u8>, Envelope)>> {
    let mut opened = Vec::new();
    for (entry, sealed) in batch {
        let plain = crypto::open(key, &envelope_aad(tenant, entry), sealed)?;
        let damaged = |_| Error::Integrity("an audit entry does not decode".into());
        let payload: Payload = serde_json::from_slice(&plain).map_err(damaged)?;
        if wanted(&payload.envelope.verb) {
            opened.push((entry.clone(), payload.envelope));
        }
    }
    Ok(opened)
}

/// The persons an entry is about; nobody, for what is about nobody.
fn of_entry(conn: &Conn<'_>, text: &str, tenant: i64, entry: &[u8]) -> Result<Vec<i64>> {
    let rows = conn.query(text, &cells![tenant, entry.to_vec(), PERSONS])?;
    let persons = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?;
    Ok(persons.into_iter().filter(|person| *person != 0).collect())
}

fn opening(id: &[u8], envelope: &Envelope, person: i64, written: bool) -> Opening {
    Opening {
        entry: hex(id),
        person: Person::new(person),
        actor: Actor::new(envelope.actor),
        at: envelope.at,
        verb: envelope.verb.clone(),
        written,
        why: confidentiality::why_about(&envelope.why, Person::new(person)),
    }
}
