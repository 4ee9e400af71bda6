//! Asking that a person be erased: one person asks, another one does it within a week. Both are in the log.

use super::rows;
use crate::audit;
use crate::call::Call;
use crate::check::SealedRows;
use crate::crypto;
use crate::engine::{Conn, Db, cells};
use crate::error::{Conflict, Error, Result};
use crate::store::{Inner, Store};
use confidentiality::{Actor, Person};
use std::collections::BTreeMap;

/// How long a request waits for a second person (microseconds).
const WAITS: i64 = 7 * 24 * 3_600_000_000;
/// Which of the person's derived keys closes the reason: it goes with them.
const USAGE: &str = "erasure";

/// A request to erase a person, while it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureAsked {
    /// Who asks.
    pub actor: Actor,
    /// When (UTC microseconds).
    pub at: i64,
    /// How many items the record had then.
    pub items: i64,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Asks that the person of this Patient be erased; an earlier request is replaced. `items`: what
    /// [`Store::erasure_of`] has said. An entry of the log, with its reason.
    ///
    /// # Errors
    /// [`Error::Absent`] when there is no such person; [`Error::Conflict`] when the record has another number of items; the
    /// engine's; a defect for a call that does not see everything.
    pub async fn ask_erasure(&self, call: &Call, patient: &str, items: i64, reason: &str) -> Result<()> {
        let person = self.person_to_erase(call, patient).await?.ok_or(Error::Absent)?;
        let tenant = call.tenant;
        let counts = self.engine().read(Db::Main, move |conn| rows::count(conn, tenant, person)).await?;
        if counts.first() != Some(&items) {
            return Err(Error::Conflict(Conflict::Version));
        }
        let keys = self.0.keyring.ensure_persons(self.engine(), tenant, vec![person], call.now).await?;
        let key = keys.get(&person).ok_or_else(|| Error::bug("the key of a person was not made"))?;
        let body = crypto::seal(&key.secret.derive(USAGE)?, &aad(tenant, person.value()), reason.as_bytes())?;
        let (inner, actor, now) = (self.0.clone(), call.actor().value(), call.now);
        let mut envelope = call.envelope(BTreeMap::from([("items".to_owned(), items)]));
        envelope.why.push(format!("erasure@{}", person.value()));
        let ask = move |conn: &Conn<'_>| {
            conn.execute(
                "INSERT INTO erasure_request(tenant, person, actor, at, items, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT(tenant, person) DO UPDATE SET actor = excluded.actor, at = excluded.at,
                   items = excluded.items, body = excluded.body",
                &cells![tenant, person.value(), actor, now, items, body.clone()],
            )?;
            let entry = audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope.clone(), Vec::new())?;
            audit::insert_beside_write(conn, &entry)
        };
        self.engine().write(Db::Main, ask).await
    }

    /// The request that waits for a second person, about the person of this Patient.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything.
    pub async fn erasure_asked(&self, call: &Call, patient: &str) -> Result<Option<ErasureAsked>> {
        let Some(person) = self.person_to_erase(call, patient).await? else { return Ok(None) };
        let (inner, tenant, now) = (self.0.clone(), call.tenant, call.now);
        self.engine().read(Db::Main, move |conn| waiting(&inner, conn, (tenant, person), now)).await
    }
}

/// The request that waits.
pub(super) fn waiting(
    inner: &Inner,
    conn: &Conn<'_>,
    (tenant, person): (i64, Person),
    now: i64,
) -> Result<Option<ErasureAsked>> {
    let row = conn.query_opt(
        "SELECT actor, at, items, body FROM erasure_request WHERE tenant = ?1 AND person = ?2 AND at > ?3",
        &cells![tenant, person.value(), now.saturating_sub(WAITS)],
    )?;
    let Some(row) = row else { return Ok(None) };
    let key = inner.keyring.person(&inner.engine, conn, tenant, person)?.secret.derive(USAGE)?;
    let reason = crypto::open(&key, &aad(tenant, person.value()), row.blob(3)?)?;
    Ok(Some(ErasureAsked {
        actor: Actor::new(row.int(0)?),
        at: row.int(1)?,
        items: row.int(2)?,
        reason: String::from_utf8(reason).map_err(|_| Error::Integrity("the reason of an erasure".into()))?,
    }))
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "request to erase",
    fr: "demande d'effacement",
    text: "SELECT person, person, body FROM erasure_request WHERE tenant = ?1 ORDER BY person LIMIT ?2 OFFSET ?3",
    body: 2,
    spot: None,
    usage: USAGE,
    aad: |tenant, row| Ok(aad(tenant, row.int(0)?)),
};

fn aad(tenant: i64, person: i64) -> Vec<u8> {
    format!("erasure request {tenant} {person}").into_bytes()
}
