//! What stays on the screen when a page is printed, whatever page it is.

use crate::browser::Browser;
use crate::find::plain;
use crate::looks::Look;
use serde_json::{Value, json};

/// The texts of what is sensible or very sensible on the page, and where each of them is read.
const SECRETS: &str = "return [...document.querySelectorAll('.l3, .l4')].filter((one) => one.querySelector('.prose'))
    .map((one) => [one.querySelector('.prose').innerText.slice(0, 60), one.querySelector('a')?.getAttribute('href') ?? '', one.matches('.l4')])";
const PERSONS: &str = "return [...document.querySelectorAll('.people th a')].map((one) => one.getAttribute('href'))";

fn strings(found: &Value) -> Vec<String> {
    found.as_array().into_iter().flatten().filter_map(|one| Some(plain(one.as_str()?))).collect()
}

/// Opens a page and looks at it as paper: nothing of that is on it. How many elements are marked, all of them hidden.
#[track_caller]
fn print(browser: &Browser, path: &str, secrets: &[String]) -> usize {
    let count = "return [...document.querySelectorAll('[data-off-paper]')].map((one) => one.checkVisibility())";
    browser.goto(path).look_as(Look::Print);
    let (marks, shown) = (browser.script(count, &[]), browser.text());
    for secret in secrets {
        assert!(!shown.contains(secret), "{path} prints `{secret}`");
    }
    let marks = marks.as_array().expect("a list").clone();
    assert!(!marks.contains(&json!(true)), "{path} prints what it marks");
    let counted = shown.contains("imprimé :") || shown.contains("imprimés :");
    assert_eq!(counted, !marks.is_empty(), "{path} says what is not printed:\n{shown}");
    browser.look_as(Look::Light);
    marks.len()
}

#[test]
fn prints_nothing_sensible_of_any_page_and_says_how_much_is_left_out() {
    let Some(browser) = Browser::open() else { return };
    browser.sign_in("sophie").goto("/confirmer?suite=/personnes").fill("Mot de passe", app::demo::PASSWORD);
    browser.press("Confirmer").wait_for_path("/personnes");
    let persons = strings(&browser.script(PERSONS, &[]));
    let (mut secrets, mut links, mut deepest) = (Vec::new(), Vec::new(), false);
    for person in &persons {
        let found = browser.goto(&format!("{person}/fil")).script(SECRETS, &[]);
        for one in found.as_array().into_iter().flatten() {
            secrets.push(plain(one[0].as_str().unwrap_or_default()));
            links.extend(one[1].as_str().filter(|to| to.starts_with("/transmissions/")).map(str::to_owned));
            deepest |= one[2] == true;
        }
    }
    assert!(deepest && !links.is_empty() && secrets.iter().all(|secret| !secret.is_empty()), "{secrets:?} {links:?}");
    let mut hidden = 0;
    for person in &persons {
        for page in ["", "/fil", "/lectures", "/urgence"] {
            hidden += print(&browser, &format!("{person}{page}"), &secrets);
        }
    }
    assert!(hidden >= secrets.len(), "{hidden} of {}", secrets.len());
    for page in ["/releve?heures=168", "/releve/impression?heures=168", "/niveaux", "/personnes", "/a-suivre", "/moi"] {
        print(&browser, page, &secrets);
    }
    for link in links.iter().take(4) {
        let answer = format!("/transmissions/nouvelle?reponse={}", link.rsplit('/').next().unwrap_or_default());
        for page in [link.clone(), format!("{link}/niveau"), format!("{link}/deplacer"), answer] {
            print(&browser, &page, &secrets);
        }
        assert!(print(&browser, link, &secrets) > 0, "{link}");
    }
}
