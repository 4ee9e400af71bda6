//! From planned versions to rows: packed, encrypted, hashed; on a blocking thread, outside any transaction.

use super::Effect;
use super::plan::{Planned, Step};
use crate::blobs::{self, Blob, Whose};
use crate::body::{self, Address, Key, Seal};
use crate::error::{Error, Result};
use crate::index::Keys;
use crate::keys::{PublicHalf, Use};
use crate::safety;
use crate::store::Inner;
use crate::stored::Version;
use confidentiality::Person;
use fhir::ResourceType;
use std::collections::BTreeMap;
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
    pub(crate) updated: i64,
    pub(crate) seal: Seal,
    pub(crate) body: Vec<u8>,
    /// Large content, kept apart.
    pub(crate) blobs: Vec<Blob>,
    pub(crate) keys: Keys,
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

    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::Keep(_) => Effect::Existing,
            Self::Nothing(..) => Effect::Nothing,
            Self::Write(write) => write.planned.effect,
        }
    }
}

pub(crate) fn close(
    inner: &Inner,
    tenant: i64,
    now: i64,
    steps: Vec<Step>,
    mut rids: Range<i64>,
    halves: &Halves,
) -> Result<Vec<Closed>> {
    steps
        .into_iter()
        .map(|step| match step {
            Step::Keep(version) => Ok(Closed::Keep(version)),
            Step::Nothing(kind, id) => Ok(Closed::Nothing(kind, id)),
            Step::Write(planned) => {
                let rid = match planned.rid {
                    Some(rid) => rid,
                    None => rids.next().ok_or_else(|| Error::bug("not enough row numbers"))?,
                };
                Ok(Closed::Write(Box::new(close_one(inner, tenant, now, *planned, rid, halves)?)))
            }
        })
        .collect()
}

fn close_one(inner: &Inner, tenant: i64, now: i64, planned: Planned, rid: i64, halves: &Halves) -> Result<Write> {
    let at = Address { tenant, rid, version: planned.version };
    let (plain, blobs) = lift(inner, tenant, &planned)?;
    let half = planned.pair().map(|pair| halves.get(&pair).ok_or_else(|| Error::bug("a key pair is missing")));
    let half = half.transpose()?;
    let (seal, body) = match (half, planned.owner.person) {
        (Some(half), _) => (Seal::Pair, body::close(at, Seal::Pair, half.id, &Key::Pair(&half.public), &plain)?),
        (None, person) if person.value() == 0 => {
            let key = inner.keyring.tenant(tenant, Use::Data)?;
            (Seal::Tenant, body::close(at, Seal::Tenant, 1, &Key::Shared(&key), &plain)?)
        }
        (None, person) => {
            let key = inner.keyring.cached(tenant, person)?;
            (Seal::Person, body::close(at, Seal::Person, key.id, &Key::Shared(&key.secret), &plain)?)
        }
    };
    let rises = planned.before.is_some_and(|(level, ..)| level < planned.permit.level());
    let reseal = half.filter(|_| rises).cloned();
    let keys = inner.hasher(tenant)?.keys(planned.kind, &planned.id, &planned.entries);
    let spot = safety::Spot { tenant, person: planned.owner.person, rid };
    // What is about nobody endangers nobody.
    let safety = if planned.safety.is_empty() || spot.person.is_zero() {
        Vec::new()
    } else {
        safety::close(&inner.keyring.cached(tenant, spot.person)?, spot, &planned.resource, &planned.safety)?
    };
    Ok(Write { rid, updated: now, seal, body, blobs, keys, safety, reseal, planned })
}

/// What is closed as the body, and what is kept apart from it.
fn lift(inner: &Inner, tenant: i64, planned: &Planned) -> Result<(Vec<u8>, Vec<Blob>)> {
    let whose = Whose { tenant, person: planned.owner.person };
    let key = if whose.person.is_zero() {
        inner.keyring.tenant(tenant, Use::Data)?
    } else {
        inner.keyring.cached(tenant, whose.person)?.secret
    };
    blobs::lift(whose, &key, &planned.resource)
}
