//! *Essayez*, followed to the letter.

use crate::browser::Browser;
use crate::site;

/// Enters by the button of the page, and takes a post when a unit is asked for.
fn enter(browser: &Browser, scenario: &str, who: &str) {
    browser.forget();
    browser.goto("/essayez").within(scenario).press(&format!("Entrer comme {who}"));
    browser.until("a page of the scenario", || {
        let path = browser.path();
        let path = path.split('?').next().unwrap_or_default();
        ["/unites", "/releve", "/personnes"].contains(&path).then_some(())
    });
    if browser.path().starts_with("/unites") {
        browser.script("document.querySelector('main form button').click()", &[]);
        browser.wait_for_path("/releve");
    }
}

#[test]
fn a_text_is_written_from_where_the_tour_leads() {
    let Some(browser) = Browser::open() else { return };
    enter(&browser, "Écrire, et voir qui lira", "Inès Le Goff, infirmière");
    browser.follow("Transmission").wait_for_path("/transmissions/nouvelle").wait_for("Données");
}

#[test]
fn the_same_record_is_found_by_the_four_accounts() {
    let Some(browser) = Browser::open() else { return };
    let scenario = "Une personne, quatre regards";
    enter(&browser, scenario, "Amina Rahal, aide-soignante");
    let first = browser.script("return document.querySelector('.people th a').innerText", &[]);
    let name = first.as_str().expect("somebody is first").replace('\u{a0}', " ");
    browser.follow(&name).follow("Fil").wait_for("élément");
    let others =
        ["Inès Le Goff, infirmière", "Dr Claire Vasseur, médecin coordonnateur", "Hélène Marchand, directrice"];
    for who in others {
        enter(&browser, scenario, who);
        let family = name.split(' ').next().unwrap_or_default();
        browser.follow("Personnes").fill("Nom, chambre ou numéro INS", family).press("Chercher");
        browser.follow(&name).follow("Fil").wait_for("Fil");
    }
}

#[test]
fn a_text_in_the_wrong_record_leaves_there_what_the_tour_says() {
    let Some(browser) = Browser::open() else { return };
    enter(&browser, "Une transmission écrite dans le mauvais dossier", "Amina Rahal, aide-soignante");
    let person = site::first_person("amina");
    browser.goto(&format!("/transmissions/nouvelle?personne={person}"));
    browser.fill("Cible", "Humeur").fill("Données", "Un texte pour quelqu'un d'autre.").press("Enregistrer");
    browser.wait_for("Transmission enregistrée.").follow("Mauvais résident");
    let other = browser.script("return document.querySelector('#personne option:nth-child(2)').innerText", &[]);
    let other = other.as_str().expect("somebody else");
    browser.fill("La bonne personne", other).fill("Que s'est-il passé ?", "Deux chambres voisines");
    browser.press("Déplacer la transmission").wait_for("maintenant dans ce dossier");
    browser.goto(&format!("/personnes/{person}/fil")).wait_for("Écrit par erreur dans ce dossier");
    browser.goto("/essayez").wait_for("Écrit par erreur dans ce dossier");
}
