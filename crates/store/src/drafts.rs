//! Drafts: unfinished writings about a person, opened by their author only, and not for long.
//!
//! Sealed under a key derived from the person's, so that erasing the person erases them. A draft is not graded: nobody
//! else ever reads it, and its text must never be searched or shown to another.

use crate::audit;
use crate::call::{Call, NO_ROW, Shown, Undisclosed};
use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Row, cells};
use crate::error::{Conflict, Error, Result};
use crate::read::{Reader, must};
use crate::select::Select;
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
    /// How many times it was saved.
    pub revision: i64,
    /// What was written, as it was given.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Draft(***)")
    }
}

/// The page that writes in a draft. Two pages may be open on the same one: what the older wrote never takes the place of
/// what it has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hand<'a> {
    /// A random text of its own.
    pub page: &'a str,
    /// The revision it began with; 0 when the slot was empty.
    pub seen: i64,
}

/// A draft ready to be written.
struct Closed {
    slot: Vec<u8>,
    person: Person,
    writer: i64,
    seen: i64,
    body: Vec<u8>,
}

impl Store {
    /// Keeps an unfinished writing about a patient for 72 hours more, in place of what the slot held.
    ///
    /// The first save of a slot, and one that turns it to another person, is audited in the same transaction; the
    /// saves that follow are not, for an automatic one every few seconds would drown the log.
    ///
    /// # Errors
    /// [`Error::Absent`] when the patient is not visible; [`Error::Conflict`] when another page has saved since this one
    /// began; [`Error::Invalid`] for a text over 64 KiB or a slot that is empty or over 128 bytes; the engine's.
    pub async fn save_draft(
        &self,
        call: &Call,
        slot: &str,
        patient: &str,
        hand: Hand<'_>,
        body: Vec<u8>,
    ) -> Result<()> {
        check(slot, &body)?;
        let by = (self.hasher(call.tenant)?.number("draft page", &[hand.page]), hand.seen);
        let (slot, patient) = (slot.to_owned(), patient.to_owned());
        // The patient is opened on a snapshot, not while the only writer waits. Nothing of it leaves.
        let close = move |reader: &Reader<'_>| Ok((close(reader, &slot, &patient, by, &body)?, Shown::default()));
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

    /// How many of them there are. Tells nothing of them: there is nothing to disclose.
    ///
    /// # Errors
    /// The engine's.
    pub async fn count_drafts(&self, call: &Call) -> Result<i64> {
        let count = |reader: &Reader<'_>| {
            let mut select = reader.select();
            let rows = own(&mut select, reader.call);
            let found = select.run(reader.conn, &format!("SELECT COUNT(*) FROM draft d WHERE {rows}"))?;
            Ok((must(found.first())?.int(0)?, Shown::default()))
        };
        Ok(self.glance(call, count).await?.value)
    }

    async fn own_drafts(&self, call: &Call, slot: Option<String>) -> Result<Undisclosed<Vec<Draft>>> {
        let read = self.look(call, move |reader| Ok((open_own(reader, slot.as_deref())?, Shown::default()))).await?;
        let mut shown = Shown::default();
        for draft in &read.value {
            shown.add_rowless(draft.person);
        }
        Ok(Undisclosed::new(read.value, shown))
    }

    /// Throws the caller's draft away, if it is there; with a `hand`, only what that page has seen. Not audited: nobody
    /// else could have read it.
    ///
    /// # Errors
    /// The engine's.
    pub async fn drop_draft(&self, call: &Call, slot: &str, hand: Option<Hand<'_>>) -> Result<()> {
        let (tenant, actor, slot) = (call.tenant, call.actor().value(), slot.as_bytes().to_vec());
        let (any, seen) = (i64::from(hand.is_none()), hand.map_or(0, |hand| hand.seen));
        let writer = self.hasher(call.tenant)?.number("draft page", &[hand.map_or("", |hand| hand.page)]);
        self.engine()
            .write(Db::Main, move |conn| {
                conn.execute(
                    "DELETE FROM draft WHERE tenant = ?1 AND actor = ?2 AND slot = ?3
                     AND (?4 = 1 OR revision = ?5 OR writer = ?6)",
                    &cells![tenant, actor, slot, any, seen, writer],
                )?;
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

fn close(reader: &Reader<'_>, slot: &str, patient: &str, (writer, seen): (i64, i64), text: &[u8]) -> Result<Closed> {
    let found = reader.find(ResourceType::PATIENT, patient)?.filter(|found| !found.deleted);
    let person = found.ok_or(Error::Absent)?.person;
    let plain = [patient.as_bytes(), &[END_OF_ID], text].concat();
    let body = crypto::seal(&key(reader, person)?, &aad(author(reader.call), slot.as_bytes(), person), &plain)?;
    Ok(Closed { slot: slot.as_bytes().to_vec(), person, writer, seen, body })
}

fn save(inner: &Inner, conn: &Conn<'_>, call: &Call, draft: Closed) -> Result<()> {
    let (tenant, actor, person) = (call.tenant, call.actor().value(), draft.person.value());
    let known = conn.query_opt(
        "SELECT person, revision, writer FROM draft WHERE tenant = ?1 AND actor = ?2 AND slot = ?3 AND expires > ?4",
        &cells![tenant, actor, draft.slot.clone(), call.now],
    )?;
    let known = known.map(|row| Ok::<_, Error>((row.int(0)?, row.int(1)?, row.int(2)?))).transpose()?;
    // A page that was the last to save goes on, even when it never heard that its save was done.
    if known.is_some_and(|(_, revision, writer)| revision != draft.seen && writer != draft.writer) {
        return Err(Error::Conflict(Conflict::Version));
    }
    let again = known.is_some_and(|(about, ..)| about == person);
    let revision = known.map_or(draft.seen.max(0), |(_, revision, _)| revision).saturating_add(1);
    let (place, expires) = (call.origin.place.value(), call.now.saturating_add(LASTS));
    let saved = conn.execute(
        "INSERT INTO draft(tenant, actor, slot, person, place, updated, expires, revision, writer, body)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT(tenant, actor, slot) DO UPDATE SET person = excluded.person, place = excluded.place,
           updated = excluded.updated, expires = excluded.expires, revision = excluded.revision,
           writer = excluded.writer, body = excluded.body
         WHERE draft.revision < excluded.revision OR draft.expires <= excluded.updated",
        &cells![tenant, actor, draft.slot, person, place, call.now, expires, revision, draft.writer, draft.body],
    )?;
    if saved == 0 {
        return Err(Error::Conflict(Conflict::Version));
    }
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
    let rows = own(&mut select, reader.call);
    let only = slot.map_or_else(String::new, |slot| format!(" AND d.slot = {}", select.bind(slot.as_bytes())));
    let text = format!(
        "SELECT d.slot, d.person, d.updated, d.body, d.revision FROM draft d WHERE {rows}{only} \
         ORDER BY d.updated DESC, d.slot"
    );
    let mut drafts = Vec::new();
    for row in select.run(reader.conn, &text)? {
        match open(reader, &row) {
            Ok(draft) => drafts.push(draft),
            // The person has been erased, and with them what was being written.
            Err(Error::Absent) => {}
            // What does not open keeps nobody from the others.
            Err(Error::Integrity(why)) if slot.is_none() => tracing::error!(why, "a draft does not open"),
            Err(error) => return Err(error),
        }
    }
    Ok(drafts)
}

/// The caller's, about patients who are still visible, that have not expired.
fn own(select: &mut Select, call: &Call) -> String {
    let (actor, now) = (select.bind(call.actor().value()), select.bind(call.now));
    let patient = select.bind(ResourceType::PATIENT.code());
    format!(
        "d.tenant = {} AND d.actor = {actor} AND d.expires > {now} AND EXISTS (SELECT 1 FROM resource r \
         WHERE r.tenant = d.tenant AND r.person = d.person AND r.type = {patient} AND r.deleted = 0 AND ({}))",
        select.tenant, select.permit
    )
}

fn open(reader: &Reader<'_>, row: &Row) -> Result<Draft> {
    let (slot, person) = (row.blob(0)?, Person::new(row.int(1)?));
    let damaged = || Error::Integrity("a draft does not decode".into());
    let plain = crypto::open(&key(reader, person)?, &aad(author(reader.call), slot, person), row.blob(3)?)?;
    let mut halves = plain.splitn(2, |byte| *byte == END_OF_ID);
    let (patient, body) = halves.next().zip(halves.next()).ok_or_else(damaged)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| damaged());
    let (updated, revision) = (row.int(2)?, row.int(4)?);
    Ok(Draft { slot: text(slot)?, patient: text(patient)?, person, updated, revision, body: body.to_vec() })
}

fn key(reader: &Reader<'_>, person: Person) -> Result<Secret> {
    let inner = reader.inner;
    inner.keyring.person(&inner.engine, reader.conn, reader.call.tenant, person)?.secret.derive("draft")
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "draft of account",
    fr: "brouillon du compte",
    text: "SELECT person, actor, slot, body FROM draft WHERE tenant = ?1 ORDER BY actor, slot LIMIT ?2 OFFSET ?3",
    body: 3,
    spot: None,
    usage: "draft",
    aad: |tenant, row| Ok(aad((tenant, row.int(1)?), row.blob(2)?, Person::new(row.int(0)?))),
};

/// A draft opens for its tenant, its author, its slot and its person only.
fn aad((tenant, actor): (i64, i64), slot: &[u8], person: Person) -> Vec<u8> {
    [format!("draft {tenant} {actor} {person} ").as_bytes(), slot].concat()
}

fn author(call: &Call) -> (i64, i64) {
    (call.tenant, call.actor().value())
}
