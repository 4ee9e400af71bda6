//! One resource at a time.

use crate::support::{BASE, World, create, patient, secret_condition, send, weight};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn tells_what_it_can_do_to_anyone_and_the_rest_to_nobody() {
    let world = World::new().await;
    let open = send(&world.router, "GET", "/fhir/metadata", &[], "").await.expect(200);
    assert_eq!(open.header("content-type"), "application/fhir+json; fhirVersion=4.0; charset=utf-8");
    let statement = open.json();
    assert_eq!(statement["implementation"]["url"], format!("{BASE}/fhir"));
    let closed = send(&world.router, "GET", "/fhir/Patient", &[], "").await.expect(401);
    assert!(closed.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(closed.json()["issue"][0]["code"], "login");
    let forged = send(&world.router, "GET", "/fhir/Patient", &[("authorization", "Bearer abc")], "").await.expect(401);
    assert_eq!(forged.json()["resourceType"], "OperationOutcome");
    send(&world.router, "GET", "/fhir/Nope", &[], "").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn creates_reads_updates_deletes() {
    let world = World::new().await;
    let full = world.program("full").await;
    let made = full.post("/fhir/Patient", &patient("Le Goff")).await.expect(201);
    assert_eq!(made.header("etag"), "W/\"1\"");
    let location = made.header("location").to_owned();
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("{BASE}/fhir/Patient/{id}/_history/1"));
    let path = format!("/fhir/Patient/{id}");
    let read = full.get(&path).await.expect(200);
    assert_eq!((read.body == made.body, read.header("etag")), (true, "W/\"1\""));
    assert_eq!(read.header("last-modified"), "Thu, 28 May 2026 20:26:40 GMT");
    full.send("GET", &path, &[("if-none-match", "W/\"1\"")], "").await.expect(304);
    let head = full.send("HEAD", &path, &[], "").await.expect(200);
    assert_eq!((head.body.len(), head.header("content-length")), (0, read.body.len().to_string().as_str()));

    let mut next = made.json();
    next["gender"] = json!("other");
    let stale = full.send("PUT", &path, &[("if-match", "W/\"9\"")], &next.to_string()).await.expect(412);
    assert_eq!(stale.json()["issue"][0]["code"], "conflict");
    let updated = full.send("PUT", &path, &[("if-match", "W/\"1\"")], &next.to_string()).await.expect(200);
    assert_eq!(updated.header("etag"), "W/\"2\"");
    full.get(&location).await.expect(200);
    let history = full.get(&format!("{path}/_history")).await.expect(200).json();
    assert_eq!((history["type"].as_str(), history["total"].as_i64()), (Some("history"), Some(2)));
    assert_eq!(history["entry"][0]["response"]["etag"], "W/\"2\"");

    full.send("DELETE", &path, &[("if-match", "W/\"1\"")], "").await.expect(412);
    assert!(full.send("DELETE", &path, &[], "").await.expect(204).body.is_empty());
    assert_eq!(full.get(&path).await.expect(410).json()["issue"][0]["code"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn gives_back_what_is_preferred() {
    let world = World::new().await;
    let full = world.program("full").await;
    let text = patient("Le Goff").to_string();
    let minimal = full.send("POST", "/fhir/Patient", &[("prefer", "return=minimal")], &text).await.expect(201);
    assert!(minimal.body.is_empty() && !minimal.header("location").is_empty());
    let said = full.send("POST", "/fhir/Patient", &[("prefer", "return=OperationOutcome")], &text).await.expect(201);
    assert_eq!(said.json()["issue"][0]["severity"], "information");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_on_condition() {
    let world = World::new().await;
    let full = world.program("full").await;
    let text = patient("Le Goff").to_string();
    let unless = [("if-none-exist", "identifier=urn:test|Le Goff")];
    let first = full.send("POST", "/fhir/Patient", &unless, &text).await.expect(201);
    let again = full.send("POST", "/fhir/Patient", &unless, &text).await.expect(200);
    assert_eq!(first.json()["id"], again.json()["id"]);
    let criteria = "/fhir/Patient?identifier=urn:test%7CLe%20Goff";
    full.send("PUT", criteria, &[], &text).await.expect(200);
    full.post("/fhir/Patient", &patient("Le Goff")).await.expect(201);
    let several = full.send("PUT", criteria, &[], &text).await.expect(412);
    assert_eq!(several.json()["issue"][0]["code"], "multiple-matches");
    full.send("POST", "/fhir/Patient", &[("if-none-exist", "nonsense=1")], &text).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn says_where_a_resource_is_wrong() {
    let world = World::new().await;
    let full = world.program("full").await;
    let empty = full.post("/fhir/Patient", &json!({"resourceType": "Patient", "name": [{"family": ""}]})).await;
    let issue = empty.expect(400).json()["issue"][0].clone();
    assert_eq!(
        (issue["code"].as_str(), issue["expression"][0].as_str()),
        (Some("structure"), Some("Patient.name[0].family"))
    );
    full.send("POST", "/fhir/Patient", &[], "{").await.expect(400);
    full.post("/fhir/Observation", &patient("x")).await.expect(400);
    full.put("/fhir/Patient/a", &patient("x")).await.expect(400);
    full.send("POST", "/fhir/Patient", &[("content-type", "application/xml")], "<a/>").await.expect(415);
    full.send("GET", "/fhir/Patient", &[("accept", "application/fhir+xml")], "").await.expect(406);
    assert_eq!(full.get("/fhir/Nope").await.expect(404).json()["resourceType"], "OperationOutcome");
    assert_eq!(full.get("/fhir/Patient/a/b/c/d").await.expect(404).json()["resourceType"], "OperationOutcome");
    let post = full.send("POST", "/fhir/Patient/a", &[], "{}").await.expect(405);
    assert_eq!(
        (post.header("allow"), post.json()["resourceType"].as_str()),
        ("GET, HEAD, PUT, PATCH, DELETE", Some("OperationOutcome"))
    );
    let huge = full.send("POST", "/fhir/", &[("content-length", "99999999")], "{}").await.expect(413);
    assert_eq!(huge.json()["issue"][0]["code"], "too-long");
}

#[tokio::test(flavor = "multi_thread")]
async fn knows_what_a_request_is_for() {
    let world = World::new().await;
    let full = world.program("full").await;
    full.send("GET", "/fhir/Patient", &[("x-socle-purpose", "export"), ("x-socle-reason", "essai é")], "")
        .await
        .expect(200);
    for job in ["relabel", "reindex", "drill"] {
        full.send("GET", "/fhir/Patient", &[("x-socle-purpose", job)], "").await.expect(403);
    }
    full.send("GET", "/fhir/Patient", &[("x-socle-purpose", "fun")], "").await.expect(400);
    let reader = world.program("reader").await;
    let refused = reader.post("/fhir/Patient", &patient("x")).await.expect(403).json();
    assert!(refused["issue"][0]["details"]["text"].as_str().unwrap().contains("droit de lire"));
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_is_absent_to_the_last_byte() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    create(&full, weight(&who, 61)).await;
    let secret = create(&full, secret_condition(&who)).await;
    full.get(&format!("/fhir/{secret}")).await.expect(200);
    for suffix in ["", "/_history", "/_history/1"] {
        let hidden = limited.get(&format!("/fhir/{secret}{suffix}")).await.expect(404);
        let absent = limited.get(&format!("/fhir/Condition/nobody{suffix}")).await.expect(404);
        assert_eq!(hidden.body, absent.body);
        let names = |answer: &crate::support::Answer| {
            let mut all: Vec<_> = answer.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            all.retain(|(name, _)| name != "x-request-id");
            all
        };
        assert_eq!(names(&hidden), names(&absent));
    }
    for (method, version) in [("PUT", "W/\"1\""), ("DELETE", "W/\"1\""), ("PUT", "W/\"7\"")] {
        let send = async |id: &str| {
            let body = serde_json::json!({"resourceType": "Condition", "id": id, "subject": {"reference": who}});
            limited.send(method, &format!("/fhir/Condition/{id}"), &[("if-match", version)], &body.to_string()).await
        };
        let hidden = send(secret.strip_prefix("Condition/").unwrap()).await.expect(412);
        assert_eq!(hidden.body, send("nobody").await.expect(412).body);
    }
    let found = limited.get("/fhir/Condition").await.expect(200).json();
    assert_eq!((found["total"].as_i64(), found.get("entry")), (Some(0), None));
    let mine = limited.get(&format!("/fhir/Observation?patient={who}")).await.expect(200).json();
    assert_eq!(mine["total"], 1);
    let elsewhere = world.program("elsewhere").await;
    assert_eq!(elsewhere.get("/fhir/Observation").await.expect(200).json()["total"], 0);
    assert_eq!(elsewhere.get(&format!("/fhir/{who}")).await.expect(404).json()["issue"][0]["code"], "not-found");
}
