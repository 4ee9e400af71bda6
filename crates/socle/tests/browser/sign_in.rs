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
    browser.press("Se déconnecter").wait_for_path("/connexion").lacks(&someone);
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
}

#[test]
fn an_error_page_leads_back() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("amina").goto("/personnes/absente").wait_for("Page introuvable").check_accessibility();
    browser.follow("Revenir à l'accueil").wait_for_path("/releve");
}
