//! Copying the three files while they are in use.

use super::{Sqlite, open_reader, said, sync_folder};
use crate::engine::Db;
use crate::error::{Error, Result};
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::path::Path;
use std::time::Duration;

/// How long one waits for a file that is being changed.
const PAUSE: Duration = Duration::from_millis(20);

impl Sqlite {
    /// Copies each file as it is at one instant, and reads the copy again; how many bytes there are. The tree of the log
    /// goes first, then the entries it commits to, then the keys of whoever they are about: nothing is without what it needs.
    pub(in crate::engine) async fn copy(&self, into: &Path) -> Result<u64> {
        let files = [Db::Audit, Db::Main, Db::Keys]
            .map(|db| (self.file(db).readers.path.clone(), into.join(format!("{}.db", db.name()))));
        let into = into.to_owned();
        let run = move || {
            let mut bytes = 0;
            for (from, to) in &files {
                bytes += copy(from, to)?;
            }
            sync_folder(&into)?;
            Ok(bytes)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::bug("a copy panicked"))?
    }
}

fn copy(from: &Path, to: &Path) -> Result<u64> {
    let source = open_reader(from)?;
    let mut target = Connection::open(to)?;
    Backup::new(&source, &mut target)?.run_to_completion(i32::MAX, PAUSE, None)?;
    let told: String = target.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if told != "ok" {
        return Err(Error::Integrity("a copy is not as its source".into()));
    }
    target.close().map_err(|(_, error)| Error::Unavailable(said(error)))?;
    let written = std::fs::File::open(to).and_then(|file| file.sync_all().and_then(|()| file.metadata()));
    Ok(written.map_err(|error| Error::Unavailable(error.to_string()))?.len())
}
