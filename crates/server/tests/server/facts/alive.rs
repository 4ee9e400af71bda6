//! No rule is dead: once a house has used what Socle offers, each has something to say. And CONT-01: what is on paper.

use super::{evidence, holds, house, operator, post, state};
use crate::support::World;
use app::{backup, measures, probes, witness};
use confidentiality::{Actor, PlaceProfile};
use domain::governance::measures::{State, own_rules};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use store::{FOREVER, Post};

const DAY: i64 = 86_400_000_000;

async fn save(world: &World, to: &std::path::Path) {
    let wish = backup::Wish { to: to.to_owned(), site: Some("siège".into()), keep_days: Some(30) };
    backup::save(&world.app, "essai", wish).await.unwrap();
    world.clock.fetch_add(60_000_000, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_has_something_to_say_once_the_house_uses_socle() {
    let (world, director) = house().await;
    if world.app.store().engine_name() != "sqlite" {
        return;
    }
    let said = async || {
        let board = measures::board(&operator(&world)).await.unwrap();
        let all = board.statuses.iter().flat_map(|status| status.evidence.iter().map(|one| (one.measure, one.rule)));
        all.collect::<BTreeSet<_>>()
    };
    let before = said().await;
    let silent: Vec<_> = own_rules().filter(|rule| !before.contains(rule)).collect();
    assert!(silent.contains(&("CONT-01", "releve-du-jour")) && silent.contains(&("ID-03", "revue-des-droits")));
    for login in ["claire", "amina", "hugo", "ivan"] {
        world.sign_in(login).await;
    }
    assert_eq!(post(&world, &director, "/charte/texte", "version=0&texte=Ne+pr%C3%AAtez+rien.").await, 303);
    let settings = "version=0&inactivite=30&essais=5&longueur=12&journal=36";
    assert_eq!(post(&world, &director, "/maitrise/reglages", settings).await, 303);
    let derogation = "mesure=POSTE-07&motif=en+cours&fin=2026-12-31";
    assert_eq!(post(&world, &director, "/maitrise/derogations", derogation).await, 303);
    let review = "version=0&compte-61=garder&compte-62=garder";
    assert_eq!(post(&world, &director, "/maitrise/comptes/0", review).await, 303);
    super::accounts::staff(&world, "1;DURAND;Martine;IDE;2020-01-01;\n2;MOREAU;Claire;IDE;2026-01-01;2027-01-01\n")
        .await;
    witness::hand_over(&operator(&world), "le siège").await.unwrap();
    probes::run(&world.app, Some(true)).await;
    let full = world.program("full").await;
    let odette = crate::support::create(&full, crate::support::patient("Quéméner")).await;
    let hugo = world.sign_in("hugo").await;
    let list = odette.replace("Patient/", "/personnes/") + "/lectures/impression";
    world.page(&list, &hugo).await.expect(200);
    app::access_review::draw(&world.app).await.unwrap();
    world.page("/releve/impression", &hugo).await.expect(200);
    let new = app::downtime::pack::New { unit: 1, code: "AAAA-BBBB".into(), file: "a.secours".into() };
    app::downtime::pack::written(&world.app, &[new]).await.unwrap();
    let (name, place) = ("PC infirmerie".to_owned(), world.app.default_place());
    let machine = app::workstations::Wish { name, place, unit: 0, asset: None };
    app::workstations::enrol(&operator(&world), machine).await.unwrap();
    let copies = tempfile::tempdir().unwrap();
    save(&world, copies.path()).await;
    save(&world, copies.path()).await;
    let (at, of) = (world.app.now(), world.app.now());
    let drill = backup::Drill { at, of, seconds: 60, items: 1, entries: 1, ..backup::Drill::default() };
    backup::drilled(&world.app, "essai", &drill).await.unwrap();
    let after = said().await;
    let silent: Vec<_> = own_rules().filter(|rule| !after.contains(rule)).collect();
    assert!(silent.is_empty(), "rules that nothing feeds: {silent:?}");
    judged_once_as_long_as_nothing_changes(&world).await;
}

/// Nothing of what Socle knows of itself moves with the clock: the judgement is kept for the next look.
async fn judged_once_as_long_as_nothing_changes(world: &World) {
    let made = async || {
        let board = measures::board(&operator(world)).await.unwrap();
        let instants = board.statuses.iter().flat_map(|status| &status.evidence).map(|one| one.collected_at);
        instants.collect::<BTreeSet<_>>()
    };
    let first = made().await;
    assert_eq!(first.len(), 1);
    for seconds in [1, 59, 180] {
        world.clock.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
        assert_eq!(made().await, first, "judged anew {seconds} s later");
    }
    // A fact that changes is seen at once, and what ages is looked at again after five minutes.
    world.sign_in("claire").await;
    assert_eq!(made().await, first, "she had signed in before");
    super::accounts::staff(world, "3;NDIAYE;Awa;IDE;2020-01-01;\n").await;
    let second = made().await;
    assert_eq!(second.iter().copied().collect::<Vec<_>>(), [world.app.now()]);
    world.clock.fetch_add(301_000_000, Ordering::Relaxed);
    assert_ne!(made().await, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handover_on_paper_is_worth_a_day_in_each_unit() {
    let (world, _) = house().await;
    let hugo = world.sign_in("hugo").await;
    assert_eq!(state(&world, "CONT-01").await, State::NotCovered);
    world.page("/releve/impression?filtre=urgent", &hugo).await.expect(200);
    world.page("/releve/impression", &hugo).await.expect(200);
    assert_eq!(holds(&world, "CONT-01", "releve-du-jour").await, Some(false), "the other place has printed nothing");
    let elsewhere = world.app.places().iter().find(|place| place.profile == PlaceProfile::Ime).unwrap().place;
    let post = Post {
        actor: Actor::new(41),
        place: elsewhere,
        unit: -elsewhere.value(),
        persona: "medco".into(),
        starts: 0,
        ends: FOREVER,
    };
    world.app.store().add_post(world.app.tenant(), post).await.unwrap();
    let claire = world.sign_in("claire").await;
    let token = crate::support::csrf(&world.page("/moi", &claire).await);
    world.form("/unites", &claire, &format!("csrf={token}&unite={}", -elsewhere.value())).await.expect(303);
    world.page("/releve/impression", &claire).await.expect(200);
    assert_eq!(holds(&world, "CONT-01", "releve-du-jour").await, Some(true));
    assert_eq!(state(&world, "CONT-01").await, State::ToProve, "on paper, not yet on two machines");
    world.clock.fetch_add(DAY + 1, Ordering::Relaxed);
    assert_eq!(holds(&world, "CONT-01", "releve-du-jour").await, Some(false));
    assert!(evidence(&world, "CONT-01", "releve-du-jour").await.unwrap().value.contains("2 sur 2 unités à corriger"));
}
