//! *Où en est la maison*: the director's page, the measures, the profile and its exceptions.

pub(crate) mod accounts;
pub(crate) mod brief;
pub(crate) mod declare;
mod doing;
pub(crate) mod exempt;
pub(crate) mod files;
pub(crate) mod history;
pub(crate) mod house;
pub(crate) mod list;
pub(crate) mod places;
pub(crate) mod plan;
pub(crate) mod protection;
pub(crate) mod rescue;
pub(crate) mod trail;

use domain::governance::measures::{Measure, State, Status};

/// The code a style hangs on, and the words people read.
pub(crate) type Shown = (&'static str, &'static str);

/// Published frameworks that measures answer: what their requirements begin with, and their name.
pub(crate) const FRAMEWORKS: [(&str, &str); 12] = [
    ("HYG", "Guide d’hygiène informatique (ANSSI)"),
    ("RECYF", "ReCyF (NIS 2)"),
    ("CaRE", "CaRE"),
    ("HospiConnect", "HospiConnect"),
    ("PGSSI", "PGSSI-S"),
    ("HDS", "Hébergement de données de santé (HDS)"),
    ("CLAU", "Clausier santé"),
    ("CNIL", "Guide de la sécurité (CNIL)"),
    ("RGPD", "RGPD"),
    ("I309", "Instruction 309"),
    ("MSS", "MonServiceSécurisé"),
    ("HAS", "HAS"),
];

/// Where a measure stands; what rests on somebody's word says so.
fn stands(status: &Status) -> Shown {
    if status.is_declared() { ("declared", "déclarée, non prouvée") } else { shown(status.state) }
}

fn shown(state: State) -> Shown {
    let code = match state {
        State::Conform => "conform",
        State::Derogated => "derogated",
        State::ToProve => "to_prove",
        State::Failing => "failing",
        State::NotCovered => "not_covered",
    };
    (code, state.label())
}

/// `Une demi-journée`, `2 jours et demi`.
fn work(measure: &Measure) -> String {
    match (measure.half_days / 2, measure.half_days % 2) {
        (0, _) => "Une demi-journée".to_owned(),
        (1, 0) => "Une journée".to_owned(),
        (1, _) => "Une journée et demie".to_owned(),
        (days, 0) => format!("{days} jours"),
        (days, _) => format!("{days} jours et demi"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::governance::measures::catalogue;

    #[test]
    fn each_framework_is_answered_by_some_measure() {
        for (prefix, name) in FRAMEWORKS {
            let mut sources = catalogue().iter().flat_map(|measure| measure.sources.iter());
            assert!(sources.any(|source| source.starts_with(prefix)), "{name}");
        }
    }

    #[test]
    fn work_is_said_in_days() {
        for measure in catalogue() {
            let said = work(measure);
            assert!(said.contains("jour") && !said.contains('0'), "{said}");
        }
    }
}
