//! The profiles that resources claim, from the StructureDefinitions, ValueSets and CodeSystems kept here.

use crate::cx::Cx;
use crate::error::Result;
use crate::records;
use fhir::Resource;
use fhir::search::Total;
use fhir::validate::profile::{Known, Wanted, claims};

/// Versions of one definition that are looked at.
const VERSIONS: u32 = 20;

/// What is known of the profiles that these resources claim and of `more`, as far as this actor can read it.
///
/// # Errors
/// The store's.
pub(crate) async fn known<'a>(
    cx: &Cx,
    resources: impl IntoIterator<Item = &'a Resource>,
    more: &[String],
) -> Result<Known> {
    let mut known = Known::default();
    for resource in resources {
        known.want(claims(resource).iter().map(String::as_str));
    }
    known.want(more.iter().map(String::as_str));
    while let Some(wanted) = known.next_wanted() {
        if let Some(found) = find(cx, &wanted).await? {
            known.learn(&found);
        }
    }
    known.settle();
    Ok(known)
}

/// The version that is wanted, else the last one written.
async fn find(cx: &Cx, wanted: &Wanted) -> Result<Option<Resource>> {
    let mut url = String::new();
    for letter in wanted.url.chars() {
        if matches!(letter, ',' | '$' | '|' | '\\') {
            url.push('\\');
        }
        url.push(letter);
    }
    let pairs = [("url".to_owned(), url), ("_sort".to_owned(), "-_lastUpdated".to_owned())];
    let Ok(mut query) = fhir::search::parse(wanted.kind, &pairs, false) else { return Ok(None) };
    (query.count, query.total) = (Some(VERSIONS), Total::None);
    let mut found: Vec<Resource> =
        records::page(cx, "profile", &query).await?.matches.into_iter().map(|version| version.resource).collect();
    let version = wanted.version.as_deref();
    let best = found.iter().position(|one| version.is_some() && one.str_at(&["version"]) == version).unwrap_or(0);
    Ok((best < found.len()).then(|| found.swap_remove(best)))
}
