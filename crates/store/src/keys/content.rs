//! Changing the keys that close content themselves: what is new is closed by the new one, what is there stays, and is opened by the
//! one that closed it.
//!
//! 1. *Announced*: the next epoch is there; every server reads it anew, and still closes by the one before.
//! 2. *In use*: it closes. The former ones only open; those of tokens go at the following change, when no token is that old.
//!
//! Whatever stops the change, the next one goes on with the epoch that is there.

use super::{FIRST_EPOCH, Keyring, Use, owe_scrub, rows};
use crate::call::Call;
use crate::crypto::Secret;
use crate::engine::{Conn, Db, Dialect, Engine, cells};
use crate::error::{Error, Result};
use crate::own_params;
use crate::store::Store;
use std::sync::PoisonError;

const CONTENT: [Use; 4] = [Use::Data, Use::Audit, Use::Token, Use::Checkpoint];
/// Where it is kept which epoch closes.
const CLOSES: &str = "SELECT value FROM key_meta WHERE name = ?1";

fn name(tenant: i64, usage: Use) -> String {
    format!("closes {tenant} {}", usage as i64)
}

/// The epoch that closes, and the newest there is.
fn epochs(conn: &Conn<'_>, tenant: i64, usage: Use) -> Result<(i64, i64)> {
    let known = "SELECT MIN(epoch), MAX(epoch) FROM tenant_key WHERE tenant = ?1 AND kind = ?2";
    let known = conn.query_one(known, &cells![tenant, usage as i64])?;
    let closes = match conn.query_opt(CLOSES, &cells![name(tenant, usage)])? {
        Some(row) => i64::from_be_bytes(row.blob(0)?.try_into().map_err(|_| Error::Integrity("key_meta".into()))?),
        None => FIRST_EPOCH,
    };
    Ok((closes, known.int(1)?))
}

impl Keyring {
    /// Reads these keys anew.
    pub(crate) async fn load_content(&self, engine: &Engine, tenant: i64) -> Result<()> {
        let root = self.root.clone();
        let load = move |conn: &Conn<'_>| {
            CONTENT.iter().map(|usage| Ok((*usage, load(conn, &root, tenant, *usage)?))).collect::<Result<Vec<_>>>()
        };
        let loaded = engine.read(Db::Keys, load).await?;
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        content.extend(loaded.into_iter().map(|(usage, key)| ((tenant, usage), key)));
        Ok(())
    }
}

/// The key that closes, with all others of its use, the newest first.
fn load(conn: &Conn<'_>, root: &Secret, tenant: i64, usage: Use) -> Result<Secret> {
    let (closes, _) = epochs(conn, tenant, usage)?;
    let (mut key, mut former) = (None, Vec::new());
    for (epoch, one) in rows::all(conn, root, tenant, usage)?.into_iter().rev() {
        if epoch == closes {
            key = Some(one);
        } else {
            former.push(one);
        }
    }
    Ok(key.ok_or_else(|| Error::Key("the epoch of a tenant's key that closes is not there".into()))?.beside(former))
}

impl Store {
    /// Makes the next epoch of the keys that close content, or finds the one that an interrupted change has made. To be
    /// given 10 seconds, so that every server has read it, before [`Store::rotate_keys`] puts it in use.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything.
    pub async fn announce_keys(&self, call: &Call) -> Result<()> {
        if !call.clearance.sees_all() {
            return Err(Error::bug("keys are changed by who sees everything"));
        }
        let (tenant, inner) = (call.tenant, self.0.clone());
        let announce = move |conn: &Conn<'_>| {
            for usage in CONTENT {
                let (closes, newest) = epochs(conn, tenant, usage)?;
                if closes == newest {
                    inner.keyring.make_epoch(conn, tenant, usage, newest + 1)?;
                }
            }
            Ok(())
        };
        self.engine().write(Db::Keys, announce).await?;
        self.tell_keys(tenant).await
    }

    /// Whether other servers may have the same data open.
    pub fn is_shared(&self) -> bool {
        self.engine().dialect() == Dialect::Postgres
    }

    /// Puts in use what was announced; how many keys.
    pub(super) async fn use_announced(&self, tenant: i64) -> Result<u64> {
        let put = move |conn: &Conn<'_>| {
            let mut changed = 0;
            for usage in CONTENT {
                let (closes, newest) = epochs(conn, tenant, usage)?;
                if closes == newest {
                    continue;
                }
                conn.execute(
                    "INSERT INTO key_meta(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                    &cells![name(tenant, usage), newest.to_be_bytes().to_vec()],
                )?;
                changed += 1;
                if usage == Use::Token {
                    conn.execute(
                        "DELETE FROM tenant_key WHERE tenant = ?1 AND kind = ?2 AND epoch < ?3",
                        &cells![tenant, usage as i64, closes],
                    )?;
                    owe_scrub(conn)?;
                }
            }
            Ok(changed)
        };
        let changed = self.engine().write(Db::Keys, put).await?;
        if changed > 0 {
            self.tell_keys(tenant).await?;
        }
        Ok(changed)
    }

    /// Every server, this one too, reads its keys anew: it hears of it as of search parameters.
    async fn tell_keys(&self, tenant: i64) -> Result<()> {
        self.engine().write(Db::Main, own_params::move_epoch).await?;
        self.load_own(tenant).await
    }
}
