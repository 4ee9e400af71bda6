//! The key hierarchy: root → tenant → person; and the key pairs of level 4.
//!
//! Wrapped keys live in their own store; unwrapped ones only in this process's memory. A person's keys are destroyed
//! by erasure, after which nothing of that person can be opened.

mod content;
mod older;
mod reclose;
mod rotation;
mod rows;

use crate::crypto::{self, Secret};
use crate::engine::{Conn, Db, Engine, cells};
use crate::error::{Error, Result};
use confidentiality::{Open4, Person};
pub(crate) use older::Lost;
pub use reclose::Reclosed;
pub use rotation::Rotation;
pub(crate) use rotation::owe_scrub;
pub(crate) use rows::fingerprint;
use rows::{has_pair, load_or_make_pair, load_or_make_person, load_person, pair_aad, person_aad};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// What a tenant's key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Use {
    /// Bodies about nobody, and small records of the store.
    Data = 1,
    /// Audit envelopes.
    Audit = 2,
    /// Index hashes; its own epoch, not derived from anything.
    Index = 3,
    /// Wraps person keys.
    Persons = 4,
    /// Wraps the private halves of level 4.
    Pairs = 5,
    /// Cursors and tokens handed out.
    Token = 6,
    /// The Ed25519 seed that signs checkpoints.
    Checkpoint = 7,
}

const USES: [Use; 7] = [Use::Data, Use::Audit, Use::Index, Use::Persons, Use::Pairs, Use::Token, Use::Checkpoint];
/// The epoch keys are made in; rotation adds epochs of those that wrap others.
pub(crate) const FIRST_EPOCH: i64 = 1;
/// The number of a pair carries its category above this bit, so that a body says which pair opens it.
pub(crate) const CATEGORY_SHIFT: u32 = 24;
/// Person keys kept unwrapped: some 20 MB of them.
const CACHE: usize = 100_000;
/// How many make room for others when there are as many.
const ROOM: usize = CACHE / 10;

/// One person's key and its number.
#[derive(Clone)]
pub(crate) struct PersonKey {
    pub(crate) id: u32,
    pub(crate) secret: Secret,
    /// Derived from it: seals what the log says of the person.
    pub(crate) audit: Secret,
}

/// Keys of persons, by person.
pub(crate) type PersonKeys = HashMap<Person, PersonKey>;

/// The public half of a (person, category) pair and its number.
#[derive(Clone)]
pub(crate) struct PublicHalf {
    pub(crate) id: u32,
    pub(crate) public: Vec<u8>,
}

/// What became of unwrapping one key.
pub(crate) struct Unwrapped {
    pub(crate) person: i64,
    /// A pair of level 4; else the person's own key.
    pub(crate) pair: bool,
    pub(crate) opens: bool,
}

pub(crate) struct Keyring {
    root: Secret,
    /// By tenant, use and epoch.
    tenants: Mutex<HashMap<(i64, Use, i64), Secret>>,
    /// Those that close content, with those that only open it.
    content: Mutex<HashMap<(i64, Use), Secret>>,
    persons: Mutex<HashMap<(i64, Person), PersonKey>>,
}

impl Keyring {
    /// Checks that `root` is the key this store was made with; on a new store, records its fingerprint.
    pub(crate) async fn open(engine: &Engine, root: Secret) -> Result<Self> {
        let fingerprint = fingerprint(&root);
        let known = engine
            .write(Db::Keys, move |conn| {
                conn.execute(
                    "INSERT INTO key_meta(name, value) VALUES('root', ?1) ON CONFLICT DO NOTHING",
                    &cells![fingerprint.clone()],
                )?;
                let row = conn.query_one("SELECT value FROM key_meta WHERE name = 'root'", &[])?;
                Ok(row.blob(0)? == fingerprint)
            })
            .await?;
        if !known {
            return Err(Error::Key("not the key of this store".into()));
        }
        Ok(Self { root, tenants: Mutex::default(), content: Mutex::default(), persons: Mutex::default() })
    }

    /// Whether there is no key yet under which these keys are.
    pub(crate) async fn awaits_root(engine: &Engine) -> Result<bool> {
        let text = "SELECT 1 FROM key_meta WHERE name = 'root'";
        engine.read(Db::Keys, move |conn| Ok(conn.query_opt(text, &[])?.is_none())).await
    }

    /// Makes a tenant's keys where missing, and loads them; those of its last Patients whose own keys are not there.
    pub(crate) async fn ensure_tenant(&self, engine: &Engine, tenant: i64) -> Result<Vec<Lost>> {
        let root = self.root.clone();
        let loaded = engine
            .write(Db::Keys, move |conn| {
                let all = USES.iter().map(|usage| rows::load_or_make(conn, &root, tenant, *usage));
                all.collect::<Result<Vec<_>>>()
            })
            .await?;
        let lost = older::lost(engine, tenant).await?;
        {
            let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
            for (usage, epochs) in USES.into_iter().zip(loaded) {
                tenants.extend(epochs.into_iter().map(|(epoch, key)| ((tenant, usage, epoch), key)));
            }
        }
        self.load_content(engine, tenant).await?;
        Ok(lost)
    }

    /// A tenant's key that wraps no others, with those it has replaced. `ensure_tenant` has loaded it when the store opened.
    pub(crate) fn tenant(&self, tenant: i64, usage: Use) -> Result<Secret> {
        let content = self.content.lock().unwrap_or_else(PoisonError::into_inner).get(&(tenant, usage)).cloned();
        content
            .or_else(|| self.known((tenant, usage, FIRST_EPOCH)))
            .ok_or_else(|| Error::Key("tenant key is not loaded".into()))
    }

    /// Another epoch of a tenant's key, unless it has just been made.
    pub(crate) fn make_epoch(&self, conn: &Conn<'_>, tenant: i64, usage: Use, epoch: i64) -> Result<()> {
        rows::make(conn, &self.root, tenant, usage, epoch)
    }

    fn known(&self, which: (i64, Use, i64)) -> Option<Secret> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).get(&which).cloned()
    }

    /// The keys of these persons, when all of them are at hand.
    pub(crate) fn cached_persons(&self, tenant: i64, persons: &[Person]) -> Option<PersonKeys> {
        let cache = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        persons.iter().map(|person| Some((*person, cache.get(&(tenant, *person))?.clone()))).collect()
    }

    /// The keys of these persons; those of new ones are made. Commits before any row that uses them; an orphan key is
    /// swept.
    pub(crate) async fn ensure_persons(
        self: &Arc<Self>,
        engine: &Engine,
        tenant: i64,
        persons: Vec<Person>,
        now: i64,
    ) -> Result<PersonKeys> {
        let (mut keys, mut missing) = (PersonKeys::new(), Vec::new());
        {
            let cache = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
            for person in persons {
                match cache.get(&(tenant, person)) {
                    Some(key) => drop(keys.insert(person, key.clone())),
                    None => missing.push(person),
                }
            }
        }
        if missing.is_empty() {
            return Ok(keys);
        }
        for (person, key) in self.load_or_make(engine, tenant, missing, now).await? {
            self.remember(tenant, person, key.clone());
            keys.insert(person, key);
        }
        Ok(keys)
    }

    /// The keys of these persons; of whom there is nothing yet, a new one.
    async fn load_or_make(
        self: &Arc<Self>,
        engine: &Engine,
        tenant: i64,
        persons: Vec<Person>,
        now: i64,
    ) -> Result<Vec<(Person, PersonKey)>> {
        let (keyring, asked) = (self.clone(), persons.clone());
        let load = move |conn: &Conn<'_>| {
            let load = |person: &Person| Ok((*person, load_person(conn, &keyring, tenant, *person)?));
            asked.iter().map(load).collect::<Result<Vec<_>>>()
        };
        let found = engine.read(Db::Keys, load).await?;
        let keyless: Vec<Person> = found.iter().filter(|(_, key)| key.is_none()).map(|(person, _)| *person).collect();
        if keyless.is_empty() {
            return Ok(found.into_iter().filter_map(|(person, key)| Some((person, key?))).collect());
        }
        let known = engine.read(Db::Main, move |conn| older::known(conn, tenant, keyless)).await?;
        let keyring = self.clone();
        let make = move |conn: &Conn<'_>| {
            // Somebody else may have made it meanwhile, and written about them.
            for person in known {
                if load_person(conn, &keyring, tenant, person)?.is_none() {
                    return Err(older::missing(conn, tenant, person)?);
                }
            }
            let make = |person| Ok((person, load_or_make_person(conn, &keyring, tenant, person, now)?));
            persons.into_iter().map(make).collect::<Result<Vec<_>>>()
        };
        engine.write(Db::Keys, make).await
    }

    fn remember(&self, tenant: i64, person: Person, key: PersonKey) {
        let mut cache = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHE {
            // Any will do: none of them is dear to read again.
            let leaving: Vec<_> = cache.keys().take(ROOM).copied().collect();
            leaving.iter().for_each(|key| drop(cache.remove(key)));
        }
        cache.insert((tenant, person), key);
    }

    /// Every key of a person or a pair, and whether it opens.
    pub(crate) fn unwrap_all(&self, conn: &Conn<'_>, tenant: i64) -> Result<Vec<Unwrapped>> {
        let mut found = Vec::new();
        let open = |usage, epoch, aad: &[u8], wrapped: &[u8]| {
            self.wrapper(conn, tenant, usage, epoch).and_then(|key| crypto::open(&key, aad, wrapped))
        };
        let persons = "SELECT person, key_id, epoch, wrapped FROM person_key WHERE tenant = ?1";
        for row in conn.query(persons, &cells![tenant])? {
            let person = row.int(0)?;
            let aad = person_aad(tenant, Person::new(person), row.int(1)?);
            let opens = open(Use::Persons, row.int(2)?, &aad, row.blob(3)?).is_ok();
            found.push(Unwrapped { person, pair: false, opens });
        }
        let pairs = "SELECT person, category, key_id, epoch, wrapped, public FROM pair_key WHERE tenant = ?1";
        for row in conn.query(pairs, &cells![tenant])? {
            let person = row.int(0)?;
            let aad = pair_aad(tenant, Person::new(person), row.int(1)?, row.int(2)?);
            let private = open(Use::Pairs, row.int(3)?, &aad, row.blob(4)?).map(Zeroizing::new);
            let public = row.blob(5)?;
            let opens = private.is_ok_and(|private| crypto::is_pair(public, &private));
            found.push(Unwrapped { person, pair: true, opens });
        }
        Ok(found)
    }

    /// Takes an erased person's key out of memory.
    pub(crate) fn forget(&self, tenant: i64, person: Person) {
        self.persons.lock().unwrap_or_else(PoisonError::into_inner).remove(&(tenant, person));
    }

    /// A person's key, from memory or from the key store; [`Error::Absent`] once erased.
    pub(crate) fn person(&self, engine: &Engine, conn: &Conn<'_>, tenant: i64, person: Person) -> Result<PersonKey> {
        {
            let cache = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(key) = cache.get(&(tenant, person)) {
                return Ok(key.clone());
            }
        }
        let key = engine.keys_from(conn, |keys| {
            load_person(keys, self, tenant, person)?.map_or_else(|| Err(older::missing(keys, tenant, person)?), Ok)
        })?;
        self.remember(tenant, person, key.clone());
        Ok(key)
    }

    /// The public half for (person, category), made on first use.
    pub(crate) async fn public_half(
        self: &Arc<Self>,
        engine: &Engine,
        tenant: i64,
        person: Person,
        category: i64,
    ) -> Result<PublicHalf> {
        let there = engine.read(Db::Keys, move |conn| has_pair(conn, tenant, person, category)).await?;
        let used = !there && engine.read(Db::Main, move |conn| older::is_used(conn, tenant, person, category)).await?;
        let keyring = self.clone();
        let make = move |conn: &Conn<'_>| {
            // As for a person's own key.
            if used && !has_pair(conn, tenant, person, category)? {
                return Err(older::missing(conn, tenant, person)?);
            }
            load_or_make_pair(conn, &keyring, tenant, person, category)
        };
        engine.write(Db::Keys, make).await
    }

    /// The private half. The token proves that level 4 may be opened: a stepped-up session or a declared purpose.
    pub(crate) fn private_half(
        &self,
        engine: &Engine,
        conn: &Conn<'_>,
        _open: &Open4,
        pair: (i64, Person, i64),
    ) -> Result<Zeroizing<Vec<u8>>> {
        let (tenant, person, category) = pair;
        engine.keys_from(conn, |keys| {
            let row = keys
                .query_opt(
                    "SELECT wrapped, key_id, epoch FROM pair_key WHERE tenant = ?1 AND person = ?2 AND category = ?3",
                    &cells![tenant, person.value(), category],
                )?
                .map_or_else(|| Err(older::missing(keys, tenant, person)?), Ok)?;
            let aad = pair_aad(tenant, person, category, row.int(1)?);
            let wrapper = self.wrapper(keys, tenant, Use::Pairs, row.int(2)?)?;
            Ok(Zeroizing::new(crypto::open(&wrapper, &aad, row.blob(0)?)?))
        })
    }
}
