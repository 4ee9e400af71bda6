//! What programs send is taken for what it says: conditions, contexts, labels; and refused where it would be taken for something else.

use crate::support::{World, create, patient, secret_condition, weight};
use serde_json::{Value, json};

const LEVELS: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

fn bundle(kind: &str, entries: &[Value]) -> Value {
    json!({ "resourceType": "Bundle", "type": kind, "entry": entries })
}

fn put(url: &str, condition: &Value, resource: &Value) -> Value {
    let mut request = json!({ "method": "PUT", "url": url });
    request.as_object_mut().unwrap().extend(condition.as_object().unwrap().clone());
    json!({ "request": request, "resource": resource })
}

fn known(value: &str) -> Value {
    let mut it = patient("Le Goff");
    it["identifier"] = json!([{"system": "urn:t", "value": value}]);
    it
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_the_first_is_not_written_over_another() {
    let world = World::new().await;
    let full = world.program("full").await;
    let mut first = known("1");
    first["id"] = json!("p-first");
    let none = json!({"ifNoneMatch": "*"});
    let whole = bundle("transaction", &[put("Patient/p-first", &none, &first)]);
    full.post("/fhir", &whole).await.expect(200);
    full.post("/fhir", &whole).await.expect(412);
    let each = full.post("/fhir", &bundle("batch", &[put("Patient/p-first", &none, &first)])).await.expect(200).json();
    assert_eq!(
        each["entry"][0]["response"]["status"].as_str().map(|status| status.get(..3).unwrap_or_default()),
        Some("412")
    );
    assert_eq!(full.get("/fhir/Patient/p-first").await.expect(200).header("etag"), "W/\"1\"");
    let version = json!({"ifNoneMatch": "W/\"1\""});
    full.post("/fhir", &bundle("transaction", &[put("Patient/p-first", &version, &first)])).await.expect(400);
    let both = json!({"ifNoneMatch": "*", "ifMatch": "W/\"1\""});
    full.post("/fhir", &bundle("transaction", &[put("Patient/p-first", &both, &first)])).await.expect(400);
    let (url, headers) = ("/fhir/Patient?identifier=urn:t%7C2", [("if-none-match", "*")]);
    full.send("PUT", url, &headers, &known("2").to_string()).await.expect(201);
    full.send("PUT", url, &headers, &known("2").to_string()).await.expect(412);
    full.post("/fhir", &bundle("transaction", &[put("Patient?identifier=urn:t|2", &none, &known("2"))]))
        .await
        .expect(412);
    full.put(url, &known("2")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_entries_that_mean_the_same_are_refused() {
    let world = World::new().await;
    let full = world.program("full").await;
    let twin = put("Patient?identifier=urn:t|3", &json!({}), &known("3"));
    let refused = full.post("/fhir", &bundle("transaction", &[twin.clone(), twin.clone()])).await;
    let refused = refused.expect(400).json();
    assert_eq!(refused["issue"][0]["expression"][0], "Bundle.entry[1]");
    let found = full.get("/fhir/Patient?identifier=urn:t%7C3&_summary=count").await.expect(200).json();
    assert_eq!(found["total"], 0);
    full.post("/fhir", &bundle("transaction", std::slice::from_ref(&twin))).await.expect(200);
    let request = json!({"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:t|9"});
    let both = [
        json!({"resource": known("9"), "request": request}),
        put("Patient?identifier=urn:t|9", &json!({}), &known("9")),
    ];
    full.post("/fhir", &bundle("transaction", &both)).await.expect(400);
    let gone = json!({"request": {"method": "DELETE", "url": "Patient?identifier=urn:t|3"}});
    full.post("/fhir", &bundle("transaction", &[gone, twin])).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_is_misspelt_is_not_passed_over() {
    let world = World::new().await;
    let full = world.program("full").await;
    let request = json!({"method": "POST", "url": "Patient", "ifNoneExists": "identifier=urn:t|4"});
    let entry = json!({"resource": known("4"), "request": request});
    let refused = full.post("/fhir", &bundle("transaction", std::slice::from_ref(&entry))).await.expect(400).json();
    assert_eq!(refused["issue"][0]["expression"][0], "Bundle.entry[0].request.ifNoneExists");
    let good = json!({"resource": known("5"), "request": {"method": "POST", "url": "Patient"}});
    let each = full.post("/fhir", &bundle("batch", &[entry, good])).await.expect(200).json();
    let status = |n: usize| {
        each["entry"][n]["response"]["status"].as_str().map(|status| status.get(..3).unwrap_or_default().to_owned())
    };
    assert_eq!((status(0).as_deref(), status(1).as_deref()), (Some("400"), Some("201")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_claimed_profile_is_an_address_to_create_at() {
    let world = World::new().await;
    let full = world.program("full").await;
    let mut claiming = known("6");
    let profile = "https://interop.esante.gouv.fr/ig/fhir/tddui/StructureDefinition/tddui-patient-ins";
    claiming["meta"] = json!({"profile": [profile]});
    let entry = |url: &str| json!({"resource": claiming, "request": {"method": "POST", "url": url}});
    let body = bundle("transaction", &[entry("TDDUIPatientINS")]);
    full.post("/fhir", &body).await.expect(200);
    full.post("/fhir", &bundle("transaction", &[entry("/TDDUIPatientINS")])).await.expect(200);
    full.post("/fhir", &bundle("transaction", &[entry("")])).await.expect(400);
    full.post("/fhir", &bundle("transaction", &[entry("TDDUIPatient")])).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_about_somebody_who_cannot_be_found() {
    let world = World::new().await;
    let full = world.program("full").await;
    for subject in ["Patient?identifier=urn:none|1", "urn:uuid:0c1f1d3e-2b8a-4f57-9c36-8f2f6f4f1a01"] {
        let refused = full.post("/fhir/Observation", &weight(subject, 61)).await.expect(422).json();
        assert_eq!(refused["issue"][0]["expression"][0], "Observation.subject.reference", "{subject}");
        let entry = json!({"resource": weight(subject, 61), "request": {"method": "POST", "url": "Observation"}});
        let each = full.post("/fhir", &bundle("batch", &[entry])).await.expect(200).json();
        assert_eq!(
            each["entry"][0]["response"]["status"].as_str().map(|status| status.get(..3).unwrap_or_default()),
            Some("422"),
            "{subject}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_seen_by_the_rules_of_what_it_belongs_to() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let secret = create(&full, secret_condition(&who)).await;
    let text = ("content-type", "text/plain");
    let made = full.send("POST", "/fhir/Binary", &[text, ("x-security-context", &secret)], "Compte rendu").await;
    let made = made.expect(201).json();
    let codes: Vec<&str> =
        made["meta"]["security"].as_array().unwrap().iter().filter_map(|tag| tag["code"].as_str()).collect();
    assert!(codes.contains(&"V"), "{codes:?}");
    let path = format!("/fhir/Binary/{}", made["id"].as_str().unwrap());
    full.get(&path).await.expect(200);
    limited.get(&path).await.expect(404);
    // Hidden or not there, it is the same to who cannot see it.
    for context in [&secret, "Condition/nobody"] {
        let refused = limited.send("POST", "/fhir/Binary", &[text, ("x-security-context", context)], "x").await;
        assert_eq!(refused.expect(422).json()["issue"][0]["code"], "not-found");
    }
    // Both at once.
    let urn = "urn:uuid:0c1f1d3e-2b8a-4f57-9c36-8f2f6f4f1a02";
    let context =
        json!({"fullUrl": urn, "resource": secret_condition(&who), "request": {"method": "POST", "url": "Condition"}});
    let binary = json!({"resourceType": "Binary", "contentType": "application/pdf", "data": "JVBERi0xLjQ=",
        "securityContext": {"reference": urn}});
    let binary = json!({"resource": binary, "request": {"method": "POST", "url": "Binary"}});
    let both = full.post("/fhir", &bundle("transaction", &[binary, context])).await.expect(200).json();
    let location =
        both["entry"][0]["response"]["location"].as_str().unwrap().split("/_history").next().unwrap().to_owned();
    let path = location.split("/fhir/").last().map(|path| format!("/fhir/{path}")).unwrap();
    full.get(&path).await.expect(200);
    limited.get(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_attached_text_says_counts() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let level = |made: &Value| made["meta"]["security"][0]["code"].as_str().map(str::to_owned);
    let attached = |kind: &str, data: &str| {
        json!({"resourceType": "DocumentReference", "status": "current",
        "subject": {"reference": who}, "content": [{"attachment": {"contentType": kind, "data": data}}]})
    };
    // « Patient séropositif VIH, trithérapie », as text, as a page and in Latin-1.
    let utf8 = "UGF0aWVudCBzw6lyb3Bvc2l0aWYgVklILCB0cml0aMOpcmFwaWU=";
    let page = "PHA+UGF0aWVudCBzw6lyb3Bvc2l0aWYgPGI+VklIPC9iPiwgdHJpdGjDqXJhcGllPC9wPg==";
    let latin = "UGF0aWVudCBz6XJvcG9zaXRpZiBWSUgsIHRyaXRo6XJhcGll";
    for (kind, data, expected) in [
        ("text/plain", utf8, "V"),
        ("text/plain; charset=iso-8859-1", latin, "V"),
        ("text/html", page, "V"),
        ("application/pdf", utf8, "N"),
        ("text/plain", "Qm9ubmUgam91cm7DqWU=", "N"),
    ] {
        let made = full.post("/fhir/DocumentReference", &attached(kind, data)).await.expect(201).json();
        assert_eq!(level(&made).as_deref(), Some(expected), "{kind} {data}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_searched_as_they_are_shown() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    create(&full, secret_condition(&who)).await;
    let mut received = json!({"resourceType": "Condition", "subject": {"reference": who}, "code": {"text": "VIH positif, sous trithérapie"}});
    received["meta"] = json!({"security": [{"system": LEVELS, "code": "N"}, {"system": "urn:x", "code": "mine"}]});
    let made = full.post("/fhir/Condition", &received).await.expect(201).json();
    let shown: Vec<&str> =
        made["meta"]["security"].as_array().unwrap().iter().filter_map(|tag| tag["code"].as_str()).collect();
    assert!(shown.contains(&"V") && shown.contains(&"HIV") && !shown.contains(&"N"), "{shown:?}");
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    for (text, expected) in [
        ("_security=V".to_owned(), 2),
        ("_security=v".to_owned(), 2),
        (format!("_security={LEVELS}%7CV"), 2),
        (format!("_security={LEVELS}%7CN"), 0),
        (format!("_security={LEVELS}%7CN,{LEVELS}%7CV"), 2),
        ("_security=N".to_owned(), 0),
        (format!("_security:not={LEVELS}%7CV"), 0),
        ("_security:not=N".to_owned(), 2),
        ("_security:missing=true".to_owned(), 0),
        ("_security:missing=false".to_owned(), 2),
        (format!("_security={LEVELS}%7C"), 2),
        (format!("_security={act}%7CHIV&patient={who}"), 2),
        (format!("_security={act}%7CPSY"), 0),
        (format!("_security={act}%7C"), 2),
        ("_security=urn:x%7Cmine".to_owned(), 1),
        ("_security=mine".to_owned(), 1),
        ("_security=urn:x%7Cmine,N".to_owned(), 1),
        ("_security=other".to_owned(), 0),
        // Rows that are opened to be looked at bear what was received.
        ("_security=V&code:text=vih".to_owned(), 1),
        ("_security=N&code:text=vih".to_owned(), 0),
        ("_security:not=V&code:text=vih".to_owned(), 0),
    ] {
        let found = full.get(&format!("/fhir/Condition?{text}&_summary=count")).await.expect(200).json();
        assert_eq!(found["total"], expected, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_not_taken_for_one() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    full.get(&format!("/fhir/{who}/_history/1")).await.expect(200);
    for version in ["+1", "0001", "one"] {
        full.get(&format!("/fhir/{who}/_history/{version}")).await.expect(404);
    }
    full.put("/fhir/Patient/a_b", &patient("Le Goff")).await.expect(400);
    full.get("/fhir/Patient/a_b").await.expect(404);
    let gender = "/fhir/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender";
    let known = full.get(&format!("{gender}%7C4.0.1")).await.expect(200).json();
    assert_eq!(
        (&known["url"], &known["version"]),
        (&json!("http://hl7.org/fhir/ValueSet/administrative-gender"), &json!("4.0.1"))
    );
    full.get(&format!("{gender}%7C9")).await.expect(404);
    full.get(&format!("/fhir/Patient?_id={}&_include:iterate=*", who.strip_prefix("Patient/").unwrap()))
        .await
        .expect(400);
    let reader = world.program("reader").await;
    let refused = reader.post("/fhir/Patient", &patient("Le Dû")).await.expect(403);
    assert!(refused.header("www-authenticate").contains("insufficient_scope"));
}
