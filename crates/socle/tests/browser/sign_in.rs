//! Coming in and going out, by hand, by keyboard, without script.

use crate::browser::{Browser, key};
use crate::site;

#[test]
fn signs_in_reads_a_person_and_signs_out() {
    let Some(browser) = Browser::open() else { return };
    browser.goto("/").wait_for_path("/connexion").check_accessibility();
    browser.sign_in("amina").wait_for_path("/personnes").wait_for("Amina Rahal").check_accessibility();
    let odette = site::name(0, 0);
    browser.follow(&odette).wait_for_path(&format!("/personnes/{}", site::person(0, 0))).wait_for(&odette);
    browser.wait_for("Fil du dossier").check_accessibility();
    browser.press("Se déconnecter").wait_for_path("/connexion").lacks(&odette);
    browser.goto("/personnes").wait_for_path("/connexion");
}

#[test]
fn signs_in_with_the_keyboard_alone() {
    let Some(browser) = Browser::open() else { return };
    browser.goto("/connexion").tab_to("Identifiant").keys("ines").tab_to("Mot de passe").keys(app::demo::PASSWORD);
    browser.keys(key::ENTER).wait_for_path("/personnes");
    browser.tab_to("Aller au contenu").keys(key::ENTER).tab_to("Nom, prénom ou numéro");
    browser.chord(&[key::SHIFT, key::TAB]);
    assert_ne!(browser.focused(), "Nom, prénom ou numéro");
    browser.tab_to(&site::name(0, 0)).keys(key::ENTER).wait_for("Fil du dossier");
}

#[test]
fn signs_in_without_script() {
    let Some(browser) = Browser::script_off() else { return };
    browser.sign_in("medco").wait_for_path("/personnes").follow(&site::name(0, 0));
    browser.wait_for("Fil du dossier").check_accessibility();
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
    browser.follow("Liste des personnes").wait_for_path("/personnes");
}
