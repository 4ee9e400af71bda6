//! A folder for a trial, gone afterwards: of what an interrupted one has left, at the next command that looks.
//!
//! What it holds may be a whole copy with its wrapped keys: only its owner enters it, and it is held by a lock on the folder as
//! long as its command lives.

use crate::failure::{Failure, Result};
use crate::opening::clock;
use crate::screen::say;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use store::{Location, Secret, Store};

/// What its name begins with; the number of the process follows.
const NAME: &str = "socle-essai-";

/// An empty folder of one's own.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    _held: File,
}

impl Scratch {
    pub(crate) fn new() -> Result<Self> {
        sweep();
        Self::within(&std::env::temp_dir())
    }

    /// Never in a folder that is there already: another may have made it, and may enter it.
    fn within(parent: &Path) -> Result<Self> {
        let mut made = Err(ErrorKind::AlreadyExists.into());
        let mut path = parent.to_owned();
        for number in 0..100 {
            path = parent.join(format!("{NAME}{}-{number}", std::process::id()));
            made = std::fs::DirBuilder::new().mode(0o700).create(&path);
            if !matches!(&made, Err(error) if error.kind() == ErrorKind::AlreadyExists) {
                break;
            }
        }
        let held = made.and_then(|()| File::open(&path)).map_err(|error| Failure::file(&path, &error))?;
        // Where folders take no lock, the number of the process tells that it lives.
        let _locked = held.try_lock();
        Ok(Self { path, _held: held })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) async fn open(&self) -> Result<Store> {
        let root = Secret::random()?;
        Ok(Store::open(&Location::Directory(self.path.clone()), root, clock()()).await?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Takes away what commands of ours that are dead have left behind.
pub(crate) fn sweep() {
    for path in left(&std::env::temp_dir()) {
        match std::fs::remove_dir_all(&path) {
            Ok(()) => say(&format!("Ce qu'un essai interrompu avait laissé est enlevé : {}.", path.display())),
            Err(error) => say(&format!(
                "Ce qu'un essai interrompu a laissé n'a pas pu être enlevé : {} : {}.",
                path.display(),
                app::system_said(&error)
            )),
        }
    }
}

/// Folders of this account, under our name, that no living process has.
fn left(parent: &Path) -> Vec<PathBuf> {
    let Ok(own) = std::fs::metadata("/proc/self").map(|file| file.uid()) else { return Vec::new() };
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_str().and_then(process).is_some_and(is_dead));
    ours.map(|entry| entry.path()).filter(|path| is_left(path, own)).collect()
}

/// The process that a name tells of.
fn process(name: &str) -> Option<u32> {
    let rest = name.strip_prefix(NAME)?;
    let (process, number) = rest.split_once('-').unwrap_or((rest, "0"));
    let _numbered: u32 = number.parse().ok()?;
    process.parse().ok()
}

fn is_dead(process: u32) -> bool {
    !Path::new("/proc").join(process.to_string()).exists()
}

/// A folder, not a link to one; of this account; that nobody holds, here or in another container.
fn is_left(path: &Path, own: u32) -> bool {
    let Ok(named) = std::fs::symlink_metadata(path) else { return false };
    if !named.is_dir() || named.uid() != own {
        return false;
    }
    let Ok(folder) = File::open(path) else { return false };
    let same = folder.metadata().is_ok_and(|opened| (opened.dev(), opened.ino()) == (named.dev(), named.ino()));
    same && folder.try_lock().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A process that has ended.
    fn dead() -> u32 {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn what_a_dead_command_left_is_taken_away_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let (gone, held, alive) = (dead(), dead(), std::process::id());
        let left_behind = [format!("{NAME}{gone}"), format!("{NAME}{gone}-3")];
        let others =
            [format!("{NAME}{alive}-7"), format!("{NAME}{held}-0"), format!("{NAME}x"), format!("autre-{gone}")];
        for name in left_behind.iter().chain(&others) {
            std::fs::create_dir(at(name)).unwrap();
            std::fs::write(at(name).join("keys.db"), "clés").unwrap();
        }
        let lock = File::open(at(&format!("{NAME}{held}-0"))).unwrap();
        lock.try_lock().unwrap();
        std::os::unix::fs::symlink(at(&format!("autre-{gone}")), at(&format!("{NAME}{gone}-4"))).unwrap();
        std::fs::write(at(&format!("{NAME}{gone}-5")), "un fichier").unwrap();
        let mut found = left(parent.path());
        found.sort();
        assert_eq!(found, left_behind.map(|name| at(&name)));
    }

    #[test]
    fn a_trial_has_a_folder_that_nobody_else_made_or_enters() {
        let parent = tempfile::tempdir().unwrap();
        let first = parent.path().join(format!("{NAME}{}-0", std::process::id()));
        std::fs::create_dir(&first).unwrap();
        let scratch = Scratch::within(parent.path()).unwrap();
        assert_ne!(scratch.path(), first);
        assert_eq!(std::fs::metadata(scratch.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(File::open(scratch.path()).unwrap().try_lock().is_err());
        let path = scratch.path().to_owned();
        drop(scratch);
        assert!(!path.exists() && first.exists());
    }
}
