//! What is there and does not open: never passed over, never taken for absent.
//!
//! One item that is damaged must not keep others from being read. A request that has room to say so ([`Damage`] in its
//! [`Origin`](crate::Origin)) is shown the others; for any other the read fails, as it does for what was asked by its name.

use crate::engine::Row;
use crate::error::{Error, Result};
use crate::keys::Lost;
use crate::read::Reader;
use crate::store::Store;
use crate::stored::{Stored, Version};
use fhir::ResourceType;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Damaged items that are remembered: beyond, they are neither counted nor told on standard error again.
const KEPT: usize = 10_000;

/// What does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damaged {
    /// A resource of this type; none when not even its type can be read.
    Resource(Option<ResourceType>),
    /// What must be known for somebody's safety.
    Safety,
}

/// Which row: of a resource, its number and version; of a safety fact, that of its item and its part.
pub(crate) type At = (Damaged, i64, i64);

/// What one request may read and could not. Whoever holds it says so: [`Damage::is_untold`] until it has been asked for.
#[derive(Debug, Clone, Default)]
pub struct Damage(Arc<Noted>);

#[derive(Debug, Default)]
struct Noted {
    rows: Mutex<BTreeSet<At>>,
    told: AtomicBool,
}

impl Damage {
    pub(crate) fn note(&self, at: At) {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner).insert(at);
        self.0.told.store(false, Ordering::SeqCst);
    }

    /// How many could not be read, by what they are: to be said.
    pub fn tell(&self) -> BTreeMap<Damaged, usize> {
        self.0.told.store(true, Ordering::SeqCst);
        self.counts()
    }

    /// The same, for who asks beside: it is still to be said.
    pub fn counts(&self) -> BTreeMap<Damaged, usize> {
        let mut counts = BTreeMap::new();
        for (what, ..) in self.0.rows.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            *counts.entry(*what).or_default() += 1;
        }
        counts
    }

    /// Something could not be read, and nobody has been told.
    pub fn is_untold(&self) -> bool {
        !self.0.told.load(Ordering::SeqCst) && !self.counts().is_empty()
    }
}

/// What this process has found damaged since it began.
#[derive(Default)]
pub(crate) struct Met(Mutex<BTreeSet<(i64, At)>>);

impl Met {
    /// Told once on standard error, however often it is met.
    fn note(&self, tenant: i64, at: At, error: &Error) {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if met.len() < KEPT && met.insert((tenant, at)) {
            let (what, row, part) = at;
            tracing::error!(tenant, ?what, row, part, %error, "damaged: it cannot be read (socle store check tells all)");
        }
    }
}

impl Met {
    /// Patients whose person has no key: nothing of them opens.
    pub(crate) fn keyless(&self, tenant: i64, lost: &[Lost]) {
        for one in lost {
            let error = Error::Integrity(format!("the key of person {} is not there", one.person));
            self.note(tenant, (Damaged::Resource(Some(ResourceType::PATIENT)), one.at.0, one.at.1), &error);
        }
    }
}

impl Store {
    /// How many items have been met since the start that do not open.
    pub fn damaged(&self) -> usize {
        self.0.met.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Reader<'_> {
    /// Counts what is damaged. For a request that will say so it is left out; for any other it is an error.
    pub(crate) fn unless_damaged<T>(&self, at: At, opened: Result<T>) -> Result<Option<T>> {
        match self.counted(at, opened) {
            Ok(opened) => Ok(Some(opened)),
            Err(error) if error.is_damage() => {
                let damage = self.call.origin.damage.as_ref().ok_or(error)?;
                damage.note(at);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Counts what is damaged, where nothing may be left out.
    fn counted<T>(&self, at: At, opened: Result<T>) -> Result<T> {
        opened.inspect_err(|error| {
            if error.is_damage() {
                self.inner.met.note(self.call.tenant, at, error);
            }
        })
    }

    /// Rows as versions, still closed.
    pub(crate) fn parsed<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) -> Result<Vec<Stored>> {
        let parse = |row| self.unless_damaged(whose(row), Stored::parse(row)).transpose();
        rows.into_iter().filter_map(parse).collect()
    }

    /// Opens rows, and masks in them what this reader may not follow.
    pub(crate) fn open(&self, rows: &[Row]) -> Result<Vec<Version>> {
        self.show(&self.parsed(rows)?)
    }

    /// As [`Reader::open`], for rows already parsed.
    pub(crate) fn show(&self, stored: &[Stored]) -> Result<Vec<Version>> {
        let show = |row: &Stored| self.unless_damaged(row.at(), row.show(self.inner, self.conn, self.call)).transpose();
        let mut versions = stored.iter().filter_map(show).collect::<Result<Vec<_>>>()?;
        self.mask(&mut versions)?;
        Ok(versions)
    }

    /// As [`Reader::open`], where nothing may be left out: what was asked for by its name, or is going to be changed.
    pub(crate) fn open_all(&self, rows: &[Row]) -> Result<Vec<Version>> {
        let show = |row: &Row| Stored::parse(row)?.show(self.inner, self.conn, self.call);
        let opened = rows.iter().map(|row| self.counted(whose(row), show(row)));
        let mut versions = opened.collect::<Result<Vec<_>>>()?;
        self.mask(&mut versions)?;
        Ok(versions)
    }
}

impl Stored {
    /// As damage names it.
    pub(crate) fn at(&self) -> At {
        (Damaged::Resource(Some(self.kind)), self.rid, self.version)
    }
}

/// The same of a row that may not even be read.
fn whose(row: &Row) -> At {
    let kind = row.int(2).ok().and_then(ResourceType::from_code);
    (Damaged::Resource(kind), row.int(0).unwrap_or_default(), row.int(1).unwrap_or_default())
}
