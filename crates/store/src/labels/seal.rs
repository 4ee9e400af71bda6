//! Bodies under the key of their level: sealed to a pair when it rises to 4, under the person's key when it comes down.

use crate::body::{self, Address, Key, Seal};
use crate::engine::cells;
use crate::error::{Error, Result};
use crate::keys::PublicHalf;
use crate::read::Reader;
use crate::stored::Stored;
use confidentiality::{Level, Person};

/// Puts the bodies of a row, current and past, under the key of its new level: a pair's (`half`), or the person's.
pub(super) fn change(reader: &Reader<'_>, row: &Stored, half: Option<&PublicHalf>) -> Result<()> {
    if row.person.is_zero() {
        return Ok(());
    }
    let was = body::header(&row.body)?.seal;
    match half {
        Some(half) => {
            if was == Seal::Person {
                put(reader, row.rid, &to_pair(reader, row.person, (row.rid, row.version), &row.body, half)?)?;
            }
            seal_past(reader, row.rid, row.person, half)
        }
        None => {
            if was == Seal::Pair {
                put(reader, row.rid, &to_person(reader, row.person, (row.rid, row.version), &row.body)?)?;
            }
            unseal_past(reader, row.rid, row.person)
        }
    }
}

fn put(reader: &Reader<'_>, rid: i64, (seal, body): &(Seal, Vec<u8>)) -> Result<()> {
    reader.conn.execute(
        "UPDATE resource SET seal = ?3, body = ?4 WHERE tenant = ?1 AND rid = ?2",
        &cells![reader.call.tenant, rid, seal.code(), body.clone()],
    )?;
    Ok(())
}

/// Older versions of what rises to level 4 are sealed to the same key pair.
pub(crate) fn seal_past(reader: &Reader<'_>, rid: i64, person: Person, half: &PublicHalf) -> Result<()> {
    let rows = reader.conn.query(
        "SELECT version, body FROM history WHERE tenant = ?1 AND rid = ?2 AND seal = ?3",
        &cells![reader.call.tenant, rid, Seal::Person.code()],
    )?;
    for row in rows {
        let version = row.int(0)?;
        put_past(reader, rid, version, &to_pair(reader, person, (rid, version), row.blob(1)?, half)?)?;
    }
    Ok(())
}

/// Older versions that were sealed for the sake of the current one only.
fn unseal_past(reader: &Reader<'_>, rid: i64, person: Person) -> Result<()> {
    let rows = reader.conn.query(
        "SELECT version, body FROM history WHERE tenant = ?1 AND rid = ?2 AND seal = ?3 AND level < ?4",
        &cells![reader.call.tenant, rid, Seal::Pair.code(), Level::VerySensitive.code()],
    )?;
    for row in rows {
        let version = row.int(0)?;
        put_past(reader, rid, version, &to_person(reader, person, (rid, version), row.blob(1)?)?)?;
    }
    Ok(())
}

fn put_past(reader: &Reader<'_>, rid: i64, version: i64, (seal, body): &(Seal, Vec<u8>)) -> Result<()> {
    reader.conn.execute(
        "UPDATE history SET seal = ?4, body = ?5 WHERE tenant = ?1 AND rid = ?2 AND version = ?3",
        &cells![reader.call.tenant, rid, version, seal.code(), body.clone()],
    )?;
    Ok(())
}

type Place = (i64, i64);

fn to_pair(
    reader: &Reader<'_>,
    person: Person,
    (rid, version): Place,
    stored: &[u8],
    half: &PublicHalf,
) -> Result<(Seal, Vec<u8>)> {
    let (inner, tenant) = (reader.inner, reader.call.tenant);
    let at = Address { tenant, rid, version };
    let key = inner.keyring.person(&inner.engine, reader.conn, tenant, person)?;
    let plain = body::open(at, &Key::Shared(&key.secret), stored)?;
    Ok((Seal::Pair, body::close(at, Seal::Pair, half.id, &Key::Pair(&half.public), &plain)?))
}

fn to_person(reader: &Reader<'_>, person: Person, (rid, version): Place, stored: &[u8]) -> Result<(Seal, Vec<u8>)> {
    let (inner, tenant) = (reader.inner, reader.call.tenant);
    let at = Address { tenant, rid, version };
    let open4 = reader.call.clearance.open4();
    let open4 = open4.ok_or_else(|| Error::bug("level 4 comes down without the right to open it"))?;
    let pair = (tenant, person, body::header(stored)?.category());
    let private = inner.keyring.private_half(&inner.engine, reader.conn, open4, pair)?;
    let plain = body::open(at, &Key::Pair(&private), stored)?;
    let key = inner.keyring.person(&inner.engine, reader.conn, tenant, person)?;
    Ok((Seal::Person, body::close(at, Seal::Person, key.id, &Key::Shared(&key.secret), &plain)?))
}
