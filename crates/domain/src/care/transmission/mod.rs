//! A *transmission ciblée*: what was seen, what was done, what came of it, about one target of one person.
//!
//! A form fills a [`Sheet`]; [`Transmission::parse`] turns it into a value that cannot be wrong, or says what is, field
//! by field. As FHIR it is a `Communication`: see [`Transmission::to_fhir`] and [`Note::read`].

mod fhir;
mod note;

pub(crate) use fhir::origin;
pub use fhir::{Signature, moved, moved_follow_up, provenance, withdrawn, withdrawn_companion};
pub use note::Note;

use super::function::{self, Function};
use super::target::Target;
use crate::local_time;
use crate::text;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// Letters of the longest part.
pub const LONGEST: usize = 4_000;

/// A form as it was filled in, nothing checked: what a draft keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sheet {
    /// Id of the Patient.
    pub patient: String,
    /// Code of the target.
    pub target: String,
    /// *Données*.
    pub data: String,
    /// *Actions*.
    pub actions: String,
    /// *Résultats*.
    pub results: String,
    /// Code of the urgency.
    pub urgency: String,
    /// Codes of the functions it is for.
    pub recipients: Vec<String>,
    /// Hour at which it has to be looked at again, `18:00`.
    pub evaluate_at: String,
    /// Id of the transmission it answers.
    pub reply_to: String,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The person.
    Patient,
    /// The target.
    Target,
    /// What was seen.
    Data,
    /// What was done.
    Actions,
    /// What came of it.
    Results,
    /// How urgent.
    Urgency,
    /// For whom.
    Recipients,
    /// When to look again.
    EvaluateAt,
}

/// What is wrong with one field, said to whoever filled it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    /// Which field.
    pub field: Field,
    /// What to do.
    pub french: &'static str,
}

/// How urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// In its turn.
    Routine,
    /// Before the end of the shift.
    Urgent,
    /// Danger now.
    Danger,
}

impl Urgency {
    /// Every degree.
    pub const ALL: [Self; 3] = [Self::Routine, Self::Urgent, Self::Danger];

    /// As FHIR writes it (`request-priority`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Routine => "routine",
            Self::Urgent => "urgent",
            Self::Danger => "stat",
        }
    }

    /// The words of a screen.
    pub fn french(self) -> &'static str {
        match self {
            Self::Routine => "Normale",
            Self::Urgent => "Urgente",
            Self::Danger => "Danger immédiat",
        }
    }

    /// From a FHIR code; `asap` is urgent.
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "asap" => Some(Self::Urgent),
            code => Self::ALL.into_iter().find(|urgency| urgency.code() == code),
        }
    }
}

/// A transmission that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmission {
    patient: String,
    target: Target,
    data: String,
    actions: Option<String>,
    results: Option<String>,
    urgency: Urgency,
    recipients: Vec<Function>,
    evaluate_at: Option<i64>,
    reply_to: Option<String>,
}

impl Transmission {
    /// Reads a sheet filled in at `now` (UTC microseconds).
    ///
    /// # Errors
    /// Every mistake, in the order of the form.
    pub fn parse(sheet: &Sheet, now: i64) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut wrong = |field, french| mistakes.push(Mistake { field, french });
        let patient = sheet.patient.trim();
        if !::fhir::is_id(patient) {
            wrong(Field::Patient, "Choisissez la personne.");
        }
        let target = Target::parse(sheet.target.trim());
        if target.is_none() {
            wrong(Field::Target, "Choisissez une cible\u{a0}: de quoi parle cette transmission\u{a0}?");
        }
        let data = tidy(&sheet.data);
        if data.is_empty() {
            wrong(Field::Data, "Écrivez ce que vous avez vu, entendu ou mesuré.");
        }
        let (actions, results) = (tidy(&sheet.actions), tidy(&sheet.results));
        for (field, text) in [(Field::Data, &data), (Field::Actions, &actions), (Field::Results, &results)] {
            if text.chars().count() > LONGEST {
                wrong(
                    field,
                    "Ce texte dépasse 4\u{a0}000 signes\u{a0}: raccourcissez-le, ou écrivez deux transmissions.",
                );
            }
        }
        let urgency = urgency(&sheet.urgency);
        if urgency.is_none() {
            wrong(Field::Urgency, "Choisissez l’urgence.");
        }
        let recipients: Option<Vec<Function>> = sheet.recipients.iter().map(|code| function::find(code)).collect();
        if recipients.is_none() {
            wrong(Field::Recipients, "Un destinataire n’existe pas\u{a0}: cochez dans la liste.");
        }
        let evaluate_at = hour(&sheet.evaluate_at);
        if evaluate_at.is_none() {
            wrong(Field::EvaluateAt, "Écrivez une heure, par exemple 18:00.");
        }
        let (Some(target), Some(urgency), Some(mut recipients), Some(hour), true) =
            (target, urgency, recipients, evaluate_at, mistakes.is_empty())
        else {
            return Err(mistakes);
        };
        recipients.sort_by_key(|wanted| function::all().iter().position(|known| known == wanted));
        recipients.dedup();
        let reply_to = sheet.reply_to.trim();
        Ok(Self {
            patient: patient.to_owned(),
            target,
            data,
            actions: some(actions),
            results: some(results),
            urgency,
            recipients,
            evaluate_at: hour.map(|hour| local_time::next(hour, now)),
            reply_to: ::fhir::is_id(reply_to).then(|| reply_to.to_owned()),
        })
    }

    /// What an unfinished sheet would be if it were kept as it stands; `None` while nobody is chosen. What is wrong in it
    /// is left out, nothing else: its level may only be too low by what is missing.
    pub fn guess(sheet: &Sheet, now: i64) -> Option<Self> {
        let mut sheet = sheet.clone();
        for mistake in Self::parse(&sheet, now).err().unwrap_or_default() {
            match mistake.field {
                Field::Patient => return None,
                Field::Target => "autre".clone_into(&mut sheet.target),
                Field::Data if tidy(&sheet.data).is_empty() => "…".clone_into(&mut sheet.data),
                Field::Data => cut(&mut sheet.data),
                Field::Actions => cut(&mut sheet.actions),
                Field::Results => cut(&mut sheet.results),
                Field::Urgency => sheet.urgency.clear(),
                Field::Recipients => sheet.recipients.retain(|code| function::find(code).is_some()),
                Field::EvaluateAt => sheet.evaluate_at.clear(),
            }
        }
        Self::parse(&sheet, now).ok()
    }

    /// Id of the transmission it answers.
    pub fn reply_to(&self) -> Option<&str> {
        self.reply_to.as_deref()
    }

    /// Id of the person it is about.
    pub fn patient(&self) -> &str {
        &self.patient
    }

    /// What it is about.
    pub fn target(&self) -> Target {
        self.target
    }

    /// When it has to be looked at again (UTC microseconds).
    pub fn evaluate_at(&self) -> Option<i64> {
        self.evaluate_at
    }
}

fn urgency(code: &str) -> Option<Urgency> {
    let code = code.trim();
    if code.is_empty() { Some(Urgency::Routine) } else { Urgency::parse(code) }
}

/// No hour, or one that can be read: `18:00`, `18h`, `9 h 30`.
fn hour(text: &str) -> Option<Option<Time>> {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    if text.is_empty() {
        return Some(None);
    }
    let (hour, minute) = text.split_once([':', 'h', 'H']).unwrap_or((&text, ""));
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i8>().ok())?;
    let minute = if minute.is_empty() { Some(0) } else { number(minute) };
    Time::new(number(hour)?, minute?, 0, 0).ok().map(Some)
}

/// Lines ended in one way, nothing that cannot be shown, no blank at either end.
pub(crate) fn tidy(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let shown: String = lines.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect();
    if text::is_blank(&shown) { String::new() } else { shown.trim().to_owned() }
}

fn cut(text: &mut String) {
    *text = tidy(text).chars().take(LONGEST).collect();
}

pub(crate) fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
