//! Sending the form of an action: kept, or given back with what is wrong or with what somebody else wrote meanwhile.

use super::form::{self, Making};
use crate::trouble::Trouble;
use crate::web::done;
use crate::web::fields::Fields;
use crate::web::session::Visit;
use app::assets;
use app::measures::{self, Planned};
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::ActionSheet;

/// Years taken from a form.
const MOST: usize = 12;

/// Keeps an action.
pub(crate) async fn keep(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    visit.check(&fields)?;
    let id = Some(fields.text("action")).filter(|id| fhir::is_id(id)).ok_or_else(Trouble::absent)?.to_owned();
    let version: i64 = fields.text("version").parse().map_err(|_| Trouble::absent())?;
    let story = match measures::story(&visit.cx, &id).await {
        Ok(story) => story,
        Err(app::Error::Store(app::StoreError::Absent)) if version == 0 && visit.answers_for_machines() => Vec::new(),
        Err(error) => return Err(visit.trouble(error)),
    };
    let known = story.iter().find(|one| one.version == version).map(|one| &one.action);
    if version != 0 && known.is_none() {
        return Err(Trouble::absent());
    }
    let accounts = measures::accounts(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let sheet = sheet(&fields);
    let action = match sheet.parse(known, |name| accounts.get(name).copied(), assets::today(&visit.cx)) {
        Ok(action) => action,
        Err(mistakes) => {
            let making = Making { id, version, sheet, mistakes: &mistakes, newer: None, story: &story };
            return form::page(&visit, StatusCode::UNPROCESSABLE_ENTITY, making).await;
        }
    };
    match measures::keep(&visit.cx, &id, version, &action).await {
        Ok(()) => Ok(done::to("/maitrise/plan", "enregistree")),
        Err(app::Error::Store(app::StoreError::Conflict(_))) => {
            let story = measures::story(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
            let newest: &Planned = story.first().ok_or_else(Trouble::absent)?;
            let (version, newer) = (newest.version, Some((newest, Some(&action))));
            let making = Making { id, version, sheet, mistakes: &[], newer, story: &story };
            form::page(&visit, StatusCode::CONFLICT, making).await
        }
        Err(error) => Err(visit.write_trouble(error)),
    }
}

fn sheet(fields: &Fields) -> ActionSheet {
    let money = fields.pairs().iter().filter_map(|(name, value)| {
        let year = name.strip_prefix("argent-")?.parse().ok().filter(|year| (2000..2200).contains(year))?;
        Some((year, value.clone()))
    });
    ActionSheet {
        title: fields.text("quoi").to_owned(),
        measure: fields.text("mesure").to_owned(),
        owner: fields.text("qui").to_owned(),
        due: fields.text("echeance").to_owned(),
        money: money.take(MOST).collect(),
        work: fields.text("travail").to_owned(),
        state: fields.text("etat").to_owned(),
        progress: fields.text("avancement").to_owned(),
        reason: fields.text("motif").to_owned(),
        note: fields.text("remarque").to_owned(),
    }
}
