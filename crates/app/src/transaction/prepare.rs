//! From the entries of a transaction to the changes of one write: ids, links, conditions.

use super::ask::Ask;
use super::condition::{Condition, matching, may_choose, same_id};
use super::lost::{leads_nowhere, one_each, resource_path};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::links::{self, Links, Slot, Space};
use crate::records::{self, Beside};
use fhir::bundle::{Entry, Method};
use fhir::refs::Reference;
use fhir::search::Query;
use fhir::{Invalid, Issue, Resource, ResourceType};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{Change, Conflict, How, Version};

/// A change to make, what a conditional create has found, or the entry whose condition this one repeats.
pub(super) enum Prepared {
    Change(usize, Box<(Change, How)>),
    Found(usize, Box<Version>),
    Same(usize, usize),
}

pub(super) type Key = (ResourceType, String);

/// What an entry will write: under which id, instead of which version, on which condition still.
struct Target {
    id: String,
    version: Option<i64>,
    unless: Option<Query>,
}

/// What to write under an id that a body brings though its condition meets nothing: never over another resource.
async fn chosen(cx: &Cx, kind: ResourceType, id: &str) -> Result<Target> {
    may_choose(cx)?;
    let call = cx.call("match");
    let found = cx.app().store().read(&call, kind, id).await?;
    let version = match cx.app().store().disclose(&call, found).await? {
        Some(found) if !found.deleted => return Err(store::Error::Conflict(Conflict::IdTaken).into()),
        found => found.map(|tombstone| tombstone.version),
    };
    Ok(Target { id: id.to_owned(), version, unless: None })
}

pub(super) fn named(resource: &Resource) -> Key {
    (resource.kind(), resource.id().unwrap_or_default().to_owned())
}

/// Gives ids, rewrites links, and refuses what leads nowhere or comes twice. Deletions count first, as they happen.
pub(super) async fn prepare(cx: &Cx, entries: &[Entry], asks: &[Ask]) -> Result<Vec<Prepared>> {
    let gone = |ask: &Ask| if let Ask::Delete(kind, id, _) = ask { Some((*kind, id.clone())) } else { None };
    let deleted: HashSet<Key> = asks.iter().filter_map(gone).collect();
    let (mut links, mut targets, mut prepared) = (Links::default(), HashMap::new(), Vec::new());
    let mut criteria: HashMap<String, (usize, String)> = HashMap::new();
    // Criteria that a PUT has, and those by which something new is made: by a POST, by a PUT.
    let (mut replaced, mut posted, mut put) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (entry, ask) in entries.iter().zip(asks) {
        let Some(resource) = &entry.resource else { continue };
        let again = match ask {
            Ask::Create(Some(query)) if put.contains(&asked(query)) => return Err(twice(entry.index)),
            Ask::Create(Some(query)) => criteria.get(&asked(query)).cloned(),
            Ask::UpdateMatching(query, ..) if posted.contains(&asked(query)) || !replaced.insert(asked(query)) => {
                return Err(twice(entry.index));
            }
            _ => None,
        };
        let id = if let Some((first, id)) = again {
            prepared.push(Prepared::Same(entry.index, first));
            id
        } else {
            match target(cx, (entry.index, ask), resource, &deleted)
                .await
                .map_err(|error| error.of_entry(entry.index))?
            {
                None => continue,
                Some(Ok(target)) => {
                    match ask {
                        Ask::Create(Some(query)) => drop(posted.insert(asked(query))),
                        Ask::UpdateMatching(query, ..) if target.version.is_none() => drop(put.insert(asked(query))),
                        _ => {}
                    }
                    let id = target.id.clone();
                    targets.insert(entry.index, target);
                    id
                }
                Some(Err(found)) => {
                    let id = found.resource.id().unwrap_or_default().to_owned();
                    prepared.push(Prepared::Found(entry.index, found));
                    id
                }
            }
        };
        if let Ask::Create(Some(query)) = ask {
            criteria.entry(asked(query)).or_insert((entry.index, id.clone()));
        }
        let slot = Slot::Here(format!("{}/{id}", resource.kind()));
        let full_url = entry.full_url.as_deref();
        links.add(full_url, &Space::of(full_url, ""), resource.kind(), resource.id(), &slot);
    }
    follow_conditional(cx, entries, &targets, &deleted, &mut links).await?;
    one_each(entries, &links)?;
    let ready = rewritten(entries, &targets, &links);
    let beside = records::beside(cx, ready.values()).await?;
    prepared.extend(changes(cx, entries, asks, targets, Around { ready, beside })?);
    Ok(prepared)
}

/// Criteria, in whatever order they are given.
pub(super) fn asked(query: &Query) -> String {
    let mut filters: Vec<String> = query.filters.iter().map(|filter| format!("{filter:?}")).collect();
    filters.sort();
    format!("{} {filters:?}", query.ty)
}

/// What will be written, by entry: under its id, its links leading to what will be here.
fn rewritten(entries: &[Entry], targets: &HashMap<usize, Target>, links: &Links) -> HashMap<usize, Resource> {
    let ready = |entry: &Entry| {
        let mut resource = entry.resource.clone()?;
        resource.set_id(&targets.get(&entry.index)?.id);
        links.rewrite(&mut resource, &Space::of(entry.full_url.as_deref(), ""));
        Some((entry.index, resource))
    };
    entries.iter().filter_map(ready).collect()
}

/// What an entry will write; or what its condition has found.
async fn target(
    cx: &Cx,
    (index, ask): (usize, &Ask),
    resource: &Resource,
    deleted: &HashSet<Key>,
) -> Result<Option<std::result::Result<Target, Box<Version>>>> {
    let new = |id: String, unless| Some(Ok(Target { id, version: None, unless }));
    Ok(match ask {
        Ask::Create(None) => new(cx.fresh_id(), None),
        Ask::Update(id, _) | Ask::Patched(id, ..) => new(id.clone(), None),
        Ask::Create(Some(query)) => match matching(cx, query, deleted).await? {
            (Some(found), _) => Some(Err(Box::new(found))),
            // The store would still meet what this very write deletes.
            (None, met) => new(cx.fresh_id(), (!met).then(|| query.clone())),
        },
        Ask::Make(id) => {
            let call = cx.call("match");
            let found = cx.app().store().read(&call, resource.kind(), id).await?;
            match cx.app().store().disclose(&call, found).await? {
                Some(found) if !found.deleted => return Err(store::Error::Conflict(Conflict::Version).into()),
                Some(gone) => Some(Ok(Target { id: id.clone(), version: Some(gone.version), unless: None })),
                None => {
                    may_choose(cx)?;
                    new(id.clone(), None)
                }
            }
        }
        Ask::UpdateMatching(query, if_match, first) => {
            let (found, met) = matching(cx, query, deleted).await?;
            Condition { if_match: *if_match, first: *first }.check(found.as_ref())?;
            match (found, resource.id()) {
                // Deleted and replaced by the same criteria: which of both is meant is not known.
                (None, _) if met => return Err(twice(index)),
                (Some(found), _) => {
                    let id = found.resource.id().unwrap_or_default().to_owned();
                    same_id(resource, &id)?;
                    Some(Ok(Target { id, version: Some(found.version), unless: None }))
                }
                (None, Some(id)) => Some(Ok(chosen(cx, resource.kind(), id).await?)),
                (None, None) => new(cx.fresh_id(), Some(query.clone())),
            }
        }
        _ => None,
    })
}

/// What every entry needs of the others, and of what is kept.
struct Around {
    ready: HashMap<usize, Resource>,
    beside: Beside,
}

fn changes(
    cx: &Cx,
    entries: &[Entry],
    asks: &[Ask],
    mut targets: HashMap<usize, Target>,
    mut around: Around,
) -> Result<Vec<Prepared>> {
    let (mut prepared, mut issues, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (entry, ask) in entries.iter().zip(asks) {
        let change = match (targets.remove(&entry.index), ask) {
            (Some(target), _) => {
                let Some(resource) = around.ready.remove(&entry.index) else { continue };
                issues.extend(leads_nowhere(entry.index, &resource));
                match change(cx, resource, ask, target, &around.beside) {
                    Ok(change) => change,
                    Err(Error::Store(store::Error::Invalid(invalid))) => {
                        issues.extend(fhir::bundle::within(&resource_path(entry.index), invalid).issues);
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            (None, Ask::Delete(kind, id, if_match)) => {
                Change::Delete { kind: *kind, id: id.clone(), if_match: *if_match }
            }
            _ => continue,
        };
        if !seen.insert(written(&change)) {
            issues.push(Issue::error("duplicate", Some(format!("Bundle.entry[{}]", entry.index)), TWICE.0, TWICE.1));
        }
        let how = asked_by(entry.method);
        prepared.push(Prepared::Change(entry.index, Box::new((change, how))));
    }
    refuse(issues)?;
    Ok(prepared)
}

const TWICE: (&str, &str) =
    ("Cette ressource est déjà visée par une autre entrée.", "Another entry has the same target.");

/// Two entries mean the same resource: refused (FHIR R4 §3.1.0.11.2).
fn twice(index: usize) -> Error {
    Error::invalid("duplicate", Some(format!("Bundle.entry[{index}]")), TWICE.0, TWICE.1)
}

/// What history will say of it: patches and conditions have been settled, the method of the entry has not changed.
fn asked_by(method: Option<Method>) -> How {
    match method {
        Some(Method::Post) => How::Post,
        Some(Method::Patch) => How::Patch,
        Some(Method::Delete) => How::Delete,
        _ => How::Put,
    }
}

fn refuse(mut issues: Vec<Issue>) -> Result<()> {
    // What leads nowhere is found by more than one look.
    let mut seen = HashSet::new();
    issues.retain(|issue| seen.insert((issue.code, issue.expression.clone())));
    if issues.is_empty() { Ok(()) } else { Err(Invalid { issues }.into()) }
}

pub(super) fn written(change: &Change) -> Key {
    match change {
        Change::Create { resource, .. } | Change::Update { resource, .. } | Change::Misfile { resource, .. } => {
            named(resource)
        }
        Change::Delete { kind, id, .. } => (*kind, id.clone()),
    }
}

fn change(cx: &Cx, resource: Resource, ask: &Ask, target: Target, beside: &Beside) -> Result<Change> {
    match ask {
        Ask::Update(_, if_match) => return records::update_change(cx, resource, *if_match, beside),
        Ask::Patched(_, version, before) => return records::changed(cx, resource, (before, *version), beside),
        Ask::UpdateMatching(..) | Ask::Make(_) if target.version.is_some() => {
            return records::update_change(cx, resource, target.version, beside);
        }
        _ => {}
    }
    let mut change = records::new_change(cx, resource, target.unless, beside)?;
    if let Change::Create { resource, .. } = &mut change {
        // Other entries already point at this id.
        resource.set_id(&target.id);
    }
    Ok(change)
}

/// Finds what conditional references point at: an entry first, else what this actor can see.
async fn follow_conditional(
    cx: &Cx,
    entries: &[Entry],
    targets: &HashMap<usize, Target>,
    deleted: &HashSet<Key>,
    links: &mut Links,
) -> Result<()> {
    let new = || entries.iter().filter_map(|e| Some((targets.get(&e.index)?, e.resource.as_ref()?)));
    // Where each is said first.
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| targets.contains_key(&entry.index)) {
        for text in entry.resource.iter().flat_map(links::conditional) {
            texts.entry(text).or_insert(entry.index);
        }
    }
    for (text, at) in texts {
        let Reference::Conditional(kind, criteria) = Reference::parse(&text) else { continue };
        let query = cx.condition(kind, criteria).await?;
        let fits = |resource: &Resource| query.filters.iter().all(|filter| fhir::search::matches(resource, filter));
        let inside: Vec<&str> =
            new().filter(|(_, r)| r.kind() == kind && fits(r)).map(|(target, _)| target.id.as_str()).collect();
        let id = match inside.as_slice() {
            [] => {
                let found = matching(cx, &query, deleted).await.map_err(|error| error.of_entry(at))?.0;
                found.and_then(|found| found.resource.id().map(str::to_owned))
            }
            [one] => Some((*one).to_owned()),
            _ => return Err(Error::from(store::Error::Conflict(Conflict::SeveralMatches)).of_entry(at)),
        };
        if let Some(id) = id {
            links.point(&text, format!("{kind}/{id}"));
        }
    }
    Ok(())
}
