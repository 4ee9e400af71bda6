//! The form: empty, from a draft, as an answer, as a correction, or sent back with what is wrong.

use super::answered::answered;
use super::preview::PreviewView;
use super::sheet::SheetView;
use super::{hand_of, sheet_of};
use crate::trouble::Trouble;
use crate::web::alike::Alike;
use crate::web::dates;
use crate::web::fields::Fields;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::lines::Line;
use crate::web::params::{Id, Params};
use crate::web::people::Row;
use crate::web::person::Tab;
use crate::web::session::Visit;
use crate::web::strip::StripView;
use app::transmissions::{self, Desk, Preview};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::care::transmission::{Mistake, Sheet};

#[derive(Template)]
#[template(path = "transmission_form.html")]
struct Page {
    head: Frame,
    /// Who it is about, once chosen.
    strip: Option<StripView>,
    /// The same, when the record could not be read.
    patient: Option<String>,
    tab: Tab,
    title: &'static str,
    action: String,
    key: String,
    /// Tells this page from another one open on the same form, and what it began with.
    hand: (String, i64),
    /// A correction: the version it replaces, and the reason typed so far.
    correction: Option<(i64, String)>,
    /// Id of what is corrected; empty otherwise.
    corrected: String,
    reason_wrong: Option<&'static str>,
    people: Vec<Row>,
    sheet: SheetView,
    answered: Option<Line>,
    preview: Option<PreviewView>,
    login: String,
    kept: Option<String>,
    notice: Option<&'static str>,
    /// Where a newer version of the draft is.
    newer: Option<String>,
    /// What somebody else has written meanwhile.
    other: Vec<(&'static str, String)>,
    back: String,
}

framed!(Page);

/// What a form is made with.
#[derive(Default, Clone)]
pub(crate) struct Making<'a> {
    pub(crate) key: String,
    /// Number of the page it comes back to, if it is one that was there before; the revision of the draft it began with.
    pub(crate) page: Option<String>,
    pub(crate) seen: i64,
    pub(crate) sheet: Sheet,
    pub(crate) mistakes: &'a [Mistake],
    /// A correction of this transmission: its id and version, and the reason typed so far.
    pub(crate) correction: Option<(String, i64, String)>,
    pub(crate) reason_wrong: Option<&'static str>,
    /// When the draft was kept.
    pub(crate) kept: Option<i64>,
    pub(crate) notice: Option<&'static str>,
    /// Number of the form whose draft is newer.
    pub(crate) newer: Option<String>,
    /// What somebody else has written meanwhile, part by part.
    pub(crate) other: Vec<(&'static str, String)>,
}

impl Making<'_> {
    /// A form that was sent, to be given back.
    pub(crate) fn sent(key: String, fields: &Fields) -> Self {
        let hand = hand_of(fields);
        let page = Some(hand.page.to_owned()).filter(|page| transmissions::is_key(page));
        Self { key, page, seen: hand.seen, sheet: sheet_of(fields), ..Self::default() }
    }

    /// It was on a screen, or kept, before: something may have been typed in it.
    pub(super) fn is_begun(&self) -> bool {
        self.page.is_some() || self.kept.is_some()
    }

    /// Somebody has typed something.
    fn holds_text(&self) -> bool {
        let reason = self.correction.as_ref().map_or("", |(.., reason)| reason);
        [&*self.sheet.data, &*self.sheet.actions, &*self.sheet.results, reason].iter().any(|text| !text.is_empty())
    }
}

/// An empty form, one with a draft, or an answer.
pub(crate) async fn new(visit: Visit, params: Params) -> Result<Response, Trouble> {
    if let Some(key) = params.some("brouillon").filter(|key| transmissions::is_key(key)) {
        let draft = transmissions::draft(&visit.cx, key).await.map_err(|error| visit.trouble(error))?;
        let draft = draft.ok_or_else(Trouble::absent)?;
        let notice = (params.text("annule") == "1").then_some(
            "La transmission est annulée. Son texte est ici\u{a0}: corrigez-le, ou laissez-le en brouillon.",
        );
        let (key, sheet, kept, seen) = (draft.key, draft.sheet, Some(draft.updated), draft.revision);
        let making = Making { key, sheet, kept, seen, notice, ..Making::default() };
        return page(&visit, StatusCode::OK, making).await;
    }
    // Whoever writes about nobody here finds no form: the person themselves, who represents them, who looks after machines.
    if !visit.cx.writes() && !visit.is_staff() {
        return Err(Trouble::absent());
    }
    let sheet = Sheet {
        patient: params.text("personne").to_owned(),
        target: params.text("cible").to_owned(),
        reply_to: params.text("reponse").to_owned(),
        ..Sheet::default()
    };
    let key = transmissions::new_key().map_err(|error| visit.trouble(error))?;
    page(&visit, StatusCode::OK, Making { key, sheet, ..Making::default() }).await
}

/// The form of a correction, filled with what was written.
pub(crate) async fn correct(visit: Visit, Id(id): Id) -> Result<Response, Trouble> {
    let found = transmissions::read(&visit.cx, &id).await.map_err(|error| visit.trouble(error))?;
    if !found.own || found.note.withdrawn {
        return Err(Trouble::absent());
    }
    let sheet = found.note.sheet(found.strip.resident.id());
    let key = transmissions::new_key().map_err(|error| visit.trouble(error))?;
    let correction = Some((id, found.item.version, String::new()));
    page(&visit, StatusCode::OK, Making { key, sheet, correction, ..Making::default() }).await
}

/// Writes the form. When nothing can be read to write it with, what was typed is given back all the same.
pub(crate) async fn page(visit: &Visit, status: StatusCode, making: Making<'_>) -> Result<Response, Trouble> {
    match read(visit, making.clone()).await {
        Ok((making, around)) => made(visit, status, making, around),
        Err(trouble) if making.holds_text() => {
            let notice = making.notice.or(Some(super::submit::NOT_KEPT));
            let status = if status.is_success() { trouble.status } else { status };
            made(visit, status, Making { notice, ..making }, Around::default())
        }
        Err(trouble) => Err(trouble),
    }
}

/// Said before anything is typed about somebody whom the reader does not accompany.
const NOT_YOURS: &str = "Vous n’accompagnez pas cette personne\u{a0}: rien ne peut être écrit dans son dossier. Pour une urgence, ouvrez d’abord un accès en urgence depuis son dossier.";

/// What stands around the fields.
#[derive(Default)]
struct Around {
    desk: Desk,
    answered: Option<Line>,
    preview: Option<Preview>,
}

async fn read<'a>(visit: &Visit, mut making: Making<'a>) -> Result<(Making<'a>, Around), Trouble> {
    let answered = answered(visit, &mut making).await?;
    let desk = transmissions::desk(&visit.cx, &making.sheet.patient).await.map_err(|error| visit.trouble(error))?;
    let corrected = making.correction.as_ref().map(|(id, ..)| id.as_str());
    let preview = transmissions::preview(&visit.cx, &making.sheet, corrected).await;
    let preview = preview.map_err(|error| visit.trouble(error))?;
    Ok((making, Around { desk, answered, preview }))
}

fn made(visit: &Visit, status: StatusCode, making: Making<'_>, around: Around) -> Result<Response, Trouble> {
    let now = visit.cx.now();
    let today = dates::local(now).date();
    let strip = around.desk.strip.as_ref().map(|strip| StripView::of(strip, today));
    let back = match (&making.correction, &strip) {
        (Some((id, ..)), _) => format!("/transmissions/{id}"),
        (None, Some(strip)) => format!("/personnes/{}", strip.id),
        (None, None) => "/releve".to_owned(),
    };
    let fresh = || transmissions::new_key().map_err(|error| visit.trouble(error));
    let unread = strip.is_none() && around.desk.persons.is_empty() && fhir::is_id(&making.sheet.patient);
    let sheet = SheetView::of(&making.sheet, making.mistakes, &around.desk.recent);
    let page = Page {
        head: visit.frame(Menu::Handover).wrong(sheet.wrongs(making.reason_wrong)),
        tab: Tab::None,
        title: match (&making.correction, making.sheet.reply_to.is_empty()) {
            (Some(_), _) => "Corriger la transmission",
            (None, false) => "Répondre",
            (None, true) => "Nouvelle transmission",
        },
        action: match &making.correction {
            Some((id, ..)) => format!("/transmissions/{id}/corriger"),
            None => "/transmissions".to_owned(),
        },
        people: Alike::to_write_about(&around.desk.persons, today),
        patient: unread.then(|| making.sheet.patient.clone()),
        strip,
        hand: (making.page.map_or_else(fresh, Ok)?, making.seen),
        key: making.key,
        reason_wrong: making.reason_wrong,
        corrected: making.correction.as_ref().map(|(id, ..)| id.clone()).unwrap_or_default(),
        correction: making.correction.map(|(_, version, reason)| (version, reason)),
        sheet,
        answered: around.answered,
        preview: around.preview.map(|preview| PreviewView::of(&preview)),
        login: visit.login.clone(),
        kept: making.kept.map(|at| format!("Brouillon gardé {}", dates::when(at, now))),
        other: making.other,
        notice: making.notice.or(around.desk.strip.as_ref().filter(|strip| !strip.writes).map(|_| NOT_YOURS)),
        newer: making.newer.map(|key| format!("/transmissions/nouvelle?brouillon={key}")),
        back,
    };
    Ok(show(status, &page, &visit.request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;
    use crate::web::transmissions::preview::tests::sample_preview;
    use confidentiality::Level;
    use domain::care::transmission::{Field, Transmission};

    fn form(sheet: &Sheet, mistakes: &[Mistake]) -> Page {
        let sheet = SheetView::of(sheet, mistakes, &[]);
        Page {
            head: sample::frame(Menu::Handover).wrong(sheet.wrongs(None)),
            strip: None,
            patient: None,
            tab: Tab::None,
            title: "Nouvelle transmission",
            action: "/transmissions".to_owned(),
            key: "cle".to_owned(),
            hand: ("page".to_owned(), 0),
            correction: None,
            corrected: String::new(),
            reason_wrong: None,
            people: vec![sample::row()],
            sheet,
            answered: None,
            preview: None,
            login: "amina".to_owned(),
            kept: None,
            notice: None,
            newer: None,
            other: Vec::new(),
            back: "/releve".to_owned(),
        }
    }

    #[test]
    fn an_empty_form_sent_says_what_is_missing_beside_each_field() {
        let mistakes = Transmission::parse(&Sheet::default(), 0).unwrap_err();
        assert_eq!(mistakes.first().unwrap().field, Field::Patient);
        insta::assert_snapshot!(sample::rendered(&form(&Sheet::default(), &mistakes)));
    }

    #[test]
    fn a_correction_shows_what_was_written_and_asks_why() {
        let sheet = Sheet {
            target: "douleur".into(),
            data: "Grimace <au> lever.".into(),
            recipients: vec!["ide".into()],
            urgency: "urgent".into(),
            ..Sheet::default()
        };
        let page = Page {
            strip: Some(sample::strip()),
            correction: Some((2, "Erreur de jour".to_owned())),
            corrected: "c1".to_owned(),
            answered: Some(sample::line(Level::Standard)),
            preview: Some(sample_preview()),
            ..form(&sheet, &[])
        };
        insta::assert_snapshot!(sample::rendered(&page));
    }
}
