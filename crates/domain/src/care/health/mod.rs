//! Allergies and treatments, as those who care for somebody write them down: a form fills a [`Sheet`], [`Sheet::parse`] turns it
//! into an [`Entry`] that cannot be wrong, or says what is, field by field.
//!
//! As FHIR they are an `AllergyIntolerance` and a `MedicationRequest`. What came from elsewhere is read the same way, and a
//! correction rewrites only what the form changed: a code, a schedule in numbers stay where their words stay.

mod allergy;
mod end;
mod treatment;

pub use allergy::{Allergy, AllergySheet, Criticality, Kind, denial, denies, is_denial, refuted_denial};
pub use end::{End, Ended};
pub use treatment::{Treatment, TreatmentSheet};

use super::transmission::{Signature, origin};
use ::fhir::json::{Object, Value};
use ::fhir::{Resource, ResourceType};
use jiff::civil::Date;

/// Letters of the longest line of a form.
pub const LONGEST: usize = 300;
const TOO_LONG: &str = "Ce texte dépasse 300 signes : raccourcissez-le, et écrivez le reste dans une transmission.";
const NOT_A_DAY: &str = "Écrivez une date, par exemple 24/11/2026.";
/// What stands for what is not typed yet, while its level is looked at.
const NOTHING_YET: &str = "…";

/// What is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// An allergy or an intolerance, or that there is none.
    Allergy,
    /// A treatment by a medicine.
    Treatment,
}

impl Topic {
    /// The resource that keeps it.
    pub fn kind(self) -> ResourceType {
        match self {
            Self::Allergy => ResourceType::ALLERGY_INTOLERANCE,
            Self::Treatment => ResourceType::MEDICATION_REQUEST,
        }
    }

    /// What is kept in such a resource.
    pub fn of(kind: ResourceType) -> Option<Self> {
        [Self::Allergy, Self::Treatment].into_iter().find(|topic| topic.kind() == kind)
    }
}

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// What the person reacts to.
    Substance,
    /// Allergy or intolerance.
    Kind,
    /// How grave the next reaction may be.
    Criticality,
    /// What happened.
    Reactions,
    /// Since when.
    Since,
    /// The medicine.
    Drug,
    /// Dose and moments.
    Dosage,
    /// Who ordered it.
    Prescriber,
    /// First day.
    Starts,
    /// Last day.
    Ends,
}

/// What is wrong with one field, said to whoever filled it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    /// Which field.
    pub field: Field,
    /// What to do.
    pub french: &'static str,
}

/// A form as it was filled in, nothing checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sheet {
    /// Of an allergy.
    Allergy(AllergySheet),
    /// Of a treatment.
    Treatment(TreatmentSheet),
}

/// What can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// An allergy.
    Allergy(Allergy),
    /// A treatment.
    Treatment(Treatment),
}

impl Sheet {
    /// An empty form; a treatment begins today.
    pub fn blank(topic: Topic, today: Date) -> Self {
        match topic {
            Topic::Allergy => Self::Allergy(AllergySheet::default()),
            Topic::Treatment => {
                Self::Treatment(TreatmentSheet { starts: today.to_string(), ..TreatmentSheet::default() })
            }
        }
    }

    /// The form that this resource would have been filled in with; none for another kind of resource.
    pub fn read(resource: &Resource) -> Option<Self> {
        match Topic::of(resource.kind())? {
            Topic::Allergy => Some(Self::Allergy(AllergySheet::read(resource))),
            Topic::Treatment => Some(Self::Treatment(TreatmentSheet::read(resource))),
        }
    }

    /// What it is about.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Allergy(_) => Topic::Allergy,
            Self::Treatment(_) => Topic::Treatment,
        }
    }

    /// Reads a form filled in today.
    ///
    /// # Errors
    /// Every mistake, in the order of the form.
    pub fn parse(&self, today: Date) -> Result<Entry, Vec<Mistake>> {
        match self {
            Self::Allergy(sheet) => Allergy::parse(sheet, today).map(Entry::Allergy),
            Self::Treatment(sheet) => Treatment::parse(sheet).map(Entry::Treatment),
        }
    }

    /// What an unfinished form would be if it were kept as it stands: what is wrong in it is left out, or cut.
    pub fn guess(&self, today: Date) -> Option<Entry> {
        let mistakes = self.parse(today).err().unwrap_or_default();
        let mut sheet = self.clone();
        for mistake in &mistakes {
            match &mut sheet {
                Self::Allergy(sheet) => sheet.mend(mistake.field),
                Self::Treatment(sheet) => sheet.mend(mistake.field),
            }
        }
        sheet.parse(today).ok()
    }
}

impl Entry {
    /// What it is about.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Allergy(_) => Topic::Allergy,
            Self::Treatment(_) => Topic::Treatment,
        }
    }

    /// The resource that keeps it, about this person.
    pub fn to_fhir(&self, patient: &str, by: &Signature<'_>) -> Value {
        match self {
            Self::Allergy(allergy) => allergy.to_fhir(patient, by),
            Self::Treatment(treatment) => treatment.to_fhir(patient, by),
        }
    }

    /// The same resource with what the form changed; who wrote it, and when, stay. None for another kind of resource.
    pub fn amend(&self, resource: &Resource) -> Option<Value> {
        let object = match (self, Topic::of(resource.kind())?) {
            (Self::Allergy(allergy), Topic::Allergy) => allergy.amend(resource),
            (Self::Treatment(treatment), Topic::Treatment) => treatment.amend(resource),
            (Self::Allergy(_), Topic::Treatment) | (Self::Treatment(_), Topic::Allergy) => return None,
        };
        Some(Value::Object(object))
    }
}

/// Why an entry was changed.
pub fn provenance(topic: Topic, by: &Signature<'_>, id: &str, activity: &str, reason: &str) -> Value {
    origin(by, &format!("{}/{}", topic.kind().name(), by.id), id, activity, reason)
}

/// Whether it says nothing any more: written by mistake, refuted, stopped.
pub fn is_over(resource: &Resource) -> bool {
    End::of(resource).is_some()
}

/// What is typed when no day is, or a day: as a calendar gives it, or as one writes it.
fn day(text: &str) -> Option<Option<Date>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    let turned = || {
        let parts: Vec<&str> = text.split(['/', '.']).map(str::trim).collect();
        let [day, month, year] = parts.as_slice() else { return None };
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i16>().ok())?;
        let (day, month) = (i8::try_from(number(day)?).ok()?, i8::try_from(number(month)?).ok()?);
        Date::new(number(year)?, month, day).ok()
    };
    text.parse::<Date>().ok().or_else(turned).filter(|day| (1900..=2199).contains(&day.year())).map(Some)
}

/// One line: no letter that cannot be shown, no blank at either end.
fn line(text: &str) -> String {
    super::transmission::tidy(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_long(text: &str) -> bool {
    text.chars().count() > LONGEST
}

fn cut(text: &mut String) {
    let kept: String = line(text).chars().take(LONGEST).collect();
    *text = if kept.is_empty() { NOTHING_YET.to_owned() } else { kept };
}

/// The words of a concept: its text, else those of a code, else a code.
fn words(concept: &Value) -> Option<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let codings = || concept.get("coding").and_then(Value::as_array).into_iter().flatten();
    let display = || codings().find_map(|one| text(one, "display"));
    text(concept, "text").or_else(display).or_else(|| codings().find_map(|one| text(one, "code")))
}

/// Puts a value in its place, or takes away what stood there.
fn put(object: &mut Object, key: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            object.insert(key.to_owned(), value);
        }
        None => {
            object.shift_remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
