//! Searches, page by page.

use crate::support::{BASE, World, create, patient, weight};
use serde_json::Value;

fn link<'a>(bundle: &'a Value, relation: &str) -> Option<&'a str> {
    let links = bundle["link"].as_array()?;
    links.iter().find(|link| link["relation"] == relation)?["url"].as_str()
}

fn ids(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_next_to_the_end() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    for value in 60..65 {
        create(&full, weight(&who, value)).await;
    }
    let mut seen = Vec::new();
    let mut url = format!("/fhir/Observation?patient={who}&_count=2");
    loop {
        let page = full.get(&url).await.expect(200).json();
        assert_eq!((page["type"].as_str(), page["total"].as_i64()), (Some("searchset"), Some(5)));
        assert!(link(&page, "self").unwrap().starts_with(&format!("{BASE}/fhir/Observation?patient=Patient/")));
        seen.extend(ids(&page));
        match link(&page, "next") {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((count, seen.len()), (5, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_a_form_as_an_address() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, patient("Le Goff")).await;
    create(&full, patient("Quéméner")).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let posted = full.send("POST", "/fhir/Patient/_search", &form, "family=qu%C3%A9m").await.expect(200).json();
    let got = full.get("/fhir/Patient?family=qu%C3%A9m").await.expect(200).json();
    assert_eq!((posted["total"].as_i64(), &posted), (Some(1), &got));
    full.send("POST", "/fhir/Patient/_search", &[], "{}").await.expect(415);
}

#[tokio::test(flavor = "multi_thread")]
async fn includes_counts_and_narrows() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    create(&full, weight(&who, 61)).await;
    let page = full.get("/fhir/Observation?_include=Observation:subject").await.expect(200).json();
    assert_eq!(page["entry"][0]["search"]["mode"], "match");
    assert_eq!(page["entry"][1]["search"]["mode"], "include");
    assert_eq!(page["entry"][1]["fullUrl"], format!("{BASE}/fhir/{who}"));
    let count = full.get("/fhir/Observation?_summary=count").await.expect(200).json();
    assert_eq!((count["total"].as_i64(), count.get("entry")), (Some(1), None));
    let few = full.get("/fhir/Observation?_elements=code").await.expect(200).json();
    let shown = &few["entry"][0]["resource"];
    assert_eq!(shown["meta"]["tag"][0]["code"], "SUBSETTED");
    assert!(shown.get("valueQuantity").is_none() && shown.get("code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_it_ignored_or_refuses_it() {
    let world = World::new().await;
    let full = world.program("full").await;
    let lenient = full.get("/fhir/Patient?colour=blue").await.expect(200).json();
    let entry = &lenient["entry"][0];
    assert_eq!(
        (entry["search"]["mode"].as_str(), entry["resource"]["resourceType"].as_str()),
        (Some("outcome"), Some("OperationOutcome"))
    );
    assert_eq!(link(&lenient, "self"), Some(format!("{BASE}/fhir/Patient").as_str()));
    let strict = full.send("GET", "/fhir/Patient?colour=blue", &[("prefer", "handling=strict")], "").await.expect(400);
    assert_eq!(strict.json()["issue"][0]["expression"][0], "colour");
    full.get("/fhir/Patient?birthdate=hier").await.expect(400);
    full.get("/fhir/Patient?_page=rubbish").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_self_link_is_a_uri_whatever_was_asked() {
    let world = World::new().await;
    let full = world.program("full").await;
    for asked in ["code=http://loinc.org|29463-7", "code=http://loinc.org%7C29463-7"] {
        let page = full.get(&format!("/fhir/Observation?{asked}")).await.expect(200).json();
        let found = link(&page, "self").unwrap().to_owned();
        assert_eq!(found, format!("{BASE}/fhir/Observation?code=http://loinc.org%7C29463-7"));
    }
}
