//! The journal of erasures: a file outside the data, that no restored copy takes back.
//!
//! One JSON line an erasure: a random number, a time, a signature. It names nobody, and says nothing that the store
//! does not say.

use crate::audit;
use crate::crypto::Secret;
use crate::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// One erasure, signed by the key of the tenant's checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    store: String,
    pub(super) tenant: i64,
    pub(super) person: i64,
    pub(super) at: i64,
    signature: String,
}

impl Line {
    pub(super) fn sign(store: &str, (tenant, person): (i64, i64), at: i64, seed: &Secret) -> Result<Self> {
        let text = text(store, tenant, person, at);
        let signature = STANDARD.encode(audit::sign(seed, text.as_bytes())?);
        Ok(Self { store: store.to_owned(), tenant, person, at, signature })
    }

    /// As a row of the key store keeps it.
    pub(super) fn kept(store: &str, (tenant, person): (i64, i64), at: i64, proof: &[u8]) -> Self {
        Self { store: store.to_owned(), tenant, person, at, signature: STANDARD.encode(proof) }
    }

    pub(super) fn proof(&self) -> Vec<u8> {
        STANDARD.decode(&self.signature).unwrap_or_default()
    }

    /// Whether it was written by this store.
    pub(super) fn is_of(&self, store: &str, seed: &Secret) -> Result<bool> {
        let text = text(store, self.tenant, self.person, self.at);
        Ok(self.store == store && audit::signed(seed, text.as_bytes(), &self.proof())?)
    }
}

fn text(store: &str, tenant: i64, person: i64, at: i64) -> String {
    format!("socle erasure\n{store}\n{tenant}\n{person}\n{at}\n")
}

/// What the file says; nothing when there is none. A last line that was not written whole is left out: its erasure had
/// not begun.
pub(super) fn read(path: &Path) -> Result<Vec<Line>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(trouble(&error)),
    };
    let text = String::from_utf8(text).map_err(|_| Error::Integrity("journal of erasures: not a text".into()))?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let line = |(at, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|_| Error::Integrity(format!("journal of erasures: line {} does not read", at + 1)))
    };
    whole.lines().enumerate().map(line).collect()
}

/// Adds lines, on disk when this returns.
pub(super) fn append(path: &Path, lines: &[Line]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| trouble(&e))?;
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line).map_err(|e| Error::bug(e.to_string()))?);
        text.push('\n');
    }
    let known = std::fs::read(path).map_err(|e| trouble(&e))?;
    let end = known.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    write(&mut file, end as u64, text.as_bytes()).map_err(|e| trouble(&e))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| trouble(&e))
}

/// Over what an interrupted writing left behind the last whole line.
fn write(file: &mut File, end: u64, text: &[u8]) -> std::io::Result<()> {
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(text)?;
    file.sync_all()
}

fn trouble(error: &std::io::Error) -> Error {
    Error::Unavailable(format!("journal of erasures: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_back_and_only_signed_ones_are_ours() {
        let dir = tempfile::tempdir().unwrap();
        let (path, seed) = (dir.path().join("erased"), Secret::random().unwrap());
        assert_eq!(read(&path).unwrap(), []);
        let line = |person| Line::sign("a1", (1, person), 7, &seed).unwrap();
        append(&path, &[line(5)]).unwrap();
        append(&path, &[line(6), line(7)]).unwrap();
        let lines = read(&path).unwrap();
        assert_eq!(lines, [line(5), line(6), line(7)]);
        let first = lines.first().unwrap();
        assert!(first.is_of("a1", &seed).unwrap());
        assert!(!first.is_of("b2", &seed).unwrap());
        assert!(!Line { person: 8, ..first.clone() }.is_of("a1", &seed).unwrap());
        assert!(!first.is_of("a1", &Secret::random().unwrap()).unwrap());
        assert_eq!(Line::kept("a1", (1, 5), 7, &first.proof()), *first);
    }

    #[test]
    fn a_line_cut_by_a_crash_is_not_there_and_the_next_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let (path, seed) = (dir.path().join("erased"), Secret::random().unwrap());
        let line = |person| Line::sign("a1", (1, person), 7, &seed).unwrap();
        append(&path, &[line(5), line(6)]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, whole.get(..whole.len() - 9).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), [line(5)]);
        append(&path, &[line(7)]).unwrap();
        assert_eq!(read(&path).unwrap(), [line(5), line(7)]);
        std::fs::write(&path, "not a line\n").unwrap();
        assert!(matches!(read(&path), Err(Error::Integrity(_))));
    }
}
