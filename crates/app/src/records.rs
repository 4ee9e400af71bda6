//! Reading and writing one resource at a time.

use crate::cx::Cx;
use crate::error::{Error, Result};
use confidentiality::Place;
use fhir::search::Query;
use fhir::{Resource, ResourceType};
use store::{Change, Page, Version, Written};

/// The current version of a resource.
///
/// # Errors
/// `Absent` when there is none that this actor may know of, `Gone` when it has been deleted.
pub async fn read(cx: &Cx, kind: ResourceType, id: &str) -> Result<Version> {
    let call = cx.call("read");
    let found = cx.app().store().read(&call, kind, id).await?;
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

pub(crate) fn present(found: Option<Version>) -> Result<Version> {
    let found = found.ok_or(store::Error::Absent)?;
    if found.deleted { Err(store::Error::Gone(found.version).into()) } else { Ok(found) }
}

/// Every version of a resource, the latest first.
///
/// # Errors
/// `Absent` when there is none that this actor may know of.
pub async fn history(cx: &Cx, kind: ResourceType, id: &str) -> Result<Vec<Version>> {
    let call = cx.call("history");
    let found = cx.app().store().history(&call, kind, id).await?;
    let versions = cx.app().store().disclose(&call, found).await?;
    if versions.is_empty() { Err(store::Error::Absent.into()) } else { Ok(versions) }
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
    let change = new_change(cx, resource, unless)?;
    one(write(cx, "create", vec![change]).await?)
}

pub(crate) fn new_change(cx: &Cx, mut resource: Resource, unless: Option<Query>) -> Result<Change> {
    check(&resource)?;
    resource.set_id(&cx.fresh_id());
    let graded = cx.grade(&resource, None);
    Ok(Change::Create { resource, graded, if_none_exist: unless, import: None })
}

/// Writes a new version, or creates under a chosen id where the actor may.
///
/// # Errors
/// `Absent`, `Refused`, `Conflict` when the version is not `if_match` or a hidden reference would be lost.
pub async fn update(cx: &Cx, resource: Resource, if_match: Option<i64>) -> Result<Written> {
    let change = update_change(cx, resource, if_match)?;
    one(write(cx, "update", vec![change]).await?)
}

pub(crate) fn update_change(cx: &Cx, resource: Resource, if_match: Option<i64>) -> Result<Change> {
    check(&resource)?;
    let graded = cx.grade(&resource, None);
    let upsert = cx.clearance().may_choose_ids();
    Ok(Change::Update { resource, graded, if_match, upsert, import: None })
}

/// Deletes a resource; its history stays.
///
/// # Errors
/// `Absent`, `Refused`, `Conflict`.
pub async fn delete(cx: &Cx, kind: ResourceType, id: &str, if_match: Option<i64>) -> Result<Written> {
    one(write(cx, "delete", vec![Change::Delete { kind, id: id.to_owned(), if_match }]).await?)
}

/// Writes all changes or none; whoever arrives belongs to the unit of the place.
pub(crate) async fn write(cx: &Cx, verb: &str, changes: Vec<Change>) -> Result<Vec<Written>> {
    Ok(cx.app().store().admit(&cx.call(verb), changes, unit_of(cx.place())).await?)
}

/// Everybody at a place who is not in a smaller unit: its number is the place's, negated.
pub(crate) fn unit_of(place: Place) -> i64 {
    -place.value()
}

fn one(written: Vec<Written>) -> Result<Written> {
    written.into_iter().next().ok_or_else(|| Error::Bug("a write has no outcome".into()))
}

fn check(resource: &Resource) -> Result<()> {
    let issues = fhir::validate::check(resource);
    if issues.is_empty() { Ok(()) } else { Err(fhir::Invalid { issues }.into()) }
}
