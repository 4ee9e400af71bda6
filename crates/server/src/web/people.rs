//! The list of persons.

use super::alike::Alike;
use super::dates;
use super::frame::{Frame, Menu, framed, show};
use super::identity::Identity;
use super::pager::{PERSONS, Pager};
use super::params::Params;
use super::session::Visit;
use crate::headers;
use crate::trouble::Trouble;
use app::units;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "people.html")]
struct Page<'a> {
    head: Frame,
    words: &'a str,
    units: Vec<Choice>,
    rows: Vec<Row>,
    /// Some rows have a room: the column is there.
    rooms: bool,
    /// Count in words.
    count: String,
    pager: Pager,
    /// Where everybody in the house is looked for, in an emergency.
    everywhere: Option<String>,
    /// Everybody is.
    whole: bool,
    /// The reader's function opens no record, whoever is confided to it.
    closed: bool,
    /// The reader says who is in which unit.
    admits: bool,
}

/// A unit to choose.
pub(crate) struct Choice {
    pub(crate) number: i64,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

/// A person in a list.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) room: Option<String>,
    pub(crate) who: Identity,
    /// What tells them from somebody else of the list: `né le 03/05/1940`.
    pub(crate) apart: Option<String>,
}

framed!(Page<'_>);

impl Row {
    /// Their name, and what tells them from somebody else of the list.
    pub(crate) fn named(&self) -> String {
        let apart = self.apart.as_ref().map(|apart| format!(", {apart}")).unwrap_or_default();
        format!("{}{apart}", self.who.name)
    }

    /// The same with the room, and that they are gone, as a choice.
    pub(crate) fn label(&self) -> String {
        let room = self.room.as_ref().map(|room| format!(" – {room}")).unwrap_or_default();
        let gone = self.who.gone.as_ref().map(|gone| format!(" – {gone}")).unwrap_or_default();
        format!("{}{room}{gone}", self.named())
    }
}

pub(crate) async fn list(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let (words, unit) = (params.text("q"), params.number("unite"));
    let posts = units::mine(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let unit = unit.filter(|number| posts.find(*number).is_some_and(|unit| !unit.whole));
    let (urgent, everybody) =
        (visit.cx.clearance().breaks_glass() && visit.cx.cares(), params.some("ou") == Some("maison"));
    let whole = urgent && everybody && !words.is_empty();
    // Everybody is of no unit.
    let unit = unit.filter(|_| !whole);
    let query = [("q", words), ("ou", if whole { "maison" } else { "" })];
    let mut pager = Pager::new("/personnes", &query, None, 0);
    // A unit is one page, however it is walked.
    let shown = |persons: usize| {
        let size = if unit.is_some() { usize::MAX } else { PERSONS };
        pager = Pager::sized(size, "/personnes", &query, params.number("page"), persons);
        pager.rows.clone()
    };
    let people =
        app::people::page(&visit.cx, (unit, whole), words, shown).await.map_err(|error| visit.trouble(error))?;
    let today = dates::local(visit.cx.now()).date();
    let mut rows = Alike::rows(&people.persons, today);
    let rooms = rows.iter().any(|row| row.room.is_some());
    if unit.is_some() && words.is_empty() && rooms {
        // A unit is walked room by room.
        rows.sort_by_key(|row| row.room.clone().map_or((1, String::new()), |room| (0, room)));
    }
    let named = posts.units.iter().filter(|one| !one.whole);
    let units =
        named.map(|one| Choice { number: one.number, name: one.name.clone(), chosen: unit == Some(one.number) });
    let count = count(people.all, people.cut);
    let everywhere = (urgent && !whole && !words.is_empty())
        .then(|| format!("/personnes?q={}&ou=maison", headers::encode(words, "")));
    let (head, admits) = (visit.frame(Menu::People), !app::lodging::places(&visit.cx).is_empty());
    let closed = visit.cx.opens_no_record();
    let page =
        Page { head, words, units: units.collect(), rows, rooms, count, pager, everywhere, whole, closed, admits };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn count(all: usize, cut: bool) -> String {
    match all {
        0 => "Aucune personne".to_owned(),
        1 => "1\u{a0}personne".to_owned(),
        all if cut => format!("Plus de {all}\u{a0}personnes. Précisez la recherche."),
        all => format!("{all}\u{a0}personnes"),
    }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_in_words() {
        assert_eq!(count(0, false), "Aucune personne");
        assert_eq!(count(1, false), "1\u{a0}personne");
        assert_eq!(count(38, false), "38\u{a0}personnes");
        assert!(count(2_000, true).starts_with("Plus de 2000\u{a0}personnes"));
    }
}
