//! Who is admitted, and what becomes of their stay: for whoever admits persons.

pub(crate) mod admission;
pub(crate) mod stay;

use app::stays::Unfit;

/// The field that is wrong, and what is said of it.
type Mistakes = Vec<(&'static str, &'static str)>;

/// A unit to choose: number, name, and whether it is chosen; first that there is none.
fn units(all: &[(i64, String)], chosen: Option<i64>) -> Vec<(i64, String, bool)> {
    let none = std::iter::once((0, "aucune".to_owned()));
    none.chain(all.iter().cloned()).map(|(unit, name)| (unit, name, Some(unit) == chosen)).collect()
}

/// What is said where somebody else wrote at the same time, or holds what this actor may not read; of anything else, nothing.
fn lost(error: &app::Error) -> Option<&'static str> {
    use app::{Conflict, Error, StoreError};
    match error {
        Error::Store(StoreError::Conflict(Conflict::Version | Conflict::Overtaken)) => Some(
            "Quelqu’un a changé ce séjour ou ce dossier avant vous\u{a0}: rien n’est enregistré. Relisez, puis recommencez.",
        ),
        Error::Store(StoreError::Conflict(Conflict::HiddenReference)) => Some(
            "Rien n’est enregistré\u{a0}: ce dossier ou ce séjour renvoie à un élément que vous ne pouvez pas lire. Demandez au médecin ou au cadre de soins de l’enregistrer.",
        ),
        _ => None,
    }
}

/// Where it is said why nothing is kept, and what.
fn said(unfit: Unfit) -> (&'static str, &'static str) {
    match unfit {
        Unfit::Unit => ("unite", "Cette unité n’existe plus\u{a0}: choisissez-en une autre."),
        Unfit::Own => (
            "unite",
            "On ne place personne dans une unité dont on s’occupe soi-même. Demandez à la direction ou au cadre.",
        ),
        Unfit::Number => (
            "ins",
            "Une autre personne de l’établissement a déjà ce numéro\u{a0}: vérifiez-le, ou laissez vide le temps de savoir.",
        ),
        Unfit::Here => ("", "Cette personne est déjà accueillie ici\u{a0}: son séjour est en cours."),
        Unfit::Dead => {
            ("", "Cette personne est notée décédée. Si c’est une erreur, annulez d’abord la sortie depuis son séjour.")
        }
        Unfit::Over => ("", "Ce séjour n’est plus en cours\u{a0}: relisez la page."),
        Unfit::Future => ("jour", "Ce moment est à venir\u{a0}: revenez l’enregistrer quand ce sera fait."),
        Unfit::Early => {
            ("jour", "C’est avant l’entrée, ou avant le dernier changement\u{a0}: vérifiez la date et l’heure.")
        }
    }
}
