//! The Composition of a document of a person: sections, their entries, one line on each.

use crate::cx::Cx;
use crate::error::Result;
use confidentiality::Level;
use fhir::json::Value;
use fhir::{Resource, ResourceType};
use serde_json::json;
use store::Version;

const LOINC: &str = "http://loinc.org";
type Code = (&'static str, &'static str);
type Row = (&'static str, Option<Code>, &'static [&'static str], bool);

/// Title, LOINC code and its name where there is one that says no more and no less, types, whether it is always there.
const SECTIONS: [Row; 10] = [
    (
        "Allergies et intolérances",
        Some(("48765-2", "Allergies and adverse reactions Document")),
        &["AllergyIntolerance"],
        true,
    ),
    ("Points d’attention", None, &["Flag"], false),
    ("Problèmes de santé", Some(("11450-4", "Problem list - Reported")), &["Condition"], true),
    (
        "Traitements",
        Some(("10160-0", "History of Medication use Narrative")),
        &["MedicationRequest", "MedicationStatement"],
        true,
    ),
    ("Vaccinations", Some(("11369-6", "History of Immunization note")), &["Immunization"], false),
    ("Dispositifs et aides", Some(("46264-8", "History of medical device use")), &["DeviceUseStatement"], false),
    ("Volontés, consentements et mesures de protection", None, &["Consent"], false),
    ("Projet et objectifs", Some(("18776-5", "Plan of care note")), &["CarePlan", "Goal"], false),
    ("Dernières mesures (90 jours)", None, &["Observation"], false),
    ("Proches et représentants", None, &["RelatedPerson"], false),
];
/// What names an item, the best first.
const NAMES: [&str; 9] = [
    "code",
    "vaccineCode",
    "medicationCodeableConcept",
    "scope",
    "relationship",
    "description",
    "title",
    "category",
    "bodySite",
];

/// Makes the Composition. `level`: of the most sensitive thing in it.
pub(super) fn composition(cx: &Cx, patient: &Resource, items: &[Version], level: Level) -> Result<Resource> {
    let subject = format!("{}/{}", ResourceType::PATIENT, patient.id().unwrap_or_default());
    let sections: Vec<Value> = SECTIONS
        .iter()
        .filter_map(|(title, code, kinds, always)| section(title, *code, &items_of(items, kinds), *always))
        .collect();
    let author = match (&cx.signer().practitioner, cx.signer().display.as_str()) {
        (Some(id), display) => json!({ "reference": format!("Practitioner/{id}"), "display": display }),
        (None, _) => json!({ "type": "Device", "display": "Socle" }),
    };
    let composition = json!({
        "resourceType": "Composition",
        "id": cx.fresh_id(),
        "status": "final",
        "type": { "coding": [{ "system": LOINC, "code": "60591-5", "display": "Patient summary Document" }] },
        "subject": { "reference": subject },
        "date": fhir::date::instant(cx.now()),
        "author": [author],
        "title": "Synthèse du dossier",
        "confidentiality": confidentiality(level),
        "section": sections,
    });
    Ok(Resource::from_value(composition)?)
}

/// The code of `v3-Confidentiality`.
fn confidentiality(level: Level) -> &'static str {
    match level {
        Level::Open | Level::Daily | Level::Standard => "N",
        Level::Sensitive => "R",
        Level::VerySensitive => "V",
    }
}

fn items_of<'a>(items: &'a [Version], kinds: &[&str]) -> Vec<&'a Resource> {
    let wanted = items.iter().map(|item| &item.resource).filter(|item| kinds.contains(&item.kind().name()));
    wanted.collect()
}

/// A section; the same words whether there is nothing or nothing for this reader.
fn section(title: &str, code: Option<Code>, items: &[&Resource], always: bool) -> Option<Value> {
    if items.is_empty() && !always {
        return None;
    }
    let mut section = json!({ "title": title });
    let object = section.as_object_mut()?;
    if let Some((code, display)) = code {
        let coding = json!([{ "system": LOINC, "code": code, "display": display }]);
        object.insert("code".into(), json!({ "coding": coding }));
    }
    let lines: String = items.iter().map(|item| format!("<li>{}</li>", escaped(&name(item)))).collect();
    let text = if items.is_empty() { "<p>Rien qui figure ici.</p>".to_owned() } else { format!("<ul>{lines}</ul>") };
    let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"fr\">{text}</div>");
    object.insert("text".into(), json!({ "status": "generated", "div": div }));
    if items.is_empty() {
        let system = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
        object.insert("emptyReason".into(), json!({ "coding": [{ "system": system, "code": "unavailable" }] }));
    } else {
        let entry =
            |item: &&Resource| json!({ "reference": format!("{}/{}", item.kind(), item.id().unwrap_or_default()) });
        object.insert("entry".into(), items.iter().map(entry).collect());
    }
    Some(section)
}

/// What an item is called.
fn name(resource: &Resource) -> String {
    let named = NAMES.iter().find_map(|key| concept(resource.get(&[key])?));
    let person = || {
        let name = resource.get(&["name"])?.get(0)?;
        let text = |key: &str| name.get(key).and_then(Value::as_str);
        text("text").or(text("family")).map(str::to_owned)
    };
    let value = resource.get(&["valueQuantity"]).and_then(|quantity| {
        let unit = quantity.get("unit").and_then(Value::as_str).unwrap_or_default();
        Some(format!("{} {unit}", quantity.get("value")?).trim().to_owned())
    });
    let parts: Vec<String> = [person(), named, value].into_iter().flatten().collect();
    if parts.is_empty() { resource.kind().to_string() } else { parts.join(" : ") }
}

/// The words of a concept, or a text.
fn concept(value: &Value) -> Option<String> {
    let value = value.get(0).unwrap_or(value);
    let coding = || {
        let coding = value.get("coding")?.get(0)?;
        coding.get("display").or_else(|| coding.get("code"))
    };
    let text = value.as_str().or_else(|| value.get("text").or_else(coding)?.as_str())?;
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// As text of XHTML; what XML does not take is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().filter(|c| !c.is_control()) {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}
