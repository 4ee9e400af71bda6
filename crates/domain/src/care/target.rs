//! What a transmission is about: its *cible*.

/// A target: one subject of targeted transmissions (*transmissions ciblées*), from the trade's everyday vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    code: &'static str,
    french: &'static str,
    alarm: Alarm,
}

/// Whether a target alone puts a transmission at the head of the handover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Alarm {
    Never,
    /// Twice or more for one person within the handover.
    Repeated,
    Always,
}

/// Code system of targets. Ours: no national list exists.
pub const SYSTEM: &str = "urn:socle:target";

const fn target(code: &'static str, french: &'static str) -> Target {
    Target { code, french, alarm: Alarm::Never }
}

const fn alarm(code: &'static str, french: &'static str, alarm: Alarm) -> Target {
    Target { code, french, alarm }
}

const ALL: [Target; 42] = [
    target("activite", "Activité, sortie"),
    target("alimentation", "Alimentation"),
    target("angoisse", "Angoisse"),
    target("autonomie", "Autonomie"),
    alarm("chute", "Chute", Alarm::Always),
    target("communication", "Communication"),
    target("comportement", "Comportement"),
    target("consommation", "Consommation"),
    alarm("convulsion", "Crise, convulsion", Alarm::Always),
    target("deuil", "Deuil"),
    target("douleur", "Douleur"),
    target("droits", "Droits, démarches"),
    target("elimination", "Élimination, transit"),
    target("famille", "Famille, proches"),
    alarm("fausse-route", "Fausse route", Alarm::Always),
    alarm("fievre", "Fièvre", Alarm::Always),
    target("fin-de-vie", "Fin de vie, confort"),
    alarm("fugue", "Fugue, sortie inopinée", Alarm::Always),
    alarm("hospitalisation", "Hospitalisation", Alarm::Always),
    target("humeur", "Humeur"),
    target("hydratation", "Hydratation"),
    target("hygiene", "Hygiène, toilette"),
    target("logement", "Logement"),
    target("materiel", "Matériel, appareillage"),
    target("mobilite", "Mobilité, transferts"),
    target("peau", "Peau, plaie"),
    target("projet", "Projet personnalisé"),
    alarm("refus-soin", "Refus de soin", Alarm::Repeated),
    alarm("refus-traitement", "Refus de traitement", Alarm::Repeated),
    target("relations", "Relations avec les autres"),
    target("rendez-vous", "Rendez-vous"),
    target("respiration", "Respiration"),
    target("retour", "Retour d’hospitalisation ou de congé"),
    target("scolarite", "Scolarité, apprentissages"),
    target("soins", "Soins, pansement"),
    target("nuit", "Sommeil, nuit"),
    target("surveillance", "Surveillance, constantes"),
    target("traitement", "Traitement"),
    target("transport", "Transport"),
    target("travail", "Travail, atelier"),
    alarm("violence", "Violence, mise en danger", Alarm::Always),
    target("autre", "Autre"),
];

/// Every target, in the order of a form: alphabetical, what fits nowhere last.
pub fn all() -> &'static [Target] {
    &ALL
}

impl Target {
    /// The target with this code.
    pub fn parse(code: &str) -> Option<Self> {
        ALL.into_iter().find(|target| target.code == code)
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// The words of a screen.
    pub fn french(self) -> &'static str {
        self.french
    }

    /// Whether it heads a handover that says it `times` about one person.
    pub fn alarms(self, times: usize) -> bool {
        match self.alarm {
            Alarm::Never => false,
            Alarm::Repeated => times > 1,
            Alarm::Always => times > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_distinct_and_found_again() {
        let codes: BTreeSet<_> = all().iter().map(|target| target.code()).collect();
        assert_eq!(codes.len(), all().len());
        assert!(all().iter().all(|target| Target::parse(target.code()) == Some(*target)));
        assert_eq!(Target::parse("Chute"), None);
    }

    #[test]
    fn a_form_offers_them_in_alphabetical_order() {
        let words: Vec<String> = all().iter().map(|target| fhir::search::normalise(target.french())).collect();
        let (last, rest) = words.split_last().unwrap();
        assert!(rest.is_sorted() && last == "autre", "{rest:?}");
    }

    #[test]
    fn one_refusal_is_ordinary_two_are_not() {
        let refusal = Target::parse("refus-traitement").unwrap();
        assert!(!refusal.alarms(1) && refusal.alarms(2));
        assert!(Target::parse("chute").unwrap().alarms(1));
        assert!(!Target::parse("douleur").unwrap().alarms(9));
    }
}
