//! Checkpoints: the size and root of the tree, signed (C2SP tlog-checkpoint and signed-note, Ed25519).

use super::sequencer;
use super::tree::Hash;
use crate::crypto::{Secret, sha256};
use crate::engine::{Conn, Db, Engine, cells};
use crate::error::{Error, Result};
use crate::keys::{Keyring, Use};
use crate::reindex;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a checkpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) size: i64,
    pub(crate) root: Hash,
}

/// The log's name: the store and the tenant.
pub(crate) fn origin(store_id: &str, tenant: i64) -> String {
    format!("socle/{store_id}/{tenant}")
}

fn pair(seed: &Secret) -> Result<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(seed.bytes()).map_err(|_| Error::bug("signing key"))
}

fn key_id(name: &str, public: &[u8]) -> Vec<u8> {
    sha256(&[name.as_bytes(), b"\n", &[1], public]).iter().take(4).copied().collect()
}

/// Signs any text with the log's key.
pub(crate) fn sign(seed: &Secret, text: &[u8]) -> Result<Vec<u8>> {
    Ok(pair(seed)?.sign(text).as_ref().to_vec())
}

/// Whether the log's key, or one that it has replaced, has signed this text.
pub(crate) fn signed(seed: &Secret, text: &[u8], signature: &[u8]) -> Result<bool> {
    for seed in seed.each() {
        let pair = pair(seed)?;
        if UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref()).verify(text, signature).is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The signed text.
pub(crate) fn write(origin: &str, seed: &Secret, checkpoint: Checkpoint) -> Result<String> {
    let pair = pair(seed)?;
    let text = format!("{origin}\n{}\n{}\n", checkpoint.size, STANDARD.encode(checkpoint.root));
    let mut blob = key_id(origin, pair.public_key().as_ref());
    blob.extend_from_slice(pair.sign(text.as_bytes()).as_ref());
    Ok(format!("{text}\n— {origin} {}\n", STANDARD.encode(blob)))
}

/// Reads a checkpoint of this log; none when it is not signed by its key, or one that it has replaced, or not of this log.
pub(crate) fn read(note: &str, origin: &str, seed: &Secret) -> Result<Option<Checkpoint>> {
    for seed in seed.each() {
        let pair = pair(seed)?;
        if let Some(checkpoint) = parse(note, origin, pair.public_key().as_ref()) {
            return Ok(Some(checkpoint));
        }
    }
    Ok(None)
}

fn parse(note: &str, origin: &str, public: &[u8]) -> Option<Checkpoint> {
    let (text, signatures) = note.split_once("\n\n")?;
    let text = format!("{text}\n");
    let mut lines = text.lines();
    if lines.next()? != origin {
        return None;
    }
    let size = lines.next()?.parse().ok()?;
    let root: Hash = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
    let wanted = key_id(origin, public);
    let signed = signatures.lines().any(|line| {
        let blob =
            line.strip_prefix("— ").and_then(|line| line.strip_prefix(origin)).and_then(|line| line.strip_prefix(' '));
        let blob = blob.and_then(|blob| STANDARD.decode(blob).ok()).unwrap_or_default();
        let (id, signature) = blob.split_at_checked(4).unwrap_or_default();
        id == wanted && UnparsedPublicKey::new(&ED25519, public).verify(text.as_bytes(), signature).is_ok()
    });
    signed.then_some(Checkpoint { size, root })
}

/// The latest checkpoint text.
pub(crate) fn last(conn: &Conn<'_>, tenant: i64) -> Result<Option<String>> {
    let row = conn.query_opt(
        "SELECT note FROM checkpoint WHERE tenant = ?1 ORDER BY size DESC, epoch DESC LIMIT 1",
        &cells![tenant],
    )?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

/// What was signed so long ago is known to `main` too: a copy takes less, and its parts are not of the same instant.
const SETTLED: i64 = 86_400_000_000;

/// The counter of `main` that says how long the log was.
fn known(tenant: i64) -> String {
    format!("log size {tenant}")
}

/// How long the log was at least, as `main` remembers it.
pub(super) fn known_size(conn: &Conn<'_>, tenant: i64) -> Result<i64> {
    reindex::noted(conn, &known(tenant))
}

/// Signs the tree as it stands, and keeps the text. What was signed a day ago is noted in `main`, so that a log put back to what it
/// was before does not go unseen.
pub(crate) async fn make(engine: &Engine, keyring: &Keyring, store_id: &str, tenant: i64, now: i64) -> Result<String> {
    let seed = keyring.tenant(tenant, Use::Checkpoint)?;
    let origin = origin(store_id, tenant);
    let (note, settled) = engine
        .write(Db::Audit, move |conn| {
            let head = sequencer::head(conn, tenant)?;
            let tree = sequencer::load(conn, tenant, head.size)?;
            let note = write(&origin, &seed, Checkpoint { size: head.size, root: tree.root() })?;
            conn.execute(
                "INSERT INTO checkpoint(tenant, epoch, size, at, note) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                &cells![tenant, head.epoch, head.size, now, note.clone()],
            )?;
            let settled = "SELECT COALESCE(MAX(size), 0) FROM checkpoint WHERE tenant = ?1 AND at < ?2";
            Ok((note, conn.query_one(settled, &cells![tenant, now.saturating_sub(SETTLED)])?.int(0)?))
        })
        .await?;
    let remember = move |conn: &Conn<'_>| match known_size(conn, tenant)? < settled {
        true => reindex::note(conn, &known(tenant), settled),
        false => Ok(()),
    };
    if settled > 0 {
        engine.write(Db::Main, remember).await?;
    }
    Ok(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_notes_and_no_others() {
        let seed = Secret::random().unwrap();
        let checkpoint = Checkpoint { size: 12, root: [7; 32] };
        let note = write("socle/a/1", &seed, checkpoint).unwrap();
        assert_eq!(read(&note, "socle/a/1", &seed).unwrap(), Some(checkpoint));
        assert_eq!(read(&note, "socle/b/1", &seed).unwrap(), None);
        assert_eq!(read(&note.replace("12", "13"), "socle/a/1", &seed).unwrap(), None);
        assert_eq!(read(&note, "socle/a/1", &Secret::random().unwrap()).unwrap(), None);
        assert_eq!(read("", "socle/a/1", &seed).unwrap(), None);
    }
}
