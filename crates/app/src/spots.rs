//! At which establishment something is written by whoever works in none, a program of the whole legal entity: where it says it
//! was made, else where the person is whom it is about.

use crate::cx::Cx;
use crate::error::Result;
use crate::sender::{Key, Senders};
use confidentiality::Place;
use fhir::owner::Owner;
use fhir::{Resource, refs};
use std::collections::HashMap;

/// How far what is written together is followed from one to the other.
const DEPTH: u8 = 4;

/// Where what is written, and what it points at, is.
#[derive(Debug, Default)]
pub(crate) struct Spots {
    here: HashMap<Key, Place>,
    /// What is new and points at others that are new: where it says it comes from, and at whom it points.
    brought: HashMap<Key, (Option<Place>, Vec<Key>)>,
}

impl Spots {
    /// Looks up what these resources point at; nothing where whoever asks works somewhere, or there is one establishment.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn of(cx: &Cx, senders: &Senders, resources: &[&Resource]) -> Result<Self> {
        let ours = cx.app().places();
        if cx.is_placed() || ours.len() < 2 {
            return Ok(Self::default());
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
        Ok(Self { here, brought })
    }

    /// Where a resource is written.
    pub(crate) fn find(&self, cx: &Cx, senders: &Senders, resource: &Resource) -> Place {
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
        named.or_else(|| about.iter().find_map(|key| self.follow(key, depth - 1)))
    }
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
