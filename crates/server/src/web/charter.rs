//! *Charte informatique*: the text in force, signed by each person; who answers for the estate puts it in force.

use super::dates;
use super::done;
use super::fields::Fields;
use super::frame::{Frame, Menu, framed, local, show};
use super::params::Params;
use super::session::Visit;
use crate::headers;
use crate::trouble::Trouble;
use app::charter::{self, Charter, LONGEST};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "charter.html")]
struct Page<'a> {
    head: Frame,
    /// Version, since when, and paragraphs.
    charter: Option<(i64, String, Vec<String>)>,
    signed: Option<String>,
    /// May put a text in force: the version that is known, and the text of the form.
    form: Option<(i64, &'a str)>,
    mistake: Option<String>,
    /// Where one was going.
    next: &'a str,
}

framed!(Page<'_>);

/// Asks for the signature, on the way to somewhere.
pub(crate) fn on_the_way(next: &str) -> String {
    format!("/charte?suite={}", headers::encode(next, "/"))
}

pub(crate) async fn page(visit: Visit, params: Params) -> Result<Response, Trouble> {
    let charter = charter::in_force(visit.cx.app()).await.map_err(|error| visit.trouble(error))?;
    let text = charter.as_ref().map(|one| one.text.clone()).unwrap_or_default();
    answer(&visit, StatusCode::OK, charter, (&text, params.text("suite")), None).await
}

async fn answer(
    visit: &Visit,
    status: StatusCode,
    charter: Option<Charter>,
    (text, next): (&str, &str),
    mistake: Option<String>,
) -> Result<Response, Trouble> {
    let now = visit.cx.now();
    let signed = match &charter {
        Some(one) => charter::signed(&visit.cx, one).await.map_err(|error| visit.trouble(error))?,
        None => None,
    };
    let version = charter.as_ref().map_or(0, |one| one.version);
    let paragraphs =
        |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let page = Page {
        signed: signed.map(|at| dates::when(at, now)),
        charter: charter.map(|one| (one.version, dates::since_day(one.since, now), paragraphs(&one.text))),
        form: visit.cx.clearance().sees_estate().then_some((version, text)),
        head: visit.frame(Menu::Account).wrong(mistake.iter().map(|said| ("texte", said.as_str()))),
        mistake,
        next: local(Some(next)).unwrap_or_else(|| super::first(visit)),
    };
    Ok(show(status, &page, &visit.request))
}

/// Whether a charter in force waits for this person; a store that is away asks for nothing.
pub(crate) async fn is_to_sign(visit: &Visit) -> bool {
    if !charter::is_for(&visit.cx) {
        return false;
    }
    let Ok(Some(charter)) = charter::in_force(visit.cx.app()).await else { return false };
    matches!(charter::signed(&visit.cx, &charter).await, Ok(None))
}

/// Signs the version that was read.
pub(crate) async fn sign(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let version = fields.text("version").parse().unwrap_or_default();
    charter::sign(&visit.cx, version).await.map_err(|error| visit.trouble(error))?;
    let next = local(Some(fields.text("suite"))).unwrap_or_else(|| super::first(&visit));
    Ok(done::to(&on_the_way(next), "signee"))
}

/// Said when somebody else has put a text in force meanwhile.
const OVERTAKEN: &str = "Quelqu’un a mis un autre texte en vigueur pendant que vous écriviez\u{a0}: il est au-dessus. Le vôtre est ici\u{a0}: reprenez ce qui doit rester, puis mettez-le en vigueur.";

/// Puts a text in force.
pub(crate) async fn put(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    if !visit.cx.clearance().sees_estate() {
        return Err(Trouble::absent());
    }
    let text = fields.text("texte").trim();
    let mistake = match text.chars().count() {
        0 => Some("Écrivez le texte de la charte.".to_owned()),
        long if long > LONGEST => Some(format!("Texte trop long\u{a0}: {LONGEST} caractères au plus.")),
        _ => None,
    };
    if mistake.is_some() {
        let charter = charter::in_force(visit.cx.app()).await.map_err(|error| visit.trouble(error))?;
        return answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, charter, (text, ""), mistake).await;
    }
    let known = fields.text("version").parse().unwrap_or_default();
    match charter::put(&visit.cx, known, text).await {
        Ok(()) => Ok(done::to("/charte", "en-vigueur")),
        Err(app::Error::Store(app::StoreError::Conflict(_))) => {
            let charter = charter::in_force(visit.cx.app()).await.map_err(|error| visit.trouble(error))?;
            answer(&visit, StatusCode::CONFLICT, charter, (text, ""), Some(OVERTAKEN.to_owned())).await
        }
        Err(error) => Err(visit.trouble(error)),
    }
}
