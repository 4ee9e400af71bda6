//! Room kept for the day the disk is full: a file of no use, given back so that the log of reads goes on.

use crate::error::{Error, FULL, Result};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

const CHUNK: usize = 1 << 20;
/// What an opening takes, and a little more.
const NEEDED: u64 = 512 << 10;

/// The file, once somebody has asked for one.
pub(super) struct Reserve {
    path: PathBuf,
    kept: AtomicBool,
    /// The disk was full, and there has not been room for a new reserve since.
    spent: AtomicBool,
    making: Mutex<()>,
}

impl Reserve {
    pub(super) fn new(dir: &Path) -> Self {
        let path = dir.join("reserve");
        Self { path, kept: AtomicBool::new(false), spent: AtomicBool::new(false), making: Mutex::new(()) }
    }

    /// Makes the file where it is not whole; whether there was room.
    pub(super) fn keep(&self, bytes: u64) -> Result<bool> {
        let _alone = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = std::fs::metadata(&self.path).is_ok_and(|file| file.len() >= bytes);
        let made = if whole { Ok(()) } else { self.make(bytes) };
        let room = match &made {
            Ok(()) => true,
            Err(error) if is_full(error.kind()) => false,
            Err(error) => return Err(Error::Unavailable(format!("reserve: {}", error.kind()))),
        };
        self.kept.store(true, Ordering::SeqCst);
        if self.spent.swap(!room, Ordering::SeqCst) && room {
            tracing::warn!("there is room on the disk again: records can be written");
        }
        Ok(room)
    }

    fn make(&self, bytes: u64) -> std::io::Result<()> {
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&self.path)?;
        let written = fill(&mut file, bytes);
        if written.is_err() {
            std::fs::remove_file(&self.path)?;
        }
        written
    }

    /// A write has found no room: the file goes, records are no longer written, the log and sessions are.
    pub(super) fn give(&self) {
        if self.kept.load(Ordering::SeqCst) && !self.spent.swap(true, Ordering::SeqCst) {
            let gone = std::fs::remove_file(&self.path).map_err(|error| error.kind());
            tracing::error!(?gone, "the disk is full: the reserve goes to the log, records cannot be written");
        }
    }

    /// The same where files are to be opened and there is next to no room: an opening needs some.
    pub(super) fn give_at_start(&self) {
        if !self.path.exists() {
            return;
        }
        self.kept.store(true, Ordering::SeqCst);
        let probe = self.path.with_extension("probe");
        let room = File::create(&probe).and_then(|mut file| fill(&mut file, NEEDED));
        let _gone = std::fs::remove_file(&probe);
        if room.is_err_and(|error| is_full(error.kind())) {
            self.give();
        }
    }

    /// Refused while the reserve is what one would write on.
    pub(super) fn has_room(&self) -> Result<()> {
        if self.spent.load(Ordering::SeqCst) { Err(Error::Unavailable(FULL.into())) } else { Ok(()) }
    }
}

/// Zeros that are really there: a file with holes keeps no room.
fn fill(file: &mut File, bytes: u64) -> std::io::Result<()> {
    let (zeros, mut left) = (vec![0; CHUNK], bytes);
    while left > 0 {
        let part = zeros.get(..usize::try_from(left).unwrap_or(CHUNK).min(CHUNK)).unwrap_or_default();
        file.write_all(part)?;
        left -= part.len() as u64;
    }
    file.sync_all()
}

fn is_full(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}
