//! What a form answers: shown above it, or what to do once it can no longer be answered.

use super::form::Making;
use crate::trouble::Trouble;
use crate::web::lines::Line;
use crate::web::session::Visit;
use app::StoreError;
use app::transmissions::{self, Reading};
use domain::care::transmission::Note;

/// Why what was being answered is not there to be answered any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// Taken back.
    Undone,
    /// Moved out of this record: the words may be about somebody else.
    Misfiled,
    /// No longer this reader's to read.
    Unseen,
}

impl Lost {
    fn of(found: &app::Result<Reading>) -> Option<Self> {
        match found {
            Ok(found) => found.note.withdrawn.then_some(Self::Misfiled),
            Err(app::Error::Store(StoreError::Gone(_))) => Some(Self::Undone),
            Err(app::Error::Store(StoreError::Absent)) => Some(Self::Unseen),
            Err(_) => None,
        }
    }

    fn french(self) -> &'static str {
        match self {
            Self::Undone => {
                "La transmission à laquelle vous répondez a été annulée. Votre texte est ci-dessous, pas encore enregistré\u{a0}: \
                 vérifiez-le, puis enregistrez-le comme une transmission à part."
            }
            Self::Misfiled => {
                "La transmission à laquelle vous répondez était dans ce dossier par erreur\u{a0}: elle en a été retirée. \
                 Votre texte est ci-dessous, pas encore enregistré\u{a0}: choisissez la personne dont il parle, puis enregistrez-le."
            }
            Self::Unseen => {
                "La transmission à laquelle vous répondez ne vous est plus ouverte. Votre texte est ci-dessous, pas encore \
                 enregistré\u{a0}: vérifiez-le, puis enregistrez-le comme une transmission à part."
            }
        }
    }
}

/// Whether a form can no longer be kept because of what it answers.
pub(super) async fn is_lost(visit: &Visit, making: &Making<'_>) -> bool {
    fhir::is_id(&making.sheet.reply_to)
        && Lost::of(&transmissions::read(&visit.cx, &making.sheet.reply_to).await).is_some()
}

/// What is answered: its person and target are the answer's. Once it is lost, what was typed answers nothing, and says so; a
/// correction keeps what it answered.
pub(super) async fn answered(visit: &Visit, making: &mut Making<'_>) -> Result<Option<Line>, Trouble> {
    if !fhir::is_id(&making.sheet.reply_to) {
        return Ok(None);
    }
    let found = transmissions::read(&visit.cx, &making.sheet.reply_to).await;
    let lost = Lost::of(&found);
    if lost.is_some() && making.correction.is_some() {
        return Ok(None);
    }
    if let Some(lost) = lost.filter(|lost| *lost == Lost::Misfiled || making.is_begun()) {
        making.sheet.reply_to.clear();
        if lost == Lost::Misfiled {
            making.sheet.patient.clear();
        }
        making.notice = Some(lost.french());
        return Ok(None);
    }
    let found = found.map_err(|error| visit.trouble(error))?;
    let sheet = &mut making.sheet;
    found.strip.resident.id().clone_into(&mut sheet.patient);
    if sheet.target.is_empty() {
        Note::read(&found.item.resource).target.map_or("autre", |target| target.code()).clone_into(&mut sheet.target);
    }
    let names = visit.cx.app().names().await.map_err(|error| visit.trouble(error))?;
    Ok(Some(Line::short(&found.item, &names, visit.cx.now())))
}
