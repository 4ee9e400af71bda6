//! Erasing a person: keys, items and their history, index, log payloads; and no copy brings them back.
//!
//! In this order, each step durable before the next: the journal outside the data, the keys, the rows, the log. What a
//! crash interrupts goes on when the store is opened with its journal, and so does what a restored copy had forgotten.

mod journal;
mod request;
mod rows;

use crate::audit;
use crate::call::Call;
use crate::engine::{Conn, Db, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::read::Reader;
use crate::store::Store;
use confidentiality::{Person, Place, Refusal};
use fhir::ResourceType;
use journal::Line;
pub(crate) use request::CLOSED as REQUESTS;
pub use request::ErasureAsked;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What an erasure takes away, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// Items of the record, deleted ones too.
    pub items: i64,
    /// Their older versions.
    pub versions: i64,
    /// Items of other persons that mention this one: they stay, they are theirs.
    pub mentions: i64,
    /// Unfinished writings.
    pub drafts: i64,
    /// Entries of the log that no longer say what was seen or written.
    pub entries: i64,
}

impl Store {
    /// What erasing the person of this Patient would take away; none when there is no such person. An entry of the log.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything.
    pub async fn erasure_of(&self, call: &Call, patient: &str) -> Result<Option<Erasure>> {
        let Some(person) = self.person_to_erase(call, patient).await? else { return Ok(None) };
        let tenant = call.tenant;
        let counts = self.engine().read(Db::Main, move |conn| rows::count(conn, tenant, person)).await?;
        let erasure = counted(counts);
        let (inner, call) = (self.0.clone(), call.clone());
        let envelope = call.envelope(erasure.counts());
        let sealed = self
            .engine()
            .read(Db::Main, move |conn| audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope, Vec::new()))
            .await?;
        self.engine().write(Db::Audit, move |conn| audit::insert_read(conn, &sealed)).await?;
        Ok(Some(erasure))
    }

    /// Erases the person of this Patient, for ever, as another one has asked ([`Store::ask_erasure`]): a record that has
    /// changed since is left alone. Remembered in the journal that [`Store::replay_erasures`] was given.
    ///
    /// # Errors
    /// [`Error::Absent`] when there is no such person, or nobody has asked, or too long ago; [`Error::Refused`] to who asked;
    /// [`Error::Conflict`] when the record has another number of items; the engine's: then it goes on at the next opening,
    /// or when asked again.
    pub async fn erase(&self, call: &Call, patient: &str) -> Result<Erasure> {
        let journal = self.0.journal().ok_or_else(|| Error::bug("the journal of erasures has not been replayed"))?;
        // An earlier one may have been interrupted past the rows by which its person is found.
        self.replay_erasures(journal, call.now).await?;
        let person = self.person_to_erase(call, patient).await?.ok_or(Error::Absent)?;
        let tenant = call.tenant;
        let (inner, now) = (self.0.clone(), call.now);
        let look = move |conn: &Conn<'_>| {
            let asked = request::waiting(&inner, conn, (tenant, person), now)?;
            Ok((asked.ok_or(Error::Absent)?, rows::count(conn, tenant, person)?))
        };
        let (asked, counts) = self.engine().read(Db::Main, look).await?;
        if asked.actor == call.actor() {
            return Err(Error::Refused(Refusal::SamePerson));
        }
        let mut erasure = counted(counts);
        if erasure.items != asked.items {
            return Err(Error::Conflict(crate::Conflict::Version));
        }
        let seed = self.keyring().tenant(tenant, Use::Checkpoint)?;
        let line = Line::sign(self.id(), (tenant, person.value()), call.now, &seed)?;
        journal::append(journal, std::slice::from_ref(&line))?;
        let mut envelope = call.envelope(erasure.counts());
        envelope.why.push(format!("asked@{}", asked.actor.value()));
        let told = Told { envelope, line };
        erasure.entries = self.carry_out(told).await?;
        Ok(erasure)
    }

    /// Brings the store and the journal together: what either remembers as erased is erased. To be called before a
    /// store, perhaps restored from a copy, serves anybody. How many persons had come back.
    ///
    /// # Errors
    /// [`Error::Integrity`] when the journal holds a line that this store has not signed; the engine's.
    pub async fn replay_erasures(&self, journal: &Path, now: i64) -> Result<u64> {
        let noted = journal::read(journal)?;
        self.0.set_journal(journal);
        for (at, line) in noted.iter().enumerate() {
            let seed = self.keyring().tenant(line.tenant, Use::Checkpoint);
            if !seed.and_then(|seed| line.is_of(self.id(), &seed)).unwrap_or(false) {
                let text = format!("journal of erasures: line {} is not signed by this store", at + 1);
                return Err(Error::Integrity(text));
            }
        }
        let kept = self.kept_erasures().await?;
        let known: BTreeSet<_> = noted.iter().map(|line| (line.tenant, line.person)).collect();
        let unknown: Vec<Line> = kept.into_iter().filter(|line| !known.contains(&(line.tenant, line.person))).collect();
        journal::append(journal, &unknown)?;
        let mut again = 0;
        for line in noted.into_iter().chain(unknown) {
            if self.is_back(line.tenant, Person::new(line.person)).await? {
                let envelope = audit::Envelope::of_store("erase", BTreeMap::new(), now);
                self.carry_out(Told { envelope, line }).await?;
                again += 1;
            }
        }
        self.scrub_if_owed().await?;
        Ok(again)
    }

    /// The place that keeps the Patient of whom an erasure would take away; none when there is no such person.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything.
    pub async fn place_to_erase(&self, call: &Call, patient: &str) -> Result<Option<Place>> {
        Ok(self.patient_to_erase(call, patient).await?.map(|(_, place)| place))
    }

    pub(super) async fn person_to_erase(&self, call: &Call, patient: &str) -> Result<Option<Person>> {
        Ok(self.patient_to_erase(call, patient).await?.map(|(person, _)| person))
    }

    async fn patient_to_erase(&self, call: &Call, patient: &str) -> Result<Option<(Person, Place)>> {
        if !call.clearance.sees_all() {
            return Err(Error::bug("a person is erased by who sees everything"));
        }
        let patient = patient.to_owned();
        let find = move |reader: &Reader<'_>| {
            let found = reader.find(ResourceType::PATIENT, &patient)?;
            Ok((found.map(|found| (found.person, found.place)), crate::call::Shown::default()))
        };
        Ok(self.look(call, find).await?.value.filter(|(person, _)| !person.is_zero()))
    }

    /// Whether anybody has ever been erased: what has never been here can no longer be told from what was theirs.
    ///
    /// # Errors
    /// The engine's.
    pub async fn has_erased(&self, tenant: i64) -> Result<bool> {
        Ok(self.kept_erasures().await?.iter().any(|line| line.tenant == tenant))
    }

    /// The erasures that the key store remembers.
    async fn kept_erasures(&self) -> Result<Vec<Line>> {
        let id = self.id().to_owned();
        self.engine()
            .read(Db::Keys, move |conn| {
                let rows = conn.query("SELECT tenant, person, at, proof FROM erased ORDER BY at", &[])?;
                let line = |row: &crate::engine::Row| {
                    Ok(Line::kept(&id, (row.int(0)?, row.int(1)?), row.int(2)?, row.blob(3)?))
                };
                rows.iter().map(line).collect()
            })
            .await
    }

    /// Whether anything of an erased person is there: the erasure was interrupted, or a copy was restored.
    async fn is_back(&self, tenant: i64, person: Person) -> Result<bool> {
        let at = cells![tenant, person.value()];
        let keyed = self
            .engine()
            .read(Db::Keys, move |conn| {
                let row = conn.query_one(
                    "SELECT EXISTS(SELECT 1 FROM person_key WHERE tenant = ?1 AND person = ?2)
                       OR EXISTS(SELECT 1 FROM pair_key WHERE tenant = ?1 AND person = ?2)
                       OR NOT EXISTS(SELECT 1 FROM erased WHERE tenant = ?1 AND person = ?2)",
                    &at,
                )?;
                Ok(row.int(0)? != 0)
            })
            .await?;
        Ok(keyed
            || self.engine().read(Db::Main, move |conn| rows::are_left(conn, tenant, person)).await?
            || self.engine().read(Db::Audit, move |conn| rows::are_told(conn, tenant, person)).await?)
    }

    /// Keys, then rows with the entry that says so, then the log, then what pages and journals still hold.
    async fn carry_out(&self, told: Told) -> Result<i64> {
        let (tenant, person) = (told.line.tenant, Person::new(told.line.person));
        let (inner, at, proof) = (self.0.clone(), told.line.at, told.line.proof());
        self.engine()
            .write(Db::Keys, move |conn| rows::destroy(conn, &inner.keyring, (tenant, person), at, proof.clone()))
            .await?;
        let key = self.keyring().tenant(tenant, Use::Audit)?;
        let (inner, audit_key, mut envelope) = (self.0.clone(), key.clone(), told.envelope);
        envelope.why.push(format!("erasure@{}", person.value()));
        let mut entries = self
            .engine()
            .write(Db::Main, move |conn| {
                rows::delete(conn, tenant, person)?;
                let purged = rows::purge(conn, &audit_key, tenant, person, &rows::WRITTEN)?;
                let entry = audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope.clone(), Vec::new())?;
                audit::insert_beside_write(conn, &entry)?;
                Ok(purged)
            })
            .await?;
        let inside = move |conn: &Conn<'_>| rows::purge(conn, &key, tenant, person, &rows::READ);
        entries += self.engine().write(Db::Audit, inside).await?;
        // Whatever was on its way when the keys went is gone now too.
        self.keyring().forget(tenant, person);
        self.engine().write(Db::Main, move |conn| rows::delete(conn, tenant, person).map(drop)).await?;
        self.scrub().await?;
        Ok(entries)
    }
}

/// An erasure to carry out.
struct Told {
    envelope: audit::Envelope,
    line: Line,
}

fn counted([items, versions, mentions, drafts]: [i64; 4]) -> Erasure {
    Erasure { items, versions, mentions, drafts, entries: 0 }
}

impl Erasure {
    fn counts(&self) -> BTreeMap<String, i64> {
        BTreeMap::from([("items".to_owned(), self.items), ("versions".to_owned(), self.versions)])
    }
}
