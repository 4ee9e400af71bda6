//! What every request shares: the store, the labeler, the matrix, the clock.

use crate::accounts::Programs;
use crate::assets::Memory;
use crate::attempts::Attempts;
use crate::error::{Error, Result};
use crate::measures::{Counted, Judged, Kept, Known, Verified};
use crate::protection::Obeyed;
use crate::turns::Turns;
use confidentiality::labeler::{Labeler, RULES_VERSION};
use confidentiality::{Actor, Matrix, Place, PlaceProfile};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
pub use store::Clock;
use store::{PlaceRow, Store};

/// The application, for one legal entity. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    tenant: i64,
    places: RwLock<Arc<[PlaceRow]>>,
    labeler: Labeler,
    matrix: Matrix,
    clock: Clock,
    attempts: Attempts,
    programs: Programs,
    people: Mutex<Option<(i64, People)>>,
    estate: Memory,
    verified: Verified,
    counted: Counted,
    judged: Judged,
    facts: Known,
    kept: Kept,
    obeyed: Obeyed,
    turns: Turns,
}

/// Name and function of each person's account.
pub type Names = Arc<BTreeMap<Actor, String>>;

/// The people with an account.
#[derive(Clone)]
pub(crate) struct People {
    names: Names,
    /// Of the accounts that have an end.
    ends: Arc<BTreeMap<Actor, i64>>,
}

impl People {
    /// What screens call somebody whose account is open then.
    pub(crate) fn present(&self, actor: Actor, at: i64) -> Option<&String> {
        let open = self.ends.get(&actor).is_none_or(|ends| at < *ends);
        self.names.get(&actor).filter(|_| open)
    }
}

/// How long names are kept in memory (microseconds).
const NAMES: i64 = 60_000_000;

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "App(tenant {})", self.0.tenant)
    }
}

impl App {
    /// Opens the application on a tenant of the store, with the shipped matrix and rules.
    ///
    /// # Errors
    /// The store's, unavailable where later rules have judged what is there; a defect when shipped data does not load.
    pub async fn open(store: Store, tenant: i64, clock: Clock) -> Result<Self> {
        let labeler = Labeler::shipped().map_err(|e| Error::Bug(e.to_string()))?;
        let matrix = Matrix::default_shipped().map_err(|e| Error::Bug(e.to_string()))?;
        Self::refuse_later(&store).await?;
        store.dated_by(clock.clone());
        let places = RwLock::new(store.places(tenant).await?.into());
        let (attempts, people) = (Attempts::default(), Mutex::default());
        let estate = Memory::default();
        let (verified, facts, kept) = (Verified::default(), Known::default(), Kept::default());
        Ok(Self(Arc::new(Inner {
            store,
            tenant,
            places,
            labeler,
            matrix,
            clock,
            attempts,
            programs: Programs::default(),
            people,
            estate,
            verified,
            counted: Counted::default(),
            judged: Judged::default(),
            facts,
            kept,
            obeyed: Obeyed::default(),
            turns: Turns::default(),
        })))
    }

    /// Refuses data that later rules than this program's have judged: to be asked before anything is changed in them.
    ///
    /// # Errors
    /// `Unavailable` with [`store::NEWER`]; the store's.
    pub async fn refuse_later(store: &Store) -> Result<()> {
        for tenant in store.tenants().await? {
            store.refuse_later(tenant, i64::from(RULES_VERSION)).await?;
        }
        Ok(())
    }

    /// Says at which address resources are served, without a slash at its end; the first to say so is heard.
    pub fn serve_at(&self, base: &str) {
        self.store().serve_at(base);
    }

    /// Where resources are served; nothing as long as they are not.
    pub(crate) fn base(&self) -> Option<&str> {
        self.store().base()
    }

    /// Writers who wait for each other.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The legal entity.
    pub fn tenant(&self) -> i64 {
        self.0.tenant
    }

    /// Its places; the first is the default one.
    pub fn places(&self) -> Arc<[PlaceRow]> {
        self.0.places.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads anew what is kept in memory and another server may have changed: places, search parameters, and names when
    /// something was heard; else they are a minute old at most.
    ///
    /// # Errors
    /// The store's; then what was known stays.
    pub(crate) async fn follow(&self, heard: bool) -> Result<()> {
        let places = self.store().places(self.tenant()).await?;
        *self.0.places.write().unwrap_or_else(PoisonError::into_inner) = places.into();
        if heard {
            self.forget_people();
        }
        Ok(self.store().read_anew(self.tenant()).await?)
    }

    /// The place with this FINESS number.
    pub fn place(&self, finess: &str) -> Option<PlaceRow> {
        self.places().iter().find(|row| row.finess == finess).cloned()
    }

    /// Where something is written when nothing says where.
    pub fn default_place(&self) -> Place {
        self.places().first().map(|row| row.place).unwrap_or_default()
    }

    /// What kind of establishment a place is.
    pub fn profile(&self, place: Place) -> Option<PlaceProfile> {
        self.places().iter().find(|row| row.place == place).map(|row| row.profile)
    }

    /// The measures matrix.
    pub fn matrix(&self) -> &Matrix {
        &self.0.matrix
    }

    /// Now, UTC microseconds.
    pub fn now(&self) -> i64 {
        (self.0.clock)()
    }

    /// Who is who among the people with an account; up to a minute old.
    ///
    /// # Errors
    /// The store's.
    pub async fn names(&self) -> Result<Names> {
        Ok(self.people().await?.names)
    }

    /// The people with an account; up to a minute old.
    pub(crate) async fn people(&self) -> Result<People> {
        let now = self.now();
        let kept = self.0.people.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, people)) = kept.filter(|(at, _)| (0..NAMES).contains(&(now - at))) {
            return Ok(people);
        }
        let accounts = self.store().people_accounts(self.tenant()).await?;
        let ends = accounts.iter().filter_map(|one| Some((Actor::new(one.actor), one.ends?))).collect();
        let names = accounts.into_iter().map(|one| (Actor::new(one.actor), one.display)).collect();
        let people = People { names: Arc::new(names), ends: Arc::new(ends) };
        *self.0.people.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, people.clone()));
        Ok(people)
    }

    /// Accounts have been changed: who is who is asked anew.
    pub(crate) fn forget_people(&self) {
        *self.0.people.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn labeler(&self) -> &Labeler {
        &self.0.labeler
    }

    pub(crate) fn estate(&self) -> &Memory {
        &self.0.estate
    }

    pub(crate) fn facts(&self) -> &Known {
        &self.0.facts
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.0.kept
    }

    pub(crate) fn verified(&self) -> &Verified {
        &self.0.verified
    }

    pub(crate) fn judged(&self) -> &Judged {
        &self.0.judged
    }

    pub(crate) fn counted(&self) -> &Counted {
        &self.0.counted
    }

    pub(crate) fn obeyed(&self) -> &Obeyed {
        &self.0.obeyed
    }

    pub(crate) fn programs(&self) -> &Programs {
        &self.0.programs
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }
}
