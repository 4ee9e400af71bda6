//! *Dossier de secours*: which units have a pack of today, and the code that proves that one was opened without the server.

use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use app::downtime::pack;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

const DAY: i64 = 86_400_000_000;

#[derive(Template)]
#[template(path = "rescue.html")]
struct Page {
    head: Frame,
    tab: &'static str,
    rows: Vec<Row>,
    /// None was ever written.
    none: bool,
    opened: Option<String>,
    code: String,
    mistake: Option<&'static str>,
}

/// A unit.
struct Row {
    name: String,
    place: String,
    at: String,
    fresh: bool,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    answer(&visit, StatusCode::OK, "", None).await
}

async fn answer(
    visit: &Visit,
    status: StatusCode,
    code: &str,
    mistake: Option<&'static str>,
) -> Result<Response, Trouble> {
    let (units, opened) = pack::state(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let now = visit.cx.now();
    let name = |unit: i64| units.iter().find(|(spot, _)| spot.unit == unit).map(|(spot, _)| spot.name.as_str());
    let opened = opened.map(|one| {
        let of = name(one.unit).map(|name| format!(" ({name})")).unwrap_or_default();
        format!("Ouvert sans le serveur {}{of}.", dates::when(one.at, now))
    });
    let page = Page {
        tab: "rescue",
        none: units.iter().all(|(_, at)| at.is_none()),
        rows: units
            .iter()
            .map(|(spot, at)| Row {
                name: spot.name.clone(),
                place: spot.place.clone(),
                at: at.map_or_else(|| "jamais".to_owned(), |at| dates::when(at, now)),
                fresh: at.is_some_and(|at| now - at < DAY),
            })
            .collect(),
        opened,
        code: code.to_owned(),
        mistake,
        head: visit.frame(Menu::Standing).wrong(mistake.map(|said| ("code", said))),
    };
    Ok(show(status, &page, &visit.request))
}

pub(crate) async fn submit(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let code = fields.text("code");
    if pack::opened(&visit.cx, code).await.map_err(|error| visit.write_trouble(error))? {
        return Ok(done::to("/maitrise/secours", "ouvert"));
    }
    let unknown = "Ce code n’est celui d’aucun dossier de secours de la semaine. Ouvrez celui d’aujourd’hui et recopiez son code.";
    answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, code, Some(unknown)).await
}
