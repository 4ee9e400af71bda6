//! The audit log: one entry a request, sealed, committed to in a Merkle tree that only grows.
//!
//! An entry is durable before anything it tells of leaves. Its payload can be purged; its leaf stays, so that the
//! tree can always be checked.

mod accesses;
mod checkpoint;
mod emptied;
mod openings;
mod sequencer;
mod together;
mod trail;
mod tree;
mod verify;

pub use accesses::{Access, Accesses};
pub use openings::Opening;
pub use trail::Traced;
pub use verify::{Finding, Report};

pub(crate) use checkpoint::{make as make_checkpoint, sign, signed};
pub(crate) use emptied::EMPTIED;
pub(crate) use sequencer::{Marks, check_epochs, head, sequence};
pub(crate) use together::{Waiting as WaitingRead, enter};
pub(crate) use verify::verify;

use crate::crypto::{self, Secret};
use crate::engine::{Conn, Engine, cells};
use crate::error::{Error, Result};
use crate::keys::{Keyring, Use};
use confidentiality::Person;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who did what, from where, and why it was allowed. Sealed under the tenant's audit key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// A fixed word: `read`, `search`, `create`…
    pub verb: String,
    /// The actor's number.
    pub actor: i64,
    /// Where the actor works in this session.
    pub place: i64,
    /// The workstation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The reason the actor gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The declared purpose.
    pub purpose: String,
    /// The request's id.
    pub request: String,
    /// The rules that allowed it.
    pub why: Vec<String>,
    /// How many items, persons, level-4 openings.
    pub counts: BTreeMap<String, i64>,
    /// UTC microseconds.
    pub at: i64,
}

impl Envelope {
    /// Of what the store does by itself.
    pub(crate) fn of_store(verb: &str, counts: BTreeMap<String, i64>, at: i64) -> Self {
        Self {
            verb: verb.to_owned(),
            actor: 0,
            place: 0,
            device: None,
            reason: None,
            purpose: String::new(),
            request: String::new(),
            why: Vec::new(),
            counts,
            at,
        }
    }
}

/// What an entry says of one person. Sealed under that person's audit key, and erased with it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) person: Person,
    pub(crate) content: serde_json::Value,
}

/// The envelope as it is sealed: with a digest of every part, so that the commitment outlives the parts.
#[derive(Serialize, Deserialize)]
struct Payload {
    envelope: Envelope,
    parts: Vec<(i64, String)>,
}

/// An entry ready to be written.
pub(crate) struct Sealed {
    tenant: i64,
    id: Vec<u8>,
    at: i64,
    commitment: Vec<u8>,
    salt: Vec<u8>,
    envelope: Vec<u8>,
    parts: Vec<(i64, Vec<u8>)>,
}

/// Seals an entry.
pub(crate) fn seal(
    keyring: &Keyring,
    engine: &Engine,
    conn: &Conn<'_>,
    tenant: i64,
    envelope: Envelope,
    parts: Vec<Part>,
) -> Result<Sealed> {
    seal_with(keyring, tenant, envelope, parts, |person| part_key(keyring, engine, conn, tenant, person))
}

/// As [`seal`], where the keys are at hand.
pub(crate) fn seal_with(
    keyring: &Keyring,
    tenant: i64,
    envelope: Envelope,
    parts: Vec<Part>,
    key_of: impl Fn(Person) -> Result<Secret>,
) -> Result<Sealed> {
    let at = envelope.at;
    let id = entry_id(at)?;
    let mut sealed_parts = Vec::with_capacity(parts.len());
    let mut digests = Vec::with_capacity(parts.len());
    for part in parts {
        let person = part.person.value();
        let key = key_of(part.person)?;
        let body = crypto::seal(&key, &part_aad(tenant, &id, person), part.content.to_string().as_bytes())?;
        digests.push((person, hex(&crypto::sha256(&[&body]))));
        sealed_parts.push((person, body));
    }
    let payload = Payload { envelope, parts: digests };
    let plain = serde_json::to_vec(&payload).map_err(|e| Error::bug(e.to_string()))?;
    let salt: [u8; 32] = crypto::random()?;
    let key = keyring.tenant(tenant, Use::Audit)?;
    Ok(Sealed {
        tenant,
        at,
        commitment: crypto::mac(&salt, &[&plain]).to_vec(),
        salt: salt.to_vec(),
        envelope: crypto::seal(&key, &envelope_aad(tenant, &id), &plain)?,
        parts: sealed_parts,
        id,
    })
}

/// Time first, so that ids grow with time; then chance.
fn entry_id(at: i64) -> Result<Vec<u8>> {
    let random: [u8; 10] = crypto::random()?;
    let mut id = (at / 1000).to_be_bytes().get(2..).unwrap_or_default().to_vec();
    id.extend_from_slice(&random);
    Ok(id)
}

/// Whether a sealed envelope holds a reason that somebody has typed.
pub(crate) fn states_a_reason(key: &Secret, tenant: i64, entry: &[u8], envelope: &[u8]) -> Result<bool> {
    let plain = crypto::open(key, &envelope_aad(tenant, entry), envelope)?;
    let payload: Payload = serde_json::from_slice(&plain).map_err(|_| Error::Integrity("an envelope".into()))?;
    Ok(payload.envelope.reason.is_some())
}

fn part_key(keyring: &Keyring, engine: &Engine, conn: &Conn<'_>, tenant: i64, person: Person) -> Result<Secret> {
    Ok(keyring.person(engine, conn, tenant, person)?.audit)
}

/// The place an envelope is bound to.
pub(crate) fn envelope_aad(tenant: i64, id: &[u8]) -> Vec<u8> {
    [b"audit ".as_slice(), &tenant.to_be_bytes(), id].concat()
}

fn part_aad(tenant: i64, id: &[u8], person: i64) -> Vec<u8> {
    [b"audit part ".as_slice(), &tenant.to_be_bytes(), id, &person.to_be_bytes()].concat()
}

/// Writes the entry of a read, in the audit store.
pub(crate) fn insert_read(conn: &Conn<'_>, entry: &Sealed) -> Result<()> {
    insert(
        conn,
        entry,
        "INSERT INTO entry(tenant, entry, at, commitment, salt, envelope) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        "INSERT INTO entry_part(tenant, entry, person, body) VALUES(?1, ?2, ?3, ?4)",
    )
}

/// Writes the entry of a read that may be there already: nobody knows whether it was written in time.
pub(crate) fn insert_late(conn: &Conn<'_>, entry: &Sealed) -> Result<()> {
    insert(
        conn,
        entry,
        "INSERT INTO entry(tenant, entry, at, commitment, salt, envelope) VALUES(?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT DO NOTHING",
        "INSERT INTO entry_part(tenant, entry, person, body) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )
}

/// Writes the entry of a write, in the transaction of that write.
pub(crate) fn insert_beside_write(conn: &Conn<'_>, entry: &Sealed) -> Result<()> {
    insert(
        conn,
        entry,
        "INSERT INTO entry_out(tenant, entry, at, commitment, salt, envelope) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        "INSERT INTO entry_out_part(tenant, entry, person, body) VALUES(?1, ?2, ?3, ?4)",
    )
}

fn insert(conn: &Conn<'_>, entry: &Sealed, envelope: &str, part: &str) -> Result<()> {
    let (id, salt) = (entry.id.clone(), entry.salt.clone());
    conn.each(
        envelope,
        &cells![entry.tenant, id.clone(), entry.at, entry.commitment.clone(), salt, entry.envelope.clone()],
    )?;
    for (person, body) in &entry.parts {
        conn.each(part, &cells![entry.tenant, id.clone(), *person, body.clone()])?;
    }
    Ok(())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
