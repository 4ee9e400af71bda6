//! POSTE-06, ID-10, ID-07, ADM-05: what the house sets, and the passwords that people choose.

use super::{holds, house, post, state};
use crate::support::{PASSWORD, World};
use domain::governance::measures::State;
use std::sync::atomic::Ordering;

const MINUTE: i64 = 60_000_000;

async fn set(world: &World, cookie: &str, version: i64, [idle, tries, length, trail]: [u32; 4]) -> u16 {
    let fields = format!("version={version}&inactivite={idle}&essais={tries}&longueur={length}&journal={trail}");
    post(world, cookie, "/maitrise/reglages", &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weaker_setting_fails_its_measure_and_the_former_one_mends_it() {
    let (world, director) = house().await;
    let all = [("POSTE-06", "verrouillage-socle"), ("ID-10", "blocage"), ("ID-07", "regle-mots-de-passe")];
    for (measure, rule) in all {
        assert_eq!(holds(&world, measure, rule).await, Some(true), "{measure}");
    }
    assert_eq!(state(&world, "ID-10").await, State::Conform);
    assert_eq!(set(&world, &director, 0, [45, 15, 8, 36]).await, 303);
    for (measure, rule) in all {
        assert_eq!(holds(&world, measure, rule).await, Some(false), "{measure}");
        assert_eq!(state(&world, measure).await, State::Failing);
    }
    let page = world.page("/maitrise/reglages", &director).await.expect(200).text();
    assert!(page.contains("inactivité : 45") && page.contains("diane") && page.contains("non conforme"));
    assert_eq!(set(&world, &director, 0, [15, 5, 12, 36]).await, 409, "somebody was quicker");
    assert_eq!(set(&world, &director, 1, [15, 5, 12, 36]).await, 303);
    for (measure, rule) in all {
        assert_eq!(holds(&world, measure, rule).await, Some(true), "{measure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_is_obeyed_and_what_would_lock_people_out_is_refused() {
    let (world, director) = house().await;
    for wrong in [[1, 5, 12, 36], [61, 5, 12, 36], [30, 2, 12, 36], [30, 5, 7, 36], [30, 5, 12, 5]] {
        assert_eq!(set(&world, &director, 0, wrong).await, 422, "{wrong:?}");
    }
    let carer = world.sign_in("amina").await;
    assert_eq!(set(&world, &carer, 0, [30, 5, 12, 36]).await, 404);
    world.page("/maitrise/reglages", &carer).await.expect(404);
    assert_eq!(set(&world, &director, 0, [5, 3, 12, 36]).await, 303);
    world.clock.fetch_add(6 * MINUTE, Ordering::Relaxed);
    assert_eq!(world.page("/moi", &carer).await.status, 303, "her session was left alone for six minutes");
    for (attempt, wanted) in [(1, 422), (2, 422), (3, 422), (4, 429)] {
        let answer = world.form("/connexion", "", "login=hugo&password=faux").await;
        assert_eq!(answer.status, wanted, "attempt {attempt}");
    }
}

async fn choose(world: &World, login: &str, new: &str) -> u16 {
    let cookie = world.sign_in(login).await;
    let before = PASSWORD.replace(' ', "+");
    let new = new.replace(' ', "+");
    post(world, &cookie, "/moi/mot-de-passe", &format!("actuel={before}&nouveau={new}&encore={new}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_somebody_gave_counts_until_its_holder_chooses_their_own() {
    let (world, director) = house().await;
    let rules = [("ADM-05", "secret-donne"), ("ID-07", "mots-de-passe-dans-la-regle")];
    for (measure, rule) in rules {
        assert_eq!(holds(&world, measure, rule).await, Some(false), "{measure}: all were given by somebody");
    }
    assert_eq!(set(&world, &director, 0, [30, 5, 8, 36]).await, 303);
    let phrases = ["le chat dort", "la pluie tombe", "un vélo rouge", "trois petits pains", "la mer est loin"];
    for (login, phrase) in ["claire", "amina", "hugo", "ivan", "diane"].into_iter().zip(phrases) {
        assert_eq!(choose(&world, login, "court").await, 422);
        assert_eq!(choose(&world, login, "azertyuiop123").await, 422, "everybody's");
        assert_eq!(choose(&world, login, PASSWORD).await, 422, "the same again");
        assert_eq!(choose(&world, login, phrase).await, 303);
    }
    assert_eq!(holds(&world, rules[0].0, rules[0].1).await, Some(true));
    assert_eq!(holds(&world, rules[1].0, rules[1].1).await, Some(false), "chosen when eight signs were enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_chosen_under_the_rule_are_in_the_rule_and_other_sessions_end() {
    let (world, _) = house().await;
    let elsewhere = world.sign_in("amina").await;
    for login in ["claire", "amina", "hugo", "ivan", "diane"] {
        assert_eq!(choose(&world, login, &format!("la phrase que seule {login} connaît")).await, 303);
    }
    assert_eq!(world.page("/moi", &elsewhere).await.status, 303, "signed out where the former password had been typed");
    assert_eq!(holds(&world, "ID-07", "mots-de-passe-dans-la-regle").await, Some(true));
    assert_eq!(holds(&world, "ADM-05", "secret-donne").await, Some(true));
    world.form("/connexion", "", &format!("login=amina&password={}", PASSWORD.replace(' ', "+"))).await.expect(422);
    // Whoever is given a new one by somebody else is to choose again.
    super::super::standing::hire(&world).await;
    assert_eq!(holds(&world, "ADM-05", "secret-donne").await, Some(false));
}
