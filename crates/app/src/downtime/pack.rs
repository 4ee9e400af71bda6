//! The pack: what a unit needs when nothing answers any more, in one file that a passphrase opens on any machine, without the
//! server. What it says is written elsewhere; here it is closed, opened, and told of.
//!
//! A file is `socle-secours 1`, a salt, a nonce, and AES-256-GCM under a key that Argon2id (64 MiB, three times) makes of the
//! passphrase. The first two are bound to the third.

use super::{DAY, Spot};
use crate::accounts::random_text;
use crate::app::App;
use crate::cx::Cx;
use crate::error::{Error, Result};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use domain::governance::measures::{Packs, Share};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const MAGIC: &[u8] = b"socle-secours 1\n";
const SALT: usize = 16;
/// The least number of signs of a passphrase.
pub const SHORTEST: usize = 16;
const WRITTEN: &str = "downtime/packs";
const OPENED: &str = "downtime/opened";
/// How long the code of a pack is known again.
const KNOWN: i64 = 7 * DAY;
/// Signs of a code: none looks like another.
const SIGNS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// What opens packs; nothing prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passphrase(String);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Passphrase {
    /// From what somebody typed; none when it is too short to protect anything.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.chars().count() >= SHORTEST).then(|| Self(text.to_owned()))
    }
}

/// Where packs are to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The folder.
    pub to: PathBuf,
    /// What opens them.
    pub passphrase: Passphrase,
}

/// Why a pack does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is no pack of this version.
    NotOurs,
    /// Another passphrase, or damage.
    Passphrase,
}

fn cipher(passphrase: &Passphrase, salt: &[u8]) -> Result<LessSafeKey> {
    let bug = |what: &str| Error::Bug(what.to_owned());
    let params = Params::new(64 << 10, 3, 1, Some(32)).map_err(|_| bug("argon2 parameters"))?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, &mut key)
        .map_err(|_| bug("argon2"))?;
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| bug("a key of 32 bytes"))?))
}

/// Closes packs written together: the passphrase is worked on once.
pub struct Sealer {
    salt: [u8; SALT],
    key: LessSafeKey,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Sealer {
    /// Under a passphrase and a new salt.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(passphrase: &Passphrase) -> Result<Self> {
        let salt = random()?;
        Ok(Self { key: cipher(passphrase, &salt)?, salt })
    }

    /// Closes a text: the whole file.
    ///
    /// # Errors
    /// As [`Sealer::new`].
    pub fn seal(&self, text: &str) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let head = [MAGIC, &self.salt].concat();
        let mut body = text.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&head), &mut body)
            .map_err(|_| Error::Bug("encryption failed".into()))?;
        Ok([head.as_slice(), &nonce, &body].concat())
    }

    /// Closes a text into a file, whole or not at all: that of the day before stays until the new one is on the disk.
    ///
    /// # Errors
    /// As [`Sealer::new`]; a folder that cannot be written.
    pub fn write(&self, folder: &Path, name: &str, text: &str) -> Result<()> {
        let (bytes, part) = (self.seal(text)?, folder.join(format!(".{name}")));
        let write = || {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            std::fs::rename(&part, folder.join(name))?;
            File::open(folder)?.sync_all()
        };
        write().map_err(|error| Error::file(folder, &error))
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Bug("no randomness".into()))?;
    Ok(bytes)
}

/// Opens a pack: its text, or inside why not. It needs neither server nor store.
///
/// # Errors
/// A defect.
pub fn open(passphrase: &Passphrase, file: &[u8]) -> Result<std::result::Result<String, Closed>> {
    let Some((salt, rest)) = file.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<SALT>()) else {
        return Ok(Err(Closed::NotOurs));
    };
    let Some((nonce, body)) = rest.split_first_chunk::<NONCE_LEN>() else { return Ok(Err(Closed::NotOurs)) };
    let head = [MAGIC, salt].concat();
    let mut body = body.to_vec();
    let opened = cipher(passphrase, salt)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(&head), &mut body)
        .ok()
        .and_then(|plain| String::from_utf8(plain.to_vec()).ok());
    Ok(opened.ok_or(Closed::Passphrase))
}

/// A code that whoever opens a pack reads in it: typed back here, it proves that it was opened.
///
/// # Errors
/// As [`Sealer::new`].
pub fn new_code() -> Result<String> {
    let hash = digest(&SHA256, random_text()?.as_bytes());
    let signs = hash.as_ref().iter().take(8).filter_map(|byte| SIGNS.get(usize::from(byte % 32)));
    let text: String = signs.map(|sign| char::from(*sign)).collect();
    let (one, other) = text.split_at(4);
    Ok(format!("{one}-{other}"))
}

/// A pack that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    at: i64,
    code: String,
    /// What the file was called; not known of those of before.
    #[serde(default)]
    file: String,
}

/// A pack that has just been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// Of this unit.
    pub unit: i64,
    /// What shows that it was opened.
    pub code: String,
    /// The name of the file.
    pub file: String,
}

/// By unit, the newest last.
type Ledger = BTreeMap<i64, Vec<Written>>;

/// A pack that somebody opened elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// When its code came back, UTC microseconds.
    pub at: i64,
    /// Of which unit it was.
    pub unit: i64,
}

async fn last<T: serde::de::DeserializeOwned>(app: &App, name: &str) -> Result<(i64, Option<T>)> {
    let Some(paper) = app.store().setting(app.tenant(), name).await? else { return Ok((0, None)) };
    let damaged = |_| Error::Store(store::Error::Integrity("what is known of packs does not decode".into()));
    Ok((paper.version, Some(serde_json::from_slice(&paper.body).map_err(damaged)?)))
}

/// Keeps that these units have a new pack, each with its code. Gives the files of before that none of these replaces: of a unit
/// that was called otherwise, or is no more.
///
/// # Errors
/// The store's; a conflict when packs were written by two at once.
pub async fn written(app: &App, packs: &[New]) -> Result<Vec<String>> {
    let (known, ledger) = last::<Ledger>(app, WRITTEN).await?;
    let (mut ledger, now) = (ledger.unwrap_or_default(), app.now());
    let is_new = |file: &str| packs.iter().any(|new| new.file == file);
    let last = ledger.values().filter_map(|all| all.last());
    let stale = last.map(|one| one.file.clone()).filter(|file| !file.is_empty() && !is_new(file)).collect();
    for New { unit, code, file } in packs {
        ledger.entry(*unit).or_default().push(Written { at: now, code: code.clone(), file: file.clone() });
    }
    for all in ledger.values_mut() {
        // The newest stays, however old: since when there is none is worth knowing.
        let newest = all.last().map(|one| one.at);
        all.retain(|one| now - one.at < KNOWN || Some(one.at) == newest);
    }
    let body = serde_json::to_vec(&ledger).map_err(|e| Error::Bug(e.to_string()))?;
    let house = crate::charter::house(app);
    app.store().keep_paper(&house.call("downtime-packs"), WRITTEN, known, &body).await?;
    Ok(stale)
}

/// What is known of packs: when each unit's was last written, and which was last opened elsewhere.
///
/// # Errors
/// Absence for whoever does not answer for machines; the store's.
pub async fn state(cx: &Cx) -> Result<(Vec<(Spot, Option<i64>)>, Option<Opened>)> {
    if !cx.clearance().sees_estate() {
        return Err(store::Error::Absent.into());
    }
    let ledger = last::<Ledger>(cx.app(), WRITTEN).await?.1.unwrap_or_default();
    let opened = last::<Opened>(cx.app(), OPENED).await?.1;
    let at = |spot: &Spot| ledger.get(&spot.unit).and_then(|all| all.last()).map(|one| one.at);
    let spots = super::spots(cx.app()).await?;
    Ok((
        spots
            .into_iter()
            .map(|spot| {
                let at = at(&spot);
                (spot, at)
            })
            .collect(),
        opened,
    ))
}

/// Somebody brings back the code of a pack they opened: whether it is that of a pack of this week.
///
/// # Errors
/// As [`state`]; a conflict when two do so at once.
pub async fn opened(cx: &Cx, code: &str) -> Result<bool> {
    if !cx.clearance().sees_estate() {
        return Err(store::Error::Absent.into());
    }
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let (ledger, wanted) = (last::<Ledger>(cx.app(), WRITTEN).await?.1.unwrap_or_default(), plain(code));
    let fits = |one: &Written| cx.now() - one.at < KNOWN && plain(&one.code) == wanted;
    let Some(unit) = ledger.iter().find(|(_, all)| all.iter().any(fits)).map(|(unit, _)| *unit) else {
        return Ok(false);
    };
    let known = last::<Opened>(cx.app(), OPENED).await?.0;
    let body = serde_json::to_vec(&Opened { at: cx.now(), unit }).map_err(|e| Error::Bug(e.to_string()))?;
    cx.app().store().keep_paper(&cx.call("downtime-opened"), OPENED, known, &body).await?;
    Ok(true)
}

/// Units with a pack of less than a day, and the last one opened; none as long as no pack was ever written.
pub(crate) async fn proof(app: &App) -> Result<Option<Packs>> {
    let Some(ledger) = last::<Ledger>(app, WRITTEN).await?.1 else { return Ok(None) };
    let fresh = |unit: i64| {
        let newest = ledger.get(&unit).and_then(|all| all.last());
        newest.is_some_and(|one| (0..DAY).contains(&(app.now() - one.at)))
    };
    let spots = super::spots(app).await?;
    let comply = spots.iter().filter(|spot| fresh(spot.unit) || fresh(spot.whole)).count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let opened = last::<Opened>(app, OPENED).await?.1.map(|opened| opened.at);
    Ok(Some(Packs { units: Share { comply: number(comply), of: number(spots.len()) }, opened }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_opens_with_its_passphrase_and_no_other_and_shows_any_change() {
        let passphrase = Passphrase::parse("une phrase de secours").unwrap();
        assert_eq!(Passphrase::parse("trop courte"), None);
        assert_eq!(format!("{passphrase:?}"), "***");
        let sealer = Sealer::new(&passphrase).unwrap();
        let (file, again) = (sealer.seal("<p>Odette</p>").unwrap(), sealer.seal("<p>Odette</p>").unwrap());
        assert!(file.starts_with(MAGIC) && file != again);
        assert!(!file.windows(6).any(|bytes| bytes == b"Odette"));
        assert_eq!(open(&passphrase, &file).unwrap().as_deref(), Ok("<p>Odette</p>"));
        let other = Passphrase::parse("une autre phrase ici").unwrap();
        assert_eq!(open(&other, &file).unwrap(), Err(Closed::Passphrase));
        for at in [MAGIC.len(), MAGIC.len() + SALT, file.len() - 1] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert_eq!(open(&passphrase, &changed).unwrap(), Err(Closed::Passphrase), "byte {at}");
        }
        for foreign in [&b""[..], b"%PDF-1.7", MAGIC, &file[..MAGIC.len() + SALT + 3]] {
            assert_eq!(open(&passphrase, foreign).unwrap(), Err(Closed::NotOurs));
        }
    }

    #[test]
    fn a_code_can_be_read_aloud() {
        let code = new_code().unwrap();
        assert_eq!((code.len(), code.find('-')), (9, Some(4)));
        assert!(code.bytes().all(|sign| sign == b'-' || SIGNS.contains(&sign)));
        assert_ne!(code, new_code().unwrap());
    }
}
