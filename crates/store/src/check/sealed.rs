//! Every row that is closed by itself opens where it stands: accounts, names, drafts, safety facts, reasons, the estate…

use super::{BATCH, Check};
use crate::call::Call;
use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Row, cells};
use crate::error::Result;
use crate::keys::Use;
use crate::store::{Inner, Store};
use crate::{
    accounts, assets, drafts, erasure, import, labels, papers, places, safety, tasks, units, workstations, write,
};
use confidentiality::Person;

/// The closed rows of one table.
pub(crate) struct SealedRows {
    /// What a finding calls one of them, before its number.
    pub(crate) what: &'static str,
    /// The same in French.
    pub(crate) fr: &'static str,
    /// Their person (0: closed by the Data key), their number, what else the place is made of, and the body last; of tenant
    /// ?1, in order, ?2 rows after the first ?3.
    pub(crate) text: &'static str,
    /// Column of the body.
    pub(crate) body: usize,
    /// Table, column, and what tells a row by the columns before the body (?4 and on); none for what a person's key closes.
    pub(crate) spot: Option<[&'static str; 3]>,
    /// Which of the person's derived keys closes them.
    pub(crate) usage: &'static str,
    /// The place they are bound to.
    pub(crate) aad: fn(i64, &Row) -> Result<Vec<u8>>,
}

pub(crate) const ALL: [&SealedRows; 16] = [
    &accounts::CLOSED,
    &places::CLOSED,
    &units::CLOSED,
    &drafts::CLOSED,
    &safety::CLOSED,
    &labels::REASONS,
    &labels::ROLLBACKS,
    &labels::FINDINGS,
    &write::DUPLICATES,
    &import::CLOSED,
    &assets::HEADS,
    &assets::PARTS,
    &papers::CLOSED,
    &workstations::CLOSED,
    &tasks::CLOSED,
    &erasure::REQUESTS,
];

/// Facts of an item that is no more, or of another person's.
const STRAYS: &str = "SELECT DISTINCT s.rid FROM safety s LEFT JOIN resource r ON r.tenant = s.tenant AND r.rid = s.rid
     WHERE s.tenant = ?1 AND (r.rid IS NULL OR r.deleted = 1 OR r.person <> s.person) ORDER BY s.rid";

/// Opens them all.
pub(super) async fn check(store: &Store, call: &Call, check: &mut Check) -> Result<()> {
    let tenant = call.tenant;
    for closed in ALL {
        let mut from = 0;
        loop {
            let inner = store.0.clone();
            let look = move |conn: &Conn<'_>| open_some(&inner, conn, tenant, closed, from);
            let read = store.engine().read(Db::Main, look).await;
            let Some((looked, damaged)) = check.note((&format!("main: {}s", closed.what), closed.fr), read)? else {
                break;
            };
            for number in damaged {
                let fr = format!("ne s'ouvre pas à sa place : {} n° {number}.", closed.fr);
                check.find("sealed", format!("{} {number} does not open where it stands", closed.what), fr);
            }
            check.sealed += looked.unsigned_abs();
            from += looked;
            if looked < BATCH {
                break;
            }
        }
    }
    let strays = store.engine().read(Db::Main, move |conn| conn.query(STRAYS, &cells![tenant])).await;
    for row in check.note(("main: safety", "les faits utiles à la sécurité"), strays)?.unwrap_or_default() {
        let rid = row.int(0)?;
        check.find(
            "safety",
            format!("item {rid} has none, or is another person's, and carers are told of it"),
            format!(
                "élément n° {rid} : des faits sont dits aux soignants, qu'il n'a pas ou qui sont d'une autre personne."
            ),
        );
    }
    Ok(())
}

/// How many there were, and the numbers of those that do not open.
fn open_some(inner: &Inner, conn: &Conn<'_>, tenant: i64, closed: &SealedRows, from: i64) -> Result<(i64, Vec<i64>)> {
    let rows = conn.query(closed.text, &cells![tenant, BATCH, from])?;
    let mut damaged = Vec::new();
    for row in &rows {
        let opens = key(inner, conn, tenant, closed, row.int(0)?)
            .and_then(|key| crypto::open(&key, &(closed.aad)(tenant, row)?, row.blob(closed.body)?));
        if opens.is_err() {
            damaged.push(row.int(1)?);
        }
    }
    Ok((i64::try_from(rows.len()).unwrap_or(i64::MAX), damaged))
}

fn key(inner: &Inner, conn: &Conn<'_>, tenant: i64, closed: &SealedRows, person: i64) -> Result<Secret> {
    if person == 0 {
        return inner.keyring.tenant(tenant, Use::Data);
    }
    inner.keyring.person(&inner.engine, conn, tenant, Person::new(person))?.secret.derive(closed.usage)
}
