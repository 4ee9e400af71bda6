//! `$import`: lines go in once, whatever is sent again; what is refused is said, line by line; who may not, may not.

use crate::support::{Answer, Program, World, patient, send};
use serde_json::{Value, json};

const ASYNC: [(&str, &str); 2] = [("prefer", "respond-async"), ("content-type", "application/fhir+ndjson")];

async fn manifest(program: &Program<'_>, lines: &str) -> Answer {
    let begun = program.send("POST", "/fhir/$import", &ASYNC, lines).await.expect(202);
    let status = begun.header("content-location").to_owned();
    let mut answer = program.get(&status).await;
    for _ in 0..500 {
        if answer.status != 202 {
            break;
        }
        assert!(answer.header("x-progress").ends_with(" resources"));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        answer = program.get(&status).await;
    }
    answer.expect(200)
}

/// Created, updated, skipped, conflicts, refused.
fn figures(manifest: &Value) -> [i64; 5] {
    ["created", "updated", "skipped", "conflicts", "refused"].map(|name| manifest["extension"][name].as_i64().unwrap())
}

fn named(mut resource: Value, id: &str) -> Value {
    resource["id"] = id.into();
    resource
}

fn lines(all: &[Value]) -> String {
    all.iter().map(|one| format!("{one}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_goes_in_once() {
    let world = World::new().await;
    let full = world.program("full").await;
    // The weight comes before whom it is of.
    let all = [named(weight("Patient/venu"), "w"), named(patient("Venu"), "venu")];
    let first = manifest(&full, &lines(&all)).await.json();
    assert_eq!(figures(&first), [2, 0, 0, 0, 0]);
    assert_eq!((&first["output"], &first["error"]), (&json!([]), &json!([])));
    let here = full.get("/fhir/Observation/w").await.expect(200).json();
    assert_eq!(here["subject"]["reference"], "Patient/venu");
    assert_eq!(figures(&manifest(&full, &lines(&all)).await.json()), [0, 0, 2, 0, 0]);
    let mut more = all.to_vec();
    more[0]["valueQuantity"]["value"] = 62.into();
    more.push(named(weight("Patient/venu"), "w2"));
    assert_eq!(figures(&manifest(&full, &lines(&more)).await.json()), [1, 1, 1, 0, 0], "goes on where it stopped");
}

fn weight(patient: &str) -> Value {
    crate::support::weight(patient, 61)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refused_line_is_told_with_its_reason() {
    let world = World::new().await;
    let full = world.program("full").await;
    let good = named(patient("Venu"), "venu");
    let mut part = named(patient("Partiel"), "partiel");
    part["meta"] =
        json!({"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}]});
    let text = format!("{good}\n{{\"resourceType\":\n\n{{\"resourceType\":\"Nope\",\"id\":\"secret-x\"}}\n{part}\n");
    let said = manifest(&full, &text).await.json();
    assert_eq!(figures(&said), [1, 0, 0, 0, 3]);
    assert_eq!((&said["error"][0]["type"], &said["error"][0]["count"]), (&json!("OperationOutcome"), &json!(3)));
    full.get("/fhir/Patient/partiel").await.expect(404);
    let url = said["error"][0]["url"].as_str().unwrap();
    let file = full.get(url).await.expect(200);
    assert_eq!(file.header("content-type"), "application/fhir+ndjson");
    let outcomes: Vec<Value> = file.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let texts: Vec<&str> = outcomes
        .iter()
        .map(|one| one["issue"][0]["details"]["text"].as_str().unwrap().split(" : ").next().unwrap())
        .collect();
    assert_eq!(texts, ["Ligne 2", "Ligne 4", "Ligne 5"]);
    assert!(
        outcomes.iter().all(|one| one["resourceType"] == "OperationOutcome" && one["issue"][0]["severity"] == "error")
    );
    assert!(!file.text().contains("secret-x"), "no content in what is said");
    full.get("/fhir/Patient/venu").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_program_with_every_right_imports() {
    let world = World::new().await;
    let line = patient("Venu").to_string();
    for name in ["limited", "elsewhere", "reader"] {
        let program = world.program(name).await;
        program.send("POST", "/fhir/$import", &ASYNC, &line).await.expect(403);
    }
    send(&world.router, "POST", "/fhir/$import", &ASYNC, &line).await.expect(401);
    let full = world.program("full").await;
    full.send("POST", "/fhir/$import", &ASYNC[1..], &line).await.expect(400);
    full.send("GET", "/fhir/$import", &ASYNC, "").await.expect(405);
    let parameters = json!({"resourceType": "Parameters", "parameter": [{"name": "input"}]});
    full.send("POST", "/fhir/$import", &ASYNC[..1], &parameters.to_string()).await.expect(415);
    full.send("POST", "/fhir/$import", &ASYNC, &"\n".repeat(100_001)).await.expect(413);
    assert_eq!(full.get("/fhir/Patient?_summary=count").await.expect(200).json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_told_to_nobody_else_and_can_be_forgotten() {
    let world = World::new().await;
    let (full, reader) = (world.program("full").await, world.program("reader").await);
    let begun = full.send("POST", "/fhir/$import", &ASYNC, &patient("Venu").to_string()).await.expect(202);
    let status = begun.header("content-location").to_owned();
    reader.get(&status).await.expect(404);
    reader.send("DELETE", &status, &[], "").await.expect(404);
    full.send("PUT", &status, &[], "").await.expect(405);
    full.send("DELETE", &status, &[], "").await.expect(202);
    full.get(&status).await.expect(404);
    // Whatever had been written, sending again ends it.
    let said = manifest(&full, &patient("Venu").to_string()).await.json();
    let [created, _, skipped, ..] = figures(&said);
    assert_eq!(created + skipped, 1);
    assert_eq!(full.get("/fhir/Patient?_summary=count").await.expect(200).json()["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_with_a_fault_can_be_patched_all_the_same() {
    let world = World::new().await;
    let full = world.program("full").await;
    let text = lines(&[named(patient("Venu"), "venu"), named(weight("Patient/venu"), "w")]);
    let text = text
        .replace("\"value\":61", "\"value\":1e400")
        .replace("\"status\":\"final\"", "\"status\":\"final\",\"inconnu\":1");
    assert_eq!(figures(&manifest(&full, &text).await.json()), [2, 0, 0, 0, 0]);
    let patch = async |operations: Value, status: u16| {
        let headers = [("content-type", "application/json-patch+json")];
        full.send("PATCH", "/fhir/Observation/w", &headers, &operations.to_string()).await.expect(status).json()
    };
    let note = json!({"op": "add", "path": "/note", "value": [{"text": "pesé assis"}]});
    let said = patch(json!([note, {"op": "add", "path": "/autre", "value": 1}]), 422).await;
    assert_eq!(said["issue"][0]["expression"], json!(["Observation.autre"]), "what is wrong anew: {said}");
    patch(json!([note]), 200).await;
    patch(json!([{"op": "replace", "path": "/valueQuantity/value", "value": 61}]), 200).await;
    let binary = json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Observation.note"}]}]});
    let entry = json!({"resource": binary, "request": {"method": "PATCH", "url": "Observation/w"}});
    full.post("/fhir", &json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})).await.expect(200);
    let tag = json!({"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": [{"system": "urn:t", "code": "vu"}]}}]});
    full.post("/fhir/Observation/w/$meta-add", &tag).await.expect(200);
    let here = full.get("/fhir/Observation/w").await.expect(200).json();
    full.put("/fhir/Observation/w", &here).await.expect(400);
    patch(json!([{"op": "remove", "path": "/inconnu"}]), 200).await;
    full.put("/fhir/Observation/w", &full.get("/fhir/Observation/w").await.json()).await.expect(200);
}
