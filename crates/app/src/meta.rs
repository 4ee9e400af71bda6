//! `$meta`: which profiles, tags and security labels there are, and changing a program's own.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use fhir::json::Object;
use fhir::search::{Query, Summary, Total};
use fhir::{ResourceType, meta};
use store::How;

/// Resources read, and disclosed in one audit entry, at a time.
const PAGE: u32 = 1_000;
/// Resources read in all for one answer.
const MOST: i64 = 5_000;

/// The `meta` of one resource.
///
/// # Errors
/// As [`records::read`].
pub async fn of(cx: &Cx, kind: ResourceType, id: &str) -> Result<Object> {
    Ok(meta::of(&records::read(cx, kind, id).await?.resource))
}

/// Every profile, tag and label on the resources of these types that this actor may read.
///
/// # Errors
/// `Invalid` (`too-costly`) when there are more than 5,000: what is sealed can only be read to be known.
pub async fn summary(cx: &Cx, kinds: impl IntoIterator<Item = ResourceType>) -> Result<Object> {
    let (mut all, mut read) = (Object::new(), 0);
    let mut present = Vec::new();
    for kind in kinds {
        let count = Query { summary: Summary::Count, ..Query::all(kind) };
        let total = records::page(cx, "meta", &count).await?.total.unwrap_or_default();
        read += total;
        if read > MOST {
            let fr = "Trop de ressources pour en faire la synthèse : demandez un type, ou une ressource.";
            return Err(Error::invalid("too-costly", None, fr, "Too many resources: ask for one type or resource."));
        }
        if total > 0 {
            present.push(kind);
        }
    }
    for kind in present {
        let mut query = Query { count: Some(PAGE), total: Total::None, ..Query::all(kind) };
        loop {
            let page = records::page(cx, "meta", &query).await?;
            for version in page.matches {
                meta::union(&mut all, &meta::of(&version.resource));
            }
            query.page = page.next;
            if query.page.is_none() {
                break;
            }
        }
    }
    Ok(all)
}

/// Adds profiles, tags and labels; the `meta` after it. A new version is made when anything is new.
///
/// # Errors
/// As [`records::update`].
pub async fn add(cx: &Cx, kind: ResourceType, id: &str, given: &Object) -> Result<Object> {
    let found = records::read(cx, kind, id).await?;
    let mut resource = found.resource.clone();
    if !meta::add(&mut resource, given) {
        return Ok(meta::of(&resource));
    }
    let written = records::change(cx, resource, &found, How::Put).await?;
    Ok(written.resource.as_ref().map(meta::of).unwrap_or_default())
}

/// Takes profiles, tags and labels off; the `meta` after it. A new version is made when any was there.
///
/// # Errors
/// `Invalid` for a label of the server; as [`records::update`].
pub async fn remove(cx: &Cx, kind: ResourceType, id: &str, given: &Object) -> Result<Object> {
    let found = records::read(cx, kind, id).await?;
    let mut resource = found.resource.clone();
    if !meta::remove(&mut resource, given)? {
        return Ok(meta::of(&resource));
    }
    let written = records::change(cx, resource, &found, How::Put).await?;
    Ok(written.resource.as_ref().map(meta::of).unwrap_or_default())
}
