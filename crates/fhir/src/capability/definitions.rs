//! Where HL7 defines a search parameter: by itself (`Account-name`), or for several types at once (`clinical-date`).

use crate::ResourceType;
use crate::search::Param;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The definitions for several types: `id, types`.
const SHARED: &str = include_str!("shared.tsv");
const BASE: &str = "http://hl7.org/fhir/SearchParameter/";

/// The id of a shared definition, by type and code.
static LOADED: LazyLock<HashMap<(ResourceType, &'static str), &'static str>> = LazyLock::new(|| {
    let lines = SHARED.lines().filter_map(|line| line.split_once('\t'));
    let all = lines.filter_map(|(id, types)| Some((id, id.split_once('-')?.1, types)));
    all.flat_map(|(id, code, types)| {
        types.split(' ').filter_map(ResourceType::parse).map(move |kind| ((kind, code), id))
    })
    .collect()
});

/// The canonical address of the definition of one of R4's own parameters.
pub(super) fn address(param: &Param) -> String {
    match param.ty {
        None => {
            format!("{BASE}{}{}", if param.code == "_text" { "DomainResource" } else { "Resource" }, own(param.code))
        }
        Some(kind) => match LOADED.get(&(kind, param.code)) {
            Some(id) => format!("{BASE}{id}"),
            None => format!("{BASE}{kind}-{}", param.code),
        },
    }
}

/// `_id` is defined as `Resource-id`.
fn own(code: &str) -> String {
    format!("-{}", code.trim_start_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::param;

    fn of(kind: &str, code: &str) -> String {
        let found = param(ResourceType::parse(kind).unwrap(), code).unwrap();
        address(found).strip_prefix(BASE).unwrap().to_owned()
    }

    #[test]
    fn names_the_definition_of_one_type_or_of_several() {
        for (kind, code, id) in [
            ("Account", "name", "Account-name"),
            ("Observation", "date", "clinical-date"),
            ("MedicationRequest", "date", "medications-date"),
            ("Patient", "family", "individual-family"),
            ("Person", "name", "Person-name"),
            ("ValueSet", "url", "conformance-url"),
            ("Patient", "_id", "Resource-id"),
            ("Patient", "_lastUpdated", "Resource-lastUpdated"),
        ] {
            assert_eq!(of(kind, code), id, "{kind} {code}");
        }
    }

    #[test]
    fn every_shared_definition_is_of_a_parameter_of_the_table() {
        for ((kind, code), id) in LOADED.iter() {
            assert!(param(*kind, code).is_some_and(|found| found.ty == Some(*kind)), "{kind} {code} {id}");
        }
    }
}
