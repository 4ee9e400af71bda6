//! What every store call carries, and the rule "no audit, no access" as a type.

use crate::audit::Envelope;
use confidentiality::{Actor, Clearance, Person, Place};
use std::collections::{BTreeMap, BTreeSet};

/// One request: who, with which clearance, when, and what the audit will say of it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The legal entity.
    pub tenant: i64,
    /// Decides every read in the query itself.
    pub clearance: Clearance,
    /// UTC microseconds.
    pub now: i64,
    /// The request, as the audit knows it.
    pub origin: Origin,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// What is done, a fixed word: `read`, `search`, `timeline`, `create`…
    pub verb: String,
    /// Where the actor works in this session.
    pub place: Place,
    /// The workstation, if it is known.
    pub device: Option<String>,
    /// The reason stated by the actor; kept in the sealed envelope only.
    pub reason: Option<String>,
    /// The declared purpose.
    pub purpose: String,
    /// The request's own id, also shown with an error.
    pub request: String,
}

impl Call {
    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.clearance.actor()
    }

    pub(crate) fn envelope(&self, counts: BTreeMap<String, i64>) -> Envelope {
        Envelope {
            verb: self.origin.verb.clone(),
            actor: self.actor().value(),
            place: self.origin.place.value(),
            device: self.origin.device.clone(),
            reason: self.origin.reason.clone(),
            purpose: self.origin.purpose.clone(),
            request: self.origin.request.clone(),
            why: self.clearance.why(),
            counts,
            at: self.now,
        }
    }
}

/// A value read from the store that may not leave before its audit entry is durable.
///
/// The only way out is [`crate::Store::disclose`].
#[must_use = "nothing is disclosed, and nothing may be shown, until Store::disclose has returned it"]
#[derive(Debug)]
pub struct Undisclosed<T> {
    pub(crate) value: T,
    pub(crate) shown: Shown,
}

/// Stands, in the audit, for what has no row of its own: a draft. Row numbers begin at 1.
pub(crate) const NO_ROW: (i64, i64) = (0, 0);

/// Which versions of which persons' items a value shows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) persons: BTreeMap<Person, BTreeSet<(i64, i64)>>,
    pub(crate) level4: u32,
}

impl Shown {
    pub(crate) fn add(&mut self, person: Person, rid: i64, version: i64) {
        self.persons.entry(person).or_default().insert((rid, version));
    }

    fn merge(&mut self, other: Self) {
        for (person, items) in other.persons {
            self.persons.entry(person).or_default().extend(items);
        }
        self.level4 += other.level4;
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, i64> {
        let items: usize = self.persons.values().map(BTreeSet::len).sum();
        let persons = self.persons.keys().filter(|p| p.value() != 0).count();
        BTreeMap::from([
            ("items".to_owned(), i64::try_from(items).unwrap_or(i64::MAX)),
            ("persons".to_owned(), i64::try_from(persons).unwrap_or(i64::MAX)),
            ("level4".to_owned(), i64::from(self.level4)),
        ])
    }
}

impl<T> Undisclosed<T> {
    pub(crate) fn new(value: T, shown: Shown) -> Self {
        Self { value, shown }
    }

    /// Works on the value without letting it out.
    pub fn map<U>(self, work: impl FnOnce(T) -> U) -> Undisclosed<U> {
        Undisclosed { value: work(self.value), shown: self.shown }
    }

    /// Two reads of one request become one entry.
    pub fn zip<U>(mut self, other: Undisclosed<U>) -> Undisclosed<(T, U)> {
        self.shown.merge(other.shown);
        Undisclosed { value: (self.value, other.value), shown: self.shown }
    }
}

impl<T> Undisclosed<Option<T>> {
    /// Whether something was found; says nothing of what.
    pub fn is_found(&self) -> bool {
        self.value.is_some()
    }
}
