//! A folder of copies: several establishments may keep theirs in one, each only touches its own.

use super::{CANARY, MANIFEST, Saved};
use crate::error::{Error, Result};
use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const DAY: i64 = 86_400_000_000;
/// How names of copies begin, and go on.
const NAME: &str = "socle-";
const WHEN: &str = "%Y%m%d-%H%M%S";
/// Copies of one second, at most.
const SAME_SECOND: u32 = 100;
/// Bytes read at a time.
const PART: usize = 1 << 20;
/// Held by who writes in the folder; gone from a copy that is whole.
const HELD: &str = "en-cours";

/// Where a copy is written, under a name that is nobody else's; gone with what is in it unless it becomes a copy.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    held: Option<File>,
}

impl Part {
    /// A new folder of this store's, for its owner only.
    pub(super) fn new(to: &Path, store: &str, at: i64) -> Result<Self> {
        let random = crate::accounts::random_text()?;
        let random: String = random.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        let path = to.join(format!(".{}.{random}", name(store, at)));
        DirBuilder::new().mode(0o700).create(&path).map_err(|e| Error::file(to, &e))?;
        let mut part = Self { path, held: None };
        let held = part.path.join(HELD);
        let file = own(&held).map_err(|e| Error::file(&held, &e))?;
        // Where locks are not known, a second server of one store would be: none is.
        let _ = file.try_lock();
        part.held = Some(file);
        Ok(part)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what is said of the copy, last of all, and gives it the first name that is free: its folder.
    pub(super) fn finish(mut self, to: &Path, mut saved: Saved) -> Result<Saved> {
        let failed = |error: std::io::Error| Error::file(to, &error);
        write(&self.path.join(CANARY), "Témoin : s’il peut être effacé, la copie aussi.\n".as_bytes())
            .map_err(failed)?;
        saved.digests = digests(&self.path).map_err(failed)?;
        let first = name(&saved.store, saved.at);
        for number in 1..=SAME_SECOND {
            saved.folder = if number == 1 { first.clone() } else { format!("{first}-{number}") };
            if to.join(&saved.folder).exists() {
                continue;
            }
            let told = serde_json::to_vec(&saved).map_err(|e| Error::Bug(e.to_string()))?;
            write(&self.path.join(MANIFEST), &told).map_err(failed)?;
            let _ = std::fs::remove_file(self.path.join(HELD));
            // A folder with something in it is never replaced.
            match std::fs::rename(&self.path, to.join(&saved.folder)) {
                Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => {}
                Err(error) => return Err(failed(error)),
                Ok(()) => {
                    self.path.clear();
                    File::open(to).and_then(|folder| folder.sync_all()).map_err(failed)?;
                    return Ok(saved);
                }
            }
        }
        Err(Error::file(to, &ErrorKind::AlreadyExists.into()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// `socle-AAAAMMJJ-HHMMSS-` and the beginning of the store's number.
fn name(store: &str, at: i64) -> String {
    let at = Timestamp::from_microsecond(at).unwrap_or_default();
    let at = at.to_zoned(TimeZone::UTC).strftime(WHEN);
    format!("{NAME}{at}-{}", short(store))
}

fn short(store: &str) -> String {
    store.chars().take(8).collect()
}

/// Of each database in a folder.
fn digests(folder: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".db")) {
            all.insert(name.to_owned(), digest_of(&path)?);
        }
    }
    Ok(all)
}

/// SHA-256 of a file, in hexadecimal.
pub(super) fn digest_of(path: &Path) -> std::io::Result<String> {
    let (mut file, mut context, mut part) = (File::open(path)?, Context::new(&SHA256), vec![0; PART]);
    loop {
        match file.read(&mut part)? {
            0 => break,
            read => context.update(part.get(..read).unwrap_or_default()),
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A file that only its owner reads.
fn own(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = own(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all())
}

/// Deletes what copies of this store that were cut off have left; what somebody writes in stays.
pub(super) fn sweep(to: &Path, store: &str) {
    let end = format!("-{}.", short(store));
    for entry in std::fs::read_dir(to).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let left = name.to_str().is_some_and(|name| name.starts_with(&format!(".{NAME}")) && name.contains(&end));
        if left && !is_held(&entry.path()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_held(part: &Path) -> bool {
    let file = OpenOptions::new().write(true).open(part.join(HELD));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
}

/// Finished copies of this store in a folder, the oldest first.
pub(super) fn copies(to: &Path, store: &str) -> std::io::Result<Vec<(i64, PathBuf)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(to)? {
        let path = entry?.path();
        let named = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(NAME));
        if let Some(found) = told(&path).filter(|_| named)
            && of(&path, &found).as_deref() == Some(store)
        {
            all.push((found.at, path));
        }
    }
    all.sort();
    Ok(all)
}

/// What stands beside a copy that was finished.
pub(super) fn told(folder: &Path) -> Option<Saved> {
    let text = std::fs::read(folder.join(MANIFEST)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Whose a copy is: what it says, or, of one that was made when copies did not say it, what is in it.
pub(super) fn of(folder: &Path, told: &Saved) -> Option<String> {
    if told.store.is_empty() { store::copy::of(folder) } else { Some(told.store.clone()) }
}

/// Whether deleting is refused; none when there is nothing to delete, or nobody can tell.
pub(super) fn try_deleting(canary: &Path) -> Option<bool> {
    match std::fs::remove_file(canary) {
        Ok(()) => Some(false),
        Err(error) => is_refusal(error.kind()).then_some(true),
    }
}

fn is_refusal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Deletes copies for their age; what cannot be deleted stays, which is no fault.
pub(super) fn purge(older: &[(i64, PathBuf)], keep_days: Option<u32>, now: i64) -> Vec<String> {
    let Some(days) = keep_days else { return Vec::new() };
    let old = older.iter().filter(|(at, _)| now - at > i64::from(days) * DAY);
    let gone = old.filter(|(_, path)| std::fs::remove_dir_all(path).is_ok());
    gone.filter_map(|(_, path)| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

pub(super) fn medium(folder: &Path) -> std::io::Result<u64> {
    Ok(std::fs::metadata(folder)?.dev())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "00112233445566778899aabbccddeeff";
    const OTHER: &str = "ffeeddccbbaa99887766554433221100";

    fn saved(at: i64, store: &str) -> Saved {
        Saved { at, store: store.to_owned(), medium: 1, bytes: 1, ..Saved::default() }
    }

    fn names(to: &Path) -> Vec<String> {
        let all = std::fs::read_dir(to).unwrap();
        let mut all: Vec<_> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }

    #[test]
    fn what_is_refused_is_told_from_what_is_not_there() {
        assert!(is_refusal(ErrorKind::PermissionDenied) && is_refusal(ErrorKind::ReadOnlyFilesystem));
        assert!(!is_refusal(ErrorKind::NotFound) && !is_refusal(ErrorKind::Interrupted));
    }

    #[test]
    fn copies_of_one_second_and_of_several_stores_stand_side_by_side() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path();
        let parts = [ONE, ONE, OTHER].map(|store| (store, Part::new(to, store, 0).unwrap()));
        let folders = parts.map(|(store, part)| {
            let saved = part.finish(to, saved(0, store)).unwrap();
            assert_eq!(told(&to.join(&saved.folder)).unwrap(), saved, "a copy says its own name");
            saved.folder
        });
        let [first, second, other] =
            ["-00112233", "-00112233-2", "-ffeeddcc"].map(|end| format!("socle-19700101-000000{end}"));
        assert_eq!(folders, [first.clone(), second.clone(), other.clone()]);
        assert_eq!(names(&to.join(&first)), [MANIFEST, CANARY]);
        let own = |store: &str| copies(to, store).unwrap().into_iter().map(|(_, path)| path).collect::<Vec<_>>();
        assert_eq!(own(OTHER), [to.join(&other)]);
        // For its age too, a store only deletes its own.
        let gone = purge(&copies(to, ONE).unwrap(), Some(1), 2 * DAY);
        assert_eq!((gone, names(to)), (vec![first, second], vec![other]));
    }

    #[test]
    fn a_copy_says_what_its_files_were() {
        let dir = tempfile::tempdir().unwrap();
        let part = Part::new(dir.path(), ONE, 0).unwrap();
        std::fs::write(part.path().join("main.db"), "d’un jour").unwrap();
        let copy = part.finish(dir.path(), saved(0, ONE)).unwrap();
        let folder = dir.path().join(&copy.folder);
        let changed = || crate::backup::changed(&folder).unwrap();
        assert_eq!((copy.digests.len(), changed().len()), (1, 0));
        std::fs::write(folder.join("main.db"), "d’un autre").unwrap();
        assert_eq!(changed(), ["main.db"]);
        // One that was made before copies said it.
        let before = Saved { digests: BTreeMap::new(), ..told(&folder).unwrap() };
        write(&folder.join(MANIFEST), &serde_json::to_vec(&before).unwrap()).unwrap();
        assert!(changed().is_empty());
    }

    #[test]
    fn what_is_left_of_a_copy_goes_and_what_is_being_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path();
        drop(Part::new(to, ONE, 0).unwrap());
        assert_eq!(names(to), Vec::<String>::new(), "one that fails leaves nothing");
        let [left, others] = [".socle-19700101-000000-00112233.aaaa", ".socle-19700101-000000-ffeeddcc.aaaa"];
        for name in [left, others] {
            std::fs::create_dir(to.join(name)).unwrap();
            std::fs::write(to.join(name).join("main.db"), "half").unwrap();
        }
        let writing = Part::new(to, ONE, 0).unwrap();
        sweep(to, ONE);
        assert!(!to.join(left).exists() && to.join(others).exists() && writing.path().exists());
    }
}
