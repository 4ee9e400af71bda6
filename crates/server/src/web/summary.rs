//! One line on what an item says.

use fhir::Resource;
use fhir::json::Value;

/// Longest line, in letters.
const LONGEST: usize = 400;

/// What names an item, the best first.
const NAMES: [&str; 11] = [
    "code",
    "vaccineCode",
    "medicationCodeableConcept",
    "type",
    "serviceType",
    "event",
    "relationship",
    "class",
    "orderDetail",
    "scope",
    "category",
];
/// What an item says in words.
const WORDS: [&str; 9] = [
    "description",
    "title",
    "summary",
    "comment",
    "conclusion",
    "patientInstruction",
    "name",
    "purpose",
    "implicitRules",
];

/// The line. Empty parts are left out; what has none says so.
pub(crate) fn line(resource: &Resource) -> String {
    let mut parts: Vec<String> = warning(resource).map(str::to_owned).into_iter().collect();
    let name = match resource.kind().name() {
        // The text says it all, its filing comes last.
        "Communication" | "CommunicationRequest" => None,
        _ => NAMES.iter().find_map(|key| concept(resource.get(&[key])?)),
    };
    parts.extend(name);
    parts.extend(value(resource.object()));
    parts.extend(each(resource, "component", |one| {
        let name = one.get("code").and_then(concept)?;
        Some(format!("{name}\u{a0}: {}", value(one.as_object()?)?))
    }));
    parts.extend(each(resource, "payload", |one| text(one, "contentString")));
    parts.extend(each(resource, "dosageInstruction", |one| text(one, "text")));
    parts.extend(each(resource, "dosage", |one| text(one, "text")));
    parts.extend(each(resource, "reaction", |one| one.get("manifestation").and_then(concept)));
    parts.extend(each(resource, "content", |one| text(one.get("attachment")?, "title")));
    let said = |key: &&str| {
        let value = resource.get(&[key])?;
        value.as_str().map(str::to_owned).or_else(|| value.as_object().and_then(|_| concept(value)))
    };
    parts.extend(WORDS.iter().filter_map(said).take(1));
    parts.extend(each(resource, "note", |one| text(one, "text")));
    parts.dedup();
    let line = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    if line.is_empty() { "Sans texte".to_owned() } else { cut(&line) }
}

/// What turns the meaning of an item round: it has ended, was not done, is denied, or was written by mistake.
pub(crate) fn warning(resource: &Resource) -> Option<&'static str> {
    let code = |path: &[&str]| {
        let value = resource.get(path)?;
        let coded = value.get("coding").and_then(|all| all.get(0)).and_then(|one| one.get("code"));
        coded.or(Some(value)).and_then(Value::as_str)
    };
    if resource.get(&["doNotPerform"]).and_then(Value::as_bool) == Some(true) {
        return Some("NE PAS FAIRE");
    }
    let status = [code(&["verificationStatus"]), code(&["status"]), code(&["clinicalStatus"])];
    status.into_iter().flatten().find_map(|code| match code {
        "entered-in-error" => Some("Écrit par erreur"),
        "refuted" => Some("Écarté"),
        "unconfirmed" | "provisional" | "differential" => Some("À confirmer"),
        "not-done" => Some("Non fait"),
        "not-taken" => Some("Non pris"),
        "stopped" | "discontinued" => Some("Arrêté"),
        "revoked" => Some("Révoqué"),
        "rejected" => Some("Refusé"),
        "cancelled" => Some("Annulé"),
        "on-hold" | "suspended" => Some("Suspendu"),
        "declined" => Some("Décliné"),
        "noshow" => Some("Non venu"),
        "resolved" | "remission" => Some("Terminé"),
        "inactive" => Some("Inactif"),
        "draft" | "preliminary" | "registered" => Some("Provisoire"),
        "superseded" => Some("Remplacé"),
        _ => None,
    })
}

fn each(resource: &Resource, key: &str, read: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    match resource.get(&[key]) {
        Some(Value::Array(all)) => all.iter().filter_map(read).collect(),
        Some(one) => read(one).into_iter().collect(),
        None => Vec::new(),
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// A CodeableConcept, a Coding, or the first of several.
pub(crate) fn concept(value: &Value) -> Option<String> {
    match value {
        Value::Array(all) => all.iter().find_map(concept),
        Value::Object(_) => text(value, "text")
            .or_else(|| value.get("coding").and_then(concept))
            .or_else(|| text(value, "display"))
            .or_else(|| text(value, "code").map(|code| class(&code).map_or(code, str::to_owned))),
        _ => None,
    }
}

/// Classes of a stay, which mostly come without words.
fn class(code: &str) -> Option<&'static str> {
    match code {
        "AMB" => Some("En ambulatoire"),
        "IMP" => Some("En hébergement"),
        "HH" => Some("À domicile"),
        "VR" => Some("À distance"),
        "EMER" => Some("Urgence"),
        "SS" => Some("Hospitalisation de jour"),
        _ => None,
    }
}

/// `value[x]`.
pub(crate) fn value(object: &fhir::json::Object) -> Option<String> {
    let (key, value) = object.iter().find(|(key, _)| is_value(key))?;
    match key.as_str() {
        "valueQuantity" => quantity(value),
        "valueCodeableConcept" => concept(value),
        _ => match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(decimal(&number.to_string())),
            Value::Bool(yes) => Some(if *yes { "oui" } else { "non" }.to_owned()),
            _ => None,
        },
    }
}

fn is_value(key: &str) -> bool {
    matches!(
        key,
        "valueQuantity"
            | "valueString"
            | "valueCodeableConcept"
            | "valueBoolean"
            | "valueInteger"
            | "valueDecimal"
            | "valueDateTime"
            | "valueTime"
    )
}

fn quantity(value: &Value) -> Option<String> {
    let number = match value.get("value")? {
        Value::Number(number) => decimal(&number.to_string()),
        _ => return None,
    };
    let comparator = text(value, "comparator").map(|sign| format!("{sign}\u{a0}")).unwrap_or_default();
    let unit = text(value, "unit").or_else(|| text(value, "code")).unwrap_or_default();
    let unit = unit_words(&unit);
    let gap = if unit.is_empty() { "" } else { "\u{a0}" };
    Some(format!("{comparator}{number}{gap}{unit}"))
}

/// As people write it; a code of UCUM that is read by machines only is put in words, any other unit stays as it is.
fn unit_words(unit: &str) -> &str {
    match unit {
        "Cel" | "cel" | "[degC]" => "°C",
        "[degF]" => "°F",
        "mm[Hg]" => "mmHg",
        "cm[H2O]" => "cmH₂O",
        "/min" | "{beats}/min" | "{breaths}/min" | "{beat}/min" => "par minute",
        "kg/m2" => "kg/m²",
        "m2" => "m²",
        "10*9/L" => "G/L",
        "10*12/L" => "T/L",
        "umol/L" => "µmol/L",
        "ug" | "mcg" => "µg",
        "ug/L" => "µg/L",
        "[IU]" | "[iU]" => "UI",
        "[IU]/L" | "[iU]/L" => "UI/L",
        "[drp]" => "gouttes",
        "1" | "{score}" | "{count}" => "",
        "a" => "ans",
        "mo" => "mois",
        "wk" => "semaines",
        "d" => "j",
        other => other,
    }
}

/// With a comma, as in French.
fn decimal(number: &str) -> String {
    number.replace('.', ",")
}

fn cut(line: &str) -> String {
    shorten(line, LONGEST)
}

/// At most so many letters, whole words.
pub(crate) fn shorten(line: &str, longest: usize) -> String {
    if line.chars().count() <= longest {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(longest).collect();
    if let Some((whole, _)) = short.rsplit_once(' ') {
        short = whole.to_owned();
    }
    short.push('…');
    short
}

/// Whether the hour of an item's clinical date is known: not when that date is a day only.
pub(crate) fn has_hour(resource: &Resource, moment: i64) -> bool {
    let day_only = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        !text.contains('T') && fhir::date::interval(text).is_some_and(|(lo, hi)| lo == moment || hi == moment)
    };
    let period = |value: &Value| ["start", "end"].iter().any(|key| value.get(key).is_some_and(day_only));
    moment > app::UNDATED && !resource.object().values().any(|value| day_only(value) || period(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resource(value: Value) -> Resource {
        Resource::from_value(value).unwrap()
    }

    #[test]
    fn says_what_was_measured_and_what_was_written() {
        let weight = resource(json!({"resourceType": "Observation", "code": {"text": "Poids"},
            "valueQuantity": {"value": 61.5, "unit": "kg"}, "note": [{"text": "à jeun"}]}));
        assert_eq!(line(&weight), "Poids · 61,5\u{a0}kg · à jeun");
        let note = resource(json!({"resourceType": "Communication", "category": [{"text": "transmission"}],
            "payload": [{"contentString": "A bien dormi."}]}));
        assert_eq!(line(&note), "A bien dormi.");
        let warm = resource(json!({"resourceType": "Observation", "code": {"text": "Température"},
            "valueQuantity": {"value": 37.7, "unit": "Cel"}}));
        assert_eq!(line(&warm), "Température · 37,7\u{a0}°C");
        let score = resource(json!({"resourceType": "Observation", "code": {"text": "Douleur"},
            "valueQuantity": {"value": 3, "code": "{score}"}}));
        assert_eq!(line(&score), "Douleur · 3");
        let pressure = resource(json!({"resourceType": "Observation", "code": {"text": "Tension"}, "component": [
            {"code": {"text": "Systolique"}, "valueQuantity": {"value": 130, "unit": "mmHg"}}]}));
        assert_eq!(line(&pressure), "Tension · Systolique\u{a0}: 130\u{a0}mmHg");
    }

    #[test]
    fn never_leaves_a_line_empty_nor_endless() {
        assert_eq!(line(&resource(json!({"resourceType": "Flag"}))), "Sans texte");
        let long = resource(json!({"resourceType": "Flag", "code": {"text": "mot ".repeat(300)}}));
        assert!(line(&long).chars().count() <= LONGEST + 1 && line(&long).ends_with('…'));
    }

    #[test]
    fn a_day_has_no_hour() {
        let moment = |text: &str| fhir::date::interval(text).unwrap().0;
        let day = resource(json!({"resourceType": "Condition", "recordedDate": "2026-01-02"}));
        assert!(!has_hour(&day, moment("2026-01-02")));
        let stay = resource(json!({"resourceType": "Encounter", "period": {"start": "2026-01-02"}}));
        assert!(!has_hour(&stay, moment("2026-01-02")));
        let sent = resource(json!({"resourceType": "Communication", "sent": "2026-01-02T10:00:00Z"}));
        assert!(has_hour(&sent, moment("2026-01-02T10:00:00Z")));
    }
}
