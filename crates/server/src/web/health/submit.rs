//! Sending the form: keep it, look at its level; correcting; noting that no allergy is known.

use super::base;
use super::form::{self, Making, new_key, said};
use super::sheet::sheet_of;
use crate::headers;
use crate::trouble::Trouble;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::params::Id;
use crate::web::session::Visit;
use crate::web::transmissions::KEY;
use app::{StoreError, health, transmissions};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::care::health::{Mistake, Topic};

/// Keeps a new entry. What is typed in a form that cannot be kept is given back: here when that can be mended, else by `typed`.
pub(crate) async fn create(visit: Visit, topic: Topic, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let given = Some(fields.text(KEY)).filter(|key| transmissions::is_key(key)).map(str::to_owned);
    let key = given.map_or_else(|| new_key(&visit), Ok)?;
    let making = Making::of(fields.text("personne").to_owned(), sheet_of(topic, &fields));
    let sent = Making { key: Some(key.clone()), ..making };
    if fields.text("faire") == "niveau" {
        return form::page(&visit, StatusCode::OK, sent).await;
    }
    let entry = match sent.sheet.parse(today(&visit)) {
        Ok(entry) => entry,
        Err(mistakes) => return wrong(&visit, &mistakes, None, sent).await,
    };
    match health::write(&visit.cx, &entry, &sent.patient, &key).await {
        Ok(kept) => {
            let path = format!("{}/{}?fait=ecrit", base(topic), kept.id);
            // Very sensitive: kept, but read back only by who confirms who they are.
            let path = if kept.readable { path } else { format!("/confirmer?suite={}", headers::encode(&path, "/")) };
            Ok(Redirect::to(&path).into_response())
        }
        Err(app::Error::Store(StoreError::Conflict(_))) => {
            let notice = Some(
                "Ce formulaire avait déjà servi, ou quelqu’un a noté quelque chose entre-temps\u{a0}: rien n’est encore enregistré. Vérifiez le bandeau et votre texte, puis enregistrez.",
            );
            let making = Making { key: Some(new_key(&visit)?), notice, ..sent };
            form::page(&visit, StatusCode::CONFLICT, making).await
        }
        Err(error) => Err(visit.write_trouble(error)),
    }
}

async fn wrong(
    visit: &Visit,
    mistakes: &[Mistake],
    reason_wrong: Option<&'static str>,
    sent: Making<'_>,
) -> Result<Response, Trouble> {
    let making = Making { mistakes, reason_wrong, ..sent };
    form::page(visit, StatusCode::UNPROCESSABLE_ENTITY, making).await
}

/// Writes a new version, with the reason.
pub(crate) async fn correct(visit: Visit, topic: Topic, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let reason = fields.text("motif").trim().to_owned();
    // A page that says no version has seen none: it is told so, with its text.
    let of = fields.text("version").parse::<i64>().unwrap_or_default();
    let making = Making::of(fields.text("personne").to_owned(), sheet_of(topic, &fields));
    let sent = Making { correction: Some((id.clone(), of, reason.clone())), ..making };
    if fields.text("faire") == "niveau" {
        return form::page(&visit, StatusCode::OK, sent).await;
    }
    let reason_wrong =
        reason.is_empty().then_some("Dites pourquoi vous corrigez\u{a0}: ce motif reste dans le dossier.");
    let entry = match (sent.sheet.parse(today(&visit)), reason_wrong) {
        (Ok(entry), None) => entry,
        (parsed, _) => return wrong(&visit, &parsed.err().unwrap_or_default(), reason_wrong, sent).await,
    };
    match health::correct(&visit.cx, &id, of, &entry, &reason).await {
        Ok(_) => Ok(done::to(&format!("{}/{id}", base(topic)), "corrige")),
        Err(app::Error::Store(StoreError::Conflict(_))) => changed(&visit, topic, id, reason, sent).await,
        Err(error) => Err(visit.write_trouble(error)),
    }
}

/// Somebody has changed it meanwhile: what they wrote stands above what was typed.
async fn changed(
    visit: &Visit,
    topic: Topic,
    id: String,
    reason: String,
    sent: Making<'_>,
) -> Result<Response, Trouble> {
    let current = health::read(&visit.cx, topic, &id).await.map_err(|error| visit.write_trouble(error))?;
    let notice = Some(if current.may_correct {
        "Quelqu’un a modifié ceci entre-temps. Votre texte est ci-dessous, et la version actuelle juste au-dessus\u{a0}: reprenez ce qui doit rester, puis enregistrez à nouveau."
    } else {
        "Quelqu’un y a mis fin entre-temps\u{a0}: cela ne se corrige plus. Votre texte est ci-dessous\u{a0}; notez-le à nouveau s’il le faut."
    });
    let correction = Some((id, current.item.version, reason));
    let making = Making { notice, correction, other: said(&current.sheet), ..sent };
    form::page(visit, StatusCode::CONFLICT, making).await
}

/// Notes that no allergy is known.
pub(crate) async fn deny(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let patient = fields.text("personne");
    health::deny(&visit.cx, patient).await.map_err(|error| visit.write_trouble(error))?;
    Ok(done::to(&format!("/personnes/{patient}"), "aucune"))
}

fn today(visit: &Visit) -> jiff::civil::Date {
    crate::web::dates::local(visit.cx.now()).date()
}
