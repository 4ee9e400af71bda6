//! What must reach carers whatever the level: the drug and its schedule, the allergy, what to do. Never the indication,
//! the author or the cause.

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

/// The facts of a resource, whatever its level: the store decides which are kept.
pub(super) fn facts(resource: &Value, consignes: Vec<String>) -> Vec<SafetyFact> {
    let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let drug = matches!(kind, "MedicationRequest" | "MedicationStatement" | "MedicationDispense");
    let named = match kind {
        _ if drug && is_active(resource) => {
            fact(SafetyKind::Drug, resource.get("medicationCodeableConcept"), dosage(resource))
        }
        "AllergyIntolerance" if is_allergy(resource) => {
            fact(SafetyKind::Allergy, resource.get("code"), str_of(resource, "criticality").map(str::to_owned))
        }
        _ => None,
    };
    let told = consignes.into_iter().map(|text| SafetyFact { kind: SafetyKind::Consigne, text, detail: None });
    named.into_iter().chain(told).collect()
}

fn fact(kind: SafetyKind, concept: Option<&Value>, detail: Option<String>) -> Option<SafetyFact> {
    let concept = concept?;
    let coding = concept.get("coding").and_then(|all| all.get(0));
    let text = str_of(concept, "text").or_else(|| coding.and_then(|coding| str_of(coding, "display")));
    Some(SafetyFact { kind, text: text?.to_owned(), detail })
}

fn str_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn is_active(resource: &Value) -> bool {
    matches!(str_of(resource, "status"), Some("active" | "on-hold" | "intended" | "in-progress" | "preparation"))
}

fn is_allergy(resource: &Value) -> bool {
    let codes = |key: &str| {
        let codings = resource.get(key).and_then(|concept| concept.get("coding")).and_then(Value::as_array);
        codings.into_iter().flatten().filter_map(|coding| str_of(coding, "code")).collect::<Vec<_>>()
    };
    let over = ["refuted", "entered-in-error", "inactive", "resolved"];
    !codes("clinicalStatus").iter().chain(&codes("verificationStatus")).any(|code| over.contains(code))
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
