//! The people of the demo: who they are, where they live, who is around them.

use super::names;
use super::person::{CLERKS, Person};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

/// The youngest of each unit, and over how many years they are spread.
const AGES: [&[(i64, u64)]; 3] = [&[(78, 22), (76, 23), (74, 22)], &[(7, 5), (12, 4), (16, 4)], &[(22, 40), (26, 30)]];

impl Person {
    pub(super) fn patient(&mut self) {
        let given = match (self.place, self.woman) {
            (0, true) => *self.stream.pick(&names::WOMEN_OLD, &"Odette"),
            (0, false) => *self.stream.pick(&names::MEN_OLD, &"Lucien"),
            (1, true) => *self.stream.pick(&names::GIRLS, &"Lina"),
            (1, false) => *self.stream.pick(&names::BOYS, &"Nolan"),
            (_, true) => *self.stream.pick(&names::WOMEN, &"Laure"),
            (_, false) => *self.stream.pick(&names::MEN, &"Yann"),
        };
        let family = *self.stream.pick(&names::SURNAMES, &"Marchand");
        let (youngest, span) = AGES.get(self.place).and_then(|ages| ages.get(self.unit)).copied().unwrap_or((30, 30));
        let age = youngest + i64::try_from(self.stream.below(span)).unwrap_or(0);
        let born = self.day(360).checked_sub(age.years()).unwrap_or(self.edition.at);
        let number = (self.place + 1) * 1_000 + self.rank;
        let value = json!({
            "resourceType": "Patient",
            "id": self.id,
            "identifier": [
                { "use": "official", "type": { "coding": [{ "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203", "code": "INS-NIR" }] },
                  "system": "urn:oid:1.2.250.1.213.1.4.10", "value": self.ins(born) },
                { "use": "usual", "system": format!("urn:oid:1.2.250.1.71.4.2.2.{}", self.place), "value": format!("D{number:05}") }
            ],
            "active": true,
            "name": [{ "use": "official", "family": family, "given": [given], "text": format!("{given} {family}") }],
            "gender": if self.woman { "female" } else { "male" },
            "birthDate": born.to_string(),
            "managingOrganization": { "reference": format!("Organization/demo-{}", self.described().profile) },
        });
        self.add(self.by(CLERKS), None, value);
    }

    /// An invented number in the form of a NIR, with its key (97 − number mod 97); department 99 does not exist.
    fn ins(&mut self, born: Date) -> String {
        let sex = if self.woman { 2 } else { 1 };
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

    /// The stay, in a room for those who have one, and the times spent in hospital meanwhile.
    pub(super) fn stay(&mut self) {
        let (since, uuid) = (self.day(1_825), self.stream.uuid());
        let class = if self.place == 2 { "AMB" } else { "IMP" };
        let start = json!({ "start": since.to_string() });
        let mut value = encounter(&uuid, "in-progress", class, &self.subject(), &start);
        if let (Some(room), Some(object)) = (self.described().room(self.rank), value.as_object_mut()) {
            let reference = format!("Location/{}", self.described().room_id(&room));
            let location = json!({ "reference": reference, "display": room });
            object.insert("location".into(), json!([{ "location": location, "status": "active" }]));
        }
        self.add(self.by(CLERKS), None, value);
        let times = if self.place == 1 { 1 } else { 3 };
        for _ in 0..self.stream.below(times + 1) {
            let back = 10 + self.stream.below(1_500);
            let nights = 1 + self.stream.below(9);
            let period = json!({ "start": self.ago(back).to_string(), "end": self.ago(back.saturating_sub(nights)).to_string() });
            let mut value = encounter(&self.stream.uuid(), "finished", "IMP", &self.subject(), &period);
            if let Some(object) = value.as_object_mut() {
                object.insert("serviceType".into(), json!({ "text": "Hospitalisation" }));
            }
            self.add(self.by(CLERKS), None, value);
        }
    }

    /// Those around them; about half of the adults have named a *personne de confiance*.
    pub(super) fn relatives(&mut self) {
        let ties: &[&str] = if self.place == 1 {
            &["Mère", "Père", "Grand-mère"]
        } else {
            &["Fille", "Fils", "Sœur", "Neveu", "Conjoint", "Ami"]
        };
        for index in 0..1 + self.stream.below(3) {
            let tie = *self.stream.pick(ties, &"Proche");
            self.relative(&if index == 0 { format!("{tie}, à prévenir en premier") } else { tie.to_owned() });
        }
        if self.place != 1 && (self.first || self.stream.chance(50)) {
            self.relative("Personne de confiance");
        }
    }

    fn relative(&mut self, tie: &str) {
        let men = tie.starts_with("Père") || tie.starts_with("Fils") || tie.starts_with("Neveu") || tie == "Ami";
        let given =
            if men { *self.stream.pick(&names::MEN, &"Yann") } else { *self.stream.pick(&names::WOMEN, &"Laure") };
        let family = *self.stream.pick(&names::SURNAMES, &"Marchand");
        let [a, b, c] = std::array::from_fn(|_| self.stream.below(100));
        let value = json!({
            "resourceType": "RelatedPerson", "id": self.stream.uuid(), "active": true, "patient": self.subject(),
            "relationship": [{ "text": tie }], "name": [{ "text": format!("{given} {family}") }],
            "telecom": [{ "system": "phone", "value": format!("06 99 {a:02} {b:02} {c:02}") }]
        });
        self.add(self.by(CLERKS), None, value);
    }
}

fn encounter(id: &str, status: &str, class: &str, subject: &Value, period: &Value) -> Value {
    json!({
        "resourceType": "Encounter", "id": id, "status": status,
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": class },
        "subject": subject, "period": period
    })
}
