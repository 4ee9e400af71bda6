//! Updates by criteria: of the one resource that meets them, else of a new one.

use super::prepare::{Key, asked, named};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use crate::turns::Tries;
use fhir::Resource;
use fhir::search::Query;
use std::collections::HashSet;
use store::{Conflict, Effect, How, Version, Written};

/// What must be true of what matches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Condition {
    /// It is this version (`If-Match`).
    pub if_match: Option<i64>,
    /// Nothing does (`If-None-Match: *`).
    pub first: bool,
}

impl Condition {
    pub(super) fn check(self, found: Option<&Version>) -> Result<()> {
        let other = self.if_match.is_some_and(|wanted| found.map(|found| found.version) != Some(wanted));
        let failed = other || self.first && found.is_some();
        if failed { Err(store::Error::Conflict(Conflict::Version).into()) } else { Ok(()) }
    }
}

/// A conditional update: of the one that matches, else a new one, under the id of the body if it brings one.
///
/// # Errors
/// `Conflict` when several match, or none and the id of the body is taken or not this actor's to choose, or on what matches the
/// condition fails; `Invalid` when the body names another resource than the one that matches.
pub async fn update_matching(cx: &Cx, resource: Resource, query: Query, condition: Condition) -> Result<Written> {
    let free = condition.if_match.is_none() && !condition.first;
    let mut tries = Tries::of(cx, free);
    loop {
        let done = update_once(cx, resource.clone(), query.clone(), condition).await;
        if !tries.again(asked(&query), done.as_ref().err()).await {
            return done;
        }
    }
}

async fn update_once(cx: &Cx, mut resource: Resource, query: Query, condition: Condition) -> Result<Written> {
    let found = matching(cx, &query, &HashSet::new()).await?.0;
    condition.check(found.as_ref())?;
    match found {
        Some(found) => {
            let id = found.resource.id().unwrap_or_default();
            same_id(&resource, id)?;
            resource.set_id(id);
            records::update(cx, resource, Some(found.version)).await
        }
        None if resource.id().is_some() => {
            may_choose(cx)?;
            records::update_absent(cx, resource).await
        }
        None => {
            let made = records::create_by(cx, resource.clone(), Some(query), How::Put).await?;
            match made.effect {
                // Somebody was quicker: it is there now.
                Effect::Existing if condition.first => Err(store::Error::Conflict(Conflict::Version).into()),
                Effect::Existing => {
                    resource.set_id(&made.id);
                    records::update(cx, resource, Some(made.version)).await
                }
                _ => Ok(made),
            }
        }
    }
}

pub(super) fn may_choose(cx: &Cx) -> Result<()> {
    cx.clearance().may_write().map_err(store::Error::Refused)?;
    if cx.clearance().may_choose_ids() { Ok(()) } else { Err(store::Error::Conflict(Conflict::IdChosen).into()) }
}

pub(super) fn same_id(resource: &Resource, found: &str) -> Result<()> {
    match resource.id() {
        Some(id) if id != found => {
            let fr = "L'identifiant n'est pas celui de la ressource trouvée.";
            let path = format!("{}.id", resource.kind());
            Err(Error::invalid("structure", Some(path), fr, "The condition found a resource of another id."))
        }
        _ => Ok(()),
    }
}

/// The only match of a query under this actor's clearance, apart from what is being deleted; whether that was met.
pub(super) async fn matching(cx: &Cx, query: &Query, deleted: &HashSet<Key>) -> Result<(Option<Version>, bool)> {
    let mut query = query.clone();
    query.count = Some(u32::try_from(deleted.len()).unwrap_or(u32::MAX).saturating_add(2));
    let mut found = records::search(cx, &query).await?.matches;
    let before = found.len();
    found.retain(|version| !deleted.contains(&named(&version.resource)));
    let met = found.len() < before;
    match found.len() {
        0 | 1 => Ok((found.pop(), met)),
        _ => Err(store::Error::Conflict(Conflict::SeveralMatches).into()),
    }
}
