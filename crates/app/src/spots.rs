//! What a writing takes from what it points at: the establishment, where whoever writes works in none (a program of the whole legal
//! entity), which is where it says it was made, else where the person is whom it is about; and the label of the resource by whose
//! rules a Binary is seen (`securityContext`, FHIR R4 Binary).

use crate::cx::Cx;
use crate::error::Result;
use crate::sender::{Key, Senders};
use confidentiality::labeler::RULES_VERSION;
use confidentiality::{Label, Place, Reason};
use fhir::owner::Owner;
use fhir::{Resource, ResourceType, refs};
use std::collections::HashMap;
use store::Graded;

/// How far what is written together is followed from one to the other.
const DEPTH: u8 = 4;

/// Where what is written, and what it points at, is.
#[derive(Debug, Default)]
pub(crate) struct Spots {
    here: HashMap<Key, Place>,
    /// What is new and points at others that are new: where it says it comes from, and at whom it points.
    brought: HashMap<Key, (Option<Place>, Vec<Key>)>,
    /// Of what Binaries are seen by.
    contexts: HashMap<Key, Label>,
}

impl Spots {
    /// Looks up what these resources point at; nothing where whoever asks works somewhere, or there is one establishment.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn of(cx: &Cx, senders: &Senders, resources: &[&Resource]) -> Result<Self> {
        let ours = cx.app().places();
        let contexts = contexts(cx, resources).await?;
        if cx.is_placed() || ours.len() < 2 {
            return Ok(Self { contexts, ..Self::default() });
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
        Ok(Self { here, brought, contexts })
    }

    /// What the kernel needs to know of a resource.
    pub(crate) fn grade(&self, cx: &Cx, senders: &Senders, resource: &Resource, sent_by: Vec<String>) -> Graded {
        let mut graded = cx.grade_at(self.find(cx, senders, resource), resource, None, sent_by);
        if let Some(label) = context(resource).and_then(|key| self.contexts.get(&key)) {
            graded.label = graded.label.join(label.clone());
        }
        graded
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

/// By whose rules the content of a Binary may be seen.
fn context(resource: &Resource) -> Option<Key> {
    let binary = (resource.kind() == ResourceType::BINARY).then_some(resource)?;
    refs::local(binary.str_at(&["securityContext", "reference"])?)
}

/// The labels of what Binaries are seen by: as it comes with them, or as it is here and this actor may see it.
async fn contexts(cx: &Cx, resources: &[&Resource]) -> Result<HashMap<Key, Label>> {
    let mut labels = HashMap::new();
    for key in resources.iter().filter_map(|resource| context(resource)) {
        let is_it = |one: &&&Resource| one.kind() == key.0 && one.id() == Some(key.1.as_str());
        let label = match resources.iter().find(is_it) {
            Some(one) => Some(cx.grade(one, None).label),
            None => {
                let call = cx.call("match");
                let found = cx.app().store().read(&call, key.0, &key.1).await?;
                let found = cx.app().store().disclose(&call, found).await?;
                found.map(|found| Label { level: found.level, categories: found.categories, reasons: Vec::new() })
            }
        };
        if let Some(label) = label {
            labels.insert(key, Label { reasons: vec![because()], ..label });
        }
    }
    Ok(labels)
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
