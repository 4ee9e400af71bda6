//! Sending the form: keep it, look at its level, put it aside; and taking it back.

use super::form::{self, Making};
use super::{KEY, sheet_of};
use crate::headers;
use crate::request;
use crate::state::Server;
use crate::trouble::Trouble;
use crate::web::fields::Fields;
use crate::web::params::Id;
use crate::web::session::Visit;
use crate::web::sign_in;
use app::transmissions;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::care::transmission::{Sheet, Transmission};

/// Keeps a transmission. Without a session, the text is given back once one has signed in again.
pub(crate) async fn create(
    State(server): State<Server>,
    Extension(request::RequestId(request)): Extension<request::RequestId>,
    visit: Result<Visit, Response>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let Ok(visit) = visit else { return Ok(sign_in::interrupted(&server, &fields, &request)) };
    let (key, sheet) = (key(&visit, &fields)?, sheet_of(&fields));
    if let Err(foreign) = visit.check(&fields) {
        return stale(&visit, &fields, foreign, Making { key, sheet, ..Making::default() }).await;
    }
    match fields.text("faire") {
        "niveau" => return form::page(&visit, StatusCode::OK, Making { key, sheet, ..Making::default() }).await,
        "brouillon" => return put_aside(&visit, key, sheet).await,
        _ => {}
    }
    let transmission = match Transmission::parse(&sheet, visit.cx.now()) {
        Ok(transmission) => transmission,
        Err(mistakes) => {
            let making = Making { key, sheet, mistakes: &mistakes, ..Making::default() };
            return form::page(&visit, StatusCode::UNPROCESSABLE_ENTITY, making).await;
        }
    };
    match transmissions::write(&visit.cx, &transmission, &key).await {
        Ok(written) => {
            // It is kept: a draft that stays behind is no reason to say that it failed.
            if let Err(error) = transmissions::forget(&visit.cx, &key).await {
                tracing::warn!(request = visit.request, %error, "a draft stays behind what was kept");
            }
            let path = format!("/transmissions/{}?fait=ecrit", written.id);
            // Very sensitive: kept, but read back only by who confirms who they are.
            let path =
                if written.readable { path } else { format!("/confirmer?suite={}", headers::encode(&path, "/")) };
            Ok(Redirect::to(&path).into_response())
        }
        Err(error) => give_back(&visit, error, key, sheet).await,
    }
}

/// Said when nothing better is known.
const NOT_KEPT: &str = "Votre texte n’a pas pu être enregistré. Il est là\u{a0}: copiez-le si besoin, puis réessayez dans quelques instants.";

/// What could not be kept is given back, with what to do: nothing typed is lost.
async fn give_back(visit: &Visit, error: app::Error, key: String, sheet: Sheet) -> Result<Response, Trouble> {
    use app::StoreError as E;
    let (mut key, mut sheet) = (key, sheet);
    let notice = match &error {
        app::Error::Store(E::Refused(_) | E::Absent) => {
            sheet = Sheet { patient: String::new(), reply_to: String::new(), ..sheet };
            "Vous n’accompagnez pas cette personne\u{a0}: votre texte n’a pas été enregistré. Choisissez une autre personne, ou demandez votre affectation."
        }
        app::Error::Store(E::Conflict(app::Conflict::IdTaken)) => {
            key = transmissions::new_key().map_err(|error| visit.trouble(error))?;
            "Ce formulaire avait déjà servi pour un autre texte. Celui-ci n’est pas encore enregistré\u{a0}: vérifiez, puis enregistrez."
        }
        _ => NOT_KEPT,
    };
    let trouble = visit.write_trouble(error);
    form::page(visit, trouble.status, Making { key, sheet, notice: Some(notice), ..Making::default() }).await
}

/// A form of the same person's former session: the text is given back under a fresh token. Anyone else's is refused.
async fn stale(visit: &Visit, fields: &Fields, foreign: Trouble, making: Making<'_>) -> Result<Response, Trouble> {
    if fields.text("qui") != visit.login {
        return Err(foreign);
    }
    let notice = Some("Cette page datait d’une connexion précédente. Vérifiez votre texte, puis enregistrez.");
    form::page(visit, StatusCode::FORBIDDEN, Making { notice, ..making }).await
}

/// The form's number; a new one when the page's was lost.
fn key(visit: &Visit, fields: &Fields) -> Result<String, Trouble> {
    let given = fields.text(KEY);
    if transmissions::is_key(given) {
        return Ok(given.to_owned());
    }
    transmissions::new_key().map_err(|error| visit.trouble(error))
}

async fn put_aside(visit: &Visit, key: String, sheet: Sheet) -> Result<Response, Trouble> {
    if !fhir::is_id(&sheet.patient) {
        let mistakes = Transmission::parse(&sheet, visit.cx.now()).err().unwrap_or_default();
        let notice = Some("Choisissez la personne\u{a0}: un brouillon est gardé dans son dossier.");
        let only = mistakes.get(..1).unwrap_or_default();
        let making = Making { key, sheet, mistakes: only, notice, ..Making::default() };
        return form::page(visit, StatusCode::UNPROCESSABLE_ENTITY, making).await;
    }
    if let Err(error) = transmissions::keep(&visit.cx, &key, &sheet).await {
        return give_back(visit, error, key, sheet).await;
    }
    Ok(Redirect::to(&format!("/transmissions/nouvelle?brouillon={key}")).into_response())
}

/// Writes a new version, with the reason.
pub(crate) async fn correct(
    State(server): State<Server>,
    Extension(request::RequestId(request)): Extension<request::RequestId>,
    visit: Result<Visit, Response>,
    Id(id): Id,
    fields: Fields,
) -> Result<Response, Trouble> {
    let Ok(visit) = visit else { return Ok(sign_in::interrupted(&server, &fields, &request)) };
    let (key, sheet) = (key(&visit, &fields)?, sheet_of(&fields));
    let reason = fields.text("motif").trim().to_owned();
    let of = fields.text("version").parse::<i64>().map_err(|_| Trouble::absent())?;
    let correction = Some((id.clone(), of, reason.clone()));
    if let Err(foreign) = visit.check(&fields) {
        return stale(&visit, &fields, foreign, Making { key, sheet, correction, ..Making::default() }).await;
    }
    if fields.text("faire") == "niveau" {
        return form::page(&visit, StatusCode::OK, Making { key, sheet, correction, ..Making::default() }).await;
    }
    let parsed = Transmission::parse(&sheet, visit.cx.now());
    let reason_wrong =
        reason.is_empty().then_some("Dites pourquoi vous corrigez\u{a0}: ce motif reste dans le dossier.");
    let transmission = match (parsed, reason_wrong) {
        (Ok(transmission), None) => transmission,
        (parsed, _) => {
            let mistakes = parsed.err().unwrap_or_default();
            let making = Making { key, sheet, mistakes: &mistakes, correction, reason_wrong, ..Making::default() };
            return form::page(&visit, StatusCode::UNPROCESSABLE_ENTITY, making).await;
        }
    };
    match transmissions::correct(&visit.cx, &id, of, &transmission, &reason).await {
        Ok(_) => Ok(Redirect::to(&format!("/transmissions/{id}?fait=corrige")).into_response()),
        Err(app::Error::Store(app::StoreError::Conflict(app::Conflict::Version))) => {
            let notice = Some(
                "Cette transmission a été modifiée entre-temps. Votre texte est ci-dessous\u{a0}: comparez-le avec la \
                 version actuelle, puis enregistrez à nouveau.",
            );
            let current = transmissions::read(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
            let correction = Some((id, current.item.version, reason));
            form::page(&visit, StatusCode::CONFLICT, Making { key, sheet, correction, notice, ..Making::default() })
                .await
        }
        // Moved or withdrawn meanwhile: the words are not lost, they are for elsewhere.
        Err(app::Error::Store(app::StoreError::Refused(_))) => {
            let notice = Some(
                "Cette transmission ne peut plus être corrigée ici. Votre texte est ci-dessous\u{a0}: \
                 enregistrez-le comme une nouvelle transmission si besoin.",
            );
            let sheet = Sheet { patient: String::new(), reply_to: String::new(), ..sheet };
            form::page(&visit, StatusCode::FORBIDDEN, Making { key, sheet, notice, ..Making::default() }).await
        }
        Err(error) => {
            let notice = Some(NOT_KEPT);
            let trouble = visit.write_trouble(error);
            form::page(&visit, trouble.status, Making { key, sheet, correction, notice, ..Making::default() }).await
        }
    }
}

/// Takes back what was just kept; the text becomes a draft again.
pub(crate) async fn undo(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let key = transmissions::undo(&visit.cx, &id).await.map_err(|error| visit.write_trouble(error))?;
    Ok(Redirect::to(&format!("/transmissions/nouvelle?brouillon={key}&annule=1")).into_response())
}
