//! Sessions of people who are signed in: found by a hash of their token, which is stored nowhere.

use crate::accounts::{Account, hold_account};
use crate::crypto::sha256;
use crate::engine::{Db, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::store::Store;

/// A session at sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// The legal entity.
    pub tenant: i64,
    /// Who.
    pub actor: i64,
    /// `Strength` code.
    pub strength: i64,
    /// When it began (UTC microseconds).
    pub started: i64,
    /// When the secret was last typed again; 0 = never.
    pub stepped_up: i64,
    /// When it ends whatever happens.
    pub ends: i64,
}

impl Store {
    /// Opens a session under a random token; only the token's hash is stored. `verified`: the account whose secret was given.
    ///
    /// # Errors
    /// [`Error::Conflict`] when that account has changed since: what was given may no longer be its secret; the engine's.
    pub async fn open_session(&self, token: &[u8], session: SessionRow, verified: &Account) -> Result<()> {
        let hash = sha256(&[b"session", token]).to_vec();
        let (verified, key) = (verified.clone(), self.keyring().tenant(session.tenant, Use::Data)?);
        self.engine()
            .write(Db::Main, move |conn| {
                hold_account(conn, &key, session.tenant, &verified)?;
                conn.execute("DELETE FROM session WHERE ends < ?1", &cells![session.started])?;
                conn.execute(
                    "INSERT INTO session(token, tenant, actor, strength, started, seen, stepped_up, ends)
                     VALUES(?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)",
                    &cells![
                        hash,
                        session.tenant,
                        session.actor,
                        session.strength,
                        session.started,
                        session.stepped_up,
                        session.ends
                    ],
                )?;
                conn.execute(
                    "INSERT INTO sign_in(tenant, actor, first, last, strength) VALUES(?1, ?2, ?3, ?3, ?4)
                     ON CONFLICT(tenant, actor) DO UPDATE SET last = excluded.last, strength = excluded.strength",
                    &cells![session.tenant, session.actor, session.started, session.strength],
                )?;
                Ok(())
            })
            .await
    }

    /// The session of a token, unless it is over or has been idle for longer than `idle` microseconds.
    ///
    /// # Errors
    /// The engine's.
    pub async fn session(&self, token: &[u8], now: i64, idle: i64) -> Result<Option<SessionRow>> {
        const TOUCH_EVERY: i64 = 60_000_000;
        let hash = sha256(&[b"session", token]).to_vec();
        let key = hash.clone();
        let found = self
            .engine()
            .glance(Db::Main, move |conn| {
                let row = conn.query_opt(
                    "SELECT tenant, actor, strength, started, stepped_up, ends, seen, token FROM session WHERE token = ?1",
                    &cells![key.clone()],
                )?;
                let Some(row) = row else { return Ok(None) };
                if row.blob(7)? != key.as_slice() {
                    return Err(Error::bug("another session than was asked for"));
                }
                let session = SessionRow {
                    tenant: row.int(0)?,
                    actor: row.int(1)?,
                    strength: row.int(2)?,
                    started: row.int(3)?,
                    stepped_up: row.int(4)?,
                    ends: row.int(5)?,
                };
                Ok(Some((session, row.int(6)?)))
            })
            .await?;
        let Some((session, seen)) = found else { return Ok(None) };
        let seen = self.0.downtime.seen(&hash).map_or(seen, |later| later.max(seen));
        if session.ends <= now || seen.saturating_add(idle) <= now {
            return Ok(None);
        }
        if now.saturating_sub(seen) > TOUCH_EVERY {
            let key = hash.clone();
            let touched = self
                .engine()
                .write(Db::Main, move |conn| {
                    conn.execute("UPDATE session SET seen = ?2 WHERE token = ?1", &cells![key, now])
                })
                .await;
            match touched {
                Ok(_) => self.0.downtime.forget(&hash),
                // A disk that is full locks nobody out.
                Err(Error::Unavailable(_)) => self.0.downtime.touch(hash, now),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(session))
    }

    /// Records that the secret was typed again.
    ///
    /// # Errors
    /// The engine's.
    pub async fn step_up_session(&self, token: &[u8], now: i64) -> Result<()> {
        let hash = sha256(&[b"session", token]).to_vec();
        self.engine()
            .write(Db::Main, move |conn| {
                conn.execute("UPDATE session SET stepped_up = ?2, seen = ?2 WHERE token = ?1", &cells![hash, now])
            })
            .await?;
        Ok(())
    }

    /// Closes a session.
    ///
    /// # Errors
    /// The engine's.
    pub async fn close_session(&self, token: &[u8]) -> Result<()> {
        let hash = sha256(&[b"session", token]).to_vec();
        self.engine()
            .write(Db::Main, move |conn| conn.execute("DELETE FROM session WHERE token = ?1", &cells![hash]))
            .await?;
        Ok(())
    }
}
