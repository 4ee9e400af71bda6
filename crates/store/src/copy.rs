//! A copy of the whole store, made while it serves. It is sealed as the store is: without the root key it says nothing.

use crate::error::Result;
use crate::store::Store;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// How a copy went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// It is whole, and was read again: its bytes.
    Whole(u64),
    /// The place of copies refuses it; nothing is wrong with the data.
    Unwritten(std::io::ErrorKind),
    /// On PostgreSQL its own tools make consistent copies.
    Elsewhere,
}

impl Store {
    /// Copies the store into an empty folder, in files that only their owner reads, and reads the copy again.
    ///
    /// # Errors
    /// A copy that is not whole; the store's.
    pub async fn copy_to(&self, folder: &Path) -> Result<Copied> {
        self.engine().copy(folder).await
    }
}

/// Which store the files of this folder are of, in hexadecimal as [`Store::id`]; none when they do not say. Needs no key, changes
/// nothing, and waits for nobody: of files that are in use, what it says does not change.
#[must_use]
pub fn of(folder: &Path) -> Option<String> {
    let row = "SELECT value FROM store_meta WHERE name = 'store_id'";
    let value = look(folder, "main.db")?.query_row(row, [], |row| row.get::<_, Vec<u8>>(0));
    Some(value.ok()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether the files of this folder are those of a store to which nothing has ever come: no resource, no account, no machine.
#[must_use]
pub fn is_untouched(folder: &Path) -> bool {
    let is_empty = |conn: &Connection, table: &str| {
        let any = conn.query_row(&format!("SELECT 1 FROM {table} LIMIT 1"), [], |_| Ok(()));
        matches!(any, Err(rusqlite::Error::QueryReturnedNoRows))
    };
    let tables = ["resource", "history", "account", "asset_import"];
    look(folder, "main.db").is_some_and(|conn| tables.iter().all(|table| is_empty(&conn, table)))
}

/// One of the files, for reading only.
pub(crate) fn look(folder: &Path, name: &str) -> Option<Connection> {
    let path = folder.join(name);
    if !path.is_file() {
        return None;
    }
    let in_use = folder.join(format!("{name}-wal")).exists();
    // Without a journal the file is read as it lies there, on a medium that cannot be written too.
    let from = if in_use { path } else { immutable(&path)? };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(from, flags).ok()
}

fn immutable(path: &Path) -> Option<std::path::PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let coded: String = bytes.map(|byte| format!("%{byte:02x}")).collect();
    Some(format!("file:{}?immutable=1", coded.replace("%2f", "/")).into())
}
