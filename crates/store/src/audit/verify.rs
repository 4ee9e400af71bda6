//! Checking the whole log: every entry against its leaf, every leaf against the tree, the tree against what was signed.

use super::checkpoint::{self, Checkpoint};
use super::sequencer::{self, Head};
use super::tree::{self, Tree};
use super::{Payload, envelope_aad, hex};
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Row, cells};
use crate::error::Result;
use crate::keys::Use;
use crate::store::Inner;
use serde::Serialize;
use std::collections::BTreeMap;

/// Leaves checked at a time.
const CHUNK: i64 = 1_000;

/// What a verification found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How many entries the tree holds.
    pub tree_size: i64,
    /// Its root, in hexadecimal.
    pub root: String,
    /// The current log epoch.
    pub epoch: i64,
    /// How many checkpoints are kept.
    pub checkpoints: usize,
    /// How many declared gaps.
    pub gaps: i64,
    /// What is wrong; empty when the log is whole.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong with the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A fixed word.
    pub code: &'static str,
    /// Where.
    pub detail: String,
}

fn finding(code: &'static str, detail: impl Into<String>) -> Finding {
    Finding { code, detail: detail.into() }
}

/// A leaf with what was found of its entry.
struct Leaf {
    position: i64,
    entry: Vec<u8>,
    hash: Vec<u8>,
    found: Option<Found>,
}

/// An entry's row and parts.
struct Found {
    commitment: Vec<u8>,
    salt: Option<Vec<u8>>,
    envelope: Option<Vec<u8>>,
    at: i64,
    parts: Vec<(i64, Option<Vec<u8>>)>,
}

/// Checks a tenant's log.
pub(crate) async fn verify(inner: &Inner, tenant: i64, external: Option<String>) -> Result<Report> {
    let key = inner.keyring.tenant(tenant, Use::Audit)?;
    let seed = inner.keyring.tenant(tenant, Use::Checkpoint)?;
    let origin = checkpoint::origin(inner.id(), tenant);
    let (head, notes, gaps) = inner.engine.read(Db::Audit, move |conn| overview(conn, tenant)).await?;
    let mut findings = Vec::new();
    let mut signed: BTreeMap<i64, Vec<(Checkpoint, &'static str)>> = BTreeMap::new();
    let own = notes.iter().map(|note| (note, "checkpoint"));
    for (note, code) in own.chain(external.iter().map(|note| (note, "external-checkpoint"))) {
        match checkpoint::read(note, &origin, &seed)? {
            Some(read) if read.size <= head.size => signed.entry(read.size).or_default().push((read, code)),
            Some(read) => {
                findings.push(finding(code, format!("is for {} entries, the log has {}", read.size, head.size)))
            }
            None => findings.push(finding(code, "is not signed by this log")),
        }
    }
    let mut tree = Tree::default();
    check_roots(&tree, &signed, &mut findings);
    while tree.size() < head.size {
        let from = tree.size();
        let leaves = chunk(inner, tenant, from).await?;
        if leaves.is_empty() {
            findings.push(finding("leaf", format!("{from} is missing")));
            break;
        }
        let before = tree.clone();
        for leaf in &leaves {
            check_leaf(&key, tenant, leaf, tree.size(), &mut findings);
            tree.push(tree::leaf(&leaf.entry, leaf.found.as_ref().map_or(&[], |found| found.commitment.as_slice())));
            check_roots(&tree, &signed, &mut findings);
        }
        let missing = inner.engine.read(Db::Audit, move |conn| check_nodes(conn, tenant, before, &leaves)).await?;
        findings.extend(missing);
    }
    findings.extend(counts(inner, tenant, head).await?);
    findings.extend(inner.engine.read(Db::Audit, move |conn| lost(conn, tenant)).await?);
    Ok(Report {
        tree_size: head.size,
        root: hex(&tree.root()),
        epoch: head.epoch,
        checkpoints: notes.len(),
        gaps,
        findings,
    })
}

fn overview(conn: &Conn<'_>, tenant: i64) -> Result<(Head, Vec<String>, i64)> {
    let notes = conn.query("SELECT note FROM checkpoint WHERE tenant = ?1 ORDER BY size", &cells![tenant])?;
    let notes = notes.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<Vec<_>>>()?;
    let gaps = conn.query_one("SELECT COUNT(*) FROM gap WHERE tenant = ?1", &cells![tenant])?.int(0)?;
    Ok((sequencer::head(conn, tenant)?, notes, gaps))
}

fn check_roots(tree: &Tree, signed: &BTreeMap<i64, Vec<(Checkpoint, &'static str)>>, findings: &mut Vec<Finding>) {
    for (checkpoint, code) in signed.get(&tree.size()).into_iter().flatten() {
        if checkpoint.root != tree.root() {
            findings.push(finding(code, format!("the root at {} entries is not the signed one", checkpoint.size)));
        }
    }
}

async fn chunk(inner: &Inner, tenant: i64, from: i64) -> Result<Vec<Leaf>> {
    let mut leaves = inner.engine.read(Db::Audit, move |conn| leaves(conn, tenant, from)).await?;
    let elsewhere: Vec<Vec<u8>> =
        leaves.iter().filter(|leaf| leaf.found.is_none()).map(|leaf| leaf.entry.clone()).collect();
    let mut written = inner
        .engine
        .read(Db::Main, move |conn| {
            elsewhere.iter().map(|entry| find(conn, tenant, entry, WRITTEN)).collect::<Result<Vec<_>>>()
        })
        .await?
        .into_iter();
    for leaf in leaves.iter_mut().filter(|leaf| leaf.found.is_none()) {
        leaf.found = written.next().flatten();
    }
    Ok(leaves)
}

const READ: [&str; 2] = [
    "SELECT commitment, salt, envelope, at FROM entry WHERE tenant = ?1 AND entry = ?2",
    "SELECT person, body FROM entry_part WHERE tenant = ?1 AND entry = ?2 ORDER BY person",
];
const WRITTEN: [&str; 2] = [
    "SELECT commitment, salt, envelope, at FROM entry_out WHERE tenant = ?1 AND entry = ?2",
    "SELECT person, body FROM entry_out_part WHERE tenant = ?1 AND entry = ?2 ORDER BY person",
];

fn leaves(conn: &Conn<'_>, tenant: i64, from: i64) -> Result<Vec<Leaf>> {
    let rows = conn.query(
        "SELECT position, entry, hash FROM leaf WHERE tenant = ?1 AND position >= ?2 ORDER BY position LIMIT ?3",
        &cells![tenant, from, CHUNK],
    )?;
    let leaf = |row: &Row| {
        let entry = row.blob(1)?.to_vec();
        let found = find(conn, tenant, &entry, READ)?;
        Ok(Leaf { position: row.int(0)?, hash: row.blob(2)?.to_vec(), found, entry })
    };
    rows.iter().map(leaf).collect()
}

fn find(conn: &Conn<'_>, tenant: i64, entry: &[u8], [row, parts]: [&str; 2]) -> Result<Option<Found>> {
    let Some(row) = conn.query_opt(row, &cells![tenant, entry])? else { return Ok(None) };
    let parts = conn.query(parts, &cells![tenant, entry])?;
    Ok(Some(Found {
        commitment: row.blob(0)?.to_vec(),
        salt: row.opt_blob(1)?.map(<[u8]>::to_vec),
        envelope: row.opt_blob(2)?.map(<[u8]>::to_vec),
        at: row.int(3)?,
        parts: parts
            .iter()
            .map(|row| Ok((row.int(0)?, row.opt_blob(1)?.map(<[u8]>::to_vec))))
            .collect::<Result<Vec<_>>>()?,
    }))
}

fn check_leaf(key: &Secret, tenant: i64, leaf: &Leaf, expected: i64, findings: &mut Vec<Finding>) {
    let at = format!("{} (entry {})", leaf.position, hex(&leaf.entry));
    if leaf.position != expected {
        findings.push(finding("leaf", format!("{expected} is missing")));
    }
    let Some(found) = &leaf.found else {
        findings.push(finding("entry", format!("{at} has no row")));
        return;
    };
    if tree::leaf(&leaf.entry, &found.commitment).as_slice() != leaf.hash {
        findings.push(finding("leaf", format!("{at} does not match its entry")));
    }
    let (Some(salt), Some(envelope)) = (&found.salt, &found.envelope) else {
        if found.salt.is_some() != found.envelope.is_some() {
            findings.push(finding("entry", format!("{at} is half purged")));
        }
        return;
    };
    let Ok(plain) = crypto::open(key, &envelope_aad(tenant, &leaf.entry), envelope) else {
        findings.push(finding("envelope", format!("{at} does not open")));
        return;
    };
    if crypto::mac(salt, &[&plain]).as_slice() != found.commitment {
        findings.push(finding("commitment", format!("{at} does not match its envelope")));
    }
    let Ok(payload) = serde_json::from_slice::<Payload>(&plain) else {
        findings.push(finding("envelope", format!("{at} does not decode")));
        return;
    };
    if payload.envelope.at != found.at {
        findings.push(finding("entry", format!("{at} has another time than its envelope")));
    }
    for (person, body) in &found.parts {
        let known = payload.parts.iter().find(|(number, _)| number == person);
        let same =
            |(_, digest): &(i64, String)| body.as_ref().is_none_or(|body| *digest == hex(&crypto::sha256(&[body])));
        if !known.is_some_and(same) {
            findings.push(finding("part", format!("{at} has a changed part")));
        }
    }
}

/// The stored subtrees against those computed from the stored leaves.
fn check_nodes(conn: &Conn<'_>, tenant: i64, mut tree: Tree, leaves: &[Leaf]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for leaf in leaves {
        let commitment = leaf.found.as_ref().map_or(&[][..], |found| found.commitment.as_slice());
        for subtree in tree.push(tree::leaf(&leaf.entry, commitment)) {
            let stored = sequencer::stored_node(conn, tenant, subtree.height, subtree.position);
            if !matches!(stored, Ok(Some(hash)) if hash == subtree.hash) {
                findings.push(finding("node", format!("height {}, position {}", subtree.height, subtree.position)));
            }
        }
    }
    Ok(findings)
}

/// A log that was there and is gone has begun anew, and says so for ever: what was read before is not in it.
fn lost(conn: &Conn<'_>, tenant: i64) -> Result<Vec<Finding>> {
    let begun = "SELECT opened FROM log_epoch WHERE tenant = ?1 AND reason = ?2 ORDER BY epoch";
    let rows = conn.query(begun, &cells![tenant, sequencer::LOST])?;
    let one = |row: &Row| {
        let at = row.int(0)?;
        Ok(finding(
            "epoch",
            format!("audit was empty at {at} (microseconds, UTC): what was read before is not in the log"),
        ))
    };
    rows.iter().map(one).collect()
}

/// Every entry has a leaf: there are as many of the ones as of the others, and no mark is ahead of its rows.
async fn counts(inner: &Inner, tenant: i64, head: Head) -> Result<Vec<Finding>> {
    let (written, highest, signed) = inner
        .engine
        .read(Db::Main, move |conn| {
            let row = conn.query_one(
                "SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM entry_out WHERE tenant = ?1",
                &cells![tenant],
            )?;
            Ok((row.int(0)?, row.int(1)?, checkpoint::known_size(conn, tenant)?))
        })
        .await?;
    let (read, leaves) = inner
        .engine
        .read(Db::Audit, move |conn| {
            let read = conn.query_one("SELECT COUNT(*) FROM entry WHERE tenant = ?1", &cells![tenant])?.int(0)?;
            let leaves = conn.query_one("SELECT COUNT(*) FROM leaf WHERE tenant = ?1", &cells![tenant])?.int(0)?;
            Ok((read, leaves))
        })
        .await?;
    let mut findings = Vec::new();
    if written + read != leaves {
        findings.push(finding("count", format!("{} entries, {leaves} leaves", written + read)));
    }
    if leaves != head.size {
        findings.push(finding("head", format!("says {} entries, there are {leaves} leaves", head.size)));
    }
    if head.size < signed {
        findings
            .push(finding("head", format!("has {} entries, and had {signed}: audit is older than main", head.size)));
    }
    if head.main_watermark > highest {
        findings.push(finding("watermark", "is ahead of the record"));
    }
    Ok(findings)
}
