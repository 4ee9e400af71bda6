//! How much one search may ask: what goes beyond is refused before anything is looked for.

use super::query::{Filter, Query};
use super::table::ParamKind;
use crate::Issue;

/// Most names and values.
const PAIRS: usize = 500;
/// Longest value, and longest name, in bytes; values that are lists are counted one by one.
const LENGTH: usize = 4_096;
/// Most values in all that keys answer by themselves: ids, codes, references, addresses.
const KEYS: usize = 5_000;
/// Most conditions in all that each take a look of their own: texts, dates, numbers, links.
const LOOKS: usize = 300;
/// Most resources asked for beside, sort keys and elements together.
const EXTRAS: usize = 500;

/// What is too much in the text of a query.
pub(super) fn of_text(pairs: &[(String, String)]) -> Option<Issue> {
    let long = |(name, value): &&(String, String)| {
        // A page's mark has its own form; a list of elements is counted after.
        name.len() > LENGTH || value.split(',').any(|one| one.len() > LENGTH)
    };
    if pairs.len() > PAIRS {
        return Some(too_much(None));
    }
    pairs.iter().find(long).map(|(name, _)| too_much((name.len() <= LENGTH).then(|| name.clone())))
}

/// What is too much in a query.
pub(super) fn of_query(query: &Query) -> Option<Issue> {
    let (mut keys, mut looks) = (0, query.filters.len());
    // What is asked of every type alike is asked once.
    let own = |filter: &&Filter| match filter {
        Filter::Param { param, .. } => param.ty.is_some(),
        other => matches!(other, Filter::Chain { .. } | Filter::Either(_) | Filter::Has { .. }),
    };
    let others = query.also.iter().flat_map(|(_, filters)| filters).filter(own);
    for filter in query.filters.iter().chain(others) {
        weigh(filter, &mut keys, &mut looks);
    }
    let extras = query.includes.len() + query.sort.len() + query.elements.len();
    (keys > KEYS || looks > LOOKS || extras > EXTRAS).then(|| too_much(None))
}

fn weigh(filter: &Filter, keys: &mut usize, looks: &mut usize) {
    match filter {
        Filter::Id(ids) => *keys += ids.len(),
        Filter::Within { .. } => *looks += 1,
        Filter::LastUpdated(tests) => *looks += tests.len(),
        Filter::Param { param, values, .. } => match param.kind {
            ParamKind::Token | ParamKind::Reference | ParamKind::Uri => *keys += values.len(),
            _ => *looks += values.len(),
        },
        Filter::Either(filters) => filters.iter().for_each(|filter| weigh(filter, keys, looks)),
        Filter::Chain { filter, .. } | Filter::Has { filter, .. } => {
            *looks += 1;
            weigh(filter, keys, looks);
        }
    }
}

fn too_much(name: Option<String>) -> Issue {
    let (fr, en) = ("Cette recherche demande trop à la fois.", "This search asks too much at once.");
    Issue::error("too-costly", name, fr, en)
}

#[cfg(test)]
mod tests {
    use super::super::{pairs, parse};
    use crate::ResourceType;

    fn is_fine(text: &str) -> bool {
        let read = parse(ResourceType::PATIENT, &pairs(text), false);
        let costly = read.as_ref().is_err_and(|invalid| invalid.issues[0].code == "too-costly");
        assert!(read.is_ok() || costly, "{:?}", read.map(|_| ()));
        !costly
    }

    #[test]
    fn refuses_what_asks_too_much() {
        let list = |count: usize| vec!["a"; count].join(",");
        assert!(is_fine(&format!("_id={}&identifier={}", list(2_000), list(2_000))));
        assert!(!is_fine(&format!("_id={}&identifier={}", list(3_000), list(3_000))));
        assert!(is_fine(&format!("name={}", list(200))) && !is_fine(&format!("name={}", list(400))));
        assert!(!is_fine(&format!("organization.name={}", list(400))));
        assert!(is_fine(&"name=a&".repeat(100)) && !is_fine(&"name=a&".repeat(200)) && !is_fine(&"x=a&".repeat(501)));
        assert!(!is_fine(&format!("name={}", "a".repeat(5_000))) && !is_fine(&format!("{}=a", "a".repeat(5_000))));
        assert!(is_fine(&"_include=Patient:organization&".repeat(400)), "the same is asked once");
    }
}
