//! How the store is, in numbers: for whoever watches the machine. Nothing about anybody.

use crate::downtime::Outage;
use crate::engine::{Conn, Db, Dialect, Part, cells};
use crate::error::Result;
use crate::outbox::{self, Counts};
use crate::store::Store;

/// Rows are counted up to this many: beyond, "many" is all one has to know.
const COUNTED: i64 = 10_000;

/// What one legal entity's part of the store says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Where its log stands.
    pub log: Log,
    /// The log cannot be written now, as this process sees it.
    pub outage: Option<Outage>,
    /// Work that leaves the store.
    pub outbox: Counts,
    /// Changes that programs are still to be told of, up to 10,000.
    pub changes: i64,
    /// Bytes on disk of each database (of all legal entities).
    pub bytes: Vec<(&'static str, u64)>,
}

/// The log of accesses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Log {
    /// Leaves of the tree.
    pub size: i64,
    /// Entries that have no leaf yet, up to 10,000.
    pub behind: i64,
    /// When the oldest of them was made, UTC microseconds.
    pub oldest: Option<i64>,
    /// When it was last signed, UTC microseconds.
    pub signed: Option<i64>,
    /// Life of the tree: one more after a copy was put back.
    pub epoch: i64,
}

impl Store {
    /// How the engine is at work, counted by this process since it opened.
    pub fn parts(&self) -> Vec<Part> {
        self.engine().parts()
    }

    /// `sqlite` or `postgresql`.
    pub fn engine_name(&self) -> &'static str {
        self.engine().name()
    }

    /// Looks whether the store answers.
    ///
    /// # Errors
    /// The engine's.
    pub async fn answers(&self) -> Result<()> {
        self.engine().read(Db::Main, |conn| conn.query_one("SELECT value FROM store_meta", &[])).await.map(drop)
    }

    /// How the part of a legal entity is.
    ///
    /// # Errors
    /// The engine's.
    pub async fn vitals(&self, tenant: i64) -> Result<Vitals> {
        let (mut log, watermark) = self.engine().read(Db::Audit, move |conn| read_log(conn, tenant)).await?;
        let (written, (outbox, changes)) = self
            .engine()
            .read(Db::Main, move |conn| Ok((unwritten(conn, tenant, watermark)?, leaving(conn, tenant)?)))
            .await?;
        log.behind = (log.behind + written.0).min(COUNTED);
        log.oldest = log.oldest.into_iter().chain(written.1).min();
        let bytes = self.engine().bytes().await?;
        Ok(Vitals { log, outage: self.outage(tenant), outbox, changes, bytes })
    }
}

/// The log as far as `audit` tells, and up to where `main` has been taken in.
fn read_log(conn: &Conn<'_>, tenant: i64) -> Result<(Log, i64)> {
    let head = crate::audit::head(conn, tenant)?;
    let waiting = conn.query_one(
        "SELECT COUNT(*), MIN(w.at) FROM (SELECT e.at FROM entry e WHERE e.tenant = ?1 AND e.seq > ?2
           AND NOT EXISTS(SELECT 1 FROM leaf l WHERE l.tenant = e.tenant AND l.entry = e.entry)
           ORDER BY e.seq LIMIT ?3) w",
        &cells![tenant, head.audit_watermark, COUNTED],
    )?;
    let signed = conn.query_one("SELECT MAX(at) FROM checkpoint WHERE tenant = ?1", &cells![tenant])?;
    let log = Log {
        size: head.size,
        epoch: head.epoch,
        behind: waiting.int(0)?,
        oldest: waiting.opt_int(1)?,
        signed: signed.opt_int(0)?,
    };
    Ok((log, head.main_watermark))
}

/// Entries of writes that have no leaf yet. On PostgreSQL those of the last minute are looked at again, above the
/// watermark, though they have theirs.
fn unwritten(conn: &Conn<'_>, tenant: i64, watermark: i64) -> Result<(i64, Option<i64>)> {
    let leafless = match conn.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => " AND NOT EXISTS(SELECT 1 FROM leaf l WHERE l.tenant = e.tenant AND l.entry = e.entry)",
    };
    let text = format!(
        "SELECT COUNT(*), MIN(w.at) FROM (SELECT e.at FROM entry_out e WHERE e.tenant = ?1 AND e.seq > ?2{leafless} ORDER BY e.seq LIMIT ?3) w"
    );
    let row = conn.query_one(&text, &cells![tenant, watermark, COUNTED])?;
    Ok((row.int(0)?, row.opt_int(1)?))
}

/// What is still to leave.
fn leaving(conn: &Conn<'_>, tenant: i64) -> Result<(Counts, i64)> {
    let changes = conn.query_one(
        "SELECT COUNT(*) FROM (SELECT rid FROM subscription_change WHERE tenant = ?1 LIMIT ?2) c",
        &cells![tenant, COUNTED],
    )?;
    Ok((outbox::count(conn, tenant)?, changes.int(0)?))
}
