//! What the house keeps about itself: its profile, what it decided, the facts it loaded, the actions it plans, what it
//! declares, its figures day by day. A version is never changed; the newest counts. Whoever sees the estate sees them; they say nothing of anybody who is accompanied, and are sealed all
//! the same.

use crate::assets::{enter, permitted};
use crate::call::{Call, Shown, Undisclosed};
use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Db, Row, cells};
use crate::error::{Conflict, Error, Result};
use crate::keys::Use;
use crate::store::Store;
use confidentiality::Actor;
use std::collections::BTreeMap;

/// zstd.
const LEVEL: i32 = 3;

/// A version of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its version, from 1.
    pub version: i64,
    /// When it was written, UTC microseconds.
    pub at: i64,
    /// By whom.
    pub actor: Actor,
    /// What it says.
    pub body: Vec<u8>,
}

impl Store {
    /// Writes the version after `known` of a paper (0: the first).
    ///
    /// # Errors
    /// [`Error::Absent`] for whoever may not see the estate; [`Error::Conflict`] when somebody wrote before; the engine's.
    pub async fn keep_paper(&self, call: &Call, name: &str, known: i64, body: &[u8]) -> Result<()> {
        permitted(call)?;
        let key = self.keyring().tenant(call.tenant, Use::Data)?;
        let packed = zstd::encode_all(body, LEVEL).map_err(|_| Error::bug("packing a paper"))?;
        let (inner, call, name) = (self.0.clone(), call.clone(), name.to_owned());
        self.engine()
            .write(Db::Main, move |conn| {
                let (tenant, version) = (call.tenant, known + 1);
                let last = conn.query_opt(
                    "SELECT MAX(version) FROM paper WHERE tenant = ?1 AND name = ?2",
                    &cells![tenant, name.clone()],
                )?;
                let last = last.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0);
                if last != known {
                    return Err(Error::Conflict(Conflict::Overtaken));
                }
                let body = crypto::seal(&key, &aad(tenant, &name, version), &packed)?;
                conn.execute(
                    "INSERT INTO paper(tenant, name, version, at, actor, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                    &cells![tenant, name, version, call.now, call.actor().value(), body],
                )?;
                enter(&inner, conn, &call, BTreeMap::from([("papers".to_owned(), 1)]))
            })
            .await
    }

    /// The newest version of a paper.
    ///
    /// # Errors
    /// [`Error::Absent`] for whoever may not see the estate; [`Error::Integrity`] when it does not open; the engine's.
    pub async fn paper(&self, call: &Call, name: &str) -> Result<Undisclosed<Option<Paper>>> {
        permitted(call)?;
        Ok(Undisclosed::new(self.setting(call.tenant, name).await?, Shown::default()))
    }

    /// The newest version of a paper that the server itself obeys, and shows to nobody.
    ///
    /// # Errors
    /// [`Error::Integrity`] when it does not open; the engine's.
    pub async fn setting(&self, tenant: i64, name: &str) -> Result<Option<Paper>> {
        let (key, name) = (self.keyring().tenant(tenant, Use::Data)?, name.to_owned());
        self.engine()
            .glance(Db::Main, move |conn| {
                let row = conn.query_opt(
                    "SELECT name, version, at, actor, body FROM paper
                     WHERE tenant = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1",
                    &cells![tenant, name.clone()],
                )?;
                Ok(row.map(|row| opened(&key, tenant, &row)).transpose()?.map(|(_, paper)| paper))
            })
            .await
    }

    /// Every version of a paper, the newest first.
    ///
    /// # Errors
    /// As [`Store::paper`].
    pub async fn paper_versions(&self, call: &Call, name: &str) -> Result<Undisclosed<Vec<Paper>>> {
        permitted(call)?;
        let (key, tenant, name) = (self.keyring().tenant(call.tenant, Use::Data)?, call.tenant, name.to_owned());
        let read = self
            .engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT name, version, at, actor, body FROM paper WHERE tenant = ?1 AND name = ?2 ORDER BY version DESC",
                    &cells![tenant, name],
                )?;
                rows.iter().map(|row| Ok(opened(&key, tenant, row)?.1)).collect()
            })
            .await?;
        Ok(Undisclosed::new(read, Shown::default()))
    }

    /// The newest version of each paper of a kind (`action` gives `action/…`), by name, the last names first; `most` at
    /// most.
    ///
    /// # Errors
    /// As [`Store::paper`].
    pub async fn papers(&self, call: &Call, kind: &str, most: i64) -> Result<Undisclosed<Vec<(String, Paper)>>> {
        permitted(call)?;
        let (key, tenant) = (self.keyring().tenant(call.tenant, Use::Data)?, call.tenant);
        let names = format!("{kind}/%");
        let read = self
            .engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT paper.name, paper.version, paper.at, paper.actor, paper.body
                     FROM (SELECT name, MAX(version) AS newest FROM paper WHERE tenant = ?1 AND name LIKE ?2
                           GROUP BY name ORDER BY name DESC LIMIT ?3) AS last
                     JOIN paper ON paper.tenant = ?1 AND paper.name = last.name AND paper.version = last.newest
                     ORDER BY paper.name DESC",
                    &cells![tenant, names, most],
                )?;
                rows.iter().map(|row| opened(&key, tenant, row)).collect()
            })
            .await?;
        Ok(Undisclosed::new(read, Shown::default()))
    }
}

fn opened(key: &Secret, tenant: i64, row: &Row) -> Result<(String, Paper)> {
    let (name, version) = (row.text(0)?.to_owned(), row.int(1)?);
    let packed = crypto::open(key, &aad(tenant, &name, version), row.blob(4)?)?;
    let unreadable = |_| Error::Integrity("a paper of the house does not unpack".into());
    let body = zstd::decode_all(packed.as_slice()).map_err(unreadable)?;
    Ok((name, Paper { version, at: row.int(2)?, actor: Actor::new(row.int(3)?), body }))
}

/// A version opens at its own place only.
/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "paper, version",
    fr: "document, version",
    text: "SELECT 0, version, name, body FROM paper WHERE tenant = ?1 ORDER BY name, version LIMIT ?2 OFFSET ?3",
    body: 3,
    spot: Some(["paper", "body", "version = ?4 AND name = ?5"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.text(2)?, row.int(1)?)),
};

fn aad(tenant: i64, name: &str, version: i64) -> Vec<u8> {
    format!("paper {tenant} {name} {version}").into_bytes()
}
