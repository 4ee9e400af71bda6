//! What the house keeps about itself: its profile, what it decided, the facts it loaded. A version is never changed; the
//! newest counts. Whoever sees the estate sees them; they say nothing of anybody who is accompanied, and are sealed all
//! the same.

use crate::assets::{enter, permitted};
use crate::call::{Call, Shown, Undisclosed};
use crate::crypto;
use crate::engine::{Db, cells};
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
    pub async fn keep_paper(&self, call: &Call, name: &'static str, known: i64, body: &[u8]) -> Result<()> {
        permitted(call)?;
        let key = self.keyring().tenant(call.tenant, Use::Data)?;
        let packed = zstd::encode_all(body, LEVEL).map_err(|_| Error::bug("packing a paper"))?;
        let (inner, call) = (self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                let (tenant, version) = (call.tenant, known + 1);
                let last = conn.query_opt(
                    "SELECT MAX(version) FROM paper WHERE tenant = ?1 AND name = ?2",
                    &cells![tenant, name.to_owned()],
                )?;
                let last = last.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0);
                if last != known {
                    return Err(Error::Conflict(Conflict::Overtaken));
                }
                let body = crypto::seal(&key, &aad(tenant, name, version), &packed)?;
                conn.execute(
                    "INSERT INTO paper(tenant, name, version, at, actor, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                    &cells![tenant, name.to_owned(), version, call.now, call.actor().value(), body],
                )?;
                enter(&inner, conn, &call, BTreeMap::from([("papers".to_owned(), 1)]))
            })
            .await
    }

    /// The newest version of a paper.
    ///
    /// # Errors
    /// [`Error::Absent`] for whoever may not see the estate; [`Error::Integrity`] when it does not open; the engine's.
    pub async fn paper(&self, call: &Call, name: &'static str) -> Result<Undisclosed<Option<Paper>>> {
        permitted(call)?;
        let (key, tenant) = (self.keyring().tenant(call.tenant, Use::Data)?, call.tenant);
        let read = self
            .engine()
            .read(Db::Main, move |conn| {
                let row = conn.query_opt(
                    "SELECT version, at, actor, body FROM paper WHERE tenant = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1",
                    &cells![tenant, name.to_owned()],
                )?;
                let Some(row) = row else { return Ok(None) };
                let (version, at, actor) = (row.int(0)?, row.int(1)?, Actor::new(row.int(2)?));
                let packed = crypto::open(&key, &aad(tenant, name, version), row.blob(3)?)?;
                let unreadable = |_| Error::Integrity("a paper of the house does not unpack".into());
                Ok(Some(Paper { version, at, actor, body: zstd::decode_all(packed.as_slice()).map_err(unreadable)? }))
            })
            .await?;
        Ok(Undisclosed::new(read, Shown::default()))
    }
}

/// A version opens at its own place only.
fn aad(tenant: i64, name: &str, version: i64) -> Vec<u8> {
    format!("paper {tenant} {name} {version}").into_bytes()
}
