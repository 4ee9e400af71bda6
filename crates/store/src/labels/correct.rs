//! A label set by a person: up or down, with a reason. From then on machines may only raise it, and that is noticed.

use super::{Changed, Mark, Tag, enter, finding, pair, put};
use crate::call::Call;
use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Db, cells};
use crate::error::{Conflict, Error, Result};
use crate::keys::Use;
use crate::read::{Reader, must};
use crate::store::Store;
use crate::stored::{STORED, Stored, Version};
use confidentiality::labeler::SafetyFact;
use confidentiality::{Action, Categories, Label, Level, MaskFlags, Person, Refusal};
use fhir::ResourceType;
use std::collections::BTreeMap;

/// The label a person gives.
#[derive(Debug, Clone)]
pub struct NewLabel {
    /// Type of the item.
    pub kind: ResourceType,
    /// Its id.
    pub id: String,
    /// The version they have read.
    pub version: i64,
    /// Level.
    pub level: Level,
    /// Categories.
    pub categories: Categories,
    /// Why.
    pub reason: String,
    /// What must reach carers, at level 3 or more.
    pub safety: Vec<SafetyFact>,
}

/// What became of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSet {
    /// Before.
    pub was: (Level, Categories),
    /// Now.
    pub is: (Level, Categories),
}

impl Store {
    /// Gives an item the label that a person has decided; the same label confirms it. Only those who review may.
    ///
    /// # Errors
    /// [`Error::Absent`] for what the caller cannot read; [`Error::Refused`]; [`Error::Conflict`] when it has changed
    /// since it was read.
    pub async fn set_label(&self, call: &Call, new: &NewLabel) -> Result<LabelSet> {
        let (inner, asked, hasher, wanted) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?, new.clone());
        let found = self
            .engine()
            .read(Db::Main, move |conn| allowed(&Reader { inner: &inner, conn, call: &asked, hasher }, &wanted))
            .await?;
        let pairs = pair(found.person, new.level, new.categories).into_iter().collect();
        let halves = self.halves(call.tenant, pairs).await?;
        let (inner, call, hasher, new) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?, new.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                let reader = Reader { inner: &inner, conn, call: &call, hasher };
                let row = current(&reader, &found)?;
                let resource = row.open(&inner, conn, call.tenant, call.clearance.open4())?;
                let (level, categories) = (new.level, new.categories);
                let tag = Tag { level, categories, mask: row.mask, rules: row.rules };
                let mark = Mark { tag, resource: &resource, safety: &new.safety };
                if !put(&reader, &row, &mark, &halves)? {
                    return Err(Error::Conflict(Conflict::Version));
                }
                remember(&reader, &row, &new)?;
                let counts = BTreeMap::from([("labels".to_owned(), 1), ("level".to_owned(), level.code())]);
                let mut envelope = call.envelope(counts);
                envelope.reason = Some(new.reason.clone());
                enter(&reader, envelope, Changed::from([(row.person, vec![(row.rid, row.version)])]))?;
                Ok(LabelSet { was: (row.level, row.categories), is: (level, categories) })
            })
            .await
    }
}

/// What is to be labelled, when this caller may.
fn allowed(reader: &Reader<'_>, new: &NewLabel) -> Result<Version> {
    let found = reader.find(new.kind, &new.id)?.filter(|found| !found.deleted).ok_or(Error::Absent)?;
    if found.version != new.version {
        return Err(Error::Conflict(Conflict::Version));
    }
    if found.mask.intersects(MaskFlags::WITHDRAWN) {
        return Err(Error::Refused(Refusal::Withdrawn));
    }
    let clearance = &reader.call.clearance;
    if !clearance.reviews() {
        return Err(Error::Refused(Refusal::NotReviewer));
    }
    let label = Label::new(new.level, new.categories);
    confidentiality::permit(clearance, Action::Update, found.person, found.place, &label).map_err(Error::Refused)?;
    Ok(found)
}

/// The row as it is in this transaction, still the version that was read.
fn current(reader: &Reader<'_>, found: &Version) -> Result<Stored> {
    let sql = format!("SELECT {STORED} FROM resource r WHERE r.tenant = ?1 AND r.rid = ?2");
    let rows = reader.conn.query(&sql, &cells![reader.call.tenant, found.rid.value()])?;
    let row = Stored::parse(must(rows.first())?)?;
    let same = row.version == found.version && row.level == found.level && row.categories == found.categories;
    if same { Ok(row) } else { Err(Error::Conflict(Conflict::Version)) }
}

/// Who has decided, and what they have put aside: rules that say no more than that are not heard again. What machines
/// had raised is now a person's.
fn remember(reader: &Reader<'_>, row: &Stored, new: &NewLabel) -> Result<()> {
    let (conn, tenant) = (reader.conn, reader.call.tenant);
    let body = crypto::seal(&reason_key(reader, row.person)?, &aad(tenant, row.rid), new.reason.as_bytes())?;
    conn.execute(
        "INSERT INTO label_person(tenant, rid, level, categories, actor, at, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT(tenant, rid) DO UPDATE SET
           level = CASE WHEN excluded.level > label_person.level THEN excluded.level ELSE label_person.level END,
           categories = label_person.categories | excluded.categories, actor = excluded.actor, at = excluded.at,
           body = excluded.body",
        &cells![
            tenant,
            row.rid,
            row.level.code(),
            row.categories.bits(),
            reader.call.actor().value(),
            reader.call.now,
            body
        ],
    )?;
    let sql = "DELETE FROM label_raise WHERE tenant = ?1 AND rid = ?2";
    conn.execute(sql, &cells![tenant, row.rid])?;
    finding::close(conn, tenant, row.rid, reader.call.now)
}

/// A reason may tell as much as the item: it closes under the person's key, and goes with it.
pub(super) fn reason_key(reader: &Reader<'_>, person: Person) -> Result<Secret> {
    let (inner, tenant) = (reader.inner, reader.call.tenant);
    if person.is_zero() {
        return inner.keyring.tenant(tenant, Use::Data);
    }
    inner.keyring.person(&inner.engine, reader.conn, tenant, person)?.secret.derive("label")
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "reason of the label of item",
    fr: "motif du niveau de l'élément",
    text: "SELECT r.person, p.rid, p.body FROM label_person p JOIN resource r ON r.tenant = p.tenant AND r.rid = p.rid WHERE p.tenant = ?1 ORDER BY p.rid LIMIT ?2 OFFSET ?3",
    body: 2,
    spot: None,
    usage: "label",
    aad: |tenant, row| Ok(aad(tenant, row.int(1)?)),
};

pub(super) fn aad(tenant: i64, rid: i64) -> Vec<u8> {
    format!("label {tenant} {rid}").into_bytes()
}
