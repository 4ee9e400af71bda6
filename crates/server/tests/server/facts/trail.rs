//! TRACE-01, -02, -04, -05, -06: what Socle tries on its own log, and what somebody outside keeps of it.

use super::{evidence, holds, house, post, state};
use crate::support::{NOW, World, create, patient};
use app::{audit, probes, witness};
use domain::governance::measures::State;
use std::sync::atomic::Ordering;

const DAY: i64 = 86_400_000_000;

/// The file of a log, opened beside the server that uses it.
fn tamper(world: &World, sql: &str) {
    rusqlite::Connection::open(world.dir.path().join("audit.db")).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_that_leaves_no_entry_is_seen() {
    let (world, _) = house().await;
    if world.app.store().engine_name() != "sqlite" {
        return;
    }
    assert_eq!(state(&world, "TRACE-01").await, State::NotCovered);
    probes::walk(&world.app).await.unwrap();
    assert_eq!(state(&world, "TRACE-01").await, State::Conform);
    tamper(&world, "CREATE TRIGGER gone AFTER INSERT ON entry BEGIN DELETE FROM entry WHERE seq = NEW.seq; END");
    world.clock.fetch_add(1_000_000, Ordering::Relaxed);
    probes::walk(&world.app).await.unwrap();
    assert_eq!(holds(&world, "TRACE-01", "parcours-temoin").await, Some(false), "reads are lost");
    tamper(&world, "DROP TRIGGER gone");
    world.clock.fetch_add(1_000_000, Ordering::Relaxed);
    probes::walk(&world.app).await.unwrap();
    assert_eq!(holds(&world, "TRACE-01", "parcours-temoin").await, Some(true));
    world.clock.fetch_add(32 * DAY, Ordering::Relaxed);
    assert_eq!(state(&world, "TRACE-01").await, State::ToProve);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_is_tried_once_a_day_by_the_server() {
    let (world, _) = house().await;
    probes::run(&world.app, Some(true)).await;
    let first = evidence(&world, "TRACE-01", "parcours-temoin").await.unwrap().effective_to;
    world.clock.fetch_add(DAY / 2, Ordering::Relaxed);
    probes::run(&world.app, Some(true)).await;
    assert_eq!(evidence(&world, "TRACE-01", "parcours-temoin").await.unwrap().effective_to, first);
    world.clock.fetch_add(DAY, Ordering::Relaxed);
    probes::run(&world.app, Some(true)).await;
    assert_eq!(evidence(&world, "TRACE-01", "parcours-temoin").await.unwrap().effective_to, first + DAY + DAY / 2);
}

fn form(note: &str, holder: &str) -> String {
    let note = note.replace('+', "%2B").replace('\n', "%0D%0A").replace('=', "%3D").replace('—', "%E2%80%94");
    format!("point={note}&temoin={holder}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_a_witness_as_long_as_what_is_kept_outside_comes_back_each_week() {
    let (world, director) = house().await;
    let rule = async || holds(&world, "TRACE-02", "temoin-exterieur").await;
    assert_eq!(rule().await, Some(false));
    let page = world.page("/maitrise/traces", &director).await.expect(200).text();
    assert!(page.contains("Personne ne garde encore"), "{page}");
    assert_eq!(post(&world, &director, "/maitrise/traces", &form("", "")).await, 422, "nobody holds it");
    assert_eq!(post(&world, &director, "/maitrise/traces", &form("", "le+si%C3%A8ge")).await, 303);
    assert_eq!((rule().await, state(&world, "TRACE-02").await), (Some(true), State::Conform));
    let held = witness::last(&super::operator(&world)).await.unwrap().unwrap().checkpoint;
    world.clock.fetch_add(8 * DAY, Ordering::Relaxed);
    assert_eq!(rule().await, Some(false), "nothing came back for a week");
    let director = world.sign_in("diane").await;
    assert_eq!(post(&world, &director, "/maitrise/traces", &form("", "le+si%C3%A8ge")).await, 422);
    assert_eq!(post(&world, &director, "/maitrise/traces", &form("socle/autre\n1\nabc\n", "le+si%C3%A8ge")).await, 422);
    assert_eq!(rule().await, Some(false), "what is not ours proves nothing");
    assert_eq!(post(&world, &director, "/maitrise/traces", &form(&held, "le+si%C3%A8ge")).await, 303);
    assert_eq!(rule().await, Some(true));
    let page = world.page("/maitrise/traces", &director).await.expect(200).text();
    assert!(page.contains("le journal n’a pas été réécrit"), "{page}");
    let carer = world.sign_in("amina").await;
    world.page("/maitrise/traces", &carer).await.expect(404);
    assert_eq!(post(&world, &carer, "/maitrise/traces", &form(&held, "moi")).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_file_is_compared_replaced_and_kept_when_it_does_not_agree() {
    let (world, _) = house().await;
    if world.app.store().engine_name() != "sqlite" {
        return;
    }
    let outside = tempfile::tempdir().unwrap();
    let wish = witness::Wish { to: outside.path().join("temoin.txt"), holder: "le siège".into() };
    let write = async || witness::write(&world.app, "essai", &wish).await;
    assert_eq!(write().await.unwrap().agrees, None);
    let first = std::fs::read_to_string(&wish.to).unwrap();
    world.page("/", &world.sign_in("diane").await).await;
    assert_eq!(write().await.unwrap().agrees, Some(true));
    let second = std::fs::read_to_string(&wish.to).unwrap();
    assert_ne!(first, second);
    assert_eq!(holds(&world, "TRACE-02", "temoin-exterieur").await, Some(true));
    tamper(&world, "UPDATE leaf SET hash = zeroblob(32) WHERE position = 0");
    assert_eq!(write().await.unwrap().agrees, Some(false));
    assert_eq!(std::fs::read_to_string(&wish.to).unwrap(), second, "it is proof");
    assert_eq!(holds(&world, "TRACE-02", "temoin-exterieur").await, Some(false));
    std::fs::write(&wish.to, "autre chose").unwrap();
    assert!(write().await.is_err());
    assert!(!audit::verify(&world.app, None).await.unwrap().findings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_older_than_the_house_has_set_are_taken_and_the_log_still_proves_itself() {
    let (world, director) = house().await;
    probes::purge(&world.app).await.unwrap();
    assert_eq!(state(&world, "TRACE-04").await, State::NotCovered, "nobody has set how long");
    let set = async |cookie: &str, version: u32, months: u32| {
        let fields = format!("version={version}&inactivite=30&essais=5&longueur=12&journal={months}");
        assert_eq!(post(&world, cookie, "/maitrise/reglages", &fields).await, 303);
    };
    set(&director, 0, 36).await;
    probes::purge(&world.app).await.unwrap();
    assert_eq!(state(&world, "TRACE-04").await, State::Conform);
    world.clock.store(NOW + 250 * DAY, Ordering::Relaxed);
    let director = world.sign_in("diane").await;
    probes::purge(&world.app).await.unwrap();
    assert_eq!(state(&world, "TRACE-04").await, State::Conform);
    set(&director, 1, 6).await;
    assert_eq!(
        holds(&world, "TRACE-04", "traces-purgees").await,
        Some(false),
        "what is eight months old is still there"
    );
    probes::purge(&world.app).await.unwrap();
    assert_eq!(holds(&world, "TRACE-04", "traces-purgees").await, Some(true));
    assert_eq!(audit::verify(&world.app, None).await.unwrap().findings, []);
    world.clock.fetch_add(63 * DAY, Ordering::Relaxed);
    assert_eq!(state(&world, "TRACE-04").await, State::ToProve, "no purge for two months");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_or_is_not_synchronised_is_told_of() {
    let (world, _) = house().await;
    let watch = async |synchronised| probes::watch_clock(&world.app, synchronised).await.unwrap();
    assert_eq!(state(&world, "TRACE-05").await, State::NotCovered);
    watch(None).await;
    assert_eq!(state(&world, "TRACE-05").await, State::ToProve, "the system says nothing");
    watch(Some(true)).await;
    assert_eq!(state(&world, "TRACE-05").await, State::Conform);
    watch(Some(false)).await;
    assert_eq!(state(&world, "TRACE-05").await, State::Failing);
    watch(Some(true)).await;
    world.clock.store(NOW - 3_600_000_000, Ordering::Relaxed);
    watch(Some(true)).await;
    assert_eq!(state(&world, "TRACE-05").await, State::Failing, "an hour back");
    world.clock.store(NOW + 29 * DAY, Ordering::Relaxed);
    watch(Some(true)).await;
    assert_eq!(state(&world, "TRACE-05").await, State::Failing, "of late");
    world.clock.store(NOW + 31 * DAY, Ordering::Relaxed);
    watch(Some(true)).await;
    assert_eq!(state(&world, "TRACE-05").await, State::Conform);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_accesses_is_handed_over_by_who_may_see_all_of_them() {
    let (world, _) = house().await;
    let full = world.program("full").await;
    let odette = create(&full, patient("Quéméner")).await.replace("Patient/", "/personnes/");
    let (hugo, amina) = (world.sign_in("hugo").await, world.sign_in("amina").await);
    world.page(&odette, &amina).await.expect(200);
    assert_eq!(state(&world, "TRACE-06").await, State::NotCovered);
    let paper = format!("{odette}/lectures/impression");
    world.page(&paper, &amina).await.expect(404);
    assert_eq!(state(&world, "TRACE-06").await, State::NotCovered, "what she sees is not the whole list");
    let page = world.page(&paper, &hugo).await.expect(200).text();
    let table = page.split("<table").nth(1).unwrap();
    assert!(table.contains("Un professionnel de l’établissement") && !table.contains("amina"), "{table}");
    assert_eq!(state(&world, "TRACE-06").await, State::Conform);
    let named = world.page(&format!("{paper}?noms=oui"), &hugo).await.expect(200).text();
    assert!(named.contains("amina") && named.contains("décision de hugo"));
    world.clock.fetch_add(367 * DAY, Ordering::Relaxed);
    assert_eq!(state(&world, "TRACE-06").await, State::ToProve);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_the_list_waits_a_month_at_most() {
    let (world, _) = house().await;
    let full = world.program("full").await;
    let odette = create(&full, patient("Quéméner")).await.replace("Patient/", "/personnes/");
    let (hugo, amina) = (world.sign_in("hugo").await, world.sign_in("amina").await);
    let (paper, requests) = (format!("{odette}/lectures/impression"), format!("{odette}/lectures/demandes"));
    let asked = async |cookie: &str, id: &str, version: u32, asked: &str, given: &str| {
        let fields = format!("numero={id}&version={version}&demandee={asked}&par=personne&remise={given}");
        post(&world, cookie, &requests, &fields).await
    };
    assert_eq!(asked(&amina, "demande-1", 0, "2026-05-20", "").await, 404, "she does not answer for the record");
    assert_eq!(asked(&hugo, "demande-1", 0, "2026-05-29", "").await, 422, "tomorrow");
    assert_eq!(asked(&hugo, "demande-1", 0, "2026-05-20", "").await, 303);
    assert_eq!(asked(&hugo, "demande-1", 0, "2026-05-20", "").await, 303, "sent twice is once");
    let page = world.page(&paper, &hugo).await.expect(200).text();
    assert!(
        page.contains("Demandée le 20/05/2026 par la personne elle-même : à remettre avant le 20/06/2026"),
        "{page}"
    );
    assert_eq!(holds(&world, "TRACE-06", "demandes-repondues").await, Some(true));
    assert_eq!(state(&world, "TRACE-06").await, State::Conform);
    world.clock.fetch_add(24 * DAY, Ordering::Relaxed);
    assert_eq!(state(&world, "TRACE-06").await, State::Failing, "the 21st of June");
    let late = evidence(&world, "TRACE-06", "demandes-repondues").await.unwrap();
    assert_eq!(late.value, "1 demande de liste sans réponse depuis plus d’un mois.");
    let hugo = world.sign_in("hugo").await;
    let page = world.page("/demandes-d-acces", &hugo).await.expect(200).text();
    assert!(page.contains("en retard") && page.contains("QUÉMÉNER"), "{page}");
    let amina = world.sign_in("amina").await;
    world.page("/demandes-d-acces", &amina).await.expect(404);
    assert_eq!(asked(&hugo, "demande-1", 7, "2026-05-20", "2026-06-21").await, 409, "somebody changed it");
    assert_eq!(asked(&hugo, "demande-1", 1, "2026-05-20", "2026-06-21").await, 303);
    assert_eq!(state(&world, "TRACE-06").await, State::Conform, "late, and answered");
    assert!(evidence(&world, "TRACE-06", "demandes-repondues").await.unwrap().value.contains("après le délai"));
    let full = world.program("full").await;
    let other = create(&full, patient("Rahal")).await.replace("Patient/", "/personnes/");
    let fields = "numero=demande-1&version=2&demandee=2026-05-20&par=personne&remise=";
    assert_eq!(post(&world, &hugo, &format!("{other}/lectures/demandes"), fields).await, 404, "not that person's");
}
