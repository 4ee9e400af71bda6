//! Coming in and going out, by hand, by keyboard, without script.

use crate::browser::{Browser, key};
use crate::site;

#[test]
fn signs_in_reads_a_person_and_signs_out() {
    let Some(browser) = Browser::open() else { return };
    browser.goto("/").wait_for_path("/connexion").check_accessibility();
    browser.sign_in("amina").wait_for_path("/releve").wait_for("Amina Rahal").check_accessibility();
    let (place, rank) = site::first("amina");
    let someone = site::name(place, rank);
    browser.follow("Personnes").follow(&someone).wait_for_path(&format!("/personnes/{}", site::person(place, rank)));
    browser.wait_for("Dernières 72 h").check_accessibility().follow("Fil").wait_for("Tout").check_accessibility();
    browser.follow("Qui a lu").wait_for("Vos propres consultations").check_accessibility();
    browser.press("Se déconnecter").wait_for_path("/connexion").wait_for("Vous êtes déconnecté.").lacks(&someone);
    browser.goto("/personnes").wait_for_path("/connexion");
}

#[test]
fn signs_in_with_the_keyboard_alone() {
    let Some(browser) = Browser::open() else { return };
    browser.goto("/connexion").tab_to("Identifiant").keys("ines").tab_to("Mot de passe").keys(app::demo::PASSWORD);
    browser.keys(key::ENTER).wait_for_path("/unites");
    browser.tab_to("Personnes").keys(key::ENTER).wait_for_path("/personnes");
    browser.tab_to("Aller au contenu").keys(key::ENTER).tab_to("Nom, chambre ou numéro INS");
    browser.chord(&[key::SHIFT, key::TAB]);
    assert_ne!(browser.focused(), "Nom, chambre ou numéro INS");
    browser.tab_to(&site::name(0, 0)).keys(key::ENTER).wait_for("Dernières 72 h");
}

#[test]
fn signs_in_without_script() {
    let Some(browser) = Browser::script_off() else { return };
    browser.sign_in("medco").wait_for_path("/releve").follow("Personnes").follow(&site::name(0, 0));
    browser.wait_for("Dernières 72 h").check_accessibility();
    browser.press("Se déconnecter").wait_for_path("/connexion");
}

#[test]
fn says_beside_the_field_that_the_password_is_wrong() {
    let Some(browser) = Browser::open() else { return };
    browser.goto("/connexion").fill("Identifiant", "hugo").fill("Mot de passe", "autre chose");
    assert_eq!(browser.error_of("Mot de passe"), "");
    browser.press("Se connecter").wait_for("Identifiant ou mot de passe incorrect.").check_accessibility();
    assert!(browser.error_of("Mot de passe").starts_with("Identifiant ou mot de passe incorrect."));
    assert_eq!((browser.value("Identifiant"), browser.value("Mot de passe")), ("hugo".into(), String::new()));
    assert!(browser.title().starts_with("Erreur : "));
    assert_eq!(browser.focus(), "erreurs", "the reader is brought to what is wrong");
}

#[test]
fn what_is_wrong_takes_the_focus_with_and_without_script() {
    for browser in [Browser::open(), Browser::script_off()] {
        let Some(browser) = browser else { return };
        browser.sign_in("informatique").goto("/appareil").fill("Comment l'appelle-t-on ?", "Poste de garde");
        // What the browser itself would not send is wrong on the server only.
        browser.fill("Son nom dans l'inventaire (vide s'il n'y est pas)", "PC-QUI-N-EXISTE-PAS");
        browser.fill("Où est-il utilisé ?", "EHPAD Les Tilleuls – tout l'établissement");
        browser.press("Enregistrer cet appareil").wait_for("À corriger").check_accessibility();
        assert_eq!(browser.focus(), "erreurs");
        browser.goto("/moi/mot-de-passe").fill("Mot de passe actuel", app::demo::PASSWORD);
        browser.fill("Nouveau mot de passe", "une longue phrase").fill("Le nouveau, une seconde fois", "une autre");
        browser.press("Changer").wait_for("À corriger").check_accessibility();
        assert_eq!(browser.focus(), "erreurs");
        browser.follow("Les deux saisies sont différentes : retapez-le.");
        assert_eq!(browser.focus(), "encore", "and leads to the field");
    }
}

#[test]
fn an_error_page_leads_back() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("amina").goto("/personnes/absente").wait_for("Page introuvable").check_accessibility();
    browser.follow("Revenir à l'accueil").wait_for_path("/releve");
}
