//! A notice for whoever reviews: newer rules have raised a label that a person had set.

use crate::call::Call;
use crate::crypto;
use crate::engine::{Conn, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::read::Reader;
use crate::store::Store;
use crate::stored::Stored;
use confidentiality::{Categories, Level};

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

impl Store {
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

fn parse(plain: &[u8]) -> Result<(Level, Categories)> {
    let damaged = || Error::Integrity("a finding does not decode".into());
    let (level, rest) = plain.split_first_chunk::<8>().ok_or_else(damaged)?;
    let categories = rest.first_chunk::<8>().ok_or_else(damaged)?;
    let level = Level::from_code(i64::from_be_bytes(*level)).ok_or_else(damaged)?;
    Ok((level, Categories::from_bits_truncate(i64::from_be_bytes(*categories))))
}

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
