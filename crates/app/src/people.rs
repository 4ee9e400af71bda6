//! The list of persons, and one person's timeline.

use crate::cx::Cx;
use crate::error::Result;
use fhir::ResourceType;
use fhir::search::Query;
use store::{Timeline, TimelineFilter, Version};

/// How many persons one list reads at most.
const MOST: usize = 2_000;

/// The persons this actor may see.
#[derive(Debug)]
pub struct People {
    /// By family name, then given names.
    pub persons: Vec<Version>,
    /// How many there are in all; more than shown when the list is cut.
    pub total: i64,
}

/// Persons whose names start like `words`, or whose number (of the file, or national) is `words`; everyone without
/// words.
///
/// # Errors
/// The store's.
pub async fn list(cx: &Cx, words: &str) -> Result<People> {
    let call = cx.call("persons");
    let mut query = match words.split_whitespace().collect::<Vec<_>>().as_slice() {
        [] => Query::all(ResourceType::PATIENT),
        words if is_number(words) => {
            let pair = ("identifier".to_owned(), escape(&words.concat()));
            fhir::search::parse(ResourceType::PATIENT, &[pair], true)?
        }
        words => {
            let pairs: Vec<_> = words.iter().map(|word| ("name".to_owned(), escape(word))).collect();
            fhir::search::parse(ResourceType::PATIENT, &pairs, true)?
        }
    };
    query.count = Some(1_000);
    let mut found = cx.app().store().search(&call, &query).await?.map(|page| (page.matches, page.total, page.next));
    let mut pages = 1;
    // What comes next is only known once disclosed: each page is its own entry.
    let (mut persons, total, mut next) = cx.app().store().disclose(&call, found).await?;
    while let Some(mark) = next.filter(|_| pages * 1_000 < MOST) {
        query.page = Some(mark);
        found = cx.app().store().search(&call, &query).await?.map(|page| (page.matches, page.total, page.next));
        let (more, _, after) = cx.app().store().disclose(&call, found).await?;
        persons.extend(more);
        next = after;
        pages += 1;
    }
    persons.sort_by_cached_key(sort_key);
    let total = total.unwrap_or_else(|| i64::try_from(persons.len()).unwrap_or(i64::MAX));
    Ok(People { persons, total })
}

/// A number of at least five figures, with or without spaces: `D01004`, `1 36 06 99 678 928 46`.
fn is_number(words: &[&str]) -> bool {
    let figures = words.iter().flat_map(|word| word.bytes()).filter(u8::is_ascii_digit).count();
    figures >= 5 && words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn escape(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for letter in word.chars() {
        if matches!(letter, ',' | '|' | '$' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

fn sort_key(person: &Version) -> String {
    let name = person.resource.get(&["name"]).and_then(|names| names.get(0));
    let text = |key: &str| name.and_then(|name| name.get(key)).and_then(|value| value.as_str()).unwrap_or_default();
    let given = name.and_then(|name| name.get("given")).and_then(|given| given.get(0)).and_then(|g| g.as_str());
    fhir::search::normalise(&format!("{} {} {}", text("family"), given.unwrap_or_default(), text("text")))
}

/// One page of a person's items, the latest first.
///
/// # Errors
/// `Absent` when there is no such person that this actor may know of.
pub async fn timeline(cx: &Cx, patient: &str, page: Option<String>, count: u32) -> Result<Timeline> {
    let call = cx.call("timeline");
    let found = cx.app().store().timeline(&call, patient, &TimelineFilter::default(), page, count).await?;
    Ok(cx.app().store().disclose(&call, found).await?.ok_or(store::Error::Absent)?)
}

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn tells_numbers_from_names() {
        assert!(is_number(&["1", "36", "06", "99", "678", "928", "46"]) && is_number(&["D01004"]));
        assert!(!is_number(&["Le", "Goff"]) && !is_number(&["Louis14"]) && !is_number(&["Jean-12345"]));
    }
}
