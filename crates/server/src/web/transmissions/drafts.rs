//! Keeping an unfinished form, as the script asks every ten seconds.

use super::{KEY, sheet_of};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::fields::Fields;
use crate::web::session::Visit;
use app::transmissions;
use axum::response::{IntoResponse, Redirect, Response};

/// Keeps the form; says so in words, which the script shows.
pub(crate) async fn keep(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let (key, sheet) = (fields.text(KEY), sheet_of(&fields));
    if !transmissions::is_key(key) || !fhir::is_id(&sheet.patient) {
        return Ok("Choisissez la personne\u{a0}: le brouillon sera gardé dans son dossier.".into_response());
    }
    transmissions::keep(&visit.cx, key, &sheet).await.map_err(|error| visit.write_trouble(error))?;
    let at = dates::hour(dates::local(visit.cx.now()));
    Ok(format!("Brouillon gardé à {at}").into_response())
}

/// Throws a draft away.
pub(crate) async fn forget(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    transmissions::forget(&visit.cx, fields.text(KEY)).await.map_err(|error| visit.write_trouble(error))?;
    Ok(Redirect::to("/moi").into_response())
}
