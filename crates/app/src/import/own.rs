//! What went out of this store and comes back: by the id that it has here.

use super::identity::same_owner;
use super::known::{CHANGED, MOVED, compare, fetch};
use super::work::{Plan, Work};
use crate::cx::Cx;
use crate::error::Result;
use crate::links::Space;
use fhir::ResourceType;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::Imported;

/// Whether that is how an export of this store, or the server itself, calls its own resources.
pub(super) fn is_own(cx: &Cx, base: &str) -> bool {
    let store = cx.app().store();
    base == crate::export::base(store) || store.base() == Some(base)
}

/// Decides what is still open of the works `chosen` and bears an id of ours: by the address of its entry; in files without addresses, by an
/// id that was made here, which nobody else makes.
pub(super) async fn by_own_id(
    cx: &Cx,
    works: &mut [Work<'_>],
    chosen: &(dyn Fn(&Work<'_>) -> bool + Sync),
) -> Result<()> {
    let mut wanted: BTreeMap<ResourceType, BTreeSet<String>> = BTreeMap::new();
    for work in works.iter().filter(|work| chosen(work) && work.is_open() && !work.contradicted) {
        let named = named(cx, work).map(|(id, _)| id);
        wanted.entry(work.kind()).or_default().extend(named);
    }
    wanted.retain(|_, ids| !ids.is_empty());
    if wanted.is_empty() {
        return Ok(());
    }
    let found = fetch(cx, &wanted).await?;
    let rids = found.values().map(|version| version.rid.value()).collect();
    let mut imports: HashMap<i64, Vec<Imported>> = HashMap::new();
    for memory in cx.app().store().imports_of(cx.app().tenant(), rids).await? {
        imports.entry(memory.rid).or_default().push(memory);
    }
    for work in works.iter_mut().filter(|work| chosen(work) && work.is_open() && !work.contradicted) {
        let Some((id, surely)) = named(cx, work) else { continue };
        let Some(found) = found.get(&(work.kind(), id.clone())) else { continue };
        let known = imports.get(&found.rid.value()).map(Vec::as_slice).unwrap_or_default();
        if !surely && !known.is_empty() {
            continue;
        }
        if work.kind() != ResourceType::PATIENT && !same_owner(&work.resource, &found.resource) {
            work.conflict(Some(id), MOVED);
        } else {
            compare(cx, work, found, known);
            // What went out is of that day: what is here since is not put back by it.
            if let Plan::Update(id, _) = &work.plan {
                let id = id.clone();
                work.conflict(Some(id), CHANGED);
            }
        }
    }
    Ok(())
}

/// The id that it has here, if it is one of ours, and whether its address says so.
fn named(cx: &Cx, work: &Work<'_>) -> Option<(String, bool)> {
    match &work.space {
        Space::Server(base) if is_own(cx, base) => {
            let url = work.item.full_url.as_deref()?.strip_prefix(base.as_str())?.strip_prefix('/')?;
            let (kind, id) = fhir::refs::local(url)?;
            (kind == work.kind()).then_some((id, true))
        }
        Space::Server(_) => None,
        Space::Unnamed(_) => {
            let id = work.item.resource.id().filter(|id| crate::history::is_given(id))?;
            work.item.full_url.is_none().then(|| (id.to_owned(), false))
        }
    }
}
