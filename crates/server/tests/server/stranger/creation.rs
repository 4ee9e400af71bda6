//! The statement, and what is created.

use super::{Checks, known, located, versioned, with_id};
use crate::support::{Program, World, send};
use serde_json::json;

pub(super) async fn statement(world: &World, checks: &mut Checks) {
    let bare = send(&world.router, "GET", "/fhir/metadata", &[], "").await;
    checks.status("metadata without a token", &bare, 200);
    let body = bare.json();
    for (at, wanted) in [
        ("/resourceType", "CapabilityStatement"),
        ("/fhirVersion", "4.0.1"),
        ("/kind", "instance"),
        ("/status", "active"),
        ("/rest/0/mode", "server"),
    ] {
        checks.equal(&format!("metadata {at}"), body.pointer(at), Some(&json!(wanted)));
    }
    checks.that("metadata date", body["date"].is_string(), &body["date"]);
    let formats = body["format"].as_array().cloned().unwrap_or_default();
    checks.that("metadata format", formats.contains(&json!("application/fhir+json")), &formats);
    for code in ["transaction", "batch", "history-system", "search-system"] {
        let all = body["rest"][0]["interaction"].as_array().cloned().unwrap_or_default();
        checks.that(code, all.contains(&json!({ "code": code })), &all);
    }
    let row = body["rest"][0]["resource"].as_array().unwrap().iter().find(|row| row["type"] == "Patient").unwrap();
    for (name, wanted) in [
        ("versioning", json!("versioned")),
        ("readHistory", json!(true)),
        ("conditionalCreate", json!(true)),
        ("conditionalRead", json!("full-support")),
        ("conditionalUpdate", json!(true)),
        ("conditionalDelete", json!("single")),
    ] {
        checks.equal(name, &row[name], &wanted);
    }
    let includes = row["searchRevInclude"].as_array().cloned().unwrap_or_default();
    checks.that("searchRevInclude", includes.contains(&json!("Observation:subject")), &includes.len());
    for (accept, query, status) in [
        ("application/json", "", 200),
        ("application/fhir+json", "", 200),
        ("application/fhir+json; fhirVersion=4.0", "", 200),
        ("application/fhir+json; fhirVersion=3.0", "", 406),
        ("application/fhir+xml", "", 406),
        ("application/fhir+xml", "?_format=json", 200),
        ("application/fhir+xml", "?_format=application/fhir%2Bjson", 200),
        ("application/fhir+xml", "?_format=application/json", 200),
        ("application/fhir+json", "?_format=xml", 406),
    ] {
        let answer = send(&world.router, "GET", &format!("/fhir/metadata{query}"), &[("accept", accept)], "").await;
        checks.status(&format!("{accept} {query}"), &answer, status);
        let kind = answer.header("content-type").to_owned();
        checks.that(&format!("{accept} {query}: type"), kind.starts_with("application/fhir+json"), &kind);
    }
    let two = [("accept", "text/html"), ("accept", "application/fhir+json")];
    checks.status("two Accept lines", &send(&world.router, "GET", "/fhir/metadata", &two, "").await, 200);
    let told = [("x-request-id", "client-17")];
    let answer = send(&world.router, "GET", "/fhir/metadata", &told, "").await;
    checks.equal("X-Correlation-Id", answer.header("x-correlation-id"), "client-17");
}

pub(super) async fn create(full: &Program<'_>, checks: &mut Checks) -> String {
    let mut body = with_id(known("Le Goff", "c1"), "chosen-by-the-client");
    body["meta"] =
        json!({"versionId": "77", "lastUpdated": "1999-01-01T00:00:00Z", "tag": [{"system": "urn:t", "code": "x"}]});
    let made = full.post("/fhir/Patient", &body).await;
    checks.status("create", &made, 201);
    versioned(checks, "create", &made, 1);
    located(checks, "create", &made, "Patient", 1);
    let told = made.json();
    checks.that("an id of the client is not kept", told["id"] != "chosen-by-the-client", &told["id"]);
    checks.that(
        "lastUpdated of the client is not kept",
        told["meta"]["lastUpdated"] != "1999-01-01T00:00:00Z",
        &told["meta"],
    );
    checks.equal("tags are kept", &told["meta"]["tag"][0]["code"], "x");
    let text = body.to_string();
    for (prefer, empty, kind) in [
        ("return=minimal", true, ""),
        ("return=representation", false, "Patient"),
        ("return=OperationOutcome", false, "OperationOutcome"),
    ] {
        let answer = full.send("POST", "/fhir/Patient", &[("prefer", prefer)], &text).await;
        checks.status(prefer, &answer, 201);
        checks.equal(&format!("{prefer}: empty"), answer.body.is_empty(), empty);
        located(checks, prefer, &answer, "Patient", 1);
        if !empty {
            checks.equal(&format!("{prefer}: body"), &answer.json()["resourceType"], kind);
        }
    }
    let two = [("prefer", "handling=lenient"), ("prefer", "return=minimal")];
    checks.that("two Prefer lines", full.send("POST", "/fhir/Patient", &two, &text).await.body.is_empty(), &"");
    let first = [("prefer", "return=minimal, return=representation")];
    checks.that(
        "the first preference counts",
        full.send("POST", "/fhir/Patient", &first, &text).await.body.is_empty(),
        &"",
    );
    refused(full, checks, &text).await;
    for (kind, status) in [
        ("application/json", 201),
        ("application/fhir+json; charset=utf-8", 201),
        ("application/fhir+json;charset=UTF-8;fhirVersion=4.0", 201),
        ("text/plain", 415),
        ("application/fhir+xml", 415),
    ] {
        let answer = full.send("POST", "/fhir/Patient", &[("content-type", kind)], &text).await;
        checks.status(&format!("Content-Type {kind}"), &answer, status);
    }
    told["id"].as_str().unwrap().to_owned()
}

async fn refused(full: &Program<'_>, checks: &mut Checks, text: &str) {
    for (what, kind, sent, status) in [
        ("not JSON", "Patient", "{".to_owned(), 400),
        ("nothing", "Patient", String::new(), 400),
        ("no type", "Patient", "{}".to_owned(), 400),
        ("another type", "Observation", text.to_owned(), 400),
        ("an unknown type", "Nope", text.to_owned(), 404),
        ("an unknown element", "Patient", json!({"resourceType": "Patient", "colour": "red"}).to_string(), 422),
        ("a wrong code", "Patient", json!({"resourceType": "Patient", "gender": "x"}).to_string(), 422),
        ("a missing element", "Observation", json!({"resourceType": "Observation"}).to_string(), 422),
        ("an array", "Patient", "[]".to_owned(), 400),
    ] {
        let answer = full.send("POST", &format!("/fhir/{kind}"), &[], &sent).await;
        let fits = answer.status == status || (status == 422 && answer.status == 400);
        checks.that(what, fits, &(answer.status, status));
        checks.equal(&format!("{what}: outcome"), &answer.json()["resourceType"], "OperationOutcome");
    }
}

pub(super) async fn create_on_condition(full: &Program<'_>, checks: &mut Checks) {
    let text = known("Morvan", "cc").to_string();
    for (what, criteria, status) in [
        ("no match", "identifier=urn:mrn|cc", 201),
        ("one match", "identifier=urn:mrn|cc", 200),
        ("one match, address form", "Patient?identifier=urn:mrn|cc", 200),
        ("one match, question mark", "?identifier=urn:mrn|cc", 200),
        ("an unknown parameter", "colour=red", 400),
    ] {
        let answer = full.send("POST", "/fhir/Patient", &[("if-none-exist", criteria)], &text).await;
        checks.status(&format!("If-None-Exist, {what}"), &answer, status);
        if status < 300 {
            located(checks, what, &answer, "Patient", 1);
            checks.equal(&format!("{what}: ETag"), answer.header("etag"), "W/\"1\"");
        }
    }
    full.post("/fhir/Patient", &known("Morvan", "cc")).await.expect(201);
    let answer = full.send("POST", "/fhir/Patient", &[("if-none-exist", "identifier=urn:mrn|cc")], &text).await;
    checks.status("If-None-Exist, several matches", &answer, 412);
}
