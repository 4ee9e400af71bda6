//! What is there is closed anew by the Data key in use, and envelopes of the log by the Audit key in use: who holds a former one, and
//! gets a copy of the data made since, reads nothing of it any more. What an envelope says stays, so its commitment does, and all that
//! was signed. Nothing has to say how far it is: a row that the key in use opens by itself is done. Whatever stops it, it is
//! begun again and passes over what is done. Each row changes only as it was read, so nothing that is written meanwhile is lost.
//!
//! The former keys stay, as ever: what a copy from before holds, and what a server that slept through the change has closed, opens.

use super::Use;
use crate::audit;
use crate::body::{self, Address, Key, Seal};
use crate::call::Call;
use crate::check::{SEALED, SealedRows};
use crate::crypto::{self, Secret};
use crate::engine::{Cell, Conn, Db, Row, cells};
use crate::error::{Error, Result};
use crate::store::Store;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows of one transaction.
const BATCH: i64 = 50;
/// Envelopes of one transaction: they are small, and as many as reads and writes.
const ENVELOPES: i64 = 500;

/// What closing anew did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Reclosed {
    /// Rows looked at.
    pub looked: u64,
    /// Of these, closed anew.
    pub closed: u64,
    /// Of these, those that no key opens: they stay as they were.
    pub unreadable: u64,
}

impl Reclosed {
    fn add(&mut self, other: Self) {
        self.looked += other.looked;
        self.closed += other.closed;
        self.unreadable += other.unreadable;
    }
}

impl Store {
    /// Closes anew what a former Data key has closed: bodies about nobody, current and older, and each row that is closed by itself;
    /// and what a former Audit key has: the envelopes of the log. To be asked a while after [`Store::rotate_keys`], when every server
    /// closes by the new key. `told` hears how many rows were looked at.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything.
    pub async fn reclose(&self, call: &Call, told: &(dyn Fn(u64) + Send + Sync)) -> Result<Reclosed> {
        if !call.clearance.sees_all() {
            return Err(Error::bug("content is closed anew by who sees everything"));
        }
        let tenant = call.tenant;
        let key = self.keyring().tenant(tenant, Use::Data)?;
        let mut all = Reclosed::default();
        for rows in SEALED {
            let Some(spot) = rows.spot else { continue };
            let mut from = 0;
            loop {
                let key = key.clone();
                let some = move |conn: &Conn<'_>| sealed(conn, &key, tenant, (rows, spot), from);
                let done = self.engine().write(Db::Main, some).await?;
                all.add(done);
                told(all.looked);
                from += BATCH;
                if done.looked < BATCH.unsigned_abs() {
                    break;
                }
            }
        }
        for some in self.about_nobody(tenant).await?.chunks(usize::try_from(BATCH).unwrap_or(1)) {
            let (key, rids) = (key.clone(), some.to_vec());
            let some = move |conn: &Conn<'_>| bodies(conn, &key, tenant, &rids);
            all.add(self.engine().write(Db::Main, some).await?);
            told(all.looked);
        }
        self.reclose_log(tenant, &mut all, told).await?;
        // Pages and journals hold what was there.
        self.scrub().await?;
        self.note_reclosed(call, all).await?;
        Ok(all)
    }

    async fn reclose_log(&self, tenant: i64, all: &mut Reclosed, told: &(dyn Fn(u64) + Send + Sync)) -> Result<()> {
        let key = self.keyring().tenant(tenant, Use::Audit)?;
        for (db, texts) in [(Db::Main, WRITTEN), (Db::Audit, READ)] {
            let mut after = Some(0);
            while let Some(from) = after {
                let key = key.clone();
                let some = move |conn: &Conn<'_>| envelopes(conn, &key, tenant, texts, from);
                let (done, last) = self.engine().write(db, some).await?;
                all.add(done);
                told(all.looked);
                after = last;
            }
        }
        Ok(())
    }

    /// The rows about nobody.
    async fn about_nobody(&self, tenant: i64) -> Result<Vec<i64>> {
        let find = move |conn: &Conn<'_>| {
            let rows = conn.query("SELECT rid FROM resource WHERE tenant = ?1 AND person = 0", &cells![tenant])?;
            rows.iter().map(|row| row.int(0)).collect::<Result<Vec<i64>>>()
        };
        let mut rids = self.engine().read(Db::Main, find).await?;
        rids.sort_unstable();
        Ok(rids)
    }

    async fn note_reclosed(&self, call: &Call, all: Reclosed) -> Result<()> {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let counts = [("looked", all.looked), ("closed", all.closed), ("unreadable", all.unreadable)];
        let counts = counts.map(|(word, number)| (word.to_owned(), count(number)));
        let (inner, tenant, envelope) = (self.0.clone(), call.tenant, call.envelope(BTreeMap::from(counts)));
        let seal =
            move |conn: &Conn<'_>| audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope, Vec::new());
        let sealed = self.engine().read(Db::Main, seal).await?;
        self.engine().write(Db::Audit, move |conn| audit::insert_read(conn, &sealed)).await
    }
}

/// The next rows of a table that are closed by themselves.
fn sealed(
    conn: &Conn<'_>,
    key: &Secret,
    tenant: i64,
    (rows, [table, column, told_by]): (&SealedRows, [&str; 3]),
    from: i64,
) -> Result<Reclosed> {
    let mut done = Reclosed::default();
    for row in conn.query(rows.text, &cells![tenant, BATCH, from])? {
        done.looked += 1;
        let (place, was) = ((rows.aad)(tenant, &row)?, row.blob(rows.body)?);
        if crypto::open(&key.alone(), &place, was).is_ok() {
            continue;
        }
        let Ok(plain) = crypto::open(key, &place, was) else {
            done.unreadable += 1;
            continue;
        };
        let text = format!("UPDATE {table} SET {column} = ?2 WHERE tenant = ?1 AND {column} = ?3 AND {told_by}");
        let mut bound: Vec<Cell> = cells![tenant, crypto::seal(key, &place, &plain)?, was].to_vec();
        bound.extend(row.cells(1, rows.body));
        done.closed += u64::from(conn.execute(&text, &bound)? > 0);
    }
    Ok(done)
}

const WRITTEN: [&str; 2] = [
    "SELECT seq, entry, envelope FROM entry_out WHERE tenant = ?1 AND seq > ?2 AND envelope IS NOT NULL ORDER BY seq LIMIT ?3",
    "UPDATE entry_out SET envelope = ?4 WHERE tenant = ?1 AND seq = ?2 AND envelope = ?3",
];
const READ: [&str; 2] = [
    "SELECT seq, entry, envelope FROM entry WHERE tenant = ?1 AND seq > ?2 AND envelope IS NOT NULL ORDER BY seq LIMIT ?3",
    "UPDATE entry SET envelope = ?4 WHERE tenant = ?1 AND seq = ?2 AND envelope = ?3",
];

/// The next envelopes of the log, and where to go on; nowhere once these were the last. One that an erasure empties meanwhile stays
/// empty.
fn envelopes(
    conn: &Conn<'_>,
    key: &Secret,
    tenant: i64,
    [find, put]: [&str; 2],
    after: i64,
) -> Result<(Reclosed, Option<i64>)> {
    let (mut done, mut last) = (Reclosed::default(), None);
    for row in conn.query(find, &cells![tenant, after, ENVELOPES])? {
        done.looked += 1;
        last = Some(row.int(0)?);
        let (place, was) = (audit::envelope_aad(tenant, row.blob(1)?), row.blob(2)?);
        if crypto::open(&key.alone(), &place, was).is_ok() {
            continue;
        }
        let Ok(plain) = crypto::open(key, &place, was) else {
            done.unreadable += 1;
            continue;
        };
        let bound = cells![tenant, row.int(0)?, was, crypto::seal(key, &place, &plain)?];
        done.closed += u64::from(conn.execute(put, &bound)? > 0);
    }
    Ok((done, last.filter(|_| done.looked == ENVELOPES.unsigned_abs())))
}

const CURRENT: [&str; 2] = [
    "SELECT version, body FROM resource WHERE tenant = ?1 AND rid = ?2 AND seal = ?3",
    "UPDATE resource SET body = ?5 WHERE tenant = ?1 AND rid = ?2 AND version = ?3 AND body = ?4",
];
const PAST: [&str; 2] = [
    "SELECT version, body FROM history WHERE tenant = ?1 AND rid = ?2 AND seal = ?3",
    "UPDATE history SET body = ?5 WHERE tenant = ?1 AND rid = ?2 AND version = ?3 AND body = ?4",
];

/// Bodies of these rows, current and older.
fn bodies(conn: &Conn<'_>, key: &Secret, tenant: i64, rids: &[i64]) -> Result<Reclosed> {
    let mut done = Reclosed::default();
    for rid in rids {
        for [find, put] in [CURRENT, PAST] {
            for row in conn.query(find, &cells![tenant, *rid, Seal::Tenant.code()])? {
                done.looked += 1;
                match anew(key, tenant, *rid, &row) {
                    Ok(Some(body)) => {
                        let bound = cells![tenant, *rid, row.int(0)?, row.blob(1)?, body];
                        done.closed += u64::from(conn.execute(put, &bound)? > 0);
                    }
                    Ok(None) => {}
                    Err(_) => done.unreadable += 1,
                }
            }
        }
    }
    Ok(done)
}

/// A body closed by the key in use; none when it is so already.
fn anew(key: &Secret, tenant: i64, rid: i64, row: &Row) -> Result<Option<Vec<u8>>> {
    let (at, was) = (Address { tenant, rid, version: row.int(0)? }, row.blob(1)?);
    if body::open(at, &Key::Shared(&key.alone()), was).is_ok() {
        return Ok(None);
    }
    let plain = body::open(at, &Key::Shared(key), was)?;
    body::close(at, Seal::Tenant, body::header(was)?.key_id, &Key::Shared(key), &plain).map(Some)
}
