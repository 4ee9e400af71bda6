//! The people of the demo: who they are, who is around them.

use super::names;
use super::person::{CLERKS, Dossier, NURSES, Person};
use super::random::Stream;
use super::staff::PLACES;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Every record of the demo at a date, one after the other: they are many.
pub fn dossiers(seed: u64, at: Date) -> impl Iterator<Item = Dossier> {
    PLACES
        .iter()
        .enumerate()
        .flat_map(move |(place, described)| (0..described.people).map(move |rank| dossier(seed, at, place, rank)))
}

/// The record of one person: the same whatever is made before.
pub fn dossier(seed: u64, at: Date, place: usize, rank: usize) -> Dossier {
    let branch = (place as u64 + 1) * 1_000 + rank as u64;
    let mut stream = Stream::new(seed, branch);
    let id = stream.uuid();
    let mut out = Dossier { place, resources: Vec::new(), kinds: Vec::new() };
    let mut person = Person { stream, place, id, at, out: &mut out };
    person.patient(rank);
    person.stay();
    person.relatives();
    person.wishes();
    person.clinical();
    person.vitals();
    person.projects();
    person.writings();
    person.letters();
    person.appointments();
    out
}

impl Person<'_> {
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

    /// The stay, and the times spent in hospital meanwhile.
    fn stay(&mut self) {
        let (since, uuid) = (self.day(1_825), self.stream.uuid());
        let class = if self.place == 2 { "AMB" } else { "IMP" };
        self.add(
            self.by(CLERKS),
            None,
            encounter(&uuid, "in-progress", class, &self.subject(), &json!({ "start": since.to_string() })),
        );
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

    fn relatives(&mut self) {
        let ties: &[&str] = if self.place == 1 {
            &["Mère", "Père", "Grand-mère"]
        } else {
            &["Fille", "Fils", "Sœur", "Neveu", "Conjoint", "Ami"]
        };
        for index in 0..1 + self.stream.below(3) {
            let tie = *self.stream.pick(ties, &"Proche");
            let given = *self.stream.pick(&names::WOMEN, &"Laure");
            let family = *self.stream.pick(&names::SURNAMES, &"Marchand");
            let number = format!(
                "06 99 {:02} {:02} {:02}",
                self.stream.below(100),
                self.stream.below(100),
                self.stream.below(100)
            );
            let value = json!({
                "resourceType": "RelatedPerson", "id": self.stream.uuid(), "active": true, "patient": self.subject(),
                "relationship": [{ "text": if index == 0 { format!("{tie}, à prévenir en premier") } else { tie.to_owned() } }],
                "name": [{ "text": format!("{given} {family}") }], "telecom": [{ "system": "phone", "value": number }]
            });
            self.add(self.by(CLERKS), None, value);
        }
    }

    /// Wishes and measures.
    fn wishes(&mut self) {
        let all: [&[&str]; 3] = [
            &[
                "Directives anticipées : pas de réanimation, soins de confort",
                "Personne de confiance désignée",
                "Droit à l'image accordé pour l'établissement",
            ],
            &[
                "Droit à l'image refusé",
                "Autorisation de sortie avec le groupe",
                "Partage d'informations avec l'école accepté",
            ],
            &["Accord pour échanger avec le médecin traitant", "Ne souhaite pas que sa famille soit prévenue"],
        ];
        for text in all.get(self.place).copied().unwrap_or_default() {
            if self.stream.chance(60) {
                let value = json!({
                    "resourceType": "Consent", "id": self.stream.uuid(), "status": "active",
                    "scope": { "text": text }, "category": [{ "text": text }],
                    "patient": self.subject(), "dateTime": self.day(1_500).to_string()
                });
                self.add(self.by(CLERKS), None, value);
            }
        }
        let flags: [&[&str]; 3] = [
            &["Risque de chute", "Fausses routes : eau gélifiée", "Curatelle renforcée", "Risque de sortie inopinée"],
            &[
                "Épilepsie : protocole dans le sac",
                "Ne pas laisser seul près de l'eau",
                "Mesure d'assistance éducative en cours",
            ],
            &["Peut arriver alcoolisé : rester calme", "Obligation de soins", "Sans hébergement"],
        ];
        for text in flags.get(self.place).copied().unwrap_or_default() {
            if self.stream.chance(35) {
                let value = json!({
                    "resourceType": "Flag", "id": self.stream.uuid(), "status": "active", "code": { "text": text },
                    "subject": self.subject(), "period": { "start": self.day(900).to_string() }
                });
                self.add(self.by(NURSES), None, value);
            }
        }
    }
}

fn encounter(id: &str, status: &str, class: &str, subject: &Value, period: &Value) -> Value {
    json!({
        "resourceType": "Encounter", "id": id, "status": status,
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": class },
        "subject": subject, "period": period
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::BTreeSet;

    fn few(seed: u64) -> Vec<Dossier> {
        let at = date(2026, 11, 23);
        (0..3).flat_map(|place| (0..4).map(move |rank| dossier(seed, at, place, rank))).collect()
    }

    #[test]
    fn same_seed_and_date_give_the_same_records() {
        let flat = |all: &[Dossier]| all.iter().flat_map(|d| d.resources.clone()).map(|r| r.1).collect::<Vec<_>>();
        assert_eq!(flat(&few(3)), flat(&few(3)));
        assert_ne!(flat(&few(3)), flat(&few(4)));
    }

    #[test]
    fn every_resource_has_an_id_of_its_own() {
        let all = few(1);
        let ids: Vec<_> = all.iter().flat_map(|d| &d.resources).map(|r| r.1["id"].as_str().unwrap()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }

    #[test]
    fn everyone_writes_where_they_work() {
        for dossier in few(2) {
            for (login, _) in dossier.resources {
                let account = super::super::accounts().iter().find(|account| account.login == login).unwrap();
                assert!(account.related && account.place == dossier.place, "{login}");
            }
        }
    }

    #[test]
    fn every_number_in_the_form_of_a_nir_has_a_right_key() {
        for dossier in few(9) {
            let ins = dossier.resources[0].1["identifier"][0]["value"].as_str().unwrap().to_owned();
            assert_eq!(ins.len(), 15, "{ins}");
            let (number, key) = ins.split_at(13);
            assert_eq!(97 - number.parse::<u64>().unwrap() % 97, key.parse::<u64>().unwrap());
        }
    }

    #[test]
    fn the_whole_has_the_size_of_a_real_organisation() {
        let at = date(2026, 11, 23);
        let people: usize = PLACES.iter().map(|place| place.people).sum();
        let sample: usize = few(1).iter().map(|d| d.resources.len()).sum();
        let all = sample / 12 * people;
        assert!(people == 190 && (65_000..100_000).contains(&all), "{people} people, about {all} resources at {at}");
    }
}
