//! Changing the keys that wrap others: no body is written anew, and nobody waits.
//!
//! A new epoch is made; what is new is wrapped by it at once, and what is there in small transactions, while both are in use. Once
//! nothing needs the former epoch, it goes. Whatever stops the job, what still names the former epoch is what is left.

use super::{Keyring, Use, rows};
use crate::audit;
use crate::call::Call;
use crate::check;
use crate::crypto::{self, Secret};
use crate::engine::{Cell, Conn, Db, cells, hold};
use crate::error::{Error, Result};
use crate::store::Store;
use confidentiality::Person;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Keys wrapped anew in one transaction.
const BATCH: i64 = 100;
/// A key that no write has used after so long is of a write that did not come to its end.
const UNUSED: i64 = 7 * 86_400_000_000;

/// What changing the keys did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rotation {
    /// Keys that close content, in use from now on.
    pub renewed: u64,
    /// Keys of persons, and pairs, that the new epoch wraps.
    pub wrapped: u64,
    /// Those that do not open: they stay as they were, and so does the former epoch.
    pub unreadable: u64,
    /// Keys that nothing used, taken away.
    pub swept: u64,
}

/// One of the two tables of wrapped keys.
struct Table {
    usage: Use,
    behind: &'static str,
    update: &'static str,
    left: &'static str,
}

const PERSONS: Table = Table {
    usage: Use::Persons,
    behind: "SELECT person, key_id, epoch, wrapped, 0 FROM person_key
             WHERE tenant = ?1 AND epoch < ?2 AND person > ?3 ORDER BY person LIMIT ?4",
    update: "UPDATE person_key SET wrapped = ?5, epoch = ?6
             WHERE tenant = ?1 AND person = ?2 AND key_id = ?3 AND epoch = ?4",
    left: "SELECT 1 FROM person_key WHERE tenant = ?1 AND epoch < ?2 LIMIT 1",
};

const PAIRS: Table = Table {
    usage: Use::Pairs,
    behind: "SELECT person, key_id, epoch, wrapped, category FROM pair_key
             WHERE tenant = ?1 AND epoch < ?2 AND person > ?3 ORDER BY person LIMIT ?4",
    update: "UPDATE pair_key SET wrapped = ?5, epoch = ?6
             WHERE tenant = ?1 AND person = ?2 AND key_id = ?3 AND epoch = ?4 AND category = ?7",
    left: "SELECT 1 FROM pair_key WHERE tenant = ?1 AND epoch < ?2 LIMIT 1",
};

impl Store {
    /// Puts in use the keys of content that [`Store::announce_keys`] has made. Changes the tenant's keys that wrap those of persons, and the private halves of level 4; goes on with a change that was
    /// interrupted. Takes away keys that nothing uses. Bodies stay, and so do the keys themselves: whoever holds an older
    /// copy of `keys` and the root key of its time still opens it. `told` hears how many are done.
    ///
    /// # Errors
    /// The engine's; a defect for a call that does not see everything.
    pub async fn rotate_keys(&self, call: &Call, told: &(dyn Fn(u64) + Send + Sync)) -> Result<Rotation> {
        if !call.clearance.sees_all() {
            return Err(Error::bug("keys are changed by who sees everything"));
        }
        let (tenant, inner) = (call.tenant, self.0.clone());
        let swept = self.sweep_keys(tenant, call.now - UNUSED).await?;
        let renewed = self.use_announced(tenant).await?;
        let mut rotation = Rotation { renewed, swept, ..Rotation::default() };
        self.engine().write(Db::Keys, move |conn| begin(conn, &inner.keyring, tenant)).await?;
        for table in [&PERSONS, &PAIRS] {
            let mut after = 0;
            while let Some(last) = self.wrap_some(tenant, table, after, &mut rotation).await? {
                after = last;
                told(rotation.wrapped);
            }
        }
        for table in [&PERSONS, &PAIRS] {
            self.engine().write(Db::Keys, move |conn| end(conn, tenant, table)).await?;
        }
        self.scrub().await?;
        self.note_rotation(call, rotation).await?;
        Ok(rotation)
    }

    /// Wraps the next keys anew; the last person looked at, none when there are no more.
    async fn wrap_some(
        &self,
        tenant: i64,
        table: &'static Table,
        after: i64,
        rotation: &mut Rotation,
    ) -> Result<Option<i64>> {
        let inner = self.0.clone();
        let wrap = move |conn: &Conn<'_>| wrap(conn, &inner.keyring, tenant, table, after);
        let (last, wrapped, unreadable) = self.engine().write(Db::Keys, wrap).await?;
        rotation.wrapped += wrapped;
        rotation.unreadable += unreadable;
        Ok(last)
    }

    /// Takes away the keys of persons of whom there is nothing, made before that time.
    async fn sweep_keys(&self, tenant: i64, before: i64) -> Result<u64> {
        const OLD: &str = "SELECT person FROM person_key WHERE tenant = ?1 AND created < ?2";
        let old = self.engine().read(Db::Keys, move |conn| conn.query(OLD, &cells![tenant, before])).await?;
        let old = old.iter().map(|row| row.int(0)).collect::<Result<BTreeSet<_>>>()?;
        let known = self.engine().read(Db::Main, move |conn| check::persons(conn, tenant)).await?;
        let shown = self.engine().read(Db::Audit, move |conn| check::shown(conn, tenant)).await?;
        let unused: Vec<i64> = old.into_iter().filter(|one| !known.contains(one) && !shown.contains(one)).collect();
        let (count, inner) = (unused.len() as u64, self.0.clone());
        let sweep = move |conn: &Conn<'_>| {
            for person in &unused {
                conn.execute("DELETE FROM pair_key WHERE tenant = ?1 AND person = ?2", &cells![tenant, *person])?;
                conn.execute("DELETE FROM person_key WHERE tenant = ?1 AND person = ?2", &cells![tenant, *person])?;
                inner.keyring.forget(tenant, Person::new(*person));
            }
            Ok(())
        };
        self.engine().write(Db::Keys, sweep).await?;
        Ok(count)
    }

    /// Takes what went out of pages and journals, in `keys` above all.
    pub(crate) async fn scrub(&self) -> Result<()> {
        self.engine().scrub().await?;
        let done = |conn: &Conn<'_>| conn.execute("DELETE FROM key_meta WHERE name = 'scrub'", &[]).map(drop);
        self.engine().write(Db::Keys, done).await
    }

    /// The same, where keys went and whoever took them away did not come to its end.
    pub(crate) async fn scrub_if_owed(&self) -> Result<()> {
        let owed = |conn: &Conn<'_>| Ok(conn.query_opt("SELECT 1 FROM key_meta WHERE name = 'scrub'", &[])?.is_some());
        if self.engine().read(Db::Keys, owed).await? { self.scrub().await } else { Ok(()) }
    }

    async fn note_rotation(&self, call: &Call, rotation: Rotation) -> Result<()> {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let counts = [
            ("renewed", rotation.renewed),
            ("wrapped", rotation.wrapped),
            ("unreadable", rotation.unreadable),
            ("swept", rotation.swept),
        ];
        let counts = counts.map(|(word, number)| (word.to_owned(), count(number)));
        let (inner, tenant, envelope) = (self.0.clone(), call.tenant, call.envelope(BTreeMap::from(counts)));
        let seal =
            move |conn: &Conn<'_>| audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope, Vec::new());
        let sealed = self.engine().read(Db::Main, seal).await?;
        self.engine().write(Db::Audit, move |conn| audit::insert_read(conn, &sealed)).await
    }

    /// Puts the tenants' keys under another root key, in one transaction: from then on, the former opens this store no more,
    /// but the copies of `keys` made before. To be done while nothing else has the store open; it is to be opened anew.
    ///
    /// # Errors
    /// The engine's.
    pub async fn change_root(self, new: &Secret) -> Result<()> {
        let (inner, new) = (self.0.clone(), new.clone());
        let change = move |conn: &Conn<'_>| {
            for row in conn.query("SELECT tenant, kind, epoch, wrapped FROM tenant_key", &[])? {
                let at = (row.int(0)?, row.int(1)?, row.int(2)?);
                let aad = rows::aad_of(at);
                let key = zeroize::Zeroizing::new(crypto::open(&inner.keyring.root, &aad, row.blob(3)?)?);
                conn.execute(
                    "UPDATE tenant_key SET wrapped = ?4 WHERE tenant = ?1 AND kind = ?2 AND epoch = ?3",
                    &cells![at.0, at.1, at.2, crypto::seal(&new, &aad, &key)?],
                )?;
            }
            conn.execute("UPDATE key_meta SET value = ?1 WHERE name = 'root'", &cells![rows::fingerprint(&new)])?;
            owe_scrub(conn)
        };
        self.engine().write(Db::Keys, change).await?;
        self.scrub().await
    }
}

/// Notes, with what takes keys away, that pages and journals still hold them.
pub(crate) fn owe_scrub(conn: &Conn<'_>) -> Result<()> {
    let owed = "INSERT INTO key_meta(name, value) VALUES('scrub', ?1) ON CONFLICT DO NOTHING";
    conn.execute(owed, &cells![Vec::<u8>::new()]).map(drop)
}

/// Makes the next epoch of the two keys that wrap; where two epochs are in use, an earlier change goes on.
fn begin(conn: &Conn<'_>, keyring: &Keyring, tenant: i64) -> Result<()> {
    for usage in [Use::Persons, Use::Pairs] {
        let epochs = "SELECT MIN(epoch), MAX(epoch) FROM tenant_key WHERE tenant = ?1 AND kind = ?2";
        let row = conn.query_one(epochs, &cells![tenant, usage as i64])?;
        let (oldest, newest) = (row.int(0)?, row.int(1)?);
        if oldest == newest {
            rows::make(conn, &keyring.root, tenant, usage, newest + 1)?;
        }
    }
    Ok(())
}

/// Last person, keys wrapped anew, keys that do not open.
type Wrapped = (Option<i64>, u64, u64);

fn wrap(conn: &Conn<'_>, keyring: &Keyring, tenant: i64, table: &Table, after: i64) -> Result<Wrapped> {
    let (epoch, newest) = keyring.newest(conn, tenant, table.usage)?;
    let mut rows = conn.query(table.behind, &cells![tenant, epoch, after, BATCH])?;
    if i64::try_from(rows.len()) == Ok(BATCH) {
        // The last person may have more pairs: all of them are for the next transaction.
        let last = rows.last().map(|row| row.int(0)).transpose()?;
        rows.retain(|row| row.int(0).ok() != last);
    }
    let (mut wrapped, mut unreadable) = (0, 0);
    for row in &rows {
        let (person, id, from, category) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(4)?);
        let aad = match table.usage {
            Use::Pairs => rows::pair_aad(tenant, Person::new(person), category, id),
            _ => rows::person_aad(tenant, Person::new(person), id),
        };
        let former = keyring.wrapper(conn, tenant, table.usage, from);
        let Ok(key) = former.and_then(|former| crypto::open(&former, &aad, row.blob(3)?)) else {
            unreadable += 1;
            continue;
        };
        let mut cells: Vec<Cell> = cells![tenant, person, id, from, crypto::seal(&newest, &aad, &key)?, epoch].to_vec();
        if table.usage == Use::Pairs {
            cells.push(Cell::Int(category));
        }
        wrapped += conn.execute(table.update, &cells)?;
    }
    Ok((rows.last().map(|row| row.int(0)).transpose()?, wrapped, unreadable))
}

/// Former epochs go, once nothing is wrapped by them; who is wrapping by one is waited for.
fn end(conn: &Conn<'_>, tenant: i64, table: &Table) -> Result<()> {
    let epochs =
        format!("SELECT epoch FROM tenant_key WHERE tenant = ?1 AND kind = ?2 ORDER BY epoch{}", hold(conn.dialect()));
    let epochs = conn.query(&epochs, &cells![tenant, table.usage as i64])?;
    let newest = epochs.last().map(|row| row.int(0)).transpose()?.unwrap_or_default();
    if conn.query_opt(table.left, &cells![tenant, newest])?.is_none() {
        conn.execute(
            "DELETE FROM tenant_key WHERE tenant = ?1 AND kind = ?2 AND epoch < ?3",
            &cells![tenant, table.usage as i64, newest],
        )?;
        owe_scrub(conn)?;
    }
    Ok(())
}
