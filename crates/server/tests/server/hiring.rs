//! *Comptes*: somebody arrives, changes function, loses their password, leaves; by the pages of whoever answers for accounts.

use crate::facts::{house, post};
use crate::support::{Answer, NOW, World, csrf, made};
use confidentiality::Actor;
use std::sync::atomic::Ordering;
use store::{FOREVER, Post};

const DAY: i64 = 86_400_000_000;
const NEW: &str = "/maitrise/comptes/nouveau";
const MINE: &str = "&confirmation=une+phrase+de+passe";
const ADD: &str = "&confirmation-ajout=une+phrase+de+passe";

async fn send(world: &World, cookie: &str, path: &str, fields: &str) -> Answer {
    let token = csrf(&world.page("/moi", cookie).await.expect(200));
    world.form(path, cookie, &format!("csrf={token}&{fields}")).await
}

/// The password on the paper to hand over.
fn secret(page: &Answer) -> String {
    let text = page.text();
    let (_, after) = text.split_once("<dd class=\"secret\">").unwrap();
    after.split_once('<').unwrap().0.to_owned()
}

/// The number of the account that the paper is for.
fn number(page: &Answer) -> i64 {
    let text = page.text();
    let (_, after) = text.split_once("href=\"/maitrise/comptes/qui/").unwrap();
    after.split_once('"').unwrap().0.parse().unwrap()
}

async fn enter(world: &World, login: &str, secret: &str) -> Option<String> {
    let answer = world.form("/connexion", "", &format!("login={login}&password={secret}")).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    (answer.status == 303).then_some(cookie)
}

/// Everybody at the first place, as the form says it.
fn everybody(world: &World) -> String {
    let place = world.app.default_place().value();
    format!("lieu={place}/-{place}")
}

fn french(day: jiff::civil::Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

async fn hire(world: &World, director: &str, login: &str, role: &str) -> (i64, String) {
    let fields = format!("nom=Camille+Roux&identifiant={login}&fonction={role}&{}{MINE}", everybody(world));
    let given = send(world, director, NEW, &fields).await.expect(200);
    (number(&given), secret(&given))
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_arrives_works_and_leaves() {
    let (world, director) = house().await;
    made(&world, "Durand").await;
    let page = world.page(NEW, &director).await.expect(200).text();
    assert!(page.contains("infirmier") && page.contains("toutes les personnes") && !page.contains("représentant"));
    // Nothing that was typed is lost, and everything that is missing is said at once.
    let wrong = send(&world, &director, NEW, "nom=Camille+Roux&identifiant=&du=demain").await.expect(422).text();
    for said in ["value=\"Camille Roux\"", "Choisissez une fonction", "Cochez au moins un endroit", "ne se lit pas"] {
        assert!(wrong.contains(said), "{said}: {wrong}");
    }
    assert!(wrong.contains("href=\"#identifiant\"") && !wrong.contains("href=\"#nom\""), "{wrong}");
    let good = format!("nom=Camille+Roux&identifiant=camille&fonction=ide&{}", everybody(&world));
    let page = send(&world, &director, NEW, &format!("{good}&confirmation=autre")).await.expect(422).text();
    assert!(page.contains("Mot de passe incorrect") && page.contains("value=\"camille\""), "{page}");
    assert!(!page.contains("value=\"autre\""), "a password is not given back");
    let given = send(&world, &director, NEW, &format!("{good}{MINE}")).await.expect(200);
    let (who, first) = (number(&given), secret(&given));
    for (login, said) in
        [("Camille", "déjà celui d’un compte"), ("camille+roux", "sans espace"), ("full", "déjà celui")]
    {
        let fields = format!("nom=X&identifiant={login}&fonction=ide&{}{MINE}", everybody(&world));
        let page = send(&world, &director, NEW, &fields).await.expect(422).text();
        assert!(page.contains(said), "{login}: {page}");
    }
    let camille = enter(&world, "camille", &first).await.unwrap();
    assert!(world.page("/personnes", &camille).await.expect(200).text().contains("DURAND"));
    let found = world.page("/maitrise/comptes?q=ROUX", &director).await.expect(200).text();
    assert!(found.contains(&format!("/maitrise/comptes/qui/{who}")), "{found}");

    let sheet = format!("/maitrise/comptes/qui/{who}");
    let again = send(&world, &director, &sheet, &format!("faire=mot-de-passe{MINE}")).await.expect(200);
    assert_eq!(world.page("/moi", &camille).await.status, 303, "signed out");
    assert!(enter(&world, "camille", &first).await.is_none());
    let camille = enter(&world, "camille", &secret(&again)).await.unwrap();
    assert_eq!(world.page("/", &camille).await.expect(303).header("location"), "/moi/mot-de-passe");
    let page = world.page("/moi/mot-de-passe", &camille).await.expect(200).text();
    assert!(page.contains("vous a été remis") && page.contains("<a href=\"/releve\">Plus tard</a>"), "{page}");
    assert_eq!(post(&world, &director, &sheet, "faire=fermer").await, 303);
    assert_eq!(world.page("/moi", &camille).await.status, 303);
    assert!(enter(&world, "camille", &secret(&again)).await.is_none());
    let page = world.page(&sheet, &director).await.expect(200).text();
    assert!(page.contains("Fermé depuis le") && page.contains("Rouvrir") && !page.contains("Mot de passe perdu"));
    assert_eq!(post(&world, &director, &sheet, "faire=rouvrir&confirmation=autre").await, 422);
    // A form that was opened before it was closed does not open it again.
    let page = send(&world, &director, &sheet, "faire=fin&fin=").await.expect(422).text();
    assert!(page.contains("rouvrez-le d’abord"), "{page}");
    let unit = -world.app.default_place().value();
    let stale = format!("version=0&compte-{who}=garder&etait-{who}=ouvert");
    assert_eq!(post(&world, &director, &format!("/maitrise/comptes/{unit}"), &stale).await, 409);
    assert!(enter(&world, "camille", &secret(&again)).await.is_none());
    assert_eq!(post(&world, &director, &sheet, &format!("faire=rouvrir{MINE}")).await, 303);
    enter(&world, "camille", &secret(&again)).await.unwrap();
    for (day, status, said) in
        [("2001-01-01", 422, "déjà passé"), ("bientôt", 422, "ne se lit pas"), ("9999-12-31", 303, "")]
    {
        let answer = send(&world, &director, &sheet, &format!("faire=fin&fin={day}")).await.expect(status);
        assert!(answer.text().contains(said), "{day}");
    }
    let tomorrow = domain::local_time::local(NOW + DAY).date();
    assert_eq!(post(&world, &director, &sheet, &format!("faire=fin&fin={tomorrow}")).await, 303);
    world.clock.fetch_add(DAY, Ordering::Relaxed);
    enter(&world, "camille", &secret(&again)).await.unwrap();
    world.clock.fetch_add(DAY, Ordering::Relaxed);
    assert!(enter(&world, "camille", &secret(&again)).await.is_none(), "their last day is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_decides_of_accounts_as_they_were_seen() {
    let (world, director) = house().await;
    let (who, secret) = hire(&world, &director, "camille", "ide").await;
    let (sheet, unit) = (format!("/maitrise/comptes/qui/{who}"), -world.app.default_place().value());
    assert_eq!(post(&world, &director, &sheet, "faire=fermer").await, 303);
    assert_eq!(post(&world, &director, &sheet, &format!("faire=rouvrir{MINE}")).await, 303);
    // « Laisser fermé », said of an account that was closed, does not close one that has been opened since.
    let stale = format!("version=0&compte-{who}=fermer&etait-{who}=ferme");
    assert_eq!(post(&world, &director, &format!("/maitrise/comptes/{unit}"), &stale).await, 409);
    enter(&world, "camille", &secret).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_begin_and_end_on_their_day() {
    let (world, director) = house().await;
    made(&world, "Durand").await;
    let (who, secret) = hire(&world, &director, "camille", "as").await;
    let (sheet, at) = (format!("/maitrise/comptes/qui/{who}"), everybody(&world));
    let sees = async |cookie: &str| world.page("/personnes", cookie).await.expect(200).text().contains("DURAND");
    let camille = enter(&world, "camille", &secret).await.unwrap();
    let add = format!("faire=ajouter&fonction=as&{at}{ADD}");
    let page = send(&world, &director, &sheet, &add).await.expect(422).text();
    assert!(page.contains("a déjà cette fonction"), "{page}");
    let page = world.page(&sheet, &director).await.expect(200).text();
    let (_, key) = page.split_once("name=\"quelle\" value=\"").unwrap();
    let key = key.split_once('"').unwrap().0.to_owned();
    assert!(sees(&camille).await);
    assert_eq!(post(&world, &director, &sheet, &format!("faire=retirer&quelle={key}")).await, 303);
    assert!(!sees(&camille).await, "at once");
    let page = send(&world, &director, &sheet, &format!("faire=retirer&quelle={key}")).await.expect(422).text();
    assert!(page.contains("déjà été retirée"), "a second click: {page}");
    let day = |days: i64| domain::local_time::local(NOW + days * DAY).date();
    let later = format!("faire=ajouter&fonction=ide&remplace=1&{at}&du={}&au={}{ADD}", day(2), day(3));
    assert_eq!(post(&world, &director, &sheet, &later).await, 303);
    let page = world.page(&sheet, &director).await.expect(200).text();
    assert!(page.contains("remplacement, infirmier") && page.contains(&format!("du {} au ", french(day(2)))), "{page}");
    // Taken back before it begins, it can be given again.
    let (_, key) = page.split_once("name=\"quelle\" value=\"").unwrap();
    let key = key.split_once('"').unwrap().0.to_owned();
    assert_eq!(post(&world, &director, &sheet, &format!("faire=retirer&quelle={key}")).await, 303);
    assert_eq!(post(&world, &director, &sheet, &later).await, 303);
    assert!(world.page(&sheet, &director).await.expect(200).text().contains("remplacement, infirmier"));
    assert!(!sees(&camille).await);
    // Until then, both who reviews accounts and who waits are told when it begins.
    let unit = -world.app.default_place().value();
    let review = world.page(&format!("/maitrise/comptes/{unit}"), &director).await.expect(200).text();
    assert!(review.contains(&format!("(à partir du {})", french(day(2)))), "{review}");
    let waits = world.page("/a-suivre", &camille).await.expect(200).text();
    assert!(waits.contains(&format!("Votre fonction commence le {}.", french(day(2)))), "{waits}");
    let back = format!("faire=ajouter&fonction=ide&{at}&du={}&au={}{ADD}", day(3), day(2));
    assert!(send(&world, &director, &sheet, &back).await.expect(422).text().contains("avant le premier"));
    // The last day is one of them.
    for (days, seen) in [(2, true), (1, true), (1, false)] {
        world.clock.fetch_add(days * DAY, Ordering::Relaxed);
        let camille = enter(&world, "camille", &secret).await.unwrap();
        assert_eq!(sees(&camille).await, seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_for_no_accounts_gives_none_and_nobody_decides_of_their_own() {
    let (world, director) = house().await;
    let amina = world.sign_in("amina").await;
    let at = everybody(&world);
    for path in [NEW, "/maitrise/comptes/qui/41", "/maitrise/comptes"] {
        assert_eq!(world.page(path, &amina).await.status, 404, "{path}");
    }
    let new = format!("nom=X&identifiant=x&fonction=medco&{at}{MINE}");
    assert_eq!(post(&world, &amina, NEW, &new).await, 404);
    for faire in ["fermer", "rouvrir", "fin", "mot-de-passe&confirmation=faux", "retirer&quelle=x"] {
        assert_eq!(post(&world, &amina, "/maitrise/comptes/qui/41", &format!("faire={faire}")).await, 404, "{faire}");
    }
    let add = format!("faire=ajouter&fonction=medco&{at}");
    assert_eq!(post(&world, &amina, "/maitrise/comptes/qui/42", &add).await, 404);
    let own = "/maitrise/comptes/qui/61";
    let page = world.page(own, &director).await.expect(200).text();
    assert!(page.contains("C’est votre compte") && !page.contains("Fermer maintenant"), "{page}");
    for faire in ["fermer", "fin", &format!("ajouter&fonction=medco&{at}{ADD}"), &format!("mot-de-passe{MINE}")] {
        let answer = send(&world, &director, own, &format!("faire={faire}")).await.expect(422);
        assert!(answer.text().contains("votre propre compte"), "{faire}");
    }
    for gone in ["99999", "7", "abc"] {
        let path = format!("/maitrise/comptes/qui/{gone}");
        assert_eq!(world.page(&path, &director).await.status, 404, "{gone}");
        assert_eq!(post(&world, &director, &path, "faire=fermer").await, 404, "a program's is the operator's: {gone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_left_is_not_said_to_read() {
    let (world, director) = house().await;
    let id = made(&world, "Durand").await;
    let (who, _) = hire(&world, &director, "camille", "ide").await;
    let amina = world.sign_in("amina").await;
    let readers = async || {
        let token = csrf(&world.page("/moi", &amina).await.expect(200));
        let form = format!("csrf={token}&personne={id}&donnees=Repas+pris+en+entier.");
        world.script("/transmissions/apercu", &amina, &form).await.expect(200).text()
    };
    let before = readers().await;
    assert!(before.contains("Camille Roux"), "{before}");
    assert_eq!(post(&world, &director, &format!("/maitrise/comptes/qui/{who}"), "faire=fermer").await, 303);
    let after = readers().await;
    assert!(!after.contains("Camille Roux") && after.contains("claire"), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_administers_machines_gives_nobody_a_record_to_read() {
    let (world, director) = house().await;
    let (camille, _) = hire(&world, &director, "camille", "ide").await;
    let ivan = world.sign_in("ivan").await;
    let page = world.page(NEW, &ivan).await.expect(200).text();
    assert!(page.contains("référent informatique") && !page.contains("infirmier"), "{page}");
    for role in ["medco", "dir"] {
        let fields = format!("nom=X&identifiant=x&fonction={role}&{}{MINE}", everybody(&world));
        let page = send(&world, &ivan, NEW, &fields).await.expect(422).text();
        assert!(page.contains("dont vous ne répondez pas"), "{role}: {page}");
    }
    let fields = format!("nom=Prestataire&identifiant=x&fonction=info&{}{MINE}", everybody(&world));
    let given = send(&world, &ivan, NEW, &fields).await.expect(200);
    let own = format!("/maitrise/comptes/qui/{}", number(&given));
    // Neither by an account of theirs, nor by somebody's password, nor by opening what was closed.
    let add = format!("faire=ajouter&fonction=medco&{}{ADD}", everybody(&world));
    assert_eq!(post(&world, &ivan, &own, &add).await, 422);
    assert_eq!(post(&world, &ivan, &own, &format!("faire=mot-de-passe{MINE}")).await, 200);
    for (who, faire) in [(41, "mot-de-passe"), (61, "mot-de-passe"), (camille, "mot-de-passe"), (camille, "rouvrir")] {
        let page = send(&world, &ivan, &format!("/maitrise/comptes/qui/{who}"), &format!("faire={faire}{MINE}")).await;
        assert!(page.expect(422).text().contains("dont vous ne répondez pas"), "{who} {faire}");
    }
    // Whoever leaves is shut out by anybody who answers for accounts.
    assert_eq!(post(&world, &ivan, &format!("/maitrise/comptes/qui/{camille}"), "faire=fermer").await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_of_somebody_accompanied_is_given_nothing_else() {
    let (world, director) = house().await;
    let (who, _) = hire(&world, &director, "odette", "as").await;
    let (tenant, place, actor) = (world.app.tenant(), world.app.default_place(), Actor::new(who));
    let unit = -place.value();
    let post_of = |persona: &str| Post { actor, place, unit, persona: persona.into(), starts: 0, ends: FOREVER };
    world.app.store().add_post(tenant, post_of("usager")).await.unwrap();
    let sheet = format!("/maitrise/comptes/qui/{who}");
    for faire in [
        format!("ajouter&fonction=ide&{}{ADD}", everybody(&world)),
        format!("mot-de-passe{MINE}"),
        format!("retirer&quelle={}/{unit}/usager/0", place.value()),
    ] {
        assert_eq!(post(&world, &director, &sheet, &format!("faire={faire}")).await, 422, "{faire}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_corrected_and_what_contradicts_itself_is_refused() {
    let (world, director) = house().await;
    let place = world.app.default_place().value();
    let base = format!("nom=Camille+Roux&identifiant=camille&fonction=as{MINE}");
    let both = format!("{base}&{}&lieu={place}/0", everybody(&world));
    let page = send(&world, &director, NEW, &both).await.expect(422).text();
    assert!(page.contains("ne va avec rien d’autre"), "{page}");
    let page =
        send(&world, &director, NEW, &format!("{base}&{}&remplace=1", everybody(&world))).await.expect(422).text();
    assert!(page.contains("Un remplacement prend fin") && page.contains("href=\"#au\""), "{page}");
    let until = domain::local_time::local(NOW + DAY).date();
    let stand_in = format!("{base}&{}&remplace=1&au={until}", everybody(&world));
    let who = number(&send(&world, &director, NEW, &stand_in).await.expect(200));
    let sheet = format!("/maitrise/comptes/qui/{who}");
    assert_eq!(post(&world, &director, &sheet, "faire=renommer&nom=+").await, 422);
    assert_eq!(post(&world, &director, &sheet, "faire=renommer&nom=Camille+Le+Roux").await, 303);
    let page = world.page(&format!("{sheet}?fait=nom"), &director).await.expect(200).text();
    assert!(
        page.contains("Le nom est corrigé") && page.contains("<h1 id=\"compte\" tabindex=\"-1\">Camille Le Roux"),
        "{page}"
    );
    let own = format!("/maitrise/comptes/qui/{}", 61);
    assert_eq!(post(&world, &director, &own, "faire=renommer&nom=Reine").await, 422);
}
