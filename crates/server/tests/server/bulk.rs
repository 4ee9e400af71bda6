//! Bulk Data: kick-off, status, files, cancelling; what never leaves.

use crate::support::{Answer, Program, World, create, patient, secret_condition, send, weight};
use serde_json::{Value, json};

const ASYNC: (&str, &str) = ("prefer", "respond-async");

pub(crate) async fn begin(program: &Program<'_>, path: &str, more: &[(&str, &str)]) -> String {
    let headers: Vec<_> = [ASYNC].iter().chain(more).copied().collect();
    let begun = program.send("GET", path, &headers, "").await.expect(202);
    begun.header("content-location").to_owned()
}

pub(crate) async fn manifest(program: &Program<'_>, status: &str) -> Answer {
    let mut answer = program.get(status).await;
    for _ in 0..200 {
        if answer.status != 202 {
            break;
        }
        assert!(!answer.header("x-progress").is_empty());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        answer = program.get(status).await;
    }
    answer.expect(200)
}

/// Names of all resources of all files.
async fn names(program: &Program<'_>, path: &str, more: &[(&str, &str)]) -> Vec<String> {
    let status = begin(program, path, more).await;
    let manifest = manifest(program, &status).await.json();
    let mut all = Vec::new();
    for output in manifest["output"].as_array().unwrap() {
        let file = program.get(output["url"].as_str().unwrap()).await.expect(200);
        assert_eq!(file.header("content-type"), "application/fhir+ndjson");
        let lines: Vec<Value> = file.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if let Some(count) = output["count"].as_u64() {
            assert_eq!(usize::try_from(count).unwrap(), lines.len());
        }
        for line in lines {
            assert_eq!(line["resourceType"], output["type"]);
            all.push(format!("{}/{}", output["type"].as_str().unwrap(), line["id"].as_str().unwrap()));
        }
    }
    all.sort();
    all
}

/// Someone with a weight, a sensitive condition and a very sensitive one; somebody else with a weight.
async fn records(full: &Program<'_>) -> [String; 6] {
    let who = create(full, patient("Le Goff")).await;
    let measure = create(full, weight(&who, 61)).await;
    let psychiatric = json!({"resourceType": "Condition", "subject": {"reference": who}, "recordedDate": "2026-05-02",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.1"}], "text": "Dépression"}});
    let sensitive = create(full, psychiatric).await;
    let secret = create(full, secret_condition(&who)).await;
    let other = create(full, patient("Autre")).await;
    let theirs = create(full, weight(&other, 70)).await;
    [who, measure, sensitive, secret, other, theirs]
}

fn sorted(names: &[&String]) -> Vec<String> {
    let mut all: Vec<String> = names.iter().map(|name| (*name).clone()).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_records_up_to_the_level_that_may_leave() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let [who, measure, sensitive, secret, other, theirs] = records(&full).await;
    let reason = [("x-socle-reason", "étude")];
    let ordinary = sorted(&[&who, &measure, &other, &theirs]);
    assert_eq!(names(&full, "/fhir/Patient/$export", &[]).await, ordinary);
    let stated = sorted(&[&who, &measure, &sensitive, &other, &theirs]);
    assert_eq!(names(&full, "/fhir/Patient/$export", &reason).await, stated);
    assert_eq!(names(&limited, "/fhir/Patient/$export", &reason).await, ordinary, "its cap stays");
    let everything = names(&full, "/fhir/$export", &[reason[0], ("x-socle-purpose", "export")]).await;
    assert!(everything.contains(&"Practitioner/essai-claire".to_owned()) && everything.contains(&sensitive));
    assert!(!everything.contains(&secret), "level 4 never leaves");
    let weights = names(&full, "/fhir/$export?_type=Observation&_outputFormat=application/fhir%2Bndjson", &[]).await;
    assert_eq!(weights, sorted(&[&measure, &theirs]));
    assert!(names(&full, "/fhir/$export?_since=2026-06-01T00:00:00Z", &[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_the_members_of_a_group() {
    let world = World::new().await;
    let full = world.program("full").await;
    let [who, measure, _, _, _, theirs] = records(&full).await;
    let group = json!({"resourceType": "Group", "type": "person", "actual": true,
        "member": [{"entity": {"reference": who}}]});
    let group = create(&full, group).await;
    let found = names(&full, &format!("/fhir/{group}/$export?_type=Patient,Observation,Condition"), &[]).await;
    assert_eq!(found, sorted(&[&who, &measure]));
    assert!(!found.contains(&theirs));
    full.send("GET", "/fhir/Group/nobody/$export", &[ASYNC], "").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_of_one_program_and_ends() {
    let world = World::new().await;
    let (full, reader) = (world.program("full").await, world.program("reader").await);
    create(&full, patient("Le Goff")).await;
    let status = begin(&full, "/fhir/$export?_type=Patient", &[]).await;
    let said = manifest(&full, &status).await;
    assert_eq!(said.header("content-type"), "application/json");
    assert!(!said.header("expires").is_empty());
    let said = said.json();
    assert_eq!((said["requiresAccessToken"].as_bool(), &said["error"]), (Some(true), &json!([])));
    assert!(said["request"].as_str().unwrap().ends_with("/fhir/$export?_type=Patient"));
    let file = said["output"][0]["url"].as_str().unwrap();
    for path in [status.as_str(), file] {
        reader.get(path).await.expect(404);
        send(&world.router, "GET", path, &[], "").await.expect(401);
    }
    reader.send("DELETE", &status, &[], "").await.expect(404);
    full.get(&file.replace("Patient.ndjson", "Condition.ndjson")).await.expect(404);
    full.send("DELETE", &status, &[], "").await.expect(202);
    full.get(&status).await.expect(404);
    full.get(file).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_it_does_not_do() {
    let world = World::new().await;
    let full = world.program("full").await;
    full.get("/fhir/$export").await.expect(400);
    for bad in ["_outputFormat=text/csv", "_type=Nope", "_since=hier", "_elements=id"] {
        full.send("GET", &format!("/fhir/$export?{bad}"), &[ASYNC], "").await.expect(400);
    }
    full.send("GET", "/fhir/Observation/$export", &[ASYNC], "").await.expect(404);
    full.send("DELETE", "/fhir/$export", &[ASYNC], "").await.expect(405);
    let lenient = [("prefer", "respond-async, handling=lenient")];
    full.send("GET", "/fhir/$export?_elements=id", &lenient, "").await.expect(202);
    let body = json!({"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": "Patient"}]});
    full.send("POST", "/fhir/$export", &[ASYNC], &body.to_string()).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn gives_everything_as_it_was_when_it_was_asked_for() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let group = json!({"resourceType": "Group", "type": "person", "actual": true,
        "member": [{"entity": {"reference": who}}]});
    let group = create(&full, group).await;
    let [changed, deleted, same, twice] = [
        create(&full, weight(&who, 60)).await,
        create(&full, weight(&who, 61)).await,
        create(&full, weight(&who, 62)).await,
        create(&full, weight(&who, 63)).await,
    ];
    let paths = ["/fhir/$export", "/fhir/Patient/$export", &format!("/fhir/{group}/$export")];
    let mut files = Vec::new();
    for path in paths {
        let status = begin(&full, &format!("{path}?_type=Observation"), &[]).await;
        files.push(manifest(&full, &status).await.json()["output"][0]["url"].as_str().unwrap().to_owned());
    }
    world.clock.fetch_add(5_000_000, std::sync::atomic::Ordering::SeqCst);
    for (name, value) in [(&changed, 90), (&twice, 91), (&twice, 92)] {
        let mut body = weight(&who, value);
        body["id"] = json!(name.strip_prefix("Observation/").unwrap());
        full.put(&format!("/fhir/{name}"), &body).await.expect(200);
    }
    full.send("DELETE", &format!("/fhir/{deleted}"), &[], "").await.expect(204);
    let late = create(&full, weight(&who, 99)).await;
    let mut body = weight(&who, 98);
    body["id"] = json!(late.strip_prefix("Observation/").unwrap());
    full.put(&format!("/fhir/{late}"), &body).await.expect(200);
    for (number, file) in files.iter().enumerate() {
        let text = full.get(file).await.expect(200).text();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut found: Vec<(String, i64)> = lines
            .iter()
            .map(|line| {
                let name = format!("Observation/{}", line["id"].as_str().unwrap());
                (name, line["valueQuantity"]["value"].as_i64().unwrap())
            })
            .collect();
        let mut wanted = vec![(changed.clone(), 60), (same.clone(), 62), (twice.clone(), 63), (deleted.clone(), 61)];
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{}", paths[number]);
    }
}
