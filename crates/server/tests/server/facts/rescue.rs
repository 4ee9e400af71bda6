//! CONT-01: the pack of each unit, written each day, and opened without the server.

use super::{evidence, holds, house, post, state};
use crate::support::{World, create, patient};
use app::downtime::pack::{self, Closed, Passphrase, Wish};
use domain::governance::measures::State;
use serde_json::json;
use std::path::Path;
use std::sync::atomic::Ordering;

const DAY: i64 = 86_400_000_000;
const PAGE: &str = "/maitrise/secours";

fn passphrase() -> Passphrase {
    Passphrase::parse("la phrase de la veilleuse").unwrap()
}

async fn write(world: &World, to: &Path) -> Vec<server::PackWritten> {
    let wish = Wish { to: to.to_owned(), passphrase: passphrase() };
    server::write_packs(&world.app, "essai", &wish).await.unwrap()
}

/// What is in a folder, by name.
fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// What a file says, without the server.
fn text(folder: &Path, file: &str) -> String {
    let bytes = std::fs::read(folder.join(file)).unwrap();
    let other = Passphrase::parse("une phrase qui n’ouvre rien").unwrap();
    assert_eq!(pack::open(&other, &bytes).unwrap(), Err(Closed::Passphrase));
    assert!(!String::from_utf8_lossy(&bytes).contains("QUÉMÉNER"));
    pack::open(&passphrase(), &bytes).unwrap().unwrap().replace("&nbsp;", " ").replace('\u{a0}', " ")
}

fn code(text: &str) -> &str {
    text.split("class=\"code\">").nth(1).unwrap().split('<').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_says_what_a_night_needs_and_nothing_of_why() {
    let (world, _) = house().await;
    let full = world.program("full").await;
    let odette = create(&full, patient("Quéméner")).await;
    let of = |kind: &str, more: serde_json::Value| {
        let whose = if kind == "AllergyIntolerance" { "patient" } else { "subject" };
        let mut value = json!({"resourceType": kind});
        value[whose] = json!({"reference": odette});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    };
    let active =
        json!([{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]);
    create(
        &full,
        of("AllergyIntolerance", json!({"clinicalStatus": {"coding": active}, "code": {"text": "Pénicilline"}})),
    )
    .await;
    create(
        &full,
        of(
            "MedicationRequest",
            json!({"status": "active", "intent": "order",
            "medicationCodeableConcept": {"text": "Dolutégravir"}, "reasonCode": [{"text": "Infection par le VIH"}],
            "dosageInstruction": [{"text": "1 comprimé le soir"}]}),
        ),
    )
    .await;
    create(
        &full,
        of(
            "Condition",
            json!({"code": {"text": "Infection par le VIH"}, "clinicalStatus": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}}),
        ),
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let packs = write(&world, folder.path()).await;
    assert_eq!(packs.iter().map(|pack| pack.persons).collect::<Vec<_>>(), [1, 0], "two places without units");
    let text = text(folder.path(), &packs[0].file);
    for said in ["QUÉMÉNER Odette", "Pénicilline", "Dolutégravir : 1 comprimé le soir", "Les Tilleuls"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("VIH"), "{text}");
    // In place of the one of the day before, and nothing half-written beside it.
    write(&world, folder.path()).await;
    assert_eq!(files(folder.path()).len(), 2);
    // Nor one of a place that is called otherwise since; what is not ours stays.
    std::fs::write(folder.path().join("autre-maison-1.secours"), "ailleurs").unwrap();
    let place = world.app.place("990000025").unwrap();
    let said = app::places::Said { name: Some("Les Ormes"), profile: None };
    app::places::describe(&super::operator(&world), &place, said).await.unwrap().unwrap();
    write(&world, folder.path()).await;
    let files = files(folder.path());
    assert_eq!(files.len(), 3, "{files:?}");
    assert!(files[0] == "autre-maison-1.secours" && files[2].starts_with("les-ormes-"), "{files:?}");
    let hugo = world.sign_in("hugo").await;
    let journal = world.page(&format!("{}/lectures", odette.replace("Patient/", "/personnes/")), &hugo).await;
    assert!(journal.text().contains("Synthèse"), "what left is in the journal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_worth_a_day_and_an_opening_three_months() {
    let (world, director) = house().await;
    let amina = world.sign_in("amina").await;
    world.page(PAGE, &amina).await.expect(404);
    assert!(world.page(PAGE, &director).await.expect(200).text().contains("Aucun dossier n’a encore été produit"));
    assert_eq!(state(&world, "CONT-01").await, State::NotCovered);
    let folder = tempfile::tempdir().unwrap();
    let packs = write(&world, folder.path()).await;
    assert_eq!(holds(&world, "CONT-01", "releve-du-jour").await, Some(true));
    assert_eq!(holds(&world, "CONT-01", "dossier-ouvert").await, Some(false), "nobody has opened one");
    let yesterday = text(folder.path(), &packs[1].file);
    assert_eq!(post(&world, &director, PAGE, "code=AAAA-AAAA").await, 422);
    assert_eq!(post(&world, &amina, PAGE, &format!("code={}", code(&yesterday))).await, 404);
    world.clock.fetch_add(DAY, Ordering::Relaxed);
    assert_eq!(holds(&world, "CONT-01", "releve-du-jour").await, Some(false), "of yesterday");
    write(&world, folder.path()).await;
    assert_eq!(holds(&world, "CONT-01", "releve-du-jour").await, Some(true));
    let director = world.sign_in("diane").await;
    let typed = code(&yesterday).to_lowercase().replace('-', "+");
    assert_eq!(post(&world, &director, PAGE, &format!("code={typed}")).await, 303, "one of this week will do");
    assert_eq!(holds(&world, "CONT-01", "dossier-ouvert").await, Some(true));
    assert_eq!(state(&world, "CONT-01").await, State::ToProve, "two machines have it: somebody says so");
    assert!(world.page(PAGE, &director).await.expect(200).text().contains("Ouvert sans le serveur"));
    world.clock.fetch_add(91 * DAY, Ordering::Relaxed);
    write(&world, folder.path()).await;
    let said = evidence(&world, "CONT-01", "dossier-ouvert").await.unwrap();
    assert_eq!(
        (said.holds, said.value.as_str()),
        (false, "Dossier de secours ouvert sans le serveur il y a 91 jours.")
    );
    let director = world.sign_in("diane").await;
    assert_eq!(post(&world, &director, PAGE, &format!("code={}", code(&yesterday))).await, 422, "of three months ago");
}
