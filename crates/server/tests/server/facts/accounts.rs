//! ID-02, ID-03, ID-08, ID-09, DROIT-01, DROIT-05: accounts, what they reach, who reviews them, and when they end.

use super::{evidence, holds, house, operator, post, state};
use crate::support::{NOW, World, create, patient};
use app::{accounts, assets, probes};
use confidentiality::{Actor, Categories, ClientScope, Level, RelationKind};
use domain::governance::measures::State;
use fhir::Resource;
use serde_json::json;
use std::io::Write as _;
use std::sync::atomic::Ordering;
use store::{AccountKind, FOREVER, NewRelation, Post};

const DAY: i64 = 86_400_000_000;
/// Claire, Amina, Hugo; Diane and Ivan.
const ALL: [i64; 5] = [41, 42, 43, 61, 62];

/// Closes the review of a unit: what is decided of each of these accounts, and an end.
async fn review(world: &World, cookie: &str, unit: i64, version: i64, lines: &[(i64, &str, &str)]) -> u16 {
    let line = |(actor, decision, until): &(i64, &str, &str)| format!("&compte-{actor}={decision}&fin-{actor}={until}");
    let lines: String = lines.iter().map(line).collect();
    post(world, cookie, &format!("/maitrise/comptes/{unit}"), &format!("version={version}{lines}")).await
}

const CARERS: [(i64, &str, &str); 3] = [(41, "garder", ""), (42, "garder", ""), (43, "garder", "")];
const OTHERS: [(i64, &str, &str); 2] = [(61, "garder", ""), (62, "garder", "")];

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_reviewed_unit_by_unit_and_what_is_closed_closes() {
    let (world, director) = house().await;
    let unit = -world.app.default_place().value();
    assert_eq!(state(&world, "ID-03").await, State::NotCovered);
    let page = world.page("/maitrise/comptes", &director).await.expect(200).text();
    assert!(page.contains("jamais relus") && page.contains("Sans unité"), "{page}");
    let amina = world.sign_in("amina").await;
    assert_eq!(review(&world, &director, unit, 0, &CARERS[1..]).await, 422, "nothing is decided of claire");
    assert_eq!(review(&world, &amina, unit, 0, &CARERS).await, 404);
    assert_eq!(review(&world, &director, unit, 0, &CARERS).await, 303);
    assert_eq!(holds(&world, "ID-03", "revue-des-droits").await, Some(false), "three of five");
    let own = [(61, "fermer", ""), (62, "garder", "")];
    assert_eq!(review(&world, &director, 0, 0, &own).await, 422, "nobody closes the account they use");
    assert_eq!(review(&world, &director, 0, 0, &OTHERS).await, 303);
    assert_eq!(state(&world, "ID-03").await, State::Conform);
    world.page("/moi", &amina).await.expect(200);
    let lines = [(41, "garder", ""), (42, "fermer", ""), (43, "garder", "")];
    assert_eq!(review(&world, &director, unit, 0, &lines).await, 409, "somebody was quicker");
    assert_eq!(review(&world, &director, unit, 1, &lines).await, 303);
    assert_eq!(world.page("/moi", &amina).await.status, 303, "signed out at once");
    let again = world.form("/connexion", "", "login=amina&password=une+phrase+de+passe").await;
    assert_eq!(again.status, 422);
    assert!(evidence(&world, "ID-03", "revue-des-droits").await.unwrap().value.contains("4 sur 4"));
    let page = world.page(&format!("/maitrise/comptes/{unit}"), &director).await.expect(200).text();
    assert!(page.contains("2 gardés, 1 fermé.") && page.contains("Rouvrir"), "{page}");
    // To open an account again takes one's own password, here as on its sheet.
    assert_eq!(review(&world, &director, unit, 2, &CARERS).await, 422);
    let again = "version=2&compte-41=garder&compte-42=garder&compte-43=garder&confirmation=";
    let path = format!("/maitrise/comptes/{unit}");
    assert_eq!(post(&world, &director, &path, &format!("{again}faux")).await, 422);
    assert_eq!(post(&world, &director, &path, &format!("{again}une+phrase+de+passe")).await, 303);
    world.sign_in("amina").await;
    world.clock.fetch_add(400 * DAY, Ordering::Relaxed);
    assert_eq!(holds(&world, "ID-03", "revue-des-droits").await, Some(false), "a year has passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_called_by_a_function_is_nobodys() {
    let (world, _) = house().await;
    assert_eq!(holds(&world, "ID-01", "comptes-socle-nominatifs").await, Some(true), "all have somebody's name");
    let new = |login: &str, number: i64, practitioner: Option<&str>| accounts::NewAccount {
        actor: Actor::new(number),
        kind: AccountKind::Person,
        login: login.into(),
        display: login.into(),
        secret: "une phrase de passe".into(),
        scope: ClientScope { place: None, cap: Level::Open, write: false, chosen_ids: false },
        practitioner: practitioner.map(str::to_owned),
    };
    accounts::put(&world.app, new("ide2", 71, Some("p1"))).await.unwrap();
    assert_eq!(holds(&world, "ID-01", "comptes-socle-nominatifs").await, Some(true), "said whose it is");
    accounts::put(&world.app, new("accueil", 72, None)).await.unwrap();
    assert_eq!(holds(&world, "ID-01", "comptes-socle-nominatifs").await, Some(false));
}

pub(super) async fn staff(world: &World, lines: &str) {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    write!(file, "matricule;nom;prenom;fonction;date_entree;date_sortie\n{lines}").unwrap();
    let cx = operator(world);
    let outcome = assets::import(&cx, vec![assets::File::open(file.path()).unwrap()]).await.unwrap();
    assert!(outcome.is_clean(), "{outcome:?}");
}

/// Claire, under the name that the staff's register knows.
async fn rename(world: &World) {
    let mut account = world.app.store().account(world.app.tenant(), Actor::new(41)).await.unwrap().unwrap();
    account.display = "Claire MOREAU, médecin".into();
    world.app.store().put_account(world.app.tenant(), account).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_of_a_contract_ends_with_it_and_the_one_of_who_left_is_closed() {
    let (world, director) = house().await;
    let unit = -world.app.default_place().value();
    rename(&world).await;
    staff(&world, "1;DURAND;Martine;IDE;2020-01-01;\n2;MOREAU;Claire;Médecin;2026-01-01;2026-06-30\n").await;
    assert_eq!(holds(&world, "ID-09", "comptes-socle-temporaires").await, Some(false), "it has no end");
    let bounded = |day| [(41, "garder", day), (42, "garder", ""), (43, "garder", "")];
    assert_eq!(review(&world, &director, unit, 0, &bounded("2026-05-01")).await, 422, "that day is over");
    assert_eq!(review(&world, &director, unit, 0, &bounded("2026-08-30")).await, 303);
    assert_eq!(holds(&world, "ID-09", "comptes-socle-temporaires").await, Some(false), "it ends too late");
    assert_eq!(review(&world, &director, unit, 1, &bounded("2026-06-30")).await, 303);
    assert_eq!(holds(&world, "ID-09", "comptes-socle-temporaires").await, Some(true));
    assert_eq!(review(&world, &director, unit, 2, &CARERS).await, 303);
    assert_eq!(holds(&world, "ID-02", "departs-socle").await, Some(true), "nobody has left yet");
    world.clock.store(NOW + 60 * DAY, Ordering::Relaxed);
    assert_eq!(holds(&world, "ID-02", "departs-socle").await, Some(false), "her account is open still");
    let lines = [(41, "fermer", ""), (42, "garder", ""), (43, "garder", "")];
    let director = world.sign_in("diane").await;
    assert_eq!(review(&world, &director, unit, 3, &lines).await, 303);
    assert_eq!(holds(&world, "ID-02", "departs-socle").await, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_ends_on_its_day() {
    let (world, director) = house().await;
    let unit = -world.app.default_place().value();
    let bounded = [(41, "garder", "2026-06-30"), (42, "garder", ""), (43, "garder", "")];
    assert_eq!(review(&world, &director, unit, 0, &bounded).await, 303);
    world.clock.store(NOW + 33 * DAY, Ordering::Relaxed);
    let claire = world.sign_in("claire").await;
    world.clock.store(NOW + 34 * DAY, Ordering::Relaxed);
    assert_eq!(world.page("/moi", &claire).await.status, 303);
    assert_eq!(world.form("/connexion", "", "login=claire&password=une+phrase+de+passe").await.status, 422);
}

async fn practitioner(world: &World, login: &str, number: &str) {
    let value = json!({"resourceType": "Practitioner", "id": format!("essai-{login}"), "name": [{"text": login}],
        "identifier": [{"system": "https://rpps.esante.gouv.fr", "value": number}]});
    app::records::update(&operator(world), Resource::from_value(value).unwrap(), None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn professionals_have_their_number_on_their_own_resource() {
    let (world, _) = house().await;
    assert_eq!(state(&world, "ID-08").await, State::NotCovered, "nothing was looked at yet");
    probes::look(&world.app).await.unwrap();
    let found = evidence(&world, "ID-08", "rpps-connus").await.unwrap();
    assert_eq!(found.failing.0, ["claire", "hugo"], "the doctor and the head nurse");
    practitioner(&world, "claire", "10000000009").await;
    practitioner(&world, "hugo", "10000000008").await;
    probes::look(&world.app).await.unwrap();
    assert_eq!(evidence(&world, "ID-08", "rpps-connus").await.unwrap().failing.0, ["hugo"], "its key is wrong");
    practitioner(&world, "hugo", "810101010105").await;
    probes::look(&world.app).await.unwrap();
    let found = evidence(&world, "ID-08", "rpps-connus").await.unwrap();
    assert!(found.value.contains("aucun extrait de l’Annuaire Santé n’a été importé"), "{}", found.value);
    assert_eq!(state(&world, "ID-08").await, State::ToProve, "known, and compared with nothing");
    directory(&world, "810000000009|CLAIRE|Essai").await;
    let found = evidence(&world, "ID-08", "rpps-connus").await.unwrap();
    assert_eq!(
        (found.holds, found.scope.not_covered.0),
        (true, vec!["hugo".to_owned()]),
        "the extract does not have it"
    );
    directory(&world, "810101010105|DUPONT|Hugo").await;
    let found = evidence(&world, "ID-08", "rpps-connus").await.unwrap();
    assert_eq!((found.holds, found.failing.0), (false, vec!["hugo".to_owned()]));
    assert_eq!(
        found.value,
        "1 sur 2 rapprochés de l’Annuaire Santé\u{a0}; numéro au nom de quelqu’un d’autre\u{a0}: hugo."
    );
    world.clock.fetch_add(DAY, Ordering::Relaxed);
    directory(&world, "810101010105|HUGO|Essai").await;
    assert_eq!(state(&world, "ID-08").await, State::Conform, "the newest extract counts");
    world.clock.fetch_add(31 * DAY, Ordering::Relaxed);
    assert_eq!(state(&world, "ID-08").await, State::ToProve, "looked at too long ago");
}

/// Imports an extract of the national directory with this line: number, family, given.
async fn directory(world: &World, line: &str) {
    let mut file = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
    write!(file, "Identification nationale PP|Nom d'exercice|Prénom d'exercice|\n{line}|\n").unwrap();
    let outcome = assets::import(&operator(world), vec![assets::File::open(file.path()).unwrap()]).await.unwrap();
    assert!(outcome.is_clean(), "{outcome:?}");
}

async fn accept(world: &World, cookie: &str, login: &str) {
    let id = uuid_of(login);
    let fields = format!("id={id}&quoi=compte&sujet={login}&motif=reprise+des+donn%C3%A9es&fin=2026-12-31");
    assert_eq!(post(world, cookie, "/maitrise/exceptions", &fields).await, 303);
}

fn uuid_of(login: &str) -> String {
    format!("exception-{login}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_reads_everything_is_named_until_it_is_accepted_and_a_function_is_of_the_matrix() {
    let (world, director) = house().await;
    assert_eq!(evidence(&world, "DROIT-01", "acces-generaux").await.unwrap().failing.0, ["full", "reader"]);
    accept(&world, &director, "full").await;
    accept(&world, &director, "reader").await;
    assert_eq!(state(&world, "DROIT-01").await, State::Conform);
    let (actor, place) = (Actor::new(42), world.app.default_place());
    let persona = "surveillant".to_owned();
    let post = Post { actor, place, unit: 0, persona, starts: 0, ends: NOW + DAY };
    world.app.store().add_post(world.app.tenant(), post).await.unwrap();
    assert_eq!(evidence(&world, "DROIT-01", "acces-generaux").await.unwrap().failing.0, ["amina"]);
    world.clock.store(NOW + 2 * DAY, Ordering::Relaxed);
    assert_eq!(holds(&world, "DROIT-01", "acces-generaux").await, Some(true), "that post is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_listed_for_the_highest_level_does_not_reach_it_unless_it_was_granted_by_name() {
    let (world, director) = house().await;
    probes::look(&world.app).await.unwrap();
    assert_eq!(holds(&world, "DROIT-05", "matrice-verifiee").await, Some(true));
    let full = world.program("full").await;
    let odette = create(&full, patient("Quéméner")).await;
    let (cx, id) = (operator(&world), odette.trim_start_matches("Patient/"));
    let person = app::records::read(&cx, fhir::ResourceType::PATIENT, id).await.unwrap().person;
    let grant = NewRelation {
        subject: 42,
        person,
        place: world.app.default_place(),
        kind: RelationKind::Grant,
        categories: Categories::all(),
        starts: 0,
        ends: FOREVER,
    };
    world.app.store().add_relations(world.app.tenant(), vec![grant]).await.unwrap();
    probes::look(&world.app).await.unwrap();
    let found = evidence(&world, "DROIT-05", "matrice-verifiee").await.unwrap();
    assert_eq!((found.holds, found.failing.0), (false, vec!["amina".to_owned()]));
    accept(&world, &director, "amina").await;
    assert_eq!(holds(&world, "DROIT-05", "matrice-verifiee").await, Some(true));
    assert!(ALL.contains(&42));
}
