//! Enrolled machines: a browser that shows the token it was given is the machine that was enrolled. What they are is sealed;
//! their state, place and unit are in clear, since each request asks for them.

use crate::call::Call;
use crate::check::SealedRows;
use crate::crypto::{self, Secret, sha256};
use crate::engine::{Conn, Db, Row, cells};
use crate::error::{Error, Result};
use crate::keys::Use;
use crate::labels;
use crate::read::Reader;
use crate::store::Store;
use confidentiality::{Place, Workstation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A machine to enrol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMachine {
    /// What people call it.
    pub name: String,
    /// The asset of the inventory that it is, by what identifies it there; none when it is not in the inventory.
    pub asset: Option<String>,
    /// Where it is.
    #[serde(skip)]
    pub place: Place,
    /// The unit that uses it; 0 = the whole place.
    #[serde(skip)]
    pub unit: i64,
    /// What it is worth.
    #[serde(skip, default = "unknown")]
    pub state: Workstation,
}

fn unknown() -> Workstation {
    Workstation::Unknown
}

/// An enrolled machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its number.
    pub number: i64,
    /// What it is.
    pub machine: NewMachine,
    /// When it was enrolled (UTC microseconds).
    pub enrolled: i64,
}

impl Store {
    /// Enrols the machine that will show this token; its number.
    ///
    /// # Errors
    /// [`Error::Absent`] for whoever does not answer for machines; the engine's.
    pub async fn enrol(&self, call: &Call, token: &[u8], new: NewMachine) -> Result<i64> {
        let (tenant, number) = (call.tenant, crypto::random_id()?);
        let plain = serde_json::to_vec(&new).map_err(|e| Error::bug(e.to_string()))?;
        let body = crypto::seal(&self.keyring().tenant(tenant, Use::Data)?, &aad(tenant, number), &plain)?;
        let hash = hash(token);
        let write = move |conn: &Conn<'_>, now: i64| {
            conn.execute(
                "INSERT INTO workstation(tenant, workstation, token, place, unit, state, enrolled, ended, body)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)",
                &cells![tenant, number, hash, new.place.value(), new.unit, new.state.code(), now, body],
            )
        };
        self.entered(call, "machines", write).await?;
        Ok(number)
    }

    /// Takes a machine out: it is not known any more. Whether it was in.
    ///
    /// # Errors
    /// As [`Store::enrol`].
    pub async fn take_out(&self, call: &Call, number: i64) -> Result<bool> {
        let tenant = call.tenant;
        let write = move |conn: &Conn<'_>, now: i64| {
            conn.execute(
                "UPDATE workstation SET ended = ?3 WHERE tenant = ?1 AND workstation = ?2 AND ended = 0",
                &cells![tenant, number, now],
            )
        };
        Ok(self.entered(call, "machines", write).await? > 0)
    }

    /// A write of whoever answers for machines, with its entry, which counts what was changed, when something has.
    pub(crate) async fn entered(
        &self,
        call: &Call,
        what: &'static str,
        write: impl FnOnce(&Conn<'_>, i64) -> Result<u64> + Send + 'static,
    ) -> Result<u64> {
        if !call.clearance.sees_estate() {
            return Err(Error::Absent);
        }
        let (inner, call, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        self.engine()
            .write(Db::Main, move |conn| {
                let changed = write(conn, call.now)?;
                if changed > 0 {
                    let counts = BTreeMap::from([(what.to_owned(), 1)]);
                    let reader = Reader { inner: &inner, conn, call: &call, hasher };
                    labels::enter(&reader, call.envelope(counts), BTreeMap::new())?;
                }
                Ok(changed)
            })
            .await
    }

    /// The machines that are in, in the order they were enrolled.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when a row does not open.
    pub async fn machines(&self, tenant: i64) -> Result<Vec<Machine>> {
        let key = self.keyring().tenant(tenant, Use::Data)?;
        self.engine()
            .read(Db::Main, move |conn| {
                let rows = conn.query(
                    "SELECT workstation, place, unit, state, enrolled, body FROM workstation
                     WHERE tenant = ?1 AND ended = 0 ORDER BY enrolled, workstation",
                    &cells![tenant],
                )?;
                rows.iter().map(|row| open(&key, tenant, row)).collect()
            })
            .await
    }

    /// Number and state of the machine that shows this token. Where none is enrolled nobody asks; where some are, one that
    /// shows none is unknown.
    ///
    /// # Errors
    /// The engine's.
    pub async fn workstation(&self, tenant: i64, token: Option<&[u8]>) -> Result<(Option<i64>, Workstation)> {
        let hash = token.map(hash).unwrap_or_default();
        self.engine()
            .glance(Db::Main, move |conn| {
                let own = conn.query_opt(
                    "SELECT workstation, state FROM workstation WHERE tenant = ?1 AND token = ?2 AND ended = 0",
                    &cells![tenant, hash.clone()],
                )?;
                if let Some(row) = own {
                    let state = Workstation::from_code(row.int(1)?).unwrap_or(Workstation::Unknown);
                    return Ok((Some(row.int(0)?), state));
                }
                let others = conn
                    .query_opt("SELECT 1 FROM workstation WHERE tenant = ?1 AND ended = 0 LIMIT 1", &cells![tenant])?;
                Ok((None, if others.is_some() { Workstation::Unknown } else { Workstation::Any }))
            })
            .await
    }

    /// What the inventory now says of machines; how many have changed.
    ///
    /// # Errors
    /// The engine's.
    pub async fn judge_machines(&self, tenant: i64, states: Vec<(i64, Workstation)>) -> Result<u64> {
        self.engine()
            .write(Db::Main, move |conn| {
                let mut changed = 0;
                for (number, state) in states {
                    changed += conn.execute(
                        "UPDATE workstation SET state = ?3 WHERE tenant = ?1 AND workstation = ?2 AND state <> ?3",
                        &cells![tenant, number, state.code()],
                    )?;
                }
                Ok(changed)
            })
            .await
    }
}

fn hash(token: &[u8]) -> Vec<u8> {
    sha256(&[b"workstation", token]).to_vec()
}

fn open(key: &Secret, tenant: i64, row: &Row) -> Result<Machine> {
    let number = row.int(0)?;
    let plain = crypto::open(key, &aad(tenant, number), row.blob(5)?)?;
    let mut machine: NewMachine =
        serde_json::from_slice(&plain).map_err(|_| Error::Integrity("a machine does not decode".into()))?;
    machine.place = Place::new(row.int(1)?);
    machine.unit = row.int(2)?;
    machine.state = Workstation::from_code(row.int(3)?).unwrap_or(Workstation::Unknown);
    Ok(Machine { number, machine, enrolled: row.int(4)? })
}

/// For who looks for damage.
pub(crate) const CLOSED: SealedRows = SealedRows {
    what: "workstation",
    fr: "poste",
    text: "SELECT 0, workstation, body FROM workstation WHERE tenant = ?1 ORDER BY workstation LIMIT ?2 OFFSET ?3",
    body: 2,
    spot: Some(["workstation", "body", "workstation = ?4"]),
    usage: "",
    aad: |tenant, row| Ok(aad(tenant, row.int(1)?)),
};

fn aad(tenant: i64, number: i64) -> Vec<u8> {
    format!("workstation {tenant} {number}").into_bytes()
}
