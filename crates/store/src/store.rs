//! The open store: tenants, places, numbers, and the one door by which content leaves.

use crate::audit;
use crate::call::{Call, Undisclosed};
use crate::crypto::{self, Secret};
use crate::damage::Met;
use crate::downtime::Downtime;
use crate::engine::{Conn, Db, Ears, Engine, Location, cells};
use crate::error::{Error, Result};
use crate::identity;
use crate::index::Hasher;
use crate::keys::{Keyring, Use};
use crate::old_keys;
use crate::own_params;
use crate::reindex;
use crate::together::Together;
use crate::write::{Lanes, Stamps};
use confidentiality::Person;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Numbers reserved at a time, so that a resource can be encrypted for its row before the write begins.
const RID_BLOCK: i64 = 1024;

/// An open store. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

/// What closures on blocking threads share.
pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) keyring: Arc<Keyring>,
    hashers: Mutex<HashMap<i64, Hasher>>,
    own: Mutex<HashMap<i64, own_params::Loaded>>,
    rids: Mutex<std::ops::Range<i64>>,
    id: String,
    /// What was found damaged.
    pub(crate) met: Met,
    /// Where what other servers say is heard.
    pub(crate) ears: Ears,
    pub(crate) downtime: Downtime,
    /// Entries of reads that wait for a transaction of PostgreSQL.
    pub(crate) reads: Together<audit::WaitingRead>,
    /// Writes that do.
    pub(crate) lanes: Lanes,
    /// When versions were written.
    pub(crate) stamps: Arc<Stamps>,
    /// How far the log has been put in order.
    marks: audit::Marks,
    /// Where erasures are remembered, once it has been replayed.
    journal: OnceLock<PathBuf>,
    /// Where resources are served.
    pub(crate) served: OnceLock<String>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.0.id)
    }
}

impl Store {
    /// Opens a store, making it when nothing is there; checks that its three parts and its key belong together.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process holds it, [`Error::Key`] on a wrong root key, [`Error::Integrity`] when
    /// the parts are of different stores.
    pub async fn open(location: &Location, root: Secret, now: i64) -> Result<Self> {
        let engine = Engine::open(location).await?;
        let id = identity::one(&engine).await?;
        let keyring = Arc::new(Keyring::open(&engine, root).await?);
        let inner = Inner {
            engine,
            keyring,
            hashers: Mutex::default(),
            own: Mutex::default(),
            rids: Mutex::new(0..0),
            id,
            met: Met::default(),
            journal: OnceLock::new(),
            served: OnceLock::new(),
            downtime: Downtime::default(),
            ears: Ears::new(crypto::random_id()?),
            marks: audit::Marks::default(),
            reads: Together::default(),
            lanes: Lanes::default(),
            stamps: Arc::default(),
        };
        let store = Self(Arc::new(inner));
        for tenant in store.tenants().await? {
            store.load_tenant(tenant).await?;
            audit::check_epochs(store.engine(), tenant, now).await?;
        }
        old_keys::bring_over(&store).await?;
        Ok(store)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    /// Keeps plans good after much was written: asked every few seconds while serving, and after an import.
    ///
    /// # Errors
    /// The engine's.
    pub async fn look_again(&self) -> Result<()> {
        self.engine().look_again().await
    }

    /// Leaves files that are whole without their journals: the last thing a server does.
    ///
    /// # Errors
    /// The engine's; nothing is lost then, the journals stay.
    pub async fn fold(&self) -> Result<()> {
        self.engine().fold().await
    }

    /// The store's random identity, in hexadecimal.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The legal entities of this store.
    ///
    /// # Errors
    /// The engine's.
    pub async fn tenants(&self) -> Result<Vec<i64>> {
        self.engine()
            .read(Db::Main, |conn| {
                conn.query("SELECT tenant FROM tenant ORDER BY tenant", &[])?.iter().map(|row| row.int(0)).collect()
            })
            .await
    }

    /// The tenant of a legal entity (FINESS EJ), made on first use with its keys.
    ///
    /// # Errors
    /// The engine's.
    pub async fn ensure_tenant(&self, finess: &str, now: i64) -> Result<i64> {
        let finess = finess.to_owned();
        let tenant = self
            .engine()
            .write(Db::Main, move |conn| {
                let new = conn.execute(
                    "INSERT INTO tenant(tenant, finess) SELECT COALESCE(MAX(tenant), 0) + 1, ?1 FROM tenant
                     WHERE 1 = 1 ON CONFLICT(finess) DO NOTHING",
                    &cells![finess.clone()],
                )?;
                let tenant = conn.query_one("SELECT tenant FROM tenant WHERE finess = ?1", &cells![finess])?.int(0)?;
                if new > 0 {
                    reindex::begin(conn, tenant)?;
                }
                Ok(tenant)
            })
            .await?;
        self.load_tenant(tenant).await?;
        audit::check_epochs(self.engine(), tenant, now).await?;
        Ok(tenant)
    }

    async fn load_tenant(&self, tenant: i64) -> Result<()> {
        let lost = self.keyring().ensure_tenant(self.engine(), tenant).await?;
        self.0.met.keyless(tenant, &lost);
        let hasher = Hasher::new(&self.keyring().tenant(tenant, Use::Index)?);
        self.0.hashers.lock().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_insert(hasher);
        self.own_order(tenant).await?;
        self.load_own(tenant).await
    }

    /// A store made when one counter gave the order of every legal entity's resources: each goes on from there.
    async fn own_order(&self, tenant: i64) -> Result<()> {
        let shared = self
            .engine()
            .read(Db::Main, |conn| conn.query_opt("SELECT 1 FROM counter WHERE name = 'seq'", &[]))
            .await?;
        if shared.is_none() {
            return Ok(());
        }
        let begin = move |conn: &Conn<'_>| {
            conn.execute(
                "INSERT INTO counter(name, value) SELECT ?1, value FROM counter WHERE name = 'seq'
                 ON CONFLICT(name) DO NOTHING",
                &cells![order(tenant)],
            )
        };
        self.engine().write(Db::Main, begin).await.map(drop)
    }

    pub(crate) fn hasher(&self, tenant: i64) -> Result<Hasher> {
        self.0.hasher(tenant)
    }

    /// Lets a value out, once the entry that says so is durable.
    ///
    /// # Errors
    /// Any failure to write the entry: then nothing leaves, but to carers below level 4 ([`crate::Outage`]).
    pub async fn disclose<T>(&self, call: &Call, read: Undisclosed<T>) -> Result<T> {
        let Undisclosed { value, shown } = read;
        let (envelope, goes_on) = (call.envelope(shown.counts()), self.goes_on(call, &shown));
        let persons: Vec<Person> = shown.persons.keys().copied().filter(|person| !person.is_zero()).collect();
        let part = |(person, items)| audit::Part { person, content: serde_json::json!({ "shown": items }) };
        let parts: Vec<_> = shown.persons.into_iter().filter(|(person, _)| !person.is_zero()).map(part).collect();
        let (inner, tenant) = (self.0.clone(), call.tenant);
        // What has just been opened has its key at hand: nothing is asked of the engine.
        let sealed = match inner.keyring.cached_persons(tenant, &persons) {
            Some(keys) => audit::seal_with(&inner.keyring, tenant, envelope, parts, |person| {
                keys.get(&person).map(|key| key.audit.clone()).ok_or_else(|| Error::bug("a person key is not loaded"))
            })?,
            None => {
                let seal = move |conn: &Conn<'_>| {
                    let (envelope, parts) = (envelope.clone(), Vec::clone(&parts));
                    audit::seal(&inner.keyring, &inner.engine, conn, tenant, envelope, parts)
                };
                self.engine().glance(Db::Main, seal).await?
            }
        };
        self.enter_read(call, goes_on, sealed).await?;
        Ok(value)
    }

    /// Appends what is not yet in the log tree. Called every second by the server, and before a verification.
    ///
    /// # Errors
    /// The engine's.
    pub async fn sequence(&self, tenant: i64, now: i64) -> Result<i64> {
        self.settle_outage(tenant, now).await?;
        Ok(audit::sequence(self.engine(), tenant, now, Some(&self.0.marks)).await?.size)
    }

    /// Puts everything there is into the tree, and signs it: the text of a C2SP checkpoint.
    ///
    /// # Errors
    /// The engine's.
    pub async fn checkpoint(&self, tenant: i64, now: i64) -> Result<String> {
        audit::sequence(self.engine(), tenant, now, None).await?;
        audit::make_checkpoint(self.engine(), self.keyring(), self.id(), tenant, now).await
    }

    /// When the log was last signed (UTC microseconds).
    ///
    /// # Errors
    /// The engine's.
    pub async fn last_checkpoint(&self, tenant: i64) -> Result<Option<i64>> {
        const LAST: &str = "SELECT MAX(at) FROM checkpoint WHERE tenant = ?1";
        self.engine().read(Db::Audit, move |conn| conn.query_one(LAST, &cells![tenant])?.opt_int(0)).await
    }

    /// Checks the whole log of a tenant, and against a checkpoint kept elsewhere if one is given.
    ///
    /// # Errors
    /// The engine's; what is wrong with the log is in the report.
    pub async fn verify_audit(&self, tenant: i64, checkpoint: Option<String>, now: i64) -> Result<audit::Report> {
        audit::sequence(self.engine(), tenant, now, None).await?;
        let report = audit::verify(&self.0, tenant, checkpoint.clone()).await?;
        if !report.findings.iter().any(|finding| finding.code == audit::EMPTIED) {
            return Ok(report);
        }
        // An erasure or a purge may have gone on meanwhile: what explains it is there by now.
        audit::sequence(self.engine(), tenant, now, None).await?;
        audit::verify(&self.0, tenant, checkpoint).await
    }

    /// Reserves row numbers.
    pub(crate) async fn take_rids(&self, count: i64) -> Result<std::ops::Range<i64>> {
        if let Some(rids) = self.0.reserved_rids(count) {
            return Ok(rids);
        }
        let size = RID_BLOCK.max(count);
        let end = self.engine().write(Db::Main, move |conn| bump(conn, "rid", size)).await? + 1;
        let mut block = self.0.rids.lock().unwrap_or_else(PoisonError::into_inner);
        let first = end - size;
        *block = first + count..end;
        Ok(first..first + count)
    }
}

impl Inner {
    /// Row numbers of the block at hand, when it has so many.
    pub(crate) fn reserved_rids(&self, count: i64) -> Option<std::ops::Range<i64>> {
        let mut block = self.rids.lock().unwrap_or_else(PoisonError::into_inner);
        if block.end - block.start < count {
            return None;
        }
        let first = block.start;
        block.start += count;
        Some(first..first + count)
    }

    /// The search parameters a tenant has added, and their epoch.
    pub(crate) fn own(&self, tenant: i64) -> own_params::Loaded {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned().unwrap_or_default()
    }

    /// What was read later stays.
    pub(crate) fn set_own(&self, tenant: i64, loaded: own_params::Loaded, hasher: Hasher) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.get(&tenant).is_none_or(|(_, epoch)| *epoch <= loaded.1) {
            self.hashers.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, hasher);
            own.insert(tenant, loaded);
        }
    }

    pub(crate) fn hasher(&self, tenant: i64) -> Result<Hasher> {
        let hashers = self.hashers.lock().unwrap_or_else(PoisonError::into_inner);
        hashers.get(&tenant).cloned().ok_or_else(|| Error::bug("tenant is not loaded"))
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Where erasures are remembered; none until they have been replayed.
    pub(crate) fn journal(&self) -> Option<&Path> {
        self.journal.get().map(PathBuf::as_path)
    }

    pub(crate) fn set_journal(&self, path: &Path) {
        let _first = self.journal.set(path.to_owned());
    }
}

/// The counter that gives the order of a legal entity's resources. Its row is held until the commit, so that this is the
/// order of the commits too; one for each, so that they do not wait for one another.
pub(crate) fn order(tenant: i64) -> String {
    format!("seq {tenant}")
}

/// Adds to a counter and returns its new value.
pub(crate) fn bump(conn: &Conn<'_>, name: &str, by: i64) -> Result<i64> {
    conn.query_one(
        "INSERT INTO counter(name, value) VALUES(?1, ?2)
         ON CONFLICT(name) DO UPDATE SET value = counter.value + excluded.value RETURNING value",
        &cells![name, by],
    )?
    .int(0)
}
