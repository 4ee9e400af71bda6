//! The list of persons.

use super::assets;
use super::dates;
use super::frame::{Frame, show};
use super::identity::Identity;
use super::session::Visit;
use crate::trouble::Trouble;
use askama::Template;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "people.html")]
struct Page<'a> {
    head: Frame,
    words: &'a str,
    rows: Vec<Row>,
    /// Count in words.
    count: String,
}

struct Row {
    id: String,
    who: Identity,
}

impl Page<'_> {
    fn frame(&self) -> Option<&Frame> {
        Some(&self.head)
    }
    fn css(&self) -> &'static str {
        assets::address()
    }
}

pub(crate) async fn list(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Trouble> {
    let pairs = fhir::search::pairs(query.as_deref().unwrap_or_default());
    let words = pairs.iter().find(|(name, _)| name == "q").map_or("", |(_, value)| value.trim());
    let people = app::people::list(&visit.cx, words).await.map_err(|error| visit.trouble(error))?;
    let today = dates::local(visit.cx.now()).date();
    let rows: Vec<Row> = people
        .persons
        .iter()
        .map(|person| Row {
            id: person.resource.id().unwrap_or_default().to_owned(),
            who: Identity::of(&person.resource, today),
        })
        .collect();
    let count = count(people.total, rows.len());
    Ok(show(StatusCode::OK, &Page { head: visit.frame(), words, rows, count }, &visit.request))
}

fn count(total: i64, shown: usize) -> String {
    match total {
        0 => "Aucune personne".to_owned(),
        1 => "1\u{a0}personne".to_owned(),
        total if usize::try_from(total).is_ok_and(|total| total > shown) => {
            format!("{total}\u{a0}personnes, les {shown}\u{a0}premières sont affichées. Précisez la recherche.")
        }
        total => format!("{total}\u{a0}personnes"),
    }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_in_words() {
        assert_eq!(count(0, 0), "Aucune personne");
        assert_eq!(count(1, 1), "1\u{a0}personne");
        assert_eq!(count(38, 38), "38\u{a0}personnes");
        assert!(count(3_000, 2_000).contains("2000\u{a0}premières"));
    }
}
