//! Choosing where one works: *Je prends mon poste*.

use super::dates;
use super::done;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, show};
use super::session::Visit;
use crate::trouble::Trouble;
use app::units::{self, Posts};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "units.html")]
struct Page {
    head: Frame,
    places: Vec<Place>,
    /// The reader works here.
    staff: bool,
    /// The post that was taken, and since when.
    current: Option<(String, String)>,
}

struct Place {
    name: String,
    units: Vec<Unit>,
}

struct Unit {
    number: i64,
    name: String,
    here: bool,
    /// What the planning says of it: `Prévu aujourd’hui de 6 h 45 à 14 h 15`.
    planned: Option<String>,
}

framed!(Page);

pub(crate) async fn choose(visit: Visit) -> Result<Response, Trouble> {
    let posts = units::mine(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let current = posts.current.and_then(|shift| {
        let unit = posts.find(shift.unit)?;
        Some((unit.name.clone(), dates::since(shift.starts, now)))
    });
    let (head, staff) = (visit.frame(Menu::Handover), visit.is_staff());
    let page = Page { head, places: places(&posts, now), staff, current };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn places(posts: &Posts, now: i64) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for unit in &posts.units {
        let planned = posts.planned.iter().find(|shift| shift.unit == unit.number).map(|shift| {
            let end = dates::hour(dates::local(shift.ends));
            format!("Prévu {}, jusqu’à {end}", dates::since(shift.starts, now))
        });
        let here = posts.current.is_some_and(|shift| shift.unit == unit.number);
        let name = if unit.whole { "Tout l’établissement".to_owned() } else { unit.name.clone() };
        let shown = Unit { number: unit.number, name, here, planned };
        match places.last_mut().filter(|place| place.name == unit.place_name) {
            Some(place) => place.units.push(shown),
            None => places.push(Place { name: unit.place_name.clone(), units: vec![shown] }),
        }
    }
    places
}

pub(crate) async fn take(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let unit = fields.text("unite").parse().map_err(|_| Trouble::absent())?;
    units::take(&visit.cx, unit).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to("/releve", "poste"))
}

pub(crate) async fn leave(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    units::leave(&visit.cx).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to("/unites", "quitte"))
}
