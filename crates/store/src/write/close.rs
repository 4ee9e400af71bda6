//! From planned versions to rows: packed, encrypted, hashed; on a blocking thread, outside any transaction.

use super::Effect;
use super::plan::{Planned, Step};
use crate::audit;
use crate::blobs::{self, Blob, Whose};
use crate::body::{self, Address, Key, Seal};
use crate::call::Call;
use crate::error::{Error, Result};
use crate::index::Keys;
use crate::key_list::{self, KeyList};
use crate::keys::{PersonKey, PersonKeys, PublicHalf, Use};
use crate::safety;
use crate::store::Inner;
use crate::stored::Version;
use confidentiality::{Level, Person};
use fhir::ResourceType;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The public halves of the key pairs of one write, by (person, lead category).
pub(crate) type Halves = BTreeMap<(Person, i64), PublicHalf>;

/// A step ready for its transaction.
pub(crate) enum Closed {
    /// Nothing to write.
    Keep(Box<Version>),
    /// Nothing to delete.
    Nothing(ResourceType, String),
    /// One row.
    Write(Box<Write>),
}

/// A row ready to be written.
pub(crate) struct Write {
    pub(crate) planned: Planned,
    pub(crate) rid: i64,
    pub(crate) seal: Seal,
    pub(crate) body: Vec<u8>,
    /// Large content, kept apart.
    pub(crate) blobs: Vec<Blob>,
    pub(crate) keys: Keys,
    /// What it is known by, hashed.
    pub(crate) identity: i64,
    /// Columns `params` and `keys`.
    pub(crate) lists: (Vec<u8>, Vec<u8>),
    /// Rows of the safety projection.
    pub(crate) safety: Vec<safety::Row>,
    /// Set when the resource rises to level 4: its history is sealed anew.
    pub(crate) reseal: Option<PublicHalf>,
}

impl Closed {
    /// Of the search parameters a version to write is found by.
    pub(crate) fn epoch(&self) -> Option<i64> {
        match self {
            Self::Keep(_) | Self::Nothing(..) => None,
            Self::Write(write) => Some(write.planned.epoch),
        }
    }

    /// Whether it writes over a row that is there.
    pub(super) fn replaces(&self) -> bool {
        matches!(self, Self::Write(write) if write.planned.rid.is_some())
    }

    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::Keep(_) => Effect::Existing,
            Self::Nothing(..) => Effect::Nothing,
            Self::Write(write) => write.planned.effect,
        }
    }
}

/// What a write is closed with.
pub(crate) struct Closing<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) call: &'a Call,
    pub(crate) keys: PersonKeys,
    pub(crate) halves: Halves,
}

impl Closing<'_> {
    /// The key of one of the persons of the write.
    pub(crate) fn key(&self, person: Person) -> Result<&PersonKey> {
        self.keys.get(&person).ok_or_else(|| Error::bug("a person key is not loaded"))
    }
}

/// Closes every step, and seals the audit entry of all of them.
pub(crate) fn close(
    closing: &Closing<'_>,
    steps: Vec<Step>,
    mut rids: Range<i64>,
) -> Result<(Vec<Closed>, audit::Sealed)> {
    let mut closed = Vec::with_capacity(steps.len());
    for step in steps {
        closed.push(match step {
            Step::Keep(version) => Closed::Keep(version),
            Step::Nothing(kind, id) => Closed::Nothing(kind, id),
            Step::Write(planned) => {
                let rid = match planned.rid {
                    Some(rid) => rid,
                    None => rids.next().ok_or_else(|| Error::bug("not enough row numbers"))?,
                };
                Closed::Write(Box::new(close_one(closing, *planned, rid)?))
            }
        });
    }
    let entry = seal_entry(closing, &closed)?;
    Ok((closed, entry))
}

fn close_one(closing: &Closing<'_>, planned: Planned, rid: i64) -> Result<Write> {
    let Closing { inner, call, halves, .. } = closing;
    let tenant = call.tenant;
    let at = Address { tenant, rid, version: planned.version };
    let (plain, blobs) = lift(closing, &planned)?;
    let half = planned.pair().map(|pair| halves.get(&pair).ok_or_else(|| Error::bug("a key pair is missing")));
    let half = half.transpose()?;
    let (seal, body) = match (half, planned.owner.person) {
        (Some(half), _) => (Seal::Pair, body::close(at, Seal::Pair, half.id, &Key::Pair(&half.public), &plain)?),
        (None, person) if person.value() == 0 => {
            let key = inner.keyring.tenant(tenant, Use::Data)?;
            (Seal::Tenant, body::close(at, Seal::Tenant, 1, &Key::Shared(&key), &plain)?)
        }
        (None, person) => {
            let key = closing.key(person)?;
            (Seal::Person, body::close(at, Seal::Person, key.id, &Key::Shared(&key.secret), &plain)?)
        }
    };
    let rises = planned.before.is_some_and(|(level, ..)| level < planned.permit.level());
    let reseal = half.filter(|_| rises).cloned();
    let hasher = inner.hasher(tenant)?;
    let keys = hasher.keys(planned.kind, &planned.id, &planned.entries);
    let lists = (key_list::params(&keys.present), KeyList::of(&keys).to_bytes());
    let identity = hasher.id(planned.kind, &planned.id);
    let spot = safety::Spot { tenant, person: planned.owner.person, rid };
    // What is about nobody endangers nobody.
    let safety = if planned.safety.is_empty() || spot.person.is_zero() {
        Vec::new()
    } else {
        safety::close(closing.key(spot.person)?, spot, &planned.resource, &planned.safety)?
    };
    Ok(Write { rid, seal, body, blobs, keys, identity, lists, safety, reseal, planned })
}

/// What is closed as the body, and what is kept apart from it.
fn lift(closing: &Closing<'_>, planned: &Planned) -> Result<(Vec<u8>, Vec<Blob>)> {
    let whose = Whose { tenant: closing.call.tenant, person: planned.owner.person };
    if whose.person.is_zero() {
        return blobs::lift(whose, &closing.inner.keyring.tenant(whose.tenant, Use::Data)?, &planned.resource);
    }
    blobs::lift(whose, &closing.key(whose.person)?.secret, &planned.resource)
}

/// Rows and versions, by person.
type Items = BTreeMap<Person, Vec<(i64, i64)>>;

/// The audit entry of a write: counts in the envelope, row numbers per person.
fn seal_entry(closing: &Closing<'_>, steps: &[Closed]) -> Result<audit::Sealed> {
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
    let call = closing.call;
    let key_of = |person| Ok(closing.key(person)?.audit.clone());
    audit::seal_with(&closing.inner.keyring, call.tenant, call.envelope(counts), parts, key_of)
}
