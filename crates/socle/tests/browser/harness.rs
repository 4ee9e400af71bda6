//! The tools themselves: a test that passes because its tool does nothing is worse than none.

use crate::browser::Browser;
use crate::driver::driver;
use crate::looks::Look;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};

const FORM: &str = "data:text/html;charset=utf-8,<!doctype html><html lang=fr><title>Essai</title><main>\
    <noscript>sans script</noscript><p id=p>rien</p><script>p.textContent='avec script'</script>\
    <form><label for=jour>Jour</label><input id=jour type=date><label for=rythme>Rythme</label>\
    <select id=rythme><option value=m>Matin<option value=s>Soir de l’été</select>\
    <label><input type=radio name=r value=1> Oui</label><label><input type=radio name=r value=2> Non</label>\
    <button type=button onclick='p.textContent=`heure ${rythme.value}`'>Dire l’heure</button></form>\
    <ul><li>Un<button type=button onclick='p.textContent=`choix 1`'>Choisir</button>\
    <li>Deux<button type=button onclick='p.textContent=`choix 2`'>Choisir</button></ul></main>";

#[test]
fn runs_scripts_or_not() {
    let Some(browser) = Browser::open() else { return };
    browser.goto(FORM).wait_for("avec script").lacks("sans script");
    let Some(browser) = Browser::script_off() else { return };
    browser.goto(FORM).wait_for("sans script").lacks("avec script");
}

#[test]
fn finds_by_words_in_a_part_of_the_page() {
    let Some(browser) = Browser::open() else { return };
    browser.goto(FORM).fill("Jour", "2026-05-28").fill("Rythme", "Soir de l'été").tick("Non");
    assert_eq!((browser.value("Jour").as_str(), browser.value("Rythme").as_str()), ("2026-05-28", "s"));
    browser.press("Dire l'heure").wait_for("heure s").within("Deux").press("Choisir");
    browser.wait_for("choix 2").within("Un").press("Choisir");
    browser.wait_for("choix 1");
    assert!(browser.within("Deux").text().starts_with("Deux"));
}

#[test]
fn keeps_tabs_apart() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("amina");
    let first = browser.tab();
    browser.open_tab();
    browser.goto("/personnes?q=zzz").wait_for("Aucune personne").switch_to(&first).lacks("Aucune personne");
}

#[test]
fn sees_the_look_of_a_page_and_prints_it() {
    let Some(browser) = Browser::open() else { return };
    let page = "data:text/html,<style>p{display:none}@media print{.p{display:block}}\
        @media (prefers-color-scheme:dark){.d{display:block}}@media (width:360px){.w{display:block}}</style>\
        <p class=p>print<p class=d>dark<p class=w>narrow";
    browser.goto(page).look_as(Look::Dark).wait_for("dark").lacks("print").look_as(Look::Print).wait_for("print");
    browser.look_as(Look::Light).resize(360, 740).wait_for("narrow").lacks("dark");
    assert!(browser.pdf().starts_with(b"%PDF-"));
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("page.png");
    browser.screenshot(&picture);
    let bytes = std::fs::read(picture).expect("a picture");
    // Width and height stand in the first block.
    assert_eq!((&bytes[..4], &bytes[16..24]), (&b"\x89PNG"[..], &[0, 0, 1, 104, 0, 0, 2, 228][..]));
}

#[test]
fn refuses_what_is_not_accessible_or_too_wide() {
    if driver().is_none() || env::var_os("SOCLE_AXE").is_none() {
        return;
    }
    let Some(browser) = Browser::open() else { return };
    browser.goto(FORM).check_accessibility();
    browser.goto("data:text/html,<!doctype html><html lang=fr><title>Essai</title><input style='width:2000px'>");
    let refused = catch_unwind(AssertUnwindSafe(|| _ = browser.check_accessibility()));
    let said = refused.expect_err("a field without a label is refused");
    assert!(said.downcast_ref::<String>().is_some_and(|said| said.contains("critical label")), "{said:?}");
    assert!(catch_unwind(AssertUnwindSafe(|| _ = browser.check_width())).is_err());
}
