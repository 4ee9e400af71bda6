//! The fields of the form, between the page and the domain.

use crate::web::fields::Fields;
use app::Hand;
use domain::care::function;
use domain::care::target::{self, Target};
use domain::care::transmission::{Field, Mistake, Sheet, Urgency};

/// Name of the field that holds the form's number.
pub(crate) const KEY: &str = "cle";
/// Names of the fields that tell one page from another open on the same form: its own number, and the revision of the draft
/// it began with.
pub(crate) const PAGE: &str = "onglet";
pub(crate) const SEEN: &str = "vu";

/// The page that a form was sent from.
pub(crate) fn hand_of(fields: &Fields) -> Hand<'_> {
    Hand { page: fields.text(PAGE), seen: fields.text(SEEN).parse().unwrap_or_default() }
}

/// What a posted form holds.
pub(crate) fn sheet_of(fields: &Fields) -> Sheet {
    let text = |name: &str| fields.text(name).to_owned();
    Sheet {
        patient: text("personne"),
        target: text("cible"),
        data: text("donnees"),
        actions: text("actions"),
        results: text("resultats"),
        urgency: text("urgence"),
        recipients: fields.all("pour"),
        evaluate_at: text("evaluer"),
        reply_to: text("reponse"),
    }
}

/// One choice of a list.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

/// A sheet as the form shows it, with what is wrong beside each field.
#[derive(Debug)]
pub(crate) struct SheetView {
    pub(crate) data: String,
    pub(crate) actions: String,
    pub(crate) results: String,
    pub(crate) evaluate_at: String,
    pub(crate) reply_to: String,
    /// Targets the writer used last.
    pub(crate) recent: Vec<Choice>,
    pub(crate) targets: Vec<Choice>,
    pub(crate) urgencies: Vec<Choice>,
    pub(crate) recipients: Vec<Choice>,
    /// Some function is chosen: the list is open.
    pub(crate) addressed: bool,
    pub(crate) mistakes: Vec<Wrong>,
}

/// A mistake, and the field it leads to.
#[derive(Debug, Clone)]
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    pub(crate) text: &'static str,
}

impl SheetView {
    pub(crate) fn of(sheet: &Sheet, mistakes: &[Mistake], recent: &[Target]) -> Self {
        let among = |one: &Target| recent.contains(one);
        let urgency = if sheet.urgency.is_empty() { Urgency::Routine.code() } else { sheet.urgency.as_str() };
        Self {
            data: sheet.data.clone(),
            actions: sheet.actions.clone(),
            results: sheet.results.clone(),
            evaluate_at: sheet.evaluate_at.clone(),
            reply_to: sheet.reply_to.clone(),
            recent: recent.iter().map(|one| choice(one.code(), one.french(), one.code() == sheet.target)).collect(),
            targets: target::all()
                .iter()
                .map(|one| choice(one.code(), one.french(), one.code() == sheet.target && !among(one)))
                .collect(),
            urgencies: Urgency::ALL.iter().map(|one| choice(one.code(), one.french(), one.code() == urgency)).collect(),
            recipients: function::all()
                .iter()
                .map(|one| choice(one.code, one.many, sheet.recipients.iter().any(|code| code == one.code)))
                .collect(),
            addressed: !sheet.recipients.is_empty(),
            mistakes: mistakes.iter().map(|one| Wrong { field: name(one.field), text: one.french }).collect(),
        }
    }

    /// What is wrong, for the head of the page; with the reason of a correction.
    pub(crate) fn wrongs(&self, reason: Option<&'static str>) -> impl Iterator<Item = (&'static str, &'static str)> {
        let reason = reason.map(|text| ("motif", text));
        self.mistakes.iter().map(|wrong| (wrong.field, wrong.text)).chain(reason)
    }

    /// What is wrong with a field.
    pub(crate) fn wrong(&self, field: &str) -> Option<&'static str> {
        self.mistakes.iter().find(|wrong| wrong.field == field).map(|wrong| wrong.text)
    }
}

fn choice(code: &str, name: &str, chosen: bool) -> Choice {
    Choice { code: code.to_owned(), name: name.to_owned(), chosen }
}

/// The name of a field in the page.
fn name(field: Field) -> &'static str {
    match field {
        Field::Patient => "personne",
        Field::Target => "cible",
        Field::Data => "donnees",
        Field::Actions => "actions",
        Field::Results => "resultats",
        Field::Urgency => "urgence",
        Field::Recipients => "pour",
        Field::EvaluateAt => "evaluer",
    }
}
