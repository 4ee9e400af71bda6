//! The three places and the accounts that show what each function sees.

use super::{ENTITY, ENTITY_NAME};
use serde_json::{Value, json};

/// One place of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceOfDemo {
    /// FINESS EG, invented.
    pub finess: &'static str,
    /// Name on screens.
    pub name: &'static str,
    /// Place profile code.
    pub profile: &'static str,
    /// How many people it accompanies.
    pub people: usize,
}

/// The three places, the first being the default one.
pub const PLACES: [PlaceOfDemo; 3] = [
    PlaceOfDemo { finess: "990000025", name: "EHPAD Les Tilleuls", profile: "ehpad", people: 80 },
    PlaceOfDemo { finess: "990000033", name: "IME La Clairière", profile: "ime", people: 60 },
    PlaceOfDemo { finess: "990000041", name: "CSAPA Le Passage", profile: "csapa", people: 50 },
];

/// An account of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Login.
    pub login: &'static str,
    /// Name on screens.
    pub display: &'static str,
    /// Persona code of the matrix.
    pub persona: &'static str,
    /// Index in [`PLACES`].
    pub place: usize,
    /// Related to the persons of the place; otherwise works there only.
    pub related: bool,
    /// Related to one person of the place only: their rank. The person, or someone who stands for them.
    pub of: Option<usize>,
    /// One line on what this account sees.
    pub sees: &'static str,
}

const fn account(
    login: &'static str,
    display: &'static str,
    persona: &'static str,
    place: usize,
    related: bool,
    sees: &'static str,
) -> Account {
    Account { login, display, persona, place, related, of: None, sees }
}

/// The first person of the first place, or who stands for them.
const fn near(login: &'static str, display: &'static str, persona: &'static str, sees: &'static str) -> Account {
    Account { of: Some(0), ..account(login, display, persona, 0, false, sees) }
}

const ACCOUNTS: [Account; 22] = [
    account("amina", "Amina Rahal, aide-soignante", "as", 0, true, "Les soins de tous les jours de ses résidents."),
    account(
        "ines",
        "Inès Le Goff, infirmière",
        "ide",
        0,
        true,
        "Les soins et le médical, avec les catégories de sa fonction.",
    ),
    account("hugo", "Hugo Blanchet, cadre de soins", "idec", 0, true, "Comme l'infirmière, et les signalements."),
    account(
        "medco",
        "Dr Claire Vasseur, médecin coordonnateur",
        "medco",
        0,
        true,
        "Le dossier médical, y compris très sensible après confirmation.",
    ),
    account("secretariat", "Josiane Perrot, secrétariat", "sec", 0, true, "L'administratif et les rendez-vous."),
    account(
        "directrice",
        "Hélène Marchand, directrice",
        "dir",
        0,
        false,
        "L'établissement, sans le contenu des dossiers.",
    ),
    account("informatique", "Loïc Ansel, référent informatique", "info", 0, false, "Aucun contenu sur une personne."),
    account(
        "malik",
        "Malik Benali, éducateur spécialisé",
        "educ",
        1,
        true,
        "Le projet et le quotidien, pas le médical.",
    ),
    account("sophie", "Sophie Tran, psychologue", "psy", 1, true, "Ses écrits, l'éducatif et le social."),
    account(
        "nadia",
        "Nadia Costa, assistante de service social",
        "ass",
        1,
        true,
        "Les droits, le social et les mesures.",
    ),
    account("lea", "Léa Fournier, infirmière de l'institut", "ide", 1, true, "Les soins et le médical des enfants."),
    account("chef", "Gilles Roux, chef de service", "chef", 1, true, "L'éducatif et le social du service."),
    account(
        "medecin",
        "Dr Paul Sorel, médecin addictologue",
        "medco",
        2,
        true,
        "Les dossiers du centre, y compris très sensibles après confirmation.",
    ),
    account(
        "infirmier",
        "Rémi Guyot, infirmier du centre",
        "ide",
        2,
        true,
        "Les soins, avec les addictions, cœur du métier ici.",
    ),
    account(
        "kine",
        "Samir Oudin, kinésithérapeute",
        "reeduc",
        0,
        true,
        "La rééducation, et ce qu’elle demande de savoir.",
    ),
    account("traitant", "Dr Anne Lévêque, médecin traitant", "medext", 0, true, "Le dossier médical de ses patients."),
    account(
        "interim",
        "Chloé Manet, infirmière intérimaire",
        "interim",
        0,
        true,
        "Le quotidien de l’unité, jusqu’au niveau courant.",
    ),
    account(
        "dpo",
        "Yves Carlier, délégué à la protection des données",
        "dpo",
        0,
        false,
        "Le journal et les niveaux, sans le contenu.",
    ),
    account("siege", "Béatrice Nouet, qualité au siège", "siege", 0, false, "Des nombres, aucun dossier."),
    account(
        "evaluateur",
        "Marc Jolivet, évaluateur",
        "auditeur",
        0,
        false,
        "Rien tant qu’un dossier ne lui est pas ouvert nommément.",
    ),
    near("usager", "Personne accompagnée, pour son propre dossier", "usager", "Son propre dossier."),
    near(
        "tuteur",
        "Paul Aubry, mandataire judiciaire",
        "rep",
        "L’administratif et les comptes de la personne qu’il représente.",
    ),
];

/// The accounts of the demo.
pub fn accounts() -> &'static [Account] {
    &ACCOUNTS
}

/// The organisations: the legal entity and one for each place.
pub fn structure() -> Vec<Value> {
    let organization = |id: &str, finess: &str, name: &str, parent: Option<&str>| {
        let mut value = json!({
            "resourceType": "Organization",
            "id": id,
            "identifier": [{ "system": "urn:oid:1.2.250.1.71.4.2.2", "value": format!("1{finess}") }],
            "active": true,
            "name": name,
        });
        if let (Some(parent), Some(object)) = (parent, value.as_object_mut()) {
            object.insert("partOf".into(), json!({ "reference": format!("Organization/{parent}") }));
        }
        value
    };
    let mut all = vec![organization("demo-entite", ENTITY, ENTITY_NAME, None)];
    all.extend(
        PLACES.iter().map(|place| {
            organization(&format!("demo-{}", place.profile), place.finess, place.name, Some("demo-entite"))
        }),
    );
    all
}

/// The practitioner of an account.
pub fn practitioner(account: &Account) -> Value {
    let (name, _) = account.display.split_once(',').unwrap_or((account.display, ""));
    json!({
        "resourceType": "Practitioner",
        "id": format!("demo-{}", account.login),
        "active": true,
        "name": [{ "text": name }],
    })
}
