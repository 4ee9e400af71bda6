//! What was just done: the answer to a form leads to a page whose address says `fait=…`, and that page says it in words, once, where
//! the focus goes.

use crate::headers;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};

/// The page (`*` stands for an id), the word of its address, and what is said. A page says nothing else: an address that somebody
/// made up cannot put words in its mouth.
const SAID: &[(&str, &str, &str)] = &[
    ("/acces-en-urgence", "accord", "Vous avez donné votre accord\u{a0}: la personne qui le demandait peut lire."),
    ("/acces-en-urgence", "refus", "Vous avez refusé\u{a0}: rien ne s’est ouvert."),
    (
        "/acces-en-urgence",
        "trop-tard",
        "Cette demande n’attendait plus de réponse\u{a0}: voyez plus bas ce qu’elle est devenue.",
    ),
    ("/acces-en-urgence", "avis", "Votre avis est enregistré."),
    ("/allergies/*", "annule", "C’est annulé\u{a0}: elle est notée comme avant."),
    ("/allergies/*", "corrige", "Correction enregistrée. L’ancienne version reste consultable plus bas."),
    ("/allergies/*", "deja", ENDED_ALREADY),
    ("/allergies/*", "ecrit", "Allergie enregistrée."),
    ("/allergies/*", "niveau", "Niveau enregistré, avec votre motif."),
    ("/allergies/*", "termine", "C’est enregistré, avec votre motif."),
    ("/appareil", "enregistre", "Cet appareil est enregistré."),
    ("/appareils", "retire", "L’appareil est retiré\u{a0}: il n’est plus reconnu."),
    ("/charte", "signee", "Votre signature est enregistrée."),
    ("/charte", "en-vigueur", "Ce texte est en vigueur\u{a0}: chacun est invité à le signer."),
    ("/connexion", "parti", "Vous êtes déconnecté."),
    ("/maitrise/comptes", "relus", "La relecture est close\u{a0}: ce qui est fermé l’est dès maintenant."),
    ("/maitrise/comptes/qui/*", "ajout", "La fonction est ajoutée."),
    ("/maitrise/comptes/qui/*", "ferme", "Ce compte est fermé. Qui l’utilisait vient d’être déconnecté."),
    ("/maitrise/comptes/qui/*", "fin", "Le dernier jour est enregistré."),
    ("/maitrise/comptes/qui/*", "nom", "Le nom est corrigé."),
    ("/maitrise/comptes/qui/*", "ouvert", "Ce compte est ouvert."),
    (
        "/maitrise/comptes/qui/*",
        "remis",
        "C’était déjà fait\u{a0}: ce compte a reçu un mot de passe, qui ne s’affiche qu’une fois. S’il n’a pas été noté, donnez-en un nouveau.",
    ),
    ("/maitrise/comptes/qui/*", "retrait", "La fonction est retirée."),
    ("/maitrise/envois", "reessaye", "Un nouvel essai est demandé\u{a0}: rechargez cette page dans quelques instants."),
    (
        "/maitrise/envois",
        "abandonne",
        "L’envoi est abandonné. Le logiciel voit sa demande en erreur\u{a0}; il peut la refaire.",
    ),
    ("/maitrise/envois", "absent", "Cet envoi n’est plus là\u{a0}: il est parti, ou quelqu’un s’en est occupé."),
    ("/maitrise/etablissements", "dit", "C’est enregistré\u{a0}: qui lit quoi suit dès maintenant."),
    ("/maitrise/exceptions", "absente", "Cette exception était déjà retirée."),
    ("/maitrise/exceptions", "decidee", "L’exception est décidée."),
    ("/maitrise/exceptions", "retiree", "L’exception est retirée\u{a0}: le constat revient."),
    ("/maitrise/mesures/*", "declaree", "Votre déclaration est enregistrée."),
    ("/maitrise/plan", "enregistree", "L’action est enregistrée."),
    ("/maitrise/profil", "absente", "Cette dérogation n’était plus là\u{a0}: relisez la liste."),
    ("/maitrise/profil", "profil", "Le profil est enregistré\u{a0}: les mesures sont jugées d’après lui."),
    ("/maitrise/profil", "derogation", "La dérogation est ajoutée."),
    ("/maitrise/profil", "retiree", "La dérogation est retirée."),
    ("/maitrise/reglages", "regles", "Les réglages sont enregistrés\u{a0}: ils valent dès maintenant."),
    ("/maitrise/secours", "ouvert", "L’essai d’ouverture est enregistré."),
    ("/maitrise/traces", "remis", "Le point de contrôle est prêt\u{a0}: donnez-le à votre témoin."),
    ("/maitrise/traces", "compare", "La comparaison est faite\u{a0}: son résultat est plus bas."),
    ("/moi", "brouillon", "Le brouillon est supprimé."),
    ("/moi", "theme", "Ces couleurs valent maintenant pour ce navigateur."),
    ("/moi/mot-de-passe", "change", "Votre mot de passe est changé. Vos sessions ouvertes ailleurs sont fermées."),
    ("/parc/import", "annule", "L’import est annulé\u{a0}: ce qu’il disait ne compte plus."),
    ("/parc/import", "deja", "Cet import était déjà annulé."),
    (
        "/personnes/*",
        "deplace",
        "La transmission est maintenant dans ce dossier. L’autre dossier n’en montre plus le texte.",
    ),
    ("/personnes/*", "aucune", "C’est noté\u{a0}: aucune allergie connue."),
    ("/personnes/*", "urgence", "C’est ouvert. Tout ce que vous lisez s’inscrit au journal."),
    ("/personnes/*", "referme", "L’accès en urgence est refermé."),
    ("/personnes/*/sejour", "admise", "La personne est admise."),
    (
        "/personnes/*/sejour",
        "admise-sans-ins",
        "La personne est admise. Le numéro INS saisi n’est pas enregistré\u{a0}: son dossier garde l’identité qu’il avait.",
    ),
    ("/personnes/*/sejour", "entree", "L’entrée est annulée."),
    ("/personnes/*/sejour", "place", "L’unité et la chambre sont enregistrées."),
    ("/personnes/*/sejour", "retour", "La sortie est annulée\u{a0}: le séjour continue."),
    ("/personnes/*/sejour", "sortie", "La sortie est enregistrée."),
    ("/personnes/*/lectures/impression", "demande", "La demande est notée."),
    ("/unites/repartition", "nom", "L’unité a changé de nom."),
    ("/unites/repartition", "fermee", "L’unité est supprimée."),
    ("/unites/repartition", "unite", "L’unité est ajoutée."),
    ("/unites/repartition", "places", "C’est enregistré\u{a0}: chacun est dans l’unité choisie."),
    ("/unites/repartition", "rien", "Rien n’était à changer."),
    ("/releve", "poste", "Vous avez pris votre poste."),
    ("/releve", "niveau", LEVEL_KEPT),
    ("/traitements/*", "annule", "C’est annulé\u{a0}: il est noté comme avant."),
    ("/traitements/*", "corrige", "Correction enregistrée. L’ancienne version reste consultable plus bas."),
    ("/traitements/*", "deja", ENDED_ALREADY),
    ("/traitements/*", "ecrit", "Traitement enregistré."),
    ("/traitements/*", "niveau", "Niveau enregistré, avec votre motif."),
    ("/traitements/*", "termine", "C’est enregistré, avec votre motif."),
    ("/transmissions/*", "lue", "La transmission est marquée comme lue."),
    ("/transmissions/*", "non-lue", "La transmission n’est plus marquée comme lue."),
    ("/unites", "niveau", LEVEL_KEPT),
    ("/unites", "quitte", "Vous avez quitté votre poste."),
];

/// Said of an allergy or a treatment whose end is sent again.
const ENDED_ALREADY: &str =
    "C’était déjà terminé\u{a0}: rien n’a été changé. Qui l’a fait, quand et pourquoi sont dits plus bas.";

/// Said where the handover would be, of what its reader may no longer read.
const LEVEL_KEPT: &str = "Le niveau est enregistré, avec votre motif. À ce niveau, vous ne lisez plus cet écrit.";

/// What a page says was just done.
pub(crate) fn said(uri: &Uri) -> Option<&'static str> {
    let done = fhir::search::pairs(uri.query()?).into_iter().find(|(name, _)| name == "fait")?.1;
    let (.., said) = SAID.iter().find(|(page, word, _)| *word == done && fits(page, uri.path()))?;
    Some(said)
}

fn fits(page: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (page.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted == "*" => {}
            _ => return false,
        }
    }
}

/// To the page that says what was done; `page` may name a place in it (`/acces-en-urgence#…`) and have a query.
pub(crate) fn to(page: &str, word: &str) -> Response {
    let (address, place) = page.split_once('#').map_or((page, String::new()), |(page, at)| (page, format!("#{at}")));
    let mark = if address.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{address}{mark}fait={}{place}", headers::encode(word, ""))).into_response()
}

/// To another page than the one that was to say what was done: it says it, where it knows the word.
pub(crate) fn onward(page: &str, word: &str) -> Response {
    if word.is_empty() { Redirect::to(page).into_response() } else { to(page, word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_its_own_words_only() {
        let said = |address: &str| said(&address.parse().unwrap());
        assert_eq!(said("/personnes/p1?fait=referme"), Some("L’accès en urgence est refermé."));
        assert_eq!(said("/moi?x=1&fait=theme"), Some("Ces couleurs valent maintenant pour ce navigateur."));
        for other in
            ["/personnes/p1/fil?fait=referme", "/personnes?fait=referme", "/moi?fait=referme", "/moi?fait=", "/moi"]
        {
            assert_eq!(said(other), None, "{other}");
        }
    }

    #[test]
    fn the_word_stands_before_the_place() {
        let header = |page| to(page, "avis").headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(header("/acces-en-urgence#e1"), "/acces-en-urgence?fait=avis#e1");
        assert_eq!(header("/charte?suite=/parc"), "/charte?suite=/parc&fait=avis");
    }
}
