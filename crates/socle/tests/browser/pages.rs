//! Every page: accessible on a laptop in light and on a phone in dark, no wider than 320 px, without complaint of the
//! browser.
//!
//! With `SOCLE_SHOTS` naming a folder, pictures of each are left there: `amina-personnes-1366-light.png`.

use crate::browser::{Browser, LAPTOP, key};
use crate::looks::Look;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Account (nobody: `-`), then the name and address of each page it looks at. `{person}` is the first of its place that
/// it may open, `{transmission}` the first of that person's thread, `{machine}` the first of the estate, `{account}` the first of those
/// without a unit.
const PAGES: &[(&str, &[(&str, &str)])] = &[
    ("-", &[("connexion", "/connexion"), ("introuvable", "/nulle-part"), ("accessibilite", "/accessibilite")]),
    (
        "amina",
        &[
            ("unites", "/unites"),
            ("releve", "/releve?heures=24"),
            ("releve-filtrer", "/releve?filtrer=1"),
            ("releve-impression", "/releve/impression?heures=24"),
            ("personnes", "/personnes"),
            ("personnes-aucune", "/personnes?q=zzz"),
            ("personne", "/personnes/{person}"),
            ("fil", "/personnes/{person}/fil"),
            ("lectures", "/personnes/{person}/lectures"),
            ("transmission", "/transmissions/{transmission}"),
            ("transmission-nouvelle", "/transmissions/nouvelle"),
            ("transmission-personne", "/transmissions/nouvelle?personne={person}"),
            ("reponse", "/transmissions/nouvelle?reponse={transmission}"),
            ("moi", "/moi"),
            ("essayez", "/essayez"),
            ("confirmer", "/confirmer?suite=/personnes"),
        ],
    ),
    ("ines", CARE),
    (
        "ines",
        &[
            ("allergie-nouvelle", "/allergies/nouvelle?personne={person}"),
            ("traitement-nouveau", "/traitements/nouveau?personne={person}"),
        ],
    ),
    ("malik", CARE),
    ("hugo", CARE),
    ("chef", &[("transmission", "/transmissions/{transmission}"), ("niveau", "/transmissions/{transmission}/niveau")]),
    (
        "directrice",
        &[
            ("releve", "/releve?heures=24"),
            ("personnes", "/personnes"),
            ("personne", "/personnes/{person}"),
            ("fil", "/personnes/{person}/fil"),
            ("lectures", "/personnes/{person}/lectures"),
            ("moi", "/moi"),
            ("parc", "/parc"),
            ("parc-hors-support", "/parc?etat=hors_support"),
            ("parc-import", "/parc/import"),
        ],
    ),
    ("informatique", &[("parc", "/parc"), ("machine", "/parc/machines/{machine}"), ("parc-import", "/parc/import")]),
];

/// What whoever answers for machines and measures opens.
const HOUSE: &[(&str, &[(&str, &str)])] = &[
    (
        "directrice",
        &[
            ("a-suivre", "/a-suivre"),
            ("maitrise", "/maitrise"),
            ("mesures", "/maitrise/mesures"),
            ("mesure", "/maitrise/mesures/MAJ-01"),
            ("mesure-declaree", "/maitrise/mesures/GOUV-02"),
            ("plan", "/maitrise/plan"),
            ("action-nouvelle", "/maitrise/plan/nouvelle?mesure=MAJ-01"),
            ("evolution", "/maitrise/evolution"),
            ("profil", "/maitrise/profil"),
            ("exceptions", "/maitrise/exceptions"),
            ("envois", "/maitrise/envois"),
            ("reglages", "/maitrise/reglages"),
            ("comptes", "/maitrise/comptes"),
            ("comptes-relecture", "/maitrise/comptes/0"),
            ("compte-nouveau", "/maitrise/comptes/nouveau"),
            ("compte", "/maitrise/comptes/qui/{account}"),
            ("repartition", "/unites/repartition"),
            ("traces", "/maitrise/traces"),
            ("mot-de-passe", "/moi/mot-de-passe"),
            ("appareil", "/appareil"),
            ("appareils", "/appareils"),
        ],
    ),
    (
        "informatique",
        &[
            ("a-traiter", "/parc/a-traiter"),
            ("hors-support", "/parc/a-traiter/hors-support"),
            ("antivirus", "/parc/a-traiter/antivirus?tri=vue"),
            ("dormants", "/parc/a-traiter/dormants"),
            ("mouvements", "/parc/mouvements?tri=depart"),
            ("composants", "/parc/composants"),
            ("charte", "/charte"),
        ],
    ),
];

/// What everyone who works with people opens in a day.
const CARE: &[(&str, &str)] = &[
    ("unites", "/unites"),
    ("releve", "/releve?heures=24"),
    ("releve-filtrer", "/releve?filtrer=1"),
    ("releve-impression", "/releve/impression?heures=24"),
    ("personnes", "/personnes"),
    ("personne", "/personnes/{person}"),
    ("fil", "/personnes/{person}/fil"),
    ("lectures", "/personnes/{person}/lectures"),
    ("transmission", "/transmissions/{transmission}"),
    ("transmission-personne", "/transmissions/nouvelle?personne={person}"),
    ("moi", "/moi"),
    ("essayez", "/essayez"),
];

const TABLET: (u32, u32) = (800, 1280);
const PHONE: (u32, u32) = (360, 740);
/// The narrowest that any page must bear.
const NARROWEST: (u32, u32) = (320, 640);

const LOOKS: [((u32, u32), Look); 6] = [
    (LAPTOP, Look::Light),
    (TABLET, Look::Light),
    (PHONE, Look::Light),
    (LAPTOP, Look::Dark),
    (PHONE, Look::Dark),
    (LAPTOP, Look::Print),
];
/// Where axe looks: the widest and the narrowest, and colours of both kinds.
const CHECKED: [((u32, u32), Look); 2] = [(LAPTOP, Look::Light), (PHONE, Look::Dark)];

#[test]
fn pages_are_accessible_and_fit_a_narrow_window() {
    look_at(PAGES);
}

#[test]
fn pages_of_the_house_are_accessible_and_fit_a_narrow_window() {
    look_at(HOUSE);
}

/// What the focus is on: its place in the page, whether it can be seen, and whether it shows that it has the focus.
const FOCUS: &str = "const at = document.activeElement;
     if (!at || at === document.body) return null;
     const box = at.getBoundingClientRect(), style = getComputedStyle(at);
     const marked = style.outlineStyle !== 'none' || style.boxShadow !== 'none' || at.type === 'date';
     return [[...document.querySelectorAll('*')].indexOf(at), box.width > 0 && box.height > 0, marked, at.outerHTML.slice(0, 80)]";
/// How many things can have it.
const CAN_HAVE_FOCUS: &str =
    "const all = 'a[href], button, input:not([type=hidden]), select, textarea, [tabindex=\"0\"], summary';
     return [...document.querySelectorAll(all)].filter((one) => !one.disabled && one.offsetParent !== null).length";

#[test]
fn each_page_of_the_house_is_gone_through_with_the_tab_key_in_its_order_and_left() {
    let Some(browser) = Browser::open() else { return };
    for (login, pages) in HOUSE {
        browser.forget();
        browser.resize(LAPTOP.0, LAPTOP.1).look_as(Look::Light).sign_in(login);
        for (_, path) in *pages {
            browser.goto(path);
            let most = browser.script(CAN_HAVE_FOCUS, &[]).as_u64().expect("a number");
            let mut met: Vec<i64> = Vec::new();
            // A date has three parts, each with the focus in its turn.
            for _ in 0..most * 3 + 10 {
                let focus = browser.keys(key::TAB).script(FOCUS, &[]);
                let Some(place) = focus[0].as_i64().filter(|place| met.first() != Some(place)) else { break };
                assert!(focus[1] == true && focus[2] == true, "{path}: the focus cannot be seen on {}", focus[3]);
                if met.last() != Some(&place) {
                    met.push(place);
                }
            }
            assert!(met.is_sorted(), "{path}: the focus jumps: {met:?}");
            assert!(met.len() as u64 >= most.min(3) && met.len() as u64 <= most + 2, "{path}: {} of {most}", met.len());
        }
    }
}

fn look_at(all: &[(&str, &[(&str, &str)])]) {
    let shots = env::var_os("SOCLE_SHOTS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if let Some(folder) = &shots {
        fs::create_dir_all(folder).expect("SOCLE_SHOTS names a folder");
    }
    let Some(browser) = Browser::open() else { return };
    for (login, pages) in all {
        browser.forget();
        let (mut person, mut transmission) = (String::new(), String::new());
        if *login != "-" {
            browser.resize(LAPTOP.0, LAPTOP.1).look_as(Look::Light).sign_in(login);
            if pages.iter().any(|(_, path)| path.contains("{person}") || path.contains("{transmission}")) {
                person = first(&browser, "/personnes", "/personnes/");
            }
            if pages.iter().any(|(_, path)| path.contains("{transmission}")) {
                transmission = first(&browser, &format!("/personnes/{person}/fil?partie=ecrits"), "/transmissions/");
            }
        }
        for (name, path) in *pages {
            let mut path = path.replace("{person}", &person).replace("{transmission}", &transmission);
            for (mark, page, below) in FIRST.iter().filter(|(mark, ..)| path.contains(mark)).collect::<Vec<_>>() {
                path = path.replace(mark, &first(&browser, page, below));
            }
            browser.goto(&path);
            assert_eq!(browser.complaints(), [""; 0], "{login} {path}");
            let name = if *login == "-" { (*name).to_owned() } else { format!("{login}-{name}") };
            visit(&browser, &name, shots.as_deref());
        }
    }
}

/// What stands for an id, and the page whose first link below an address has it.
const FIRST: [(&str, &str, &str); 2] =
    [("{machine}", "/parc", "/parc/machines/"), ("{account}", "/maitrise/comptes/0", "/maitrise/comptes/qui/")];

/// The id in the first link of a page that leads below an address.
fn first(browser: &Browser, page: &str, below: &str) -> String {
    let script = "return [...document.querySelectorAll('main a')].map((link) => link.getAttribute('href'))
        .filter((to) => to.startsWith(arguments[0]) && !/[?]|nouvelle|admission/.test(to)).map((to) => to.split('/')[arguments[1]])[0]";
    let found = browser.goto(page).script(script, &[json!(below), json!(below.matches('/').count())]);
    found.as_str().unwrap_or_else(|| panic!("no link below {below} on {page}")).to_owned()
}

fn visit(browser: &Browser, name: &str, shots: Option<&Path>) {
    for (size, look) in LOOKS {
        browser.resize(size.0, size.1).look_as(look);
        if CHECKED.contains(&(size, look)) {
            browser.check_accessibility();
        }
        let Some(folder) = shots else { continue };
        let stem = format!("{name}-{}-{}", size.0, look.word());
        browser.screenshot(&folder.join(format!("{stem}.png")));
        if look == Look::Print {
            fs::write(folder.join(format!("{name}.pdf")), browser.pdf()).expect("a folder that takes files");
        } else if look == Look::Light {
            browser.whole_screenshot(&folder.join(format!("{stem}-whole.png")));
        }
    }
    browser.look_as(Look::Light).resize(NARROWEST.0, NARROWEST.1).check_width();
}
