//! Imports of the estate: what files of other programs said, as it was read, and nothing made of it.
//!
//! An import is taken back whole: its lines go, that it was there stays. What is made of the lines is the business of the
//! domain. Lines name machines, accounts and staff, never anybody who is accompanied; they are sealed all the same.

use crate::audit;
use crate::call::{Call, Shown, Undisclosed};
use crate::check::SealedRows;
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Row, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::store::{Inner, Store, bump};
use confidentiality::Actor;
use std::collections::BTreeMap;

/// Gives imports their numbers.
const NUMBER: &str = "asset import";
/// zstd.
const LEVEL: i32 = 3;

/// A file to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssets {
    /// Keyed digest of the file ([`Store::digest`]).
    pub digest: Vec<u8>,
    /// What to show of it in a list.
    pub head: Vec<u8>,
    /// Its lines, in parts of a size that is read at once.
    pub parts: Vec<Vec<u8>>,
}

/// An import that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetImport {
    /// Its number.
    pub import: i64,
    /// When, UTC microseconds.
    pub at: i64,
    /// By whom.
    pub actor: Actor,
    /// When and by whom it was taken back.
    pub undone: Option<(i64, Actor)>,
    /// Keyed digest of the file.
    pub digest: Vec<u8>,
    /// What to show of it.
    pub head: Vec<u8>,
}

impl Store {
    /// Keeps files, in one transaction with the entry of the log; the number of each, none for one that is here already.
    ///
    /// # Errors
    /// [`Error::Absent`] for whoever may not see the estate; the engine's.
    pub async fn keep_assets(&self, call: &Call, files: Vec<NewAssets>) -> Result<Vec<Option<i64>>> {
        permitted(call)?;
        self.engine().has_room()?;
        let key = self.keyring().tenant(call.tenant, Use::Data)?;
        let (inner, call) = (self.0.clone(), call.clone());
        let files = files.into_iter().map(|file| Ok(NewAssets { parts: packed(&file.parts)?, ..file }));
        let files = files.collect::<Result<Vec<_>>>()?;
        self.engine()
            .write(Db::Main, move |conn| {
                let kept: Vec<_> = files.iter().map(|file| keep(conn, &key, &call, file)).collect::<Result<_>>()?;
                let count = kept.iter().flatten().count();
                if count > 0 {
                    enter(&inner, conn, &call, BTreeMap::from([("imports".to_owned(), number(count))]))?;
                }
                Ok(kept)
            })
            .await
    }

    /// Takes an import back: its lines are gone; false when there is none, or no longer.
    ///
    /// # Errors
    /// As [`Store::keep_assets`].
    pub async fn undo_assets(&self, call: &Call, import: i64) -> Result<bool> {
        permitted(call)?;
        let (inner, call) = (self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                let undone = conn.execute(
                    "UPDATE asset_import SET undone = ?3, undoer = ?4 WHERE tenant = ?1 AND import = ?2 AND undone = 0",
                    &cells![call.tenant, import, call.now, call.actor().value()],
                )?;
                if undone == 0 {
                    return Ok(false);
                }
                conn.execute("DELETE FROM asset_part WHERE tenant = ?1 AND import = ?2", &cells![call.tenant, import])?;
                enter(&inner, conn, &call, BTreeMap::from([("imports".to_owned(), 1)]))?;
                Ok(true)
            })
            .await
    }

    /// All imports, the oldest first, those taken back too.
    ///
    /// # Errors
    /// As [`Store::keep_assets`]; [`Error::Integrity`] when one does not open.
    pub async fn asset_imports(&self, call: &Call) -> Result<Undisclosed<Vec<AssetImport>>> {
        permitted(call)?;
        let (key, tenant) = (self.keyring().tenant(call.tenant, Use::Data)?, call.tenant);
        let rows = self
            .engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT import, at, actor, undone, undoer, body, digest FROM asset_import WHERE tenant = ?1 ORDER BY import",
                    &cells![tenant],
                )?;
                rows.iter().map(|row| opened(&key, tenant, row)).collect()
            })
            .await?;
        Ok(Undisclosed::new(rows, Shown::default()))
    }

    /// The parts of these imports, in order, each with its import.
    ///
    /// # Errors
    /// As [`Store::asset_imports`].
    pub async fn asset_parts(&self, call: &Call, imports: Vec<i64>) -> Result<Undisclosed<Vec<(i64, Vec<u8>)>>> {
        permitted(call)?;
        let (key, tenant) = (self.keyring().tenant(call.tenant, Use::Data)?, call.tenant);
        let parts = self
            .engine()
            .read(Db::Main, move |conn| {
                let mut parts = Vec::new();
                for import in &imports {
                    let rows = conn.query(
                        "SELECT part, body FROM asset_part WHERE tenant = ?1 AND import = ?2 ORDER BY part",
                        &cells![tenant, *import],
                    )?;
                    for row in &rows {
                        let packed = crypto::open(&key, &aad(tenant, *import, row.int(0)?), row.blob(1)?)?;
                        let plain = zstd::decode_all(packed.as_slice())
                            .map_err(|_| Error::Integrity("a part of the estate does not unpack".into()))?;
                        parts.push((*import, plain));
                    }
                }
                Ok(parts)
            })
            .await?;
        Ok(Undisclosed::new(parts, Shown::default()))
    }
}

/// For others there is no estate.
pub(crate) fn permitted(call: &Call) -> Result<()> {
    if call.clearance.sees_estate() { Ok(()) } else { Err(Error::Absent) }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A part opens at its own place only; the head of an import is part 0.
/// For who looks for damage.
pub(crate) const HEADS: SealedRows = SealedRows {
    what: "import of the estate",
    fr: "import du parc",
    text: "SELECT 0, import, body FROM asset_import WHERE tenant = ?1 ORDER BY import LIMIT ?2 OFFSET ?3",
    body: 2,
    spot: Some(["asset_import", "body", "import = ?4"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.int(1)?, 0)),
};

/// For who looks for damage.
pub(crate) const PARTS: SealedRows = SealedRows {
    what: "part of import of the estate",
    fr: "partie de l'import du parc",
    text: "SELECT 0, import, part, body FROM asset_part WHERE tenant = ?1 ORDER BY import, part LIMIT ?2 OFFSET ?3",
    body: 3,
    spot: Some(["asset_part", "body", "import = ?4 AND part = ?5"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.int(1)?, row.int(2)?)),
};

fn aad(tenant: i64, import: i64, part: i64) -> Vec<u8> {
    format!("asset {tenant} {import} {part}").into_bytes()
}

fn packed(parts: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
    let pack = |part: &Vec<u8>| zstd::encode_all(part.as_slice(), LEVEL).map_err(|_| Error::bug("packing a part"));
    parts.iter().map(pack).collect()
}

fn keep(conn: &Conn<'_>, key: &Secret, call: &Call, file: &NewAssets) -> Result<Option<i64>> {
    let known = conn.query_opt(
        "SELECT import FROM asset_import WHERE tenant = ?1 AND digest = ?2 AND undone = 0",
        &cells![call.tenant, file.digest.clone()],
    )?;
    if known.is_some() {
        return Ok(None);
    }
    let (tenant, import) = (call.tenant, bump(conn, NUMBER, 1)?);
    let body = crypto::seal(key, &aad(tenant, import, 0), &file.head)?;
    conn.execute(
        "INSERT INTO asset_import(tenant, import, at, actor, undone, undoer, digest, body)
         VALUES(?1, ?2, ?3, ?4, 0, 0, ?5, ?6)",
        &cells![tenant, import, call.now, call.actor().value(), file.digest.clone(), body],
    )?;
    for (plain, part) in file.parts.iter().zip(1_i64..) {
        let body = crypto::seal(key, &aad(tenant, import, part), plain)?;
        conn.execute(
            "INSERT INTO asset_part(tenant, import, part, body) VALUES(?1, ?2, ?3, ?4)",
            &cells![tenant, import, part, body],
        )?;
    }
    Ok(Some(import))
}

pub(crate) fn enter(inner: &Inner, conn: &Conn<'_>, call: &Call, counts: BTreeMap<String, i64>) -> Result<()> {
    let entry = audit::seal(&inner.keyring, &inner.engine, conn, call.tenant, call.envelope(counts), Vec::new())?;
    audit::insert_beside_write(conn, &entry)
}

fn opened(key: &Secret, tenant: i64, row: &Row) -> Result<AssetImport> {
    let (import, undone) = (row.int(0)?, row.int(3)?);
    Ok(AssetImport {
        import,
        at: row.int(1)?,
        actor: Actor::new(row.int(2)?),
        undone: (undone != 0).then_some((undone, Actor::new(row.int(4)?))),
        digest: row.blob(6)?.to_vec(),
        head: crypto::open(key, &aad(tenant, import, 0), row.blob(5)?)?,
    })
}
