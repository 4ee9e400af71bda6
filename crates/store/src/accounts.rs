//! Accounts. Logins are keyed hashes, the rest of an account is sealed under the tenant's data key.

use crate::assets::{enter, permitted};
use crate::call::Call;
use crate::check::SealedRows;
use crate::crypto::{self, Secret, sha256};
use crate::engine::{Ahead, Cell, Conn, Db, Row, cells, hold, tell};
use crate::error::{Conflict, Error, Result};
use crate::keys::Use;
use crate::read::Wish;
use crate::store::Store;
use confidentiality::Actor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountKind {
    /// A human who signs in.
    Person = 1,
    /// A program, by client credentials.
    Client = 2,
}

/// An account, as the application knows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The actor's number.
    pub actor: i64,
    /// Kind.
    pub kind: AccountKind,
    /// Login or client id, as typed.
    pub login: String,
    /// What screens show.
    pub display: String,
    /// PHC string of the password or client secret (Argon2id).
    pub password: String,
    /// For a client: only this place.
    pub place: Option<i64>,
    /// For a client: up to this level.
    pub max_level: i64,
    /// For a client: may write.
    pub write: bool,
    /// For a client: may choose ids.
    pub chosen_ids: bool,
    /// Id of the FHIR Practitioner this account writes as; none for programs, and in accounts older than this field.
    #[serde(default)]
    pub practitioner: Option<String>,
    /// When it ends (UTC microseconds): nobody enters with it from then on. None: never.
    #[serde(default)]
    pub ends: Option<i64>,
    /// Least number of signs that was asked for when its holder chose this password; none as long as it is the one that
    /// somebody else has given.
    #[serde(default)]
    pub chosen: Option<u32>,
}

impl Account {
    /// It can be entered with at an instant.
    #[must_use]
    pub fn is_open(&self, at: i64) -> bool {
        self.ends.is_none_or(|ends| at < ends)
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.actor)
    }
}

/// An account by its number.
const BY_ACTOR: &str = "SELECT actor, body FROM account WHERE tenant = ?1 AND actor = ?2";

impl Store {
    /// Creates or replaces an account; the login is unique within its kind.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the login belongs to another actor.
    pub async fn put_account(&self, tenant: i64, account: Account) -> Result<()> {
        let put = self.sealed_account(tenant, &account)?;
        self.engine().write(Db::Main, move |conn| put.write(conn)).await.inspect(|()| self.said())
    }

    /// Changes accounts, from what was read to what is wanted, in one transaction with the entry of the log; sessions of these
    /// accounts end, but the one of `kept`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when one is no longer what was read: nothing is changed; [`Error::Absent`] for whoever does not answer for
    /// accounts and changes another's; the engine's.
    pub async fn change_accounts(
        &self,
        call: &Call,
        changes: Vec<(Account, Account)>,
        kept: Option<&[u8]>,
    ) -> Result<()> {
        if changes.iter().any(|(_, wanted)| wanted.actor != call.actor().value()) {
            permitted(call)?;
        }
        let seal = |(before, wanted): (Account, Account)| Ok((before, self.sealed_account(call.tenant, &wanted)?));
        let puts: Vec<(Account, Put)> = changes.into_iter().map(seal).collect::<Result<_>>()?;
        let kept = kept.map(|token| sha256(&[b"session", token]).to_vec()).unwrap_or_default();
        let (inner, call, key) = (self.0.clone(), call.clone(), self.keyring().tenant(call.tenant, Use::Data)?);
        self.engine()
            .write(Db::Main, move |conn| {
                for (before, put) in &puts {
                    hold_account(conn, &key, put.tenant, before)?;
                    put.write(conn)?;
                    conn.execute(
                        "DELETE FROM session WHERE tenant = ?1 AND actor = ?2 AND token <> ?3",
                        &cells![put.tenant, put.actor, kept.clone()],
                    )?;
                }
                let count = i64::try_from(puts.len()).unwrap_or(i64::MAX);
                enter(&inner, conn, &call, BTreeMap::from([("accounts".to_owned(), count)]))
            })
            .await
            .inspect(|()| self.said())
    }

    pub(crate) fn sealed_account(&self, tenant: i64, account: &Account) -> Result<Put> {
        let login = self.login_hash(tenant, account.kind, &account.login)?;
        let plain = serde_json::to_vec(account).map_err(|e| Error::bug(e.to_string()))?;
        let body = crypto::seal(&self.keyring().tenant(tenant, Use::Data)?, &aad(tenant, account.actor), &plain)?;
        Ok(Put { tenant, actor: account.actor, kind: account.kind as i64, login, body })
    }

    /// The account with this login.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when the row does not open.
    pub async fn find_account(&self, tenant: i64, kind: AccountKind, login: &str) -> Result<Option<Account>> {
        const BY_LOGIN: &str = "SELECT actor, body FROM account WHERE tenant = ?1 AND kind = ?2 AND login = ?3";
        let hash = self.login_hash(tenant, kind, login)?;
        let found = self.one_account(tenant, BY_LOGIN, cells![tenant, kind as i64, hash].to_vec()).await?;
        Ok(found.filter(|account| account.login == login))
    }

    /// The account of this actor.
    ///
    /// # Errors
    /// As [`Store::find_account`].
    pub async fn account(&self, tenant: i64, actor: Actor) -> Result<Option<Account>> {
        let found = self.one_account(tenant, BY_ACTOR, cells![tenant, actor.value()].to_vec()).await?;
        own(found, actor)
    }

    /// The same, and on the same way there and back what a reader, or a writer, of `wish` asks first: as far as the account is as
    /// `guess` takes it to be, they need not ask. What it is decides all the same: a guess that is wrong asks in vain.
    ///
    /// # Errors
    /// As [`Store::find_account`].
    pub async fn account_ahead(&self, guess: &Call, wish: Wish<'_>) -> Result<(Option<Account>, Ahead)> {
        let (tenant, actor) = (guess.tenant, guess.actor().value());
        let find = self.account_at(tenant, BY_ACTOR, cells![tenant, actor].to_vec())?;
        let (found, ahead) = self.engine().glance_beside(Db::Main, find, self.asking(guess, wish)?).await?;
        Ok((own(found, guess.actor())?, ahead))
    }

    /// Every account of a human, by number: who is behind the numbers that items and shifts carry.
    ///
    /// # Errors
    /// As [`Store::find_account`].
    pub async fn people_accounts(&self, tenant: i64) -> Result<Vec<Account>> {
        self.accounts_of(tenant, AccountKind::Person).await
    }

    /// Every account of a program, by number.
    ///
    /// # Errors
    /// As [`Store::find_account`].
    pub async fn programs(&self, tenant: i64) -> Result<Vec<Account>> {
        self.accounts_of(tenant, AccountKind::Client).await
    }

    async fn accounts_of(&self, tenant: i64, kind: AccountKind) -> Result<Vec<Account>> {
        let key = self.keyring().tenant(tenant, Use::Data)?;
        self.engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT actor, body FROM account WHERE tenant = ?1 AND kind = ?2 ORDER BY actor",
                    &cells![tenant, kind as i64],
                )?;
                rows.iter().map(|row| open(&key, tenant, row)).collect()
            })
            .await
    }

    async fn one_account(&self, tenant: i64, sql: &'static str, at: Vec<Cell>) -> Result<Option<Account>> {
        self.engine().glance(Db::Main, self.account_at(tenant, sql, at)?).await
    }

    fn account_at(
        &self,
        tenant: i64,
        sql: &'static str,
        at: Vec<Cell>,
    ) -> Result<impl Fn(&Conn<'_>) -> Result<Option<Account>> + Send + use<>> {
        let key = self.keyring().tenant(tenant, Use::Data)?;
        Ok(move |conn: &Conn<'_>| conn.query_opt(sql, &at)?.map(|row| open(&key, tenant, &row)).transpose())
    }

    fn login_hash(&self, tenant: i64, kind: AccountKind, login: &str) -> Result<i64> {
        let scope = match kind {
            AccountKind::Person => "login",
            AccountKind::Client => "client",
        };
        Ok(self.hasher(tenant)?.number(scope, &[login]))
    }
}

/// An account, closed, ready to be written.
pub(crate) struct Put {
    tenant: i64,
    actor: i64,
    kind: i64,
    login: i64,
    body: Vec<u8>,
}

impl Put {
    pub(crate) fn write(&self, conn: &Conn<'_>) -> Result<()> {
        let taken = conn.query_opt(
            "SELECT actor FROM account WHERE tenant = ?1 AND kind = ?2 AND login = ?3 AND actor <> ?4",
            &cells![self.tenant, self.kind, self.login, self.actor],
        )?;
        if taken.is_some() {
            return Err(Error::Conflict(Conflict::IdTaken));
        }
        conn.execute(
            "INSERT INTO account(tenant, actor, login, kind, body) VALUES(?1, ?2, ?3, ?4, ?5)
             ON CONFLICT(tenant, actor) DO UPDATE SET login = excluded.login, body = excluded.body",
            &cells![self.tenant, self.actor, self.login, self.kind, self.body.clone()],
        )?;
        tell(conn)
    }
}

/// Nobody is ever taken for somebody else, whatever the engine answers.
fn own(found: Option<Account>, actor: Actor) -> Result<Option<Account>> {
    match found {
        Some(account) if account.actor != actor.value() => Err(Error::bug("another account than was asked for")),
        found => Ok(found),
    }
}

/// Keeps an account as it was read until the transaction ends.
///
/// # Errors
/// [`Error::Conflict`] when it is another one by now.
pub(crate) fn hold_account(conn: &Conn<'_>, key: &Secret, tenant: i64, read: &Account) -> Result<()> {
    let text = format!("{BY_ACTOR}{}", hold(conn.dialect()));
    let now = conn.query_opt(&text, &cells![tenant, read.actor])?.map(|row| open(key, tenant, &row)).transpose()?;
    if now.as_ref() == Some(read) { Ok(()) } else { Err(Error::Conflict(Conflict::Overtaken)) }
}

/// From its number and its sealed body.
fn open(key: &Secret, tenant: i64, row: &Row) -> Result<Account> {
    decode(&crypto::open(key, &aad(tenant, row.int(0)?), row.blob(1)?)?)
}

fn decode(plain: &[u8]) -> Result<Account> {
    serde_json::from_slice(plain).map_err(|_| Error::Integrity("account does not decode".into()))
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "account",
    fr: "compte",
    text: "SELECT 0, actor, body FROM account WHERE tenant = ?1 ORDER BY actor LIMIT ?2 OFFSET ?3",
    body: 2,
    spot: Some(["account", "body", "actor = ?4"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.int(1)?)),
};

fn aad(tenant: i64, actor: i64) -> Vec<u8> {
    format!("account {tenant} {actor}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_older_than_its_last_field_still_opens() {
        let old = r#"{"actor":41,"kind":"Person","login":"odile","display":"Odile","password":"","place":null,
            "max_level":4,"write":true,"chosen_ids":false}"#;
        let account = decode(old.as_bytes()).unwrap();
        assert_eq!((account.login.as_str(), account.practitioner.as_deref(), account.chosen), ("odile", None, None));
        assert!(account.is_open(i64::MAX - 1));
    }

    #[test]
    fn an_older_reader_skips_what_it_does_not_know() {
        let newer = r#"{"actor":41,"kind":"Person","login":"odile","display":"Odile","password":"","place":null,
            "max_level":4,"write":true,"chosen_ids":false,"practitioner":"demo-odile","later":[1]}"#;
        assert_eq!(decode(newer.as_bytes()).unwrap().practitioner.as_deref(), Some("demo-odile"));
    }
}
