//! Files that belong together: what is there under a type and an id is what their relative references mean, whatever
//! `meta.source` says of where it once came from.

use super::known::{ASKED, find};
use super::unit::Importer;
use super::work::Work;
use crate::cx::Cx;
use crate::error::Result;
use crate::links::{Space, without_version};
use fhir::refs::{self, Reference};
use fhir::search::{Filter, Modifier, Operand};
use fhir::{ResourceType, addresses};
use std::collections::{HashMap, HashSet};

/// What the files of each set bring without an address of their own.
#[derive(Debug, Default)]
pub(super) struct Sets(HashMap<i64, Option<i64>>);

/// Under which import numbers a reference may be remembered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The first that is known.
    First(Vec<i64>),
    /// Those that are known must be one.
    Both([i64; 2]),
    /// Several resources of its own files bear it.
    Several([i64; 0]),
}

impl Meaning {
    pub(super) fn numbers(&self) -> &[i64] {
        match self {
            Self::First(numbers) => numbers,
            Self::Both(numbers) => numbers,
            Self::Several(none) => none,
        }
    }
}

impl Importer<'_> {
    /// Notes what a set brings.
    pub(super) fn note(&mut self, work: &Work<'_>) -> Result<()> {
        let (Space::Unnamed(_), Some(id)) = (&work.space, work.item.resource.id()) else { return Ok(()) };
        let number = self.number_in(&format!("{}/{id}", work.kind()))?;
        let only = self.sets.0.entry(number).or_insert(Some(work.key.hash));
        if *only != Some(work.key.hash) {
            *only = None;
        }
        Ok(())
    }

    fn number_in(&self, address: &str) -> Result<i64> {
        self.number(&format!("set {}", self.set), address)
    }

    fn number(&self, source: &str, address: &str) -> Result<i64> {
        Ok(self.cx.app().store().import_number(self.cx.app().tenant(), source, address)?)
    }

    /// What a text said in a space may mean, the nearest first.
    pub(super) fn meaning(&self, space: &Space, text: &str) -> Result<Meaning> {
        let text = without_version(text);
        if !matches!(Reference::parse(text), Reference::Local { .. }) {
            return Ok(Meaning::First(vec![self.number("", text)?]));
        }
        let source = match space {
            Space::Server(base) => return Ok(Meaning::First(vec![self.number("", &format!("{base}/{text}"))?])),
            Space::Unnamed(source) => source,
        };
        let (own, of_place) = (self.number(source, text)?, self.number(&self.finess, text)?);
        if self.contents.knows(own) {
            return Ok(Meaning::First(vec![own]));
        }
        Ok(match self.sets.0.get(&self.number_in(text)?) {
            None => Meaning::First(vec![own, of_place]),
            Some(None) => Meaning::Several([]),
            Some(Some(only)) if own == of_place => Meaning::First(vec![*only]),
            // It names a source of its own, of which an earlier import may have brought another one.
            Some(Some(only)) => Meaning::Both([*only, own]),
        })
    }

    /// Which ids of these persons and files are not to be taken: what is here already and speaks of them came from elsewhere, and would
    /// all at once be theirs.
    pub(super) async fn awaited_elsewhere(&self, works: &[Work<'_>]) -> Result<HashSet<Key>> {
        let open = works.iter().filter(|work| work.is_open() && is_awaited(work.kind()));
        let wanted: Vec<(Key, String)> = open
            .filter_map(|work| Some(((work.kind(), work.item.resource.id()?.to_owned()), work.key.source.clone())))
            .collect();
        let awaiting = self.awaiting(&wanted).await?;
        let (store, tenant) = (self.cx.app().store(), self.cx.app().tenant());
        let mut sources: HashMap<i64, Vec<String>> = HashMap::new();
        for memory in store.imports_of(tenant, awaiting.values().flatten().copied().collect()).await? {
            sources.entry(memory.rid).or_default().push(memory.key.source);
        }
        let same = |rid: &i64, source: &String| sources.get(rid).is_some_and(|known| known.contains(source));
        let elsewhere = |key: &Key, source: &String| {
            awaiting.get(key).is_some_and(|rids| source.is_empty() || !rids.iter().all(|rid| same(rid, source)))
        };
        Ok(wanted.into_iter().filter(|(key, source)| elsewhere(key, source)).map(|(key, _)| key).collect())
    }

    /// By which rows each of these is awaited: persons by what is about them, files by the documents that give their address.
    async fn awaiting(&self, wanted: &[(Key, String)]) -> Result<HashMap<Key, Vec<i64>>> {
        let of =
            |kind: ResourceType| wanted.iter().filter(move |((one, _), _)| *one == kind).map(|((_, id), _)| id.clone());
        let (store, tenant) = (self.cx.app().store(), self.cx.app().tenant());
        let persons = store.awaiting(tenant, of(ResourceType::PATIENT).collect()).await?;
        let mut all: HashMap<Key, Vec<i64>> =
            persons.into_iter().map(|(id, rids)| ((ResourceType::PATIENT, id), rids)).collect();
        let files: Vec<String> = of(ResourceType::BINARY).map(|id| format!("Binary/{id}")).collect();
        for (address, rid) in documents(self.cx, &files).await? {
            if let Some(key) = refs::local(&address) {
                all.entry(key).or_default().push(rid);
            }
        }
        Ok(all)
    }
}

/// A type and an id.
pub(super) type Key = (ResourceType, String);

/// Of these types, what bears an id would be shown for somebody else's.
fn is_awaited(kind: ResourceType) -> bool {
    kind == ResourceType::PATIENT || kind == ResourceType::BINARY
}

/// The documents whose content is at one of these addresses: each address, the row.
async fn documents(cx: &Cx, files: &[String]) -> Result<Vec<(String, i64)>> {
    let document = ResourceType::parse("DocumentReference");
    let Some((kind, param)) = document.and_then(|kind| Some((kind, fhir::search::param(kind, "location")?))) else {
        return Ok(Vec::new());
    };
    let filters = files.chunks(ASKED).map(|files| {
        let values = files.iter().cloned().map(Operand::Uri).collect();
        (kind, Filter::Param { param, modifier: Modifier::None, values })
    });
    let mut found = Vec::new();
    for version in find(cx, filters.collect()).await? {
        addresses::visit(&version.resource, &mut |text| {
            if files.iter().any(|file| file == text) {
                found.push((text.to_owned(), version.rid.value()));
            }
        });
    }
    Ok(found)
}
