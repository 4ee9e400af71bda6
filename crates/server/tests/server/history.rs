//! History of a resource, of a type, of all.

use crate::support::{BASE, Program, World, create, patient, secret_condition, weight};
use serde_json::{Value, json};

/// Every entry, page after page.
async fn walk(program: &Program<'_>, path: &str) -> Vec<Value> {
    let (mut next, mut all) = (Some(path.to_owned()), Vec::new());
    while let Some(url) = next {
        let page = program.get(&url).await.expect(200).json();
        assert_eq!(page["type"], "history");
        all.extend(page["entry"].as_array().cloned().unwrap_or_default());
        let links = page["link"].as_array().unwrap();
        let found = links.iter().find(|link| link["relation"] == "next");
        next = found.map(|link| link["url"].as_str().unwrap().to_owned());
    }
    all
}

fn tags(entries: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries.iter().map(|entry| (text(&entry["request"]["method"]), text(&entry["response"]["etag"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_every_version_of_one_of_a_type_and_of_all() {
    let world = World::new().await;
    let full = world.program("full").await;
    let before = walk(&full, "/fhir/_history").await.len();
    let who = create(&full, patient("Le Goff")).await;
    let mut next = patient("Le Goff");
    next["id"] = json!(who.strip_prefix("Patient/").unwrap());
    full.put(&format!("/fhir/{who}"), &next).await.expect(200);
    full.send("DELETE", &format!("/fhir/{who}"), &[], "").await.expect(204);
    create(&full, weight("Patient/elsewhere", 61)).await;

    let one = full.get(&format!("/fhir/{who}/_history")).await.expect(200).json();
    assert_eq!(
        (one["total"].as_i64(), &one["link"][0]["url"]),
        (Some(3), &json!(format!("{BASE}/fhir/{who}/_history")))
    );
    let entries = one["entry"].as_array().unwrap();
    let expected = [("DELETE", "W/\"3\""), ("PUT", "W/\"2\""), ("POST", "W/\"1\"")];
    assert_eq!(tags(entries), expected.map(|(method, tag)| (method.to_owned(), tag.to_owned())));
    assert!(entries[0].get("resource").is_none() && entries[1]["resource"]["id"].is_string());
    assert_eq!((&entries[0]["request"]["url"], &entries[2]["request"]["url"]), (&json!(who), &json!("Patient")));
    assert_eq!(walk(&full, "/fhir/Patient/_history?_count=1").await, *entries);
    assert_eq!(walk(&full, "/fhir/_history?_count=2").await.len(), before + 4);
    assert_eq!(full.get("/fhir/_history?_count=0").await.expect(200).json()["total"], before + 4);
    let mut oldest = walk(&full, "/fhir/Patient/_history?_sort=_lastUpdated&_count=2").await;
    oldest.reverse();
    assert_eq!(oldest, *entries);
    assert!(walk(&full, &format!("/fhir/{who}/_history?_since=2027-01-01T00:00:00Z")).await.is_empty());
    assert_eq!(walk(&full, &format!("/fhir/{who}/_history?_at=2026-05-29")).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_how_each_version_came_to_be() {
    let world = World::new().await;
    let full = world.program("full").await;
    let mut chosen = patient("Le Goff");
    chosen["id"] = json!("chosen");
    let path = "/fhir/Patient/chosen";
    full.put(path, &chosen).await.expect(201);
    full.put(path, &chosen).await.expect(200);
    full.send("DELETE", path, &[], "").await.expect(204);
    full.put(path, &chosen).await.expect(201);
    let patch = [("content-type", "application/json-patch+json")];
    full.send("PATCH", path, &patch, r#"[{"op": "replace", "path": "/gender", "value": "male"}]"#).await.expect(200);
    let expected = [
        ("PATCH", "200 OK", "W/\"5\""),
        ("PUT", "201 Created", "W/\"4\""),
        ("DELETE", "204 No Content", "W/\"3\""),
        ("PUT", "200 OK", "W/\"2\""),
        ("PUT", "201 Created", "W/\"1\""),
    ];
    for url in
        [format!("{path}/_history"), format!("{path}/_history?_count=1"), "/fhir/Patient/_history?_count=2".into()]
    {
        let entries = walk(&full, &url).await;
        assert_eq!(entries.len(), 5);
        for (entry, (method, status, tag)) in entries.iter().zip(expected) {
            let (request, response) = (&entry["request"], &entry["response"]);
            assert_eq!((&request["method"], &request["url"]), (&json!(method), &json!("Patient/chosen")));
            assert_eq!((&response["status"], &response["etag"]), (&json!(status), &json!(tag)), "{url}");
            assert!(response["lastModified"].is_string() && entry["fullUrl"] == format!("{BASE}{path}"));
            assert_eq!(entry.get("resource").is_some(), method != "DELETE");
        }
    }
    let posted = create(&full, patient("Le Bras")).await;
    let entry = full.get(&format!("/fhir/{posted}/_history")).await.json()["entry"][0].clone();
    assert_eq!(entry["request"], json!({"method": "POST", "url": "Patient"}));
    assert_eq!(entry["response"]["status"], "201 Created");
}

/// The methods of a resource's versions, the newest first, each with the type or address it was sent to.
async fn methods(program: &Program<'_>, reference: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = walk(program, &format!("/fhir/{reference}/_history")).await;
    entries.iter().map(|entry| (text(&entry["request"]["method"]), text(&entry["request"]["url"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_how_each_version_was_asked_for_in_bundles_and_by_conditions() {
    let world = World::new().await;
    let full = world.program("full").await;
    let given = uuid::Uuid::new_v4().to_string();
    let own = |id: &str, family: &str| {
        let mut one = patient(family);
        one["id"] = json!(id);
        one
    };
    let request = |method: &str, url: &str| json!({ "method": method, "url": url });
    // An id that looks like one of ours is still the client's when it is put.
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": own(&given, "Le Goff"), "request": request("PUT", &format!("Patient/{given}"))},
        {"resource": patient("Le Bras"), "request": request("POST", "Patient")},
        {"resource": own("cond", "Le Gall"), "request": request("PUT", "Patient?identifier=urn:test|Le%20Gall")},
        {"resource": patient("Le Dû"), "request": request("PUT", "Patient?identifier=urn:test|none")}]});
    let made = full.post("/fhir", &bundle).await.expect(200).json();
    let at = |index: usize| {
        let location = made["entry"][index]["response"]["location"].as_str().unwrap();
        let path = location.split("/fhir/").last().unwrap().split("/_history").next().unwrap();
        path.to_owned()
    };
    let patch = json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": "Patient.gender"},
        {"name": "value", "valueCode": "male"}]}]});
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": patch, "request": request("PATCH", &format!("Patient/{given}"))},
        {"request": request("DELETE", &at(1))},
        {"resource": own("cond", "Le Gall"), "request": request("PUT", "Patient/cond")}]});
    full.post("/fhir", &bundle).await.expect(200);
    let expected = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(method, url)| ((*method).to_owned(), (*url).to_owned())).collect()
    };
    let (first, second, third) = (at(0), at(1), at(3));
    assert_eq!(methods(&full, &first).await, expected(&[("PATCH", &first), ("PUT", &first)]));
    assert_eq!(methods(&full, &second).await, expected(&[("DELETE", &second), ("POST", "Patient")]));
    assert_eq!(methods(&full, "Patient/cond").await, expected(&[("PUT", "Patient/cond"), ("PUT", "Patient/cond")]));
    assert_eq!(methods(&full, &third).await, expected(&[("PUT", &third)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_it_cannot_read_and_what_belongs_to_another() {
    let world = World::new().await;
    let (full, reader) = (world.program("full").await, world.program("reader").await);
    create(&full, patient("Le Goff")).await;
    create(&full, patient("Le Bras")).await;
    for wrong in ["_count=x", "_since=soon", "_at=2026-13", "_sort=name", "_page=abc"] {
        let answer = full.get(&format!("/fhir/Patient/_history?{wrong}")).await.expect(400).json();
        assert_eq!(answer["resourceType"], "OperationOutcome", "{wrong}");
    }
    let page = full.get("/fhir/Patient/_history?_count=1").await.expect(200).json();
    let next = page["link"][1]["url"].as_str().unwrap().to_owned();
    full.get(&next).await.expect(200);
    reader.get(&next).await.expect(400);
    full.get(&next.replace("Patient/_history", "_history")).await.expect(400);
    full.get("/fhir/Patient/nobody/_history").await.expect(404);
    full.send("POST", "/fhir/_history", &[], "{}").await.expect(405);
    full.send("DELETE", "/fhir/Patient/_history", &[], "").await.expect(405);
    let head = full.send("HEAD", "/fhir/_history", &[], "").await.expect(200);
    assert!(head.body.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_only_what_may_be_seen_totals_included() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let open = create(&full, weight(&who, 61)).await;
    let before = limited.get("/fhir/_history").await.expect(200);
    let secret = create(&full, secret_condition(&who)).await;
    let after = limited.get("/fhir/_history").await.expect(200);
    assert_eq!(before.body, after.body);
    let hidden = limited.get("/fhir/Condition/_history?_total=accurate").await.expect(200).json();
    assert_eq!((hidden["total"].as_i64(), hidden.get("entry")), (Some(0), None));
    assert_eq!(limited.get("/fhir/Condition/_history?_summary=count").await.expect(200).json()["total"], 0);
    assert_eq!(walk(&full, "/fhir/Condition/_history").await.len(), 1);
    full.send("DELETE", &format!("/fhir/{secret}"), &[], "").await.expect(204);
    assert_eq!(limited.get("/fhir/_history").await.expect(200).body, before.body);
    assert!(!open.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_ask_for_history_too() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let get = |url: &str| json!({ "request": { "method": "GET", "url": url } });
    let entries = [get("_history?_count=1"), get("Patient/_history"), get(&format!("{who}/_history?_count=5"))];
    let answer = full.post("/fhir", &json!({"resourceType": "Bundle", "type": "batch", "entry": entries})).await;
    let answer = answer.expect(200).json();
    for at in 0..3 {
        assert_eq!(answer["entry"][at]["resource"]["type"], "history", "{answer}");
        assert_eq!(answer["entry"][at]["resource"]["entry"].as_array().unwrap().len(), 1);
    }
}
