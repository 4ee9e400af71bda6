//! Whom a resource is about: its owner is the first person on a fixed order of paths, others go to `also_person`.
//!
//! A reference to a person who is not here yet gets a number of its own, kept until that person arrives: nothing about
//! someone is ever stored as about nobody.

use super::{Change, How};
use crate::engine::{Asked, Cell, cells};
use crate::error::{Error, Result};
use crate::index::ID_PARAM;
use crate::read::Reader;
use crate::stored::Version;
use confidentiality::Person;
use fhir::owner::Owner;
use fhir::{Resource, ResourceType};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How far a resource about nobody looks through what it points at.
const DEPTH: u8 = 4;

/// The persons of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Owned {
    /// The owner; 0 = nobody.
    pub(crate) person: Person,
    /// Further persons.
    pub(crate) also: BTreeSet<Person>,
    /// Numbers given ahead to persons who are not here yet: (hash of the reference, number).
    pub(crate) pending: BTreeMap<i64, Person>,
}

/// Resolves the owners of one write's changes, which may point at each other.
pub(crate) struct Owners<'a> {
    reader: &'a Reader<'a>,
    resources: Vec<Option<&'a Resource>>,
    by_target: HashMap<(ResourceType, String), usize>,
    done: Vec<Option<Owned>>,
    pending: BTreeMap<i64, Person>,
    /// By hash, the persons of what is stored and pointed at; none for what is not there.
    stored: RefCell<BTreeMap<i64, Option<Owned>>>,
    /// Asked for, and not looked at yet.
    asked: RefCell<Vec<(Vec<i64>, Vec<Asked>)>>,
}

/// The row that has a hash, and how many further persons. The key comes first: SQLite would go through the tenant's rows.
const ROW: &str = "SELECT CAST(?3 AS BIGINT), r.person, r.rid,
       (SELECT COUNT(*) FROM also_person a WHERE a.tenant = r.tenant AND a.rid = r.rid)
     FROM exact_key k CROSS JOIN resource r WHERE r.tenant = ?1 AND r.rid = k.rid
       AND k.tenant = ?1 AND k.param = ?2 AND k.hash = ?3";

impl<'a> Owners<'a> {
    pub(crate) fn new(reader: &'a Reader<'a>, changes: &'a [(Change, How)]) -> Self {
        let resources: Vec<Option<&Resource>> = changes
            .iter()
            .map(|(change, _)| match change {
                Change::Create { resource, .. }
                | Change::Update { resource, .. }
                | Change::Misfile { resource, .. } => Some(resource),
                Change::Delete { .. } => None,
            })
            .collect();
        let by_target = resources
            .iter()
            .enumerate()
            .filter_map(|(index, resource)| resource.and_then(|r| Some(((r.kind(), r.id()?.to_owned()), index))))
            .collect();
        Self {
            reader,
            done: vec![None; resources.len()],
            resources,
            by_target,
            pending: BTreeMap::new(),
            stored: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// Asks for whatever the changes point at to say whom they are about.
    pub(crate) fn ask_all(&self) -> Result<()> {
        self.ask(self.pointed_at())
    }

    /// Whether the only change names one person, and the very one whom what it replaces names: then nothing is to be asked. A
    /// Patient is about nobody else, and stays who it is.
    pub(crate) fn stay(&mut self, current: &Version) -> bool {
        let ([Some(resource)], [done]) = (self.resources.as_slice(), self.done.as_mut_slice()) else { return false };
        let one = |resource: &Resource| match fhir::owner::persons(resource) {
            Owner::Refs(references) => <[String; 1]>::try_from(references).ok().map(|[reference]| reference),
            Owner::IsPatient | Owner::None => None,
        };
        let named = one(resource).filter(|reference| fhir::refs::local(reference).is_some());
        let stays = !current.person.is_zero() && named.is_some() && named == one(&current.resource);
        if stays {
            *done = Some(Owned { person: current.person, ..Owned::default() });
        }
        stays
    }

    /// What the changes point at to say whom they are about, and is not among them.
    fn pointed_at(&self) -> BTreeSet<i64> {
        let references = |resource: &Resource| match fhir::owner::persons(resource) {
            Owner::IsPatient => Vec::new(),
            Owner::Refs(references) => references,
            Owner::None => fhir::owner::other_targets(resource),
        };
        let all = self.resources.iter().flatten().flat_map(|resource| references(resource));
        let targets = all.filter_map(|reference| fhir::refs::local(&reference));
        let elsewhere = targets.filter(|target| !self.by_target.contains_key(target));
        elsewhere.map(|(kind, id)| self.reader.hasher.id(kind, &id)).collect()
    }

    fn ask(&self, hashes: BTreeSet<i64>) -> Result<()> {
        let hashes: Vec<i64> = hashes.into_iter().collect();
        let tenant = self.reader.call.tenant;
        let each: Vec<Vec<Cell>> = hashes.iter().map(|hash| cells![tenant, ID_PARAM, *hash].to_vec()).collect();
        let asked = self.reader.conn.ask_each(ROW, &each)?;
        self.asked.borrow_mut().push((hashes, asked));
        Ok(())
    }

    /// Looks at what was asked for.
    fn listen(&self) -> Result<()> {
        let conn = self.reader.conn;
        let mut stored = self.stored.borrow_mut();
        for (hashes, rows) in self.asked.take() {
            stored.extend(hashes.into_iter().map(|hash| (hash, None)));
            for row in conn.answers(rows)? {
                let also = if row.int(3)? > 0 { self.also(row.int(2)?)? } else { BTreeSet::new() };
                let person = Person::new(row.int(1)?);
                stored.insert(row.int(0)?, Some(Owned { person, also, ..Owned::default() }));
            }
        }
        Ok(())
    }

    /// The persons of change `index`.
    pub(crate) fn of(&mut self, index: usize) -> Result<Owned> {
        self.resolve(index, DEPTH)
    }

    /// The persons of what is already stored.
    pub(crate) fn kept(&self, current: &Version) -> Result<Owned> {
        let also = self.also(current.rid.value())?;
        Ok(Owned { person: current.person, also, pending: BTreeMap::new() })
    }

    fn resolve(&mut self, index: usize, depth: u8) -> Result<Owned> {
        if let Some(Some(done)) = self.done.get(index) {
            return Ok(done.clone());
        }
        let Some(resource) = self.resources.get(index).copied().flatten() else { return Ok(Owned::default()) };
        let owned = match fhir::owner::persons(resource) {
            Owner::IsPatient => self.patient(resource)?,
            Owner::Refs(references) => self.gather(&references, depth)?,
            Owner::None => self.gather(&fhir::owner::other_targets(resource), depth)?,
        };
        if let Some(slot) = self.done.get_mut(index) {
            *slot = Some(owned.clone());
        }
        Ok(owned)
    }

    fn gather(&mut self, references: &[String], depth: u8) -> Result<Owned> {
        let mut persons: Vec<Person> = Vec::new();
        let mut pending = BTreeMap::new();
        for reference in references {
            let found = self.target(reference, depth)?;
            pending.extend(found.pending);
            for person in std::iter::once(found.person).chain(found.also) {
                if person.value() != 0 && !persons.contains(&person) {
                    persons.push(person);
                }
            }
        }
        let mut persons = persons.into_iter();
        Ok(Owned { person: persons.next().unwrap_or_default(), also: persons.collect(), pending })
    }

    /// The persons behind one reference.
    fn target(&mut self, reference: &str, depth: u8) -> Result<Owned> {
        let Some((kind, id)) = fhir::refs::local(reference) else {
            return if fhir::refs::names_type(reference, ResourceType::PATIENT) {
                self.unknown(self.reader.hasher.number("person", &[reference]))
            } else {
                Ok(Owned::default())
            };
        };
        if let Some(index) = self.by_target.get(&(kind, id.clone())).copied() {
            return if depth == 0 { Ok(Owned::default()) } else { self.resolve(index, depth - 1) };
        }
        match self.stored(kind, &id)? {
            Some(owned) => Ok(owned),
            None if kind == ResourceType::PATIENT => self.unknown(self.reader.hasher.address(kind, &id)),
            None => Ok(Owned::default()),
        }
    }

    fn patient(&mut self, resource: &Resource) -> Result<Owned> {
        let id = resource.id().unwrap_or_default();
        if let Some(owned) = self.stored(ResourceType::PATIENT, id)? {
            return Ok(owned);
        }
        // A number given ahead is adopted; else a new one. Either way it is recorded until the row is there.
        self.unknown(self.reader.hasher.address(ResourceType::PATIENT, id))
    }

    fn stored(&self, kind: ResourceType, id: &str) -> Result<Option<Owned>> {
        let hash = self.reader.hasher.id(kind, id);
        self.listen()?;
        if let Some(known) = self.stored.borrow().get(&hash) {
            return Ok(known.clone());
        }
        self.ask(BTreeSet::from([hash]))?;
        self.listen()?;
        Ok(self.stored.borrow().get(&hash).cloned().flatten())
    }

    fn also(&self, rid: i64) -> Result<BTreeSet<Person>> {
        let rows = self.reader.conn.query(
            "SELECT person FROM also_person WHERE tenant = ?1 AND rid = ?2",
            &cells![self.reader.call.tenant, rid],
        )?;
        rows.iter().map(|row| Ok(Person::new(row.int(0)?))).collect()
    }

    fn unknown(&mut self, hash: i64) -> Result<Owned> {
        let person = match self.pending.get(&hash) {
            Some(person) => *person,
            None => {
                let known = self.reader.conn.query_opt(
                    "SELECT person FROM pending_person WHERE tenant = ?1 AND hash = ?2",
                    &cells![self.reader.call.tenant, hash],
                )?;
                let person = Person::new(match known {
                    Some(row) => row.int(0)?,
                    None => crate::crypto::random_id()?,
                });
                self.pending.insert(hash, person);
                person
            }
        };
        if person.value() == 0 {
            return Err(Error::bug("a person numbered zero"));
        }
        Ok(Owned { person, also: BTreeSet::new(), pending: BTreeMap::from([(hash, person)]) })
    }
}
