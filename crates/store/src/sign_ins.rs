//! When each account was last used to sign in.

use crate::engine::{Db, Row, cells};
use crate::error::Result;
use crate::store::Store;

/// When and how somebody last signed in: a time and a strength, nothing of what was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    /// Who.
    pub actor: i64,
    /// The first sign-in that was noted (UTC microseconds).
    pub first: i64,
    /// The last one.
    pub last: i64,
    /// `Strength` code of the last one.
    pub strength: i64,
}

impl Store {
    /// When and how each account last signed in; those that never did are not there.
    ///
    /// # Errors
    /// The engine's.
    pub async fn sign_ins(&self, tenant: i64) -> Result<Vec<SignIn>> {
        self.engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT actor, first, last, strength FROM sign_in WHERE tenant = ?1 ORDER BY actor",
                    &cells![tenant],
                )?;
                let one = |row: &Row| {
                    Ok(SignIn { actor: row.int(0)?, first: row.int(1)?, last: row.int(2)?, strength: row.int(3)? })
                };
                rows.iter().map(one).collect()
            })
            .await
    }
}
