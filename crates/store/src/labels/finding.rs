//! A notice for whoever reviews: newer rules have raised a label that a person had set.

use crate::call::{Call, Shown, Undisclosed};
use crate::check::SealedRows;
use crate::crypto;
use crate::engine::{Conn, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::read::Reader;
use crate::store::Store;
use crate::stored::{STORED, Stored, Version};
use confidentiality::{Categories, Level};
use std::collections::BTreeMap;

/// A label raised over a person's (table `finding`).
const RAISED_OVER: i64 = 2;

/// A label that a person had set, raised since by rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaisedOver {
    /// Row of the item.
    pub rid: i64,
    /// The level the person had set.
    pub level: Level,
    /// The categories.
    pub categories: Categories,
    /// When it was raised (UTC microseconds).
    pub at: i64,
}

/// An item whose label rules have raised over a person's, for the person who looks at it again.
#[derive(Debug, Clone)]
pub struct ToReview {
    /// The item, with the label it has now.
    pub item: Version,
    /// The level that a person had set.
    pub level: Level,
    /// The categories.
    pub categories: Categories,
    /// When rules first raised it since (UTC microseconds).
    pub at: i64,
}

impl Store {
    /// Labels raised over a person's and not looked at since, the oldest first, of the items that this call may read;
    /// `most` of them. None for who does not review.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a row does not open.
    pub async fn labels_to_review(&self, call: &Call, most: u32) -> Result<Undisclosed<Vec<ToReview>>> {
        let reviews = call.clearance.reviews();
        self.look(call, move |reader| {
            let found = if reviews { to_review(reader, most)? } else { Vec::new() };
            let shown = Shown::of(found.iter().map(|one| &one.item));
            Ok((found, shown))
        })
        .await
    }

    /// Labels raised over a person's, still to be looked at. Only for a call that sees everything: none for others.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a row does not open.
    pub async fn raised_over(&self, call: &Call) -> Result<Vec<RaisedOver>> {
        let found = self.findings(call, RAISED_OVER, aad).await?;
        let one = |finding: crate::write::Finding| {
            let (level, categories) = parse(&finding.plain)?;
            Ok(RaisedOver { rid: finding.rid, level, categories, at: finding.at })
        };
        found.into_iter().map(one).collect()
    }
}

fn to_review(reader: &Reader<'_>, most: u32) -> Result<Vec<ToReview>> {
    let mut select = reader.select();
    let (kind, most) = (select.bind(RAISED_OVER), select.bind(i64::from(most)));
    let text = format!(
        "SELECT {STORED} FROM (SELECT rid, MIN(finding) AS first FROM finding \
         WHERE tenant = {0} AND kind = {kind} AND closed = 0 GROUP BY rid) f CROSS JOIN resource r \
         WHERE r.tenant = {0} AND r.rid = f.rid AND r.deleted = 0 AND ({1}) ORDER BY f.first LIMIT {most}",
        select.tenant, select.permit
    );
    let items = reader.open(&select.run(reader.conn, &text)?)?;
    let was = set_by_people(reader)?;
    let one = |item: Version| {
        let (at, level, categories) = *was.get(&item.rid.value())?;
        Some(ToReview { item, level, categories, at })
    };
    Ok(items.into_iter().filter_map(one).collect())
}

/// By row: when rules first raised the label, and what a person had set.
fn set_by_people(reader: &Reader<'_>) -> Result<BTreeMap<i64, (i64, Level, Categories)>> {
    let tenant = reader.call.tenant;
    let key = reader.inner.keyring.tenant(tenant, Use::Data)?;
    let rows = reader.conn.query(
        "SELECT rid, at, body FROM finding WHERE tenant = ?1 AND kind = ?2 AND closed = 0 ORDER BY finding",
        &cells![tenant, RAISED_OVER],
    )?;
    let mut was = BTreeMap::new();
    for row in &rows {
        let rid = row.int(0)?;
        let (level, categories) = parse(&crypto::open(&key, &aad(tenant, rid), row.blob(2)?)?)?;
        was.entry(rid).or_insert((row.int(1)?, level, categories));
    }
    Ok(was)
}

fn parse(plain: &[u8]) -> Result<(Level, Categories)> {
    let damaged = || Error::Integrity("a finding does not decode".into());
    let (level, rest) = plain.split_first_chunk::<8>().ok_or_else(damaged)?;
    let categories = rest.first_chunk::<8>().ok_or_else(damaged)?;
    let level = Level::from_code(i64::from_be_bytes(*level)).ok_or_else(damaged)?;
    Ok((level, Categories::from_bits_truncate(i64::from_be_bytes(*categories))))
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "finding on item",
    fr: "constat sur l'élément",
    text: "SELECT 0, rid, body FROM finding WHERE tenant = ?1 AND kind = 2 ORDER BY finding LIMIT ?2 OFFSET ?3",
    body: 2,
    spot: Some(["finding", "body", "rid = ?4"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.int(1)?)),
};

fn aad(tenant: i64, rid: i64) -> Vec<u8> {
    format!("label finding {tenant} {rid}").into_bytes()
}

pub(super) fn note(reader: &Reader<'_>, row: &Stored) -> Result<()> {
    let tenant = reader.call.tenant;
    let key = reader.inner.keyring.tenant(tenant, Use::Data)?;
    let plain = [row.level.code().to_be_bytes(), row.categories.bits().to_be_bytes()].concat();
    let body = crypto::seal(&key, &aad(tenant, row.rid), &plain)?;
    reader.conn.execute(
        "INSERT INTO finding(tenant, rid, person, kind, at, closed, body) VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6)",
        &cells![tenant, row.rid, row.person.value(), RAISED_OVER, reader.call.now, body],
    )?;
    Ok(())
}

/// A person has looked at it.
pub(super) fn close(conn: &Conn<'_>, tenant: i64, rid: i64, now: i64) -> Result<()> {
    conn.execute(
        "UPDATE finding SET closed = ?4 WHERE tenant = ?1 AND rid = ?2 AND kind = ?3 AND closed = 0",
        &cells![tenant, rid, RAISED_OVER, now],
    )?;
    Ok(())
}
