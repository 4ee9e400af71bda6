//! What HTTP lets a client ask of an answer or make a condition of a write.

use crate::support::{BASE, World, create, patient, secret_condition, send};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn any_version_or_none_is_a_condition_too() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let mut chosen = patient("Le Goff");
    chosen["id"] = json!("chosen");
    let (path, text) = ("/fhir/Patient/chosen", chosen.to_string());
    let (any, none) = ([("if-match", "*")], [("if-none-match", "*")]);
    full.send("PUT", path, &any, &text).await.expect(412);
    full.send("PUT", path, &none, &text).await.expect(201);
    full.send("PUT", path, &none, &text).await.expect(412);
    assert_eq!(full.send("PUT", path, &any, &text).await.expect(200).header("etag"), "W/\"2\"");
    full.send("DELETE", path, &any, "").await.expect(204);
    full.send("PUT", path, &any, &text).await.expect(412);
    assert_eq!(full.send("PUT", path, &none, &text).await.expect(201).header("etag"), "W/\"4\"");
    // Whoever may not choose ids, nor see this one, learns nothing.
    let secret = create(&full, secret_condition("Patient/chosen")).await;
    let id = secret.strip_prefix("Condition/").unwrap();
    for condition in [any, none] {
        let put = async |id: &str| {
            let body = json!({"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/chosen"}});
            limited.send("PUT", &format!("/fhir/Condition/{id}"), &condition, &body.to_string()).await
        };
        let (hidden, absent) = (put(id).await, put("nobody").await);
        assert_eq!((hidden.status, hidden.body), (absent.status, absent.body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conditional_update_minds_the_version() {
    let world = World::new().await;
    let full = world.program("full").await;
    let (url, text) = ("/fhir/Patient?identifier=urn:test%7CLe%20Goff", patient("Le Goff").to_string());
    full.send("PUT", url, &[("if-match", "W/\"1\"")], &text).await.expect(412);
    full.send("PUT", url, &[], &text).await.expect(201);
    full.send("PUT", url, &[("if-match", "W/\"1\"")], &text).await.expect(200);
    full.send("PUT", url, &[("if-match", "W/\"1\"")], &text).await.expect(412);
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_may_be_asked_of_an_address() {
    let world = World::new().await;
    let full = world.program("full").await;
    for (path, allow) in [
        ("/fhir", "GET, HEAD, POST, OPTIONS"),
        ("/fhir/metadata", "GET, HEAD, OPTIONS"),
        ("/fhir/Patient", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("/fhir/Patient/a", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("/fhir/Patient/a/_history", "GET, HEAD, OPTIONS"),
        ("/fhir/$export", "GET, HEAD, POST, OPTIONS"),
        ("/fhir/$import", "POST, OPTIONS"),
        ("/fhir/$meta", "GET, HEAD, POST, OPTIONS"),
        ("/fhir/Patient/$validate", "GET, HEAD, POST, OPTIONS"),
        ("/fhir/Patient/a/$everything", "GET, HEAD, POST, OPTIONS"),
        ("/fhir/Patient/a/$meta-add", "POST, OPTIONS"),
        ("/fhir/ValueSet/$expand", "GET, HEAD, POST, OPTIONS"),
        ("/fhir/$export-status/abc", "GET, HEAD, DELETE, OPTIONS"),
    ] {
        assert_eq!(full.send("OPTIONS", path, &[], "").await.expect(204).header("allow"), allow, "{path}");
    }
    full.send("OPTIONS", "/fhir/Nope", &[], "").await.expect(404);
    full.send("OPTIONS", "/fhir/$nope", &[], "").await.expect(404);
    assert_eq!(full.send("PUT", "/fhir/$export", &[], "").await.expect(405).header("allow"), "GET, HEAD, POST");
    let terminology = send(&world.router, "GET", "/fhir/metadata?mode=terminology", &[], "").await.expect(200).json();
    assert_eq!(terminology["resourceType"], "TerminologyCapabilities");
}

#[tokio::test(flavor = "multi_thread")]
async fn lays_out_what_people_read() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    for (path, status) in
        [(format!("/fhir/{who}"), 200), ("/fhir/Patient".into(), 200), ("/fhir/Patient/no".into(), 404)]
    {
        let flat = full.get(&path).await.expect(status);
        let laid = full.get(&format!("{path}?_pretty=true")).await.expect(status);
        assert!(laid.text().starts_with("{\n  \"resourceType\"") && !flat.text().contains('\n'), "{path}");
    }
    let (flat, laid) = (full.get(&format!("/fhir/{who}")).await, full.get(&format!("/fhir/{who}?_pretty=true")).await);
    assert_eq!((flat.json(), flat.header("etag")), (laid.json(), laid.header("etag")));
    let old = ("accept", "application/json+fhir");
    full.send("GET", &format!("/fhir/{who}"), &[old], "").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_this_server_is_the_resource_itself() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let basic = |reference: String| json!({"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": reference}});
    let made = full.post("/fhir/Basic", &basic(format!("{BASE}/fhir/{who}"))).await.expect(201).json();
    assert_eq!(made["subject"]["reference"], *who);
    let other = "https://elsewhere.test/fhir/Patient/1";
    let kept = full.post("/fhir/Basic", &basic(other.to_owned())).await.expect(201).json();
    assert_eq!(kept["subject"]["reference"], other);
    assert_eq!(full.get(&format!("/fhir/Basic?subject={who}")).await.expect(200).json()["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_versions_is_a_condition() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let (path, matching) = (format!("/fhir/{who}"), "/fhir/Patient?identifier=urn:test%7CLe%20Goff");
    let mut body = patient("Le Goff");
    body["id"] = json!(who.strip_prefix("Patient/").unwrap());
    let text = body.to_string();
    let json_patch = ("content-type", "application/json-patch+json");
    let (known, others) = (("if-match", "W/\"9\", W/\"1\""), ("if-match", "W/\"9\", W/\"8\""));
    full.send("PUT", &path, &[others], &text).await.expect(412);
    full.send("PUT", matching, &[others], &text).await.expect(412);
    full.send("PATCH", &path, &[others, json_patch], "[]").await.expect(412);
    full.send("DELETE", &path, &[others], "").await.expect(412);
    full.send("DELETE", matching, &[others], "").await.expect(412);
    full.send("PUT", &path, &[("if-match", "W/\"1\", x")], &text).await.expect(400);
    full.send("PUT", &path, &[known], &text).await.expect(200);
    full.send("PUT", matching, &[("if-match", "W/\"2\", \"7\"")], &text).await.expect(200);
    // Whichever there is, but one.
    let any = ("if-match", "*");
    full.send("PUT", matching, &[any], &text).await.expect(200);
    full.send("PATCH", matching, &[any, json_patch], "[]").await.expect(200);
    full.send("PUT", "/fhir/Patient?identifier=urn:test%7Cnobody", &[any], &patient("nobody").to_string())
        .await
        .expect(412);
    full.send("DELETE", matching, &[any], "").await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_since_is_not_replaced() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let (path, matching) = (format!("/fhir/{who}"), "/fhir/Patient?identifier=urn:test%7CLe%20Goff");
    let mut body = patient("Le Goff");
    body["id"] = json!(who.strip_prefix("Patient/").unwrap());
    let text = body.to_string();
    let json_patch = ("content-type", "application/json-patch+json");
    let read = full.get(&path).await.expect(200);
    let (now, before) = (
        ("if-unmodified-since", read.header("last-modified")),
        ("if-unmodified-since", "Mon, 01 Jan 2001 00:00:00 GMT"),
    );
    for url in [path.as_str(), matching] {
        full.send("PUT", url, &[before], &text).await.expect(412);
        full.send("PATCH", url, &[before, json_patch], "[]").await.expect(412);
        full.send("DELETE", url, &[before], "").await.expect(412);
        full.send("PUT", url, &[now], &text).await.expect(200);
    }
    // A tag decides before a date does; what is not there has not been written since.
    full.send("PUT", &path, &[before, ("if-match", "W/\"3\"")], &text).await.expect(200);
    full.send("PUT", "/fhir/Patient?identifier=urn:test%7Cnew", &[before], &patient("new").to_string())
        .await
        .expect(201);
    full.send("DELETE", &path, &[now], "").await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_of_another_form_is_told_which_there_are() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let path = format!("/fhir/{who}");
    for kind in ["application/fhir+json", "application/json", "application/merge-patch+json"] {
        let refused = full.send("PATCH", &path, &[("content-type", kind)], "{\"gender\":\"male\"}").await.expect(415);
        assert!(
            refused.header("accept-patch").contains("json-patch+json") && refused.text().contains("Parameters"),
            "{kind}"
        );
    }
    full.send("PATCH", &path, &[("content-type", "application/json")], "{\"gender\":").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_names_the_entry_whose_version_is_another() {
    let world = World::new().await;
    let full = world.program("full").await;
    let (one, two) = (create(&full, patient("Un")).await, create(&full, patient("Deux")).await);
    let put = |who: &str, name: &str, tag: &str| {
        let mut body = patient(name);
        body["id"] = json!(who.strip_prefix("Patient/").unwrap());
        json!({"resource": body, "request": {"method": "PUT", "url": who, "ifMatch": tag}})
    };
    let entries = [put(&one, "Un", "W/\"1\""), put(&two, "Deux", "W/\"7\"")];
    let refused = full.post("/fhir", &json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})).await;
    assert_eq!(refused.expect(412).json()["issue"][0]["expression"][0], "Bundle.entry[1]");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conditions_of_entries_are_those_of_headers() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let mut body = patient("Le Goff");
    body["id"] = json!(who.strip_prefix("Patient/").unwrap());
    // A member of the list that says nothing is passed over.
    full.send("PUT", &format!("/fhir/{who}"), &[("if-match", "W/\"9\",")], &body.to_string()).await.expect(412);
    full.send("PUT", &format!("/fhir/{who}"), &[("if-match", ", W/\"1\",,")], &body.to_string()).await.expect(200);
    let matching = "Patient?identifier=urn:test%7CLe%20Goff";
    let bundle = |kind: &str, url: &str, tags: &str| {
        let request = json!({"method": "PUT", "url": url, "ifMatch": tags});
        json!({"resourceType": "Bundle", "type": kind, "entry": [{"resource": body, "request": request}]})
    };
    for url in [who.as_str(), matching] {
        for (tags, status) in [("W/\"99\", W/\"98\"", 412), ("x", 400), ("W/\"9\", {}", 200), ("{},", 200), ("*", 200)]
        {
            let tag = || async { full.get(&format!("/fhir/{who}")).await.header("etag").to_owned() };
            let tags = tags.replace("{}", &tag().await);
            let done = full.post("/fhir", &bundle("transaction", url, &tags)).await;
            assert_eq!(done.status, status, "{url} {tags}: {}", done.text());
            if status == 412 {
                assert_eq!(done.json()["issue"][0]["expression"][0], "Bundle.entry[0]");
            }
            let tags = if status == 200 { tag().await } else { tags };
            let one = full.post("/fhir", &bundle("batch", url, &tags)).await.expect(200).json();
            let told = one["entry"][0]["response"]["status"].as_str().unwrap().to_owned();
            assert!(told.starts_with(&status.to_string()), "{url} {tags}: {told}");
        }
    }
    let absent = json!({"method": "DELETE", "url": "Patient/nobody", "ifMatch": "*"});
    let absent = json!({"resourceType": "Bundle", "type": "transaction", "entry": [{"request": absent}]});
    full.post("/fhir", &absent).await.expect(412);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_names_the_entry_that_fails_whatever_fails() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    for _ in 0..2 {
        create(&full, patient("Deux fois")).await;
    }
    let good = json!({"resource": patient("Autre"), "request": {"method": "POST", "url": "Patient"}});
    let named = async |program: &crate::support::Program<'_>, entry: serde_json::Value, status: u16| {
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [good, entry]});
        let refused = program.post("/fhir", &bundle).await.expect(status).json();
        let at = refused["issue"][0]["expression"][0].as_str().unwrap_or_default().to_owned();
        assert!(at.starts_with("Bundle.entry[1]"), "{refused}");
    };
    let observation = |subject: &str| json!({"resource": crate::support::weight(subject, 61), "request": {"method": "POST", "url": "Observation"}});
    named(&full, observation("Patient?identifier=urn:test%7CDeux%20fois"), 412).await;
    let put = |id: &str| {
        let mut body = patient("Choisi");
        body["id"] = json!(id);
        json!({"resource": body, "request": {"method": "PUT", "url": format!("Patient/{id}")}})
    };
    named(&limited, put("choisi"), 405).await;
    let delete = json!({"request": {"method": "DELETE", "url": who, "ifMatch": "W/\"7\""}});
    named(&full, delete, 412).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_client_is_told_of_what_a_bundle_or_its_reads_pass_over() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let bundle = |kind: &str, url: &str| {
        json!({"resourceType": "Bundle", "type": kind, "entry": [{"request": {"method": "GET", "url": url}}]})
            .to_string()
    };
    let (strict, lenient) = ([("prefer", "handling=strict")], [("prefer", "handling=lenient")]);
    for kind in ["batch", "transaction"] {
        let fine = bundle(kind, &who);
        let refused = full.send("POST", "/fhir?x=y&_pretty=true", &strict, &fine).await.expect(400).json();
        assert_eq!(refused["issue"][0]["expression"], json!(["x"]));
        full.send("POST", "/fhir?x=y", &lenient, &fine).await.expect(200);
        full.send("POST", "/fhir?_format=json", &strict, &fine).await.expect(200);
    }
    for url in [
        "Patient?x=y".to_owned(),
        format!("{who}?x=y"),
        format!("{who}/_history?x=y"),
        format!("{who}/$everything?x=y"),
    ] {
        full.send("POST", "/fhir", &strict, &bundle("transaction", &url)).await.expect(400);
        full.send("POST", "/fhir", &lenient, &bundle("transaction", &url)).await.expect(200);
        let one = full.send("POST", "/fhir", &strict, &bundle("batch", &url)).await.expect(200).json();
        assert_eq!(one["entry"][0]["response"]["status"], "400 Bad Request", "{url}");
    }
}
