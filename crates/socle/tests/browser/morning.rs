//! A carer's morning: taking over, reading, writing, mending, by mouse, by keyboard, without script.

use crate::browser::{Browser, key};
use crate::looks::Look;
use crate::site;

const SAVED: &str = "Transmission enregistrée.";

/// Opens the form about the first person of an account, and begins to write.
fn begin(browser: &Browser, login: &str, text: &str) {
    browser.goto(&format!("/transmissions/nouvelle?personne={}", site::first_person(login)));
    browser.fill("Cible", "Humeur").fill("Données", text);
}

#[test]
fn takes_over_reads_writes_and_corrects() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("amina").goto("/unites").wait_for("Unité 2").check_accessibility();
    browser.press("Je prends mon poste").wait_for_path("/releve").check_accessibility();
    browser.goto("/releve?heures=24").press("Tout marquer comme lu").wait_for("marqués comme lus");
    browser.follow("Imprimer").wait_for("ne sont pas imprimés").check_accessibility();
    browser.look_as(Look::Print);
    assert!(browser.pdf().starts_with(b"%PDF"));
    browser.look_as(Look::Light);
    begin(&browser, "amina", "Parle peu ce matin.");
    browser.wait_for("Qui lira ceci").wait_for("Courant").check_accessibility();
    browser.fill("Données", "Parle peu ce matin, dit qu’elle veut en finir, idées suicidaires.");
    browser.wait_for("Sensible");
    browser.press("Enregistrer").wait_for(SAVED).check_accessibility();
    browser
        .follow("Corriger")
        .fill("Données", "Parle peu ce matin, mange bien.")
        .fill("Pourquoi", "Mauvais paragraphe");
    browser.check_accessibility().press("Enregistrer").wait_for("Correction enregistrée.");
    browser.wait_for("Mauvais paragraphe").wait_for("mange bien").check_accessibility();
}

#[test]
fn takes_back_what_was_just_saved() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("jeanne");
    begin(&browser, "jeanne", "Enregistré trop vite.");
    browser.press("Enregistrer").wait_for(SAVED).press("Annuler").wait_for("La transmission est annulée");
    assert_eq!(browser.value("Données"), "Enregistré trop vite.");
    browser
        .goto("/moi")
        .wait_for("Enregistré trop vite.")
        .check_accessibility()
        .press("Supprimer")
        .wait_for("Aucun brouillon.");
    browser.lacks("Enregistré trop vite.");
}

#[test]
fn writes_with_the_keyboard_alone() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("awa").goto("/releve").tab_to("Transmission").keys(key::ENTER).wait_for("Nouvelle transmission");
    browser.tab_to("Personne").keys("B").tab_to("Cible").keys("Som");
    browser
        .tab_to("Données ce que j'ai vu, entendu, mesuré")
        .keys("A dormi sans se réveiller.")
        .tab_to("Enregistrer")
        .keys(key::ENTER);
    browser.wait_for(SAVED).wait_for("A dormi sans se réveiller.").wait_for("Sommeil, nuit");
}

#[test]
fn writes_without_script() {
    let Some(browser) = Browser::script_off() else { return };
    browser.sign_in("ines").wait_for_path("/unites").check_accessibility();
    begin(&browser, "ines", "Séropositivité VIH évoquée par la fille.");
    browser.press("Voir le niveau").wait_for("Très sensible");
    assert_eq!(browser.value("Données"), "Séropositivité VIH évoquée par la fille.");
    browser.press("Garder en brouillon").wait_for("Brouillon gardé");
    browser.fill("Données", "").press("Enregistrer");
    assert!(browser.path().starts_with("/transmissions"), "an empty form does not leave the page, or comes back");
    browser.fill("Données", "Rien de plus.").press("Enregistrer").wait_for(SAVED);
}

#[test]
fn says_what_is_missing_beside_each_field() {
    let Some(browser) = Browser::script_off() else { return };
    browser.sign_in("thibaut").goto("/transmissions/nouvelle");
    // As a browser that does not check would send it.
    browser.press("Garder en brouillon").wait_for("Choisissez la personne");
    assert!(browser.error_of("Personne").contains("Choisissez la personne"));
    assert!(browser.title().starts_with("Erreur : "));
}

#[test]
fn a_second_click_sends_nothing_more() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("karim");
    begin(&browser, "karim", "Deux clics pressés.");
    let twice = "const save = document.querySelector('button[value=enregistrer]'); save.click(); save.click();";
    browser.script(twice, &[]);
    browser.wait_for(SAVED).goto(&format!("/personnes/{}/fil?partie=ecrits", site::first_person("karim")));
    assert_eq!(browser.wait_for("Deux clics pressés.").text().matches("Deux clics pressés.").count(), 1);
}

#[test]
fn two_tabs_do_not_overwrite_one_another() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("rose");
    begin(&browser, "rose", "Première version.");
    browser.press("Enregistrer").wait_for(SAVED).follow("Corriger");
    let (first, path) = (browser.tab(), browser.path());
    let second = browser.open_tab();
    browser.switch_to(&second).goto(&path).fill("Données", "Du deuxième onglet.").fill("Pourquoi", "plus vite");
    browser.press("Enregistrer").wait_for("Correction enregistrée.").switch_to(&first);
    browser.fill("Données", "Du premier onglet.").fill("Pourquoi", "trop tard").press("Enregistrer");
    browser.wait_for("a été modifiée entre-temps").check_accessibility();
    assert_eq!(browser.value("Données"), "Du premier onglet.");
}

#[test]
fn a_session_that_ends_while_one_types_loses_nothing() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("elsa");
    begin(&browser, "elsa", "Un long récit, interrompu.");
    browser.forget().press("Enregistrer").wait_for("Votre session était terminée").check_accessibility();
    assert_eq!(browser.value("Identifiant"), "elsa");
    browser.fill("Mot de passe", app::demo::PASSWORD).press("Se connecter").wait_for("Votre texte est là");
    assert_eq!(browser.value("Données"), "Un long récit, interrompu.");
    browser.press("Enregistrer").wait_for(SAVED);
}

#[test]
fn nothing_leaves_while_the_network_is_away() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("thibaut");
    begin(&browser, "thibaut", "Écrit dans l’ascenseur.");
    let away = "window.near = window.fetch; window.fetch = () => Promise.reject(new TypeError('away')); \
        Object.defineProperty(navigator, 'onLine', { value: false });";
    browser.script(away, &[]);
    browser.press("Enregistrer").wait_for("rien n’est parti").check_accessibility();
    assert_eq!(browser.value("Données"), "Écrit dans l’ascenseur.");
    assert!(browser.path().starts_with("/transmissions/nouvelle"));
    // What the browser believes is asked for again, not trusted.
    browser.script("window.fetch = window.near;", &[]);
    browser.press("Enregistrer").wait_for(SAVED);
}

#[test]
fn an_unfinished_writing_is_kept_by_itself() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("malik");
    begin(&browser, "malik", "Laissé en plan.");
    browser.wait_for("Brouillon gardé à");
    browser.script("addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)", &[]);
    browser.goto("/moi").wait_for("Laissé en plan.");
}

#[test]
fn a_writing_in_the_wrong_record_goes_to_the_right_one() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("hugo");
    begin(&browser, "hugo", "Sa fille passera jeudi.");
    browser.press("Enregistrer").wait_for(SAVED).follow("Mauvais résident").wait_for("La bonne personne");
    let other = site::name(0, 1);
    browser
        .check_accessibility()
        .fill("La bonne personne", &format!("{other} – 102"))
        .fill("Que s’est-il passé", "deux chambres voisines");
    browser.press("Déplacer").wait_for("est maintenant dans ce dossier").wait_for(&other);
    browser.goto(&format!("/personnes/{}/fil", site::first_person("hugo")));
    browser.wait_for("Écrit par erreur").lacks("Sa fille passera jeudi.");
}

#[test]
fn an_older_tab_is_told_that_a_newer_draft_is_kept() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("manon");
    begin(&browser, "manon", "Du premier onglet.");
    browser.press("Garder en brouillon").wait_for("Brouillon gardé").wait_for("1 brouillon");
    let (first, path) = (browser.tab(), browser.path());
    let second = browser.open_tab();
    browser.switch_to(&second).goto(&path).fill("Données", "Du deuxième onglet.");
    browser.press("Garder en brouillon").wait_for("Brouillon gardé").switch_to(&first);
    browser.fill("Données", "Du premier onglet, encore.").wait_for("plus récente de ce brouillon");
    browser.press("Garder en brouillon").wait_for("Voir la version plus récente").check_accessibility();
    assert_eq!(browser.value("Données"), "Du premier onglet, encore.");
    browser.follow("Voir la version plus récente").wait_for("Brouillon gardé");
    assert_eq!(browser.value("Données"), "Du deuxième onglet.");
}

#[test]
fn little_is_announced_and_what_is_open_stays_open() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("thibaut");
    begin(&browser, "thibaut", "Parle peu ce matin.");
    browser.wait_for("Qui lira ceci");
    browser.script("document.querySelector('#apercu details').open = true", &[]);
    browser.fill("Données", "Parle peu ce matin, idées suicidaires.").wait_for("Sensible");
    assert_eq!(browser.script("return document.getElementById('dit').textContent", &[]), "Niveau : Sensible");
    assert_eq!(browser.script("return document.querySelector('#apercu details').open", &[]), true);
    assert!(browser.script("return document.getElementById('apercu').ariaLive", &[]).is_null());
    browser.press("Enregistrer").wait_for(SAVED);
    assert_eq!(
        browser.script("return document.activeElement.id", &[]),
        "fait",
        "the reader is brought to what was done"
    );
}

#[test]
fn on_a_phone_the_first_urgent_writing_is_on_the_first_screen() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("amina").resize(360, 640).goto("/releve?heures=168").check_width();
    let seen = "const first = document.querySelector('ol.whole > li');
        return [first.querySelector('.urgent') !== null, first.querySelector('.line2').getBoundingClientRect().bottom]";
    let seen = browser.script(seen, &[]);
    assert_eq!(seen[0], true);
    assert!(seen[1].as_f64().is_some_and(|bottom| bottom <= 640.0), "{seen}");
}

#[test]
fn a_line_of_the_handover_leads_to_a_form_about_its_person() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("amina").goto("/releve?heures=24");
    let path = browser.script("const more = document.querySelector('.more'); more.click(); return more.pathname", &[]);
    assert_eq!(path, "/transmissions/nouvelle");
    browser.wait_for("Dossier de").check_accessibility();
}
