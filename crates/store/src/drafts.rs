//! Drafts: unfinished writings about a person, opened by their author only, and not for long.
//!
//! Sealed under a key derived from the person's, so that erasing the person erases them. A draft is not graded: nobody
//! else ever reads it, and its text must never be searched or shown to another.

use crate::audit;
use crate::call::{Call, NO_ROW, Shown, Undisclosed};
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Row, cells};
use crate::error::{Error, Result};
use crate::read::Reader;
use crate::store::{Inner, Store};
use confidentiality::Person;
use fhir::ResourceType;
use std::collections::BTreeMap;

/// How long a draft lives after its last save, in microseconds: 72 hours.
const LASTS: i64 = 72 * 3_600 * 1_000_000;
/// The largest text, in bytes.
const LARGEST: usize = 64 << 10;
/// The longest name of a slot, in bytes.
const LONGEST_SLOT: usize = 128;
/// Between the patient's id, which cannot hold it, and the text.
const END_OF_ID: u8 = 0;

/// An unfinished writing, as its author left it.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// Where it is kept: a random text chosen by the application.
    pub slot: String,
    /// Public id of the patient it is about.
    pub patient: String,
    /// The same, by number.
    pub person: Person,
    /// When it was last saved (UTC microseconds).
    pub updated: i64,
    /// What was written, as it was given.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Draft(***)")
    }
}

/// A draft ready to be written.
struct Closed {
    slot: Vec<u8>,
    person: Person,
    body: Vec<u8>,
}

impl Store {
    /// Keeps an unfinished writing about a patient for 72 hours more, in place of what the slot held.
    ///
    /// The first save of a slot, and one that turns it to another person, is audited in the same transaction; the
    /// saves that follow are not, for an automatic one every few seconds would drown the log.
    ///
    /// # Errors
    /// [`Error::Absent`] when the patient is not visible; [`Error::Invalid`] for a text over 64 KiB or a slot that is
    /// empty or over 128 bytes; the engine's.
    pub async fn save_draft(&self, call: &Call, slot: &str, patient: &str, body: Vec<u8>) -> Result<()> {
        check(slot, &body)?;
        let (slot, patient) = (slot.to_owned(), patient.to_owned());
        // The patient is opened on a snapshot, not while the only writer waits. Nothing of it leaves.
        let close = move |reader: &Reader<'_>| Ok((close(reader, &slot, &patient, &body)?, Vec::new()));
        let Undisclosed { value: closed, .. } = self.look(call, close).await?;
        let (inner, call) = (self.0.clone(), call.clone());
        self.engine().write(Db::Main, move |conn| save(&inner, conn, &call, closed)).await
    }

    /// The caller's own draft in a slot; none once it has expired, or when the patient is no longer visible.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when it does not open.
    pub async fn draft(&self, call: &Call, slot: &str) -> Result<Undisclosed<Option<Draft>>> {
        Ok(self.own_drafts(call, Some(slot.to_owned())).await?.map(|drafts| drafts.into_iter().next()))
    }

    /// The caller's own drafts, newest first: those that have not expired, about patients who are still visible.
    ///
    /// # Errors
    /// As [`Store::draft`].
    pub async fn drafts(&self, call: &Call) -> Result<Undisclosed<Vec<Draft>>> {
        self.own_drafts(call, None).await
    }

    async fn own_drafts(&self, call: &Call, slot: Option<String>) -> Result<Undisclosed<Vec<Draft>>> {
        let read = self.look(call, move |reader| Ok((open_own(reader, slot.as_deref())?, Vec::new()))).await?;
        let mut shown = Shown::default();
        for draft in &read.value {
            shown.add_rowless(draft.person);
        }
        Ok(Undisclosed::new(read.value, shown))
    }

    /// Throws the caller's draft away, if it is there. Not audited: nobody else could have read it.
    ///
    /// # Errors
    /// The engine's.
    pub async fn drop_draft(&self, call: &Call, slot: &str) -> Result<()> {
        let at = cells![call.tenant, call.actor().value(), slot.as_bytes()];
        self.engine()
            .write(Db::Main, move |conn| {
                conn.execute("DELETE FROM draft WHERE tenant = ?1 AND actor = ?2 AND slot = ?3", &at)?;
                Ok(())
            })
            .await
    }

    /// Deletes the drafts of a tenant that have expired; how many. To be called now and then.
    ///
    /// # Errors
    /// The engine's.
    pub async fn sweep_drafts(&self, tenant: i64, now: i64) -> Result<u64> {
        self.engine()
            .write(Db::Main, move |conn| {
                conn.execute("DELETE FROM draft WHERE tenant = ?1 AND expires <= ?2", &cells![tenant, now])
            })
            .await
    }
}

fn check(slot: &str, body: &[u8]) -> Result<()> {
    let invalid = |code, path: &str, fr, en| Err(fhir::Invalid::one(code, Some(path.to_owned()), fr, en).into());
    if slot.is_empty() || slot.len() > LONGEST_SLOT {
        let (fr, en) = ("L’emplacement du brouillon n’est pas valable.", "The draft's slot is empty or too long.");
        return invalid("value", "slot", fr, en);
    }
    if body.len() > LARGEST {
        let fr = "Ce brouillon est trop long pour être gardé. Enregistrez l’écrit, ou raccourcissez-le.";
        return invalid("too-long", "body", fr, "A draft is at most 64 KiB.");
    }
    Ok(())
}

fn close(reader: &Reader<'_>, slot: &str, patient: &str, text: &[u8]) -> Result<Closed> {
    let found = reader.find(ResourceType::PATIENT, patient)?.filter(|found| !found.deleted);
    let person = found.ok_or(Error::Absent)?.person;
    let plain = [patient.as_bytes(), &[END_OF_ID], text].concat();
    let body = crypto::seal(&key(reader, person)?, &aad(reader.call, slot.as_bytes(), person), &plain)?;
    Ok(Closed { slot: slot.as_bytes().to_vec(), person, body })
}

fn save(inner: &Inner, conn: &Conn<'_>, call: &Call, draft: Closed) -> Result<()> {
    let (tenant, actor, person) = (call.tenant, call.actor().value(), draft.person.value());
    let known = conn.query_opt(
        "SELECT person FROM draft WHERE tenant = ?1 AND actor = ?2 AND slot = ?3 AND expires > ?4",
        &cells![tenant, actor, draft.slot.clone(), call.now],
    )?;
    let again = known.map(|row| row.int(0)).transpose()? == Some(person);
    let (place, expires) = (call.origin.place.value(), call.now.saturating_add(LASTS));
    conn.execute(
        "INSERT INTO draft(tenant, actor, slot, person, place, updated, expires, body)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT(tenant, actor, slot) DO UPDATE SET person = excluded.person, place = excluded.place,
           updated = excluded.updated, expires = excluded.expires, body = excluded.body",
        &cells![tenant, actor, draft.slot, person, place, call.now, expires, draft.body],
    )?;
    if again {
        return Ok(());
    }
    let part = audit::Part { person: draft.person, content: serde_json::json!({ "wrote": [NO_ROW] }) };
    let envelope = call.envelope(BTreeMap::from([("drafts".to_owned(), 1)]));
    let entry = audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope, vec![part])?;
    audit::insert_beside_write(conn, &entry)
}

/// The caller's drafts that may still be opened. The predicate decides on the Patient of each.
fn open_own(reader: &Reader<'_>, slot: Option<&str>) -> Result<Vec<Draft>> {
    let mut select = reader.select();
    let (actor, now) = (select.bind(reader.call.actor().value()), select.bind(reader.call.now));
    let patient = select.bind(ResourceType::PATIENT.code());
    let only = slot.map_or_else(String::new, |slot| format!(" AND d.slot = {}", select.bind(slot.as_bytes())));
    let text = format!(
        "SELECT d.slot, d.person, d.updated, d.body FROM draft d \
         WHERE d.tenant = {} AND d.actor = {actor} AND d.expires > {now}{only} \
         AND EXISTS (SELECT 1 FROM resource r WHERE r.tenant = d.tenant AND r.person = d.person AND r.type = {patient} \
         AND r.deleted = 0 AND ({})) ORDER BY d.updated DESC, d.slot",
        select.tenant, select.permit
    );
    let mut drafts = Vec::new();
    for row in select.run(reader.conn, &text)? {
        match open(reader, &row) {
            Ok(draft) => drafts.push(draft),
            // The person has been erased, and with them what was being written.
            Err(Error::Absent) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(drafts)
}

fn open(reader: &Reader<'_>, row: &Row) -> Result<Draft> {
    let (slot, person) = (row.blob(0)?, Person::new(row.int(1)?));
    let damaged = || Error::Integrity("a draft does not decode".into());
    let plain = crypto::open(&key(reader, person)?, &aad(reader.call, slot, person), row.blob(3)?)?;
    let mut halves = plain.splitn(2, |byte| *byte == END_OF_ID);
    let (patient, body) = halves.next().zip(halves.next()).ok_or_else(damaged)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| damaged());
    Ok(Draft { slot: text(slot)?, patient: text(patient)?, person, updated: row.int(2)?, body: body.to_vec() })
}

fn key(reader: &Reader<'_>, person: Person) -> Result<Secret> {
    let inner = reader.inner;
    inner.keyring.person(&inner.engine, reader.conn, reader.call.tenant, person)?.secret.derive("draft")
}

/// A draft opens for its tenant, its author, its slot and its person only.
fn aad(call: &Call, slot: &[u8], person: Person) -> Vec<u8> {
    [format!("draft {} {} {person} ", call.tenant, call.actor()).as_bytes(), slot].concat()
}
