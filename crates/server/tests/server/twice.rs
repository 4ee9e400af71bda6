//! A form that is sent twice does once what it says; and what was typed in a form that is not kept is not lost.

use crate::facts::house;
use crate::support::{Answer, World, csrf, made};
use std::sync::atomic::Ordering;

const NEW: &str = "/maitrise/comptes/nouveau";
const UNITS: &str = "/unites/repartition";

/// A hidden field of a page, as a browser sends it back.
fn hidden(page: &str, name: &str) -> String {
    let (_, after) = page.split_once(&format!("type=\"hidden\" name=\"{name}\" value=\"")).unwrap();
    let value = after.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&");
    value.bytes().map(|byte| if byte == b'%' { "%25".to_owned() } else { sent(byte) }).collect()
}

fn sent(byte: u8) -> String {
    let plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

async fn token(world: &World, cookie: &str) -> String {
    csrf(&world.page("/moi", cookie).await.expect(200))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_twice_is_answered_as_it_was_once() {
    let (world, director) = house().await;
    let form = format!("csrf={}&nom=Les+Lilas", token(&world, &director).await);
    let path = format!("{UNITS}/nouvelle");
    let (one, two) = tokio::join!(world.form(&path, &director, &form), world.form(&path, &director, &form));
    let led = |answer: &Answer| answer.header("location").to_owned();
    assert_eq!((one.status, two.status), (303, 303));
    assert_eq!(led(&one), led(&two));
    let page = world.page(UNITS, &director).await.expect(200).text();
    assert_eq!(page.matches("</span>Les Lilas").count(), 1, "{page}");
    // The same words on another page are another form.
    let other = format!("csrf={}&nom=Les+Lilas", token(&world, &director).await);
    world.form(&path, &director, &other).await.expect(422);
    // Nobody has moved anybody but who is told so.
    let durand = made(&world, "Durand").await;
    let page = world.page(UNITS, &director).await.expect(200);
    let text = page.text();
    let (before, _) = text.split_once(">Les Lilas</option>").unwrap();
    let unit = before.rsplit_once("value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let form = format!("csrf={}&avant-{durand}=0&unite-{durand}={unit}", csrf(&page));
    let first = led(&world.form(UNITS, &director, &form).await.expect(303));
    assert_eq!(led(&world.form(UNITS, &director, &form).await.expect(303)), first);
    // After a while, or by somebody else's session, it is a form like another.
    world.clock.fetch_add(600_000_000, Ordering::Relaxed);
    world.form(UNITS, &director, &form).await.expect(409);
    let another = world.sign_in("diane").await;
    world.form(UNITS, &another, &form).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_refused_is_tried_again() {
    let (world, director) = house().await;
    let durand = made(&world, "Durand").await;
    let form = format!("csrf={}&avant-{durand}=0&unite-{durand}=-99", token(&world, &director).await);
    for _ in 0..2 {
        world.form(UNITS, &director, &form).await.expect(404);
    }
    let form = format!("csrf={}&nom=&identifiant=", token(&world, &director).await);
    for _ in 0..2 {
        world.form(NEW, &director, &form).await.expect(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_opened_once_and_its_password_is_shown_once() {
    let (world, director) = house().await;
    let place = world.app.default_place().value();
    let form = format!(
        "csrf={}&nom=Camille+Roux&identifiant=camille&fonction=ide&lieu={place}/-{place}&confirmation=une+phrase+de+passe",
        token(&world, &director).await
    );
    let given = world.form(NEW, &director, &form).await.expect(200).text();
    let again = world.form(NEW, &director, &form).await.expect(303).header("location").to_owned();
    let page = world.page(&again, &director).await.expect(200).text();
    assert!(page.contains("ne s’affiche qu’une fois") && page.contains("Donner un nouveau mot de passe"), "{page}");
    let secret = given.split_once("<dd class=\"secret\">").unwrap().1.split_once('<').unwrap().0;
    world.form("/connexion", "", &format!("login=camille&password={secret}")).await.expect(303);
    // A new password is drawn once.
    let sheet = again.split('?').next().unwrap();
    let form = format!("csrf={}&faire=mot-de-passe&confirmation=une+phrase+de+passe", token(&world, &director).await);
    let given = world.form(sheet, &director, &form).await.expect(200).text();
    assert_eq!(world.form(sheet, &director, &form).await.expect(303).header("location"), again);
    let secret = given.split_once("<dd class=\"secret\">").unwrap().1.split_once('<').unwrap().0;
    world.form("/connexion", "", &format!("login=camille&password={secret}")).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_enrolled_once() {
    let (world, director) = house().await;
    let place = world.app.default_place().value();
    let form = format!("csrf={}&nom=PC+infirmerie&lieu={place}/0", token(&world, &director).await);
    let first = world.form("/appareil", &director, &form).await.expect(303);
    let second = world.form("/appareil", &director, &form).await.expect(303);
    assert_eq!(first.header("set-cookie"), second.header("set-cookie"));
    assert!(first.header("set-cookie").starts_with("socle-appareil="));
    let list = world.page("/appareils", &director).await.expect(200).text();
    assert_eq!(list.matches("<th scope=\"row\">PC infirmerie").count(), 1, "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_comes_back_after_signing_in_again() {
    let (world, director) = house().await;
    let form = format!("csrf={}&version=0&texte=Ne+pr%C3%AAtez+%26+%3Crien%3E.", token(&world, &director).await);
    world.form("/deconnexion", &director, &format!("csrf={}", token(&world, &director).await)).await.expect(303);
    let kept = world.form("/charte/texte", &director, &form).await.expect(401).text();
    assert!(kept.contains("votre texte vous sera rendu") && kept.contains("value=\"diane\""), "{kept}");
    let carried = ["qui", "vers", "retour", "reste"].map(|name| format!("{name}={}", hidden(&kept, name))).join("&");
    let enter = |login: &str| format!("login={login}&password=une+phrase+de+passe&{carried}");
    // Somebody else is told first, and reads nothing of it.
    let told = world.form("/connexion", "", &enter("ivan")).await.expect(409).text();
    assert!(told.contains("garde un texte"), "{told}");
    let back = world.form("/connexion", "", &enter("diane")).await.expect(200);
    let cookie = back.header("set-cookie").split(';').next().unwrap().to_owned();
    let text = back.text();
    assert!(text.contains("Vous voilà reconnecté") && text.contains("action=\"/charte/texte\""), "{text}");
    assert!(text.contains("Ne prêtez &#38; &#60;rien&#62;.</textarea>"), "{text}");
    assert!(text.contains("name=\"version\" value=\"0\""), "{text}");
    let form = format!("csrf={}&version=0&texte=Ne+pr%C3%AAtez+rien.", csrf(&back));
    world.form("/charte/texte", &cookie, &form).await.expect(303);
    // Without a text, there is nothing to give back.
    let bare = world.form("/unites/quitter", "", "csrf=x").await.expect(303);
    assert!(bare.header("location").starts_with("/connexion?fin=1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_former_session_gives_its_text_back_to_who_wrote_it() {
    let (world, director) = house().await;
    let form = format!("csrf={}&version=0&texte=Deux+mots", token(&world, &director).await);
    let again = world.sign_in("diane").await;
    let page = world.form("/charte/texte", &again, &form).await.expect(403);
    assert!(page.text().contains("connexion précédente") && page.text().contains("Deux mots</textarea>"));
    let form = format!("csrf={}&version=0&texte=Deux+mots", csrf(&page));
    world.form("/charte/texte", &again, &form).await.expect(303);
    // To somebody else, that page is a stranger's: what it holds is read by who sent it, and kept nowhere.
    let other = world.sign_in("ivan").await;
    let page = world.form("/charte/texte", &other, &form).await.expect(403).text();
    assert!(page.contains("Action refusée") && !page.contains("name=\"csrf\""), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charter_that_was_overtaken_shows_both_texts() {
    let (world, director) = house().await;
    let ivan = world.sign_in("ivan").await;
    let (mine, theirs) = (token(&world, &director).await, token(&world, &ivan).await);
    world.form("/charte/texte", &ivan, &format!("csrf={theirs}&version=0&texte=Le+sien.")).await.expect(303);
    let page = world.form("/charte/texte", &director, &format!("csrf={mine}&version=0&texte=Le+mien.")).await;
    let page = page.expect(409);
    let text = page.text();
    assert!(text.contains("<p>Le sien.</p>") && text.contains(">Le mien.</textarea>"), "{text}");
    assert!(text.contains("pendant que vous écriviez") && text.contains("href=\"#texte\""), "{text}");
    let version = hidden(&text, "version");
    let form = format!("csrf={}&version={version}&texte=Les+deux.", csrf(&page));
    world.form("/charte/texte", &director, &form).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_shown_where_it_is_said() {
    let (world, _) = house().await;
    let claire = world.sign_in("claire").await;
    let form = format!("csrf={}&motif=x&mots=Tomb%C3%A9e+au+salon", token(&world, &claire).await);
    let page = world.form("/personnes/nulle-part/urgence", &claire, &form).await.expect(404).text();
    assert!(page.contains("Page introuvable") && page.contains("Tombée au salon</textarea>"), "{page}");
}
