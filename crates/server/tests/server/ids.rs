//! Ids that a program chooses, or names though nothing is there: what is hidden answers as what is not.

use crate::support::{Answer, World, create, patient, secret_condition, weight};
use serde_json::{Value, json};

fn entry(method: &str, url: &str, resource: Option<&Value>) -> Value {
    let mut entry = json!({ "request": { "method": method, "url": url } });
    if let Some(resource) = resource {
        entry["resource"] = resource.clone();
    }
    entry
}

fn bundle(kind: &str, entries: &[Value]) -> Value {
    json!({ "resourceType": "Bundle", "type": kind, "entry": entries })
}

fn told(answer: &Answer) -> (u16, Vec<u8>, Vec<(String, String)>) {
    let all = answer.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status, answer.body.clone(), all.filter(|(name, _)| name != "x-request-id").collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_deleted_already() {
    let world = World::new().await;
    let full = world.program("full").await;
    let gone = full.send("DELETE", "/fhir/Patient/nobody", &[], "").await.expect(204);
    assert!(gone.headers.get("etag").is_none() && gone.headers.get("last-modified").is_none());
    full.get("/fhir/Patient/nobody").await.expect(404);
    full.send("DELETE", "/fhir/Patient/nobody", &[("if-match", "W/\"1\"")], "").await.expect(412);
    let said = full.send("DELETE", "/fhir/Patient/nobody", &[("prefer", "return=OperationOutcome")], "").await;
    assert_eq!(said.expect(200).json()["issue"][0]["severity"], "information");
    let who = create(&full, patient("Le Goff")).await;
    let entries = [entry("DELETE", "Patient/nobody", None), entry("DELETE", &who, None)];
    for kind in ["batch", "transaction"] {
        let answer = full.post("/fhir", &bundle(kind, &entries)).await.expect(200).json();
        let response = &answer["entry"][0]["response"];
        assert_eq!((response["status"].as_str(), response.get("etag")), (Some("204 No Content"), None), "{answer}");
        assert_eq!(answer["entry"][1]["response"]["etag"], "W/\"2\"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_write_deletes_nothing_wherever() {
    let world = World::new().await;
    let (full, reader) = (world.program("full").await, world.program("reader").await);
    let who = create(&full, patient("Le Goff")).await;
    for path in [format!("/fhir/{who}"), "/fhir/Patient/nobody".to_owned()] {
        reader.send("DELETE", &path, &[], "").await.expect(403);
    }
    let mut body = patient("x");
    body["id"] = json!("nobody");
    reader.put("/fhir/Patient/nobody", &body).await.expect(403);
    full.get(&format!("/fhir/{who}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_what_is_hidden_says_and_does_nothing() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let secret = create(&full, secret_condition(&who)).await;
    let hidden = limited.send("DELETE", &format!("/fhir/{secret}"), &[], "").await.expect(204);
    let absent = limited.send("DELETE", "/fhir/Condition/nobody", &[], "").await.expect(204);
    assert_eq!(told(&hidden), told(&absent));
    for kind in ["batch", "transaction"] {
        let one = limited.post("/fhir", &bundle(kind, &[entry("DELETE", &secret, None)])).await.expect(200);
        let two = limited.post("/fhir", &bundle(kind, &[entry("DELETE", "Condition/nobody", None)])).await.expect(200);
        assert_eq!(one.body, two.body);
    }
    assert_eq!(full.get(&format!("/fhir/{secret}")).await.expect(200).header("etag"), "W/\"1\"");
    // What it sees, it deletes.
    let open = create(&full, weight(&who, 61)).await;
    limited.send("DELETE", &format!("/fhir/{open}"), &[], "").await.expect(204);
    full.get(&format!("/fhir/{open}")).await.expect(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_id_is_chosen_by_those_who_may_only() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let secret = create(&full, secret_condition(&who)).await;
    let body = |id: &str| json!({"resourceType": "Condition", "id": id, "subject": {"reference": who}});
    let put = async |id: &str| limited.put(&format!("/fhir/Condition/{id}"), &body(id)).await;
    let id = secret.strip_prefix("Condition/").unwrap();
    let (hidden, absent) = (put(id).await.expect(405), put("mine").await.expect(405));
    assert_eq!(told(&hidden), told(&absent));
    assert_eq!(absent.json()["resourceType"], "OperationOutcome");
    assert!(!absent.header("allow").contains("PUT"));
    for kind in ["batch", "transaction"] {
        let send = async |id: &str| {
            let url = format!("Condition/{id}");
            limited.post("/fhir", &bundle(kind, &[entry("PUT", &url, Some(&body(id)))])).await
        };
        assert_eq!(told(&send(id).await), told(&send("mine").await), "{kind}");
    }
    full.put("/fhir/Condition/mine", &body("mine")).await.expect(201);
    // What is there is replaced by whoever sees it.
    limited.put("/fhir/Condition/mine", &body("mine")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_tells_a_caller_what_that_caller_may_do() {
    let world = World::new().await;
    let row = |statement: &Value| {
        let rows = statement["rest"][0]["resource"].as_array().unwrap();
        assert_eq!(rows.len(), 146);
        let row = rows.iter().find(|row| row["type"] == "Patient").unwrap().clone();
        let codes = row["interaction"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned());
        (row["updateCreate"].as_bool(), codes.collect::<Vec<_>>())
    };
    for (program, creates, writes) in [("full", true, true), ("limited", false, true), ("reader", false, false)] {
        let statement = world.program(program).await.get("/fhir/metadata").await.expect(200).json();
        let (update_create, codes) = row(&statement);
        assert_eq!(update_create, Some(creates), "{program}");
        assert!(codes.contains(&"read".to_owned()));
        for code in ["create", "update", "patch", "delete"] {
            assert_eq!(codes.contains(&code.to_owned()), writes, "{program} {code}");
        }
    }
    // Nobody in particular is told what there is.
    let bare = crate::support::send(&world.router, "GET", "/fhir/metadata", &[], "").await.expect(200).json();
    assert!(row(&bare).1.contains(&"create".to_owned()));
    let wrong = [("authorization", "Bearer nonsense")];
    let unknown = crate::support::send(&world.router, "GET", "/fhir/metadata", &wrong, "").await.expect(200).json();
    assert_eq!(unknown, bare);
}
