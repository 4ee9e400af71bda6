//! What suites of others look at: the interactions of FHIR R4 (http.html) one behaviour after another. All that differs is
//! told at once.

mod bundles;
mod checks;
mod creation;

use crate::support::{Answer, BASE, Program, World, patient};
use checks::Checks;
use creation::{create, create_on_condition, statement};
use serde_json::{Value, json};

fn known(family: &str, value: &str) -> Value {
    let mut body = patient(family);
    body["identifier"] = json!([{"system": "urn:mrn", "value": value}]);
    body
}

fn with_id(mut body: Value, id: &str) -> Value {
    body["id"] = json!(id);
    body
}

/// ETag, Last-Modified and meta say the same.
fn versioned(checks: &mut Checks, what: &str, answer: &Answer, version: i64) {
    checks.equal(&format!("{what}: ETag"), answer.header("etag"), format!("W/\"{version}\""));
    checks.that(&format!("{what}: Last-Modified"), answer.header("last-modified").ends_with(" GMT"), &answer.headers);
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return };
    if body["resourceType"] != "OperationOutcome" {
        checks.equal(
            &format!("{what}: versionId"),
            body["meta"]["versionId"].as_str(),
            Some(version.to_string().as_str()),
        );
        checks.that(&format!("{what}: lastUpdated"), body["meta"]["lastUpdated"].is_string(), &body["meta"]);
    }
}

fn located(checks: &mut Checks, what: &str, answer: &Answer, kind: &str, version: i64) {
    let location = answer.header("location");
    let start = format!("{BASE}/fhir/{kind}/");
    checks.that(
        &format!("{what}: Location"),
        location.starts_with(&start) && location.ends_with(&format!("/_history/{version}")),
        &location,
    );
}

async fn read(full: &Program<'_>, checks: &mut Checks, id: &str) {
    let path = format!("/fhir/Patient/{id}");
    let found = full.get(&path).await;
    checks.status("read", &found, 200);
    versioned(checks, "read", &found, 1);
    checks.equal("read: id", &found.json()["id"], id);
    let head = full.send("HEAD", &path, &[], "").await;
    checks.status("HEAD", &head, 200);
    checks.that("HEAD has no body", head.body.is_empty(), &head.body.len());
    for name in ["etag", "last-modified", "content-type"] {
        checks.equal(&format!("HEAD: {name}"), head.header(name), found.header(name));
    }
    checks.equal("HEAD: length", head.header("content-length"), found.body.len().to_string());
    let when = found.header("last-modified").to_owned();
    for (what, headers, status) in [
        ("known tag", vec![("if-none-match", "W/\"1\"")], 304),
        ("known strong tag", vec![("if-none-match", "\"1\"")], 304),
        ("one of several tags", vec![("if-none-match", "W/\"7\", W/\"1\"")], 304),
        ("tags on two lines", vec![("if-none-match", "W/\"7\""), ("if-none-match", "W/\"1\"")], 304),
        ("any tag", vec![("if-none-match", "*")], 304),
        ("another tag", vec![("if-none-match", "W/\"7\"")], 200),
        ("not modified since", vec![("if-modified-since", when.as_str())], 304),
        ("modified since", vec![("if-modified-since", "Mon, 01 Jan 2001 00:00:00 GMT")], 200),
        ("a date that is none", vec![("if-modified-since", "yesterday")], 200),
        ("the tag decides", vec![("if-none-match", "W/\"7\""), ("if-modified-since", when.as_str())], 200),
    ] {
        let answer = full.send("GET", &path, &headers, "").await;
        checks.status(what, &answer, status);
        if status == 304 {
            checks.that(&format!("{what}: no body"), answer.body.is_empty(), &answer.body.len());
            checks.equal(&format!("{what}: ETag"), answer.header("etag"), "W/\"1\"");
        }
    }
    for (query, has, lacks) in [
        ("_summary=true", "name", "communication"),
        ("_summary=text", "id", "name"),
        ("_summary=data", "name", "text"),
        ("_elements=gender", "gender", "name"),
    ] {
        let body = full.get(&format!("{path}?{query}")).await.json();
        checks.that(query, body.get(has).is_some() && body.get(lacks).is_none(), &body);
        let cut = body["meta"]["tag"].as_array().is_some_and(|all| all.iter().any(|tag| tag["code"] == "SUBSETTED"));
        checks.that(
            &format!("{query}: SUBSETTED"),
            cut || query.ends_with("true") || query.ends_with("data"),
            &body["meta"],
        );
    }
    checks.that("_pretty", full.get(&format!("{path}?_pretty=true")).await.text().contains("\n  "), &"");
    checks.status("read, unknown id", &full.get("/fhir/Patient/nobody").await, 404);
    checks.status("read, unknown type", &full.get("/fhir/Nope/1").await, 404);
    checks.status("read, id too long", &full.get(&format!("/fhir/Patient/{}", "x".repeat(65))).await, 404);
    checks.status("read, id of another alphabet", &full.get("/fhir/Patient/a_b").await, 404);
    checks.status("POST on an instance", &full.send("POST", &path, &[], "{}").await, 405);
}

async fn update(full: &Program<'_>, checks: &mut Checks, id: &str) {
    let path = format!("/fhir/Patient/{id}");
    let body = with_id(known("Le Bras", "u1"), id);
    let made = full.put(&path, &body).await;
    checks.status("update", &made, 200);
    versioned(checks, "update", &made, 2);
    located(checks, "update", &made, "Patient", 2);
    for (what, tag, status) in [
        ("stale", "W/\"1\"", 412),
        ("current", "W/\"2\"", 200),
        ("current, strong", "\"3\"", 200),
        ("to come", "W/\"9\"", 412),
    ] {
        let answer = full.send("PUT", &path, &[("if-match", tag)], &body.to_string()).await;
        checks.status(&format!("If-Match {what}"), &answer, status);
    }
    for (what, sent, status) in [
        ("another id", with_id(body.clone(), "other"), 400),
        ("no id", known("x", "u1"), 400),
        ("another type", with_id(json!({"resourceType": "Basic", "code": {"text": "x"}}), id), 400),
        ("a wrong code", with_id(json!({"resourceType": "Patient", "gender": "x"}), id), 422),
    ] {
        checks.status(&format!("update, {what}"), &full.put(&path, &sent).await, status);
    }
    let new = full.put("/fhir/Patient/brand-new", &with_id(known("New", "u2"), "brand-new")).await;
    checks.status("update as create", &new, 201);
    versioned(checks, "update as create", &new, 1);
    located(checks, "update as create", &new, "Patient", 1);
    let minimal = full.send("PUT", &path, &[("prefer", "return=minimal")], &body.to_string()).await;
    checks.that("update, minimal", minimal.body.is_empty() && minimal.status == 200, &minimal.status);
    for (version, family) in [(1, "Le Goff"), (2, "Le Bras")] {
        let found = full.get(&format!("{path}/_history/{version}")).await;
        checks.status("vread", &found, 200);
        versioned(checks, "vread", &found, version);
        checks.equal("vread: content", &found.json()["name"][0]["family"], family);
    }
    let known = [("if-none-match", "W/\"2\"")];
    checks.status("vread, known", &full.send("GET", &format!("{path}/_history/2"), &known, "").await, 304);
    for version in ["99", "abc", "0", "-1"] {
        checks.status("vread, no such version", &full.get(&format!("{path}/_history/{version}")).await, 404);
    }
    checks.status("vread, unknown id", &full.get("/fhir/Patient/nobody/_history/1").await, 404);
}

async fn patch(full: &Program<'_>, checks: &mut Checks, id: &str) {
    let path = format!("/fhir/Patient/{id}");
    let json_patch = [("content-type", "application/json-patch+json")];
    let to = |gender: &str| json!([{"op": "replace", "path": "/gender", "value": gender}]).to_string();
    let made = full.send("PATCH", &path, &json_patch, &to("other")).await;
    checks.status("patch", &made, 200);
    checks.equal("patch: content", &made.json()["gender"], "other");
    versioned(checks, "patch", &made, 6);
    located(checks, "patch", &made, "Patient", 6);
    for (what, sent, status) in [
        ("a test that fails", json!([{"op": "test", "path": "/gender", "value": "male"}]).to_string(), 422),
        ("a path that leads nowhere", json!([{"op": "remove", "path": "/nope"}]).to_string(), 422),
        ("what it makes is wrong", to("x"), 422),
        ("not a patch", "{}".to_owned(), 400),
        ("not JSON", "[".to_owned(), 400),
    ] {
        checks.status(&format!("patch, {what}"), &full.send("PATCH", &path, &json_patch, &sent).await, status);
    }
    let stale = [json_patch[0], ("if-match", "W/\"1\"")];
    checks.status("patch, stale", &full.send("PATCH", &path, &stale, &to("male")).await, 412);
    checks.status("patch, unknown", &full.send("PATCH", "/fhir/Patient/nobody", &json_patch, &to("male")).await, 404);
    let xml = [("content-type", "application/xml-patch+xml")];
    checks.status("patch, XML", &full.send("PATCH", &path, &xml, "<diff/>").await, 415);
    let one = "/fhir/Patient?identifier=urn:mrn%7Cu1";
    checks.status("patch on condition", &full.send("PATCH", one, &json_patch, &to("male")).await, 200);
    let none = "/fhir/Patient?identifier=urn:mrn%7Cnone";
    checks.status("patch on condition, none", &full.send("PATCH", none, &json_patch, &to("male")).await, 404);
    let many = "/fhir/Patient?identifier=urn:mrn%7Ccc";
    checks.status("patch on condition, several", &full.send("PATCH", many, &json_patch, &to("male")).await, 412);
}

async fn delete(full: &Program<'_>, checks: &mut Checks, id: &str) {
    let path = format!("/fhir/Patient/{id}");
    checks.status("delete, stale", &full.send("DELETE", &path, &[("if-match", "W/\"1\"")], "").await, 412);
    let gone = full.send("DELETE", &path, &[], "").await;
    checks.status("delete", &gone, 204);
    checks.that("delete: no body", gone.body.is_empty(), &gone.body.len());
    checks.status("read, deleted", &full.get(&path).await, 410);
    checks.status("HEAD, deleted", &full.send("HEAD", &path, &[], "").await, 410);
    checks.status("delete, again", &full.send("DELETE", &path, &[], "").await, 204);
    checks.status("delete, unknown", &full.send("DELETE", "/fhir/Patient/nobody", &[], "").await, 204);
    checks.status("vread, before the deletion", &full.get(&format!("{path}/_history/1")).await, 200);
    checks.status("vread, the deletion", &full.get(&format!("{path}/_history/8")).await, 410);
    let found = full.get(&format!("/fhir/Patient?_id={id}")).await;
    checks.equal("search, deleted", &found.json()["total"], 0);
    let history = full.get(&format!("{path}/_history")).await;
    checks.status("history, deleted", &history, 200);
    let body = history.json();
    let entries = body["entry"].as_array().cloned().unwrap_or_default();
    checks.equal("history: total", body["total"].as_u64(), u64::try_from(entries.len()).ok());
    checks.equal("history: type", &body["type"], "history");
    checks.equal("history: newest first", &entries[0]["request"]["method"], "DELETE");
    checks.that("history: no resource", entries[0].get("resource").is_none(), &entries[0]);
    for entry in &entries {
        let told = ["method", "url"].iter().all(|name| entry["request"][name].is_string());
        let answered = ["status", "etag", "lastModified"].iter().all(|name| entry["response"][name].is_string());
        checks.that("history: request and response", told && answered && entry["fullUrl"].is_string(), entry);
    }
    checks.status("history, unknown", &full.get("/fhir/Patient/nobody/_history").await, 404);
    for level in ["/fhir/_history", "/fhir/Patient/_history"] {
        let page = full.get(&format!("{level}?_count=2")).await;
        checks.status(level, &page, 200);
        let body = page.json();
        checks.equal("history: _count", body["entry"].as_array().map(Vec::len), Some(2));
        let next = body["link"].as_array().into_iter().flatten().find(|link| link["relation"] == "next");
        let next = next.and_then(|link| link["url"].as_str());
        checks.status("history: next", &full.get(next.unwrap_or("/fhir/none")).await, 200);
    }
    checks.equal(
        "history: _since",
        &full.get("/fhir/Patient/_history?_since=2030-01-01T00:00:00Z").await.json()["total"],
        0,
    );
    let again = full.put(&path, &with_id(known("Le Goff", "d1"), id)).await;
    checks.status("update, deleted", &again, 201);
    versioned(checks, "update, deleted", &again, 9);
    checks.status("read, back", &full.get(&path).await, 200);
    for (what, criteria, status) in [
        ("none", "identifier=urn:mrn%7Cnone", 204),
        ("one", "identifier=urn:mrn%7Cd1", 204),
        ("several", "identifier=urn:mrn%7Ccc", 412),
        ("an unknown parameter", "colour=red", 400),
    ] {
        let answer = full.send("DELETE", &format!("/fhir/Patient?{criteria}"), &[], "").await;
        checks.status(&format!("delete on condition, {what}"), &answer, status);
    }
    checks.status("read, deleted on condition", &full.get(&path).await, 410);
    checks.status("delete of a whole type", &full.send("DELETE", "/fhir/Patient", &[], "").await, 405);
}

async fn update_on_condition(full: &Program<'_>, checks: &mut Checks) {
    let url = "/fhir/Patient?identifier=urn:mrn%7Ccu";
    let body = known("Cadiou", "cu");
    let made = full.put(url, &body).await;
    checks.status("conditional update, none", &made, 201);
    located(checks, "conditional update, none", &made, "Patient", 1);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let again = full.put(url, &body).await;
    checks.status("conditional update, one", &again, 200);
    checks.equal("conditional update: same", &again.json()["id"], &json!(id));
    versioned(checks, "conditional update", &again, 2);
    checks.status("conditional update, its id", &full.put(url, &with_id(body.clone(), &id)).await, 200);
    checks.status("conditional update, another id", &full.put(url, &with_id(body, "other")).await, 400);
    let many = full.put("/fhir/Patient?identifier=urn:mrn%7Ccc", &known("x", "cc")).await;
    checks.status("conditional update, several", &many, 412);
    let taken = full.put("/fhir/Patient?identifier=urn:mrn%7Cnew", &with_id(known("x", "new"), &id)).await;
    checks.status("conditional update, none, id taken", &taken, 409);
    let free = full.put("/fhir/Patient?identifier=urn:mrn%7Cnew", &with_id(known("x", "new"), "cu-new")).await;
    checks.status("conditional update, none, id free", &free, 201);
    checks.equal("conditional update: the id", &free.json()["id"], "cu-new");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interactions_of_a_resource_are_those_of_the_standard() {
    let world = World::new().await;
    let full = world.program("full").await;
    let mut checks = Checks::default();
    statement(&world, &mut checks).await;
    let id = create(&full, &mut checks).await;
    create_on_condition(&full, &mut checks).await;
    read(&full, &mut checks, &id).await;
    update(&full, &mut checks, &id).await;
    patch(&full, &mut checks, &id).await;
    delete(&full, &mut checks, &id).await;
    update_on_condition(&full, &mut checks).await;
    checks.done(250);
}
