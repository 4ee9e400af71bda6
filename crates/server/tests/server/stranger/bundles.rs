//! Batches and transactions.

use super::{Checks, known, with_id};
use crate::support::{BASE, Program, World, weight};
use serde_json::{Value, json};

fn bundle(kind: &str, entries: &[Value]) -> Value {
    json!({ "resourceType": "Bundle", "type": kind, "entry": entries })
}

fn entry(method: &str, url: &str, resource: Value) -> Value {
    let mut entry = bare(method, url);
    entry["resource"] = resource;
    entry
}

fn bare(method: &str, url: &str) -> Value {
    json!({ "request": { "method": method, "url": url } })
}

fn with(mut entry: Value, name: &str, value: &str) -> Value {
    entry["request"][name] = json!(value);
    entry
}

fn at(mut entry: Value, full_url: &str) -> Value {
    entry["fullUrl"] = json!(full_url);
    entry
}

fn statuses(answer: &Value) -> Vec<String> {
    let entries = answer["entry"].as_array().into_iter().flatten();
    let status = |entry: &Value| entry["response"]["status"].as_str().unwrap_or_default().chars().take(3).collect();
    entries.map(status).collect()
}

/// What is asked, and the status of each answer.
fn rows() -> Vec<(&'static str, Value)> {
    let patch = json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": "Patient.gender"}, {"name": "value", "valueCode": "male"}]}]});
    vec![
        ("201", entry("POST", "Patient", known("Batch", "b2"))),
        ("200", bare("GET", "Patient/b1")),
        ("404", bare("GET", "Patient/nobody")),
        ("200", entry("PUT", "Patient/b1", with_id(known("Batch", "b1"), "b1"))),
        ("201", entry("PUT", "Patient/b3", with_id(known("Batch", "b3"), "b3"))),
        ("412", with(entry("PUT", "Patient/b1", with_id(known("Batch", "b1"), "b1")), "ifMatch", "W/\"1\"")),
        ("200", with(entry("PUT", "Patient/b1", with_id(known("Batch", "b1"), "b1")), "ifMatch", "W/\"2\"")),
        ("304", with(bare("GET", "Patient/b1"), "ifNoneMatch", "W/\"3\"")),
        ("304", with(bare("GET", "Patient/b1"), "ifModifiedSince", "2030-01-01T00:00:00Z")),
        ("200", bare("GET", "Patient?identifier=urn:mrn|b1")),
        ("200", bare("GET", "Patient/b1/_history/1")),
        ("200", bare("GET", "Patient/b1/_history")),
        ("200", bare("HEAD", "Patient/b1")),
        ("200", with(entry("POST", "Patient", known("Batch", "b1")), "ifNoneExist", "identifier=urn:mrn|b1")),
        ("201", with(entry("POST", "Patient", known("Batch", "b9")), "ifNoneExist", "identifier=urn:mrn|b9")),
        ("200", entry("PUT", "Patient?identifier=urn:mrn|b9", known("Batch", "b9"))),
        ("200", entry("PATCH", "Patient/b1", patch)),
        ("422", entry("POST", "Patient", json!({"resourceType": "Patient", "gender": "x"}))),
        ("400", entry("POST", "Nope", known("x", "x"))),
        ("400", json!({ "resource": known("x", "x") })),
        ("204", bare("DELETE", "Patient/b3")),
        ("410", bare("GET", "Patient/b3")),
        ("204", bare("DELETE", "Patient/nobody")),
        ("204", bare("DELETE", "Patient?identifier=urn:mrn|b2")),
        ("204", bare("DELETE", "Patient?identifier=urn:mrn|none")),
        ("200", bare("GET", "metadata")),
        ("200", bare("GET", &format!("{BASE}/fhir/Patient/b1"))),
        ("200", bare("GET", "/Patient/b1")),
    ]
}

async fn batch(full: &Program<'_>, checks: &mut Checks) {
    full.put("/fhir/Patient/b1", &with_id(known("Batch", "b1"), "b1")).await.expect(201);
    let rows = rows();
    let entries: Vec<Value> = rows.iter().map(|(_, entry)| entry.clone()).collect();
    let answer = full.post("/fhir", &bundle("batch", &entries)).await;
    checks.status("batch", &answer, 200);
    let body = answer.json();
    checks.equal("batch: type", &body["type"], "batch-response");
    for ((wanted, sent), (place, seen)) in rows.iter().zip(statuses(&body).iter().enumerate()) {
        checks.equal(&format!("batch entry {}", sent["request"]), seen, wanted);
        let (response, ok) = (&body["entry"][place]["response"], wanted.starts_with('2'));
        checks.equal(
            &format!("outcome of {}", sent["request"]),
            response.get("outcome").is_some(),
            wanted.starts_with('4'),
        );
        if ok && matches!(sent["request"]["method"].as_str(), Some("POST" | "PUT" | "PATCH")) {
            let told = ["location", "etag", "lastModified"].iter().all(|name| response[name].is_string());
            checks.that(&format!("response of {}", sent["request"]), told, response);
        }
    }
    checks.equal("batch: as many answers", body["entry"].as_array().map(Vec::len), Some(rows.len()));
    checks.that("HEAD gives no resource", body["entry"][12].get("resource").is_none(), &body["entry"][12]);
    let minimal = [("prefer", "return=minimal")];
    let one = bundle("batch", &[entry("POST", "Patient", known("x", "m1"))]).to_string();
    let answer = full.send("POST", "/fhir/", &minimal, &one).await.json();
    checks.that("batch, minimal", answer["entry"][0].get("resource").is_none(), &answer);
    checks.status(
        "an empty batch",
        &full.post("/fhir", &json!({"resourceType": "Bundle", "type": "batch"})).await,
        200,
    );
    for kind in ["collection", "document", "message", "searchset", "history"] {
        checks.status(kind, &full.post("/fhir", &bundle(kind, &[])).await, 400);
    }
    checks.status("no type of Bundle", &full.post("/fhir", &json!({"resourceType": "Bundle"})).await, 400);
    checks.status("not a Bundle", &full.post("/fhir", &known("x", "x")).await, 400);
}

async fn links(full: &Program<'_>, checks: &mut Checks) {
    let urn = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a";
    let all = [
        entry("POST", "Observation", weight(urn, 1)),
        at(entry("POST", "Patient", known("Links", "l1")), urn),
        at(entry("POST", "Patient", with_id(known("Links", "l2"), "temp")), "http://elsewhere.test/fhir/Patient/temp"),
        at(entry("POST", "Observation", weight("Patient/temp", 2)), "http://elsewhere.test/fhir/Observation/o"),
        entry("POST", "Observation", weight("http://elsewhere.test/fhir/Patient/temp", 3)),
        entry("POST", "Observation", weight("Patient?identifier=urn:mrn|b1", 4)),
        at(
            entry("PUT", "Patient?identifier=urn:mrn|l3", known("Links", "l3")),
            "urn:uuid:71ebe359-bfdc-4613-8bf2-c5e300945f0a",
        ),
        entry("POST", "Observation", weight("urn:uuid:71ebe359-bfdc-4613-8bf2-c5e300945f0a", 5)),
    ];
    let answer = full.post("/fhir", &bundle("transaction", &all)).await;
    checks.status("transaction", &answer, 200);
    let body = answer.json();
    checks.equal("transaction: type", &body["type"], "transaction-response");
    checks.equal("transaction: statuses", statuses(&body), vec!["201"; all.len()]);
    let id = |place: usize| format!("Patient/{}", body["entry"][place]["resource"]["id"].as_str().unwrap_or_default());
    let subject = |place: usize| body["entry"][place]["resource"]["subject"]["reference"].as_str().unwrap_or_default();
    for (what, place, wanted) in [
        ("urn", 0, id(1)),
        ("relative, beside a fullUrl", 3, id(2)),
        ("absolute", 4, id(2)),
        ("conditional", 5, "Patient/b1".to_owned()),
        ("urn of a conditional update", 7, id(6)),
    ] {
        checks.equal(&format!("link, {what}"), subject(place), wanted);
    }
    for (what, lost, status) in [
        ("to no entry", weight("urn:uuid:00000000-bfdc-4613-8bf2-c5e300945f0a", 1), 422),
        ("on a condition nothing meets", weight("Patient?identifier=urn:mrn|none", 1), 422),
    ] {
        let all = [entry("POST", "Patient", known("Lost", "lost")), entry("POST", "Observation", lost)];
        checks.status(&format!("link {what}"), &full.post("/fhir", &bundle("transaction", &all)).await, status);
    }
}

async fn whole(full: &Program<'_>, checks: &mut Checks) {
    let first = || entry("POST", "Patient", known("Whole", "w1"));
    let put = |id: &str| entry("PUT", &format!("Patient/{id}"), with_id(known("Whole", "w1"), id));
    for (what, wrong, status) in [
        ("a wrong resource", entry("POST", "Patient", json!({"resourceType": "Patient", "gender": "x"})), 422),
        ("a stale version", with(put("b1"), "ifMatch", "W/\"1\""), 412),
        ("a read of nothing", bare("GET", "Patient/nobody"), 404),
        ("a search that cannot be read", bare("GET", "Patient?birthdate=x"), 400),
        ("several matches", entry("PUT", "Patient?name=Links", known("x", "x")), 412),
        ("several matches of ifNoneExist", with(first(), "ifNoneExist", "name=Links"), 412),
        ("a deletion of several", bare("DELETE", "Patient?name=Links"), 412),
        (
            "a patch of nothing",
            entry(
                "PATCH",
                "Patient/nobody",
                json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
            {"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Patient.gender"}]}]}),
            ),
            404,
        ),
        ("an unknown type", entry("POST", "Nope", known("x", "x")), 400),
        ("an entry without a request", json!({ "resource": known("x", "x") }), 400),
    ] {
        let answer = full.post("/fhir", &bundle("transaction", &[first(), wrong])).await;
        checks.status(&format!("transaction with {what}"), &answer, status);
        let left = full.get("/fhir/Patient?identifier=urn:mrn|w1").await.json();
        checks.equal(&format!("nothing is left of {what}"), &left["total"], 0);
    }
    let twice = full.post("/fhir", &bundle("transaction", &[put("w2"), put("w2")])).await;
    checks.that("the same resource twice", twice.status == 400 || twice.status == 422, &twice.status);
    let both = full.post("/fhir", &bundle("transaction", &[put("b1"), bare("DELETE", "Patient/b1")])).await;
    checks.that("written and deleted", both.status == 400 || both.status == 422, &both.status);
    // Deletions, then creations, then updates, then reads, wherever they stand.
    let all = [
        bare("GET", "Patient?identifier=urn:mrn|w3"),
        with(entry("POST", "Patient", known("Whole", "w3")), "ifNoneExist", "identifier=urn:mrn|w3"),
        bare("DELETE", "Patient/w3"),
        with(bare("GET", "Patient/b1"), "ifNoneMatch", "W/\"4\""),
    ];
    full.put("/fhir/Patient/w3", &with_id(known("Whole", "w3"), "w3")).await.expect(201);
    let answer = full.post("/fhir", &bundle("transaction", &all)).await;
    checks.status("transaction in order", &answer, 200);
    let body = answer.json();
    checks.equal("transaction in order: statuses", statuses(&body), ["200", "201", "204", "304"]);
    let found = &body["entry"][0]["resource"];
    checks.equal("the search sees the writes", &found["total"], 1);
    checks.that("of the new one", found["entry"][0]["resource"]["id"] != "w3", found);
    let empty = full.post("/fhir", &json!({"resourceType": "Bundle", "type": "transaction"})).await;
    checks.status("an empty transaction", &empty, 200);
    checks.equal("an empty transaction: type", &empty.json()["type"], "transaction-response");
    let minimal = [("prefer", "return=minimal")];
    let one = bundle("transaction", &[entry("POST", "Patient", known("x", "m2"))]).to_string();
    let answer = full.send("POST", "/fhir", &minimal, &one).await.json();
    checks.that("transaction, minimal", answer["entry"][0].get("resource").is_none(), &answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_are_processed_as_the_standard_says() {
    let world = World::new().await;
    let full = world.program("full").await;
    let mut checks = Checks::default();
    batch(&full, &mut checks).await;
    links(&full, &mut checks).await;
    whole(&full, &mut checks).await;
    checks.done(130);
}
