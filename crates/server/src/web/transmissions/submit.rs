//! Sending the form: keep it, look at its level, put it aside; and taking it back.

use super::answered::is_lost;
use super::form::{self, Making};
use super::reading::titled;
use super::{KEY, hand_of};
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
    let visit = match visit {
        Ok(visit) => visit,
        Err(refused) => return Ok(sign_in::interrupted(&server, &fields, &request, refused.status())),
    };
    let sent = Making::sent(key(&visit, &fields)?, &fields);
    if let Err(foreign) = visit.check(&fields) {
        return stale(&visit, &fields, foreign, sent).await;
    }
    match fields.text("faire") {
        "niveau" => return form::page(&visit, StatusCode::OK, sent).await,
        "brouillon" => return put_aside(&visit, &fields, sent).await,
        _ => {}
    }
    let transmission = match Transmission::parse(&sent.sheet, visit.cx.now()) {
        Ok(transmission) => transmission,
        Err(mistakes) => {
            let making = Making { mistakes: &mistakes, ..sent };
            return form::page(&visit, StatusCode::UNPROCESSABLE_ENTITY, making).await;
        }
    };
    match transmissions::write(&visit.cx, &transmission, &sent.key).await {
        Ok(written) => {
            // It is kept: a draft that stays behind is no reason to say that it failed.
            if let Err(error) = transmissions::forget(&visit.cx, &sent.key, Some(hand_of(&fields))).await {
                tracing::warn!(request = visit.request, %error, "a draft stays behind what was kept");
            }
            let path = format!("/transmissions/{}?fait=ecrit", written.id);
            // Very sensitive: kept, but read back only by who confirms who they are.
            let path =
                if written.readable { path } else { format!("/confirmer?suite={}", headers::encode(&path, "/")) };
            Ok(Redirect::to(&path).into_response())
        }
        Err(error) => give_back(&visit, error, sent).await,
    }
}

/// Said when nothing better is known.
pub(super) const NOT_KEPT: &str = "Votre texte n’a pas pu être enregistré. Il est là\u{a0}: copiez-le si besoin, puis réessayez dans quelques instants.";

/// What could not be kept is given back, with what to do: nothing typed is lost.
async fn give_back(visit: &Visit, error: app::Error, sent: Making<'_>) -> Result<Response, Trouble> {
    use app::StoreError as E;
    let of_answered = matches!(&error, app::Error::Store(E::Refused(_) | E::Absent | E::Gone(_)));
    // The form says what became of what it answers.
    if of_answered && is_lost(visit, &sent).await {
        return form::page(visit, StatusCode::CONFLICT, sent).await;
    }
    let fresh = || transmissions::new_key().map_err(|error| visit.trouble(error));
    let making = match &error {
        app::Error::Store(E::Refused(_) | E::Absent) => {
            let sheet = Sheet { patient: String::new(), reply_to: String::new(), ..sent.sheet };
            let notice = Some(
                "Vous n’accompagnez pas cette personne\u{a0}: votre texte n’a pas été enregistré. S’il s’agit bien d’elle, ouvrez d’abord un accès en urgence depuis son dossier, ou demandez votre affectation. Sinon, choisissez la bonne personne.",
            );
            Making { sheet, notice, ..sent }
        }
        app::Error::Store(E::Conflict(app::Conflict::IdTaken)) => {
            let notice = Some(
                "Ce formulaire avait déjà servi pour un autre texte. Celui-ci n’est pas encore enregistré\u{a0}: vérifiez, puis enregistrez.",
            );
            Making { key: fresh()?, seen: 0, notice, ..sent }
        }
        // An older page: what it holds becomes a form of its own, the newer draft stays as it is.
        app::Error::Store(E::Conflict(app::Conflict::Version)) => {
            let notice = Some(
                "Une version plus récente de ce brouillon est gardée depuis une autre fenêtre. Votre texte est ci-dessous\u{a0}: enregistrez-le, ou gardez-le comme un second brouillon.",
            );
            Making { key: fresh()?, seen: 0, newer: Some(sent.key), notice, ..sent }
        }
        _ => Making { notice: Some(NOT_KEPT), ..sent },
    };
    let trouble = visit.write_trouble(error);
    let status = if trouble.status == StatusCode::PRECONDITION_FAILED { StatusCode::CONFLICT } else { trouble.status };
    form::page(visit, status, making).await
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

async fn put_aside(visit: &Visit, fields: &Fields, sent: Making<'_>) -> Result<Response, Trouble> {
    if !fhir::is_id(&sent.sheet.patient) {
        let mistakes = Transmission::parse(&sent.sheet, visit.cx.now()).err().unwrap_or_default();
        let notice = Some("Choisissez la personne\u{a0}: un brouillon est gardé dans son dossier.");
        let making = Making { mistakes: mistakes.get(..1).unwrap_or_default(), notice, ..sent };
        return form::page(visit, StatusCode::UNPROCESSABLE_ENTITY, making).await;
    }
    if let Err(error) = transmissions::keep(&visit.cx, &sent.key, hand_of(fields), &sent.sheet).await {
        return give_back(visit, error, sent).await;
    }
    Ok(Redirect::to(&format!("/transmissions/nouvelle?brouillon={}", sent.key)).into_response())
}

/// Writes a new version, with the reason.
pub(crate) async fn correct(
    State(server): State<Server>,
    Extension(request::RequestId(request)): Extension<request::RequestId>,
    visit: Result<Visit, Response>,
    Id(id): Id,
    fields: Fields,
) -> Result<Response, Trouble> {
    let visit = match visit {
        Ok(visit) => visit,
        Err(refused) => return Ok(sign_in::interrupted(&server, &fields, &request, refused.status())),
    };
    let reason = fields.text("motif").trim().to_owned();
    // A page that says no version has seen none: it is told so, with its text.
    let of = fields.text("version").parse::<i64>().unwrap_or_default();
    let correction = Some((id.clone(), of, reason.clone()));
    let sent = Making { correction, ..Making::sent(key(&visit, &fields)?, &fields) };
    if let Err(foreign) = visit.check(&fields) {
        return stale(&visit, &fields, foreign, sent).await;
    }
    if fields.text("faire") == "niveau" {
        return form::page(&visit, StatusCode::OK, sent).await;
    }
    let parsed = Transmission::parse(&sent.sheet, visit.cx.now());
    let reason_wrong =
        reason.is_empty().then_some("Dites pourquoi vous corrigez\u{a0}: ce motif reste dans le dossier.");
    let transmission = match (parsed, reason_wrong) {
        (Ok(transmission), None) => transmission,
        (parsed, _) => {
            let mistakes = parsed.err().unwrap_or_default();
            let making = Making { mistakes: &mistakes, reason_wrong, ..sent };
            return form::page(&visit, StatusCode::UNPROCESSABLE_ENTITY, making).await;
        }
    };
    match transmissions::correct(&visit.cx, &id, of, &transmission, &reason).await {
        Ok(None) => {
            let notice = Some(
                "Vous n’avez rien changé\u{a0}: la transmission reste comme elle est. Corrigez-la ci-dessous, ou abandonnez.",
            );
            form::page(&visit, StatusCode::UNPROCESSABLE_ENTITY, Making { notice, ..sent }).await
        }
        Ok(Some(_)) => Ok(Redirect::to(&format!("/transmissions/{id}?fait=corrige")).into_response()),
        Err(error) => give_back_correction(&visit, error, sent).await,
    }
}

async fn give_back_correction(visit: &Visit, error: app::Error, sent: Making<'_>) -> Result<Response, Trouble> {
    use app::StoreError as E;
    let (status, making) = match error {
        app::Error::Store(E::Conflict(app::Conflict::Version)) => {
            let notice = Some(
                "Cette transmission a été modifiée entre-temps. Votre texte est ci-dessous, et la version actuelle juste \
                 au-dessus\u{a0}: reprenez ce qui doit rester, puis enregistrez à nouveau.",
            );
            let mut making = Making { notice, ..sent };
            if let Some((id, version, _)) = &mut making.correction
                && let Ok(current) = transmissions::read(&visit.cx, id).await
            {
                *version = current.item.version;
                making.other = titled(&current.note);
            }
            (StatusCode::CONFLICT, making)
        }
        // Moved or withdrawn meanwhile: the words are not lost, they are for elsewhere.
        app::Error::Store(E::Refused(_) | E::Absent | E::Gone(_)) => {
            let notice = Some(
                "Cette transmission ne peut plus être corrigée ici. Votre texte est ci-dessous\u{a0}: \
                 enregistrez-le comme une nouvelle transmission si besoin.",
            );
            let sheet = Sheet { patient: String::new(), reply_to: String::new(), ..sent.sheet };
            (StatusCode::FORBIDDEN, Making { sheet, notice, correction: None, ..sent })
        }
        error => (visit.write_trouble(error).status, Making { notice: Some(NOT_KEPT), ..sent }),
    };
    form::page(visit, status, making).await
}

/// Takes back what was just kept; the text becomes a draft again.
pub(crate) async fn undo(visit: Visit, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let key = transmissions::undo(&visit.cx, &id).await.map_err(|error| visit.write_trouble(error))?;
    Ok(Redirect::to(&format!("/transmissions/nouvelle?brouillon={key}&annule=1")).into_response())
}
