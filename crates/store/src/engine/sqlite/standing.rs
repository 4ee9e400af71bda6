//! Whether the files that are open are those that stand in the folder, and whether they take what is written.
//!
//! A folder that was replaced while a server runs (a copy put back, a lock file removed) leaves it writing into files that nobody will
//! open again: all of it would be gone at its end.

use crate::engine::Db;
use crate::error::{Error, FULL, MOVED, Result};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Which file: device and inode.
type Which = Option<(u64, u64)>;

/// A file by its name, and which one it was when it was opened.
struct Known {
    path: PathBuf,
    was: Which,
}

/// What is known of the files.
pub(in crate::engine) struct Standing {
    files: Vec<Known>,
    moved: AtomicBool,
    /// This process ends: what it must not take with it goes where it still can.
    leaving: AtomicBool,
    /// The last write to it failed.
    failing: [AtomicBool; 3],
}

fn which(path: &Path) -> Which {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

impl Standing {
    /// Of files that are about to be opened, and the lock that holds them.
    pub(super) fn new(dir: &Path) -> Self {
        let names = Db::ALL.map(|db| format!("{}.db", db.name())).into_iter().chain(["lock".to_owned()]);
        let known = |name: String| {
            let path = dir.join(name);
            Known { was: which(&path), path }
        };
        Self {
            files: names.map(known).collect(),
            moved: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            failing: Default::default(),
        }
    }

    /// Looks whether they are still those; whether they are. Told once.
    pub(in crate::engine) fn look(&self) -> bool {
        let other = self.files.iter().find(|known| which(&known.path) != known.was);
        let moved = other.is_some();
        if self.moved.swap(moved, Ordering::SeqCst) != moved {
            match other {
                Some(known) => {
                    let (name, now) = (known.path.display(), known.now());
                    tracing::error!(%name, ?now, "{MOVED}: nothing is written any more; stop this server");
                }
                None => tracing::warn!("the files of the store are back: they are written again"),
            }
        }
        !moved
    }

    /// Looks, and refuses once they are others.
    pub(in crate::engine) fn still_ours(&self) -> Result<()> {
        if self.look() { Ok(()) } else { Err(Error::Unavailable(MOVED.into())) }
    }

    /// Refuses what is to be written, once they are known to be others.
    pub(super) fn takes(&self, db: Db) -> Result<()> {
        let last = db == Db::Audit && self.leaving.load(Ordering::SeqCst);
        if self.is_moved() && !last { Err(Error::Unavailable(MOVED.into())) } else { Ok(()) }
    }

    /// Refuses to say that it is written, where it went into a file that is no longer that of its name.
    pub(super) fn took(&self, db: Db) -> Result<()> {
        self.look();
        self.takes(db)
    }

    /// This process ends: what waits for the log is taken by its file, if that has a name elsewhere. Where.
    pub(in crate::engine) fn leave(&self) -> Option<PathBuf> {
        let now: Vec<PathBuf> = self.files.iter().map(Known::now).collect::<Option<_>>()?;
        let log = now.into_iter().find(|path| path.ends_with("audit.db"))?;
        self.leaving.store(true, Ordering::SeqCst);
        Some(log)
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

impl Known {
    /// The name by which the system knows it now; none of what has none any more.
    fn now(&self) -> Option<PathBuf> {
        let open = std::fs::read_dir("/proc/self/fd").ok()?.flatten();
        let ours = open.map(|one| one.path()).find(|path| which(path) == self.was)?;
        // Of a file without a name the system says the last one it had.
        std::fs::read_link(ours).ok().filter(|path| which(path) == self.was)
    }
}
