//! *Unités*: those of the place, and who is in which; for whoever admits persons.

use super::dates;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::level::counted;
use super::params::Params;
use super::people::Row;
use super::session::Visit;
use crate::trouble::Trouble;
use app::lodging::{self, LONGEST, Unfit};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::BTreeMap;

const HERE: &str = "/personnes/unites";

#[derive(Template)]
#[template(path = "lodging.html")]
struct Page {
    head: Frame,
    place: String,
    /// Number, name, and how many are in it.
    units: Vec<(i64, String, String)>,
    rows: Vec<Lodged>,
    /// Nobody's unit is known.
    loose: usize,
    longest: usize,
    name: String,
    mistake: Option<&'static str>,
    done: Option<String>,
    /// Somebody else has moved persons meanwhile.
    overtaken: bool,
}

struct Lodged {
    of: Row,
    now: i64,
    /// The unit, its name, and whether it is the one that is asked for.
    choices: Vec<(i64, String, bool)>,
}

framed!(Page);

/// What a page is shown with.
#[derive(Default)]
struct Said<'a> {
    sent: Option<&'a Fields>,
    mistake: Option<&'static str>,
    done: Option<String>,
    overtaken: bool,
}

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let done = match (params.some("fait"), params.number("combien")) {
        (Some("unite"), _) => Some("L’unité est ajoutée.".to_owned()),
        (Some("places"), Some(0)) => Some("Rien n’était à changer.".to_owned()),
        (Some("places"), Some(many)) => Some(format!("C’est enregistré\u{a0}: {}.", counted(many, "déplacement", ""))),
        _ => None,
    };
    shown(&visit, StatusCode::OK, Said { done, ..Said::default() }).await
}

async fn shown(visit: &Visit, status: StatusCode, said: Said<'_>) -> Result<Response, Trouble> {
    let board = lodging::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let today = dates::local(visit.cx.now()).date();
    let count = |unit: i64| board.rows.iter().filter(|(_, own)| *own == unit).count();
    let words = |count: usize| counted(i64::try_from(count).unwrap_or(i64::MAX), "personne", "");
    let units: Vec<(i64, String, String)> =
        board.units.iter().map(|(unit, name)| (*unit, name.clone(), words(count(*unit)))).collect();
    let loose = count(0);
    let lodged = |(resident, now): &(app::people::Resident, i64)| {
        let of = Row::of(resident, today);
        let asked = said.sent.and_then(|fields| fields.text(&format!("unite-{}", of.id)).parse().ok()).unwrap_or(*now);
        let none = std::iter::once((0, "aucune".to_owned()));
        let all = none.chain(board.units.iter().cloned());
        let choices = all.map(|(unit, name)| (unit, name, unit == asked)).collect();
        Lodged { of, now: *now, choices }
    };
    let page = Page {
        rows: board.rows.iter().map(lodged).collect(),
        place: board.place_name,
        units,
        loose,
        longest: LONGEST,
        name: said.sent.map(|fields| fields.text("nom")).unwrap_or_default().to_owned(),
        mistake: said.mistake,
        done: said.done,
        overtaken: said.overtaken,
        head: visit.frame(Menu::People),
    };
    Ok(show(status, &page, &visit.request))
}

/// Makes a unit.
pub(crate) async fn add(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let mistake =
        match lodging::add_unit(&visit.cx, fields.text("nom")).await.map_err(|error| visit.write_trouble(error))? {
            Ok(()) => return Ok(Redirect::to(&format!("{HERE}?fait=unite")).into_response()),
            Err(Unfit::Nameless) => "Donnez un nom à l’unité, par exemple «\u{a0}Premier étage\u{a0}».",
            Err(Unfit::Name) => "Nom trop long\u{a0}: 80\u{a0}caractères au plus.",
            Err(Unfit::Known) => "L’établissement a déjà une unité de ce nom.",
        };
    let said = Said { sent: Some(&fields), mistake: Some(mistake), ..Said::default() };
    shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, said).await
}

/// Moves persons.
pub(crate) async fn settle(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let mut wanted = BTreeMap::new();
    for (name, to) in fields.pairs() {
        let Some(id) = name.strip_prefix("unite-") else { continue };
        let from = fields.text(&format!("avant-{id}"));
        let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) else { return Err(Trouble::absent()) };
        wanted.insert(id.to_owned(), (from, to));
    }
    match lodging::settle(&visit.cx, &wanted).await {
        Ok(count) => Ok(Redirect::to(&format!("{HERE}?fait=places&combien={count}")).into_response()),
        Err(app::Error::Store(app::StoreError::Conflict(_))) => {
            let said = Said { sent: Some(&fields), overtaken: true, ..Said::default() };
            shown(&visit, StatusCode::CONFLICT, said).await
        }
        Err(error) => Err(visit.write_trouble(error)),
    }
}
