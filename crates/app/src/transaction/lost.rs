//! References of a transaction that lead nowhere, or to more than one entry.

use crate::error::{Error, Result};
use crate::links::{self, Links, Space};
use fhir::bundle::Entry;
use fhir::{Issue, Resource};

/// Refuses what may mean several entries: it would be filed with one of them by chance, or with a stranger who has that id here.
pub(super) fn one_each(entries: &[Entry], links: &Links) -> Result<()> {
    for entry in entries {
        let Some(resource) = &entry.resource else { continue };
        if let Some(path) = links.ambiguous(resource, &Space::of(entry.full_url.as_deref(), "")) {
            let rest = path.split_once('.').map_or(String::new(), |(_, rest)| format!(".{rest}"));
            let (fr, en) = (
                "Plusieurs entrées portent cette adresse : nommez-la par son fullUrl.",
                "Several entries bear this address: name one by its fullUrl.",
            );
            return Err(Error::invalid(
                "multiple-matches",
                Some(format!("{}{rest}", resource_path(entry.index))),
                fr,
                en,
            ));
        }
    }
    Ok(())
}

/// What of a resource leads to no entry.
pub(super) fn leads_nowhere(index: usize, resource: &Resource) -> Vec<Issue> {
    let missing = links::dangling_urns(resource).into_iter().chain(
        // A conditional reference that nothing answers, too.
        links::conditional(resource).into_iter().map(|_| resource.kind().to_string()),
    );
    let issue = |path: String| {
        let rest = path.split_once('.').map_or(String::new(), |(_, rest)| format!(".{rest}"));
        let (fr, en) = ("Cette référence ne mène à aucune entrée.", "This reference leads to no entry.");
        Issue::error("not-found", Some(format!("{}{rest}", resource_path(index))), fr, en)
    };
    missing.map(issue).collect()
}

pub(super) fn resource_path(index: usize) -> String {
    format!("Bundle.entry[{index}].resource")
}
