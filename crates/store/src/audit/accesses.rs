//! *Qui a lu*: the accesses to one person's record, of reads and of writes, as their entries tell them.
//!
//! Whoever has the right to the journal where the record is kept sees every access; anyone else sees their own. What an
//! access touched is told under the reader's own clearance: an item whose existence is a secret is not counted.

use super::{Payload, envelope_aad, part_aad, part_key};
use crate::call::{Call, Shown, Undisclosed};
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::read::Reader;
use crate::search::cursor;
use crate::select::Select;
use crate::store::Store;
use crate::stored::Version;
use confidentiality::{Actor, Level, Person, Place};
use fhir::ResourceType;
use std::collections::{BTreeMap, BTreeSet};

/// The largest page.
const LARGEST_PAGE: u32 = 1_000;
/// Entries opened for one page, at most: one's own may be rare among those of others.
const LOOKED: usize = 5_000;
/// Entries taken at a time when looking for one's own.
const BATCH: usize = 500;

/// One access to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// When (UTC microseconds).
    pub at: i64,
    /// Who.
    pub actor: Actor,
    /// Where they were working.
    pub place: Place,
    /// What was done, a fixed word: `read`, `search`, `create`…
    pub verb: String,
    /// The reason they gave.
    pub reason: Option<String>,
    /// The rules that allowed it.
    pub why: Vec<String>,
    /// How many of this person's items were shown or written, as far as the reader may know that they exist.
    pub items: usize,
    /// One of those is of level 4.
    pub level4: bool,
    /// The request's id.
    pub request: String,
    /// Something was written; else it was only read.
    pub written: bool,
}

/// A page of the accesses to one person's record.
#[derive(Debug, Clone)]
pub struct Accesses {
    /// The person's own resource.
    pub patient: Version,
    /// Newest first.
    pub entries: Vec<Access>,
    /// The mark of the next page. A page may be short, or even empty, and have a next one: only so many entries are
    /// looked at for each.
    pub next: Option<String>,
    /// Everybody's accesses; else the reader's own only.
    pub whole: bool,
}

/// Whose accesses are told, and how they open.
struct Trail {
    tenant: i64,
    person: Person,
    /// Only this actor's.
    only: Option<Actor>,
    envelopes: Secret,
    parts: Secret,
}

/// A row of either log, still closed.
struct Entry {
    id: Vec<u8>,
    envelope: Option<Vec<u8>>,
    part: Option<Vec<u8>>,
    written: bool,
}

/// An access, and the rows it names.
type Opened = (Access, BTreeSet<i64>);

const READ: &str = "SELECT p.entry, e.envelope, p.body FROM entry_part p \
     JOIN entry e ON e.tenant = p.tenant AND e.entry = p.entry \
     WHERE p.tenant = ?1 AND p.person = ?2 AND p.entry < ?3 ORDER BY p.entry DESC LIMIT ?4";
const WRITTEN: &str = "SELECT p.entry, e.envelope, p.body FROM entry_out_part p \
     JOIN entry_out e ON e.tenant = p.tenant AND e.entry = p.entry \
     WHERE p.tenant = ?1 AND p.person = ?2 AND p.entry < ?3 ORDER BY p.entry DESC LIMIT ?4";

impl Store {
    /// One page of the accesses to a person's record; none when the person is not visible. The list is itself an
    /// access: it is disclosed like any other read, under the verb the caller gives (`accesses`).
    ///
    /// Entries are in the order of their ids, which begin with their time in milliseconds. Purged ones are skipped.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page mark that does not fit; [`Error::Integrity`] for an entry that does not open; the
    /// engine's.
    pub async fn accesses(
        &self,
        call: &Call,
        patient: &str,
        page: Option<String>,
        count: u32,
    ) -> Result<Undisclosed<Option<Accesses>>> {
        let patient = patient.to_owned();
        let begin = move |reader: &Reader<'_>| {
            let Some(found) = reader.find(ResourceType::PATIENT, &patient)? else {
                return Ok((None, Shown::default()));
            };
            let (trail, mark) = begin(reader, &found, page.as_deref())?;
            let shown = Shown::of([&found]);
            Ok((Some((trail, mark, found)), shown))
        };
        let Undisclosed { value, shown } = self.look(call, begin).await?;
        let Some((trail, mark, patient)) = value else { return Ok(Undisclosed::new(None, shown)) };
        let wanted = usize::try_from(count.clamp(1, LARGEST_PAGE)).unwrap_or(BATCH);
        let (opened, next) = self.follow(&trail, mark, wanted).await?;
        let query = query(trail.person);
        let next = next.map(|id| cursor::seal(&super::hex(&id), self.keyring(), call, &query)).transpose()?;
        let entries = self.tell(call, opened).await?;
        Ok(Undisclosed::new(Some(Accesses { patient, entries, next, whole: trail.only.is_none() }), shown))
    }

    /// Up to `wanted` accesses older than `mark`, and the id of the last one looked at when there may be more.
    async fn follow(&self, trail: &Trail, mut mark: Vec<u8>, wanted: usize) -> Result<(Vec<Opened>, Option<Vec<u8>>)> {
        let size = if trail.only.is_some() { BATCH } else { wanted + 1 };
        let (mut opened, mut looked) = (Vec::new(), 0);
        while looked < LOOKED {
            let batch = self.entries(trail, &mark, size).await?;
            let exhausted = batch.len() < size;
            looked += batch.len();
            for entry in batch {
                if let Some(access) = trail.open(&entry)? {
                    if opened.len() == wanted {
                        return Ok((opened, Some(mark)));
                    }
                    opened.push(access);
                }
                mark = entry.id;
            }
            if exhausted {
                return Ok((opened, None));
            }
        }
        Ok((opened, Some(mark)))
    }

    /// The `size` newest entries before `mark`, of both logs.
    async fn entries(&self, trail: &Trail, mark: &[u8], size: usize) -> Result<Vec<Entry>> {
        let limit = i64::try_from(size).map_err(|_| Error::bug("page size"))?;
        let mut merged = Vec::new();
        for (db, text, written) in [(Db::Main, WRITTEN, true), (Db::Audit, READ, false)] {
            let params = cells![trail.tenant, trail.person.value(), mark, limit];
            merged.extend(self.engine().read(db, move |conn| entries(conn, text, &params, written)).await?);
        }
        merged.sort_by(|one: &Entry, other| other.id.cmp(&one.id));
        merged.truncate(size);
        Ok(merged)
    }

    /// Counts what each access touched, as far as the caller may know that it exists. Only label columns are read.
    async fn tell(&self, call: &Call, opened: Vec<Opened>) -> Result<Vec<Access>> {
        let rids: BTreeSet<i64> = opened.iter().flat_map(|(_, rids)| rids.iter().copied()).collect();
        let call = call.clone();
        let known = self.engine().read(Db::Main, move |conn| levels(conn, &call, rids)).await?;
        let told = opened.into_iter().map(|(mut access, rids)| {
            let levels = rids.iter().filter_map(|rid| known.get(rid));
            access.level4 = levels.clone().any(|level| *level == Level::VerySensitive.code());
            // A draft has no row to hide.
            access.items = levels.count() + usize::from(rids.contains(&crate::call::NO_ROW.0));
            access
        });
        Ok(told.collect())
    }
}

/// What the trail is for this reader, and where its page starts.
fn begin(reader: &Reader<'_>, patient: &Version, page: Option<&str>) -> Result<(Trail, Vec<u8>)> {
    let (inner, call) = (reader.inner, reader.call);
    let whole = call.clearance.may_read_journal(patient.person, patient.place);
    let trail = Trail {
        tenant: call.tenant,
        person: patient.person,
        only: (!whole).then(|| call.actor()),
        envelopes: inner.keyring.tenant(call.tenant, Use::Audit)?,
        parts: part_key(&inner.keyring, &inner.engine, reader.conn, call.tenant, patient.person)?,
    };
    let mark = match page {
        // After every id, which has 16 bytes.
        None => vec![u8::MAX; 17],
        Some(text) => unhex(&cursor::open::<String>(text, &inner.keyring, call, &query(patient.person))?)?,
    };
    Ok((trail, mark))
}

fn query(person: Person) -> String {
    format!("accesses {person}")
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = text.chars().map(digit).collect();
    let digits = digits.ok_or_else(|| Error::bug("a page mark of accesses"))?;
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit)).collect())
}

fn entries(conn: &Conn<'_>, text: &str, params: &[crate::engine::Cell], written: bool) -> Result<Vec<Entry>> {
    let rows = conn.query(text, params)?;
    let entry = |row: &crate::engine::Row| {
        let (envelope, part) = (row.opt_blob(1)?.map(<[u8]>::to_vec), row.opt_blob(2)?.map(<[u8]>::to_vec));
        Ok(Entry { id: row.blob(0)?.to_vec(), envelope, part, written })
    };
    rows.iter().map(entry).collect()
}

/// The levels of those of these rows the caller may read or count.
fn levels(conn: &Conn<'_>, call: &Call, rids: BTreeSet<i64>) -> Result<BTreeMap<i64, i64>> {
    let mut select = Select::new(conn.dialect(), call);
    let list = select.list(rids);
    let text = format!(
        "SELECT r.rid, r.level FROM ({list}) w CROSS JOIN resource r WHERE r.tenant = {} AND r.rid = w.value \
         AND (({}) OR ({}))",
        select.tenant, select.permit, select.placeholder
    );
    select.run(conn, &text)?.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

impl Trail {
    /// None for what was purged, and for another's access when only the reader's own are told.
    fn open(&self, entry: &Entry) -> Result<Option<Opened>> {
        let (Some(envelope), Some(part)) = (&entry.envelope, &entry.part) else { return Ok(None) };
        let damaged = || Error::Integrity("an audit entry does not decode".into());
        let plain = crypto::open(&self.envelopes, &envelope_aad(self.tenant, &entry.id), envelope)?;
        let payload: Payload = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        let envelope = payload.envelope;
        if self.only.is_some_and(|only| only.value() != envelope.actor) {
            return Ok(None);
        }
        let plain = crypto::open(&self.parts, &part_aad(self.tenant, &entry.id, self.person.value()), part)?;
        let content: BTreeMap<String, Vec<(i64, i64)>> = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        let access = Access {
            at: envelope.at,
            actor: Actor::new(envelope.actor),
            place: Place::new(envelope.place),
            verb: envelope.verb,
            reason: envelope.reason,
            why: confidentiality::why_about(&envelope.why, self.person),
            items: 0,
            level4: false,
            request: envelope.request,
            written: entry.written,
        };
        Ok(Some((access, content.into_values().flatten().map(|(rid, _)| rid).collect())))
    }
}
