//! What the log holds, seen as a whole: whether a request left its entries, and how long contents are kept.
//!
//! A purge takes the content of an entry and what it says of persons; its commitment and its leaf stay, so that the tree
//! still proves that nothing was changed or left out.

use super::{Payload, emptied, envelope_aad};
use crate::call::Call;
use crate::crypto;
use crate::engine::{Conn, Db, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::store::Store;
use std::collections::BTreeMap;

/// Entries purged in one transaction.
const BATCH: i64 = 500;

/// An entry of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// What was done.
    pub verb: String,
    /// Something was written; else it was only read.
    pub written: bool,
}

/// The two logs: rows of an interval, contents still kept, and what empties them.
struct Log {
    db: Db,
    written: bool,
    of: &'static str,
    oldest: &'static str,
    old: &'static str,
    empty: &'static str,
    parts: &'static str,
}

const LOGS: [Log; 2] = [
    Log {
        db: Db::Main,
        written: true,
        of: "SELECT entry, envelope FROM entry_out
             WHERE tenant = ?1 AND entry >= ?2 AND entry < ?3 AND envelope IS NOT NULL ORDER BY entry",
        oldest: "SELECT at FROM entry_out
             WHERE tenant = ?1 AND entry >= ?2 AND envelope IS NOT NULL ORDER BY entry LIMIT 1",
        old: "SELECT entry FROM entry_out
             WHERE tenant = ?1 AND entry >= ?2 AND entry < ?3 AND envelope IS NOT NULL ORDER BY entry LIMIT ?4",
        empty: "UPDATE entry_out SET salt = NULL, envelope = NULL WHERE tenant = ?1 AND entry = ?2",
        parts: "UPDATE entry_out_part SET body = NULL WHERE tenant = ?1 AND entry = ?2",
    },
    Log {
        db: Db::Audit,
        written: false,
        of: "SELECT entry, envelope FROM entry
             WHERE tenant = ?1 AND entry >= ?2 AND entry < ?3 AND envelope IS NOT NULL ORDER BY entry",
        oldest: "SELECT at FROM entry
             WHERE tenant = ?1 AND entry >= ?2 AND envelope IS NOT NULL ORDER BY entry LIMIT 1",
        old: "SELECT entry FROM entry
             WHERE tenant = ?1 AND entry >= ?2 AND entry < ?3 AND envelope IS NOT NULL ORDER BY entry LIMIT ?4",
        empty: "UPDATE entry SET salt = NULL, envelope = NULL WHERE tenant = ?1 AND entry = ?2",
        parts: "UPDATE entry_part SET body = NULL WHERE tenant = ?1 AND entry = ?2",
    },
];

/// Before every entry of this millisecond.
pub(super) fn bound(at: i64) -> Vec<u8> {
    (at.max(0) / 1000).to_be_bytes().get(2..).unwrap_or_default().to_vec()
}

impl Store {
    /// What the log says of the request of this call, made at the instant of this call: for who checks that it says it.
    ///
    /// # Errors
    /// [`Error::Integrity`] for an entry that does not open; the engine's.
    pub async fn traced(&self, call: &Call) -> Result<Vec<Traced>> {
        let (tenant, key) = (call.tenant, self.keyring().tenant(call.tenant, Use::Audit)?);
        let mut all = Vec::new();
        for log in LOGS {
            let (from, to) = (bound(call.now), bound(call.now + 1_000));
            let rows = self.engine().read(log.db, move |conn| {
                let rows = conn.query(log.of, &cells![tenant, from, to])?;
                rows.iter().map(|row| Ok((row.blob(0)?.to_vec(), row.blob(1)?.to_vec()))).collect::<Result<Vec<_>>>()
            });
            for (entry, envelope) in rows.await? {
                let plain = crypto::open(&key, &envelope_aad(tenant, &entry), &envelope)?;
                let damaged = |_| Error::Integrity("an audit entry does not decode".into());
                let payload: Payload = serde_json::from_slice(&plain).map_err(damaged)?;
                if payload.envelope.request == call.origin.request {
                    all.push(Traced { verb: payload.envelope.verb, written: log.written });
                }
            }
        }
        Ok(all)
    }

    /// When the oldest entry whose content is still kept was written, from `since` on (UTC microseconds).
    ///
    /// # Errors
    /// The engine's.
    pub async fn oldest_content(&self, tenant: i64, since: i64) -> Result<Option<i64>> {
        let mut oldest: Option<i64> = None;
        for log in LOGS {
            let at = bound(since);
            let read = move |conn: &Conn<'_>| {
                conn.query_opt(log.oldest, &cells![tenant, at])?.map(|row| row.int(0)).transpose()
            };
            oldest = [oldest, self.engine().read(log.db, read).await?].into_iter().flatten().min();
        }
        Ok(oldest)
    }

    /// Takes the content of entries written from `since` to `before`; how many. What was done is in the log.
    ///
    /// # Errors
    /// The engine's.
    pub async fn purge_trail(&self, call: &Call, since: i64, before: i64) -> Result<i64> {
        let (tenant, mut purged) = (call.tenant, 0);
        if self.oldest_content(tenant, since).await?.is_none_or(|oldest| oldest >= before) {
            return Ok(0);
        }
        // Said first: whatever stops it, what is gone is explained. By this word a verification knows what took the content of
        // entries, and up to when.
        let (inner, mut said) = (self.0.clone(), call.clone());
        emptied::PURGE.clone_into(&mut said.origin.verb);
        let counts = BTreeMap::from([(emptied::BEFORE.to_owned(), before)]);
        self.engine().write(Db::Main, move |conn| crate::assets::enter(&inner, conn, &said, counts)).await?;
        for log in LOGS {
            let (mut from, to) = (bound(since), bound(before));
            loop {
                let (begin, end, empty, parts, old) = (from.clone(), to.clone(), log.empty, log.parts, log.old);
                let batch = move |conn: &Conn<'_>| {
                    let rows = conn.query(old, &cells![tenant, begin, end, BATCH])?;
                    let entries = rows.iter().map(|row| Ok(row.blob(0)?.to_vec())).collect::<Result<Vec<_>>>()?;
                    for entry in &entries {
                        conn.execute(empty, &cells![tenant, entry.clone()])?;
                        conn.execute(parts, &cells![tenant, entry.clone()])?;
                    }
                    Ok(entries)
                };
                let entries = self.engine().write(log.db, batch).await?;
                purged += i64::try_from(entries.len()).unwrap_or(i64::MAX);
                match entries.into_iter().next_back() {
                    Some(last) => from = last,
                    None => break,
                }
            }
        }
        Ok(purged)
    }
}
