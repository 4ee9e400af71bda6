//! `PATCH`, reads and deletions on condition.

use crate::support::{Answer, BASE, Program, World, create, patient, secret_condition, weight};
use base64::Engine as _;
use serde_json::{Value, json};

const TYPE: (&str, &str) = ("content-type", "application/json-patch+json");

async fn patch(program: &Program<'_>, path: &str, operations: &Value) -> Answer {
    program.send("PATCH", &format!("/fhir/{path}"), &[TYPE], &operations.to_string()).await
}

fn to(gender: &str) -> Value {
    json!([{"op": "replace", "path": "/gender", "value": gender}])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_makes_a_version() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let patched = patch(&full, &who, &to("other")).await.expect(200);
    assert_eq!((patched.header("etag"), &patched.json()["gender"]), ("W/\"2\"", &json!("other")));
    assert_eq!(patched.header("location"), format!("{BASE}/fhir/{who}/_history/2"));
    assert_eq!(full.get(&format!("/fhir/{who}")).await.expect(200).body, patched.body);
    let owned = json!([{"op": "replace", "path": "/meta/versionId", "value": "99"},
        {"op": "replace", "path": "/meta/lastUpdated", "value": "1999-01-01T00:00:00Z"},
        {"op": "remove", "path": "/meta/security"}]);
    let owned = patch(&full, &who, &owned).await.expect(200).json();
    assert_eq!((&owned["meta"]["versionId"], owned["meta"]["security"].is_array()), (&json!("3"), true));
    assert_ne!(owned["meta"]["lastUpdated"], "1999-01-01T00:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_may_ask_for_a_version() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let path = format!("/fhir/{who}");
    let text = to("other").to_string();
    full.send("PATCH", &path, &[TYPE, ("if-match", "W/\"1\"")], &text).await.expect(200);
    full.send("PATCH", &path, &[TYPE, ("if-match", "W/\"1\"")], &text).await.expect(412);
    full.send("PATCH", &path, &[TYPE, ("if-match", "soon")], &text).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_that_cannot_be_done_changes_nothing() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    for (operations, status) in [
        (json!([{"op": "test", "path": "/gender", "value": "male"}]), 422),
        (json!([{"op": "replace", "path": "/gender", "value": "male"}, {"op": "remove", "path": "/no"}]), 422),
        (json!([{"op": "replace", "path": "/id", "value": "other"}]), 422),
        (json!([{"op": "add", "path": "/active", "value": null}]), 422),
        (json!([{"op": "add", "path": "gender", "value": 1}]), 400),
        (json!({"op": "add"}), 400),
    ] {
        let answer = patch(&full, &who, &operations).await.expect(status).json();
        assert_eq!(answer["resourceType"], "OperationOutcome", "{operations}");
    }
    assert_eq!(full.get(&format!("/fhir/{who}")).await.expect(200).header("etag"), "W/\"1\"");
    let path = format!("/fhir/{who}");
    full.send("PATCH", &path, &[TYPE], "").await.expect(400);
    let parameters = json!({"resourceType": "Parameters"}).to_string();
    full.send("PATCH", &path, &[], &parameters).await.expect(400);
    let xml = [("content-type", "application/xml-patch+xml")];
    let refused = full.send("PATCH", &path, &xml, "<diff/>").await.expect(415);
    assert_eq!(refused.header("accept-patch"), "application/json-patch+json, application/fhir+json");
    patch(&full, "Patient/nobody", &to("male")).await.expect(404);
    full.send("DELETE", &path, &[], "").await.expect(204);
    patch(&full, &who, &to("male")).await.expect(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_tells_nothing_of_what_is_hidden() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let secret = create(&full, secret_condition(&who)).await;
    let test = json!([{"op": "test", "path": "/id", "value": "a"}]);
    let hidden = patch(&limited, &secret, &test).await.expect(404);
    assert_eq!(hidden.body, patch(&limited, "Condition/nobody", &test).await.expect(404).body);
    let mut open = weight(&who, 61);
    open["focus"] = json!([{"reference": secret}]);
    let open = create(&full, open).await;
    if limited.get(&format!("/fhir/{open}")).await.status == 200 {
        let change = json!([{"op": "replace", "path": "/status", "value": "amended"}]);
        patch(&limited, &open, &change).await.expect(412);
        patch(&full, &open, &change).await.expect(200);
    }
    let reader = world.program("reader").await;
    patch(&reader, &who, &to("male")).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_and_deletes_what_matches_alone() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let criteria = "Patient?identifier=urn:test%7CLe%20Goff";
    assert_eq!(patch(&full, criteria, &to("other")).await.expect(200).json()["gender"], "other");
    patch(&full, "Patient?identifier=urn:test%7Cnobody", &to("male")).await.expect(404);
    full.send("DELETE", "/fhir/Patient?identifier=urn:test%7Cnobody", &[], "").await.expect(204);
    let twin = create(&full, patient("Le Goff")).await;
    patch(&full, criteria, &to("male")).await.expect(412);
    let several = full.send("DELETE", &format!("/fhir/{criteria}"), &[], "").await.expect(412).json();
    assert_eq!(several["issue"][0]["code"], "multiple-matches");
    full.send("DELETE", &format!("/fhir/{twin}"), &[], "").await.expect(204);
    full.send("DELETE", "/fhir/Patient?nonsense=1", &[], "").await.expect(400);
    let outcome = [("prefer", "return=OperationOutcome")];
    assert_eq!(
        full.send("DELETE", &format!("/fhir/{criteria}"), &outcome, "").await.expect(200).json()["resourceType"],
        "OperationOutcome"
    );
    full.get(&format!("/fhir/{who}")).await.expect(410);
    full.send("DELETE", &format!("/fhir/{who}"), &[], "").await.expect(204);
}

fn entry(method: &str, url: &str, resource: &Value) -> Value {
    let mut entry = json!({ "request": { "method": method, "url": url } });
    if !resource.is_null() {
        entry["resource"] = resource.clone();
    }
    entry
}

fn binary(operations: &Value) -> Value {
    let data = base64::engine::general_purpose::STANDARD.encode(operations.to_string());
    json!({"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data})
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_hold_patches_and_conditional_deletions() {
    let world = World::new().await;
    let full = world.program("full").await;
    for kind in ["batch", "transaction"] {
        let who = create(&full, patient(kind)).await;
        let gone = create(&full, patient(&format!("{kind}-gone"))).await;
        let entries = json!([
            entry("PATCH", &who, &binary(&to("other"))),
            entry("DELETE", &format!("Patient?identifier=urn:test|{kind}-gone"), &Value::Null),
            entry("DELETE", "Patient?identifier=urn:test|nobody", &Value::Null),
        ]);
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": entries});
        let answer = full.post("/fhir", &bundle).await.expect(200).json();
        let status = |at: usize| answer["entry"][at]["response"]["status"].as_str().unwrap().to_owned();
        assert_eq!(
            (status(0), status(1), status(2)),
            ("200 OK".into(), "204 No Content".into(), "204 No Content".into())
        );
        assert_eq!(answer["entry"][0]["resource"]["gender"], "other");
        full.get(&format!("/fhir/{gone}")).await.expect(410);
        let failing = json!([entry("PATCH", &who, &binary(&json!([{"op": "remove", "path": "/no"}])))]);
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": failing});
        let answer = full.post("/fhir", &bundle).await;
        if kind == "batch" {
            assert_eq!(answer.expect(200).json()["entry"][0]["response"]["status"], "422 Unprocessable Entity");
        } else {
            let issue = answer.expect(422).json()["issue"][0].clone();
            assert_eq!(issue["expression"][0], "Bundle.entry[0].resource.data");
        }
        let twice = json!([entry("PATCH", &who, &binary(&to("male"))), entry("DELETE", &who, &Value::Null)]);
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": twice});
        full.post("/fhir", &bundle).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_may_be_conditional() {
    let world = World::new().await;
    let full = world.program("full").await;
    let path = format!("/fhir/{}", create(&full, patient("Le Goff")).await);
    let since = "if-modified-since";
    for (known, status) in [
        (("if-none-match", "W/\"1\""), 304),
        (("if-none-match", "\"1\""), 304),
        (("if-none-match", "W/\"2\""), 200),
        ((since, "Thu, 28 May 2026 20:26:40 GMT"), 304),
        ((since, "Fri, 29 May 2026 00:00:00 GMT"), 304),
        ((since, "Wed, 27 May 2026 00:00:00 GMT"), 200),
        ((since, "yesterday"), 200),
    ] {
        let answer = full.send("GET", &path, &[known], "").await.expect(status);
        assert_eq!((answer.header("etag"), answer.body.is_empty()), ("W/\"1\"", status == 304), "{known:?}");
    }
    let both = [("if-none-match", "W/\"2\""), (since, "Fri, 29 May 2026 00:00:00 GMT")];
    full.send("GET", &path, &both, "").await.expect(200);
}

fn by_path(operations: &[Value]) -> Value {
    let part = |(name, value): (&String, &Value)| {
        let key = match name.as_str() {
            "type" => "valueCode".to_owned(),
            "index" | "source" | "destination" => "valueInteger".to_owned(),
            "path" | "name" => "valueString".to_owned(),
            typed => typed.to_owned(),
        };
        let name = if key.starts_with("value") && key == *name { "value" } else { name.as_str() };
        let mut part = json!({ "name": name });
        part[key] = value.clone();
        part
    };
    let operation = |one: &Value| {
        let parts: Vec<Value> = one.as_object().unwrap().iter().map(part).collect();
        json!({ "name": "operation", "part": parts })
    };
    json!({ "resourceType": "Parameters", "parameter": operations.iter().map(operation).collect::<Vec<_>>() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_by_path_makes_a_version() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let path = format!("/fhir/{who}");
    let send = async |operations: &[Value]| full.send("PATCH", &path, &[], &by_path(operations).to_string()).await;
    let made = send(&[
        json!({"type": "replace", "path": "Patient.gender", "valueCode": "other"}),
        json!({"type": "add", "path": "Patient", "name": "active", "valueBoolean": true}),
        json!({"type": "delete", "path": "Patient.identifier.where(system = 'urn:test')"}),
        json!({"type": "add", "path": "Patient.name.first()", "name": "given", "valueString": "Zoé"}),
    ])
    .await
    .expect(200);
    assert_eq!(made.header("etag"), "W/\"2\"");
    let found = full.get(&path).await.expect(200).json();
    assert_eq!(
        (&found["gender"], &found["active"], &found["name"][0]["given"][1]),
        (&json!("other"), &json!(true), &json!("Zoé"))
    );
    assert_eq!(found["identifier"].as_array().unwrap().len(), 1);
    for (wrong, status) in [
        (json!({"type": "replace", "path": "Patient.photo", "valueString": "x"}), 422),
        (json!({"type": "replace", "path": "Patient.gender", "valueCode": "m"}), 422),
        (json!({"type": "replace", "path": "Patient.birthDate", "valueString": "soon"}), 422),
        (json!({"type": "add", "path": "Patient", "name": "gender", "valueCode": "male"}), 422),
        (json!({"type": "burn", "path": "Patient.gender"}), 400),
        (json!({"type": "replace", "path": "Patient.id", "valueId": "other"}), 422),
    ] {
        let issue =
            send(&[json!({"type": "delete", "path": "Patient.active"}), wrong.clone()]).await.expect(status).json();
        assert_eq!(issue["resourceType"], "OperationOutcome", "{wrong}");
    }
    assert_eq!(full.get(&path).await.expect(200).header("etag"), "W/\"2\"");
    let stale = [("if-match", "W/\"1\"")];
    let one = by_path(&[json!({"type": "delete", "path": "Patient.active"})]).to_string();
    full.send("PATCH", &path, &stale, &one).await.expect(412);
    let criteria = "/fhir/Patient?identifier=urn:oid:1.2.250.1.213.1.4.10%7C238039912345678";
    full.send("PATCH", criteria, &[("content-type", "application/json")], &one).await.expect(200);
    assert_eq!(full.get(&path).await.json().get("active"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_by_path_sees_what_its_author_sees() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let secret = create(&full, secret_condition(&who)).await;
    let one = by_path(&[json!({"type": "delete", "path": "Condition.code"})]).to_string();
    let hidden = limited.send("PATCH", &format!("/fhir/{secret}"), &[], &one).await.expect(404);
    assert_eq!(hidden.body, limited.send("PATCH", "/fhir/Condition/nobody", &[], &one).await.expect(404).body);
    // What holds a link that its author may not follow is not patched.
    let mut seen = weight(&who, 61);
    seen["hasMember"] = json!([{"reference": create(&full, {
        let mut member = weight(&who, 1);
        member["meta"] = json!({"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}]});
        member
    }).await}]);
    let seen = create(&full, seen).await;
    let change =
        by_path(&[json!({"type": "replace", "path": "Observation.status", "valueCode": "amended"})]).to_string();
    limited.send("PATCH", &format!("/fhir/{seen}"), &[], &change).await.expect(412);
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_hold_patches_by_path() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let urn = "urn:uuid:55555555-5555-4555-8555-555555555555";
    let place = json!({"resourceType": "Organization", "name": "Les Tilleuls"});
    let patch = by_path(&[
        json!({"type": "add", "path": "Patient", "name": "managingOrganization", "valueReference": {"reference": urn}}),
        json!({"type": "replace", "path": "Patient.gender", "valueCode": "male"}),
    ]);
    let entries = json!([
        {"resource": patch, "request": {"method": "PATCH", "url": who}},
        {"fullUrl": urn, "resource": place, "request": {"method": "POST", "url": "Organization"}}]);
    let all = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    let answer = full.post("/fhir", &all).await.expect(200).json();
    let made = &answer["entry"][0]["resource"];
    assert_eq!((&made["gender"], &answer["entry"][0]["response"]["etag"]), (&json!("male"), &json!("W/\"2\"")));
    let organization = format!("Organization/{}", answer["entry"][1]["resource"]["id"].as_str().unwrap());
    assert_eq!(made["managingOrganization"]["reference"], organization);
    let wrong = by_path(&[json!({"type": "replace", "path": "Patient.photo", "valueString": "x"})]);
    for kind in ["transaction", "batch"] {
        let one = json!({"resourceType": "Bundle", "type": kind, "entry": [{"resource": wrong, "request": {"method": "PATCH", "url": who}}]});
        let answer = full.post("/fhir", &one).await;
        let outcome = if kind == "batch" {
            answer.json()["entry"][0]["response"]["outcome"].clone()
        } else {
            answer.expect(422).json()
        };
        assert!(outcome["issue"][0]["expression"][0].as_str().unwrap().ends_with("parameter[0]"), "{outcome}");
    }
}
