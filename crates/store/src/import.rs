//! What an import remembers, so that the same file can come twice.

use crate::check::SealedRows;
use crate::crypto;
use crate::engine::{Conn, Db, Row, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::store::Store;
use fhir::ResourceType;
use std::collections::HashMap;

/// What an import remembers of a source resource, written with the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportKey {
    /// Keyed number of (source, fullUrl or type/id): [`Store::import_number`].
    pub hash: i64,
    /// Keyed digest of the content as it came ([`Store::digest`]).
    pub content: Vec<u8>,
    /// The version the source gave it.
    pub source_version: String,
    /// The source, when its addresses mean the same from one file to the next; empty for a `urn:`.
    pub source: String,
}

/// What was imported under a key, and where it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What was remembered.
    pub key: ImportKey,
    /// Public id here.
    pub id: String,
    /// Our version now.
    pub current: i64,
    /// The last version an import wrote: a different current one means that somebody has changed it here.
    pub last_import: i64,
    /// Type.
    pub kind: ResourceType,
    /// Row number.
    pub rid: i64,
    /// Digests of what came before under the same key, the last first.
    earlier: Vec<u8>,
}

/// How many contents of one source resource are remembered.
const CONTENTS: usize = 8;
/// Bytes of a digest.
const DIGEST: usize = 32;

impl Imported {
    /// Whether this content has come before and was replaced since.
    pub fn has_seen(&self, content: &[u8]) -> bool {
        self.earlier.chunks(DIGEST).any(|earlier| earlier == content)
    }

    /// Nobody but imports has written it.
    pub fn is_untouched(&self) -> bool {
        self.current == self.last_import
    }
}

const REMEMBERED: &str = "SELECT i.hash, i.content, i.source_version, r.version, r.type, r.rid, \
     (SELECT MAX(j.our_version) FROM import_key j WHERE j.tenant = r.tenant AND j.rid = r.rid) \
     FROM import_key i JOIN resource r ON r.tenant = i.tenant AND r.rid = i.rid WHERE i.tenant = ?1 AND ";

const NUMBERED_AHEAD: &str = "SELECT person FROM pending_person WHERE tenant = ?1 AND hash = ?2";
const ABOUT: [&str; 2] = [
    "SELECT rid FROM resource WHERE tenant = ?1 AND person = ?2",
    "SELECT rid FROM also_person WHERE tenant = ?1 AND person = ?2",
];

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "import key of item",
    fr: "clé d'import de l'élément",
    text: "SELECT 0, rid, hash, source_version FROM import_key WHERE tenant = ?1 ORDER BY hash LIMIT ?2 OFFSET ?3",
    body: 3,
    spot: Some(["import_key", "source_version", "rid = ?4 AND hash = ?5"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.int(2)?)),
};

fn aad(tenant: i64, hash: i64) -> Vec<u8> {
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

    /// What was imported under these numbers ([`Store::import_number`]).
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a row does not open.
    pub async fn imported(&self, tenant: i64, numbers: Vec<i64>) -> Result<Vec<Imported>> {
        self.remembered(tenant, numbers, "i.hash = ?2").await
    }

    /// Every import that has written these rows.
    ///
    /// # Errors
    /// As [`Store::imported`].
    pub async fn imports_of(&self, tenant: i64, rids: Vec<i64>) -> Result<Vec<Imported>> {
        self.remembered(tenant, rids, "i.rid = ?2 ORDER BY +i.hash").await
    }

    /// Remembers that these sources hold what is already here: (what, row, id, version).
    ///
    /// # Errors
    /// The engine's.
    pub async fn remember(&self, tenant: i64, known: Vec<(ImportKey, i64, String, i64)>) -> Result<()> {
        if known.is_empty() {
            return Ok(());
        }
        let secret = self.keyring().tenant(tenant, Use::Data)?;
        self.engine()
            .write(Db::Main, move |conn| {
                known
                    .iter()
                    .try_for_each(|(key, rid, id, version)| remember(conn, &secret, tenant, key, (*rid, id, *version)))
            })
            .await
    }

    /// By which rows each of these persons, who are not here, is awaited: who is known by an address only. Those nobody
    /// speaks of are left out.
    ///
    /// # Errors
    /// The engine's.
    pub async fn awaiting(&self, tenant: i64, patients: Vec<String>) -> Result<HashMap<String, Vec<i64>>> {
        if patients.is_empty() {
            return Ok(HashMap::new());
        }
        let hasher = self.hasher(tenant)?;
        self.engine()
            .read(Db::Main, move |conn| {
                let mut found = HashMap::new();
                for id in patients {
                    let hash = hasher.address(ResourceType::PATIENT, &id);
                    let Some(row) = conn.query_opt(NUMBERED_AHEAD, &cells![tenant, hash])? else { continue };
                    let mut rids = Vec::new();
                    for text in ABOUT {
                        let rows = conn.query(text, &cells![tenant, row.int(0)?])?;
                        rids.extend(rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>>>()?);
                    }
                    if !rids.is_empty() {
                        found.insert(id, rids);
                    }
                }
                Ok(found)
            })
            .await
    }

    async fn remembered(&self, tenant: i64, wanted: Vec<i64>, condition: &'static str) -> Result<Vec<Imported>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.keyring().tenant(tenant, Use::Data)?;
        let sql = format!("{REMEMBERED}{condition}");
        self.engine()
            .read(Db::Main, move |conn| {
                let mut found = Vec::new();
                for number in wanted {
                    for row in conn.query(&sql, &cells![tenant, number])? {
                        found.push(imported(&key, tenant, &row)?);
                    }
                }
                Ok(found)
            })
            .await
    }
}

fn imported(key: &crypto::Secret, tenant: i64, row: &Row) -> Result<Imported> {
    let hash = row.int(0)?;
    let opened = crypto::open(key, &aad(tenant, hash), row.blob(2)?)?;
    let (id, source_version, source) =
        serde_json::from_slice(&opened).map_err(|_| Error::Integrity("an import key does not decode".into()))?;
    let contents = row.blob(1)?;
    let (content, earlier) = contents.split_at(DIGEST.min(contents.len()));
    Ok(Imported {
        key: ImportKey { hash, content: content.to_vec(), source_version, source },
        earlier: earlier.to_vec(),
        id,
        current: row.int(3)?,
        kind: ResourceType::from_code(row.int(4)?)
            .ok_or_else(|| Error::Integrity("unknown type code in a row".into()))?,
        rid: row.int(5)?,
        last_import: row.int(6)?,
    })
}

/// Remembers, in the transaction of the write, that version `version` of row `rid` came from `import`.
pub(crate) fn remember(
    conn: &Conn<'_>,
    secret: &crypto::Secret,
    tenant: i64,
    import: &ImportKey,
    (rid, id, version): (i64, &str, i64),
) -> Result<()> {
    let plain =
        serde_json::to_vec(&(id, &import.source_version, &import.source)).map_err(|e| Error::bug(e.to_string()))?;
    let sealed = crypto::seal(secret, &aad(tenant, import.hash), &plain)?;
    let before =
        conn.query_opt("SELECT content FROM import_key WHERE tenant = ?1 AND hash = ?2", &cells![tenant, import.hash])?;
    let mut contents = import.content.clone();
    if let Some(row) = before {
        let others = row.blob(0)?.chunks(DIGEST).filter(|earlier| *earlier != import.content);
        contents.extend(others.take(CONTENTS - 1).flatten());
    }
    conn.execute(
        "INSERT INTO import_key(tenant, hash, rid, our_version, content, source_version) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT(tenant, hash) DO UPDATE SET rid = excluded.rid, our_version = excluded.our_version,
           content = excluded.content, source_version = excluded.source_version",
        &cells![tenant, import.hash, rid, version, contents, sealed],
    )?;
    Ok(())
}
