//! The people of the demo and their records.

use super::content::{self, Coded, Writing};
use super::names;
use super::random::Stream;
use super::staff::PLACES;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

const UCUM: &str = "http://unitsofmeasure.org";
/// Logins, by place.
const DOCTORS: [&str; 3] = ["medco", "lea", "medecin"];
const NURSES: [&str; 3] = ["ines", "lea", "infirmier"];
const CLERKS: [&str; 3] = ["secretariat", "nadia", "infirmier"];
const LOINC: &str = "http://loinc.org";

/// One person's record: the Patient first, then what points at it.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// Index in [`PLACES`].
    pub place: usize,
    /// Resources, each with its author's login.
    pub resources: Vec<(&'static str, Value)>,
    /// Kind of writing of each resource, for the floors of the labeler; same order.
    pub kinds: Vec<Option<&'static str>>,
}

/// Every record of the demo at a date.
pub fn dossiers(seed: u64, at: Date) -> Vec<Dossier> {
    PLACES
        .iter()
        .enumerate()
        .flat_map(|(place, described)| (0..described.people).map(move |rank| dossier(seed, at, place, rank)))
        .collect()
}

struct Person<'a> {
    stream: Stream,
    place: usize,
    id: String,
    at: Date,
    out: &'a mut Dossier,
}

fn dossier(seed: u64, at: Date, place: usize, rank: usize) -> Dossier {
    let branch = (place as u64 + 1) * 1_000 + rank as u64;
    let mut stream = Stream::new(seed, branch);
    let id = stream.uuid();
    let mut out = Dossier { place, resources: Vec::new(), kinds: Vec::new() };
    let mut person = Person { stream, place, id, at, out: &mut out };
    person.patient(rank);
    person.stay();
    person.coded();
    person.vitals();
    person.writings();
    out
}

impl Person<'_> {
    fn add(&mut self, author: &'static str, kind: Option<&'static str>, value: Value) {
        self.out.resources.push((author, value));
        self.out.kinds.push(kind);
    }

    /// Who does this work at the person's place.
    fn by(&self, [ehpad, ime, csapa]: [&'static str; 3]) -> &'static str {
        match self.place {
            0 => ehpad,
            1 => ime,
            _ => csapa,
        }
    }

    fn subject(&self) -> Value {
        json!({ "reference": format!("Patient/{}", self.id) })
    }

    fn day(&mut self, within: u64) -> Date {
        let back = i64::try_from(self.stream.below(within)).unwrap_or(0);
        self.at.checked_sub(back.days()).unwrap_or(self.at)
    }

    fn moment(&mut self, within: u64) -> String {
        let day = self.day(within);
        let (hour, minute) = (6 + self.stream.below(15), self.stream.below(60));
        format!("{day}T{hour:02}:{minute:02}:00Z")
    }

    fn patient(&mut self, rank: usize) {
        let woman = self.stream.chance(if self.place == 0 { 72 } else { 40 });
        let given = match (self.place, woman) {
            (0, true) => *self.stream.pick(&names::WOMEN_OLD, &"Odette"),
            (0, false) => *self.stream.pick(&names::MEN_OLD, &"Lucien"),
            (1, true) => *self.stream.pick(&names::GIRLS, &"Lina"),
            (1, false) => *self.stream.pick(&names::BOYS, &"Nolan"),
            (_, true) => *self.stream.pick(&names::WOMEN, &"Laure"),
            (_, false) => *self.stream.pick(&names::MEN, &"Yann"),
        };
        let family = *self.stream.pick(&names::SURNAMES, &"Marchand");
        let (youngest, span) = match self.place {
            0 => (78, 22),
            1 => (7, 12),
            _ => (22, 40),
        };
        let age = youngest + i64::try_from(self.stream.below(span)).unwrap_or(0);
        let born = self.day(360).checked_sub(age.years()).unwrap_or(self.at);
        let value = json!({
            "resourceType": "Patient",
            "id": self.id,
            "identifier": [
                { "use": "official", "type": { "coding": [{ "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203", "code": "INS-NIR" }] },
                  "system": "urn:oid:1.2.250.1.213.1.4.10", "value": self.ins(woman, born) },
                { "use": "usual", "system": format!("urn:oid:1.2.250.1.71.4.2.2.{}", self.place), "value": format!("D{:05}", (self.place + 1) * 1000 + rank) }
            ],
            "active": true,
            "name": [{ "use": "official", "family": family, "given": [given], "text": format!("{given} {family}") }],
            "gender": if woman { "female" } else { "male" },
            "birthDate": born.to_string(),
            "managingOrganization": { "reference": format!("Organization/demo-{}", PLACES.get(self.place).map_or("ehpad", |p| p.profile)) },
        });
        self.add(self.by(CLERKS), None, value);
    }

    /// An invented number in the form of a NIR, with its key (97 − number mod 97); department 99 does not exist.
    fn ins(&mut self, woman: bool, born: Date) -> String {
        let sex = if woman { 2 } else { 1 };
        let number: u64 = format!(
            "{sex}{:02}{:02}99{:03}{:03}",
            born.year().rem_euclid(100),
            born.month(),
            self.stream.below(990) + 1,
            self.stream.below(990) + 1
        )
        .parse()
        .unwrap_or(1);
        format!("{number}{:02}", 97 - number % 97)
    }

    fn stay(&mut self) {
        let since = self.day(1_500);
        let uuid = self.stream.uuid();
        let value = json!({
            "resourceType": "Encounter", "id": uuid, "status": "in-progress",
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": if self.place == 2 { "AMB" } else { "IMP" } },
            "subject": self.subject(), "period": { "start": since.to_string() }
        });
        self.add(self.by(CLERKS), None, value);
    }

    fn coded(&mut self) {
        let conditions: &[Coded] = content::CONDITIONS.get(self.place).copied().unwrap_or_default();
        let medications: &[Coded] = content::MEDICATIONS.get(self.place).copied().unwrap_or_default();
        let author = self.by(DOCTORS);
        let (skip, every) = (self.stream.below(3), 2 + self.stream.below(2));
        for (index, (system, code, words)) in conditions.iter().enumerate() {
            if !(index as u64 + skip).is_multiple_of(every) {
                continue;
            }
            let value = json!({
                "resourceType": "Condition", "id": self.stream.uuid(),
                "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active" }] },
                "code": { "coding": [{ "system": system, "code": code, "display": words }], "text": words },
                "subject": self.subject(), "recordedDate": self.day(900).to_string()
            });
            self.add(author, None, value);
        }
        for (index, (system, code, words)) in medications.iter().enumerate() {
            if !(index as u64 + skip).is_multiple_of(2) {
                continue;
            }
            let value = json!({
                "resourceType": "MedicationRequest", "id": self.stream.uuid(), "status": "active", "intent": "order",
                "medicationCodeableConcept": { "coding": [{ "system": system, "code": code, "display": words }], "text": words },
                "subject": self.subject(), "authoredOn": self.day(200).to_string(),
                "dosageInstruction": [{ "text": "1 matin" }]
            });
            self.add(author, None, value);
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

    fn vitals(&mut self) {
        let author = self.by(NURSES);
        for _ in 0..4 {
            let weight = 480 + self.stream.below(350);
            let value = self.vital("29463-7", "Poids", &format!("{}.{}", weight / 10, weight % 10), "kg");
            self.add(author, None, value);
            let pulse = 58 + self.stream.below(40);
            let value = self.vital("8867-4", "Pouls", &pulse.to_string(), "/min");
            self.add(author, None, value);
        }
    }

    fn vital(&mut self, code: &str, words: &str, value: &str, unit: &str) -> Value {
        let number: Value = serde_json::from_str(value).unwrap_or(Value::Null);
        json!({
            "resourceType": "Observation", "id": self.stream.uuid(), "status": "final",
            "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
            "code": { "coding": [{ "system": LOINC, "code": code }], "text": words },
            "subject": self.subject(), "effectiveDateTime": self.moment(120),
            "valueQuantity": { "value": number, "unit": unit, "system": UCUM, "code": unit }
        })
    }

    fn writings(&mut self) {
        let all: &[Writing] = match self.place {
            0 => content::EHPAD,
            1 => content::IME,
            _ => content::CSAPA,
        };
        for _ in 0..10 {
            let Some(first) = all.first() else { return };
            let writing = *self.stream.pick(all, first);
            let value = json!({
                "resourceType": "Communication", "id": self.stream.uuid(), "status": "completed",
                "category": [{ "text": writing.kind }],
                "subject": self.subject(), "sent": self.moment(45),
                "sender": { "reference": format!("Practitioner/demo-{}", writing.login) },
                "payload": [{ "contentString": writing.text }]
            });
            self.add(writing.login, Some(writing.kind), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn same_seed_and_date_give_the_same_records() {
        let at = date(2026, 11, 23);
        let (one, two) = (dossiers(3, at), dossiers(3, at));
        assert_eq!(one.len(), 38);
        let flat = |all: &[Dossier]| all.iter().flat_map(|d| d.resources.clone()).map(|r| r.1).collect::<Vec<_>>();
        assert_eq!(flat(&one), flat(&two));
        assert_ne!(flat(&one), flat(&dossiers(4, at)));
    }

    #[test]
    fn every_resource_has_an_id_of_its_own() {
        let all = dossiers(1, date(2026, 11, 23));
        let ids: Vec<_> = all.iter().flat_map(|d| &d.resources).map(|r| r.1["id"].as_str().unwrap()).collect();
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
    }

    #[test]
    fn everyone_writes_where_they_work() {
        for dossier in dossiers(2, date(2026, 11, 23)) {
            for (login, _) in dossier.resources {
                let account = super::super::accounts().iter().find(|account| account.login == login).unwrap();
                assert!(account.related && account.place == dossier.place, "{login}");
            }
        }
    }

    #[test]
    fn every_number_in_the_form_of_a_nir_has_a_right_key() {
        for dossier in dossiers(9, date(2026, 11, 23)) {
            let ins = dossier.resources[0].1["identifier"][0]["value"].as_str().unwrap().to_owned();
            assert_eq!(ins.len(), 15, "{ins}");
            let (number, key) = ins.split_at(13);
            assert_eq!(97 - number.parse::<u64>().unwrap() % 97, key.parse::<u64>().unwrap());
        }
    }
}
