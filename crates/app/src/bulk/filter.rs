//! `_typeFilter`: what is given of a type must be found by one of its searches (Bulk Data Access 2.0).
//!
//! A filter looks at the version that is given, as it was when the job began, and at nothing else: a chain would look at
//! what others have become since.

use crate::cx::Cx;
use crate::error::Result;
use fhir::search::{Filter, Query, Scope};
use fhir::{Invalid, Resource, ResourceType};

/// The searches of a job.
#[derive(Debug, Clone, Default)]
pub(super) struct Filters {
    /// As they were written, by which they are read again.
    pub(super) texts: Vec<String>,
    queries: Vec<Query>,
}

impl Filters {
    /// Reads `Type?criteria`, several with commas between.
    ///
    /// # Errors
    /// `Invalid`: a type that is not exported, a search that cannot be read or that looks elsewhere.
    pub(super) async fn read(cx: &Cx, texts: &[String], kinds: &[ResourceType]) -> Result<Self> {
        let mut all = Vec::new();
        for text in texts.iter().flat_map(|text| split(text)) {
            let wrong = |fr: &str, en: &str| Invalid::one("value", Some("_typeFilter".to_owned()), fr, en);
            let (name, criteria) = text.split_once('?').unwrap_or((&text, ""));
            let kind = ResourceType::parse(name).filter(|kind| kinds.is_empty() || kinds.contains(kind));
            let (fr, en) = ("Un type exporté, puis « ? » et une recherche.", "An exported type, '?' and a search.");
            let kind = kind.ok_or_else(|| wrong(fr, en))?;
            let scope = Scope::Type(kind);
            let pairs = cx.with_codes(&scope, &fhir::search::asked(criteria)?).await?;
            let query = cx.query(&scope, &pairs, true)?;
            let alone = |filter: &Filter| matches!(filter, Filter::Param { .. } | Filter::Id(_));
            let plain = query.sort.is_empty() && query.includes.is_empty() && query.count.is_none();
            if !plain || query.filters.is_empty() || !query.filters.iter().all(alone) {
                let fr =
                    "Un filtre ne regarde que la ressource : ni chaîne, ni _has, ni tri, ni page, ni _lastUpdated.";
                let en = "A filter looks at the resource only: no chain, _has, sort, page or _lastUpdated.";
                return Err(Invalid::one("not-supported", Some("_typeFilter".to_owned()), fr, en).into());
            }
            all.push(query);
        }
        Ok(Self { texts: texts.to_vec(), queries: all })
    }

    /// Whether a type has filters.
    pub(super) fn narrow(&self, kind: ResourceType) -> bool {
        self.queries.iter().any(|query| query.ty == kind)
    }

    /// Whether one of the searches of its type finds a resource; every resource of a type without any.
    pub(super) fn pass(&self, resource: &Resource) -> bool {
        let mut own = self.queries.iter().filter(|query| query.ty == resource.kind()).peekable();
        let found = |query: &Query| query.filters.iter().all(|filter| fhir::search::matches(resource, filter));
        own.peek().is_none() || own.any(found)
    }
}

/// A comma before `Type?` begins another search; any other is one of the values.
fn split(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for part in text.split(',') {
        let begins = part.trim_start().split_once('?').is_some_and(|(name, _)| ResourceType::parse(name).is_some());
        match all.last_mut() {
            Some(last) if !begins => {
                last.push(',');
                last.push_str(part);
            }
            _ => all.push(part.trim_start().to_owned()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn commas_of_values_stay_with_their_search() {
        let found = super::split("Patient?gender=male,female,Observation?code=a,b&status=final");
        assert_eq!(found, ["Patient?gender=male,female", "Observation?code=a,b&status=final"]);
        assert_eq!(super::split("x"), ["x"]);
    }
}
