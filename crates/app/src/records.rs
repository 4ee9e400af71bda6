//! Reading and writing one resource at a time.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::faults::{check, check_changed};
use crate::sender::Senders;
use crate::spots::Spots;
use crate::turns::Tries;
use crate::{profiles, subscriptions};
use fhir::patch::Patch;
use fhir::search::Query;
use fhir::validate::profile::Known;
use fhir::{Resource, ResourceType};
use store::{Change, Conflict, Graded, How, Page, Version, Written};

/// The current version of a resource.
///
/// # Errors
/// `Absent` when there is none that this actor may know of, `Gone` when it has been deleted.
pub async fn read(cx: &Cx, kind: ResourceType, id: &str) -> Result<Version> {
    let call = cx.call("read");
    let found = cx.app().store().read_ahead(cx.ahead(), &call, kind, id).await?;
    present(cx.app().store().disclose(&call, found).await?)
}

/// One version of a resource.
///
/// # Errors
/// As [`read`].
pub async fn vread(cx: &Cx, kind: ResourceType, id: &str, version: i64) -> Result<Version> {
    let call = cx.call("vread");
    let found = cx.app().store().vread(&call, kind, id, version).await?;
    present(cx.app().store().disclose(&call, found).await?)
}

/// What is there now that this actor may know of; none, too, of what has been deleted.
///
/// # Errors
/// The store's.
pub async fn current(cx: &Cx, kind: ResourceType, id: &str) -> Result<Option<Version>> {
    let found = cx.app().store().read(&cx.call("match"), kind, id).await?;
    Ok(cx.app().store().disclose(&cx.call("match"), found).await?.filter(|found| !found.deleted))
}

pub(crate) fn present(found: Option<Version>) -> Result<Version> {
    let found = found.ok_or(store::Error::Absent)?;
    if found.deleted { Err(store::Error::Gone(found.version).into()) } else { Ok(found) }
}

/// A page of a search.
///
/// # Errors
/// `Invalid` for what the store cannot answer.
pub async fn search(cx: &Cx, query: &Query) -> Result<Page> {
    page(cx, "search", query).await
}

pub(crate) async fn page(cx: &Cx, verb: &str, query: &Query) -> Result<Page> {
    let call = cx.call(verb);
    let found = cx.app().store().search(&call, query).await?;
    Ok(cx.app().store().disclose(&call, found).await?)
}

/// Creates a resource under a new id; `unless` = not when something this actor can see matches.
///
/// # Errors
/// `Invalid` with each path, `Refused`, `Conflict`.
pub async fn create(cx: &Cx, resource: Resource, unless: Option<Query>) -> Result<Written> {
    create_by(cx, resource, unless, How::Post).await
}

pub(crate) async fn create_by(cx: &Cx, resource: Resource, unless: Option<Query>, how: How) -> Result<Written> {
    let beside = beside(cx, [&resource]).await?;
    let change = new_change(cx, resource, unless, &beside)?;
    one(write(cx, "create", vec![(change, how)]).await?)
}

pub(crate) fn new_change(cx: &Cx, mut resource: Resource, unless: Option<Query>, beside: &Beside) -> Result<Change> {
    check(&resource, &beside.known)?;
    resource.set_id(&cx.fresh_id());
    let graded = graded(cx, &mut resource, beside)?;
    Ok(Change::Create { resource, graded, if_none_exist: unless, import: None })
}

/// Writes a new version, or creates under a chosen id where the actor may.
///
/// # Errors
/// `Absent`, `Refused`, `Conflict` when the version is not `if_match` or a hidden reference would be lost.
pub async fn update(cx: &Cx, resource: Resource, if_match: Option<i64>) -> Result<Written> {
    let beside = beside(cx, [&resource]).await?;
    let change = update_change(cx, resource, if_match, &beside)?;
    one(write(cx, "update", vec![change]).await?)
}

/// Writes what has been made of the version that is there: what was wrong with it already is not held against the change.
///
/// # Errors
/// As [`update`].
pub(crate) async fn change(cx: &Cx, resource: Resource, before: &Version, how: How) -> Result<Written> {
    let beside = beside(cx, [&resource]).await?;
    let change = changed(cx, resource, (&before.resource, before.version), &beside)?;
    one(write(cx, "update", vec![(change, how)]).await?)
}

/// Writes the first version under the id the resource brings (`If-None-Match: *`), or a new one of what was deleted.
///
/// # Errors
/// `Conflict` when there is one already that this actor can see; as [`update`].
pub async fn update_absent(cx: &Cx, mut resource: Resource) -> Result<Written> {
    let call = cx.call("match");
    let found = cx.app().store().read(&call, resource.kind(), resource.id().unwrap_or_default()).await?;
    match cx.app().store().disclose(&call, found).await? {
        Some(found) if found.deleted => update(cx, resource, Some(found.version)).await,
        Some(_) => Err(store::Error::Conflict(Conflict::IdTaken).into()),
        None if cx.clearance().may_choose_ids() => {
            let beside = beside(cx, [&resource]).await?;
            check(&resource, &beside.known)?;
            let graded = graded(cx, &mut resource, &beside)?;
            let change = Change::Create { resource, graded, if_none_exist: None, import: None };
            one(write(cx, "create", vec![(change, How::Put)]).await?)
        }
        None => update(cx, resource, None).await,
    }
}

/// Writes a new version of what is there (`If-Match: *`), whichever version that is.
///
/// # Errors
/// `Conflict` when this actor can see none; as [`update`].
pub async fn update_present(cx: &Cx, resource: Resource) -> Result<Written> {
    let call = cx.call("read");
    // As it is now that the body is here, not as it was when its headers came.
    let found = cx.app().store().read(&call, resource.kind(), resource.id().unwrap_or_default()).await?;
    match present(cx.app().store().disclose(&call, found).await?) {
        Ok(_) => update(cx, resource, None).await,
        Err(Error::Store(store::Error::Absent | store::Error::Gone(_))) => {
            Err(store::Error::Conflict(Conflict::Version).into())
        }
        Err(error) => Err(error),
    }
}

pub(crate) fn update_change(cx: &Cx, resource: Resource, if_match: Option<i64>, beside: &Beside) -> Result<Change> {
    check(&resource, &beside.known)?;
    replacing(cx, resource, if_match, beside)
}

/// The same of what has been made of this version ([`change`]).
pub(crate) fn changed(
    cx: &Cx,
    resource: Resource,
    (before, version): (&Resource, i64),
    beside: &Beside,
) -> Result<Change> {
    check_changed(&resource, before, &beside.known)?;
    replacing(cx, resource, Some(version), beside)
}

fn replacing(cx: &Cx, mut resource: Resource, if_match: Option<i64>, beside: &Beside) -> Result<Change> {
    let graded = graded(cx, &mut resource, beside)?;
    let upsert = cx.clearance().may_choose_ids();
    Ok(Change::Update { resource, graded, if_match, upsert, import: None })
}

/// Applies a patch to the current version *as this actor sees it* and writes the result as an update does (FHIR R4
/// §3.1.0.8).
///
/// # Errors
/// `Absent`, `Gone`, `Invalid` when the patch cannot be applied, and as [`update`]: a version that holds a reference
/// this actor may not follow is not patched.
pub async fn patch(cx: &Cx, kind: ResourceType, id: &str, patch: &Patch, if_match: Option<i64>) -> Result<Written> {
    let mut tries = Tries::of(cx, if_match.is_none());
    loop {
        let done = patch_once(cx, kind, id, patch, if_match).await;
        if !tries.again((kind, id), done.as_ref().err()).await {
            return done;
        }
    }
}

async fn patch_once(cx: &Cx, kind: ResourceType, id: &str, patch: &Patch, if_match: Option<i64>) -> Result<Written> {
    let (patched, before) = patched(cx, kind, id, patch, if_match).await?;
    change(cx, patched, &before, How::Patch).await
}

/// What a patch makes of the current version, and that version.
pub(crate) async fn patched(
    cx: &Cx,
    kind: ResourceType,
    id: &str,
    patch: &Patch,
    if_match: Option<i64>,
) -> Result<(Resource, Version)> {
    let call = cx.call("patch");
    let found = cx.app().store().read(&call, kind, id).await?;
    let found = present(cx.app().store().disclose(&call, found).await?)?;
    if if_match.is_some_and(|wanted| wanted != found.version) {
        return Err(store::Error::Conflict(Conflict::Version).into());
    }
    Ok((patch.apply(&found.resource)?, found))
}

/// The id of the only match of some criteria, among what this actor can see.
///
/// # Errors
/// `Conflict` when several match.
pub async fn only(cx: &Cx, query: &Query) -> Result<Option<String>> {
    Ok(only_match(cx, query).await?.map(|(id, _)| id))
}

/// The same, and which version of it matches.
async fn only_match(cx: &Cx, query: &Query) -> Result<Option<(String, i64)>> {
    let mut query = query.clone();
    (query.count, query.total) = (Some(2), fhir::search::Total::None);
    let mut found = page(cx, "match", &query).await?.matches;
    match found.len() {
        0 | 1 => Ok(found.pop().and_then(|found| Some((found.resource.id()?.to_owned(), found.version)))),
        _ => Err(store::Error::Conflict(Conflict::SeveralMatches).into()),
    }
}

/// A conditional patch, of the version that matches.
///
/// # Errors
/// As [`only`] and [`patch`]; `Absent` when nothing matches.
pub async fn patch_matching(cx: &Cx, query: &Query, changes: &Patch, if_match: Option<i64>) -> Result<Written> {
    let mut tries = Tries::of(cx, if_match.is_none());
    loop {
        let (id, version) = only_match(cx, query).await?.ok_or(store::Error::Absent)?;
        let done = patch_once(cx, query.ty, &id, changes, if_match.or(Some(version))).await;
        if !tries.again((query.ty, &id), done.as_ref().err()).await {
            return done;
        }
    }
}

/// A conditional delete of one match, in the version that matches; nothing when nothing matches.
///
/// # Errors
/// As [`only`] and [`delete`].
pub async fn delete_matching(cx: &Cx, query: &Query, if_match: Option<i64>) -> Result<Option<Written>> {
    let mut tries = Tries::of(cx, if_match.is_none());
    loop {
        let Some((id, version)) = only_match(cx, query).await? else { return Ok(None) };
        let done = delete(cx, query.ty, &id, if_match.or(Some(version))).await;
        if !tries.again((query.ty, &id), done.as_ref().err()).await {
            return done.map(Some);
        }
    }
}

/// Deletes a resource; its history stays.
///
/// # Errors
/// `Absent`, `Refused`, `Conflict`.
pub async fn delete(cx: &Cx, kind: ResourceType, id: &str, if_match: Option<i64>) -> Result<Written> {
    one(write(cx, "delete", vec![Change::Delete { kind, id: id.to_owned(), if_match }]).await?)
}

/// Writes all changes or none, each by the interaction that asks for it; whoever arrives belongs to the unit of the
/// place.
pub(crate) async fn write<C: Into<(Change, How)>>(cx: &Cx, verb: &str, changes: Vec<C>) -> Result<Vec<Written>> {
    Ok(write_each(cx, verb, changes).await.map_err(store::Error::of_whole)?)
}

/// The same; of what fails, which change it is.
pub(crate) async fn write_each<C: Into<(Change, How)>>(
    cx: &Cx,
    verb: &str,
    changes: Vec<C>,
) -> store::Result<Vec<Written>> {
    cx.app().store().admit_ahead(cx.ahead(), &cx.call(verb), changes).await
}

fn one(written: Vec<Written>) -> Result<Written> {
    written.into_iter().next().ok_or_else(|| Error::Bug("a write has no outcome".into()))
}

/// What is kept that a writing is judged with: profiles that it claims, senders that it names, and where it belongs.
pub(crate) struct Beside {
    known: Known,
    senders: Senders,
    spots: Spots,
}

/// What resources written together are judged with: the senders among them count too.
pub(crate) async fn beside<'a>(cx: &Cx, resources: impl IntoIterator<Item = &'a Resource>) -> Result<Beside> {
    let resources: Vec<&Resource> = resources.into_iter().collect();
    let known = profiles::known(cx, resources.iter().copied(), &[]).await?;
    let brought = resources.iter().filter_map(|one| Some(((one.kind(), one.id()?.to_owned()), *one)));
    let senders = Senders::load(cx, "senders", resources.iter().copied(), brought).await?;
    let spots = Spots::of(cx, &senders, &resources).await?;
    Ok(Beside { known, senders, spots })
}

/// What the kernel needs to know of it, once what a Subscription or a SearchParameter asks has been understood.
fn graded(cx: &Cx, resource: &mut Resource, beside: &Beside) -> Result<Graded> {
    subscriptions::accept(cx, resource)?;
    if resource.kind() == ResourceType::SEARCH_PARAMETER {
        fhir::search::define(resource)?;
    }
    let senders = beside.senders.of(resource, &[]);
    let graded = beside.spots.grade(cx, &beside.senders, resource, senders);
    Ok(subscriptions::floor(cx, resource, graded))
}
