//! Links between the entries of one Bundle or file, once ids have been given.

use fhir::refs::{self, Reference};
use fhir::{Resource, ResourceType};
use std::collections::{BTreeSet, HashMap};

/// Where each address of a Bundle or file is here.
#[derive(Debug, Default)]
pub(crate) struct Links(HashMap<String, String>);

impl Links {
    /// An entry, known by its `fullUrl` and by the type and id it came with, is `kind/id` here.
    pub(crate) fn add(&mut self, full_url: Option<&str>, kind: ResourceType, came_as: Option<&str>, id: &str) {
        let here = format!("{kind}/{id}");
        if let Some(url) = full_url {
            self.0.insert(url.to_owned(), here.clone());
            if let Reference::Absolute { kind, id, .. } = Reference::parse(url) {
                self.0.entry(format!("{kind}/{id}")).or_insert_with(|| here.clone());
            }
        }
        if let Some(old) = came_as {
            self.0.entry(format!("{kind}/{old}")).or_insert(here);
        }
    }

    /// A conditional reference, or any other text, points at `here`.
    pub(crate) fn point(&mut self, text: &str, here: String) {
        self.0.insert(text.to_owned(), here);
    }

    /// Whether this address is one of the entries'.
    pub(crate) fn knows(&self, link: &str) -> bool {
        self.0.contains_key(without_version(link))
    }

    /// Rewrites a resource's links to what they point at here.
    pub(crate) fn rewrite(&self, resource: &mut Resource) {
        refs::rewrite(resource, &|link| {
            let bare = without_version(link);
            // A link that stays the same keeps its version.
            self.0.get(bare).filter(|here| here.as_str() != bare).cloned()
        });
    }
}

fn without_version(link: &str) -> &str {
    link.split_once("/_history/").map_or(link, |(bare, _)| bare)
}

/// Paths of `urn:uuid:` and `urn:oid:` references that lead nowhere.
pub(crate) fn dangling_urns(resource: &Resource) -> Vec<String> {
    let mut paths = Vec::new();
    refs::visit(resource, &mut |path, reference| {
        if matches!(Reference::parse(reference), Reference::Urn(_)) {
            paths.push(path.to_owned());
        }
    });
    paths
}

/// Conditional references of a resource (`Practitioner?identifier=…`), once each.
pub(crate) fn conditional(resource: &Resource) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
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

    #[test]
    fn follows_every_way_of_naming_an_entry() {
        let mut links = Links::default();
        links.add(Some("urn:uuid:1"), ResourceType::PATIENT, Some("old"), "new");
        links.add(Some("http://there/fhir/Patient/2"), ResourceType::PATIENT, None, "two");
        for (before, after) in [
            ("urn:uuid:1", "Patient/new"),
            ("Patient/old", "Patient/new"),
            ("Patient/old/_history/3", "Patient/new"),
            ("http://there/fhir/Patient/2", "Patient/two"),
            ("Patient/2", "Patient/two"),
            ("Patient/3", "Patient/3"),
        ] {
            let mut resource = observation(before);
            links.rewrite(&mut resource);
            assert_eq!(resource.str_at(&["subject", "reference"]), Some(after), "{before}");
        }
    }

    #[test]
    fn says_which_urns_lead_nowhere() {
        assert_eq!(dangling_urns(&observation("urn:uuid:9")), ["Observation.subject.reference"]);
        assert!(dangling_urns(&observation("Patient/9")).is_empty());
        assert_eq!(conditional(&observation("Patient?identifier=a|b")).len(), 1);
    }
}
