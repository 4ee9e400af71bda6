//! A transaction that fails anywhere has written nothing, and says what was wrong as a request alone would.

use crate::support::{World, create, patient, secret_condition, weight};
use serde_json::{Value, json};

fn get(url: &str) -> Value {
    json!({ "request": { "method": "GET", "url": url } })
}

fn entry(method: &str, url: &str, resource: &Value) -> Value {
    json!({ "request": { "method": method, "url": url }, "resource": resource })
}

fn bundle(entries: &[Value]) -> Value {
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

fn named(family: &str, id: &str) -> Value {
    let mut patient = patient(family);
    patient["id"] = json!(id);
    patient["identifier"] = json!([{"system": "urn:x", "value": family}]);
    patient
}

fn delete(url: &str) -> Value {
    json!({ "request": { "method": "DELETE", "url": url } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_leaves_nothing_written() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Bras")).await;
    let gone = create(&full, patient("Le Dû")).await;
    full.send("DELETE", &format!("/fhir/{gone}"), &[], "").await.expect(204);
    let secret = create(&full, secret_condition(&who)).await;
    for (url, status) in [
        ("Patient/nobody".to_owned(), 404),
        (format!("{who}/_history/7"), 404),
        (format!("{gone}/_history/2"), 410),
        (gone.clone(), 410),
        ("Patient/nobody/_history".to_owned(), 404),
        ("Patient/_history?_page=abc".to_owned(), 400),
        ("Patient?birthdate=abc".to_owned(), 400),
        ("Patient?_page=abc".to_owned(), 400),
        (format!("{who}?_summary=some"), 400),
        ("Patient/new/_history/2".to_owned(), 404),
        ("Patient/nobody/$everything".to_owned(), 404),
        ("Patient/$nope".to_owned(), 400),
    ] {
        let entries = [
            entry("POST", "Patient", &patient("Le Goff")),
            entry("PUT", "Patient/new", &named("New", "new")),
            get(&url),
        ];
        let refused = full.post("/fhir", &bundle(&entries)).await;
        assert_eq!(refused.status, status, "{url}: {}", refused.text());
        assert_eq!(refused.json()["resourceType"], "OperationOutcome", "{url}");
        assert_eq!(full.get("/fhir/Patient?family=Le%20Goff").await.json()["total"], 0, "{url}");
        full.get("/fhir/Patient/new").await.expect(404);
    }
    // A read of what this very transaction deletes.
    full.post("/fhir", &bundle(&[delete(&secret), get(&secret)])).await.expect(410);
    full.get(&format!("/fhir/{secret}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_come_after_the_writes_and_see_them() {
    let world = World::new().await;
    let full = world.program("full").await;
    let gone = create(&full, patient("Le Dû")).await;
    let entries = [
        get("Patient/new"),
        get("Patient/new/_history/1"),
        get("Patient/new/_history"),
        get("Patient?identifier=urn:x|New"),
        get("Patient/new?_elements=gender"),
        get("metadata"),
        entry("PUT", "Patient/new", &named("New", "new")),
        delete(&gone),
        entry("POST", "Observation/$validate", &weight("Patient/new", 61)),
        get("_history?_count=1"),
    ];
    let answer = full.post("/fhir", &bundle(&entries)).await.expect(200).json();
    let all = answer["entry"].as_array().unwrap();
    assert_eq!(all.len(), entries.len());
    let status = |at: usize| all[at]["response"]["status"].as_str().unwrap().split(' ').next().unwrap();
    assert_eq!(
        (0..10).map(status).collect::<Vec<_>>(),
        ["200", "200", "200", "200", "200", "200", "201", "204", "200", "200"]
    );
    assert_eq!(all[3]["resource"]["total"], 1);
    assert!(all[4]["resource"].get("name").is_none() && all[4]["resource"]["gender"].is_string());
    assert_eq!(all[5]["resource"]["resourceType"], "CapabilityStatement");
    assert_eq!(all[8]["resource"]["resourceType"], "OperationOutcome");
    // What an operation tells is what there is once all is written.
    let more = [entry("POST", "Observation", &weight("Patient/new", 62)), get("Patient/new/$everything")];
    let answer = full.post("/fhir", &bundle(&more)).await.expect(200).json();
    assert_eq!(answer["entry"][1]["resource"]["entry"].as_array().unwrap().len(), 2, "{answer}");
    for refused in ["$export", "Patient/new/$meta-add", "$import"] {
        let entries =
            [entry("POST", "Patient", &patient("Le Goff")), json!({ "request": { "method": "POST", "url": refused } })];
        let issue = full.post("/fhir", &bundle(&entries)).await.expect(400).json()["issue"][0].clone();
        assert_eq!(issue["expression"][0], "Bundle.entry[1].request.url", "{refused}");
    }
    assert_eq!(full.get("/fhir/Patient?family=Le%20Goff").await.json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_400_and_what_is_sent_wrongly_422() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = patient("Le Goff");
    for (wrong, path) in [
        (entry("POST", "Nope", &who), "Bundle.entry[1].request.url"),
        (entry("POST", "Patient/a/b/c", &who), "Bundle.entry[1].request.url"),
        (entry("FETCH", "Patient", &who), "Bundle.entry[1].request.method"),
        (json!({ "resource": who, "request": { "url": "Patient" } }), "Bundle.entry[1].request.method"),
        (json!({ "resource": who, "request": { "method": "POST" } }), "Bundle.entry[1].request.url"),
        (json!({ "resource": who }), "Bundle.entry[1].request.method"),
        (entry("PUT", "Patient", &who), "Bundle.entry[1].request.url"),
        (entry("PUT", "Patient/é", &who), "Bundle.entry[1].request.url"),
        (entry("POST", "Observation", &who), "Bundle.entry[1].resource"),
        (entry("PUT", "Patient/b", &named("x", "a")), "Bundle.entry[1].resource.id"),
        (json!({ "request": { "method": "POST", "url": "Patient" } }), "Bundle.entry[1].resource"),
        (get("Patient?birthdate=abc"), "Bundle.entry[1].request"),
    ] {
        let refused = full.post("/fhir", &bundle(&[entry("POST", "Patient", &who), wrong.clone()])).await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.text());
        let said = refused.json()["issue"][0]["expression"][0].as_str().unwrap_or_default().to_owned();
        assert!(said.starts_with(path), "{wrong}: {said}");
        let alone = json!({"resourceType": "Bundle", "type": "batch", "entry": [wrong]});
        let alone = full.post("/fhir", &alone).await.expect(200).json();
        assert_eq!(alone["entry"][0]["response"]["status"], "400 Bad Request", "{alone}");
    }
    let mut bad = patient("x");
    bad["gender"] = json!("m");
    full.post("/fhir", &bundle(&[entry("POST", "Patient", &bad)])).await.expect(422);
    assert_eq!(full.get("/fhir/Patient").await.json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_nowhere_says_which_entry_it_is() {
    let world = World::new().await;
    let full = world.program("full").await;
    full.put("/fhir/Patient/gone", &named("Le Dû", "gone")).await.expect(201);
    full.send("DELETE", "/fhir/Patient/gone", &[], "").await.expect(204);
    for family in ["Twin", "twin"] {
        full.post("/fhir/Patient", &patient(family)).await.expect(201);
    }
    let patch = json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Patient.gender"}]}]});
    let who = patient("Le Goff");
    for (wrong, status) in [
        (get("Patient/nobody"), 404),
        (get("Patient/gone"), 410),
        (get("Patient/nobody/_history"), 404),
        (get("Patient/nobody/_history/1"), 404),
        (entry("PATCH", "Patient/nobody", &patch), 404),
        (entry("PATCH", "Patient?family=nobody", &patch), 404),
        (entry("PATCH", "Patient?family=twin", &patch), 412),
        (entry("PUT", "Patient?family=twin", &who), 412),
        (json!({ "request": { "method": "DELETE", "url": "Patient?family=twin" } }), 412),
    ] {
        let refused = full.post("/fhir", &bundle(&[entry("POST", "Patient", &who), wrong.clone()])).await;
        assert_eq!(refused.status, status, "{wrong}: {}", refused.text());
        assert_eq!(refused.json()["issue"][0]["expression"], json!(["Bundle.entry[1]"]), "{wrong}");
        let reads = full.post("/fhir", &bundle(&[get("Patient?_count=1"), wrong.clone()])).await;
        assert_eq!(reads.status, status, "{wrong}: {}", reads.text());
        assert_eq!(reads.json()["issue"][0]["expression"], json!(["Bundle.entry[1]"]), "{wrong}");
    }
    assert_eq!(full.get("/fhir/Patient?family=Le%20Goff").await.json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_meets_nothing_never_writes_over_another_resource() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    full.put("/fhir/Patient/taken", &named("Le Goff", "taken")).await.expect(201);
    full.put("/fhir/Patient/gone", &named("Le Dû", "gone")).await.expect(201);
    full.send("DELETE", "/fhir/Patient/gone", &[], "").await.expect(204);
    let url = |family: &str| format!("Patient?identifier=urn:x|{family}");
    let alone = async |program: &crate::support::Program<'_>, family: &str, id: &str| {
        program.put(&format!("/fhir/{}", url(family)), &named(family, id)).await
    };
    let within = async |program: &crate::support::Program<'_>, family: &str, id: &str| {
        program.post("/fhir", &bundle(&[entry("PUT", &url(family), &named(family, id))])).await
    };
    // Taken: 409, and what is there stays.
    alone(&full, "One", "taken").await.expect(409);
    within(&full, "One", "taken").await.expect(409);
    assert_eq!(full.get("/fhir/Patient/taken").await.expect(200).header("etag"), "W/\"1\"");
    // Free: an update that creates. Deleted: one that creates again.
    assert_eq!(alone(&full, "Two", "two").await.expect(201).json()["id"], "two");
    assert_eq!(within(&full, "Three", "three").await.expect(200).json()["entry"][0]["resource"]["id"], "three");
    let again = alone(&full, "Four", "gone").await.expect(201);
    assert_eq!(again.header("etag"), "W/\"3\"");
    full.send("DELETE", "/fhir/Patient/gone", &[], "").await.expect(204);
    let again = within(&full, "Five", "gone").await.expect(200).json();
    let response = &again["entry"][0]["response"];
    assert_eq!((&response["status"], &response["etag"]), (&json!("201 Created"), &json!("W/\"5\"")));
    // Who may not choose is told so, of any id, and nothing is written under another.
    for id in ["taken", "six"] {
        alone(&limited, "Six", id).await.expect(405);
        within(&limited, "Six", id).await.expect(405);
    }
    assert_eq!(full.get(&format!("/fhir/{}", url("Six"))).await.json()["total"], 0);
    // Without an id it is a creation like any other; with the right id, an update.
    let mut free = named("Six", "x");
    free.as_object_mut().unwrap().remove("id");
    let made = limited.put(&format!("/fhir/{}", url("Six")), &free).await.expect(201).json();
    let id = made["id"].as_str().unwrap();
    alone(&limited, "Six", id).await.expect(200);
    assert_eq!(within(&limited, "Six", id).await.expect(200).json()["entry"][0]["response"]["etag"], "W/\"3\"");
    alone(&limited, "Six", "other").await.expect(400);
}

/// Filed with either by chance, or with a stranger who has that id here: it is refused instead.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_mean_two_entries_is_refused() {
    let world = World::new().await;
    let full = world.program("full").await;
    let stranger = create(&full, patient("Stranger")).await;
    let id = stranger.strip_prefix("Patient/").unwrap();
    let post = |url: &str, resource: &Value| json!({ "fullUrl": url, "request": { "method": "POST", "url": "x" }, "resource": resource });
    let (one, other) = (post("urn:uuid:a", &named("A", id)), post("urn:uuid:b", &named("B", id)));
    let mut about = post("urn:uuid:c", &weight(&stranger, 60));
    let mut sent = [one, other, about.clone()];
    for entry in &mut sent {
        entry["request"]["url"] = entry["resource"]["resourceType"].clone();
    }
    let answer = full.post("/fhir", &bundle(&sent)).await.expect(422);
    assert!(
        answer.text().contains("multiple-matches") && answer.text().contains("Bundle.entry[2]"),
        "{}",
        answer.text()
    );
    about["resource"]["subject"]["reference"] = json!("urn:uuid:b");
    about["request"]["url"] = json!("Observation");
    sent[2] = about;
    full.post("/fhir", &bundle(&sent)).await.expect(200);
}
