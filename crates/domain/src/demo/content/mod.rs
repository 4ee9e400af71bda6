//! What is written in such places: ordinary and sensitive, short and long, with the shortcuts of the trade.
//!
//! `{…}` are slots, filled per writing: see [`fill`].

mod csapa;
mod ehpad;
mod fill;
mod ime;
mod medical;

pub(super) use fill::fill;
pub(super) use medical::{ALLERGIES, CONDITIONS, Coded, LETTERS, MEDICATIONS};

/// A writing: who writes it, how it is filed, how often it comes, and the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing {
    pub(super) login: &'static str,
    pub(super) kind: &'static str,
    pub(super) weight: u64,
    pub(super) text: &'static str,
}

const fn w(login: &'static str, kind: &'static str, weight: u64, text: &'static str) -> Writing {
    Writing { login, kind, weight, text }
}

/// What is written at a place, by its index.
pub(super) fn writings(place: usize) -> &'static [Writing] {
    match place {
        0 => ehpad::WRITINGS,
        1 => ime::WRITINGS,
        _ => csapa::WRITINGS,
    }
}

/// Goals of a personal project, by place.
pub(super) fn goals(place: usize) -> &'static [&'static str] {
    match place {
        0 => &[
            "Continuer à descendre seule au repas du midi",
            "Reprendre le jardinage au patio, une fois par semaine",
            "Garder le lien avec sa famille par un appel vidéo chaque dimanche",
            "Retrouver un poids stable, au-dessus de {kg} kg",
            "Choisir ses vêtements chaque matin",
            "Être soulagée de ses douleurs au lever",
            "Participer à l'atelier chant du {jour}",
            "Dormir sans se lever plus de deux fois la nuit",
        ],
        1 => &[
            "Prendre le bus seul jusqu'à l'arrêt de la mairie",
            "Demander une pause avec sa carte quand la colère monte",
            "Écrire son adresse sans modèle",
            "Déjeuner au self sans accompagnement",
            "Dire ce qu'il veut faire plus tard, avec des images",
            "Passer une nuit à l'internat chaque quinzaine",
            "Tenir vingt minutes à l'atelier bois",
            "Se laver les mains sans rappel avant le repas",
        ],
        _ => &[
            "Venir chaque {jour} au rendez-vous infirmier",
            "Réduire à un paquet de tabac par jour",
            "Rouvrir ses droits à la Sécurité sociale",
            "Revoir ses enfants une fois par mois, sobre",
            "Trouver un hébergement stable avant l'hiver",
            "Poursuivre le traitement de substitution à dose stable",
            "Reprendre une activité, deux demi-journées par semaine",
            "Faire le point dentaire, reporté depuis deux ans",
        ],
    }
}
