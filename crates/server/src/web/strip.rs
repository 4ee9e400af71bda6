//! The strip above every page of a person: who, where, and what must be known at once.

use super::dates;
use super::health;
use super::identity::Identity;
use super::summary;
use app::person::Strip;
use app::{Safety, Version};
use confidentiality::labeler::{SafetyKind, is_no_allergy, no_allergy};
use fhir::json::Value;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// The strip as a template reads it.
#[derive(Debug)]
pub(crate) struct StripView {
    pub(crate) id: String,
    pub(crate) who: Identity,
    pub(crate) room: Option<String>,
    pub(crate) allergies: Vec<Chip>,
    /// What somebody has noted that there is none of.
    pub(crate) denied: Vec<String>,
    /// Where that is read.
    pub(crate) denial: Option<String>,
    /// Nothing is noted of allergies, and nothing is hidden: which does not say that there are none.
    pub(crate) nothing_noted: bool,
    /// Allergies are not this reader's to see, known or not.
    pub(crate) unseen: bool,
    pub(crate) alerts: Vec<String>,
    /// What to do, whatever it was said in, and since when.
    pub(crate) consignes: Vec<Consigne>,
    /// Others were said longer ago.
    pub(crate) older_consignes: bool,
    pub(crate) measures: Vec<String>,
    pub(crate) directives: bool,
    /// Something that matters is not shown.
    pub(crate) hidden: bool,
    /// Something that matters is there and could not be read.
    pub(crate) unreadable: bool,
    /// The reader may write about them.
    pub(crate) writes: bool,
    /// The reader says where they stay.
    pub(crate) admits: bool,
    /// The reader keeps their allergies and treatments.
    pub(crate) keeps_health: bool,
}

/// An allergy.
#[derive(Debug)]
pub(crate) struct Chip {
    pub(crate) text: String,
    pub(crate) severe: bool,
    /// Where it is read, by who may.
    pub(crate) link: Option<String>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Consigne {
    pub(crate) text: String,
    /// The last day it was said.
    pub(crate) day: String,
}

/// Days during which a strip repeats what to do; afterwards it is in the synthesis.
const REPEATED: i64 = 90;

/// Marks a Consent as a legal protection measure.
const MEASURE: &str = "mesure-protection";
/// Marks a Consent as an advance directive (HL7 `consentcategorycodes`).
const DIRECTIVES: &str = "acd";

impl StripView {
    pub(crate) fn of(strip: &Strip, today: Date) -> Self {
        let words = |item: &Version| {
            let code = item.resource.get(&["code"]).or_else(|| item.resource.get(&["category"]));
            code.and_then(summary::concept).unwrap_or_else(|| "Sans précision".to_owned())
        };
        let of_category = |code: &'static str| strip.consents.iter().filter(move |consent| has_category(consent, code));
        let read = strip.allergies.iter().filter(|item| denial(item).is_none()).map(|item| Chip {
            text: words(item),
            severe: item.resource.str_at(&["criticality"]) == Some("high"),
            link: page_of(item),
        });
        let told =
            of_kind(&strip.safety, SafetyKind::Allergy).filter(|one| !is_no_allergy(&one.fact.text)).map(|one| Chip {
                text: one.fact.text.clone(),
                severe: one.fact.detail.as_deref() == Some("high"),
                link: None,
            });
        let mut allergies: Vec<Chip> = read.chain(told).collect();
        let whole = strip.hidden == 0 && !strip.unreadable;
        let denied = if allergies.is_empty() && whole { denied(strip) } else { Vec::new() };
        allergies.dedup_by(|second, first| second.text == first.text && second.severe == first.severe);
        let since = today.checked_sub(REPEATED.days()).unwrap_or(today);
        // The same for everybody who cares, whatever they may read: who reads the writing has not always read it today.
        let recent = strip.safety.iter().filter(|one| dates::local(one.since).date() >= since);
        let consignes = consignes(recent);
        Self {
            id: strip.resident.id().to_owned(),
            who: Identity::of(&strip.resident.patient.resource, today),
            room: strip.resident.room.clone(),
            nothing_noted: allergies.is_empty() && denied.is_empty() && whole && strip.sees_allergies,
            denied,
            denial: strip.allergies.iter().find(|item| denial(item).is_some()).and_then(page_of),
            unseen: !strip.sees_allergies,
            allergies,
            older_consignes: self::consignes(strip.safety.iter()).len() > consignes.len(),
            consignes,
            alerts: alerts(strip.alerts.iter().map(words), &strip.safety),
            measures: of_category(MEASURE).map(measure).collect(),
            directives: of_category(DIRECTIVES).next().is_some(),
            hidden: strip.hidden > 0,
            unreadable: strip.unreadable,
            writes: strip.writes,
            admits: strip.admits,
            keeps_health: strip.keeps_health,
        }
    }
}

fn page_of(item: &Version) -> Option<String> {
    health::link(item.resource.kind(), item.resource.id()?)
}

/// What somebody has noted that there is none of.
fn denial(item: &Version) -> Option<String> {
    let codings = item.resource.get(&["code", "coding"]).and_then(Value::as_array)?;
    let words = codings.iter().filter_map(|one| no_allergy(one.get("code")?.as_str()?)).next()?;
    let doubt = item.resource.get(&["verificationStatus", "coding"]).and_then(Value::as_array).into_iter().flatten();
    let unsure = doubt.filter_map(|one| one.get("code")?.as_str()).any(|code| code != "confirmed");
    Some(if unsure { format!("{words} (à confirmer)") } else { words.to_owned() })
}

/// What is said not to be there, each once.
fn denied(strip: &Strip) -> Vec<String> {
    let facts = of_kind(&strip.safety, SafetyKind::Allergy).map(|one| one.fact.text.clone());
    let facts = facts.filter(|text| is_no_allergy(text));
    let mut said: Vec<String> = strip.allergies.iter().filter_map(denial).chain(facts).collect();
    said.sort_unstable();
    said.dedup();
    said
}

/// Points of attention, each once: those read, then those of which only the words are told.
fn alerts(read: impl Iterator<Item = String>, safety: &[Safety]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in read.chain(of_kind(safety, SafetyKind::Alert).map(|one| one.fact.text.clone())) {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// The facts of a kind, the latest first.
pub(crate) fn of_kind(safety: &[Safety], kind: SafetyKind) -> impl Iterator<Item = &Safety> {
    safety.iter().filter(move |one| one.fact.kind == kind)
}

/// What to do, each once, as it was last said.
pub(crate) fn consignes<'a>(safety: impl Iterator<Item = &'a Safety>) -> Vec<Consigne> {
    let mut all: Vec<Consigne> = Vec::new();
    for one in safety.filter(|one| one.fact.kind == SafetyKind::Consigne) {
        let text = one.fact.text.trim_end_matches('.').to_owned();
        if !all.iter().any(|known| known.text == text) {
            all.push(Consigne { text, day: dates::short(&dates::local(one.since).date().to_string()) });
        }
    }
    all
}

fn has_category(consent: &Version, code: &str) -> bool {
    let categories = consent.resource.get(&["category"]).and_then(Value::as_array).into_iter().flatten();
    let codings = categories.filter_map(|one| one.get("coding")?.as_array()).flatten();
    codings.filter_map(|one| one.get("code")?.as_str()).any(|found| found == code)
}

/// `Curatelle renforcée jusqu’au 03/05/2028`.
fn measure(consent: &Version) -> String {
    let words = consent.resource.get(&["category"]).and_then(summary::concept);
    let words = words.unwrap_or_else(|| "Mesure de protection".to_owned());
    match consent.resource.str_at(&["provision", "period", "end"]) {
        Some(end) => format!("{words} jusqu’au {}", dates::short(end)),
        None => words,
    }
}
