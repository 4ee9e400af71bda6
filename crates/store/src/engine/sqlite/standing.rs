//! Whether the files that are open are those that stand in the folder, and whether they take what is written.
//!
//! A folder that was replaced while a server runs (a copy put back, a lock file removed) leaves it writing into files without a
//! name: all of it would be gone at its end.

use crate::engine::Db;
use crate::error::{Error, FULL, MOVED, Result};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A file by its name, and which one it was when it was opened.
struct Known {
    path: PathBuf,
    was: Option<(u64, u64)>,
}

/// What is known of the files.
pub(in crate::engine) struct Standing {
    files: Vec<Known>,
    moved: AtomicBool,
    /// The last write to it failed.
    failing: [AtomicBool; 3],
}

fn which(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

impl Standing {
    /// Of files that have just been opened, and the lock that holds them.
    pub(super) fn new(dir: &Path) -> Self {
        let names = Db::ALL.map(|db| format!("{}.db", db.name())).into_iter().chain(["lock".to_owned()]);
        let known = |name: String| {
            let path = dir.join(name);
            Known { was: which(&path), path }
        };
        Self { files: names.map(known).collect(), moved: AtomicBool::new(false), failing: Default::default() }
    }

    /// Looks whether they are still those; whether they are.
    pub(in crate::engine) fn look(&self) -> bool {
        let other = self.files.iter().find(|known| which(&known.path) != known.was);
        let moved = other.is_some();
        if self.moved.swap(moved, Ordering::SeqCst) != moved {
            match other.and_then(|known| known.path.file_name()) {
                Some(name) => tracing::error!(?name, "{MOVED}: nothing is written any more; stop this server"),
                None => tracing::warn!("the files of the store are back: they are written again"),
            }
        }
        !moved
    }

    /// Refuses once they are others.
    pub(super) fn ours(&self) -> Result<()> {
        if self.moved.load(Ordering::SeqCst) { Err(Error::Unavailable(MOVED.into())) } else { Ok(()) }
    }

    /// What came of a write.
    pub(super) fn note<T>(&self, db: Db, outcome: &Result<T>) {
        let failing = match outcome {
            Ok(_) => false,
            // Keys are seldom written: only what makes room again would end it.
            Err(Error::Unavailable(why)) => db != Db::Keys || why == FULL,
            Err(_) => return,
        };
        self.of(db).store(failing, Ordering::SeqCst);
    }

    /// There is room again.
    pub(in crate::engine) fn forget(&self) {
        self.failing.iter().for_each(|failing| failing.store(false, Ordering::SeqCst));
    }

    fn of(&self, db: Db) -> &AtomicBool {
        let [main, audit, keys] = &self.failing;
        match db {
            Db::Main => main,
            Db::Audit => audit,
            Db::Keys => keys,
        }
    }

    pub(in crate::engine) fn is_moved(&self) -> bool {
        self.moved.load(Ordering::SeqCst)
    }

    /// Whether what was last written to one of them could not be.
    pub(in crate::engine) fn is_failing(&self, db: Db) -> bool {
        self.of(db).load(Ordering::SeqCst)
    }
}
