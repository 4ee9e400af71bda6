//! What an import remembers, so that the same file can come twice.

use crate::crypto;
use crate::engine::{Db, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::store::Store;
use fhir::ResourceType;

/// What was imported under a key, and where it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Keyed digest of the source content ([`Store::digest`]).
    pub content: Vec<u8>,
    /// The version the source gave it; may be empty.
    pub source_version: String,
    /// Public id here.
    pub id: String,
    /// Our version the import wrote.
    pub our_version: i64,
    /// Our version now: a different one means somebody has changed it here.
    pub current: i64,
    /// Type.
    pub kind: ResourceType,
    /// Row number.
    pub rid: i64,
}

pub(crate) fn version_aad(tenant: i64, hash: i64) -> Vec<u8> {
    format!("import {tenant} {hash}").into_bytes()
}

impl Store {
    /// The number under which an import remembers one source resource.
    ///
    /// # Errors
    /// When the tenant is not loaded.
    pub fn import_number(&self, tenant: i64, source: &str, address: &str) -> Result<i64> {
        Ok(self.hasher(tenant)?.number("import", &[source, address]))
    }

    /// A keyed digest of a content: equal contents give equal digests, and nothing else can be learned from it.
    ///
    /// # Errors
    /// When the tenant is not loaded.
    pub fn digest(&self, tenant: i64, content: &[u8]) -> Result<Vec<u8>> {
        let key = self.keyring().tenant(tenant, Use::Index)?;
        Ok(crypto::mac(key.bytes(), &[b"content", content]).to_vec())
    }

    /// What was imported under this number.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when the row does not open.
    pub async fn imported(&self, tenant: i64, hash: i64) -> Result<Option<Imported>> {
        let key = self.keyring().tenant(tenant, Use::Data)?;
        self.engine()
            .read(Db::Main, move |conn| {
                let row = conn.query_opt(
                    "SELECT i.content, i.source_version, i.our_version, r.version, r.type, r.rid
                     FROM import_key i JOIN resource r ON r.tenant = i.tenant AND r.rid = i.rid
                     WHERE i.tenant = ?1 AND i.hash = ?2",
                    &cells![tenant, hash],
                )?;
                let Some(row) = row else { return Ok(None) };
                let sealed = crypto::open(&key, &version_aad(tenant, hash), row.blob(1)?)?;
                let (id, source_version) = serde_json::from_slice(&sealed)
                    .map_err(|_| Error::Integrity("an import key does not decode".into()))?;
                Ok(Some(Imported {
                    content: row.blob(0)?.to_vec(),
                    source_version,
                    id,
                    our_version: row.int(2)?,
                    current: row.int(3)?,
                    kind: ResourceType::from_code(row.int(4)?)
                        .ok_or_else(|| Error::Integrity("unknown type code in a row".into()))?,
                    rid: row.int(5)?,
                }))
            })
            .await
    }
}
