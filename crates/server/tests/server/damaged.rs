//! What is there and does not open: the rest is shown, and says so; it is never taken for nothing.

use crate::support::{Answer, World, create, patient, weight};
use serde_json::{Value, json};

const LINE: &str = "1 élément illisible : données abîmées, prévenez votre référent informatique.";

/// Flips a bit of a column of the newest row of a table that this condition chooses.
fn flip(world: &World, table: &str, column: &str, condition: &str) {
    let conn = rusqlite::Connection::open(world.dir.path().join("main.db")).unwrap();
    let text = format!("SELECT rowid, {column} FROM {table} WHERE {condition} ORDER BY rid DESC LIMIT 1");
    let (row, mut bytes): (i64, Vec<u8>) = conn.query_row(&text, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    conn.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE rowid = ?2"), (bytes, row)).unwrap();
}

fn of_kind(name: &str) -> String {
    format!("type = {}", fhir::ResourceType::parse(name).unwrap().code())
}

fn allergy(patient: &str) -> Value {
    json!({"resourceType": "AllergyIntolerance", "patient": {"reference": patient}, "recordedDate": "2026-05-02",
        "clinicalStatus": {"coding": [{"code": "active"}]}, "code": {"text": "Pénicilline"}})
}

/// The entry that says it, and how many others there are.
fn outcome(answer: &Answer) -> (Value, usize) {
    let bundle = answer.json();
    let entries = bundle["entry"].as_array().unwrap();
    let said = entries.iter().find(|entry| entry["search"]["mode"] == "outcome").unwrap();
    (said["resource"]["issue"].clone(), entries.len() - 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flipped_bit_takes_one_item_away_and_says_so() {
    let world = World::new().await;
    let (full, cookie) = (world.program("full").await, world.sign_in("amina").await);
    let who = create(&full, patient("Le Goff")).await;
    for value in [61, 62, 63] {
        create(&full, weight(&who, value)).await;
    }
    let page = format!("/personnes/{}", who.strip_prefix("Patient/").unwrap());
    flip(&world, "resource", "body", &of_kind("Observation"));
    let answer = full.get(&format!("/fhir/Observation?patient={who}")).await.expect(200);
    let (said, others) = outcome(&answer);
    assert_eq!(
        (said[0]["severity"].as_str(), said[0]["code"].as_str(), others),
        (Some("error"), Some("incomplete"), 2)
    );
    assert!(said[0].to_string().contains("Observation, 1") && answer.json()["total"] == 3, "{said}");
    let (said, others) = outcome(&full.get(&format!("/fhir/{who}/$everything")).await.expect(200));
    assert_eq!((said.as_array().unwrap().len(), others), (1, 3));
    let history = full.get("/fhir/Observation/_history").await.expect(200).json();
    let entries = history["entry"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[2]["response"]["outcome"]["issue"][0]["severity"], "error");
    for path in [page.clone(), format!("{page}/fil")] {
        let text = world.page(&path, &cookie).await.expect(200).text();
        assert!(text.contains(LINE), "{path}: {text}");
    }
    assert!(!world.page("/personnes", &cookie).await.expect(200).text().contains("illisible"));
    let text = world.page(&format!("{page}/lectures"), &cookie).await.expect(200).text();
    assert!(!text.contains("illisible"), "it shows none");
    // Elsewhere it is nobody's business.
    let elsewhere = world.program("elsewhere").await.get("/fhir/Observation").await.expect(200).json();
    assert_eq!(elsewhere["total"], 0);
    assert!(elsewhere["entry"].as_array().is_none_or(Vec::is_empty), "{elsewhere}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_by_its_name_says_that_it_is_damaged() {
    let world = World::new().await;
    let (full, cookie) = (world.program("full").await, world.sign_in("amina").await);
    let (who, other) = (create(&full, patient("Le Goff")).await, create(&full, patient("Abgrall")).await);
    flip(&world, "resource", "body", &of_kind("Patient"));
    let answer = full.get(&format!("/fhir/{other}")).await.expect(500).json();
    assert_eq!(answer["issue"][0]["code"], "exception");
    assert!(answer["issue"][0].to_string().contains("abîmées"), "{answer}");
    full.get(&format!("/fhir/{who}")).await.expect(200);
    let list = world.page("/personnes", &cookie).await.expect(200).text();
    assert!(list.contains("LE GOFF") && list.contains(LINE), "{list}");
    let page = format!("/personnes/{}", other.strip_prefix("Patient/").unwrap());
    for path in [page.clone(), format!("{page}/fil"), format!("{page}/lectures"), format!("{page}/urgence")] {
        let answer = world.page(&path, &cookie).await;
        assert!(answer.status == 500 && answer.text().contains("Données abîmées"), "{path}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_bundle_says_what_the_same_request_says_by_itself() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let kept = create(&full, weight(&who, 61)).await;
    let lost = create(&full, weight(&who, 62)).await;
    flip(&world, "resource", "body", &of_kind("Observation"));
    let search = format!("Observation?patient={who}");
    let (urls, alone) =
        ([lost.as_str(), &kept, &search, "Observation/_history"], full.get(&format!("/fhir/{lost}")).await);
    let entries: Vec<Value> = urls.iter().map(|url| json!({"request": {"method": "GET", "url": url}})).collect();
    let alone = alone.expect(500).json();
    for (kind, from) in [("batch", 0), ("transaction", 1)] {
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": entries.get(from..)});
        let answers = full.post("/fhir", &bundle).await.expect(200).json();
        let answer = |at: usize| &answers["entry"][at - from];
        if from == 0 {
            let said = &answer(0)["response"]["outcome"]["issue"][0];
            assert_eq!(
                (&said["code"], &said["severity"]),
                (&alone["issue"][0]["code"], &alone["issue"][0]["severity"])
            );
            assert!(said.to_string().contains("abîmées"), "{said}");
        }
        assert_eq!(answer(1)["response"]["status"], "200 OK");
        let found = answer(2)["resource"]["entry"].as_array().unwrap();
        let said = found.iter().filter(|one| one["search"]["mode"] == "outcome").count();
        assert_eq!((found.len(), said), (2, 1), "{kind}: {found:?}");
        let versions = answer(3)["resource"]["entry"].as_array().unwrap();
        let said = versions.iter().filter(|one| one["response"]["outcome"]["issue"][0]["code"] == "incomplete").count();
        assert_eq!((versions.len(), said), (2, 1), "{kind}: {versions:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allergy_that_does_not_open_is_never_none() {
    let world = World::new().await;
    let (full, cookie) = (world.program("full").await, world.sign_in("amina").await);
    let who = create(&full, patient("Le Goff")).await;
    let page = format!("/personnes/{}", who.strip_prefix("Patient/").unwrap());
    create(&full, allergy(&who)).await;
    assert!(world.page(&page, &cookie).await.expect(200).text().contains("Pénicilline"));
    flip(&world, "resource", "body", &of_kind("AllergyIntolerance"));
    for path in [page.clone(), format!("{page}/fil"), format!("{page}/urgence"), format!("{page}/lectures")] {
        let text = world.page(&path, &cookie).await.expect(200).text();
        assert!(text.contains(LINE) && text.contains("n’ont pas pu être lus"), "{path}: {text}");
        assert!(!text.contains("rien n’est noté") && !text.contains("Aucune allergie"), "{path}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safety_fact_that_does_not_open_is_told_in_the_strip() {
    let world = World::new().await;
    let (full, cookie) = (world.program("full").await, world.sign_in("amina").await);
    let who = create(&full, patient("Le Goff")).await;
    let page = format!("/personnes/{}", who.strip_prefix("Patient/").unwrap());
    let closed = json!({"resourceType": "AllergyIntolerance", "patient": {"reference": who}, "recordedDate": "2026-05-02",
        "clinicalStatus": {"coding": [{"code": "active"}]}, "code": {"text": "Abacavir"},
        "note": [{"text": "Réaction grave sous trithérapie, séropositivité VIH connue."}]});
    create(&full, closed).await;
    assert!(world.page(&page, &cookie).await.expect(200).text().contains("Abacavir"));
    flip(&world, "safety", "body", "kind = 2");
    let text = world.page(&page, &cookie).await.expect(200).text();
    assert!(text.contains(LINE) && text.contains("n’ont pas pu être lus") && !text.contains("Abacavir"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_told_how_many() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let admin = server::admin(world.app.clone(), "0.0.0-test", world.meters.clone());
    let scrape = async || crate::support::send(&admin, "GET", "/metrics", &[], "").await.expect(200).text();
    assert!(scrape().await.contains("socle_damaged_items 0.0\n"));
    flip(&world, "resource", "body", &of_kind("Patient"));
    for _ in 0..2 {
        full.get(&format!("/fhir/{who}")).await.expect(500);
    }
    assert!(scrape().await.contains("socle_damaged_items 1.0\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_files_were_replaced_writes_nothing_and_says_so() {
    let world = World::new().await;
    let full = world.program("full").await;
    let admin = server::admin(world.app.clone(), "0.0.0-test", world.meters.clone());
    let ready = async |status| crate::support::send(&admin, "GET", "/readyz", &[], "").await.expect(status).text();
    assert_eq!(ready(200).await, "ok\n");
    let main = world.dir.path().join("main.db");
    std::fs::rename(&main, main.with_extension("aside")).unwrap();
    full.post("/fhir/Patient", &patient("Le Goff")).await.expect(503);
    assert!(ready(503).await.starts_with("the files of the store were replaced"));
    std::fs::rename(main.with_extension("aside"), &main).unwrap();
    app::upkeep::look_at_files(&world.app).await.unwrap();
    assert_eq!(ready(200).await, "ok\n");
}
