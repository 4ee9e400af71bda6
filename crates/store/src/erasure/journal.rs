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
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

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

/// What the file says; nothing when there is none. It is replaced whole, so that an interruption leaves no line in pieces: a last
/// line that does not end has been cut since, and whoever it erased would be back.
pub(super) fn read(path: &Path) -> Result<Vec<Line>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(trouble(&error)),
    };
    let text = String::from_utf8(text).map_err(|_| Error::Integrity("journal of erasures: not a text".into()))?;
    // Whole but for its end, as an editor leaves it: its signature tells.
    let last = text.rsplit_once('\n').map_or(text.as_str(), |(_, last)| last);
    if !last.is_empty() && serde_json::from_str::<Line>(last).is_err() {
        return Err(Error::Integrity("journal of erasures: its last line is cut".into()));
    }
    let line = |(at, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|_| Error::Integrity(format!("journal of erasures: line {} does not read", at + 1)))
    };
    text.lines().enumerate().map(line).collect()
}

/// How long another process may hold it.
const HELD: Duration = Duration::from_secs(10);

/// One writing at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// Adds lines, on disk when this returns: written aside with those known, then put in their place; where no file can be put beside it,
/// behind them.
pub(super) fn append(path: &Path, lines: &[Line]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    // Where a link leads, not the link.
    let real = path.canonicalize();
    let path = real.as_deref().unwrap_or(path);
    let _held = hold(folder(path))?;
    let mut aside = path.as_os_str().to_owned();
    aside.push(".partiel");
    let whole = text_of(read(path)?.iter().chain(lines))?;
    match replace(path, Path::new(&aside), whole.as_bytes()) {
        Err(error) if is_closed(&error) => behind(path, &text_of(lines.iter())?),
        done => done,
    }
    .map_err(|e| trouble(&e))
}

/// The folder of the journal, held against other processes: several servers of one PostgreSQL may share it. Where folders take no lock, it
/// is not.
fn hold(folder: &Path) -> Result<Option<File>> {
    let Ok(held) = File::open(folder) else { return Ok(None) };
    let began = Instant::now();
    loop {
        match held.try_lock() {
            Ok(()) => return Ok(Some(held)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if began.elapsed() < HELD => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::WouldBlock) => return Err(Error::Unavailable("journal of erasures: in use".into())),
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn text_of<'a>(lines: impl Iterator<Item = &'a Line>) -> Result<String> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line).map_err(|e| Error::bug(e.to_string()))?);
        text.push('\n');
    }
    Ok(text)
}

/// Whether a folder takes no other file, or gives none of its names away.
fn is_closed(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::ResourceBusy)
}

fn replace(path: &Path, aside: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(aside)?;
    if let Ok(known) = path.metadata() {
        // Whoever reads it goes on reading it. What cannot be given away stays whose it is.
        file.set_permissions(known.permissions())?;
        let _ = std::os::unix::fs::fchown(&file, Some(known.uid()), Some(known.gid()));
    }
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(aside, path)?;
    File::open(folder(path))?.sync_all()
}

fn behind(path: &Path, lines: &str) -> std::io::Result<()> {
    let known = std::fs::read(path)?;
    let mut file = OpenOptions::new().append(true).open(path)?;
    let whole = known.last().is_none_or(|last| *last == b'\n');
    file.write_all(format!("{}{lines}", if whole { "" } else { "\n" }).as_bytes())?;
    file.sync_all()
}

fn trouble(error: &std::io::Error) -> Error {
    Error::Unavailable(format!("journal of erasures: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

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
    fn a_line_that_was_cut_is_said_and_what_an_interruption_left_aside_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (path, seed) = (dir.path().join("erased"), Secret::random().unwrap());
        let line = |person| Line::sign("a1", (1, person), 7, &seed).unwrap();
        append(&path, &[line(5), line(6)]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        // Whoever is erased by a line stays so, or the data do not open.
        std::fs::write(&path, whole.get(..whole.len() - 1).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), [line(5), line(6)], "only its end is missing");
        for cut in [2, 9, 150] {
            std::fs::write(&path, whole.get(..whole.len() - cut).unwrap()).unwrap();
            assert!(matches!(read(&path), Err(Error::Integrity(_))), "{cut}");
            assert!(matches!(append(&path, &[line(7)]), Err(Error::Integrity(_))), "{cut}");
        }
        std::fs::write(&path, &whole).unwrap();
        std::fs::write(dir.path().join("erased.partiel"), "{\"sto").unwrap();
        append(&path, &[line(7)]).unwrap();
        assert_eq!(read(&path).unwrap(), [line(5), line(6), line(7)]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        append(&path, &[line(8)]).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640, "who copies it goes on reading it");
        behind(&path, &text_of([line(9)].iter()).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap().len(), 5);
        std::fs::write(&path, "not a line\n").unwrap();
        assert!(matches!(read(&path), Err(Error::Integrity(_))));
    }

    #[test]
    fn another_process_that_writes_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let (path, seed) = (dir.path().join("erased"), Secret::random().unwrap());
        let line = |person| Line::sign("a1", (1, person), 7, &seed).unwrap();
        append(&path, &[line(5)]).unwrap();
        // As another process: a lock is of the file that was opened, not of who opened it.
        let held = hold(dir.path()).unwrap();
        let (own, more) = (path.clone(), line(6));
        let writing = std::thread::spawn(move || append(&own, &[more]));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(read(&path).unwrap(), [line(5)]);
        drop(held);
        writing.join().unwrap().unwrap();
        assert_eq!(read(&path).unwrap(), [line(5), line(6)]);
    }
}
