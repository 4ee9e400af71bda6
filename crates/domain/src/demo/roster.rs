//! Who works at the three places: few enough to be started quickly, one at least for each function.

use super::duty::Rhythm;
use super::staff::Account;
use jiff::civil::Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};

const EHPAD: usize = 0;
const IME: usize = 1;
const CSAPA: usize = 2;

/// Someone who accompanies the people of a place, in office hours unless said otherwise.
const fn account(
    login: &'static str,
    display: &'static str,
    persona: &'static str,
    place: usize,
    sees: &'static str,
) -> Account {
    Account { login, display, persona, place, units: &[], related: true, of: None, sees, rhythm: Rhythm::Office }
}

impl Account {
    const fn of_units(self, units: &'static [usize]) -> Self {
        Self { units, ..self }
    }

    const fn works(self, rhythm: Rhythm) -> Self {
        Self { rhythm, ..self }
    }

    /// Works there, accompanies nobody.
    const fn apart(self) -> Self {
        Self { related: false, ..self }
    }

    /// The first person of the first place, or who stands for them.
    const fn near(self) -> Self {
        Self { of: Some(0), rhythm: Rhythm::Never, ..self.apart() }
    }
}

const DAILY: &str = "Les soins de tous les jours de ses résidents.";
const NURSING: &str = "Les soins et le médical, avec les catégories de sa fonction.";
const EDUCATION: &str = "Le projet et le quotidien, pas le médical.";

pub(super) const ACCOUNTS: [Account; 32] = [
    account("amina", "Amina Rahal, aide-soignante", "as", EHPAD, DAILY).of_units(&[1]).works(Rhythm::Carer(0)),
    account("ines", "Inès Le Goff, infirmière", "ide", EHPAD, NURSING).works(Rhythm::Nurse(0)),
    account("hugo", "Hugo Blanchet, cadre de soins", "idec", EHPAD, "Comme l’infirmière, et les signalements."),
    account(
        "medco",
        "Dr Claire Vasseur, médecin coordonnateur",
        "medco",
        EHPAD,
        "Le dossier médical, y compris très sensible après confirmation.",
    )
    .works(Rhythm::Days(&[Monday, Tuesday, Thursday])),
    account("secretariat", "Josiane Perrot, secrétariat", "sec", EHPAD, "L’administratif et les rendez-vous."),
    account(
        "directrice",
        "Hélène Marchand, directrice",
        "dir",
        EHPAD,
        "L’établissement, sans le contenu des dossiers.",
    )
    .apart(),
    account("informatique", "Loïc Ansel, référent informatique", "info", EHPAD, "Aucun contenu sur une personne.")
        .apart(),
    account("malik", "Malik Benali, éducateur spécialisé", "educ", IME, EDUCATION)
        .of_units(&[1])
        .works(Rhythm::Educator),
    account("sophie", "Sophie Tran, psychologue", "psy", IME, "Ses écrits, l’éducatif et le social."),
    account("nadia", "Nadia Costa, assistante de service social", "ass", IME, "Les droits, le social et les mesures."),
    account("lea", "Léa Fournier, infirmière de l’institut", "ide", IME, "Les soins et le médical des enfants.")
        .works(Rhythm::Educator),
    account("chef", "Gilles Roux, chef de service", "chef", IME, "L’éducatif et le social du service."),
    account(
        "medecin",
        "Dr Paul Sorel, médecin addictologue",
        "medco",
        CSAPA,
        "Les dossiers du centre, y compris très sensibles après confirmation.",
    ),
    account(
        "infirmier",
        "Rémi Guyot, infirmier du centre",
        "ide",
        CSAPA,
        "Les soins, avec les addictions, cœur du métier ici.",
    ),
    account(
        "kine",
        "Samir Oudin, kinésithérapeute",
        "reeduc",
        EHPAD,
        "La rééducation, et ce qu’elle demande de savoir.",
    )
    .works(Rhythm::Days(&[Monday, Wednesday, Friday])),
    account("traitant", "Dr Anne Lévêque, médecin traitant", "medext", EHPAD, "Le dossier médical de ses patients.")
        .works(Rhythm::Days(&[Tuesday, Friday])),
    account(
        "interim",
        "Chloé Manet, infirmière intérimaire",
        "interim",
        EHPAD,
        "Le quotidien de l’unité, jusqu’au niveau courant.",
    )
    .works(Rhythm::Nurse(2)),
    account(
        "dpo",
        "Yves Carlier, délégué à la protection des données",
        "dpo",
        EHPAD,
        "Aucun dossier\u{a0}: ce qu’il lui faut passe par la direction.",
    )
    .apart()
    .works(Rhythm::Never),
    account("siege", "Béatrice Nouet, qualité au siège", "siege", EHPAD, "Des nombres, aucun dossier.")
        .apart()
        .works(Rhythm::Never),
    account(
        "evaluateur",
        "Marc Jolivet, évaluateur",
        "auditeur",
        EHPAD,
        "Rien tant qu’un dossier ne lui est pas ouvert nommément.",
    )
    .apart()
    .works(Rhythm::Never),
    account("usager", "Personne accompagnée, pour son propre dossier", "usager", EHPAD, "Son propre dossier.").near(),
    account(
        "tuteur",
        "Paul Aubry, mandataire judiciaire",
        "rep",
        EHPAD,
        "L’administratif et les comptes de la personne qu’il représente.",
    )
    .near(),
    account("jeanne", "Jeanne Pichon, aide-soignante", "as", EHPAD, "Les soins de tous les jours de l’unité 1.")
        .of_units(&[0])
        .works(Rhythm::Carer(1)),
    account("awa", "Awa Diop, aide-soignante", "as", EHPAD, "Les soins de tous les jours des Glycines.")
        .of_units(&[2])
        .works(Rhythm::Carer(1)),
    account("karim", "Karim Ziani, aide-soignant de nuit", "as", EHPAD, "Le quotidien de toute la maison, la nuit.")
        .works(Rhythm::Night(0)),
    account("rose", "Rose Andria, aide-soignante de nuit", "as", EHPAD, "Le quotidien de toute la maison, la nuit.")
        .works(Rhythm::Night(1)),
    account("thibaut", "Thibaut Keller, infirmier", "ide", EHPAD, NURSING).works(Rhythm::Nurse(1)),
    account("elsa", "Elsa Bromberg, psychologue", "psy", EHPAD, "Ses écrits, et le quotidien utile à ses entretiens.")
        .works(Rhythm::Days(&[Tuesday, Thursday])),
    account("manon", "Manon Lacroix, éducatrice spécialisée", "educ", IME, EDUCATION)
        .of_units(&[0])
        .works(Rhythm::Educator),
    account("djibril", "Djibril Sow, éducateur technique", "educ", IME, EDUCATION)
        .of_units(&[2])
        .works(Rhythm::Educator),
    account(
        "claire",
        "Claire Astier, ergothérapeute",
        "reeduc",
        IME,
        "La rééducation, et ce qu’elle demande de savoir.",
    )
    .works(Rhythm::Days(&[Monday, Tuesday, Thursday])),
    account(
        "solene",
        "Solène Mercier, assistante sociale du centre",
        "ass",
        CSAPA,
        "Les droits, le logement et le social, pas le médical.",
    ),
];
