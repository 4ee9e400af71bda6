//! Wrapped keys, as rows of the key store.

use super::{CATEGORY_SHIFT, FIRST_EPOCH, Keyring, PersonKey, PublicHalf, Use};
use crate::crypto::{self, Secret};
use crate::engine::{Conn, cells, share};
use crate::error::{Error, Result, TENANT_KEY_LOST};
use confidentiality::Person;
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// What tells a root key from another without saying anything of either.
pub(crate) fn fingerprint(root: &Secret) -> Vec<u8> {
    crypto::mac(root.bytes(), &[b"socle root key fingerprint"]).to_vec()
}

fn tenant_aad(tenant: i64, usage: Use, epoch: i64) -> Vec<u8> {
    aad_of((tenant, usage as i64, epoch))
}

/// Of a row of `tenant_key`.
pub(super) fn aad_of((tenant, kind, epoch): (i64, i64, i64)) -> Vec<u8> {
    format!("tenant {tenant} {kind} {epoch}").into_bytes()
}

/// Every epoch of a key that there is; the first is made where there is none, nor any key that another closes: one that was lost is not
/// made anew, for it would open nothing.
pub(super) fn load_or_make(conn: &Conn<'_>, root: &Secret, tenant: i64, usage: Use) -> Result<Vec<(i64, Secret)>> {
    let found = all(conn, root, tenant, usage)?;
    if !found.is_empty() {
        return Ok(found);
    }
    if conn.query_opt("SELECT 1 FROM person_key WHERE tenant = ?1 LIMIT 1", &cells![tenant])?.is_some() {
        return Err(Error::Integrity(TENANT_KEY_LOST.into()));
    }
    make(conn, root, tenant, usage, FIRST_EPOCH)?;
    all(conn, root, tenant, usage)
}

/// Every epoch of a key that there is, in order.
pub(super) fn all(conn: &Conn<'_>, root: &Secret, tenant: i64, usage: Use) -> Result<Vec<(i64, Secret)>> {
    const FIND: &str = "SELECT epoch, wrapped FROM tenant_key WHERE tenant = ?1 AND kind = ?2 ORDER BY epoch";
    let found = conn.query(FIND, &cells![tenant, usage as i64])?;
    let open = |row: &crate::engine::Row| {
        let epoch = row.int(0)?;
        let key = crypto::open(root, &tenant_aad(tenant, usage, epoch), row.blob(1)?)?;
        Ok((epoch, Secret::from_slice(&key)?))
    };
    found.iter().map(open).collect()
}

/// A new key of a tenant, unless somebody else has just made it.
pub(super) fn make(conn: &Conn<'_>, root: &Secret, tenant: i64, usage: Use, epoch: i64) -> Result<()> {
    let wrapped = crypto::seal(root, &tenant_aad(tenant, usage, epoch), Secret::random()?.bytes())?;
    conn.execute(
        "INSERT INTO tenant_key(tenant, kind, epoch, wrapped) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        &cells![tenant, usage as i64, epoch, wrapped],
    )?;
    Ok(())
}

impl Keyring {
    /// A key of this epoch: from memory, or from the key store, when another server has made it.
    pub(crate) fn wrapper(&self, keys: &Conn<'_>, tenant: i64, usage: Use, epoch: i64) -> Result<Secret> {
        if let Some(known) = self.known((tenant, usage, epoch)) {
            return Ok(known);
        }
        let row = keys
            .query_opt(
                "SELECT wrapped FROM tenant_key WHERE tenant = ?1 AND kind = ?2 AND epoch = ?3",
                &cells![tenant, usage as i64, epoch],
            )?
            .ok_or_else(|| Error::Key("an epoch of a tenant's key is not there".into()))?;
        let key = crypto::open(&self.root, &tenant_aad(tenant, usage, epoch), row.blob(0)?)?;
        let key = Secret::from_slice(&key)?;
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.insert((tenant, usage, epoch), key.clone());
        Ok(key)
    }

    /// The key that wraps what is new, and its epoch. Its row is shared until the transaction ends: no rotation takes it
    /// away before what it wraps is there.
    pub(super) fn newest(&self, keys: &Conn<'_>, tenant: i64, usage: Use) -> Result<(i64, Secret)> {
        let text = format!(
            "SELECT epoch FROM tenant_key WHERE tenant = ?1 AND kind = ?2 ORDER BY epoch DESC LIMIT 1{}",
            share(keys.dialect())
        );
        let row = keys.query_opt(&text, &cells![tenant, usage as i64])?;
        let epoch = row.ok_or_else(|| Error::Unavailable("keys are being changed".into()))?.int(0)?;
        Ok((epoch, self.wrapper(keys, tenant, usage, epoch)?))
    }
}

pub(super) fn load_person(
    conn: &Conn<'_>,
    keyring: &Keyring,
    tenant: i64,
    person: Person,
) -> Result<Option<PersonKey>> {
    let Some(row) = conn.query_opt(
        "SELECT key_id, epoch, wrapped FROM person_key WHERE tenant = ?1 AND person = ?2 ORDER BY key_id DESC LIMIT 1",
        &cells![tenant, person.value()],
    )?
    else {
        return Ok(None);
    };
    let (id, wrapper) = (row.int(0)?, keyring.wrapper(conn, tenant, Use::Persons, row.int(1)?)?);
    let secret = Secret::from_slice(&crypto::open(&wrapper, &person_aad(tenant, person, id), row.blob(2)?)?)?;
    let id = u32::try_from(id).map_err(|_| Error::bug("key id"))?;
    Ok(Some(PersonKey { id, audit: secret.derive("audit")?, secret }))
}

pub(super) fn load_or_make_person(
    conn: &Conn<'_>,
    keyring: &Keyring,
    tenant: i64,
    person: Person,
    now: i64,
) -> Result<PersonKey> {
    if let Some(key) = load_person(conn, keyring, tenant, person)? {
        return Ok(key);
    }
    let erased =
        conn.query_opt("SELECT at FROM erased WHERE tenant = ?1 AND person = ?2", &cells![tenant, person.value()])?;
    if erased.is_some() {
        return Err(Error::Absent);
    }
    let (epoch, wrapper) = keyring.newest(conn, tenant, Use::Persons)?;
    let wrapped = crypto::seal(&wrapper, &person_aad(tenant, person, 1), Secret::random()?.bytes())?;
    conn.execute(
        "INSERT INTO person_key(tenant, person, key_id, created, wrapped, epoch) VALUES(?1, ?2, 1, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
        &cells![tenant, person.value(), now, wrapped, epoch],
    )?;
    load_person(conn, keyring, tenant, person)?.ok_or_else(|| Error::bug("person key was not made"))
}

/// Whether the pair of a person and a category is there.
pub(super) fn has_pair(conn: &Conn<'_>, tenant: i64, person: Person, category: i64) -> Result<bool> {
    let text = "SELECT 1 FROM pair_key WHERE tenant = ?1 AND person = ?2 AND category = ?3 LIMIT 1";
    Ok(conn.query_opt(text, &cells![tenant, person.value(), category])?.is_some())
}

pub(super) fn load_or_make_pair(
    conn: &Conn<'_>,
    keyring: &Keyring,
    tenant: i64,
    person: Person,
    category: i64,
) -> Result<PublicHalf> {
    const FIND: &str =
        "SELECT key_id, public, epoch, wrapped FROM pair_key WHERE tenant = ?1 AND person = ?2 AND category = ?3";
    let at = cells![tenant, person.value(), category];
    if conn.query_opt(FIND, &at)?.is_none() {
        let (public, private) = crypto::new_pair()?;
        let (epoch, wrapper) = keyring.newest(conn, tenant, Use::Pairs)?;
        let wrapped = crypto::seal(&wrapper, &pair_aad(tenant, person, category, 1), &private)?;
        conn.execute(
            "INSERT INTO pair_key(tenant, person, category, key_id, public, wrapped, epoch)
             VALUES(?1, ?2, ?3, 1, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            &cells![tenant, person.value(), category, public, wrapped, epoch],
        )?;
    }
    let row = conn.query_one(FIND, &at)?;
    let wrapper = keyring.wrapper(conn, tenant, Use::Pairs, row.int(2)?)?;
    let private =
        Zeroizing::new(crypto::open(&wrapper, &pair_aad(tenant, person, category, row.int(0)?), row.blob(3)?)?);
    if !crypto::is_pair(row.blob(1)?, &private) {
        return Err(Error::Integrity(format!("the halves of a pair of person {person} do not fit")));
    }
    let id = u32::try_from(row.int(0)? | (category << CATEGORY_SHIFT)).map_err(|_| Error::bug("key id"))?;
    Ok(PublicHalf { id, public: row.blob(1)?.to_vec() })
}

pub(super) fn person_aad(tenant: i64, person: Person, id: i64) -> Vec<u8> {
    format!("person {tenant} {} {id}", person.value()).into_bytes()
}

pub(super) fn pair_aad(tenant: i64, person: Person, category: i64, id: i64) -> Vec<u8> {
    format!("pair {tenant} {} {category} {id}", person.value()).into_bytes()
}
