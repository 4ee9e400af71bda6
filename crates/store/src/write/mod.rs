//! Writing: plan under a snapshot, make keys, encrypt, then one transaction with its audit entry.
//!
//! A plan that a concurrent writer has overtaken is made again. Nothing here decides who may write: every step holds
//! a permit of the kernel.

mod apply;
mod check;
mod close;
mod finding;
mod how;
mod keys;
mod known;
mod moment;
mod owner;
mod plan;
mod stamp;
mod together;

use crate::audit;
use crate::call::Call;
use crate::engine::{Ahead, Conn, Db, NOBODY};
use crate::error::{Conflict, Error, Result};
use crate::housing::Housing;
use crate::import::ImportKey;
use crate::read::Reader;
use crate::store::Store;
pub(crate) use apply::Part;
use close::{Closed, Closing};
use confidentiality::labeler::SafetyFact;
use confidentiality::{Family, Label, MaskFlags, Person, Place};
use fhir::search::Query;
use fhir::{Resource, ResourceType};
pub use finding::Duplicate;
pub(crate) use finding::{DUPLICATES, Finding};
pub use how::How;
pub(crate) use keys::{ALSO, bring as bring_keys, held as held_keys};
pub(crate) use plan::Planned;
use plan::Step;
pub(crate) use plan::lead;
pub use stamp::Clock;
use stamp::Stamp;
pub(crate) use stamp::Stamps;
use std::collections::BTreeMap;
use std::sync::Arc;
use together::Job;
pub(crate) use together::Lanes;

/// How often a plan is made again before the writer is told to come back.
const ATTEMPTS: usize = 16;

/// Bytes of a small item.
const SMALL: usize = 8 << 10;

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
        self.write_into(Ahead::default(), call, changes, Housing::Unsaid).await.map_err(Error::of_whole)
    }

    /// As [`Store::write`], and every person it creates belongs to the unit of everybody at the place of the writing, from the
    /// same transaction on. History says of each change how it was made.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn admit<C: Into<(Change, How)>>(&self, call: &Call, changes: Vec<C>) -> Result<Vec<Written>> {
        self.admit_ahead(Ahead::default(), call, changes).await.map_err(Error::of_whole)
    }

    /// The same for who has asked for what it replaces together with the account ([`Store::account_ahead`]).
    ///
    /// # Errors
    /// As [`Store::write`]; of several changes, [`Error::OfChange`] says which one of them fails.
    pub async fn admit_ahead<C: Into<(Change, How)>>(
        &self,
        ahead: Ahead,
        call: &Call,
        changes: Vec<C>,
    ) -> Result<Vec<Written>> {
        self.write_into(ahead, call, changes, Housing::Arrives).await
    }

    /// As [`Store::write`], of changes that are about one person, and who accompanies them follows in the same transaction.
    ///
    /// # Errors
    /// As [`Store::write`]; [`Error::Refused`] for whoever does not admit persons at the place, [`Error::Absent`] for a unit that is
    /// not of that place.
    pub async fn lodge(&self, call: &Call, changes: Vec<Change>, housing: Housing) -> Result<Vec<Written>> {
        if let Some(place) = housing.place() {
            call.clearance.may_admit(place).map_err(Error::Refused)?;
        }
        self.write_into(Ahead::default(), call, changes, housing).await.map_err(Error::of_whole)
    }

    async fn write_into<C: Into<(Change, How)>>(
        &self,
        mut ahead: Ahead,
        call: &Call,
        changes: Vec<C>,
        housing: Housing,
    ) -> Result<Vec<Written>> {
        self.engine().has_room()?;
        let changes = Arc::new(changes.into_iter().map(Into::into).collect::<Vec<(Change, How)>>());
        let attempts = ATTEMPTS + usize::from(!ahead.is_empty());
        for _ in 0..attempts {
            if let Some(written) = self.attempt(std::mem::take(&mut ahead), call, changes.clone(), housing).await? {
                return Ok(written);
            }
        }
        Err(Error::Unavailable("too many writers on the same resources".into()))
    }

    async fn attempt(
        &self,
        ahead: Ahead,
        call: &Call,
        changes: Arc<Vec<(Change, How)>>,
        housing: Housing,
    ) -> Result<Option<Vec<Written>>> {
        let (steps, entry) = match self.plan_ahead(ahead, call, changes.clone()).await? {
            Prepared::Closed(steps, entry) => (steps, entry),
            Prepared::Planned(steps) => self.close(call, steps).await?,
        };
        let (tenant, hasher) = (call.tenant, self.hasher(call.tenant)?);
        let stamp = Stamp::new(self.0.stamps.clone());
        let job = Job { call: call.clone(), hasher, changes, steps, entry, housing, stamp };
        let outcome = together::enter(&self.0, job).await;
        match outcome {
            Ok(written) => {
                if written.iter().any(|one| one.kind == ResourceType::SEARCH_PARAMETER) {
                    self.load_own(tenant).await?;
                }
                Ok(Some(written))
            }
            Err(Error::Conflict(Conflict::Overtaken)) => {
                self.follow_own(tenant).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Plans from what was asked ahead, as long as that is a new version of what was there: its transaction finds whether it still
    /// is. Whatever else would come of it may have changed since, and is asked anew.
    async fn plan_ahead(&self, ahead: Ahead, call: &Call, changes: Arc<Vec<(Change, How)>>) -> Result<Prepared> {
        if !ahead.is_empty() && is_small(&changes) {
            match self.plan_changes(ahead, call, changes.clone()).await {
                Ok(prepared) if prepared.replaces() => return Ok(prepared),
                Err(Error::Unavailable(why)) => return Err(Error::Unavailable(why)),
                Ok(_) | Err(_) => {}
            }
        }
        self.plan_changes(Ahead::default(), call, changes).await
    }

    /// Plans; and closes at once, on the same thread, where no key has to be made nor numbers to be reserved first.
    async fn plan_changes(&self, ahead: Ahead, call: &Call, changes: Arc<Vec<(Change, How)>>) -> Result<Prepared> {
        let (inner, call) = (self.0.clone(), call.clone());
        let (hasher, small, guessed) = (self.hasher(call.tenant)?, is_small(&changes), !ahead.is_empty());
        let prepare = move |conn: &Conn<'_>| {
            let steps = plan::plan(&Reader { inner: &inner, conn, call: &call, hasher: hasher.clone() }, &changes)?;
            // What is only guessed to be new is planned anew.
            let new = |planned: &Planned| guessed && planned.rid.is_none();
            if steps.iter().filter_map(Step::planned).any(|planned| new(planned) || planned.pair().is_some()) {
                return Ok(Prepared::Planned(steps));
            }
            let Some(keys) = inner.keyring.cached_persons(call.tenant, &persons(&steps)) else {
                return Ok(Prepared::Planned(steps));
            };
            let Some(rids) = inner.reserved_rids(fresh(&steps)?) else { return Ok(Prepared::Planned(steps)) };
            let (steps, entry) =
                close::close(&Closing { inner: &inner, call: &call, keys, halves: BTreeMap::new() }, steps, rids)?;
            Ok(Prepared::Closed(steps, entry))
        };
        match small {
            true => self.engine().glance_for(NOBODY, Db::Main, ahead, prepare).await,
            false => self.engine().read(Db::Main, prepare).await,
        }
    }

    /// Makes the keys that are missing, reserves row numbers, and encrypts on a blocking thread: all that the transaction
    /// need not wait for, its audit entry too.
    async fn close(&self, call: &Call, steps: Vec<Step>) -> Result<(Vec<Closed>, audit::Sealed)> {
        let tenant = call.tenant;
        let keys = self.0.keyring.ensure_persons(self.engine(), tenant, persons(&steps), call.now).await?;
        let mut halves = BTreeMap::new();
        for pair in steps.iter().filter_map(Step::planned).filter_map(Planned::pair) {
            if let std::collections::btree_map::Entry::Vacant(entry) = halves.entry(pair) {
                entry.insert(self.0.keyring.public_half(self.engine(), tenant, pair.0, pair.1).await?);
            }
        }
        let rids = self.take_rids(fresh(&steps)?).await?;
        let (inner, call) = (self.0.clone(), call.clone());
        let run = move || close::close(&Closing { inner: &inner, call: &call, keys, halves }, steps, rids);
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("encryption panicked"))?
    }
}

/// What a write is before its transaction.
enum Prepared {
    /// Something must be made before it can be closed.
    Planned(Vec<Step>),
    /// Ready.
    Closed(Vec<Closed>, audit::Sealed),
}

impl Prepared {
    /// Whether all it writes is new versions of what was there.
    fn replaces(&self) -> bool {
        match self {
            Self::Planned(steps) => {
                steps.iter().all(|step| step.planned().is_some_and(|planned| planned.rid.is_some()))
            }
            Self::Closed(steps, _) => steps.iter().all(Closed::replaces),
        }
    }
}

/// One item of few bytes, found by its id: planned and closed in less time than it takes to go to another thread and back.
fn is_small(changes: &[(Change, How)]) -> bool {
    match changes {
        [(Change::Create { resource, if_none_exist: None, .. } | Change::Update { resource, .. }, _)] => {
            fhir::json::is_within(resource.object(), SMALL)
        }
        [(Change::Delete { .. }, _)] => true,
        _ => false,
    }
}

/// Everyone whom a write is about, or who is shown by it.
fn persons(steps: &[Step]) -> Vec<Person> {
    let found = steps.iter().filter_map(Step::found).map(|version| version.person).filter(|person| !person.is_zero());
    let mut persons: Vec<Person> =
        steps.iter().filter_map(Step::planned).flat_map(Planned::persons).chain(found).collect();
    persons.sort_unstable();
    persons.dedup();
    persons
}

/// How many rows are new.
fn fresh(steps: &[Step]) -> Result<i64> {
    let fresh = steps.iter().filter_map(Step::planned).filter(|planned| planned.rid.is_none()).count();
    i64::try_from(fresh).map_err(|_| Error::bug("too many changes"))
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
