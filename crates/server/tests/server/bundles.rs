//! Transactions and batches.

use crate::support::{BASE, World, create, patient, weight};
use serde_json::{Value, json};

fn entry(method: &str, url: &str, resource: &Value) -> Value {
    let mut entry = json!({ "request": { "method": method, "url": url } });
    if !resource.is_null() {
        entry["resource"] = resource.clone();
    }
    entry
}

fn bundle(kind: &str, entries: &[Value]) -> Value {
    json!({ "resourceType": "Bundle", "type": kind, "entry": entries })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_ties_its_entries_together() {
    let world = World::new().await;
    let full = world.program("full").await;
    let mut first = entry("POST", "Patient", &patient("Le Goff"));
    first["fullUrl"] = json!("urn:uuid:11111111-1111-4111-8111-111111111111");
    let second = entry("POST", "Observation", &weight("urn:uuid:11111111-1111-4111-8111-111111111111", 61));
    let answer = full.post("/fhir/", &bundle("transaction", &[first, second])).await.expect(200).json();
    assert_eq!(answer["type"], "transaction-response");
    let (who, what) = (&answer["entry"][0], &answer["entry"][1]);
    assert_eq!(who["response"]["status"], "201 Created");
    assert_eq!(who["response"]["etag"], "W/\"1\"");
    assert!(who["response"]["location"].as_str().unwrap().starts_with(&format!("{BASE}/fhir/Patient/")));
    assert_eq!(
        what["resource"]["subject"]["reference"],
        format!("Patient/{}", who["resource"]["id"].as_str().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_happens_whole_or_not_at_all() {
    let world = World::new().await;
    let full = world.program("full").await;
    let lost = entry("POST", "Observation", &weight("urn:uuid:22222222-2222-4222-8222-222222222222", 61));
    let both = bundle("transaction", &[entry("POST", "Patient", &patient("Le Goff")), lost]);
    let refused = full.post("/fhir", &both).await.expect(422).json();
    let path = refused["issue"][0]["expression"][0].as_str().unwrap();
    assert!(path.starts_with("Bundle.entry[1].resource.subject"), "{path}");
    assert_eq!(full.get("/fhir/Patient").await.json()["total"], 0);
    full.post("/fhir", &bundle("collection", &[])).await.expect(400);
    full.post("/fhir", &patient("x")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_on_after_a_failure() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let entries = [
        entry("POST", "Observation", &weight(&who, 61)),
        entry("GET", "Patient/nobody", &Value::Null),
        entry("GET", &who, &Value::Null),
        entry("GET", "Observation?_count=1", &Value::Null),
        entry("DELETE", &who, &Value::Null),
    ];
    let answer =
        full.send("POST", "/fhir", &[("prefer", "return=minimal")], &bundle("batch", &entries).to_string()).await;
    let answer = answer.expect(200).json();
    let status = |index: usize| answer["entry"][index]["response"]["status"].as_str().unwrap().to_owned();
    assert_eq!(answer["type"], "batch-response");
    assert_eq!(status(0), "201 Created");
    assert!(answer["entry"][0].get("resource").is_none());
    assert_eq!(status(1), "404 Not Found");
    assert_eq!(answer["entry"][1]["response"]["outcome"]["issue"][0]["code"], "not-found");
    assert_eq!(answer["entry"][2]["resource"]["resourceType"], "Patient");
    assert_eq!(answer["entry"][3]["resource"]["total"], 1);
    assert_eq!(status(4), "204 No Content");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_answers_a_wrong_search_as_it_is_answered_alone() {
    let world = World::new().await;
    let full = world.program("full").await;
    full.get("/fhir/Patient?birthdate=abc").await.expect(400);
    let wrong = json!({"resourceType": "Patient", "gender": "m"});
    let entries = [entry("GET", "Patient?birthdate=abc", &Value::Null), entry("POST", "Patient", &wrong)];
    let answer = full.post("/fhir", &bundle("batch", &entries)).await.expect(200).json();
    assert_eq!(answer["entry"][0]["response"]["status"], "400 Bad Request");
    assert_eq!(answer["entry"][1]["response"]["status"], "422 Unprocessable Entity");
}

fn known(family: &str, number: &str) -> Value {
    let mut patient = patient(family);
    patient["identifier"] = json!([{"system": "urn:x", "value": number}]);
    patient
}

fn unless(resource: &Value, criteria: &str) -> Value {
    let mut entry = entry("POST", resource["resourceType"].as_str().unwrap(), resource);
    entry["request"]["ifNoneExist"] = json!(criteria);
    entry
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_met_after_the_deletions_of_the_bundle() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, known("Le Goff", "7")).await;
    let entries = [entry("DELETE", &who, &Value::Null), unless(&known("Le Bras", "7"), "identifier=urn:x|7")];
    let answer = full.post("/fhir", &bundle("transaction", &entries)).await.expect(200).json();
    assert_eq!(answer["entry"][1]["response"]["status"], "201 Created", "{answer}");
    let found = full.get("/fhir/Patient?identifier=urn:x|7").await.json();
    assert_eq!((&found["total"], &found["entry"][0]["resource"]["name"][0]["family"]), (&json!(1), &json!("Le Bras")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_said_twice_creates_once_and_may_be_referred_to() {
    let world = World::new().await;
    let full = world.program("full").await;
    let entries = [
        unless(&known("Le Goff", "7"), "identifier=urn:x|7"),
        unless(&known("Le Goff", "7"), "identifier=urn:x|7"),
        entry("POST", "Observation", &weight("Patient?identifier=urn:x|7", 61)),
    ];
    let answer = full.post("/fhir", &bundle("transaction", &entries)).await.expect(200).json();
    let id = answer["entry"][0]["resource"]["id"].as_str().unwrap().to_owned();
    assert_eq!(answer["entry"][1]["resource"]["id"], id);
    assert_eq!(answer["entry"][2]["resource"]["subject"]["reference"], format!("Patient/{id}"));
    assert_eq!(full.get("/fhir/Patient").await.json()["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_says_nothing_is_refused() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, known("Le Goff", "7")).await;
    for bad in [
        entry("PUT", "Patient?", &patient("Le Bras")),
        entry("PUT", "Patient?_count=1", &patient("Le Bras")),
        unless(&patient("Le Bras"), ""),
        entry("POST", "Observation", &weight("Patient?", 61)),
    ] {
        let answer = full.post("/fhir", &bundle("transaction", std::slice::from_ref(&bad))).await;
        assert!((400..500).contains(&answer.status), "{bad}");
    }
    let found = full.get("/fhir/Patient").await.json();
    assert_eq!((&found["total"], &found["entry"][0]["resource"]["name"][0]["family"]), (&json!(1), &json!("Le Goff")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conditional_update_keeps_to_the_id_of_its_body() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, known("Le Goff", "7")).await;
    let mut other = known("Le Bras", "7");
    other["id"] = json!("another");
    full.put("/fhir/Patient?identifier=urn:x|7", &other).await.expect(400);
    let whole = bundle("transaction", &[entry("PUT", "Patient?identifier=urn:x|7", &other)]);
    full.post("/fhir", &whole).await.expect(400);
    other["identifier"][0]["value"] = json!("8");
    let made = full.put("/fhir/Patient?identifier=urn:x|8", &other).await.expect(201).json();
    assert_eq!(made["id"], "another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_reads_what_is_not_there_writes_nothing() {
    let world = World::new().await;
    let full = world.program("full").await;
    let lost = [entry("POST", "Patient", &patient("Le Goff")), entry("GET", "Patient/nobody", &Value::Null)];
    full.post("/fhir", &bundle("transaction", &lost)).await.expect(404);
    assert_eq!(full.get("/fhir/Patient").await.json()["total"], 0);
    let mut named = patient("Le Goff");
    named["id"] = json!("here");
    let both = [entry("GET", "Patient/here", &Value::Null), entry("PUT", "Patient/here", &named)];
    let answer = full.post("/fhir", &bundle("transaction", &both)).await.expect(200).json();
    assert_eq!(answer["entry"][0]["resource"]["id"], "here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_rewrites_links_wherever_they_are() {
    let world = World::new().await;
    let full = world.program("full").await;
    let (who, what) =
        ("urn:uuid:33333333-3333-4333-8333-333333333333", "urn:uuid:44444444-4444-4444-8444-444444444444");
    let div = format!(
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{who}\">x</a><img src=\"{what}\" alt=\"x\"/></div>"
    );
    let document = json!({"resourceType": "DocumentReference", "status": "current", "subject": {"reference": who},
        "text": {"status": "generated", "div": div}, "content": [{"attachment": {"url": what}}],
        "contained": [{"resourceType": "Device", "id": "d", "patient": {"reference": who}}],
        "author": [{"reference": "#d"}],
        "extension": [{"url": "http://x/e", "valueUri": who}]});
    let mut person = entry("POST", "Patient", &patient("Le Goff"));
    person["fullUrl"] = json!(who);
    let mut content =
        entry("POST", "Binary", &json!({"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="}));
    content["fullUrl"] = json!(what);
    let sent = bundle("transaction", &[entry("POST", "DocumentReference", &document), person.clone(), content]);
    let answer = full.post("/fhir", &sent).await.expect(200).json();
    let made = answer["entry"][0]["resource"].to_string();
    assert!(
        !made.contains("urn:uuid") && made.contains("href=\\\"Patient/") && made.contains("src=\\\"Binary/"),
        "{made}"
    );
    let twice = full.post("/fhir", &bundle("transaction", &[person.clone(), person])).await.expect(400).json();
    assert_eq!(twice["issue"][0]["expression"][0], "Bundle.entry[1].fullUrl");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_takes_what_a_request_takes() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let get = |url: &str| entry("GET", url, &Value::Null);
    let mut known = get(&who);
    known["request"]["ifNoneMatch"] = json!("W/\"1\"");
    let entries = [
        entry("FETCH", "Patient", &Value::Null),
        entry("POST", "Nope", &json!({"resourceType": "Nope"})),
        json!(3),
        known,
        get("metadata"),
        get(&format!("{BASE}/fhir/{who}?_elements=gender")),
        get(&format!("{who}/$everything")),
        entry("POST", "Patient/_search?gender=female", &Value::Null),
        get("Patient/$nope"),
    ];
    let answer = full.post("/fhir", &bundle("batch", &entries)).await.expect(200).json();
    let status =
        |at: usize| answer["entry"][at]["response"]["status"].as_str().unwrap().chars().take(3).collect::<String>();
    let all: Vec<_> = (0..entries.len()).map(status).collect();
    assert_eq!(all, ["400", "400", "400", "304", "200", "200", "200", "200", "404"], "{answer}");
    assert_eq!(answer["entry"][4]["resource"]["resourceType"], "CapabilityStatement");
    assert!(answer["entry"][5]["resource"].get("name").is_none());
    assert_eq!(answer["entry"][6]["resource"]["type"], "searchset");
    assert_eq!(answer["entry"][7]["resource"]["total"], 1);
    assert_eq!(answer["entry"][8]["response"]["outcome"]["resourceType"], "OperationOutcome");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_keeps_a_bundle_as_it_is() {
    let world = World::new().await;
    let full = world.program("full").await;
    let kept = json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:0c1f1d3e-2b8a-4f57-9c36-8f2f6f4f1a01", "resource": patient("Martin")},
        {"fullUrl": "urn:uuid:0c1f1d3e-2b8a-4f57-9c36-8f2f6f4f1a02", "resource": {"resourceType": "Observation",
            "status": "final", "code": {"text": "x"},
            "subject": {"reference": "urn:uuid:0c1f1d3e-2b8a-4f57-9c36-8f2f6f4f1a01"}}}]});
    let transaction = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:0c1f1d3e-2b8a-4f57-9c36-8f2f6f4f1a09", "resource": kept,
            "request": {"method": "POST", "url": "Bundle"}}]});
    let answer = full.post("/fhir", &transaction).await.expect(200).json();
    let at = answer["entry"][0]["response"]["location"].as_str().unwrap().to_owned();
    let found = full.get(at.split("/_history").next().unwrap()).await.expect(200).json();
    assert_eq!(found["entry"][1]["resource"]["subject"], kept["entry"][1]["resource"]["subject"]);
}
