//! What a writing takes from what it points at: the establishment, where whoever writes works in none (a program of the whole legal
//! entity), which is where it says it was made, else where the person is whom it is about; and the label of the resource by whose
//! rules a Binary is seen (`securityContext`, FHIR R4 Binary).

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::records;
use crate::sender::{Key, Senders};
use confidentiality::labeler::RULES_VERSION;
use confidentiality::{Label, MaskFlags, Place, Reason};
use fhir::owner::Owner;
use fhir::search::{Filter, Query, Total};
use fhir::{Resource, ResourceType, refs};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Graded, Version};

/// Ids of one search.
const ASKED: usize = 200;
/// Of what one points at, how much is followed.
const FOLLOWED: usize = 8;
/// How far what is written together is followed from one to the other.
const DEPTH: u8 = 4;

/// Where what is written, and what it points at, is.
#[derive(Debug, Default)]
pub(crate) struct Spots {
    here: HashMap<Key, Place>,
    /// What is new and points at others that are new: where it says it comes from, and at whom it points.
    brought: HashMap<Key, (Option<Place>, Vec<Key>)>,
    /// Of what Binaries are seen by.
    contexts: HashMap<Key, Seen>,
}

impl Spots {
    /// Looks up what these resources point at; nothing where whoever asks works somewhere, or there is one establishment.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn of(cx: &Cx, senders: &Senders, resources: &[&Resource]) -> Result<Self> {
        let mut spots = Self::places(cx, senders, resources).await?;
        let contexts = spots.contexts(cx, senders, resources).await?;
        spots.contexts = contexts;
        Ok(spots)
    }

    async fn places(cx: &Cx, senders: &Senders, resources: &[&Resource]) -> Result<Self> {
        let ours = cx.app().places();
        if cx.is_placed() || ours.len() < 2 {
            return Ok(Self::default());
        }
        if let [one] = resources
            && let Some(own) = own_place(cx, one).await?
        {
            return Ok(Self { here: HashMap::from([own]), ..Self::default() });
        }
        let mut brought = HashMap::new();
        let mut asked: Vec<Key> = Vec::new();
        for resource in resources {
            let about = about(resource);
            asked.extend(about.iter().cloned());
            if let Some(id) = resource.id() {
                let key = (resource.kind(), id.to_owned());
                asked.push(key.clone());
                brought.insert(key, (senders.place(resource, &ours), about));
            }
        }
        let here = cx.app().store().whereabouts(cx.app().tenant(), asked).await?;
        Ok(Self { here, brought, contexts: HashMap::new() })
    }

    /// What the kernel needs to know of a resource.
    pub(crate) fn grade(&self, cx: &Cx, senders: &Senders, resource: &Resource, sent_by: Vec<String>) -> Graded {
        let mut graded = cx.grade_at(self.find(cx, senders, resource), resource, None, sent_by);
        if let Some(seen) = context(resource).and_then(|key| self.contexts.get(&key)) {
            graded.label = graded.label.join(seen.label.clone());
            graded.mask = graded.mask.union(seen.mask);
        }
        graded
    }

    /// The labels of what Binaries are seen by: as it comes with them, and as it is here.
    ///
    /// # Errors
    /// `Invalid` for a context that this actor, who does not see everything, cannot see: whether it is there or not is the same.
    async fn contexts(&self, cx: &Cx, senders: &Senders, resources: &[&Resource]) -> Result<HashMap<Key, Seen>> {
        let wanted: BTreeSet<Key> = resources.iter().filter_map(|resource| context(resource)).collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let mut seen: HashMap<Key, Seen> = HashMap::new();
        for resource in resources {
            let key = resource.id().map(|id| (resource.kind(), id.to_owned())).filter(|key| wanted.contains(key));
            if let Some(key) = key {
                let graded = self.grade(cx, senders, resource, senders.of(resource, &[]));
                seen.insert(key, Seen::of(&graded.label, graded.mask));
            }
        }
        let mut asked: BTreeMap<ResourceType, Vec<String>> = BTreeMap::new();
        for (kind, id) in &wanted {
            asked.entry(*kind).or_default().push(id.clone());
        }
        for (kind, ids) in asked {
            for some in ids.chunks(ASKED) {
                for found in stored(cx, kind, some).await? {
                    let label = Label { level: found.level, categories: found.categories, reasons: Vec::new() };
                    let key = (kind, found.resource.id().unwrap_or_default().to_owned());
                    let before = seen.remove(&key);
                    seen.insert(key, Seen::of(&label, found.mask).join(before));
                }
            }
        }
        match wanted.iter().find(|key| !seen.contains_key(key)) {
            Some(_) if !cx.clearance().sees_all() => {
                let (fr, en) = ("Ce contexte n’existe pas ici.", "There is no such context here.");
                Err(Error::invalid("not-found", Some("Binary.securityContext".to_owned()), fr, en))
            }
            _ => Ok(seen),
        }
    }

    /// Where a resource is written.
    fn find(&self, cx: &Cx, senders: &Senders, resource: &Resource) -> Place {
        if cx.is_placed() {
            return cx.place();
        }
        // What is here stays where it is.
        let own = resource.id().and_then(|id| self.here.get(&(resource.kind(), id.to_owned()))).copied();
        let named = || senders.place(resource, &cx.app().places());
        let beside = || about(resource).iter().find_map(|key| self.follow(key, DEPTH));
        own.or_else(named).or_else(beside).unwrap_or_else(|| cx.place())
    }

    fn follow(&self, key: &Key, depth: u8) -> Option<Place> {
        if let Some(place) = self.here.get(key) {
            return Some(*place);
        }
        let (named, about) = self.brought.get(key).filter(|_| depth > 0)?;
        named.or_else(|| about.iter().take(FOLLOWED).find_map(|key| self.follow(key, depth - 1)))
    }
}

/// Where a resource is that is about to be replaced, as far as that is known without asking.
async fn own_place(cx: &Cx, resource: &Resource) -> Result<Option<(Key, Place)>> {
    let Some(id) = resource.id().filter(|_| !cx.ahead().is_empty()) else { return Ok(None) };
    let kind = resource.kind();
    let place = cx.app().store().place_ahead(cx.ahead(), &cx.call("read"), kind, id).await?;
    Ok(place.map(|place| ((kind, id.to_owned()), place)))
}

/// The persons it is about; without any, what it belongs to.
fn about(resource: &Resource) -> Vec<Key> {
    let references = match fhir::owner::persons(resource) {
        Owner::IsPatient => Vec::new(),
        Owner::Refs(references) => references,
        Owner::None => fhir::owner::other_targets(resource),
    };
    references.iter().filter_map(|reference| refs::local(reference)).collect()
}

/// By whose rules the content of a Binary may be seen.
fn context(resource: &Resource) -> Option<Key> {
    let binary = (resource.kind() == ResourceType::BINARY).then_some(resource)?;
    refs::local(binary.str_at(&["securityContext", "reference"])?)
}

/// A context's label, and from whom it is kept.
#[derive(Debug, Clone)]
struct Seen {
    label: Label,
    mask: MaskFlags,
}

impl Seen {
    fn of(label: &Label, mask: MaskFlags) -> Self {
        let (level, categories) = (label.level, label.categories);
        Self { label: Label { level, categories, reasons: vec![because()] }, mask }
    }

    fn join(self, other: Option<Self>) -> Self {
        match other {
            Some(other) => {
                let label = self.label.join(other.label);
                Self::of(&label, self.mask.union(other.mask))
            }
            None => self,
        }
    }
}

/// What is here of a type under these ids, as far as this actor may see it.
async fn stored(cx: &Cx, kind: ResourceType, ids: &[String]) -> Result<Vec<Version>> {
    let count = u32::try_from(ids.len()).ok();
    let query = Query { filters: vec![Filter::Id(ids.to_vec())], count, total: Total::None, ..Query::all(kind) };
    Ok(records::page(cx, "match", &query).await?.matches)
}

fn because() -> Reason {
    Reason {
        rule: "contexte".to_owned(),
        rules_version: RULES_VERSION,
        span: None,
        path: Some("Binary.securityContext".to_owned()),
        text: "Ce contenu se lit selon les règles de ce qu’il accompagne.".to_owned(),
    }
}
