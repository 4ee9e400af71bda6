//! Where what a measure asks for is done, or seen whole.

use crate::web::estate::work;
use confidentiality::Clearance;

/// A page of Socle, what it is called, and the measures that are put in order there.
const PAGES: [(&str, &str, &[&str]); 13] = [
    ("/maitrise/comptes", "Comptes", &["ID-01", "ID-03", "ID-04", "ID-08", "ID-09", "ADM-05"]),
    ("/maitrise/reglages", "Règles de Socle", &["ID-07", "ID-10", "POSTE-06"]),
    ("/appareils", "Appareils enregistrés", &["DROIT-05"]),
    ("/charte", "Charte", &["SENS-01"]),
    ("/maitrise/profil", "Profil et exceptions", &["GOUV-07"]),
    ("/maitrise/plan", "Plan d’action", &["GOUV-03"]),
    ("/maitrise/traces", "Traces", &["TRACE-01", "TRACE-02", "TRACE-04", "TRACE-05"]),
    (REVIEW, "Accès à relire", &["TRACE-03"]),
    (REQUESTS, "Demandes de la liste des accès", &["TRACE-06"]),
    ("/maitrise/secours", "Secours", &["CONT-01"]),
    ("/parc", "Parc", &["INV-01", "INV-03", "MAJ-03"]),
    ("/parc/mouvements", "Mouvements du personnel", &["ID-02", "ID-09"]),
    ("/parc/composants", "Composants des logiciels", &["PREST-11"]),
];
/// For those who answer for accesses.
const REVIEW: &str = "/acces-a-relire";
/// The same.
const REQUESTS: &str = "/demandes-d-acces";

/// Commands, for whoever looks after the server.
const COMMANDS: [(&str, &[&str]); 3] = [
    ("socle store backup", &["SAUV-01", "SAUV-02", "SAUV-03", "SAUV-04", "SAUV-12"]),
    ("socle store drill", &["SAUV-05", "SAUV-10"]),
    ("socle key share", &["SAUV-09"]),
];

/// Pages where a measure is put in order, by address and name: lists of what is to be dealt with first.
pub(super) fn pages(measure: &str, clearance: &Clearance) -> Vec<(String, &'static str)> {
    let lists = work::LISTS.iter().filter(|list| list.measures.contains(&measure));
    let lists = lists.map(|list| (format!("/parc/a-traiter/{}", list.code), list.title));
    let open = |at: &str| clearance.reviews_accesses() || ![REVIEW, REQUESTS].contains(&at);
    let pages = PAGES.iter().filter(|(at, _, ids)| ids.contains(&measure) && open(at));
    lists.chain(pages.map(|(at, name, _)| ((*at).to_owned(), *name))).collect()
}

/// The command that does it, where no page does.
pub(super) fn command(measure: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|(_, ids)| ids.contains(&measure)).map(|(command, _)| *command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::governance::measures::find;

    #[test]
    fn every_measure_named_here_is_one() {
        let ids = PAGES.iter().flat_map(|(.., ids)| *ids).chain(COMMANDS.iter().flat_map(|(_, ids)| *ids));
        for id in ids {
            assert!(find(id).is_some(), "{id}");
        }
    }
}
