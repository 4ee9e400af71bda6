//! What is written is checked, and `$validate` says what would be.

use crate::support::{Answer, World, create, patient};
use serde_json::{Value, json};

/// Severity, code and path of each issue.
fn issues(answer: &Answer) -> Vec<(String, String, String)> {
    let outcome = answer.json();
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let issues = outcome["issue"].as_array().unwrap();
    issues
        .iter()
        .map(|issue| {
            assert!(!text(&issue["details"]["text"]).is_empty() && !text(&issue["diagnostics"]).is_empty());
            (text(&issue["severity"]), text(&issue["code"]), text(&issue["expression"][0]))
        })
        .collect()
}

fn errors(answer: &Answer) -> Vec<String> {
    issues(answer).into_iter().filter(|(severity, ..)| severity == "error").map(|(.., path)| path).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_write_refuses_what_is_not_r4() {
    let world = World::new().await;
    let full = world.program("full").await;
    let id = create(&full, patient("Martin")).await;
    let wrong = json!({"resourceType": "Patient", "birthDate": "1950-02-30", "gender": "m"});
    let created = full.post("/fhir/Patient", &wrong).await.expect(422);
    assert_eq!(errors(&created), ["Patient.birthDate", "Patient.gender"]);
    let mut update = wrong.clone();
    update["id"] = id.split_once('/').unwrap().1.into();
    full.put(&format!("/fhir/{id}"), &update).await.expect(422);
    let unknown = json!({"resourceType": "Patient", "surname": "x"});
    assert_eq!(errors(&full.post("/fhir/Patient", &unknown).await.expect(400)), ["Patient.surname"]);
    let patch = json!([{"op": "add", "path": "/birthDate", "value": "30/02/1950"}]).to_string();
    let headers = [("content-type", "application/json-patch+json")];
    let patched = full.send("PATCH", &format!("/fhir/{id}"), &headers, &patch).await.expect(422);
    assert_eq!(errors(&patched), ["Patient.birthDate"]);
    let entry = |kind: &str| {
        json!({"resourceType": "Bundle", "type": kind, "entry": [
            {"resource": patient("Autre"), "request": {"method": "POST", "url": "Patient"}},
            {"resource": wrong, "request": {"method": "POST", "url": "Patient"}}]})
    };
    let refused = full.post("/fhir", &entry("transaction")).await.expect(422);
    assert_eq!(errors(&refused), ["Bundle.entry[1].resource.birthDate", "Bundle.entry[1].resource.gender"]);
    let batch = full.post("/fhir", &entry("batch")).await.expect(200).json();
    assert_eq!(batch.pointer("/entry/0/response/status"), Some(&json!("201 Created")));
    assert_eq!(batch.pointer("/entry/1/response/status"), Some(&json!("422 Unprocessable Entity")));
    assert_eq!(batch["entry"][1]["response"]["outcome"]["issue"][0]["expression"][0], "Patient.birthDate");
}

#[tokio::test(flavor = "multi_thread")]
async fn validate_answers_200_and_says_everything() {
    let world = World::new().await;
    let full = world.program("full").await;
    let good = full.post("/fhir/Patient/$validate", &patient("Martin")).await.expect(200);
    assert_eq!(issues(&good), [("information".into(), "informational".into(), String::new())]);
    let wrong = json!({"resourceType": "Patient", "id": "é", "gender": "m"});
    assert_eq!(errors(&full.post("/fhir/Patient/$validate", &wrong).await.expect(200)), ["Patient.id"]);
    let wrong = json!({"resourceType": "Observation", "status": "done"});
    let found = full.post("/fhir/Observation/$validate?mode=create", &wrong).await.expect(200);
    assert_eq!(errors(&found), ["Observation.status", "Observation.code"]);
    assert_eq!(errors(&full.post("/fhir/Patient/$validate", &wrong).await.expect(200)), ["resourceType"]);
    let asked = json!({"resourceType": "Parameters", "parameter": [
        {"name": "mode", "valueCode": "update"}, {"name": "resource", "resource": patient("Martin")}]});
    assert_eq!(errors(&full.post("/fhir/Patient/$validate", &asked).await.expect(200)), ["Patient.id"]);
    let search = full.get("/fhir/Patient?_summary=count").await.expect(200);
    assert_eq!(search.json()["total"], 0, "nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn validate_needs_something_to_check() {
    let world = World::new().await;
    let full = world.program("full").await;
    full.post("/fhir/Patient/$validate?mode=nope", &patient("Martin")).await.expect(400);
    full.post("/fhir/Patient/$validate?mode=profile", &patient("Martin")).await.expect(400);
    full.send("POST", "/fhir/Patient/$validate", &[], "").await.expect(400);
    full.send("POST", "/fhir/Patient/$validate", &[], "{").await.expect(400);
    full.get("/fhir/Patient/$validate").await.expect(400);
    full.get("/fhir/Patient/nobody/$validate").await.expect(404);
    let nothing = json!({"resourceType": "Parameters", "parameter": [{"name": "mode", "valueCode": "create"}]});
    full.post("/fhir/Patient/$validate", &nothing).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn validate_of_an_instance_is_about_that_instance() {
    let world = World::new().await;
    let full = world.program("full").await;
    let id = create(&full, patient("Martin")).await;
    let path = format!("/fhir/{id}/$validate");
    assert!(errors(&full.get(&path).await.expect(200)).is_empty());
    assert_eq!(errors(&full.post(&path, &patient("Martin")).await.expect(200)), ["Patient.id"]);
    let mut same = patient("Martin");
    same["id"] = id.split_once('/').unwrap().1.into();
    assert!(errors(&full.post(&format!("{path}?mode=update"), &same).await.expect(200)).is_empty());
    assert!(errors(&full.send("POST", &format!("{path}?mode=delete"), &[], "").await.expect(200)).is_empty());
    full.send("POST", "/fhir/Patient/nobody/$validate?mode=delete", &[], "").await.expect(404);
    assert_eq!(full.get(&format!("/fhir/{id}")).await.expect(200).json()["meta"]["versionId"], "1");
}

fn resident() -> Value {
    json!({"resourceType": "StructureDefinition", "url": "https://test/resident", "version": "1.0", "name": "Resident",
        "status": "active", "kind": "resource", "abstract": false, "type": "Patient", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "differential": {"element": [
            {"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1},
            {"id": "Patient.maritalStatus", "path": "Patient.maritalStatus",
                "binding": {"strength": "required", "valueSet": "https://test/couples"}}]}})
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_kept_here_are_kept_by_what_claims_them() {
    let world = World::new().await;
    let full = world.program("full").await;
    let mut claiming = patient("Martin");
    claiming["meta"] = json!({"profile": ["https://test/resident"]});
    claiming.as_object_mut().unwrap().remove("birthDate");
    claiming["maritalStatus"] = json!({"coding": [{"system": "urn:c", "code": "alone"}]});
    let unknown = full.post("/fhir/Patient/$validate", &claiming).await.expect(200);
    assert_eq!(issues(&unknown)[0].0, "information");
    assert_eq!(issues(&unknown)[1], ("warning".into(), "not-found".into(), "Patient.meta.profile[0]".into()));
    full.post("/fhir/Patient", &claiming).await.expect(201);
    create(&full, resident()).await;
    create(
        &full,
        json!({"resourceType": "ValueSet", "url": "https://test/couples", "status": "active",
            "compose": {"include": [{"system": "urn:c", "concept": [{"code": "married"}]}]}}),
    )
    .await;
    let expected = ["Patient.birthDate", "Patient.maritalStatus"];
    assert_eq!(errors(&full.post("/fhir/Patient", &claiming).await.expect(422)), expected);
    assert_eq!(errors(&full.post("/fhir/Patient/$validate", &claiming).await.expect(200)), expected);
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": claiming, "request": {"method": "POST", "url": "Patient"}}]});
    let refused = full.post("/fhir", &bundle).await.expect(422);
    assert_eq!(errors(&refused), expected.map(|path| path.replace("Patient", "Bundle.entry[0].resource")));
    let mut plain = patient("Durand");
    plain.as_object_mut().unwrap().remove("birthDate");
    let asked = full.post("/fhir/Patient/$validate?profile=https://test/resident", &plain).await.expect(200);
    assert_eq!(errors(&asked), ["Patient.birthDate"]);
    let other = full.post("/fhir/Patient/$validate?profile=https://test/resident%7C2.0", &plain).await.expect(200);
    assert_eq!(
        issues(&other).iter().filter(|(severity, code, _)| severity == "error" && code == "not-found").count(),
        1
    );
    let asked = json!({"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": plain},
        {"name": "profile", "valueUri": "https://test/resident|1.0"}]});
    assert_eq!(errors(&full.post("/fhir/Patient/$validate", &asked).await.expect(200)), ["Patient.birthDate"]);
    claiming["birthDate"] = json!("1950");
    claiming["maritalStatus"]["coding"][0]["code"] = json!("married");
    full.post("/fhir/Patient", &claiming).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nominated_profile_that_is_not_kept_is_an_error() {
    let world = World::new().await;
    let full = world.program("full").await;
    let url = "/fhir/Patient/$validate?profile=https://example.org/nowhere";
    let asked = full.post(url, &patient("Martin")).await.expect(200);
    assert_eq!(issues(&asked), [("error".into(), "not-found".into(), String::new())]);
    let mut claimed = patient("Martin");
    claimed["meta"] = json!({"profile": ["https://example.org/nowhere"]});
    let claimed = full.post("/fhir/Patient/$validate", &claimed).await.expect(200);
    assert!(errors(&claimed).is_empty());
}
