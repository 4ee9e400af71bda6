//! Keeping an unfinished form, as the script asks every ten seconds.

use super::{KEY, hand_of, sheet_of};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::session::Visit;
use app::transmissions;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Keeps the form; says so in words, which the script shows, as it shows why not.
pub(crate) async fn keep(visit: Visit, fields: Fields) -> Response {
    if visit.check(&fields).is_err() {
        let text = "Cette page date d’une connexion précédente\u{a0}: enregistrez, votre texte vous sera rendu.";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let (key, sheet) = (fields.text(KEY), sheet_of(&fields));
    if !transmissions::is_key(key) || !fhir::is_id(&sheet.patient) {
        let text = "Pas encore gardé\u{a0}: choisissez la personne, le brouillon est rangé dans son dossier.";
        return (StatusCode::UNPROCESSABLE_ENTITY, text).into_response();
    }
    match transmissions::keep(&visit.cx, key, hand_of(&fields), &sheet).await {
        Ok(()) => format!("Brouillon gardé à {}", dates::hour(dates::local(visit.cx.now()))).into_response(),
        Err(error) => {
            let text = why(&error);
            (visit.write_trouble(error).status, text).into_response()
        }
    }
}

/// Why a draft was not kept, and what to do.
fn why(error: &app::Error) -> String {
    use app::StoreError as E;
    let text = match error {
        app::Error::Store(E::Conflict(_)) => {
            "Une version plus récente de ce brouillon est gardée depuis une autre fenêtre. Votre texte reste ici\u{a0}: «\u{a0}Garder en brouillon\u{a0}» le rangera à part."
        }
        app::Error::Store(E::Absent | E::Refused(_)) => {
            "Brouillon non gardé\u{a0}: vous n’accompagnez pas cette personne. Votre texte reste dans cette page."
        }
        app::Error::Store(E::Invalid(invalid)) => match invalid.issues.first() {
            Some(issue) => return issue.text_fr.clone(),
            None => "Brouillon non gardé\u{a0}: raccourcissez votre texte.",
        },
        _ => {
            "Brouillon non gardé\u{a0}: votre texte reste dans cette page. Enregistrez, ou réessayez dans quelques instants."
        }
    };
    text.to_owned()
}

/// Throws a draft away.
pub(crate) async fn forget(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    transmissions::forget(&visit.cx, fields.text(KEY), None).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to("/moi", "brouillon"))
}
