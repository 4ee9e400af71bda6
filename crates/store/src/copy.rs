//! A copy of the whole store, made while it serves. It is sealed as the store is: without the root key it says nothing.

use crate::error::Result;
use crate::store::Store;
use std::path::Path;

impl Store {
    /// Copies the store into an empty folder, and reads the copy again: its bytes. None on PostgreSQL, whose own tools make
    /// consistent copies.
    ///
    /// # Errors
    /// A folder that cannot be written; a copy that is not whole.
    pub async fn copy_to(&self, folder: &Path) -> Result<Option<u64>> {
        self.engine().copy(folder).await
    }
}
