//! The charter: put in force, signed by each, counted.

use crate::standing::hire;
use crate::support::{World, chosen, csrf};
use app::{Cx, Origin, measures};
use confidentiality::{Level, Purpose};
use domain::governance::measures::State;

async fn state(world: &World) -> (State, String) {
    let cx = Cx::operator(&world.app, None, Level::VerySensitive, Purpose::Api, Origin::default());
    let board = measures::board(&cx).await.unwrap();
    let status = board.statuses.into_iter().find(|status| status.measure == "SENS-01").unwrap();
    (status.state, status.evidence.first().map(|one| one.value.clone()).unwrap_or_default())
}

async fn sign(world: &World, cookie: &str, version: i64) -> u16 {
    let token = csrf(&world.page("/moi", cookie).await);
    world.form("/charte", cookie, &format!("csrf={token}&version={version}")).await.status
}

async fn put(world: &World, cookie: &str, text: &str, version: i64) -> u16 {
    let token = csrf(&world.page("/moi", cookie).await);
    let form = format!("csrf={token}&version={version}&texte={text}");
    world.form("/charte/texte", cookie, &form).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_charter_is_signed_by_each_and_a_new_text_is_to_be_signed_anew() {
    let world = World::new().await;
    hire(&world).await;
    chosen(&world).await;
    let people = world.app.store().people_accounts(world.app.tenant()).await.unwrap();
    let mut cookies = Vec::new();
    for one in &people {
        cookies.push(world.sign_in(&one.login).await);
    }
    let director = world.sign_in("diane").await;
    let usual = world.page("/", &director).await.expect(303).header("location").to_owned();
    assert_eq!(state(&world).await.0, State::NotCovered);
    assert!(world.page("/charte", &cookies[0]).await.expect(200).text().contains("Aucune charte n’est en vigueur"));
    assert!(!world.page("/moi", &cookies[0]).await.expect(200).text().contains("/charte"));
    assert_eq!(put(&world, &director, "", 0).await, 422);
    assert_eq!(put(&world, &director, "Ne+pr%C3%AAtez+pas+votre+mot+de+passe.", 0).await, 303);
    assert_eq!(put(&world, &director, "Autre", 0).await, 409, "somebody was quicker");
    assert_eq!(world.page("/", &director).await.expect(303).header("location"), format!("/charte?suite={usual}"));
    let page = world.page("/charte", &director).await.expect(200).text();
    assert!(
        page.contains("Ne prêtez pas votre mot de passe.") && page.contains(&format!("<a href=\"{usual}\">Plus tard"))
    );
    // Later, and once it is signed, one goes on where one was going.
    let page = world.page("/charte?suite=/moi", &director).await.expect(200).text();
    assert!(page.contains("<a href=\"/moi\">Plus tard") && page.contains("name=\"suite\" value=\"/moi\""), "{page}");
    let wild = world.page("/charte?suite=//ailleurs.test", &director).await.expect(200).text();
    assert!(wild.contains(&format!("<a href=\"{usual}\">Plus tard")), "{wild}");
    assert_eq!(state(&world).await.0, State::Failing);
    for (at, cookie) in cookies.iter().enumerate() {
        assert_eq!(sign(&world, cookie, 1).await, 303);
        assert_eq!(sign(&world, cookie, 1).await, 303, "twice is once");
        let wanted = if at + 1 == cookies.len() { State::Conform } else { State::Failing };
        assert_eq!(state(&world).await.0, wanted);
    }
    assert_eq!(world.page("/", &director).await.expect(303).header("location"), usual.as_str());
    assert!(world.page("/moi", &director).await.expect(200).text().contains("Signée"));
    assert_eq!(put(&world, &director, "Nouveau+texte", 1).await, 303);
    assert_eq!(state(&world).await.0, State::Failing);
    assert_eq!(sign(&world, &cookies[0], 1).await, 409, "that text is in force no more");
    assert_eq!(sign(&world, &cookies[0], 2).await, 303);
    assert!(state(&world).await.1.contains(&format!("{} sur {}", people.len() - 1, people.len())));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_answers_for_machines_puts_a_text_in_force() {
    let world = World::new().await;
    hire(&world).await;
    let carer = world.sign_in("claire").await;
    assert!(!world.page("/charte", &carer).await.expect(200).text().contains("Mettre en vigueur"));
    assert_eq!(put(&world, &carer, "Rien", 0).await, 404);
    assert_eq!(sign(&world, &carer, 1).await, 409);
    let technician = world.sign_in("ivan").await;
    assert_eq!(put(&world, &technician, "%3Cb%3EGras%3C/b%3E", 0).await, 303);
    let page = world.page("/charte", &carer).await.expect(200).text();
    assert!(page.contains("&#60;b&#62;Gras") || page.contains("&lt;b&gt;Gras"));
}
