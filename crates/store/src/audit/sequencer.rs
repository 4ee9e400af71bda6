//! Appends entries to the tree, in the order they were written.
//!
//! Entries of writes are in `main`, of reads in `audit`; neither is ever changed. One transaction of `audit` adds the
//! leaves and moves both watermarks; a crash before it replays harmlessly, for an entry has one leaf.

use super::checkpoint;
use super::tree::{self, Hash, Tree};
use crate::engine::{Cell, Conn, Db, Dialect, Engine, Row, cells};
use crate::error::{Error, Result};
use crate::reindex;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// Entries of one round.
const ROUND: i64 = 5_000;
/// On PostgreSQL a lower number may be committed later: rows younger than this are looked at again.
const SLACK: i64 = 60_000_000;
/// How often they are, by who appends every second: in between, only what has come since is asked for.
const AGAIN: i64 = 10_000_000;

/// How far this process has appended, by tenant: what lies before has its leaf, but for what was committed late.
#[derive(Debug, Default)]
pub(crate) struct Marks(Mutex<HashMap<i64, Mark>>);

#[derive(Debug, Clone, Copy)]
struct Mark {
    main: i64,
    audit: i64,
    /// When all that is younger than [`SLACK`] was last looked at.
    whole: i64,
}

impl Marks {
    /// Where to go on from; none when all is to be looked at again.
    fn of(&self, tenant: i64, now: i64) -> Option<Mark> {
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.get(&tenant).copied().filter(|mark| (mark.whole..mark.whole + AGAIN).contains(&now))
    }

    fn set(&self, tenant: i64, mark: Mark) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, mark);
    }
}

/// Where the log of a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) size: i64,
    pub(crate) epoch: i64,
    pub(crate) main_watermark: i64,
    pub(crate) audit_watermark: i64,
}

/// The head of a tenant's log; an empty one when there is none yet.
pub(crate) fn head(conn: &Conn<'_>, tenant: i64) -> Result<Head> {
    let row = conn.query_opt(
        "SELECT size, epoch, main_watermark, audit_watermark FROM tree_head WHERE tenant = ?1",
        &cells![tenant],
    )?;
    row.map_or(Ok(Head { size: 0, epoch: 1, main_watermark: 0, audit_watermark: 0 }), |row| {
        Ok(Head { size: row.int(0)?, epoch: row.int(1)?, main_watermark: row.int(2)?, audit_watermark: row.int(3)? })
    })
}

fn store_head(conn: &Conn<'_>, tenant: i64, head: Head) -> Result<()> {
    conn.execute(
        "INSERT INTO tree_head(tenant, size, epoch, main_watermark, audit_watermark) VALUES(?1, ?2, ?3, ?4, ?5)
         ON CONFLICT(tenant) DO UPDATE SET size = excluded.size, epoch = excluded.epoch,
           main_watermark = excluded.main_watermark, audit_watermark = excluded.audit_watermark",
        &cells![tenant, head.size, head.epoch, head.main_watermark, head.audit_watermark],
    )?;
    Ok(())
}

/// One entry waiting for its leaf.
struct Waiting {
    seq: i64,
    entry: Vec<u8>,
    commitment: Vec<u8>,
}

fn waiting(row: &Row) -> Result<Waiting> {
    Ok(Waiting { seq: row.int(0)?, entry: row.blob(1)?.to_vec(), commitment: row.blob(2)?.to_vec() })
}

/// What waits of one of the two lists of entries, in order, and how far the watermark may go once it has been appended.
struct Next {
    waiting: Vec<Waiting>,
    watermark: i64,
    /// How far everything that can be seen now has its leaf then.
    reached: i64,
    /// There may be more than one round takes.
    full: bool,
}

/// The next entries of `table` past the watermark. On PostgreSQL, where the watermark stays behind for a while, those that have their
/// leaf are passed over here: however many come within that while, the next ones are reached.
///
/// `from`: where to go on from, when it is not all of them again; then the watermark stays.
fn next(conn: &Conn<'_>, table: &str, tenant: i64, watermark: i64, from: Option<i64>, now: i64) -> Result<Next> {
    let settled = match conn.dialect() {
        Dialect::Sqlite => i64::MAX,
        Dialect::Postgres => now.saturating_sub(SLACK),
    };
    // What is new has no leaf yet, unless another process was quicker: whoever appends asks.
    let unless = match conn.dialect() {
        Dialect::Postgres if from.is_none() => {
            " AND NOT EXISTS(SELECT 1 FROM leaf l WHERE l.tenant = e.tenant AND l.entry = e.entry)"
        }
        _ => "",
    };
    // Before the list: what comes in between is in the list, and beyond this.
    let top = format!("SELECT MAX(seq) FROM {table} WHERE tenant = ?1 AND seq > ?2");
    let top = conn.query_one(&top, &cells![tenant, from.unwrap_or(watermark)])?.opt_int(0)?;
    let text = format!(
        "SELECT e.seq, e.entry, e.commitment FROM {table} e WHERE e.tenant = ?1 AND e.seq > ?2{unless} \
         ORDER BY e.seq LIMIT ?3"
    );
    let rows = conn.query(&text, &cells![tenant, from.unwrap_or(watermark).max(watermark), ROUND])?;
    let waiting = rows.iter().map(waiting).collect::<Result<Vec<_>>>()?;
    // Beyond a full list there may be more without a leaf.
    let full = i64::try_from(waiting.len()).is_ok_and(|count| count >= ROUND);
    let last = waiting.last().filter(|_| full).map(|last| last.seq);
    let reached = last.or(top).or(from).unwrap_or(watermark);
    if from.is_some() {
        return Ok(Next { waiting, watermark, reached, full });
    }
    let bound = last.unwrap_or(i64::MAX);
    let text = format!(
        "SELECT seq FROM {table} WHERE tenant = ?1 AND seq > ?2 AND seq <= ?3 AND at >= ?4 ORDER BY seq LIMIT 1"
    );
    let young = conn.query_opt(&text, &cells![tenant, watermark, bound, settled])?;
    let bound = young.map_or(Ok(bound), |row| row.int(0).map(|seq| seq - 1))?;
    let text = format!("SELECT MAX(seq) FROM {table} WHERE tenant = ?1 AND seq > ?2 AND seq <= ?3");
    let last = conn.query_one(&text, &cells![tenant, watermark, bound])?.opt_int(0)?;
    Ok(Next { waiting, watermark: last.unwrap_or(watermark), reached, full })
}

/// Appends everything that waits. `marks`: how far this process has come, for who asks every second; without them, and on SQLite,
/// where numbers are in the order of commits, all that may wait is looked at.
pub(crate) async fn sequence(engine: &Engine, tenant: i64, now: i64, marks: Option<&Marks>) -> Result<Head> {
    let marks = marks.filter(|_| engine.dialect() == Dialect::Postgres);
    loop {
        let mark = marks.and_then(|marks| marks.of(tenant, now));
        let known = engine.read(Db::Audit, move |conn| head(conn, tenant)).await?;
        let (watermark, from) = (known.main_watermark, mark.map(|mark| mark.main));
        let written = engine.read(Db::Main, move |conn| next(conn, "entry_out", tenant, watermark, from, now)).await?;
        let done = engine.write(Db::Audit, move |conn| round(conn, tenant, now, &written, mark)).await?;
        if let (Some(marks), Some(mark)) = (marks, done.mark) {
            marks.set(tenant, mark);
        }
        // What has come meanwhile waits for the next call: under load there is always some.
        if !done.more {
            return Ok(done.head);
        }
    }
}

/// What came of one round.
struct Done {
    head: Head,
    /// More than one round takes was waiting.
    more: bool,
    /// How far this process has come by it; none when another appends.
    mark: Option<Mark>,
}

fn round(conn: &Conn<'_>, tenant: i64, now: i64, written: &Next, mark: Option<Mark>) -> Result<Done> {
    // First of all: how far the log has come is known once nobody else appends.
    let ours = conn.dialect() == Dialect::Sqlite || lease(conn, tenant)?;
    let current = head(conn, tenant)?;
    if !ours {
        return Ok(Done { head: current, more: false, mark: None });
    }
    let read = next(conn, "entry", tenant, current.audit_watermark, mark.map(|mark| mark.audit), now)?;
    let mut tree = load(conn, tenant, current.size)?;
    let mut next = current;
    for (list, watermark) in [(written, &mut next.main_watermark), (&read, &mut next.audit_watermark)] {
        append(conn, tenant, &mut tree, &list.waiting)?;
        *watermark = (*watermark).max(list.watermark);
    }
    next.size = tree.size();
    if next != current {
        store_head(conn, tenant, next)?;
    }
    let mark = Mark { main: written.reached, audit: read.reached, whole: mark.map_or(now, |mark| mark.whole) };
    Ok(Done { head: next, more: written.full || read.full, mark: Some(mark) })
}

/// Only one process at a time appends to a tenant's tree.
fn lease(conn: &Conn<'_>, tenant: i64) -> Result<bool> {
    let row = conn.query_one("SELECT pg_try_advisory_xact_lock(7345, CAST(?1 AS BIGINT)::int)", &cells![tenant])?;
    Ok(row.int(0)? != 0)
}

/// The stored tree at a size.
pub(super) fn load(conn: &Conn<'_>, tenant: i64, size: i64) -> Result<Tree> {
    let mut failure = None;
    let tree = Tree::load(size, |height, position| match stored_node(conn, tenant, height, position) {
        Ok(hash) => hash,
        Err(error) => {
            failure = Some(error);
            None
        }
    });
    match (tree, failure) {
        (_, Some(error)) => Err(error),
        (Some(tree), None) => Ok(tree),
        (None, None) => Err(Error::Integrity("a node of the audit tree is missing".into())),
    }
}

pub(super) fn stored_node(conn: &Conn<'_>, tenant: i64, height: u32, position: i64) -> Result<Option<Hash>> {
    let row = conn.query_opt(
        "SELECT hash FROM node WHERE tenant = ?1 AND height = ?2 AND position = ?3",
        &cells![tenant, i64::from(height), position],
    )?;
    row.map(|row| row.blob(0)?.try_into().map_err(|_| Error::Integrity("a node of the audit tree is cut".into())))
        .transpose()
}

/// Adds a leaf for each entry that has none, in their order.
fn append(conn: &Conn<'_>, tenant: i64, tree: &mut Tree, entries: &[Waiting]) -> Result<()> {
    let asked: Vec<Vec<Cell>> = entries.iter().map(|one| cells![tenant, one.entry.clone()].into()).collect();
    let known = conn.ask_each("SELECT l.entry FROM leaf l WHERE l.tenant = ?1 AND l.entry = ?2", &asked)?;
    let known = conn.answers(known)?;
    let mut known: HashSet<Vec<u8>> = known.iter().map(|row| row.blob(0).map(<[u8]>::to_vec)).collect::<Result<_>>()?;
    for one in entries {
        if !known.insert(one.entry.clone()) {
            continue;
        }
        let hash = tree::leaf(&one.entry, &one.commitment);
        conn.each(
            "INSERT INTO leaf(tenant, position, entry, hash) VALUES(?1, ?2, ?3, ?4)",
            &cells![tenant, tree.size(), one.entry.clone(), hash.to_vec()],
        )?;
        for subtree in tree.push(hash) {
            conn.each(
                "INSERT INTO node(tenant, height, position, hash) VALUES(?1, ?2, ?3, ?4)",
                &cells![tenant, i64::from(subtree.height), subtree.position, subtree.hash.to_vec()],
            )?;
        }
    }
    Ok(())
}

/// What an epoch is opened for, where the log there was is gone; verification finds it.
pub(crate) const LOST: &str = "the log was lost";

/// The counter of `main` that says that there is a log.
fn begun(tenant: i64) -> String {
    format!("log begun {tenant}")
}

/// Opens the first log epoch, or a new one when `main` is older than the log (it was restored from a copy), or when there is no log
/// and there was one: its file, or the journal that held it, was taken away.
pub(crate) async fn check_epochs(engine: &Engine, tenant: i64, now: i64) -> Result<()> {
    let (highest, known) = engine
        .read(Db::Main, move |conn| {
            let highest = "SELECT COALESCE(MAX(seq), 0) FROM entry_out WHERE tenant = ?1";
            Ok((conn.query_one(highest, &cells![tenant])?.int(0)?, reindex::noted(conn, &begun(tenant))? > 0))
        })
        .await?;
    engine
        .write(Db::Audit, move |conn| {
            let mut head = head(conn, tenant)?;
            let there = conn.query_opt("SELECT MAX(epoch) FROM log_epoch WHERE tenant = ?1", &cells![tenant])?;
            if there.map_or(Ok(None), |row| row.opt_int(0))?.is_none() {
                open_epoch(conn, tenant, head, now, if known || highest > 0 { LOST } else { "first" })?;
            }
            if head.main_watermark > highest {
                head.epoch += 1;
                head.main_watermark = 0;
                open_epoch(conn, tenant, head, now, "main is older than the log")?;
                store_head(conn, tenant, head)?;
            }
            Ok(())
        })
        .await?;
    if known {
        return Ok(());
    }
    engine.write(Db::Main, move |conn| reindex::note(conn, &begun(tenant), 1)).await
}

fn open_epoch(conn: &Conn<'_>, tenant: i64, head: Head, now: i64, reason: &str) -> Result<()> {
    let quoted = checkpoint::last(conn, tenant)?.unwrap_or_default();
    conn.execute(
        "INSERT INTO log_epoch(tenant, epoch, opened, first_position, reason, quoted) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        &cells![tenant, head.epoch, now, head.size, reason, quoted],
    )?;
    Ok(())
}
