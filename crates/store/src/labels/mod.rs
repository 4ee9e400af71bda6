//! Labels that change while the content stays: raised by newer rules, put back, set by a person.
//!
//! No new version: the same bodies, under the key that goes with the new level. A machine only raises.

mod correct;
mod finding;
mod relabel;
mod rollback;
mod seal;
mod story;
mod survey;

pub use correct::{LabelSet, NewLabel};
pub use finding::{RaisedOver, ToReview};
pub use relabel::{Batch, Judge, Judgement, Pass};
pub use rollback::{Asked, Rollback};
pub use story::{Decided, Story};
pub use survey::{Sheet, Survey};

pub(crate) use correct::CLOSED as REASONS;
pub(crate) use finding::CLOSED as FINDINGS;
pub(crate) use rollback::CLOSED as ROLLBACKS;
pub(crate) use seal::seal_past;

use crate::audit::{self, Envelope, Part};
use crate::call::Call;
use crate::engine::{Conn, Db, cells};
use crate::error::{Error, Result};
use crate::keys::PublicHalf;
use crate::read::Reader;
use crate::safety::{self, Spot};
use crate::store::Store;
use crate::stored::Stored;
use confidentiality::labeler::SafetyFact;
use confidentiality::{Categories, Level, MaskFlags, Person, Purpose};
use fhir::Resource;
use std::collections::{BTreeMap, BTreeSet};

/// Public halves by (person, lead category).
type Halves = BTreeMap<(Person, i64), PublicHalf>;

/// The label a row is to have.
#[derive(Clone, Copy)]
struct Tag {
    level: Level,
    categories: Categories,
    mask: MaskFlags,
    rules: i64,
}

/// A label, and what goes with it.
struct Mark<'a> {
    tag: Tag,
    /// What it says, and what of it must reach carers.
    resource: &'a Resource,
    safety: &'a [SafetyFact],
}

/// Puts a label on a current version, its bodies under the key that goes with it, and its safety facts beside it. False
/// when the row is no longer as it was read.
fn put(reader: &Reader<'_>, row: &Stored, to: &Mark<'_>, halves: &Halves) -> Result<bool> {
    let is_put = put_label(reader, row, to.tag, halves)?;
    if is_put {
        put_safety(reader, row, to)?;
    }
    Ok(is_put)
}

/// Label and bodies only.
fn put_label(reader: &Reader<'_>, row: &Stored, to: Tag, halves: &Halves) -> Result<bool> {
    let Tag { level, categories, mask, rules } = to;
    let tenant = reader.call.tenant;
    let touched = reader.conn.execute(
        "UPDATE resource SET level = ?3, categories = ?4, rules = ?5, mask = ?10
         WHERE tenant = ?1 AND rid = ?2 AND version = ?6 AND rules = ?7 AND level = ?8 AND categories = ?9",
        &cells![
            tenant,
            row.rid,
            level.code(),
            categories.bits(),
            rules,
            row.version,
            row.rules,
            row.level.code(),
            row.categories.bits(),
            mask.bits()
        ],
    )?;
    if touched == 0 {
        return Ok(false);
    }
    match pair(row.person, level, categories) {
        // It was there already: sealed once, past included.
        Some(_) if row.level == Level::VerySensitive => {}
        Some(pair) => {
            let half = halves.get(&pair).ok_or_else(|| Error::bug("a key pair is missing"))?;
            seal::change(reader, row, Some(half))?;
        }
        None => seal::change(reader, row, None)?,
    }
    Ok(true)
}

/// The key pair that seals a row of this level.
fn pair(person: Person, level: Level, categories: Categories) -> Option<(Person, i64)> {
    let sealed = level == Level::VerySensitive && !person.is_zero();
    sealed.then(|| (person, crate::write::lead(categories)))
}

fn put_safety(reader: &Reader<'_>, row: &Stored, to: &Mark<'_>) -> Result<()> {
    if row.person.is_zero() || row.deleted {
        return Ok(());
    }
    let (inner, tenant) = (reader.inner, reader.call.tenant);
    let spot = Spot { tenant, person: row.person, rid: row.rid };
    if to.safety.is_empty() || row.mask.intersects(MaskFlags::WITHDRAWN) {
        return safety::replace(reader.conn, spot, &[]);
    }
    let key = inner.keyring.person(&inner.engine, reader.conn, tenant, row.person)?;
    let rows = safety::close(&key, spot, to.resource, to.safety)?;
    safety::replace(reader.conn, spot, &rows)
}

/// A person has written a new version: what machines raised goes back no lower than what that version says by itself.
pub(crate) fn follow(conn: &Conn<'_>, tenant: i64, rid: i64, own: (Level, Categories, MaskFlags)) -> Result<()> {
    conn.send(
        "UPDATE label_raise SET level = CASE WHEN level < ?3 THEN ?3 ELSE level END, categories = categories | ?4,
           mask = mask - (mask & ?5)
         WHERE tenant = ?1 AND rid = ?2",
        &cells![tenant, rid, own.0.code(), own.1.bits(), own.2.bits()],
    )
}

/// Rows whose label changed, by person.
type Changed = BTreeMap<Person, Vec<(i64, i64)>>;

/// The entry of a change of labels: counts, and per person which rows.
pub(crate) fn enter(reader: &Reader<'_>, envelope: Envelope, changed: Changed) -> Result<()> {
    let part = |(person, items)| Part { person, content: serde_json::json!({ "wrote": items }) };
    let parts = changed.into_iter().filter(|(person, _)| !person.is_zero()).map(part).collect();
    let (inner, tenant) = (reader.inner, reader.call.tenant);
    let entry = audit::seal(&inner.keyring, &inner.engine, reader.conn, tenant, envelope, parts)?;
    audit::insert_beside_write(reader.conn, &entry)
}

/// The whole store is gone through by the system itself only: every level, and for that purpose.
fn for_everything(call: &Call) -> Result<()> {
    let may = call.clearance.sees_all() && call.clearance.purpose() == Purpose::Relabel;
    if may { Ok(()) } else { Err(Error::bug("labels are gone through under the purpose relabel, at every level")) }
}

impl Store {
    /// The entry of a look at numbers only, about nobody.
    async fn note_read(&self, call: &Call, counts: BTreeMap<String, i64>) -> Result<()> {
        let (inner, call) = (self.0.clone(), call.clone());
        let seal = move |conn: &Conn<'_>| {
            audit::seal(&inner.keyring, &inner.engine, conn, call.tenant, call.envelope(counts), Vec::new())
        };
        let sealed = self.engine().read(Db::Main, seal).await?;
        self.engine().write(Db::Audit, move |conn| audit::insert_read(conn, &sealed)).await
    }

    /// Makes the pairs that rows rising to level 4 will be sealed to.
    async fn halves(&self, tenant: i64, pairs: BTreeSet<(Person, i64)>) -> Result<Halves> {
        let mut halves = BTreeMap::new();
        for pair in pairs {
            halves.insert(pair, self.0.keyring.public_half(self.engine(), tenant, pair.0, pair.1).await?);
        }
        Ok(halves)
    }
}
