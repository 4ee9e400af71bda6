//! *À traiter*: what the technician has to do, list by list, from what rules found.

mod detail;
pub(crate) mod one;

use crate::trouble::Trouble;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::session::Visit;
use app::measures::{self, Board};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::governance::measures::{Evidence, Status};

/// What a list is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Machines,
    Accounts,
}

/// A list of things to deal with.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(super) of: Of,
    pub(crate) measures: &'static [&'static str],
    /// What to say when nothing is left to do.
    pub(super) clean: &'static str,
    /// The head of the column that says what is wrong.
    pub(super) detail: &'static str,
}

const fn machines(
    (code, title): (&'static str, &'static str),
    measures: &'static [&'static str],
    (detail, clean): (&'static str, &'static str),
) -> List {
    List { code, title, of: Of::Machines, measures, clean, detail }
}

const fn accounts(
    (code, title): (&'static str, &'static str),
    measures: &'static [&'static str],
    clean: &'static str,
) -> List {
    List { code, title, of: Of::Accounts, measures, clean, detail: "Dernière connexion" }
}

pub(crate) const LISTS: [List; 13] = [
    machines(
        ("hors-support", "Systèmes qui ne sont plus maintenus"),
        &["MAJ-01", "MAJ-02"],
        ("Système", "Tous les systèmes connus sont maintenus."),
    ),
    machines(
        ("correctifs", "Correctifs de plus de 45 jours"),
        &["MAJ-05", "MAJ-06"],
        ("Dernier correctif", "Aucune machine connue n’est en retard."),
    ),
    machines(
        ("logiciels", "Bureautique et navigateurs plus maintenus"),
        &["MAJ-04"],
        ("Logiciels", "Rien d’installé n’est hors support."),
    ),
    machines(
        ("antivirus", "Antivirus absent, arrêté ou pas à jour"),
        &["POSTE-01"],
        ("Antivirus", "Chaque machine connue est protégée."),
    ),
    machines(("pare-feu", "Pare-feu local arrêté"), &["POSTE-02"], ("Pare-feu", "Chaque pare-feu connu est actif.")),
    machines(
        ("chiffrement", "Portables et tablettes non chiffrés"),
        &["POSTE-03"],
        ("Disques", "Tout ce qui se transporte est chiffré."),
    ),
    machines(
        ("prise-en-main", "Outils de prise en main non autorisés"),
        &["POSTE-04"],
        ("Outils", "Aucun outil non autorisé n’a été vu."),
    ),
    machines(
        ("administrateurs", "Administrateurs de poste non prévus"),
        &["POSTE-05"],
        ("Administrateurs", "Personne n’est administrateur sans raison connue."),
    ),
    machines(
        ("inconnus", "Inconnus sur le réseau"),
        &["INV-02"],
        ("Adresses", "Tout ce qui répond sur le réseau est inventorié."),
    ),
    machines(
        ("disparus", "Machines que l’on ne voit plus"),
        &["INV-04"],
        ("Vue pour la dernière fois", "Toutes les machines ont été vues depuis deux mois."),
    ),
    accounts(
        ("departs", "Comptes ouverts de personnes parties"),
        &["ID-02"],
        "Aucun compte n’est resté ouvert après un départ.",
    ),
    accounts(("dormants", "Comptes qui ne servent plus"), &["ID-04"], "Tous les comptes ouverts servent."),
    accounts(("partages", "Comptes partagés"), &["ID-01"], "Chaque compte ouvert est celui d’une personne."),
];

impl List {
    /// What rules found of it.
    pub(super) fn evidence(self, board: &Board) -> impl Iterator<Item = &Evidence> {
        let mine = move |status: &&Status| self.measures.contains(&status.measure);
        board.statuses.iter().filter(mine).flat_map(|status| &status.evidence).filter(|one| one.connector.is_machine())
    }

    /// Names of those to deal with, or of those of which nothing is known.
    pub(super) fn names(self, board: &Board, unknown: bool) -> Vec<&str> {
        let lists = self.evidence(board).map(|one| if unknown { &one.scope.not_covered.0 } else { &one.failing.0 });
        let mut names: Vec<&str> = lists.flatten().map(String::as_str).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[derive(Template)]
#[template(path = "work.html")]
struct Page {
    head: Frame,
    rows: Vec<Row>,
    empty: bool,
}

struct Row {
    code: &'static str,
    title: &'static str,
    state: (&'static str, String),
    todo: usize,
    unknown: usize,
}

framed!(Page);

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let page = Page {
        rows: LISTS.iter().map(|list| row(*list, &board)).collect(),
        empty: board.imported.is_none(),
        head: visit.frame(Menu::Estate),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

fn row(list: List, board: &Board) -> Row {
    let (todo, unknown) = (list.names(board, false).len(), list.names(board, true).len());
    let seen = list.evidence(board).next().is_some();
    let state = match (todo, seen) {
        (_, false) => ("unknown", "aucune information".to_owned()),
        (0, true) if unknown > 0 => ("soon", "rien à faire parmi ce qui est connu".to_owned()),
        (0, true) => ("fine", "rien à faire".to_owned()),
        (1, true) => ("over", "1 à traiter".to_owned()),
        (many, true) => ("over", format!("{many} à traiter")),
    };
    Row { code: list.code, title: list.title, state, todo, unknown }
}

#[cfg(test)]
mod tests {
    use super::LISTS;
    use domain::governance::measures::{find, has_rule};

    #[test]
    fn each_list_rests_on_measures_that_rules_prove() {
        for list in LISTS {
            assert!(list.measures.iter().all(|id| find(id).is_some() && has_rule(id)), "{}", list.code);
        }
    }
}
