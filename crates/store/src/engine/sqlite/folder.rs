//! The folder of a store: who may look into it, and who holds it.

use crate::error::{Error, NO_FILE, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The folder, and those above it that are not there, each known to the one above it before this returns.
pub(super) fn make_folder(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(parent)?;
    // Nobody else on the machine has any business in there.
    match std::fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Error::Unavailable(format!("directory: {}", error.kind())))
        }
        _ => sync_folder(parent),
    }
}

/// Makes a file that only its owner may read, and makes one that others could read such a file.
pub(super) fn own_file(path: &Path) -> std::io::Result<()> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    tighten(path, &file.metadata()?)
}

pub(super) fn tighten(path: &Path, found: &std::fs::Metadata) -> std::io::Result<()> {
    if found.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    match std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)) {
        // Another owner's file, or a file system without modes: who manages it decides.
        Err(error) if !matches!(error.kind(), std::io::ErrorKind::NotFound) => {
            tracing::warn!(kind = %error.kind(), "others may read a database file, and its mode cannot be changed");
            Ok(())
        }
        changed => changed,
    }
}

/// What is there under this name and is no file: whoever opens a pipe waits for ever.
fn is_other(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file())
}

/// The same for a database and its journals: the folder may be from before, and entered by others.
pub(super) fn own_database(path: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::Unavailable(format!("database file: {}", error.kind()));
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    if ["", "-wal", "-shm", "-journal"].iter().any(|end| is_other(&beside(end))) {
        return Err(Error::Integrity(NO_FILE.into()));
    }
    own_file(path).map_err(failed)?;
    for name in ["-wal", "-shm"].map(beside) {
        if let Ok(found) = std::fs::metadata(&name) {
            tighten(&name, &found).map_err(failed)?;
        }
    }
    Ok(())
}

/// Makes the names in a folder last.
pub(super) fn sync_folder(dir: &Path) -> Result<()> {
    let synced = File::open(dir).and_then(|folder| folder.sync_all());
    synced.map_err(|error| Error::Unavailable(format!("directory: {}", error.kind())))
}

/// The process lock. A second server, or a command beside a server, is refused.
pub(super) fn lock(dir: &Path) -> Result<File> {
    if is_other(&dir.join("lock")) {
        return Err(Error::Unavailable(format!("lock file: {NO_FILE}")));
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"))
        .map_err(|e| Error::Unavailable(format!("lock file: {}", e.kind())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked),
        Err(TryLockError::Error(e)) => Err(Error::Unavailable(format!("lock file: {}", e.kind()))),
    }
}
