//! The root key: a file outside the data directory, readable by its owner only.

use crate::crypto::Secret;
use crate::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

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
