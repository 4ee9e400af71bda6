//! Checking the whole log: every entry against its leaf, every leaf against the tree, the tree against what was signed.

use super::checkpoint::{self, Checkpoint};
use super::emptied::{self, Emptied};
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
    /// What and where, in English.
    pub detail: String,
    /// The same, in French.
    pub text: String,
}

pub(super) fn finding(code: &'static str, detail: impl Into<String>, text: impl Into<String>) -> Finding {
    Finding { code, detail: detail.into(), text: text.into() }
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
    let erased = inner.engine.read(Db::Keys, move |conn| emptied::erased(conn, tenant)).await?;
    let (mut findings, mut emptied) = (Vec::new(), Emptied::new(erased));
    let own = notes.iter().map(|note| (note.as_str(), "checkpoint"));
    let all = own.chain(external.iter().map(|note| (note.as_str(), "external-checkpoint")));
    let signed = read_notes(all, (&origin, &seed), head.size, &mut findings)?;
    let mut tree = Tree::default();
    check_roots(&tree, &signed, &mut findings);
    let (mut next, mut missing) = (0, 0);
    while next < head.size {
        let leaves = chunk(inner, tenant, next).await?;
        if leaves.is_empty() {
            findings.push(gap(next, head.size));
            missing += head.size - next;
            break;
        }
        let before = tree.clone();
        let mut sound = 0;
        for leaf in &leaves {
            if leaf.position > next {
                findings.push(gap(next, leaf.position));
                missing += leaf.position - next;
            }
            next = leaf.position + 1;
            check_leaf(&key, tenant, leaf, (&mut findings, &mut emptied));
            tree.push(tree::leaf(&leaf.entry, leaf.found.as_ref().map_or(&[], |found| found.commitment.as_slice())));
            // Beyond a gap no subtree and no root can be made: what is signed there is not told as changed too.
            if missing == 0 {
                sound += 1;
                check_roots(&tree, &signed, &mut findings);
            }
        }
        let nodes = inner
            .engine
            .read(Db::Audit, move |conn| check_nodes(conn, tenant, before, leaves.get(..sound).unwrap_or_default()));
        findings.extend(nodes.await?);
    }
    findings.extend(emptied.findings());
    findings.extend(counts(inner, tenant, head, missing).await?);
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

/// What was signed, by size.
type Signed = BTreeMap<i64, Vec<(Checkpoint, &'static str)>>;

/// Checkpoints of this log that it can be held to.
fn read_notes<'a>(
    notes: impl Iterator<Item = (&'a str, &'static str)>,
    (origin, seed): (&str, &Secret),
    size: i64,
    findings: &mut Vec<Finding>,
) -> Result<Signed> {
    let mut signed = Signed::new();
    for (note, code) in notes {
        match checkpoint::read(note, origin, seed)? {
            Some(read) if read.size <= size => signed.entry(read.size).or_default().push((read, code)),
            Some(read) => {
                let fr = format!("un point de contrôle porte sur {} entrées : le journal en a {size}.", read.size);
                findings.push(finding(code, format!("is for {} entries, the log has {size}", read.size), fr));
            }
            None => {
                let fr = "un point de contrôle n'est pas signé par ce journal.";
                findings.push(finding(code, "is not signed by this log", fr));
            }
        }
    }
    Ok(signed)
}

/// Leaves that are not there, up to the one before `end`.
fn gap(from: i64, end: i64) -> Finding {
    let last = end - 1;
    if from == last {
        return finding("leaf", format!("{from} is missing"), format!("il manque la feuille {from}."));
    }
    let fr = format!("il manque les feuilles {from} à {last} ({}).", end - from);
    finding("leaf", format!("{from} to {last} are missing"), fr)
}

fn overview(conn: &Conn<'_>, tenant: i64) -> Result<(Head, Vec<String>, i64)> {
    let notes = conn.query("SELECT note FROM checkpoint WHERE tenant = ?1 ORDER BY size", &cells![tenant])?;
    let notes = notes.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<Vec<_>>>()?;
    let gaps = conn.query_one("SELECT COUNT(*) FROM gap WHERE tenant = ?1", &cells![tenant])?.int(0)?;
    Ok((sequencer::head(conn, tenant)?, notes, gaps))
}

fn check_roots(tree: &Tree, signed: &Signed, findings: &mut Vec<Finding>) {
    for (checkpoint, code) in signed.get(&tree.size()).into_iter().flatten() {
        if checkpoint.root != tree.root() {
            let fr = format!("la racine à {} entrées n'est pas celle qui a été signée.", checkpoint.size);
            findings.push(finding(code, format!("the root at {} entries is not the signed one", checkpoint.size), fr));
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

fn check_leaf(key: &Secret, tenant: i64, leaf: &Leaf, (findings, emptied): (&mut Vec<Finding>, &mut Emptied)) {
    let (position, entry) = (leaf.position, hex(&leaf.entry));
    let mut found_wrong = |code, en: &str, fr: &str| {
        let (en, fr) =
            (format!("{position} (entry {entry}) {en}"), format!("feuille {position} (entrée {entry}) : {fr}."));
        findings.push(finding(code, en, fr));
    };
    let Some(found) = &leaf.found else {
        found_wrong("entry", "has no row", "son entrée n'est plus là");
        return;
    };
    if tree::leaf(&leaf.entry, &found.commitment).as_slice() != leaf.hash {
        found_wrong("leaf", "does not match its entry", "elle n'est pas celle de son entrée");
    }
    let (Some(salt), Some(envelope)) = (&found.salt, &found.envelope) else {
        if found.salt.is_some() != found.envelope.is_some() {
            found_wrong("entry", "is half purged", "son entrée n'est effacée qu'à moitié");
        }
        emptied.entry((position, &leaf.entry, found.at), found.parts.iter().map(|(person, _)| *person));
        return;
    };
    let Ok(plain) = crypto::open(key, &envelope_aad(tenant, &leaf.entry), envelope) else {
        found_wrong("envelope", "does not open", "l'enveloppe ne s'ouvre pas");
        return;
    };
    if crypto::mac(salt, &[&plain]).as_slice() != found.commitment {
        found_wrong("commitment", "does not match its envelope", "l'engagement n'est pas celui de l'enveloppe");
    }
    let Ok(payload) = serde_json::from_slice::<Payload>(&plain) else {
        found_wrong("envelope", "does not decode", "l'enveloppe ne se lit pas");
        return;
    };
    if payload.envelope.at != found.at {
        found_wrong("entry", "has another time than its envelope", "l'heure n'est pas celle de l'enveloppe");
    }
    emptied.read(&payload);
    for (person, body) in &found.parts {
        if body.is_none() {
            emptied.part((position, &leaf.entry, found.at), *person);
        }
        let known = payload.parts.iter().find(|(number, _)| number == person);
        let same =
            |(_, digest): &(i64, String)| body.as_ref().is_none_or(|body| *digest == hex(&crypto::sha256(&[body])));
        if !known.is_some_and(same) {
            found_wrong("part", "has a changed part", "une partie a été changée");
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
                let (height, position) = (subtree.height, subtree.position);
                let fr = format!("nœud de l'arbre absent ou changé (hauteur {height}, position {position}).");
                findings.push(finding("node", format!("height {height}, position {position}"), fr));
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
        let en = format!("audit was empty at {at} (microseconds, UTC): what was read before is not in the log");
        let when = jiff::Timestamp::from_microsecond(at);
        let when = when.map_or_else(|_| at.to_string(), |at| at.strftime("%d/%m/%Y à %H:%M UTC").to_string());
        let fr = format!("le journal avait disparu le {when} : ce qui a été lu avant n'y est plus.");
        Ok(finding("epoch", en, fr))
    };
    rows.iter().map(one).collect()
}

/// Every entry has a leaf: there are as many of the ones as of the others, and no mark is ahead of its rows. Of leaves that are
/// known to be missing nothing more is said.
async fn counts(inner: &Inner, tenant: i64, head: Head, missing: i64) -> Result<Vec<Finding>> {
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
    let (entries, size) = (written + read, head.size);
    let placed = leaves + missing;
    if entries != placed {
        let fr = format!("{entries} entrées pour {placed} places de l'arbre.");
        findings.push(finding("count", format!("{entries} entries for {placed} places of the tree"), fr));
    }
    if placed != size {
        let fr = format!("la tête annonce {size} entrées, l'arbre a {placed} places.");
        findings.push(finding("head", format!("says {size} entries, the tree has {placed} places"), fr));
    }
    if size < signed {
        let fr =
            format!("la tête a {size} entrées, et en avait {signed} : le journal est plus ancien que les données.");
        findings.push(finding("head", format!("has {size} entries, and had {signed}: audit is older than main"), fr));
    }
    if head.main_watermark > highest {
        let fr = "le journal est en avance sur les données.";
        findings.push(finding("watermark", "is ahead of the record", fr));
    }
    Ok(findings)
}
