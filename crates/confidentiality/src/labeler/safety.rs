//! What must reach carers whatever the level: the drug and its schedule, the allergy, what to do. Never the indication,
//! the author or the cause. What is over, or was written by mistake, says nothing.

use serde_json::Value;

/// What a safety fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SafetyKind {
    /// An active drug.
    Drug,
    /// An allergy or intolerance.
    Allergy,
    /// What to do: watch, isolate.
    Consigne,
    /// The very words of a point of attention (`Flag`). They may say a cause: told while the item is at most at level 2.
    Alert,
}

/// One fact of the safety projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafetyFact {
    /// What it is about.
    pub kind: SafetyKind,
    /// Drug, substance, or the sentence that says what to do.
    pub text: String,
    /// Dose and schedule of a drug, as prescribed; severity of an allergy.
    pub detail: Option<String>,
}

/// Of something that lasts, the statuses that say that it is over, was never so, or is not yet so; that of what was done is
/// among them.
pub const OVER: [&str; 16] = [
    DONE,
    "achieved",
    "entered-in-error",
    "inactive",
    "resolved",
    "remission",
    "refuted",
    "stopped",
    "cancelled",
    "revoked",
    "rejected",
    "declined",
    "not-taken",
    "superseded",
    "draft",
    "proposed",
];
/// What lasts and is over, or has happened: the type of resource tells which.
const DONE: &str = "completed";
/// What lasts until it is completed; anything else that is completed has happened.
const ASKED: [&str; 8] = [
    "MedicationRequest",
    "MedicationStatement",
    "MedicationDispense",
    "CarePlan",
    "ServiceRequest",
    "Task",
    "NutritionOrder",
    "DeviceRequest",
];
const STATUSES: [&str; 4] = ["status", "clinicalStatus", "verificationStatus", "lifecycleStatus"];
/// A danger without a name is still a danger.
const UNNAMED_DRUG: &str = "Traitement sans nom lisible";
/// Not to be given for now.
const HELD: &str = "Suspendu";
const UNNAMED_ALLERGY: &str = "Allergie sans substance précisée";

/// The facts of a resource, whatever its level.
pub(super) fn facts(resource: &Value, consignes: Vec<String>) -> Vec<SafetyFact> {
    if is_over(resource) {
        return Vec::new();
    }
    let named = match str_of(resource, "resourceType").unwrap_or_default() {
        "MedicationRequest" | "MedicationStatement" | "MedicationDispense" => Some(drug(resource)),
        "AllergyIntolerance" => Some(allergy(resource)),
        "Flag" => alert(resource),
        _ => None,
    };
    let told = consignes.into_iter().map(|text| SafetyFact { kind: SafetyKind::Consigne, text, detail: None });
    named.into_iter().chain(told).collect()
}

/// True of what its own status ends; a date that ends it is the store's to compare with the day.
fn is_over(resource: &Value) -> bool {
    let asked = str_of(resource, "resourceType").is_some_and(|kind| ASKED.contains(&kind));
    let over = |code: &str| OVER.contains(&code) && (code != DONE || asked);
    STATUSES.iter().filter_map(|key| resource.get(key)).any(|status| match status.as_str() {
        Some(code) => over(code),
        None => codings(status).filter_map(|coding| str_of(coding, "code")).any(over),
    })
}

/// The drug, or, where the order is not to give it, that order.
fn drug(resource: &Value) -> SafetyFact {
    let concept = resource.get("medicationCodeableConcept").and_then(words);
    let reference = || resource.get("medicationReference").and_then(|reference| referred(resource, reference));
    let name = concept.or_else(reference).unwrap_or_else(|| UNNAMED_DRUG.to_owned());
    if resource.get("doNotPerform").and_then(Value::as_bool) == Some(true) {
        return SafetyFact { kind: SafetyKind::Consigne, text: format!("Ne pas donner : {name}"), detail: None };
    }
    let held = (str_of(resource, "status") == Some("on-hold")).then(|| HELD.to_owned());
    let detail: Vec<String> = held.into_iter().chain(dosage(resource)).collect();
    SafetyFact { kind: SafetyKind::Drug, text: name, detail: (!detail.is_empty()).then(|| detail.join(" ; ")) }
}

/// The name of a drug described elsewhere: inside the resource, or by the reference itself.
fn referred(resource: &Value, reference: &Value) -> Option<String> {
    let id = str_of(reference, "reference").and_then(|text| text.strip_prefix('#'));
    let contained = resource.get("contained").and_then(Value::as_array).into_iter().flatten();
    let inside = id.and_then(|id| contained.into_iter().find(|one| str_of(one, "id") == Some(id)));
    let named = inside.and_then(|medication| medication.get("code")).and_then(words);
    named.or_else(|| str_of(reference, "display").map(str::to_owned))
}

/// What AllergyIntolerance says by a code of SNOMED CT when there is none, as FHIR R4 has it written, in French words.
const NO_ALLERGY: [(&str, &str); 4] = [
    ("716186003", "Pas d’allergie connue"),
    ("409137002", "Pas d’allergie médicamenteuse connue"),
    ("429625007", "Pas d’allergie alimentaire connue"),
    ("428607008", "Pas d’allergie connue à l’environnement"),
];

/// The words for a code of SNOMED CT by which somebody notes that there is no allergy.
#[must_use]
pub fn no_allergy(code: &str) -> Option<&'static str> {
    NO_ALLERGY.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

/// Whether a fact about allergies says that there is none.
#[must_use]
pub fn is_no_allergy(text: &str) -> bool {
    NO_ALLERGY.iter().any(|(_, words)| *words == text)
}

fn allergy(resource: &Value) -> SafetyFact {
    let none = codings(resource.get("code").unwrap_or(&Value::Null)).filter_map(|one| str_of(one, "code"));
    if let Some(words) = none.filter_map(no_allergy).next() {
        return SafetyFact { kind: SafetyKind::Allergy, text: words.to_owned(), detail: None };
    }
    let reactions = resource.get("reaction").and_then(Value::as_array).into_iter().flatten();
    let substance = || reactions.filter_map(|one| one.get("substance")).find_map(words);
    let text = resource.get("code").and_then(words).or_else(substance).unwrap_or_else(|| UNNAMED_ALLERGY.to_owned());
    SafetyFact { kind: SafetyKind::Allergy, text, detail: str_of(resource, "criticality").map(str::to_owned) }
}

fn alert(resource: &Value) -> Option<SafetyFact> {
    let text = resource.get("code").and_then(words)?;
    Some(SafetyFact { kind: SafetyKind::Alert, text, detail: None })
}

/// What a concept says: its words, else those of a code, else a code.
fn words(concept: &Value) -> Option<String> {
    let display = || codings(concept).find_map(|coding| str_of(coding, "display"));
    let code = || codings(concept).find_map(|coding| str_of(coding, "code"));
    str_of(concept, "text").or_else(display).or_else(code).map(str::to_owned)
}

fn codings(concept: &Value) -> impl Iterator<Item = &Value> {
    concept.get("coding").and_then(Value::as_array).into_iter().flatten()
}

/// A text that says something.
fn str_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// Dose and schedule as the prescriber wrote them: the text of a dosage, else its numbers.
fn dosage(resource: &Value) -> Option<String> {
    let list = resource.get("dosageInstruction").or_else(|| resource.get("dosage"))?.as_array()?;
    let one = |dosage: &Value| {
        let quantity = dosage.get("doseAndRate").and_then(|all| all.get(0)).and_then(|rate| rate.get("doseQuantity"));
        let value = quantity.and_then(|quantity| quantity.get("value")).map(ToString::to_string);
        let dose =
            value.map(|value| format!("{value} {}", quantity.and_then(|q| str_of(q, "unit")).unwrap_or_default()));
        str_of(dosage, "text").map(str::to_owned).or(dose)
    };
    let all: Vec<_> = list.iter().filter_map(one).collect();
    (!all.is_empty()).then(|| all.join(" ; "))
}
