//! What is asked is understood as it was meant, or refused: never passed over where a resource would be made or lost.

use crate::support::{Program, World, create, patient, weight};
use serde_json::{Value, json};

const STRICT: (&str, &str) = ("prefer", "handling=strict");

async fn count(full: &Program<'_>) -> Value {
    full.get("/fhir/Patient?_summary=count").await.expect(200).json()["total"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn criteria_in_the_address_of_a_create_are_refused() {
    let world = World::new().await;
    let full = world.program("full").await;
    let text = patient("Le Goff").to_string();
    for query in
        ["identifier=urn:fp%7C2", "name:exact=x", "_id=a", "_has:Observation:subject:code=x", "a=1&organization.name=x"]
    {
        let refused = full.send("POST", &format!("/fhir/Patient?{query}"), &[], &text).await.expect(400);
        assert!(refused.text().contains("If-None-Exist"), "{query}: {}", refused.text());
    }
    assert_eq!(count(&full).await, 0);
    full.send("POST", "/fhir/Patient?_format=json&_pretty=true", &[STRICT], &text).await.expect(201);
    full.send("POST", "/fhir/Patient?foo=1", &[STRICT], &text).await.expect(400);
    let told =
        full.send("POST", "/fhir/Patient?foo=1", &[("prefer", "return=OperationOutcome")], &text).await.expect(201);
    let issues = told.json()["issue"].clone();
    assert_eq!((&issues[1]["severity"], &issues[1]["expression"][0]), (&json!("warning"), &json!("foo")), "{issues}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_strict_is_told_what_a_write_does_not_take() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let mut body = patient("Le Goff");
    body["id"] = json!(who.strip_prefix("Patient/").unwrap());
    let json_patch = ("content-type", "application/json-patch+json");
    for query in ["foo=1", "identifier=urn:x%7C1", "_cascade=delete"] {
        let path = format!("/fhir/{who}?{query}");
        full.send("PUT", &path, &[STRICT], &body.to_string()).await.expect(400);
        full.send("PATCH", &path, &[STRICT, json_patch], "[]").await.expect(400);
        full.send("DELETE", &path, &[STRICT], "").await.expect(400);
        full.send("PUT", &path, &[], &body.to_string()).await.expect(200);
    }
    let told = full
        .send("DELETE", &format!("/fhir/{who}?_cascade=delete"), &[("prefer", "return=OperationOutcome")], "")
        .await;
    assert!(told.expect(200).text().contains("_cascade"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_not_taken_for_something_else() {
    let world = World::new().await;
    let full = world.program("full").await;
    let text = patient("Le Goff").to_string();
    for bad in ["identifier=urn:e%7C%E91", "identifier=urn:e%7C%zz", "family=100%", "%ff=1"] {
        full.get(&format!("/fhir/Patient?{bad}")).await.expect(400);
        full.send("PUT", &format!("/fhir/Patient?{bad}"), &[], &text).await.expect(400);
        full.send("DELETE", &format!("/fhir/Patient?{bad}"), &[], "").await.expect(400);
        full.send("POST", "/fhir/Patient", &[("if-none-exist", bad)], &text).await.expect(400);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        full.send("POST", "/fhir/Patient/_search", &form, bad).await.expect(400);
        let find = json!({"request": {"method": "GET", "url": format!("Patient?{bad}")}});
        let make = json!({"resource": patient("Le Goff"), "request": {"method": "POST", "url": "Patient", "ifNoneExist": bad}});
        let all = json!({"resourceType": "Bundle", "type": "batch", "entry": [find, make]});
        let answers = full.post("/fhir", &all).await.expect(200).json();
        for (index, part) in ["url", "ifNoneExist"].iter().enumerate() {
            let response = &answers["entry"][index]["response"];
            assert_eq!(response["status"], "400 Bad Request", "{bad}: {response}");
            let path = response["outcome"]["issue"][0]["expression"][0].as_str().unwrap();
            assert!(path.starts_with(&format!("Bundle.entry[{index}].request.{part}")), "{path}");
        }
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    full.send_bytes("POST", "/fhir/Patient/_search", &form, b"family=L\xE9a".to_vec()).await.expect(400);
    assert_eq!(count(&full).await, 0);
    full.get("/fhir/Patient?family=%C3%A9%25").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_resource_never_replaces_the_whole() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let path = format!("/fhir/{who}");
    let part = full.get(&format!("{path}?_elements=gender")).await.expect(200).json();
    let refused = full.put(&path, &part).await.expect(422).json();
    assert_eq!(refused["issue"][0]["expression"][0], "Patient.meta.tag[0]");
    full.post("/fhir/Patient", &part).await.expect(422);
    let entry = json!({"resource": part, "request": {"method": "PUT", "url": who}});
    let refused = full.post("/fhir", &json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})).await;
    assert_eq!(refused.expect(422).json()["issue"][0]["expression"][0], "Bundle.entry[0].resource.meta.tag[0]");
    let tag = json!({"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": part["meta"]["tag"]}}]});
    full.post(&format!("{path}/$meta-add"), &tag).await.expect(422);
    let said = full.post("/fhir/Patient/$validate", &part).await.expect(200).json();
    assert_eq!(said["issue"][0]["severity"], "error");
    let whole = full.get(&path).await.expect(200);
    assert_eq!((whole.header("etag"), whole.json().get("name").is_some()), ("W/\"1\"", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_kept_is_found() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let with = |digits: &str| weight(&who, 61).to_string().replace("\"value\":61", &format!("\"value\":{digits}"));
    for digits in ["1e400", "-1e309", "1e999999999"] {
        let refused = full.send("POST", "/fhir/Observation", &[], &with(digits)).await.expect(422).json();
        assert_eq!(refused["issue"][0]["expression"][0], "Observation.value.ofType(Quantity).value", "{digits}");
    }
    for digits in ["123456789012345678901234567890.5", "0.12345678901234567890123", "9007199254740993.5"] {
        let made = full.send("POST", "/fhir/Observation", &[], &with(digits)).await.expect(201).json();
        let found = full.get(&format!("/fhir/Observation?value-quantity={digits}")).await.expect(200).json();
        assert_eq!((&found["total"], &found["entry"][0]["resource"]["id"]), (&json!(1), &made["id"]), "{digits}");
        let others = full
            .get(&format!("/fhir/Observation?value-quantity=ne{digits}&_id={}", made["id"].as_str().unwrap()))
            .await;
        assert_eq!(others.expect(200).json()["total"], 0, "{digits}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_write_is_promised_nothing_that_writes() {
    let world = World::new().await;
    let names = async |name: &str| {
        let statement = world.program(name).await.get("/fhir/metadata").await.expect(200).text();
        ["meta-add", "meta-delete", "import", "validate"]
            .map(|name| statement.contains(&format!("\"name\":\"{name}\"")))
    };
    assert_eq!(names("full").await, [true; 4]);
    assert_eq!(names("reader").await, [false, false, false, true]);
    assert_eq!(names("limited").await, [true, true, false, true]);
}
