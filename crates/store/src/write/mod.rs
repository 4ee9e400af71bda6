//! Writing: plan under a snapshot, make keys, encrypt, then one transaction with its audit entry.
//!
//! A plan that a concurrent writer has overtaken is made again. Nothing here decides who may write: every step holds
//! a permit of the kernel.

mod apply;
mod close;
mod finding;
mod how;
mod keys;
mod owner;
mod plan;

use crate::audit;
use crate::call::Call;
use crate::engine::Db;
use crate::error::{Conflict, Error, Result};
use crate::import::ImportKey;
use crate::read::Reader;
use crate::store::Store;
use close::Closed;
use confidentiality::labeler::SafetyFact;
use confidentiality::{Family, Label, Level, MaskFlags, Person, Place};
use fhir::search::Query;
use fhir::{Resource, ResourceType};
pub use finding::Duplicate;
pub(crate) use finding::{DUPLICATES, Finding};
pub use how::How;
pub(crate) use keys::{bring as bring_keys, held as held_keys};
pub(crate) use plan::Planned;
use plan::Step;
pub(crate) use plan::lead;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often a plan is made again before the writer is told to come back.
const ATTEMPTS: usize = 8;

/// What the labeler and the place say of a resource to write.
#[derive(Debug, Clone)]
pub struct Graded {
    /// Level and categories; an update never lowers them.
    pub label: Label,
    /// Kind of document.
    pub family: Family,
    /// Where it is produced; 0 = the whole entity.
    pub place: Place,
    /// Masked from some readers by what was received.
    pub mask: MaskFlags,
    /// Version of the rules that graded it.
    pub rules: i64,
    /// What must reach carers when few may read the whole; kept from level 3 up.
    pub safety: Vec<SafetyFact>,
}

/// One change of a write. All changes of a write happen, or none.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new resource; its id is set.
    Create {
        /// What to store.
        resource: Resource,
        /// How it is graded.
        graded: Graded,
        /// Not when something this actor can see matches.
        if_none_exist: Option<Query>,
        /// Remembered for the next import.
        import: Option<ImportKey>,
    },
    /// A new version.
    Update {
        /// What to store.
        resource: Resource,
        /// How it is graded.
        graded: Graded,
        /// The version it must replace.
        if_match: Option<i64>,
        /// Creates it when absent: only for those who may choose ids.
        upsert: bool,
        /// Remembered for the next import.
        import: Option<ImportKey>,
    },
    /// A new version that says its content was put in the wrong record. Every version before it is left to reviewers.
    Misfile {
        /// What remains: same id, same person, without what was written by mistake.
        resource: Resource,
        /// How it is graded.
        graded: Graded,
        /// The version it must replace.
        if_match: Option<i64>,
    },
    /// A tombstone.
    Delete {
        /// Type.
        kind: ResourceType,
        /// Id.
        id: String,
        /// The version it must replace.
        if_match: Option<i64>,
    },
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// New.
    Created,
    /// A new version.
    Updated,
    /// A tombstone.
    Deleted,
    /// Nothing: a conditional create found this one, or it was already deleted.
    Existing,
    /// Nothing was there to delete, that this actor may know of.
    Nothing,
}

/// The outcome of one change.
#[derive(Debug, Clone)]
pub struct Written {
    /// Type.
    pub kind: ResourceType,
    /// Public id.
    pub id: String,
    /// Current version; 0 = none.
    pub version: i64,
    /// UTC microseconds.
    pub updated: i64,
    /// What happened.
    pub effect: Effect,
    /// Whom it is about; 0 = nobody.
    pub person: Person,
    /// As stored, with the server's part of `meta`; the writer sent it, so showing it discloses nothing.
    pub resource: Option<Resource>,
}

impl Store {
    /// Makes all changes in one transaction, with one audit entry.
    ///
    /// # Errors
    /// [`Error::Refused`] by the kernel; [`Error::Absent`] for what the actor cannot see; [`Error::Gone`];
    /// [`Error::Conflict`] on a failed precondition; then nothing is written.
    pub async fn write(&self, call: &Call, changes: Vec<Change>) -> Result<Vec<Written>> {
        self.write_into(call, changes, None).await
    }

    /// As [`Store::write`], and every person it creates is assigned to `unit` at the place of the writing, in the
    /// same transaction. History says of each change how it was made.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn admit<C: Into<(Change, How)>>(&self, call: &Call, changes: Vec<C>, unit: i64) -> Result<Vec<Written>> {
        self.write_into(call, changes, Some(unit)).await
    }

    async fn write_into<C: Into<(Change, How)>>(
        &self,
        call: &Call,
        changes: Vec<C>,
        unit: Option<i64>,
    ) -> Result<Vec<Written>> {
        self.engine().has_room()?;
        let changes = Arc::new(changes.into_iter().map(Into::into).collect::<Vec<(Change, How)>>());
        for _ in 0..ATTEMPTS {
            if let Some(written) = self.attempt(call, changes.clone(), unit).await? {
                return Ok(written);
            }
        }
        Err(Error::Unavailable("too many writers on the same resources".into()))
    }

    async fn attempt(
        &self,
        call: &Call,
        changes: Arc<Vec<(Change, How)>>,
        unit: Option<i64>,
    ) -> Result<Option<Vec<Written>>> {
        let steps = self.plan_changes(call, changes.clone()).await?;
        let steps = self.close(call, steps).await?;
        let (inner, call, tenant) = (self.0.clone(), call.clone(), call.tenant);
        let hasher = self.hasher(call.tenant)?;
        let outcome = self
            .engine()
            .write(Db::Main, move |conn| {
                let reader = Reader { inner: &inner, conn, call: &call, hasher };
                apply::apply(&reader, &changes, steps, unit)
            })
            .await;
        match outcome {
            Ok(written) => {
                if written.iter().any(|one| one.kind == ResourceType::SEARCH_PARAMETER) {
                    self.load_own(tenant).await?;
                }
                Ok(Some(written))
            }
            Err(Error::Conflict(Conflict::Overtaken)) => {
                self.load_own(tenant).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn plan_changes(&self, call: &Call, changes: Arc<Vec<(Change, How)>>) -> Result<Vec<Step>> {
        let (inner, call) = (self.0.clone(), call.clone());
        let hasher = self.hasher(call.tenant)?;
        self.engine()
            .read(Db::Main, move |conn| plan::plan(&Reader { inner: &inner, conn, call: &call, hasher }, &changes))
            .await
    }

    /// Makes the keys that are missing, reserves row numbers, and encrypts on a blocking thread.
    async fn close(&self, call: &Call, steps: Vec<Step>) -> Result<Vec<Closed>> {
        let tenant = call.tenant;
        let planned: Vec<&Planned> = steps.iter().filter_map(Step::planned).collect();
        let mut persons: Vec<Person> = planned.iter().flat_map(|p| p.persons()).collect();
        persons.sort_unstable();
        persons.dedup();
        self.0.keyring.ensure_persons(self.engine(), tenant, persons, call.now).await?;
        let mut halves = BTreeMap::new();
        for pair in planned.iter().filter_map(|p| p.pair()) {
            if let std::collections::btree_map::Entry::Vacant(entry) = halves.entry(pair) {
                entry.insert(self.0.keyring.public_half(self.engine(), tenant, pair.0, pair.1).await?);
            }
        }
        let fresh = planned.iter().filter(|p| p.rid.is_none()).count();
        let rids = self.take_rids(i64::try_from(fresh).map_err(|_| Error::bug("too many changes"))?).await?;
        let (inner, now) = (self.0.clone(), call.now);
        tokio::task::spawn_blocking(move || close::close(&inner, tenant, now, steps, rids, &halves))
            .await
            .map_err(|_| Error::bug("encryption panicked"))?
    }
}

/// Rows and versions, by person.
type Items = BTreeMap<Person, Vec<(i64, i64)>>;

/// The audit entry of a write: counts in the envelope, row numbers per person.
fn seal_entry(reader: &Reader<'_>, steps: &[Closed]) -> Result<audit::Sealed> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let (mut wrote, mut shown): (Items, Items) = Default::default();
    for step in steps {
        *counts.entry(step.effect().word().to_owned()).or_default() += 1;
        match step {
            Closed::Write(write) => {
                for person in write.planned.persons() {
                    wrote.entry(person).or_default().push((write.rid, write.planned.version));
                }
            }
            // What a conditional create has found is answered with its content: it is a read.
            Closed::Keep(found) => {
                shown.entry(found.person).or_default().push((found.rid.value(), found.version));
                *counts.entry("level4".to_owned()).or_default() += i64::from(found.level == Level::VerySensitive);
            }
            Closed::Nothing(..) => {}
        }
    }
    let persons: BTreeSet<Person> = wrote.keys().chain(shown.keys()).copied().filter(|p| !p.is_zero()).collect();
    let part = |person| {
        let mut content = serde_json::Map::new();
        for (word, items) in [("wrote", wrote.get(&person)), ("shown", shown.get(&person))] {
            if let Some(items) = items {
                content.insert(word.to_owned(), serde_json::json!(items));
            }
        }
        audit::Part { person, content: content.into() }
    };
    let parts = persons.into_iter().map(part).collect();
    let (inner, call) = (reader.inner, reader.call);
    audit::seal(&inner.keyring, &inner.engine, reader.conn, call.tenant, call.envelope(counts), parts)
}

impl Effect {
    /// The word counted in the audit.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Existing => "existing",
            Self::Nothing => "nothing",
        }
    }
}
