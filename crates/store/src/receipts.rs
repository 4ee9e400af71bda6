//! Receipts: who has marked which item as read.
//!
//! Given for what one may read now, and shown to whoever may read the same. A receipt is a statement of its author; what
//! was really opened, and by whom, is told by the audit log.

use crate::audit::{self, Envelope, Part};
use crate::call::Call;
use crate::engine::{Db, cells};
use crate::error::{Error, Result};
use crate::index::ID_PARAM;
use crate::read::Reader;
use crate::store::Store;
use confidentiality::{Actor, Person, Rid};
use fhir::ResourceType;
use std::collections::{BTreeMap, BTreeSet};

/// Someone has read an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Who.
    pub actor: Actor,
    /// When they said so (UTC microseconds).
    pub at: i64,
    /// The version they had before their eyes; a later one is not read.
    pub version: i64,
}

/// What is done to a receipt.
#[derive(Debug, Clone, Copy)]
enum Act {
    Mark,
    Unmark,
}

impl Act {
    /// The verb of the entry, and the word of its parts.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Mark => ("mark-read", "marked"),
            Self::Unmark => ("unmark-read", "unmarked"),
        }
    }
}

/// An item the caller may read.
struct Readable {
    rid: i64,
    person: Person,
    /// The version the caller had before their eyes.
    seen: i64,
}

impl Store {
    /// Marks items as read by the caller, each in the version that was seen (one that does not exist is the
    /// current one); how many were not so marked yet. What the
    /// caller may not read is left alone, without a word, like what does not exist. One transaction, with one audit entry
    /// (`mark-read`) when something changes.
    ///
    /// # Errors
    /// The engine's.
    pub async fn mark_read(&self, call: &Call, kind: ResourceType, seen: &[(String, i64)]) -> Result<usize> {
        self.receipt(call, kind, seen, Act::Mark).await
    }

    /// Takes the caller's own marks back; how many there were. Entered as `unmark-read`.
    ///
    /// # Errors
    /// As [`Store::mark_read`].
    pub async fn unmark_read(&self, call: &Call, kind: ResourceType, ids: &[String]) -> Result<usize> {
        let ids: Vec<(String, i64)> = ids.iter().map(|id| (id.clone(), i64::MAX)).collect();
        self.receipt(call, kind, &ids, Act::Unmark).await
    }

    async fn receipt(&self, call: &Call, kind: ResourceType, seen: &[(String, i64)], act: Act) -> Result<usize> {
        let (inner, call, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        let hashes: BTreeMap<i64, i64> = seen.iter().map(|(id, version)| (hasher.id(kind, id), *version)).collect();
        self.engine()
            .write(Db::Main, move |conn| change(&Reader { inner: &inner, conn, call: &call, hasher }, &hashes, act))
            .await
    }

    /// Who has marked these items as read, when, and in which version, the first reader first. Only of items the caller
    /// may read now. Tells nothing of an item that its display has not told: there is nothing to disclose.
    ///
    /// # Errors
    /// The engine's.
    pub async fn receipts_of(&self, call: &Call, rids: &[Rid]) -> Result<BTreeMap<Rid, Vec<Receipt>>> {
        let (inner, call, hasher) = (self.0.clone(), call.clone(), self.hasher(call.tenant)?);
        let rids: BTreeSet<i64> = rids.iter().map(|rid| rid.value()).collect();
        self.engine().read(Db::Main, move |conn| of(&Reader { inner: &inner, conn, call: &call, hasher }, rids)).await
    }
}

fn of(reader: &Reader<'_>, rids: BTreeSet<i64>) -> Result<BTreeMap<Rid, Vec<Receipt>>> {
    let mut select = reader.select();
    let list = select.list(rids);
    let text = format!(
        "SELECT c.rid, c.actor, c.at, c.version FROM receipt c JOIN resource r ON r.tenant = c.tenant AND r.rid = c.rid \
         WHERE c.tenant = {} AND c.rid IN ({list}) AND ({}) ORDER BY c.rid, c.at, c.actor",
        select.tenant, select.permit
    );
    let mut receipts: BTreeMap<Rid, Vec<Receipt>> = BTreeMap::new();
    for row in select.run(reader.conn, &text)? {
        let receipt = Receipt { actor: Actor::new(row.int(1)?), at: row.int(2)?, version: row.int(3)? };
        receipts.entry(Rid::new(row.int(0)?)).or_default().push(receipt);
    }
    Ok(receipts)
}

/// Which of these items the caller has marked as read, in which version. For items that were found readable just now.
pub(crate) fn own(reader: &Reader<'_>, rids: impl IntoIterator<Item = i64>) -> Result<BTreeMap<Rid, i64>> {
    let mut select = reader.select();
    let (actor, list) = (select.bind(reader.call.actor().value()), select.list(rids));
    let text = format!(
        "SELECT c.rid, c.version FROM receipt c WHERE c.tenant = {} AND c.actor = {actor} AND c.rid IN ({list})",
        select.tenant
    );
    let rows = select.run(reader.conn, &text)?;
    rows.iter().map(|row| Ok((Rid::new(row.int(0)?), row.int(1)?))).collect()
}

fn change(reader: &Reader<'_>, hashes: &BTreeMap<i64, i64>, act: Act) -> Result<usize> {
    let (conn, call) = (reader.conn, reader.call);
    let (tenant, actor) = (call.tenant, call.actor().value());
    let mut changed = Vec::new();
    for item in readable(reader, hashes)? {
        let touched = match act {
            Act::Mark => conn.execute(
                "INSERT INTO receipt(tenant, rid, actor, at, version) VALUES(?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT(tenant, rid, actor) DO UPDATE SET at = excluded.at, version = excluded.version
                 WHERE receipt.version < excluded.version",
                &cells![tenant, item.rid, actor, call.now, item.seen],
            ),
            Act::Unmark => conn.execute(
                "DELETE FROM receipt WHERE tenant = ?1 AND rid = ?2 AND actor = ?3",
                &cells![tenant, item.rid, actor],
            ),
        };
        if touched? == 1 {
            changed.push(item);
        }
    }
    if !changed.is_empty() {
        enter(reader, &changed, act)?;
    }
    Ok(changed.len())
}

/// Those of the items that may be read now. Always in the same order: two writers never hold what the other wants.
fn readable(reader: &Reader<'_>, seen: &BTreeMap<i64, i64>) -> Result<Vec<Readable>> {
    let mut select = reader.select();
    let hashes = select.list(seen.keys().copied());
    let text = format!(
        "SELECT r.rid, r.person, r.version, k.hash FROM (SELECT k.hash, k.rid FROM exact_key k WHERE k.tenant = {0} \
         AND k.param = {ID_PARAM} AND k.hash IN ({hashes})) k CROSS JOIN resource r \
         WHERE r.tenant = {0} AND r.rid = k.rid AND r.deleted = 0 AND ({1}) ORDER BY r.rid",
        select.tenant, select.permit
    );
    let item = |row: &crate::engine::Row| {
        let (version, given) = (row.int(2)?, seen.get(&row.int(3)?).copied().unwrap_or_default());
        // Nobody has seen a version that is not written yet.
        Ok(Readable { rid: row.int(0)?, person: Person::new(row.int(1)?), seen: given.clamp(1, version.max(1)) })
    };
    select.run(reader.conn, &text)?.iter().map(item).collect()
}

fn enter(reader: &Reader<'_>, changed: &[Readable], act: Act) -> Result<()> {
    let (verb, word) = act.words();
    let mut persons: BTreeMap<Person, Vec<(i64, i64)>> = BTreeMap::new();
    for item in changed.iter().filter(|item| !item.person.is_zero()) {
        persons.entry(item.person).or_default().push((item.rid, item.seen));
    }
    let parts = persons.into_iter().map(|(person, items)| Part { person, content: serde_json::json!({ word: items }) });
    let count = i64::try_from(changed.len()).map_err(|_| Error::bug("too many items"))?;
    let counts = BTreeMap::from([(word.to_owned(), count)]);
    let envelope = Envelope { verb: verb.to_owned(), ..reader.call.envelope(counts) };
    let (inner, tenant) = (reader.inner, reader.call.tenant);
    let entry = audit::seal(&inner.keyring, &inner.engine, reader.conn, tenant, envelope, parts.collect())?;
    audit::insert_beside_write(reader.conn, &entry)
}
