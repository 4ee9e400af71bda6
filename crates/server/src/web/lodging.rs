//! *Unités*: those of the place, and who is in which; for whoever admits persons.

use super::alike::Alike;
use super::dates;
use super::done;
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
use axum::response::Response;
use confidentiality::Place;
use std::collections::BTreeMap;

const HERE: &str = "/unites/repartition";

#[derive(Template)]
#[template(path = "lodging.html")]
struct Page {
    head: Frame,
    place: i64,
    place_name: String,
    /// The others where the reader admits persons.
    elsewhere: Vec<(i64, String)>,
    /// Number, name, and how many are in it.
    units: Vec<(i64, String, String)>,
    rows: Vec<Lodged>,
    /// Nobody's unit is known.
    loose: usize,
    longest: usize,
    name: String,
    mistake: Option<&'static str>,
    /// What is wrong with the new name of this unit, and that name.
    renamed: Option<(i64, String, &'static str)>,
}

struct Lodged {
    of: Row,
    now: i64,
    /// It was chosen on the page that is given back, and is not kept yet.
    pending: bool,
    /// The unit, its name, and whether it is the one that is asked for.
    choices: Vec<(i64, String, bool)>,
}

framed!(Page);

impl Page {
    /// The new name of this unit is not taken.
    fn is_renamed(&self, unit: &i64) -> bool {
        self.renamed.as_ref().is_some_and(|(renamed, ..)| renamed == unit)
    }

    /// Of the field that is given back, the id is the one that the head of the page leads to.
    fn field(&self, unit: &i64) -> String {
        if self.is_renamed(unit) { "nom-unite".to_owned() } else { format!("nom-unite{unit}") }
    }

    fn new_name<'p>(&'p self, unit: &i64, name: &'p str) -> &'p str {
        self.renamed.as_ref().filter(|(renamed, ..)| renamed == unit).map_or(name, |(_, typed, _)| typed)
    }
}

/// What a page is given back with.
#[derive(Default)]
struct Sent<'a> {
    fields: Option<&'a Fields>,
    /// What is wrong with the name of a unit.
    mistake: Option<&'static str>,
    /// What is wrong with the new name of this unit.
    renamed: Option<(i64, &'static str)>,
    /// Why nobody was moved.
    refused: Option<&'static str>,
}

fn place_of(number: Option<i64>) -> Option<Place> {
    number.map(Place::new)
}

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    shown(&visit, StatusCode::OK, place_of(params.number("lieu")), Sent::default()).await
}

async fn shown(visit: &Visit, status: StatusCode, place: Option<Place>, sent: Sent<'_>) -> Result<Response, Trouble> {
    let board = lodging::board(&visit.cx, place).await.map_err(|error| visit.trouble(error))?;
    let today = dates::local(visit.cx.now()).date();
    let alike = Alike::among(board.rows.iter().map(|(resident, _)| resident), today);
    let count = |unit: i64| board.rows.iter().filter(|(_, own)| *own == unit).count();
    let words = |count: usize| counted(i64::try_from(count).unwrap_or(i64::MAX), "personne", "");
    let units: Vec<(i64, String, String)> =
        board.units.iter().map(|(unit, name)| (*unit, name.clone(), words(count(*unit)))).collect();
    let lodged = |(resident, now): &(app::people::Resident, i64)| {
        let of = alike.row(resident);
        // Only what was changed on that page is asked for again: what somebody else has changed meanwhile stays.
        let asked = sent.fields.and_then(|fields| {
            let number = |name: &str| fields.text(&format!("{name}-{}", of.id)).parse::<i64>().ok();
            number("unite").filter(|to| Some(*to) != number("avant"))
        });
        let none = std::iter::once((0, "aucune".to_owned()));
        let all = none.chain(board.units.iter().cloned());
        let choices = all.map(|(unit, name)| (unit, name, unit == asked.unwrap_or(*now))).collect();
        Lodged { of, now: *now, pending: asked.is_some_and(|asked| asked != *now), choices }
    };
    let others = lodging::places(&visit.cx).into_iter().filter(|(place, _)| *place != board.place);
    let wrong = sent.mistake.map(|text| ("nom", text)).into_iter().chain(sent.refused.map(|text| ("", text)));
    let wrong = wrong.chain(sent.renamed.map(|(_, text)| ("nom-unite", text)));
    let new_name = || sent.fields.map(|fields| fields.text("nom-unite")).unwrap_or_default().to_owned();
    let page = Page {
        renamed: sent.renamed.map(|(unit, text)| (unit, new_name(), text)),
        head: visit.frame(Menu::People).wrong(wrong),
        rows: board.rows.iter().map(lodged).collect(),
        loose: count(0),
        place: board.place.value(),
        place_name: board.place_name.clone(),
        elsewhere: others.map(|(place, name)| (place.value(), name)).collect(),
        units,
        longest: LONGEST,
        name: sent.fields.map(|fields| fields.text("nom")).unwrap_or_default().to_owned(),
        mistake: sent.mistake,
    };
    Ok(show(status, &page, &visit.request))
}

/// The page again, of the same place.
fn back(fields: &Fields, word: &str) -> Response {
    done::to(&format!("{HERE}?lieu={}", fields.text("lieu")), word)
}

/// What is said when it cannot be.
fn said(unfit: Unfit) -> &'static str {
    match unfit {
        Unfit::Nameless => "Donnez un nom à l’unité, par exemple «\u{a0}Premier étage\u{a0}».",
        Unfit::Name => "Nom trop long\u{a0}: 80\u{a0}caractères au plus.",
        Unfit::Known => "L’établissement a déjà une unité de ce nom.",
        Unfit::Used => "Cette unité n’est pas vide\u{a0}: des personnes y sont, ou des comptes y ont une fonction.",
        Unfit::Own => {
            "Rien n’est enregistré\u{a0}: on ne place personne dans une unité dont on s’occupe soi-même. Demandez à la direction ou au cadre."
        }
    }
}

/// Makes a unit.
pub(crate) async fn add(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let place = place_of(fields.text("lieu").parse().ok());
    match lodging::add_unit(&visit.cx, place, fields.text("nom")).await.map_err(|error| visit.write_trouble(error))? {
        Ok(()) => Ok(back(&fields, "unite")),
        Err(unfit) => {
            let sent = Sent { fields: Some(&fields), mistake: Some(said(unfit)), ..Sent::default() };
            shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, place, sent).await
        }
    }
}

/// Calls a unit otherwise, or takes away one that is empty.
pub(crate) async fn change(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let place = place_of(fields.text("lieu").parse().ok());
    let unit: i64 = fields.text("unite").parse().map_err(|_| Trouble::absent())?;
    let closes = fields.text("faire") == "supprimer";
    let done = if closes {
        lodging::close_unit(&visit.cx, place, unit).await
    } else {
        lodging::rename_unit(&visit.cx, place, unit, fields.text("nom-unite")).await
    };
    match done.map_err(|error| visit.write_trouble(error))? {
        Ok(()) => Ok(back(&fields, if closes { "fermee" } else { "nom" })),
        Err(unfit) => {
            let renamed = (!closes).then(|| (unit, said(unfit)));
            let refused = closes.then(|| said(unfit));
            let sent = Sent { fields: Some(&fields), renamed, refused, ..Sent::default() };
            shown(&visit, StatusCode::UNPROCESSABLE_ENTITY, place, sent).await
        }
    }
}

/// Moves persons.
pub(crate) async fn settle(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let place = place_of(fields.text("lieu").parse().ok());
    let mut wanted = BTreeMap::new();
    for (name, to) in fields.pairs() {
        let Some(id) = name.strip_prefix("unite-") else { continue };
        let from = fields.text(&format!("avant-{id}"));
        let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) else { return Err(Trouble::absent()) };
        wanted.insert(id.to_owned(), (from, to));
    }
    let (status, refused) = match lodging::settle(&visit.cx, place, &wanted).await {
        Ok(Ok(count)) => return Ok(back(&fields, if count > 0 { "places" } else { "rien" })),
        Ok(Err(unfit)) => (StatusCode::UNPROCESSABLE_ENTITY, said(unfit)),
        Err(app::Error::Store(app::StoreError::Conflict(_))) => (
            StatusCode::CONFLICT,
            "Quelqu’un a déplacé des personnes avant vous\u{a0}: rien n’est enregistré. Vos choix sont encore là\u{a0}: relisez-les, puis enregistrez de nouveau.",
        ),
        Err(error) => return Err(visit.write_trouble(error)),
    };
    shown(&visit, status, place, Sent { fields: Some(&fields), refused: Some(refused), ..Sent::default() }).await
}
