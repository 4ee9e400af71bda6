//! Health: problems, treatments, allergies, figures.

use super::content::{self, Coded};
use super::person::{DOCTORS, NURSES, Person};
use jiff::civil::Date;
use serde_json::{Value, json};

const UCUM: &str = "http://unitsofmeasure.org";
const LOINC: &str = "http://loinc.org";

/// A figure taken from time to time: code, words, unit, least, span, tenths or not, per mille of chance a day.
type Vital = (&'static str, &'static str, &'static str, u64, u64, bool, [u64; 3]);

const VITALS: [&[Vital]; 3] = [
    &[
        ("29463-7", "Poids", "kg", 440, 350, true, [60, 33, 30]),
        ("8480-6", "Tension artérielle systolique", "mm[Hg]", 100, 70, false, [350, 60, 12]),
        ("8867-4", "Pouls", "/min", 56, 44, false, [350, 60, 12]),
        ("8310-5", "Température", "Cel", 361, 24, true, [250, 30, 8]),
        ("72514-3", "Douleur", "{score}", 0, 8, false, [150, 30, 6]),
    ],
    &[
        ("29463-7", "Poids", "kg", 220, 400, true, [40, 30, 30]),
        ("8302-2", "Taille", "cm", 110, 70, false, [0, 8, 8]),
        ("8310-5", "Température", "Cel", 361, 30, true, [80, 20, 6]),
    ],
    &[
        ("29463-7", "Poids", "kg", 480, 350, true, [80, 30, 20]),
        ("8480-6", "Tension artérielle systolique", "mm[Hg]", 105, 60, false, [120, 40, 12]),
        ("8867-4", "Pouls", "/min", 58, 50, false, [120, 40, 12]),
    ],
];

impl Person<'_> {
    pub(super) fn clinical(&mut self) {
        let conditions: &[Coded] = content::CONDITIONS.get(self.place).copied().unwrap_or_default();
        let medications: &[Coded] = content::MEDICATIONS.get(self.place).copied().unwrap_or_default();
        let author = self.by(DOCTORS);
        for (system, code, words) in conditions {
            if self.stream.chance(30) {
                let active = if self.stream.chance(85) { "active" } else { "resolved" };
                let value = json!({
                    "resourceType": "Condition", "id": self.stream.uuid(),
                    "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": active }] },
                    "code": { "coding": [{ "system": system, "code": code, "display": words }], "text": words },
                    "subject": self.subject(), "recordedDate": self.day(1_800).to_string()
                });
                self.add(author, None, value);
            }
        }
        for (system, code, words) in medications {
            if self.stream.chance(45) {
                let active = self.stream.chance(70);
                let when = *self.stream.pick(&["matin", "matin et soir", "au coucher", "si besoin"], &"matin");
                let value = json!({
                    "resourceType": "MedicationRequest", "id": self.stream.uuid(),
                    "status": if active { "active" } else { "stopped" }, "intent": "order",
                    "medicationCodeableConcept": { "coding": [{ "system": system, "code": code, "display": words }], "text": words },
                    "subject": self.subject(), "authoredOn": self.day(if active { 90 } else { 1_500 }).to_string(),
                    "dosageInstruction": [{ "text": when }]
                });
                self.add(author, None, value);
            }
        }
        if self.stream.chance(35) {
            let allergy = *self.stream.pick(&content::ALLERGIES, &"Latex");
            let value = json!({
                "resourceType": "AllergyIntolerance", "id": self.stream.uuid(),
                "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active" }] },
                "code": { "text": allergy }, "patient": self.subject(), "recordedDate": self.day(900).to_string()
            });
            self.add(author, None, value);
        }
    }

    pub(super) fn vitals(&mut self) {
        let author = self.by(NURSES);
        for vital in VITALS.get(self.place).copied().unwrap_or_default() {
            let [recent, year, older] = vital.6;
            // A person's own figure moves little from one time to the next.
            let own = self.stream.below(vital.4);
            for day in self.days(recent, year, older) {
                let moved = vital.3 + (own + self.stream.below(1 + vital.4 / 12)).min(vital.4);
                let value = self.vital(vital, moved, day);
                self.add(author, None, value);
            }
        }
    }

    fn vital(&mut self, (code, words, unit, _, _, tenths, _): &Vital, value: u64, day: Date) -> Value {
        let text = if *tenths { format!("{}.{}", value / 10, value % 10) } else { value.to_string() };
        let number: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let shown = match *unit {
            "Cel" => "°C",
            "mm[Hg]" => "mmHg",
            "{score}" => "/10",
            unit => unit,
        };
        json!({
            "resourceType": "Observation", "id": self.stream.uuid(), "status": "final",
            "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
            "code": { "coding": [{ "system": LOINC, "code": code }], "text": words },
            "subject": self.subject(), "effectiveDateTime": self.hour(day),
            "valueQuantity": { "value": number, "unit": shown, "system": UCUM, "code": unit }
        })
    }
}
