//! What a dry run would have written so far: later units are decided as if it were here.

use super::identity::{Token, contradict, first_person, is_older, same_owner, tokens};
use super::known::{CONTRADICTION, MOVED, OLDER, SEVERAL, Times, usable};
use super::work::{Plan, Work};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeSet, HashMap};

/// Resources by their import numbers, their ids and their identifiers.
#[derive(Debug, Default)]
pub(super) struct Planned {
    known: HashMap<i64, One>,
    by_address: HashMap<(ResourceType, String), i64>,
    by_token: HashMap<(ResourceType, Token), BTreeSet<i64>>,
}

/// One that would have been written.
#[derive(Debug)]
struct One {
    kind: ResourceType,
    id: String,
    /// Digests of what came, the last at the end.
    contents: Vec<Vec<u8>>,
    version: String,
    source: String,
    /// Digest of what it says whatever its id ([`bare`]).
    said: Vec<u8>,
    /// Whom it is about, and who it is.
    traits: Resource,
}

/// What a resource says, whatever its id.
pub(super) fn bare(resource: &Resource) -> Vec<u8> {
    let mut resource = resource.clone();
    resource.set_id("");
    fhir::equality::canonical(&resource.value())
}

/// Of a resource, what decides who it is and whom it is about.
fn traits(resource: &Resource) -> Resource {
    let mut kept = resource.clone();
    let persons =
        ["identifier", "name", "birthDate", "patient", "subject", "beneficiary", "for", "individual", "resourceType"];
    kept.object_mut().retain(|key, _| persons.contains(&key.as_str()));
    kept
}

impl Planned {
    /// Notes what would be here after this work.
    pub(super) fn note(&mut self, work: &Work<'_>, id: &str, said: Vec<u8>) {
        let (kind, number) = (work.kind(), work.key.hash);
        self.by_address.insert((kind, id.to_owned()), number);
        for token in tokens(&work.resource) {
            self.by_token.entry((kind, token)).or_default().insert(number);
        }
        let before = self.known.remove(&number).map(|one| one.contents).unwrap_or_default();
        let contents = before.into_iter().chain([work.key.content.clone()]).collect();
        let (version, source) = (work.key.source_version.clone(), work.key.source.clone());
        let one = One { kind, id: id.to_owned(), contents, version, source, said, traits: traits(&work.resource) };
        self.known.insert(number, one);
    }

    /// `Type/id` of what would have come under a number.
    pub(super) fn address(&self, number: i64) -> Option<String> {
        self.known.get(&number).map(|one| format!("{}/{}", one.kind, one.id))
    }

    /// Whether something would bear this id; if so, whether it is about somebody.
    pub(super) fn about_somebody(&self, key: &(ResourceType, String)) -> Option<bool> {
        let one = self.known.get(self.by_address.get(key)?)?;
        Some(
            one.kind == ResourceType::PATIENT
                || one.kind == ResourceType::BINARY
                || first_person(&one.traits).is_some(),
        )
    }

    /// Decides a work that comes again after what would have been written.
    pub(super) fn decide(&self, work: &mut Work<'_>, said: &[u8], times: &Times) {
        match self.known.get(&work.key.hash) {
            Some(one) => again(work, one),
            None if work.memory.is_none() => self.by_identifier(work, said, times),
            None => {}
        }
    }

    fn by_identifier(&self, work: &mut Work<'_>, said: &[u8], times: &Times) {
        let kind = work.kind();
        let numbers = usable(work, times).into_iter().filter_map(|token| self.by_token.get(&(kind, token)));
        let numbers: BTreeSet<i64> = numbers.flatten().copied().collect();
        let all: Vec<&One> = numbers.iter().filter_map(|number| self.known.get(number)).collect();
        // The same source holds them to be two.
        let another = |one: &&One| !one.source.is_empty() && one.source == work.key.source;
        let others: BTreeSet<&str> = all.iter().copied().filter(another).map(|one| one.id.as_str()).collect();
        let meant = |one: &&One| {
            kind == ResourceType::PATIENT
                || !others.contains(one.id.as_str()) && same_owner(&work.resource, &one.traits)
        };
        let mut found: Vec<&One> = all.iter().copied().filter(meant).collect();
        // One that came under several addresses is one.
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        match found.as_slice() {
            [] => {}
            [one] if contradict(&work.resource, &one.traits) => work.conflict(None, CONTRADICTION),
            [one] if one.said == said || one.contents.last() == Some(&work.key.content) => {
                work.plan = Plan::Skip(one.id.clone());
            }
            [one] if one.source == work.key.source && is_older(&work.key.source_version, &one.version) => {
                older(work, one)
            }
            [one] => work.plan = Plan::Update(one.id.clone(), 0),
            _ => work.conflict(None, SEVERAL),
        }
    }
}

fn again(work: &mut Work<'_>, one: &One) {
    let newer = is_older(&one.version, &work.key.source_version);
    let seen = one.contents.contains(&work.key.content);
    if one.contents.last() == Some(&work.key.content) {
        work.plan = Plan::Skip(one.id.clone());
    } else if contradict(&work.resource, &one.traits) {
        work.conflict(None, CONTRADICTION);
    } else if (seen && !newer) || is_older(&work.key.source_version, &one.version) {
        older(work, one);
    } else if !same_owner(&work.resource, &one.traits) {
        work.conflict(Some(one.id.clone()), MOVED);
    } else {
        work.plan = Plan::Update(one.id.clone(), 0);
    }
}

fn older(work: &mut Work<'_>, one: &One) {
    work.warn("informational", work.path(), OLDER);
    work.plan = Plan::Skip(one.id.clone());
}
