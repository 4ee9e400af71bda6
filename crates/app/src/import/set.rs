//! Files that belong together: what is there under a type and an id is what their relative references mean, whatever
//! `meta.source` says of where it once came from.

use super::unit::Importer;
use super::work::Work;
use crate::error::Result;
use crate::links::{Space, without_version};
use fhir::ResourceType;
use fhir::refs::Reference;
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

    /// Which ids of these persons are not to be taken: what is here already and speaks of them came from elsewhere, and would all at
    /// once be theirs.
    pub(super) async fn awaited_elsewhere(&self, works: &[Work<'_>]) -> Result<HashSet<String>> {
        let persons = works.iter().filter(|work| work.kind() == ResourceType::PATIENT && work.is_open());
        let wanted: Vec<(String, String)> =
            persons.filter_map(|work| Some((work.item.resource.id()?.to_owned(), work.key.source.clone()))).collect();
        let (store, tenant) = (self.cx.app().store(), self.cx.app().tenant());
        let awaiting = store.awaiting(tenant, wanted.iter().map(|(id, _)| id.clone()).collect()).await?;
        let mut sources: HashMap<i64, Vec<String>> = HashMap::new();
        for memory in store.imports_of(tenant, awaiting.values().flatten().copied().collect()).await? {
            sources.entry(memory.rid).or_default().push(memory.key.source);
        }
        let same = |rid: &i64, source: &String| sources.get(rid).is_some_and(|known| known.contains(source));
        let elsewhere = |id: &String, source: &String| {
            awaiting.get(id).is_some_and(|rids| source.is_empty() || !rids.iter().all(|rid| same(rid, source)))
        };
        Ok(wanted.into_iter().filter(|(id, source)| elsewhere(id, source)).map(|(id, _)| id).collect())
    }
}
