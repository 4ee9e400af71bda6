//! Reading: one resource, one version, its history, and what a reader may follow from it.

use crate::call::{Call, Shown, Undisclosed};
use crate::engine::{Ahead, Cell, Conn, Db, Dialect, Row, cells};
use crate::error::{Error, Result};
use crate::index::{Hasher, ID_PARAM};
use crate::select::Select;
use crate::store::{Inner, Store};
use crate::stored::{STORED, Stored, Version};
use confidentiality::{Person, Place};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The columns of an older version `h` of the resource `c`, under the names of the current one. The effective label is
/// the stricter of the version's own and the current one.
pub(crate) const PAST_COLUMNS: &str = "h.tenant, h.rid, h.version, c.type, c.person, c.place, h.updated, \
     CASE WHEN h.level > c.level THEN h.level ELSE c.level END AS level, h.categories | c.categories AS categories, \
     h.family, h.mask | c.mask AS mask, h.author, h.deleted, c.moment, h.rules, h.body, h.how";

/// Rows looked up without going to another thread.
const FEW: usize = 64;

/// Where the row that has a hash is. The key comes first: SQLite would go through the tenant's rows.
pub(crate) const PLACE: &str = "SELECT CAST(?3 AS BIGINT), r.place FROM exact_key k CROSS JOIN resource r
     WHERE r.tenant = ?1 AND r.rid = k.rid AND k.tenant = ?1 AND k.param = ?2 AND k.hash = ?3";

/// What is going to be read, or changed.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Type.
    pub kind: ResourceType,
    /// Id.
    pub id: &'a str,
    /// It is going to be changed, or deleted.
    pub to_change: bool,
}

/// A snapshot being read for one call.
pub(crate) struct Reader<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) conn: &'a Conn<'a>,
    pub(crate) call: &'a Call,
    pub(crate) hasher: Hasher,
}

impl Store {
    /// The current version of a resource, which may be a tombstone.
    ///
    /// # Errors
    /// The engine's; [`Error::Integrity`] when it does not open.
    pub async fn read(&self, call: &Call, kind: ResourceType, id: &str) -> Result<Undisclosed<Option<Version>>> {
        self.read_ahead(Ahead::default(), call, kind, id).await
    }

    /// The same for who has asked for it together with the account ([`Store::account_ahead`]).
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn read_ahead(
        &self,
        ahead: Ahead,
        call: &Call,
        kind: ResourceType,
        id: &str,
    ) -> Result<Undisclosed<Option<Version>>> {
        let id = id.to_owned();
        let find = move |reader: &Reader<'_>| {
            let found = reader.find(kind, &id)?;
            let shown = Shown::of(&found);
            Ok((found, shown))
        };
        self.glance_from(ahead, call, find).await
    }

    /// Whether asking ahead saves a way to the database and back: on SQLite there is none.
    pub fn saves_by_asking_ahead(&self) -> bool {
        self.engine().dialect() == Dialect::Postgres
    }

    /// Asks for what [`Store::read_ahead`] asks first, or a write that changes it, and does nothing with it.
    pub(crate) fn asking(
        &self,
        call: &Call,
        Wish { kind, id, to_change }: Wish<'_>,
    ) -> Result<impl Fn(&Conn<'_>) + Send + use<>> {
        let (inner, _, call, hasher) = self.reading(call)?;
        let id = id.to_owned();
        Ok(move |conn: &Conn<'_>| {
            let reader = Reader { inner: &inner, conn, call: &call, hasher: hasher.clone() };
            // What it finds is not known yet.
            match to_change {
                true => drop(reader.find_to_change(kind, &id)),
                false => drop(reader.find(kind, &id)),
            }
        })
    }

    /// The person of a Patient that this call may see. Nothing of the record leaves: no entry is written.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn person_of(&self, call: &Call, patient: &str) -> Result<Option<Person>> {
        let patient = patient.to_owned();
        let find = move |reader: &Reader<'_>| Ok((reader.person(&patient)?, Shown::default()));
        let Undisclosed { value, .. } = self.glance(call, find).await?;
        Ok(value)
    }

    /// At which place resources are, by their addresses; those that are not here are left out. Nothing of them leaves but that: no
    /// entry is written.
    ///
    /// # Errors
    /// The engine's.
    pub async fn whereabouts(
        &self,
        tenant: i64,
        keys: Vec<(ResourceType, String)>,
    ) -> Result<HashMap<(ResourceType, String), Place>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let hasher = self.hasher(tenant)?;
        let hashed: HashMap<i64, _> = keys.into_iter().map(|key| (hasher.id(key.0, &key.1), key)).collect();
        let each: Vec<Vec<Cell>> = hashed.keys().map(|hash| cells![tenant, ID_PARAM, *hash].to_vec()).collect();
        let few = each.len() <= FEW;
        let find = move |conn: &Conn<'_>| {
            let rows = conn.ask_each(PLACE, &each)?;
            let rows = conn.answers(rows)?;
            rows.iter().map(|row| Ok((row.int(0)?, Place::new(row.int(1)?)))).collect::<Result<Vec<_>>>()
        };
        let found = match few {
            true => self.engine().glance(Db::Main, find).await?,
            false => self.engine().read(Db::Main, find).await?,
        };
        Ok(found.into_iter().filter_map(|(hash, place)| Some((hashed.get(&hash)?.clone(), place))).collect())
    }

    /// One version of a resource.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn vread(
        &self,
        call: &Call,
        kind: ResourceType,
        id: &str,
        version: i64,
    ) -> Result<Undisclosed<Option<Version>>> {
        let id = id.to_owned();
        self.look(call, move |reader| {
            let found = reader.version(kind, &id, version)?;
            let shown = Shown::of(&found);
            Ok((found, shown))
        })
        .await
    }

    /// Every version of a resource that may be shown, newest first. Empty when there is none.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn history(&self, call: &Call, kind: ResourceType, id: &str) -> Result<Undisclosed<Vec<Version>>> {
        let id = id.to_owned();
        self.look(call, move |reader| {
            let found = reader.versions(kind, &id)?;
            let shown = Shown::of(&found);
            Ok((found, shown))
        })
        .await
    }

    /// Reads in one snapshot; `work` gives the value and what it shows.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        call: &Call,
        work: impl FnOnce(&Reader<'_>) -> Result<(T, Shown)> + Send + 'static,
    ) -> Result<Undisclosed<T>> {
        let (inner, whom, call, hasher) = self.reading(call)?;
        let read = move |conn: &Conn<'_>| {
            let (value, shown) = work(&Reader { inner: &inner, conn, call: &call, hasher })?;
            Ok(Undisclosed::new(value, shown))
        };
        self.engine().read_for(whom, Db::Main, read).await
    }

    /// As [`Store::look`], for a few rows found by their keys; `work` may be run several times.
    pub(crate) async fn glance<T: Send + 'static>(
        &self,
        call: &Call,
        work: impl Fn(&Reader<'_>) -> Result<(T, Shown)> + Send + 'static,
    ) -> Result<Undisclosed<T>> {
        self.glance_from(Ahead::default(), call, work).await
    }

    pub(crate) async fn glance_from<T: Send + 'static>(
        &self,
        ahead: Ahead,
        call: &Call,
        work: impl Fn(&Reader<'_>) -> Result<(T, Shown)> + Send + 'static,
    ) -> Result<Undisclosed<T>> {
        let (inner, whom, call, hasher) = self.reading(call)?;
        let read = move |conn: &Conn<'_>| {
            let (value, shown) = work(&Reader { inner: &inner, conn, call: &call, hasher: hasher.clone() })?;
            Ok(Undisclosed::new(value, shown))
        };
        self.engine().glance_for(whom, Db::Main, ahead, read).await
    }

    /// What a reader is made of, and for whom.
    fn reading(&self, call: &Call) -> Result<(Arc<Inner>, i64, Call, Hasher)> {
        Ok((self.0.clone(), call.actor().value(), call.clone(), self.hasher(call.tenant)?))
    }
}

impl Reader<'_> {
    pub(crate) fn select(&self) -> Select {
        Select::new(self.conn.dialect(), self.call)
    }

    /// The readable current version of `kind/id`.
    pub(crate) fn find(&self, kind: ResourceType, id: &str) -> Result<Option<Version>> {
        let versions = self.open_all(&self.current(STORED, kind, id)?)?;
        Ok(versions.into_iter().find(|found| named(found, kind, id)))
    }

    /// Columns of the readable current row that has the hash of `kind/id`.
    pub(crate) fn current(&self, columns: &str, kind: ResourceType, id: &str) -> Result<Vec<Row>> {
        let mut select = self.select();
        let condition = self.identity(&mut select, kind, id);
        select.run(self.conn, &format!("SELECT {columns} FROM resource r WHERE {condition} AND ({})", select.permit))
    }

    /// The person of a Patient that this reader may see and that lives; its body stays closed.
    pub(crate) fn person(&self, id: &str) -> Result<Option<Person>> {
        let mut select = self.select();
        let condition = self.identity(&mut select, ResourceType::PATIENT, id);
        let text = format!(
            "SELECT r.person FROM resource r WHERE {condition} AND r.type = {} AND r.deleted = 0 AND ({})",
            ResourceType::PATIENT.code(),
            select.permit
        );
        select.run(self.conn, &text)?.first().map(|row| Ok(Person::new(row.int(0)?))).transpose()
    }

    /// One version of what may be shown.
    fn version(&self, kind: ResourceType, id: &str, version: i64) -> Result<Option<Version>> {
        let newest = self.find(kind, id)?;
        if newest.as_ref().is_none_or(|newest| newest.version <= version) {
            return Ok(newest.filter(|newest| newest.version == version));
        }
        Ok(self.past(kind, id, Some(version))?.pop())
    }

    fn versions(&self, kind: ResourceType, id: &str) -> Result<Vec<Version>> {
        let mut found: Vec<Version> = self.find(kind, id)?.into_iter().collect();
        if found.is_empty() {
            return Ok(found);
        }
        found.extend(self.past(kind, id, None)?);
        Ok(found)
    }

    /// Older versions, newest first, or one of them: that one does open, or it is an error.
    fn past(&self, kind: ResourceType, id: &str, only: Option<i64>) -> Result<Vec<Version>> {
        let mut select = self.select();
        let mut condition = self.identity(&mut select, kind, id);
        if let Some(version) = only {
            condition.push_str(&format!(" AND r.version = {}", select.bind(version)));
        }
        let text = format!(
            "SELECT {STORED} FROM (SELECT {PAST_COLUMNS} FROM history h JOIN resource c ON c.tenant = h.tenant AND c.rid = h.rid) r \
             WHERE {condition} AND ({}) ORDER BY r.version DESC",
            select.permit
        );
        let rows = self.parsed(&select.run(self.conn, &text)?)?;
        let past = self.about_known(&rows)?;
        Ok(self.show(&past)?.into_iter().filter(|found| named(found, kind, id)).collect())
    }

    /// Older versions that mention nobody this reader may not know of: `also_person` speaks of the current one only. A
    /// program follows no relation; the references it may not follow are masked.
    pub(crate) fn about_known(&self, past: &[Stored]) -> Result<Vec<Stored>> {
        if self.call.clearance.is_universal() {
            return Ok(past.to_vec());
        }
        let mut mentioned = Vec::with_capacity(past.len());
        for row in past {
            let opened = row.open(self.inner, self.conn, self.call.tenant, self.call.clearance.open4());
            let Some(resource) = self.unless_damaged(row.at(), opened)? else { continue };
            let mut persons = local_targets(&resource);
            persons.retain(|(kind, id)| *kind == ResourceType::PATIENT && resource.id() != Some(id));
            mentioned.push((row, persons));
        }
        let known = self.readable(&mentioned.iter().flat_map(|(_, persons)| persons).cloned().collect())?;
        let all_known = |(_, persons): &(_, BTreeSet<_>)| persons.is_subset(&known);
        Ok(mentioned.into_iter().filter(all_known).map(|(row, _)| row.clone()).collect())
    }

    pub(crate) fn identity(&self, select: &mut Select, kind: ResourceType, id: &str) -> String {
        let hash = select.bind(self.hasher.id(kind, id));
        let tenant = &select.tenant;
        format!(
            "r.tenant = {tenant} AND r.rid IN (SELECT k.rid FROM exact_key k \
             WHERE k.tenant = {tenant} AND k.param = {ID_PARAM} AND k.hash = {hash})"
        )
    }

    /// A version the reader has found, with every reference it holds: only to compare, never to show.
    pub(crate) fn unmasked(&self, version: &Version) -> Result<Resource> {
        let mut select = self.select();
        let rid = select.bind(version.rid.value());
        let text = format!(
            "SELECT {STORED} FROM resource r WHERE r.tenant = {} AND r.rid = {rid} AND ({})",
            select.tenant, select.permit
        );
        let rows = select.run(self.conn, &text)?;
        let stored = Stored::parse(must(rows.first())?)?;
        stored.open(self.inner, self.conn, self.call.tenant, self.call.clearance.open4())
    }

    /// Which of these targets this reader may read.
    pub(crate) fn readable(
        &self,
        targets: &BTreeSet<(ResourceType, String)>,
    ) -> Result<BTreeSet<(ResourceType, String)>> {
        if targets.is_empty() {
            return Ok(BTreeSet::new());
        }
        let by_hash: BTreeMap<i64, &(ResourceType, String)> =
            targets.iter().map(|target| (self.hasher.id(target.0, &target.1), target)).collect();
        let readable = self.readable_hashes(by_hash.keys().copied())?;
        Ok(readable.iter().filter_map(|hash| by_hash.get(hash)).map(|target| (*target).clone()).collect())
    }

    /// Which of these identities are of something that this reader may read.
    pub(crate) fn readable_hashes(&self, hashes: impl IntoIterator<Item = i64>) -> Result<BTreeSet<i64>> {
        let mut select = self.select();
        let hashes = select.list(hashes);
        let text = format!(
            "SELECT k.hash FROM (SELECT k.hash, k.rid FROM exact_key k WHERE k.tenant = {0} AND k.param = {ID_PARAM} \
             AND k.hash IN ({hashes})) k CROSS JOIN resource r WHERE r.tenant = {0} AND r.rid = k.rid AND ({1})",
            select.tenant, select.permit
        );
        select.run(self.conn, &text)?.iter().map(|row| row.int(0)).collect()
    }
}

/// Guards against two ids with the same hash.
pub(crate) fn named(found: &Version, kind: ResourceType, id: &str) -> bool {
    found.resource.kind() == kind && found.resource.id() == Some(id)
}

/// The `Type/id` targets of a resource.
pub(crate) fn local_targets(resource: &Resource) -> BTreeSet<(ResourceType, String)> {
    let mut targets = BTreeSet::new();
    fhir::refs::visit(resource, &mut |_, reference| targets.extend(fhir::refs::local(reference)));
    targets
}

/// A defect when a row that must exist does not.
pub(crate) fn must<T>(found: Option<T>) -> Result<T> {
    found.ok_or_else(|| Error::bug("a row was expected"))
}
