//! When the log cannot be written: a full disk, a file that became read-only, a lock that nobody gives back.
//!
//! Carers must go on reading. What they are shown up to level 3 waits in memory, is told on standard error, and enters
//! the log when it can be written again, beside a declared gap. Programs and level 4 wait for the log as ever.

use crate::audit::{self, Sealed};
use crate::call::{Call, Shown};
use crate::engine::{Conn, Db, Unwritable, cells};
use crate::error::{Error, MOVED, Result};
use crate::store::Store;
use confidentiality::Purpose;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Entries kept in memory; beyond, reads are only counted.
const KEPT: usize = 10_000;

/// A log that cannot be written now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Since when, UTC microseconds.
    pub since: i64,
    /// Reads that will be in the log when it can be written again.
    pub late: u64,
    /// Reads that were only counted.
    pub lost: u64,
}

#[derive(Default)]
pub(crate) struct Downtime {
    outages: Mutex<BTreeMap<i64, Waiting>>,
    /// Last use of sessions, by the hash of their token, where it could not be written.
    seen: Mutex<HashMap<Vec<u8>, i64>>,
}

#[derive(Default)]
struct Waiting {
    since: i64,
    entries: Vec<Arc<Sealed>>,
    lost: u64,
}

impl Downtime {
    fn is_on(&self, tenant: i64) -> bool {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&tenant)
    }

    pub(crate) fn keep(&self, tenant: i64, now: i64, entry: Arc<Sealed>) {
        let mut outages = self.outages.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = outages.entry(tenant).or_insert_with(|| Waiting { since: now, ..Waiting::default() });
        if waiting.entries.len() < KEPT {
            waiting.entries.push(entry);
        } else {
            waiting.lost += 1;
        }
    }

    fn take(&self, tenant: i64) -> Option<Waiting> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant)
    }

    /// What could not be written after all; reads may have come meanwhile.
    fn put_back(&self, tenant: i64, mut waiting: Waiting) {
        let mut outages = self.outages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(newer) = outages.remove(&tenant) {
            waiting.entries.extend(newer.entries);
            waiting.lost += newer.lost;
        }
        outages.insert(tenant, waiting);
    }

    /// A session that was used, and of which that could not be written.
    pub(crate) fn touch(&self, token: Vec<u8>, now: i64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < KEPT {
            seen.insert(token, now);
        }
    }

    /// When a session was last used, as far as could not be written.
    pub(crate) fn seen(&self, token: &[u8]) -> Option<i64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(token).copied()
    }

    pub(crate) fn forget(&self, token: &[u8]) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}

/// Who goes on reading when the log cannot be written: people who take care of somebody, below level 4.
fn goes_on(call: &Call, shown: &Shown) -> bool {
    !call.clearance.is_universal() && call.clearance.purpose() == Purpose::Care && !shown.has_level4()
}

impl Store {
    /// Makes an entry durable, or, for who goes on reading all the same, keeps it for later.
    pub(crate) async fn enter_read(&self, call: &Call, shown_goes_on: bool, entry: Sealed) -> Result<()> {
        let (tenant, entry, downtime) = (call.tenant, Arc::new(entry), &self.0.downtime);
        if shown_goes_on && downtime.is_on(tenant) {
            downtime.keep(tenant, call.now, entry);
            return Ok(());
        }
        match audit::enter(&self.0, entry.clone()).await {
            Err(Error::Unavailable(why)) if shown_goes_on => {
                tracing::error!(
                    tenant,
                    actor = call.actor().value(),
                    why,
                    "the log cannot be written: carers go on reading"
                );
                downtime.keep(tenant, call.now, entry);
                Ok(())
            }
            written => written,
        }
    }

    pub(crate) fn goes_on(&self, call: &Call, shown: &Shown) -> bool {
        goes_on(call, shown)
    }

    /// Keeps so many bytes for the day the disk is full: then they go to the log of reads and to sessions, and records can
    /// no longer be written. Asked again and again: a reserve that was given away is made anew once there is room, and records
    /// can be written again. Whether there is room. On PostgreSQL, always.
    ///
    /// # Errors
    /// The file's, but for a full disk.
    pub async fn keep_reserve(&self, bytes: u64) -> Result<bool> {
        self.engine().keep_reserve(bytes).await
    }

    /// What cannot be written now, as the last writes of this process have shown.
    pub fn unwritable(&self) -> Unwritable {
        self.engine().unwritable()
    }

    /// Looks whether the files in the folder are still those that are open: once they are not, nothing is written any more, for all of
    /// it would be gone with this process. Asked each second while serving. Whether they are; on PostgreSQL, always.
    ///
    /// # Errors
    /// A defect.
    pub async fn look_at_files(&self) -> Result<bool> {
        self.engine().look_at_files().await
    }

    /// The last thing a server does whose files were replaced: what carers have read meanwhile goes into the log it belongs to, if that
    /// still has a name somewhere; else standard error says how much is in no log.
    pub async fn leave_replaced(&self, tenant: i64, now: i64) {
        let Some(Outage { late, lost, .. }) = self.outage(tenant) else { return };
        let settled = match self.engine().leave().await {
            Ok(Some(log)) => self.settle_outage(tenant, now).await.map(|()| log),
            Ok(None) => Err(Error::Unavailable(MOVED.into())),
            Err(error) => Err(error),
        };
        match settled {
            Ok(log) => {
                tracing::warn!(tenant, late, lost, log = %log.display(), "what was read meanwhile is in the log, as it is named now")
            }
            Err(error) => {
                tracing::error!(tenant, late, lost, %error, "what was read since the files were replaced is in no log");
            }
        }
    }

    /// Reads from a streaming replica of the same PostgreSQL, but only while the database does not answer, and nothing that is
    /// older than `bound`: a clearance that ended since, a masking that came since, is not known there. Writes are refused
    /// meanwhile, and so is whatever must be in the log before it is shown: programs, level 4 ([`Outage`]). The replica
    /// may be away itself.
    ///
    /// # Errors
    /// A connection string that is none; a store that is no database.
    pub fn stand_in(&self, replica: &str, bound: Duration) -> Result<()> {
        self.engine().follow(replica, bound)
    }

    /// How old what is read may be, while it comes from a replica; none while the database answers.
    pub fn stands_behind(&self) -> Option<Duration> {
        self.engine().behind()
    }

    /// The tenant's outage, if the log cannot be written now.
    pub fn outage(&self, tenant: i64) -> Option<Outage> {
        let outages = self.0.downtime.outages.lock().unwrap_or_else(PoisonError::into_inner);
        outages.get(&tenant).map(|waiting| Outage {
            since: waiting.since,
            late: waiting.entries.len() as u64,
            lost: waiting.lost,
        })
    }

    /// Puts what waits into the log, with a gap that says from when to when answers did not wait for it.
    ///
    /// # Errors
    /// The engine's: then it goes on waiting.
    pub(crate) async fn settle_outage(&self, tenant: i64, now: i64) -> Result<()> {
        let Some(waiting) = self.0.downtime.take(tenant) else { return Ok(()) };
        let (late, lost) = (waiting.entries.len() as u64, waiting.lost);
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let reads = count(late + lost);
        let counts = BTreeMap::from([("late".to_owned(), count(late)), ("lost".to_owned(), count(lost))]);
        let (inner, entries, since) = (self.0.clone(), waiting.entries.clone(), waiting.since);
        let envelope = audit::Envelope::of_store("gap", counts, now);
        let sealing = inner.clone();
        let seal =
            move |conn: &Conn<'_>| audit::seal(&sealing.keyring, &sealing.engine, conn, tenant, envelope, Vec::new());
        let written = match self.engine().read(Db::Main, seal).await {
            Ok(gap) => {
                let write = move |conn: &Conn<'_>| {
                    for entry in &entries {
                        audit::insert_late(conn, entry)?;
                    }
                    audit::insert_read(conn, &gap)?;
                    conn.execute(
                        "INSERT INTO gap(tenant, starts, ends, reads, note) VALUES(?1, ?2, ?3, ?4, ?5)",
                        &cells![tenant, since, now, reads, format!("late {late}, lost {lost}")],
                    )
                };
                self.engine().write(Db::Audit, write).await
            }
            Err(error) => Err(error),
        };
        match written {
            Ok(_) => {
                tracing::warn!(tenant, late, lost, "the log can be written again");
                Ok(())
            }
            Err(error) => {
                tracing::error!(tenant, late, lost, "the log still cannot be written");
                self.0.downtime.put_back(tenant, waiting);
                Err(error)
            }
        }
    }
}
