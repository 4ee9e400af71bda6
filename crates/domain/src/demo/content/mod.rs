//! What is written in such places: ordinary and sensitive, short and long, with the shortcuts of the trade.
//!
//! Writings are lines of a text, see [`writing`]; `{…}` are slots, filled per writing, see [`fill`].

mod fill;
mod medical;
mod writing;

pub(super) use fill::{Told, fill};
pub(super) use medical::{ALLERGIES, CONDITIONS, Coded, LETTERS, MEDICATIONS};
pub(super) use writing::{Reply, Writing, writings};

/// Goals of a personal project, by place.
pub(super) fn goals(place: usize) -> &'static [&'static str] {
    match place {
        0 => &[
            "Continuer à descendre {seule/seul} au repas du midi",
            "Reprendre le jardinage au patio, une fois par semaine",
            "Garder le lien avec sa famille par un appel vidéo chaque dimanche",
            "Retrouver un poids stable, au-dessus de {kg} kg",
            "Choisir ses vêtements chaque matin",
            "Être {soulagée/soulagé} de ses douleurs au lever",
            "Participer à l’atelier chant du {jour}",
            "Dormir sans se lever plus de deux fois la nuit",
        ],
        1 => &[
            "Prendre le bus {seule/seul} jusqu’à l’arrêt de la mairie",
            "Demander une pause avec sa carte quand la colère monte",
            "Écrire son adresse sans modèle",
            "Déjeuner au self sans accompagnement",
            "Dire ce qu’{il} veut faire plus tard, avec des images",
            "Passer une nuit à l’internat chaque quinzaine",
            "Tenir vingt minutes à l’atelier bois",
            "Se laver les mains sans rappel avant le repas",
        ],
        _ => &[
            "Venir chaque {jour} au rendez-vous infirmier",
            "Réduire à un paquet de tabac par jour",
            "Rouvrir ses droits à la Sécurité sociale",
            "Revoir ses enfants une fois par mois, sobre",
            "Trouver un hébergement stable avant l’hiver",
            "Poursuivre le traitement de substitution à dose stable",
            "Reprendre une activité, deux demi-journées par semaine",
            "Faire le point dentaire, reporté depuis deux ans",
        ],
    }
}
