//! The root key: a file outside the data directory, readable by its owner only.

use crate::copy;
use crate::crypto::Secret;
use crate::engine::{Engine, Location};
use crate::error::{Error, Result};
use crate::keys::{self, Keyring};
use crate::store::Store;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// What the names of former keys go on with, before their number.
pub const FORMER: &str = ".former-";

/// Reads a root key file.
///
/// # Errors
/// [`Error::Key`] when it is absent, malformed, or readable by others.
pub fn load(path: &Path) -> Result<Secret> {
    let metadata = std::fs::metadata(path).map_err(|e| Error::Key(format!("file: {}", e.kind())))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(Error::Key("file is readable by others: chmod 600".into()));
    }
    let text = std::fs::read_to_string(path).map_err(|e| Error::Key(format!("file: {}", e.kind())))?;
    let bytes = STANDARD.decode(text.trim()).map_err(|_| Error::Key("file is not a key".into()))?;
    Secret::from_slice(&bytes)
}

/// Whether this key is the one of the store in this folder; none when its files do not say. Waits for nobody: they may be in use.
#[must_use]
pub fn is_of(folder: &Path, key: &Secret) -> Option<bool> {
    let row = "SELECT value FROM key_meta WHERE name = 'root'";
    let known: Vec<u8> = copy::look(folder, "keys.db")?.query_row(row, [], |row| row.get(0)).ok()?;
    Some(known == keys::fingerprint(key))
}

/// Makes a new root key file (mode 0600); never overwrites.
///
/// # Errors
/// [`Error::Key`] when the file exists or cannot be written.
pub fn create(path: &Path) -> Result<Secret> {
    let key = Secret::random()?;
    write(path, &key)?;
    Ok(key)
}

/// Writes a root key file (mode 0600); never overwrites.
///
/// # Errors
/// [`Error::Key`] when the file exists or cannot be written.
pub fn write(path: &Path, key: &Secret) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| Error::Key(format!("file: {}", e.kind())))?;
    let text = format!("{}\n", STANDARD.encode(key.bytes()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        // Without its name the key is lost, and all that it closes.
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|e| Error::Key(format!("file: {}", e.kind())))
}

/// As [`create`], once a database that can be worked on has been found, which is under no key yet: else no file is left behind.
///
/// # Errors
/// As [`create`] and [`Store::open`]; [`Error::Key`] for a database that is under a key already.
pub async fn create_for(path: &Path, location: &Location) -> Result<Secret> {
    let engine = Engine::open(location).await?;
    if !Keyring::awaits_root(&engine).await? {
        return Err(Error::Key("file: entity not found".into()));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| Error::Key(format!("file: {}", e.kind())))?;
    }
    create(path)
}

/// The key that will take the place of the one in this file: beside it, made where a change has not already begun. To be
/// called while the store is open under the one in this file.
///
/// # Errors
/// [`Error::Key`] as [`load`] and [`create`].
pub fn begin_change(path: &Path) -> Result<Secret> {
    let new = beside(path, ".new");
    // One that a crash has cut while it was written: no store has ever been under it.
    let whole = |text: String| STANDARD.decode(text.trim()).is_ok_and(|bytes| bytes.len() == 32);
    if new.exists() && std::fs::read_to_string(&new).is_ok_and(|text| !whole(text)) {
        std::fs::remove_file(&new).map_err(|e| Error::Key(format!("file: {}", e.kind())))?;
    }
    if new.exists() { load(&new) } else { create(&new) }
}

/// The key of a change that was interrupted, if there was one: the store may be under it already.
fn begun_change(path: &Path) -> Result<Option<Secret>> {
    let new = beside(path, ".new");
    if new.exists() { load(&new).map(Some) } else { Ok(None) }
}

/// Puts the new key in its place, in one step; the former one is kept beside it, and its file named.
///
/// # Errors
/// [`Error::Key`] when files cannot be named anew.
pub fn end_change(path: &Path) -> Result<PathBuf> {
    let failed = |e: std::io::Error| Error::Key(format!("file: {}", e.kind()));
    let former = (1..).map(|n| beside(path, &format!("{FORMER}{n}"))).find(|name| !name.exists());
    let former = former.ok_or_else(|| Error::bug("no name is left"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let sync = || File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed);
    std::fs::hard_link(path, &former).map_err(failed)?;
    // Its age is counted from now on.
    File::open(&former).and_then(|file| file.set_modified(std::time::SystemTime::now())).map_err(failed)?;
    // It has its name for sure before it loses the other one.
    sync()?;
    std::fs::rename(beside(path, ".new"), path).map_err(failed)?;
    sync()?;
    Ok(former)
}

/// The keys that were this one before and are still kept, the newest first: they open the copies of their time.
#[must_use]
pub fn former(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let begins = beside(path, FORMER).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let number = |entry: std::fs::DirEntry| {
        let number: u32 = entry.file_name().to_str()?.strip_prefix(&begins)?.parse().ok()?;
        Some((number, entry.path()))
    };
    let mut all: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().filter_map(number).collect();
    all.sort();
    all.into_iter().rev().map(|(_, path)| path).collect()
}

/// Opens a store with the key of this file; where a change of it was interrupted when the store had changed and the file had not,
/// brings it to its end.
///
/// # Errors
/// As [`Store::open`]; [`Error::Key`] when files cannot be named anew.
pub async fn open(path: &Path, key: Secret, location: &Location, now: i64) -> Result<Store> {
    match Store::open(location, key, now).await {
        Err(Error::Key(said)) => {
            let Some(new) = begun_change(path)? else { return Err(Error::Key(said)) };
            let store = Store::open(location, new, now).await?;
            end_change(path)?;
            Ok(store)
        }
        opened => opened,
    }
}

/// Destroys the former keys that were put aside more than so many days before `now` (UTC microseconds): the copies of `keys`
/// that they open are of no use to anybody any more, nor is what those copies held of persons erased since. Their files.
///
/// # Errors
/// [`Error::Key`] when a file cannot be destroyed.
pub fn expire_former(path: &Path, now: i64, days: u32) -> Result<Vec<PathBuf>> {
    let failed = |e: std::io::Error| Error::Key(format!("file: {}", e.kind()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let begins = beside(path, FORMER).file_name().map(|name| name.to_string_lossy().into_owned());
    let begins = begins.ok_or_else(|| Error::Key("file: no name".into()))?;
    let kept = i64::from(days) * 86_400_000_000;
    let mut gone = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().to_string_lossy().starts_with(&begins) {
            continue;
        }
        let metadata = entry.metadata().map_err(failed)?;
        let since = metadata.modified().map_err(failed)?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let since = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        if now.saturating_sub(since) > kept {
            let file = OpenOptions::new().write(true).open(entry.path()).map_err(failed)?;
            let over = vec![0; usize::try_from(metadata.len()).unwrap_or_default()];
            (&file).write_all(&over).and_then(|()| file.sync_all()).map_err(failed)?;
            std::fs::remove_file(entry.path()).map_err(failed)?;
            gone.push(entry.path());
        }
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    gone.sort();
    Ok(gone)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_former_key_is_kept_for_so_many_days_and_then_destroyed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        let first = create(&path).unwrap();
        std::fs::write(beside(&path, ".new"), "c'est coup").unwrap();
        let second = begin_change(&path).unwrap();
        assert_eq!(begin_change(&path).unwrap(), second, "a change that has begun goes on");
        let former = end_change(&path).unwrap();
        assert_eq!((load(&path).unwrap(), load(&former).unwrap()), (second, first));
        begin_change(&path).unwrap();
        let newer = end_change(&path).unwrap();
        assert_eq!(super::former(&path), [newer.clone(), former.clone()]);
        std::fs::remove_file(newer).unwrap();
        let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap();
        let day = 86_400_000_000;
        assert_eq!(expire_former(&path, now + 34 * day, 35).unwrap(), Vec::<PathBuf>::new());
        // Another one with the same beginning is nobody's business.
        create(&dir.path().join("root.key2")).unwrap();
        let copy = dir.path().join("copy");
        std::fs::hard_link(&former, &copy).unwrap();
        assert_eq!(expire_former(&path, now + 36 * day, 35).unwrap(), std::slice::from_ref(&former));
        assert!(!former.exists() && path.exists() && dir.path().join("root.key2").exists());
        assert!(load(&copy).is_err(), "its bytes are gone, not only its name");
        assert_eq!(expire_former(&path, now + 36 * day, 35).unwrap(), Vec::<PathBuf>::new());
    }
}
