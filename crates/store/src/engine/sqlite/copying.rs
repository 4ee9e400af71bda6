//! Copying the three files while they are in use.

use super::readers::Readers;
use super::{Sqlite, own_file, sync_folder};
use crate::copy::Copied;
use crate::engine::Db;
use crate::error::{Error, Result};
use rusqlite::backup::Backup;
use rusqlite::{Connection, ErrorCode, ffi};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// How long one waits for a file that is being changed.
const PAUSE: Duration = Duration::from_millis(20);

impl Sqlite {
    /// Copies each file as it is at one instant, for its owner's eyes only, and reads the copy again; how many bytes there are. The
    /// tree of the log goes first, then the entries it commits to, then the keys of whoever they are about: nothing is without
    /// what it needs.
    pub(in crate::engine) async fn copy(&self, into: &Path) -> Result<Copied> {
        let files = [Db::Audit, Db::Main, Db::Keys]
            .map(|db| (self.file(db).readers.clone(), into.join(format!("{}.db", db.name()))));
        let into = into.to_owned();
        let run = move || {
            let mut bytes = 0;
            for (from, to) in &files {
                match copy(from, to)? {
                    Ok(more) => bytes += more,
                    Err(kind) => return Ok(Copied::Unwritten(kind)),
                }
            }
            sync_folder(&into)?;
            Ok(Copied::Whole(bytes))
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("a copy panicked"))?
    }
}

/// The bytes of one copy; why it could not be written, where it is the place of copies that refuses.
fn copy(from: &Readers, to: &Path) -> Result<std::result::Result<u64, ErrorKind>> {
    let source = from.open()?;
    if let Err(error) = own_file(to) {
        return Ok(Err(error.kind()));
    }
    match fill(&source, to) {
        Err(error) => at_target(&error).map_or_else(|| Err(error.into()), |kind| Ok(Err(kind))),
        Ok(told) if told != "ok" => Err(Error::Integrity("a copy is not as its source".into())),
        Ok(_) => {
            let written = std::fs::File::open(to).and_then(|file| file.sync_all().and_then(|()| file.metadata()));
            Ok(written.map(|file| file.len()).map_err(|error| error.kind()))
        }
    }
}

/// Copies, and tells what the engine says of the copy.
fn fill(source: &Connection, to: &Path) -> rusqlite::Result<String> {
    let mut target = Connection::open(to)?;
    Backup::new(source, &mut target)?.run_to_completion(i32::MAX, PAUSE, None)?;
    let told = target.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    target.close().map_err(|(_, error)| error)?;
    Ok(told)
}

/// What the place of copies refuses; none where the data themselves are at fault. Of the two, only the copy is written.
fn at_target(error: &rusqlite::Error) -> Option<ErrorKind> {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    match error.sqlite_error_code()? {
        ErrorCode::DiskFull => Some(ErrorKind::StorageFull),
        ErrorCode::ReadOnly => Some(ErrorKind::ReadOnlyFilesystem),
        ErrorCode::CannotOpen => Some(ErrorKind::NotFound),
        ErrorCode::SystemIoFailure
            if !matches!(extended, Some(ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ)) =>
        {
            Some(ErrorKind::Other)
        }
        _ => None,
    }
}
