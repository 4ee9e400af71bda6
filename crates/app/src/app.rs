//! What every request shares: the store, the labeler, the matrix, the clock.

use crate::accounts::Attempts;
use crate::error::{Error, Result};
use confidentiality::labeler::Labeler;
use confidentiality::{Matrix, Place, PlaceProfile};
use std::fmt;
use std::sync::Arc;
use store::{PlaceRow, Store};

/// Tells the time, in UTC microseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The application, for one legal entity. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    tenant: i64,
    places: Vec<PlaceRow>,
    labeler: Labeler,
    matrix: Matrix,
    clock: Clock,
    attempts: Attempts,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "App(tenant {})", self.0.tenant)
    }
}

impl App {
    /// Opens the application on a tenant of the store, with the shipped matrix and rules.
    ///
    /// # Errors
    /// The store's; a defect when shipped data does not load.
    pub async fn open(store: Store, tenant: i64, clock: Clock) -> Result<Self> {
        let labeler = Labeler::shipped().map_err(|e| Error::Bug(e.to_string()))?;
        let matrix = Matrix::default_shipped().map_err(|e| Error::Bug(e.to_string()))?;
        let places = store.places(tenant).await?;
        let attempts = Attempts::default();
        Ok(Self(Arc::new(Inner { store, tenant, places, labeler, matrix, clock, attempts })))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The legal entity.
    pub fn tenant(&self) -> i64 {
        self.0.tenant
    }

    /// Its places when the application was opened; the first is the default one.
    pub fn places(&self) -> &[PlaceRow] {
        &self.0.places
    }

    /// The place with this FINESS number.
    pub fn place(&self, finess: &str) -> Option<&PlaceRow> {
        self.places().iter().find(|row| row.finess == finess)
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

    pub(crate) fn labeler(&self) -> &Labeler {
        &self.0.labeler
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }
}
