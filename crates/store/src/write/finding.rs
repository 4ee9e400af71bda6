//! *Doublon à examiner*: a conditional create that found nothing its author may see, where something does match.
//!
//! The author's answer is the one of an empty store. Someone entitled to both settles it later.

use crate::call::Call;
use crate::check::SealedRows;
use crate::crypto;
use crate::engine::{Db, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::read::Reader;
use crate::store::Store;
use fhir::search::Query;

/// A possible duplicate.
const DUPLICATE: i64 = 1;

/// Two resources that may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Row of the one created last.
    pub rid: i64,
    /// Row of the one that was there, unseen by whoever created the other.
    pub of: i64,
    /// When (UTC microseconds).
    pub at: i64,
}

/// A row of the table `finding`, opened.
pub(crate) struct Finding {
    /// Row of the item.
    pub(crate) rid: i64,
    /// When (UTC microseconds).
    pub(crate) at: i64,
    /// What it says, by kind.
    pub(crate) plain: Vec<u8>,
}

impl Store {
    /// Duplicates to examine. Only for a call that sees everything: none for others.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a row does not open.
    pub async fn duplicates(&self, call: &Call) -> Result<Vec<Duplicate>> {
        let found = self.findings(call, DUPLICATE, aad).await?;
        let one = |Finding { rid, at, plain }: Finding| {
            let bytes = plain.try_into().map_err(|_| Error::Integrity("a finding does not decode".into()))?;
            Ok(Duplicate { rid, of: i64::from_be_bytes(bytes), at })
        };
        found.into_iter().map(one).collect()
    }

    /// What is to be looked at, of one kind, oldest first; none for a call that does not see everything. `aad` gives the
    /// associated data of a row from tenant and rid.
    pub(crate) async fn findings(&self, call: &Call, kind: i64, aad: fn(i64, i64) -> Vec<u8>) -> Result<Vec<Finding>> {
        if !call.clearance.sees_all() {
            return Ok(Vec::new());
        }
        let (tenant, key) = (call.tenant, self.keyring().tenant(call.tenant, Use::Data)?);
        self.engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT rid, at, body FROM finding WHERE tenant = ?1 AND kind = ?2 AND closed = 0 ORDER BY finding",
                    &cells![tenant, kind],
                )?;
                let one = |row: &crate::engine::Row| {
                    let rid = row.int(0)?;
                    let plain = crypto::open(&key, &aad(tenant, rid), row.blob(2)?)?;
                    Ok(Finding { rid, at: row.int(1)?, plain })
                };
                rows.iter().map(one).collect()
            })
            .await
    }
}

/// For who looks for damage.
pub(crate) const DUPLICATES: SealedRows = SealedRows {
    what: "duplicate of item",
    fr: "doublon de l'élément",
    text: "SELECT 0, rid, body FROM finding WHERE tenant = ?1 AND kind = 1 ORDER BY finding LIMIT ?2 OFFSET ?3",
    body: 2,
    spot: Some(["finding", "body", "rid = ?4"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.int(1)?)),
};

fn aad(tenant: i64, rid: i64) -> Vec<u8> {
    format!("finding {tenant} {rid}").into_bytes()
}

/// The row that a conditional create would have found if its author saw everything.
pub(super) fn unseen(reader: &Reader<'_>, query: &Query) -> Result<Option<i64>> {
    if reader.call.clearance.sees_all() { Ok(None) } else { reader.unseen_match(query) }
}

/// Notes the duplicate, in the transaction of the write.
pub(super) fn note(reader: &Reader<'_>, rid: i64, person: i64, of: i64) -> Result<()> {
    let tenant = reader.call.tenant;
    let key = reader.inner.keyring.tenant(tenant, Use::Data)?;
    let body = crypto::seal(&key, &aad(tenant, rid), &of.to_be_bytes())?;
    reader.conn.execute(
        "INSERT INTO finding(tenant, rid, person, kind, at, closed, body) VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6)",
        &cells![tenant, rid, person, DUPLICATE, reader.call.now, body],
    )?;
    Ok(())
}
