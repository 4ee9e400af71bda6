//! Health: problems, treatments, allergies, dependence, figures.

use super::content::{self, Coded};
use super::duty;
use super::person::{DOCTORS, Part, Person, instant};
use jiff::civil::Date;
use serde_json::{Value, json};

const UCUM: &str = "http://unitsofmeasure.org";
const LOINC: &str = "http://loinc.org";

/// A figure taken from time to time.
struct Vital {
    code: &'static str,
    words: &'static str,
    unit: &'static str,
    least: u64,
    /// How far the figures of two people may be apart, and two figures of one person.
    spans: (u64, u64),
    /// So many times in a hundred, it leaps by this much.
    leap: (u64, u64),
    tenths: bool,
    /// Per mille of chance a day: lately, within a year, before.
    rates: [u64; 3],
}

const fn vital(
    (code, words, unit): (&'static str, &'static str, &'static str),
    least: u64,
    spans: (u64, u64),
    leap: (u64, u64),
    rates: [u64; 3],
) -> Vital {
    let tenths = least > 110 || unit.len() == 2;
    Vital { code, words, unit, least, spans, leap, tenths, rates }
}

const WEIGHT: (&str, &str, &str) = ("29463-7", "Poids", "kg");
const HEIGHT: (&str, &str, &str) = ("8302-2", "Taille", "cm");
const PRESSURE: (&str, &str, &str) = ("8480-6", "Tension artérielle systolique", "mm[Hg]");
const PULSE: (&str, &str, &str) = ("8867-4", "Pouls", "/min");
const TEMPERATURE: (&str, &str, &str) = ("8310-5", "Température", "Cel");
const PAIN: (&str, &str, &str) = ("72514-3", "Douleur", "{score}");

const VITALS: [&[Vital]; 3] = [
    &[
        vital(WEIGHT, 440, (350, 14), (0, 0), [60, 33, 30]),
        vital(PRESSURE, 100, (55, 18), (2, 25), [350, 60, 12]),
        vital(PULSE, 56, (36, 12), (2, 20), [350, 60, 12]),
        vital(TEMPERATURE, 361, (6, 6), (2, 18), [250, 30, 8]),
        vital(PAIN, 0, (4, 3), (3, 3), [150, 30, 6]),
    ],
    &[
        vital(WEIGHT, 220, (400, 10), (0, 0), [40, 30, 30]),
        vital(HEIGHT, 110, (70, 2), (0, 0), [0, 8, 8]),
        vital(TEMPERATURE, 361, (6, 6), (6, 18), [80, 20, 6]),
    ],
    &[
        vital(WEIGHT, 480, (350, 20), (0, 0), [80, 30, 20]),
        vital(PRESSURE, 105, (50, 15), (3, 20), [120, 40, 12]),
        vital(PULSE, 58, (40, 14), (3, 20), [120, 40, 12]),
    ],
];

impl Person {
    pub(super) fn clinical(&mut self) {
        for coded in content::CONDITIONS.get(self.place).copied().unwrap_or_default() {
            self.condition(coded);
        }
        for coded in content::MEDICATIONS.get(self.place).copied().unwrap_or_default() {
            self.treatment(coded);
        }
        if self.stream.chance(33) || (self.first && self.place != 2) {
            self.allergy();
        }
    }

    fn suits(&mut self, coded: &Coded) -> bool {
        (coded.of.is_empty() || self.is(coded.of)) && self.stream.chance(coded.percent)
    }

    fn condition(&mut self, coded: &Coded) {
        if !self.suits(coded) {
            return;
        }
        let active = if self.stream.chance(90) { "active" } else { "resolved" };
        let value = json!({
            "resourceType": "Condition", "id": self.stream.uuid(),
            "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": active }] },
            "code": concept(coded), "subject": self.subject(), "recordedDate": self.day(1_800).to_string()
        });
        self.add(self.by(DOCTORS), None, value);
    }

    fn treatment(&mut self, coded: &Coded) {
        if !self.suits(coded) {
            return;
        }
        let active = self.stream.chance(75);
        let when = *self.stream.pick(&["matin", "matin et soir", "au coucher", "matin, midi et soir"], &"matin");
        let value = json!({
            "resourceType": "MedicationRequest", "id": self.stream.uuid(),
            "status": if active { "active" } else { "stopped" }, "intent": "order",
            "medicationCodeableConcept": concept(coded),
            "subject": self.subject(), "authoredOn": self.day(if active { 90 } else { 1_500 }).to_string(),
            "dosageInstruction": [{ "text": when }]
        });
        self.add(self.by(DOCTORS), None, value);
    }

    fn allergy(&mut self) {
        let fallback = ("Latex", "Urticaire", true);
        let (to, reaction, severe) = *self.stream.pick(&content::ALLERGIES, &fallback);
        let value = json!({
            "resourceType": "AllergyIntolerance", "id": self.stream.uuid(),
            "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active" }] },
            "criticality": if severe { "high" } else { "low" },
            "code": { "text": to }, "patient": self.subject(), "recordedDate": self.day(900).to_string(),
            "reaction": [{ "manifestation": [{ "text": reaction }], "severity": if severe { "severe" } else { "mild" } }]
        });
        self.add(self.by(DOCTORS), None, value);
    }

    /// The GIR of a resident, once a year: it seldom gets better.
    pub(super) fn dependence(&mut self) {
        if self.place != 0 {
            return;
        }
        let mut gir = 1 + self.stream.below(if self.unit == 2 { 3 } else { 5 });
        let month = self.stream.below(300);
        for year in 0..1 + self.stream.below(5) {
            let day = self.ago(1 + month + 365 * year);
            let value = json!({
                "resourceType": "Observation", "id": self.stream.uuid(), "status": "final",
                "code": { "coding": [{ "system": "urn:socle:scale", "code": "gir" }], "text": "GIR" },
                "subject": self.subject(), "effectiveDateTime": instant(self.moment(day)), "valueInteger": gir
            });
            self.add(self.by(DOCTORS), None, value);
            gir = (gir + self.stream.below(2)).min(6);
        }
    }

    /// The figures taken on one day, by a nurse who is there.
    pub(super) fn vitals(&mut self, day: Date, back: i64) {
        self.begin(day, Part::Vitals);
        let nurses = duty::present(self.place, self.unit, "ide", day);
        for (vital, own) in VITALS.get(self.place).copied().unwrap_or_default().iter().zip(self.own) {
            for _ in 0..self.times(back, vital.rates) {
                let pick = usize::try_from(self.stream.below(nurses.len() as u64)).unwrap_or(0);
                let Some(nurse) = nurses.get(pick) else { continue };
                let mut number = vital.least + own % vital.spans.0 + self.stream.below(vital.spans.1);
                if self.stream.chance(vital.leap.0) {
                    number += vital.leap.1;
                }
                let at = self.between(nurse.starts, nurse.ends);
                let value = self.vital(vital, number, at);
                if self.keeps(at) {
                    self.add(nurse.account.login, None, value);
                }
            }
        }
    }

    fn vital(&mut self, vital: &Vital, value: u64, at: i64) -> Value {
        let text = if vital.tenths { format!("{}.{}", value / 10, value % 10) } else { value.to_string() };
        let number: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let shown = match vital.unit {
            "Cel" => "°C",
            "mm[Hg]" => "mmHg",
            "{score}" => "/10",
            unit => unit,
        };
        json!({
            "resourceType": "Observation", "id": self.stream.uuid(), "status": "final",
            "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
            "code": { "coding": [{ "system": LOINC, "code": vital.code }], "text": vital.words },
            "subject": self.subject(), "effectiveDateTime": instant(at),
            "valueQuantity": { "value": number, "unit": shown, "system": UCUM, "code": vital.unit }
        })
    }
}

fn concept(Coded { system, code, words, .. }: &Coded) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": words }], "text": words })
}
