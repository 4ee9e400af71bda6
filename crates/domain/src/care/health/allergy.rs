//! What somebody must not be given or brought near, or that nothing such is known.

use super::{Field, Mistake, NOTHING_YET, TOO_LONG, cut, is_long, line, put, words};
use crate::care::transmission::Signature;
use ::fhir::json::{Object, Value};
use ::fhir::{Resource, date};
use jiff::civil::Date;
use serde_json::json;

/// SNOMED CT: FHIR R4 has *no known allergy* written as an allergy to it.
const SNOMED: &str = "http://snomed.info/sct";
const NO_KNOWN: &str = "716186003";
const NO_KNOWN_WORDS: &str = "Pas d’allergie connue";
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

/// Allergy or intolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The body defends itself.
    Allergy,
    /// It does not bear it.
    Intolerance,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Allergy, Self::Intolerance];

    /// As FHIR writes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Allergy => "allergy",
            Self::Intolerance => "intolerance",
        }
    }

    /// The words of a screen.
    pub fn french(self) -> &'static str {
        match self {
            Self::Allergy => "Allergie",
            Self::Intolerance => "Intolérance",
        }
    }

    /// From a code of FHIR.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// How grave the next reaction may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criticality {
    /// A life may be in danger.
    High,
    /// No life is.
    Low,
    /// Nobody can tell.
    Unknown,
}

impl Criticality {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::High, Self::Low, Self::Unknown];

    /// As FHIR writes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
            Self::Unknown => "unable-to-assess",
        }
    }

    /// The words of a screen.
    pub fn french(self) -> &'static str {
        match self {
            Self::High => "Grave",
            Self::Low => "Sans gravité",
            Self::Unknown => "On ne sait pas",
        }
    }

    /// From a code of FHIR.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// The form of an allergy as it was filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllergySheet {
    /// What the person reacts to.
    pub substance: String,
    /// Code of the kind.
    pub kind: String,
    /// Code of the criticality.
    pub criticality: String,
    /// What happened.
    pub reactions: String,
    /// Since when: a day, a month, a year, or words.
    pub since: String,
}

/// An allergy that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allergy {
    substance: String,
    kind: Option<Kind>,
    criticality: Criticality,
    reactions: String,
    since: String,
}

impl AllergySheet {
    pub(super) fn read(resource: &Resource) -> Self {
        let text = |key: &str| resource.str_at(&[key]).unwrap_or_default().to_owned();
        let reactions = reactions(resource);
        let substance = resource.get(&["code"]).and_then(words).or_else(|| {
            let all = resource.get(&["reaction"]).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(|one| one.get("substance")).find_map(words)
        });
        let since = resource.str_at(&["onsetDateTime"]).map(said_day);
        Self {
            substance: substance.unwrap_or_default(),
            kind: text("type"),
            criticality: text("criticality"),
            reactions: reactions.join(", "),
            since: since.unwrap_or_else(|| text("onsetString")),
        }
    }

    pub(super) fn mend(&mut self, field: Field) {
        match field {
            Field::Substance => cut(&mut self.substance),
            Field::Reactions => cut(&mut self.reactions),
            Field::Criticality => Criticality::Unknown.code().clone_into(&mut self.criticality),
            Field::Kind => self.kind.clear(),
            Field::Since => self.since.clear(),
            Field::Drug | Field::Dosage | Field::Prescriber | Field::Starts | Field::Ends => {}
        }
    }
}

impl Allergy {
    pub(super) fn parse(sheet: &AllergySheet, today: Date) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut wrong = |field, french| mistakes.push(Mistake { field, french });
        let (substance, reactions, since) = (line(&sheet.substance), line(&sheet.reactions), line(&sheet.since));
        if substance.is_empty() {
            wrong(Field::Substance, "Écrivez à quoi : un médicament, un aliment, une matière.");
        } else if is_long(&substance) {
            wrong(Field::Substance, TOO_LONG);
        }
        let kind = Kind::parse(&sheet.kind);
        if kind.is_none() && !sheet.kind.is_empty() {
            wrong(Field::Kind, "Choisissez : allergie ou intolérance.");
        }
        let criticality = Criticality::parse(&sheet.criticality);
        if criticality.is_none() {
            let choose = "Choisissez la gravité d’une prochaine réaction ; « On ne sait pas » est une réponse.";
            wrong(Field::Criticality, choose);
        }
        if is_long(&reactions) {
            wrong(Field::Reactions, TOO_LONG);
        }
        let onset = onset(&since);
        // Years come first: a month or a year of the past stands before today as texts do.
        if onset.as_ref().is_some_and(|begun| *begun > today.to_string()) {
            wrong(Field::Since, "Cette date n’est pas encore venue.");
        } else if is_long(&since) {
            wrong(Field::Since, TOO_LONG);
        } else if onset.is_none() && is_like_a_day(&since) {
            wrong(Field::Since, "Écrivez une date, un mois (03/2015), une année (2015), ou des mots (« enfance »).");
        }
        match (criticality, mistakes.is_empty()) {
            (Some(criticality), true) => Ok(Self { substance, kind, criticality, reactions, since }),
            _ => Err(mistakes),
        }
    }

    pub(super) fn to_fhir(&self, patient: &str, by: &Signature<'_>) -> Value {
        let mut object = Object::new();
        object.insert("resourceType".into(), "AllergyIntolerance".into());
        object.insert("id".into(), by.id.into());
        object.insert("identifier".into(), by.identifier());
        object.insert("clinicalStatus".into(), status(CLINICAL, "active"));
        object.insert("patient".into(), json!({ "reference": format!("Patient/{patient}") }));
        signed(&mut object, by);
        self.fill(&mut object, &AllergySheet::default());
        Value::Object(object)
    }

    pub(super) fn amend(&self, resource: &Resource) -> Object {
        let mut object = resource.object().clone();
        self.fill(&mut object, &AllergySheet::read(resource));
        object
    }

    /// Writes what is not as it was.
    fn fill(&self, object: &mut Object, before: &AllergySheet) {
        if self.substance != line(&before.substance) {
            put(object, "code", Some(json!({ "text": self.substance })));
        }
        put(object, "type", self.kind.map(|kind| kind.code().into()));
        put(object, "criticality", Some(self.criticality.code().into()));
        if self.reactions != line(&before.reactions) {
            let reaction = json!([{ "manifestation": [{ "text": self.reactions }] }]);
            put(object, "reaction", Some(reaction).filter(|_| !self.reactions.is_empty()));
        }
        if self.since != line(&before.since) {
            for key in ["onsetDateTime", "onsetAge", "onsetPeriod", "onsetRange", "onsetString"] {
                object.shift_remove(key);
            }
            match onset(&self.since) {
                Some(day) => put(object, "onsetDateTime", Some(day.into())),
                None => put(object, "onsetString", Some(self.since.as_str().into()).filter(|_| !self.since.is_empty())),
            }
        }
    }
}

/// What notes that no allergy is known of this person.
pub fn denial(patient: &str, by: &Signature<'_>) -> Value {
    let mut object = Object::new();
    object.insert("resourceType".into(), "AllergyIntolerance".into());
    object.insert("id".into(), by.id.into());
    object.insert("clinicalStatus".into(), status(CLINICAL, "active"));
    object.insert("verificationStatus".into(), status(VERIFICATION, "confirmed"));
    let coding = json!([{ "system": SNOMED, "code": NO_KNOWN, "display": "No known allergy" }]);
    object.insert("code".into(), json!({ "coding": coding, "text": NO_KNOWN_WORDS }));
    object.insert("patient".into(), json!({ "reference": format!("Patient/{patient}") }));
    signed(&mut object, by);
    Value::Object(object)
}

/// Whether it notes that no allergy at all is known.
pub fn is_denial(resource: &Resource) -> bool {
    denies(resource, |code| code == NO_KNOWN)
}

/// Whether it is an allergy to one of these codes, each of which notes that there is none.
pub fn denies(resource: &Resource, none: impl Fn(&str) -> bool) -> bool {
    let codings = resource.get(&["code", "coding"]).and_then(Value::as_array).into_iter().flatten();
    codings.filter_map(|one| one.get("code")?.as_str()).any(none)
}

/// That none is known, once one is.
pub fn refuted_denial(resource: &Resource) -> Value {
    let mut object = resource.object().clone();
    refute(&mut object);
    Value::Object(object)
}

pub(super) fn refute(object: &mut Object) {
    object.insert("clinicalStatus".into(), status(CLINICAL, "inactive"));
    object.insert("verificationStatus".into(), status(VERIFICATION, "refuted"));
}

/// Nothing is clinical of what was written by mistake (`ait-2`).
pub(super) fn mistaken(object: &mut Object) {
    object.shift_remove("clinicalStatus");
    object.insert("verificationStatus".into(), status(VERIFICATION, "entered-in-error"));
}

fn status(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }] })
}

fn signed(object: &mut Object, by: &Signature<'_>) {
    object.insert("recordedDate".into(), date::instant(by.at).into());
    if by.practitioner.is_some() {
        object.insert("recorder".into(), by.who());
    }
}

fn reactions(resource: &Resource) -> Vec<String> {
    let all = resource.get(&["reaction"]).and_then(Value::as_array).into_iter().flatten();
    let each = |one: &Value| one.get("manifestation").and_then(Value::as_array).cloned().unwrap_or_default();
    all.flat_map(each).filter_map(|one| words(&one)).collect()
}

/// As FHIR writes a day, a month or a year that somebody wrote, if it is one.
fn onset(text: &str) -> Option<String> {
    if let Some(Some(day)) = super::day(text) {
        return Some(day.to_string());
    }
    let year = |text: &str| {
        let fine = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i16>().ok().filter(|year| fine && (1900..=2199).contains(year))
    };
    match text.split_once('/') {
        None => year(text).map(|year| year.to_string()),
        Some((month, rest)) => {
            let month = month.trim().parse::<u8>().ok().filter(|month| (1..=12).contains(month))?;
            Some(format!("{}-{month:02}", year(rest.trim())?))
        }
    }
}

/// `03/2015` for `2015-03`.
fn said_day(text: &str) -> String {
    text.split('T').next().unwrap_or_default().split('-').rev().collect::<Vec<_>>().join("/")
}

/// Figures and strokes only.
fn is_like_a_day(text: &str) -> bool {
    !text.is_empty() && text != NOTHING_YET && text.chars().all(|one| one.is_ascii_digit() || "/-. ".contains(one))
}
