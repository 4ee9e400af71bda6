//! What a folder that somebody names stands for.

use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How deep folders of folders are opened.
const DEPTH: usize = 16;

/// The files of a folder and of the folders within it, in the order of their names. A link is followed, to a folder once; past
/// sixteen folders one within the other, none is.
///
/// # Errors
/// [`Error::File`] when a folder cannot be read.
pub(crate) fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    walk(folder, DEPTH, &mut seen, &mut found)?;
    Ok(found)
}

/// A folder that several links lead to is gone through once.
fn walk(folder: &Path, depth: usize, seen: &mut BTreeSet<PathBuf>, found: &mut Vec<PathBuf>) -> Result<()> {
    if !seen.insert(folder.canonicalize().map_err(|e| Error::file(folder, &e))?) {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(|e| Error::file(folder, &e))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(|e| Error::file(folder, &e)))
        .collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() && depth > 0 {
            walk(&path, depth - 1, seen, found)?;
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether a file's name ends so (small letters, no dot; case of the name does not count).
pub(crate) fn ends(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    endings.contains(&ending.as_str())
}
