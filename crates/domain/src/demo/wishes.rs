//! Wishes, measures of protection, and what everyone must know at once.

use super::person::{CLERKS, NURSES, Person};
use jiff::ToSpan as _;
use serde_json::{Value, json};

/// A statement, and who has it: those of a trait, or so many in a hundred.
type Stated = (&'static str, &'static str, u64);

const CONSENTS: [&[Stated]; 3] = [
    &[("Droit à l’image accordé pour l’établissement", "", 60)],
    &[
        ("Droit à l’image refusé", "", 25),
        ("Autorisation de sortie avec le groupe", "", 80),
        ("Partage d’informations avec l’école accepté", "", 65),
    ],
    &[
        ("Accord pour échanger avec le médecin traitant", "", 60),
        ("Ne souhaite pas que sa famille soit prévenue", "", 35),
    ],
];

const FLAGS: [&[Stated]; 3] = [
    &[
        ("Risque de chute", "", 45),
        ("Fausses routes : eau gélifiée", "fausses-routes", 100),
        ("Risque de sortie inopinée", "demence", 45),
        ("Sous anticoagulant : surveiller tout choc", "anticoagulant", 60),
        ("Transferts au lève-personne", "fauteuil", 60),
    ],
    &[
        ("Épilepsie : protocole dans le sac", "epilepsie", 100),
        ("Ne pas laisser seul près de l’eau", "", 25),
        ("Mesure d’assistance éducative en cours", "ase", 100),
        ("Ventoline dans le sac, plan d’action asthme", "asthme", 100),
    ],
    &[
        ("Peut arriver alcoolisé : rester calme", "alcool", 35),
        ("Obligation de soins", "penal", 100),
        ("Sans hébergement", "rue", 60),
    ],
];

const MEASURES: [&str; 6] = [
    "Curatelle renforcée (biens et personne)",
    "Tutelle (biens et personne)",
    "Curatelle renforcée (biens)",
    "Curatelle simple",
    "Habilitation familiale générale",
    "Sauvegarde de justice",
];

const RIGHTS: &str = "Code de l’action sociale et des familles, art. L. 311-3";
const DIRECTIVES: &str = "Code de la santé publique, art. L. 1111-11";
const PROTECTION: &str = "Code civil, art. 425 et suivants";

impl Person {
    pub(super) fn wishes(&mut self) {
        for stated in CONSENTS.get(self.place).copied().unwrap_or_default() {
            if self.has(stated) {
                let (text, dated) = (stated.0, self.day(1_500).to_string());
                self.consent(&json!({ "text": text }), RIGHTS, &json!({ "dateTime": dated }));
            }
        }
        self.directives();
        self.measure();
        for stated in FLAGS.get(self.place).copied().unwrap_or_default() {
            if self.has(stated) {
                self.flag(stated.0);
            }
        }
    }

    fn has(&mut self, (_, of, percent): &Stated) -> bool {
        (of.is_empty() || self.is(of)) && self.stream.chance(*percent)
    }

    fn directives(&mut self) {
        let percent = [45, 0, 12].get(self.place).copied().unwrap_or(0);
        if self.stream.chance(percent) || (self.first && self.place == 0) {
            let coding =
                json!([{ "system": "http://terminology.hl7.org/CodeSystem/consentcategorycodes", "code": "acd" }]);
            let dated = self.day(1_500).to_string();
            let category = json!({ "coding": coding, "text": "Directives anticipées" });
            self.consent(&category, DIRECTIVES, &json!({ "dateTime": dated }));
        }
    }

    /// A measure of legal protection: of a third of the residents, and of a few adults elsewhere. Ended ones are not
    /// kept; the first of the home, whom the demo's `tuteur` stands for, always has one.
    fn measure(&mut self) {
        let percent = match (self.place, self.unit) {
            (0, 2) => 50,
            (0, _) => 29,
            (1, 2) | (2, _) => 10,
            _ => 0,
        };
        let stands = self.place == 0 && self.rank == 0;
        if !self.stream.chance(percent) && !stands {
            return;
        }
        let text =
            if stands { "Tutelle (biens et personne)" } else { self.stream.pick(&MEASURES, &"Curatelle simple") };
        let start = self.day(900);
        let years = if text == "Sauvegarde de justice" { 3 } else { 5 };
        let end = start.checked_add(years.years()).unwrap_or(start);
        let category =
            json!({ "coding": [{ "system": "urn:socle:consent", "code": "mesure-protection" }], "text": text });
        let period = json!({ "start": start.to_string(), "end": end.to_string() });
        let rest = json!({ "dateTime": start.to_string(), "provision": { "period": period } });
        self.consent(&category, PROTECTION, &rest);
    }

    /// `law`: the text that it is given under.
    fn consent(&mut self, category: &Value, law: &str, rest: &Value) {
        let mut value = json!({
            "resourceType": "Consent", "id": self.stream.uuid(), "status": "active",
            "scope": { "text": category.get("text") }, "category": [category], "patient": self.subject(),
            "policyRule": { "text": law }
        });
        if let (Some(object), Some(rest)) = (value.as_object_mut(), rest.as_object()) {
            object.extend(rest.clone());
        }
        self.add(self.by(CLERKS), None, value);
    }

    fn flag(&mut self, text: &str) {
        let mut period = json!({ "start": self.day(900).to_string() });
        if self.stream.chance(20) {
            let ahead = 10 + i64::try_from(self.stream.below(170)).unwrap_or(0);
            let end = self.edition.at.checked_add(ahead.days()).unwrap_or(self.edition.at);
            if let Some(period) = period.as_object_mut() {
                period.insert("end".into(), end.to_string().into());
            }
        }
        let value = json!({
            "resourceType": "Flag", "id": self.stream.uuid(), "status": "active", "code": { "text": text },
            "subject": self.subject(), "period": period
        });
        self.add(self.by(NURSES), None, value);
    }
}
