//! Invented persons of a benchmark: records of the size and the make-up of a general practitioner's, all from a number.

use serde_json::{Value, json};

/// System of the identifiers.
pub(super) const SYSTEM: &str = "urn:socle:mesure";
/// Resources of one person's bundle.
pub(super) const RESOURCES: u64 = 32;
const VISITS: u64 = 4;
/// Observations a visit.
const MEASURES: u64 = 6;
/// LOINC code, name, UCUM unit, least value.
const VITALS: [(&str, &str, &str, u64); 6] = [
    ("29463-7", "Poids", "kg", 45),
    ("8480-6", "Pression artérielle systolique", "mm[Hg]", 95),
    ("8867-4", "Fréquence cardiaque", "/min", 55),
    ("8310-5", "Température", "Cel", 36),
    ("59408-5", "Saturation en oxygène", "%", 90),
    ("2339-0", "Glucose", "mg/dL", 70),
];
const FAMILIES: [&str; 12] = [
    "Bernadac",
    "Vasselin",
    "Courtaud",
    "Tréhorel",
    "Lamirand",
    "Escoffre",
    "Quemener",
    "Faugeras",
    "Delcambre",
    "Ollivault",
    "Rigaudon",
    "Marchesin",
];
const GIVEN: [&str; 8] = ["Odette", "Marcel", "Yvonne", "Lucien", "Huguette", "Fernand", "Solange", "Gaston"];
const DRUGS: [(&str, &str); 3] =
    [("A02BC01", "Oméprazole 20 mg"), ("C08CA01", "Amlodipine 5 mg"), ("C10AA05", "Atorvastatine 10 mg")];

fn pick<T: Copy>(from: &[T], n: u64) -> Option<T> {
    let length = u64::try_from(from.len()).ok()?;
    from.get(usize::try_from(n % length).ok()?).copied()
}

/// Family name of a person: some twenty thousand different ones, a few letters in common.
pub(super) fn family(n: u64) -> String {
    format!("{}-{:04}", pick(&FAMILIES, n).unwrap_or_default(), n / 12 % 2_000)
}

/// Value of the identifier of a person.
pub(super) fn identifier(n: u64) -> String {
    format!("M{n:09}")
}

/// LOINC code of a kind of measure.
pub(super) fn vital(n: u64) -> &'static str {
    pick(&VITALS, n).map_or("", |(code, ..)| code)
}

/// The record of a person, as one transaction.
pub(super) fn bundle(n: u64) -> Value {
    let subject = json!({ "reference": uuid(n, 0) });
    let mut entries = vec![entry(n, 0, &patient(n))];
    for visit in 0..VISITS {
        let at = format!("{}-{:02}-{:02}", 2016 + visit * 3, n % 12 + 1, n % 28 + 1);
        let number = 1 + visit * (MEASURES + 1);
        entries.push(entry(n, number, &encounter(&subject, &at)));
        for measure in 0..MEASURES {
            let context = json!({ "reference": uuid(n, number) });
            let value = observation(n * 7 + visit, measure, &subject, Some(&context), &at);
            entries.push(entry(n, number + 1 + measure, &value));
        }
    }
    for (drug, (code, text)) in (0u64..).zip(DRUGS) {
        let value = json!({
            "resourceType": "MedicationStatement", "status": "active", "subject": subject,
            "medicationCodeableConcept": { "coding": [{ "system": "http://www.whocc.no/atc", "code": code }], "text": text },
            "effectivePeriod": { "start": "2024-02-01" }, "dosage": [{ "text": "1 comprimé le matin" }],
        });
        entries.push(entry(n, RESOURCES - 3 + drug, &value));
    }
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

fn patient(n: u64) -> Value {
    json!({
        "resourceType": "Patient", "active": true, "gender": if n.is_multiple_of(2) { "female" } else { "male" },
        "identifier": [{ "system": SYSTEM, "value": identifier(n) }],
        "name": [{ "use": "official", "family": family(n), "given": [pick(&GIVEN, n / 3)] }],
        "birthDate": format!("{}-{:02}-{:02}", 1930 + n % 40, n % 12 + 1, n % 28 + 1),
        "address": [{ "use": "home", "line": [format!("{} rue des Tilleuls", n % 90 + 1)], "city": "Vernaison",
                      "postalCode": "69390", "country": "FR" }],
        "telecom": [{ "system": "phone", "value": format!("04 99 00 {:02} {:02}", n / 100 % 100, n % 100) }],
    })
}

fn encounter(subject: &Value, at: &str) -> Value {
    json!({
        "resourceType": "Encounter", "status": "finished", "subject": subject,
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
        "type": [{ "text": "Consultation de suivi" }],
        "period": { "start": format!("{at}T09:00:00+01:00"), "end": format!("{at}T09:25:00+01:00") },
    })
}

/// A measure of a vital sign.
pub(super) fn observation(seed: u64, measure: u64, subject: &Value, encounter: Option<&Value>, at: &str) -> Value {
    let (code, text, unit, least) = pick(&VITALS, measure).unwrap_or(("", "", "", 0));
    let mut value = json!({
        "resourceType": "Observation", "status": "final", "subject": subject,
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                                    "code": "vital-signs", "display": "Vital Signs" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": code, "display": text }], "text": text },
        "effectiveDateTime": format!("{at}T09:{:02}:00+01:00", seed % 60),
        "issued": format!("{at}T09:{:02}:00.000+01:00", seed % 60),
        "valueQuantity": { "value": least + seed % 30, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit },
    });
    if let (Some(encounter), Some(map)) = (encounter, value.as_object_mut()) {
        map.insert("encounter".to_owned(), encounter.clone());
    }
    value
}

fn uuid(n: u64, entry: u64) -> String {
    format!("urn:uuid:5ac1e000-0000-4000-8000-{:012x}", n * 64 + entry)
}

fn entry(n: u64, number: u64, resource: &Value) -> Value {
    let kind = resource.get("resourceType").cloned();
    json!({ "fullUrl": uuid(n, number), "resource": resource, "request": { "method": "POST", "url": kind } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_its_announced_size_and_no_two_entries_of_one_name() {
        let bundle = bundle(41);
        let entries = bundle["entry"].as_array().unwrap();
        assert_eq!(entries.len() as u64, RESOURCES);
        let names: std::collections::BTreeSet<_> = entries.iter().map(|entry| entry["fullUrl"].to_string()).collect();
        assert_eq!(names.len(), entries.len());
        assert_ne!(super::bundle(42), bundle);
    }
}
