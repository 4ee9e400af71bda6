//! Links between the entries of one Bundle or file.

use fhir::refs::{self, Reference};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// What stands behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slot {
    /// `Type/id` here.
    Here(String),
    /// A person who could not be told apart from another.
    Lost,
    /// An entry that has no id yet.
    Pending,
    /// Several entries bear it: it could be any of them.
    Several,
}

/// Where the relative addresses of an entry belong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Space {
    /// On this server: the base of its `fullUrl`.
    Server(String),
    /// On no server that is known: whose ids they are, as far as is told.
    Unnamed(String),
}

impl Space {
    /// The base of a `fullUrl` (FHIR R4 bundle.html#references), else the ids of `other`.
    pub(crate) fn of(full_url: Option<&str>, other: &str) -> Self {
        match full_url.map(Reference::parse) {
            Some(Reference::Absolute { base, .. }) => Self::Server(base.to_owned()),
            _ => Self::Unnamed(other.to_owned()),
        }
    }
}

/// The addresses of a Bundle or file. A relative one means what it means on the server its entry comes from.
#[derive(Debug, Default)]
pub(crate) struct Links {
    whole: HashMap<String, Slot>,
    relative: HashMap<(Space, String), Slot>,
    /// Whatever the server.
    anywhere: HashMap<String, Slot>,
}

/// Two entries of one name are neither of them for sure.
fn put<K: Eq + Hash>(slots: &mut HashMap<K, Slot>, name: K, slot: &Slot) {
    let place = slots.entry(name).or_insert_with(|| slot.clone());
    if place != slot {
        *place = Slot::Several;
    }
}

impl Links {
    /// An entry of a space, known by its `fullUrl` and by the type and id it came with.
    pub(crate) fn add(
        &mut self,
        full_url: Option<&str>,
        space: &Space,
        kind: ResourceType,
        id: Option<&str>,
        slot: &Slot,
    ) {
        if let Some(url) = full_url {
            self.whole.insert(url.to_owned(), slot.clone());
        }
        let named = match full_url.map(Reference::parse) {
            Some(Reference::Absolute { kind, id, .. }) => Some(format!("{kind}/{id}")),
            _ => id.map(|id| format!("{kind}/{id}")),
        };
        if let Some(named) = named {
            put(&mut self.relative, (space.clone(), named.clone()), slot);
            put(&mut self.anywhere, named, slot);
        }
    }

    /// A conditional reference, whoever says it, points at `here`.
    pub(crate) fn point(&mut self, text: &str, here: String) {
        self.whole.insert(text.to_owned(), Slot::Here(here));
    }

    /// What a text said in a space leads to. Another server's entry is never meant by an address relative to a server.
    pub(crate) fn find(&self, space: &Space, text: &str) -> Option<&Slot> {
        let bare = without_version(text);
        if let Some(slot) = self.whole.get(bare) {
            return Some(slot);
        }
        let exact = self.relative.get(&(space.clone(), bare.to_owned()));
        exact.or_else(|| self.anywhere.get(bare).filter(|_| matches!(space, Space::Unnamed(_))))
    }

    /// Whether an entry of this very space bears that name.
    pub(crate) fn is_own(&self, space: &Space, text: &str) -> bool {
        self.relative.contains_key(&(space.clone(), without_version(text).to_owned()))
    }

    /// Where a resource says what several entries are called.
    pub(crate) fn ambiguous(&self, resource: &Resource, space: &Space) -> Option<String> {
        let mut found = None;
        refs::visit(resource, &mut |path, link| {
            if found.is_none() && self.find(space, link) == Some(&Slot::Several) {
                found = Some(path.to_owned());
            }
        });
        found
    }

    /// Rewrites a resource's links to what they point at here.
    pub(crate) fn rewrite(&self, resource: &mut Resource, space: &Space) {
        refs::rewrite(resource, &|link| match self.find(space, link) {
            // A link that stays the same keeps its version.
            Some(Slot::Here(here)) if here != without_version(link) => Some(here.clone()),
            _ => None,
        });
    }
}

pub(crate) fn without_version(link: &str) -> &str {
    link.split_once("/_history/").map_or(link, |(bare, _)| bare)
}

/// Paths of `urn:uuid:` and `urn:oid:` references that lead nowhere. In a Bundle that is itself kept, those that its own
/// entries answer lead there (FHIR R4 §2.36.4).
pub(crate) fn dangling_urns(resource: &Resource) -> Vec<String> {
    let own = own_names(resource);
    let mut paths = Vec::new();
    refs::visit(resource, &mut |path, reference| {
        if matches!(Reference::parse(reference), Reference::Urn(_)) && !own.contains(without_version(reference)) {
            paths.push(path.to_owned());
        }
    });
    paths
}

/// What the entries of a kept Bundle are called; nothing for any other resource.
pub(crate) fn own_names(resource: &Resource) -> BTreeSet<&str> {
    let entries = (resource.kind() == ResourceType::BUNDLE).then(|| resource.object().get("entry")).flatten();
    let entries = entries.and_then(serde_json::Value::as_array).into_iter().flatten();
    entries.filter_map(|entry| entry.get("fullUrl")?.as_str()).collect()
}

/// Conditional references of a resource (`Practitioner?identifier=…`), once each. A Bundle that is kept says its own.
pub(crate) fn conditional(resource: &Resource) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    if resource.kind() == ResourceType::BUNDLE {
        return texts;
    }
    refs::visit(resource, &mut |_, reference| {
        if matches!(Reference::parse(reference), Reference::Conditional(..)) {
            texts.insert(reference.to_owned());
        }
    });
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn observation(subject: &str) -> Resource {
        Resource::from_value(json!({"resourceType": "Observation", "subject": {"reference": subject}})).unwrap()
    }

    fn on(base: &str) -> Space {
        Space::Server(base.to_owned())
    }

    fn unnamed() -> Space {
        Space::Unnamed(String::new())
    }

    fn here(text: &str) -> Slot {
        Slot::Here(text.to_owned())
    }

    #[test]
    fn follows_every_way_of_naming_an_entry() {
        let mut links = Links::default();
        links.add(Some("urn:uuid:1"), &unnamed(), ResourceType::PATIENT, Some("old"), &here("Patient/new"));
        links.add(
            Some("http://there/fhir/Patient/2"),
            &on("http://there/fhir"),
            ResourceType::PATIENT,
            None,
            &here("Patient/two"),
        );
        for (before, after) in [
            ("urn:uuid:1", "Patient/new"),
            ("Patient/old", "Patient/new"),
            ("Patient/old/_history/3", "Patient/new"),
            ("http://there/fhir/Patient/2", "Patient/two"),
            ("Patient/2", "Patient/two"),
            ("Patient/3", "Patient/3"),
        ] {
            let mut resource = observation(before);
            links.rewrite(&mut resource, &unnamed());
            assert_eq!(resource.str_at(&["subject", "reference"]), Some(after), "{before}");
        }
    }

    #[test]
    fn a_relative_address_means_its_own_server() {
        let mut links = Links::default();
        links.add(
            Some("https://a/fhir/Patient/1"),
            &on("https://a/fhir"),
            ResourceType::PATIENT,
            Some("1"),
            &here("Patient/a"),
        );
        links.add(
            Some("https://b/fhir/Patient/1"),
            &on("https://b/fhir"),
            ResourceType::PATIENT,
            Some("1"),
            &here("Patient/b"),
        );
        assert_eq!(links.find(&on("https://a/fhir"), "Patient/1"), Some(&here("Patient/a")));
        assert_eq!(links.find(&on("https://b/fhir"), "Patient/1"), Some(&here("Patient/b")));
        assert_eq!(links.find(&on("https://c/fhir"), "Patient/1"), None);
        assert_eq!(links.find(&unnamed(), "Patient/1"), Some(&Slot::Several), "it could be either");
    }

    #[test]
    fn says_which_urns_lead_nowhere() {
        assert_eq!(dangling_urns(&observation("urn:uuid:9")), ["Observation.subject.reference"]);
        assert!(dangling_urns(&observation("Patient/9")).is_empty());
        assert_eq!(conditional(&observation("Patient?identifier=a|b")).len(), 1);
    }

    #[test]
    fn a_kept_bundle_answers_its_own_references() {
        let kept = |subject: &str| {
            let entries = json!([{"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient"}},
                {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Observation", "subject": {"reference": subject}}}]);
            Resource::from_value(json!({"resourceType": "Bundle", "type": "collection", "entry": entries})).unwrap()
        };
        assert!(dangling_urns(&kept("urn:uuid:1")).is_empty());
        assert_eq!(dangling_urns(&kept("urn:uuid:3")), ["Bundle.entry[1].resource.subject.reference"]);
        assert!(conditional(&kept("Patient?identifier=a|b")).is_empty());
    }
}
