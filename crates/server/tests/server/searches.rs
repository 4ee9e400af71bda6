//! Searches, page by page.

use crate::support::{BASE, World, create, patient, weight};
use serde_json::{Value, json};

fn link<'a>(bundle: &'a Value, relation: &str) -> Option<&'a str> {
    let links = bundle["link"].as_array()?;
    links.iter().find(|link| link["relation"] == relation)?["url"].as_str()
}

fn ids(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_next_to_the_end() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    for value in 60..65 {
        create(&full, weight(&who, value)).await;
    }
    let mut seen = Vec::new();
    let mut url = format!("/fhir/Observation?patient={who}&_count=2");
    loop {
        let page = full.get(&url).await.expect(200).json();
        assert_eq!((page["type"].as_str(), page["total"].as_i64()), (Some("searchset"), Some(5)));
        assert!(link(&page, "self").unwrap().starts_with(&format!("{BASE}/fhir/Observation?patient=Patient/")));
        seen.extend(ids(&page));
        match link(&page, "next") {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((count, seen.len()), (5, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_a_form_as_an_address() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, patient("Le Goff")).await;
    create(&full, patient("Quéméner")).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let posted = full.send("POST", "/fhir/Patient/_search", &form, "family=qu%C3%A9m").await.expect(200).json();
    let got = full.get("/fhir/Patient?family=qu%C3%A9m").await.expect(200).json();
    assert_eq!((posted["total"].as_i64(), &posted), (Some(1), &got));
    full.send("POST", "/fhir/Patient/_search", &[], "{}").await.expect(415);
}

#[tokio::test(flavor = "multi_thread")]
async fn includes_counts_and_narrows() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    create(&full, weight(&who, 61)).await;
    let page = full.get("/fhir/Observation?_include=Observation:subject").await.expect(200).json();
    assert_eq!(page["entry"][0]["search"]["mode"], "match");
    assert_eq!(page["entry"][1]["search"]["mode"], "include");
    assert_eq!(page["entry"][1]["fullUrl"], format!("{BASE}/fhir/{who}"));
    let count = full.get("/fhir/Observation?_summary=count").await.expect(200).json();
    assert_eq!((count["total"].as_i64(), count.get("entry")), (Some(1), None));
    let few = full.get("/fhir/Observation?_elements=code").await.expect(200).json();
    let shown = &few["entry"][0]["resource"];
    assert_eq!(shown["meta"]["tag"][0]["code"], "SUBSETTED");
    assert!(shown.get("valueQuantity").is_none() && shown.get("code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_it_ignored_or_refuses_it() {
    let world = World::new().await;
    let full = world.program("full").await;
    let lenient = full.get("/fhir/Patient?colour=blue").await.expect(200).json();
    let entry = &lenient["entry"][0];
    assert_eq!(
        (entry["search"]["mode"].as_str(), entry["resource"]["resourceType"].as_str()),
        (Some("outcome"), Some("OperationOutcome"))
    );
    assert_eq!(link(&lenient, "self"), Some(format!("{BASE}/fhir/Patient").as_str()));
    let strict = full.send("GET", "/fhir/Patient?colour=blue", &[("prefer", "handling=strict")], "").await.expect(400);
    assert_eq!(strict.json()["issue"][0]["expression"][0], "colour");
    full.get("/fhir/Patient?birthdate=hier").await.expect(400);
    full.get("/fhir/Patient?_page=rubbish").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_histories_and_records_do_not_ignore_in_silence_either() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let strict = [("prefer", "handling=strict")];
    for path in ["", "/_history", "/_history/1", "/$everything"] {
        let path = format!("/fhir/{who}{path}");
        let refused = full.send("GET", &format!("{path}?colour=blue&_count=2&foo=1&foo=2"), &strict, "").await;
        let said: Vec<Value> = refused.expect(400).json()["issue"].as_array().unwrap().clone();
        let names: Vec<&str> = said.iter().filter_map(|issue| issue["expression"][0].as_str()).collect();
        // A read has no pages.
        let count = if path.ends_with("_history") || path.ends_with("$everything") { None } else { Some("_count") };
        assert_eq!(names, ["colour"].into_iter().chain(count).chain(["foo"]).collect::<Vec<_>>(), "{path}");
        assert!(said.iter().all(|issue| issue["code"] == "not-supported"), "{path}");
        full.get(&format!("{path}?colour=blue")).await.expect(200);
        full.send("GET", &format!("{path}?_format=json&_pretty=true"), &strict, "").await.expect(200);
    }
    full.send("GET", &format!("/fhir/{who}?_summary=true&_elements=name"), &strict, "").await.expect(200);
    full.send("GET", "/fhir/_history?colour=blue", &strict, "").await.expect(400);
    // What has room for it says what was passed over, or shows what was understood.
    let own = |page: &Value| link(page, "self").unwrap().replace(&format!("{BASE}/fhir/"), "");
    let history = full.get(&format!("/fhir/{who}/_history?colour=blue&_count=2")).await.json();
    assert_eq!(own(&history), format!("{who}/_history?_count=2"));
    let body = json!({"resourceType": "Parameters", "parameter": [
        {"name": "_type", "valueCode": "Patient"}, {"name": "shape", "valueCoding": {"code": "round"}}]});
    let record = full.post(&format!("/fhir/{who}/$everything"), &body).await.expect(200).json();
    let outcome = record["entry"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&outcome["search"]["mode"], own(&record)),
        (&json!("outcome"), format!("{who}/$everything?_type=Patient"))
    );
    assert_eq!(outcome["resource"]["issue"][0]["expression"][0], "shape");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_self_link_is_a_uri_whatever_was_asked() {
    let world = World::new().await;
    let full = world.program("full").await;
    for asked in ["code=http://loinc.org|29463-7", "code=http://loinc.org%7C29463-7"] {
        let page = full.get(&format!("/fhir/Observation?{asked}")).await.expect(200).json();
        let found = link(&page, "self").unwrap().to_owned();
        assert_eq!(found, format!("{BASE}/fhir/Observation?code=http://loinc.org%7C29463-7"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_types_and_compartments_answer_at_their_address() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let other = create(&full, patient("Quéméner")).await;
    let own = create(&full, weight(&who, 61)).await;
    create(&full, weight(&other, 62)).await;
    let of = |page: &Value| {
        let mut found: Vec<String> = ids(page).iter().map(|url| url.replace(&format!("{BASE}/fhir/"), "")).collect();
        found.sort();
        found
    };
    let page = full.get("/fhir?_type=Patient,Observation&_count=1").await.expect(200).json();
    assert_eq!((page["total"].as_i64(), ids(&page).len()), (Some(4), 1));
    assert_eq!(link(&page, "self"), Some(format!("{BASE}/fhir?_type=Patient,Observation&_count=1").as_str()));
    let mut seen = of(&page);
    let mut next = link(&page, "next").map(str::to_owned);
    while let Some(url) = next {
        let page = full.get(&url).await.expect(200).json();
        seen.extend(of(&page));
        next = link(&page, "next").map(str::to_owned);
    }
    assert_eq!(seen.len(), 4);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let posted = full.send("POST", "/fhir/_search?_type=Patient", &form, "name=le%20goff").await.expect(200).json();
    assert_eq!(of(&posted), [who.as_str()]);
    let page = full.get(&format!("/fhir/{who}/Observation?code=29463-7")).await.expect(200).json();
    assert_eq!(of(&page), [own.as_str()]);
    assert_eq!(link(&page, "self"), Some(format!("{BASE}/fhir/{who}/Observation?code=29463-7").as_str()));
    let mut all = vec![own.clone(), who.clone()];
    all.sort();
    assert_eq!(of(&full.get(&format!("/fhir/{who}/*")).await.expect(200).json()), all);
    assert_eq!(full.get("/fhir/Patient/nobody/*").await.expect(200).json()["total"], 0);
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": format!("{who}/Observation")}},
        {"request": {"method": "GET", "url": "?_type=Patient"}}]});
    let answer = full.post("/fhir", &batch).await.expect(200).json();
    assert_eq!(
        (&answer["entry"][0]["resource"]["total"], &answer["entry"][1]["resource"]["total"]),
        (&1.into(), &2.into())
    );
    // A parameter that one of the types does not know is known by none.
    let lenient = full.get("/fhir?_type=Patient,Observation&name=x").await.expect(200).json();
    assert_eq!(
        (lenient["total"].as_i64(), link(&lenient, "self")),
        (Some(4), Some(format!("{BASE}/fhir?_type=Patient,Observation").as_str()))
    );
    full.send("GET", "/fhir?_type=Patient,Observation&name=x", &[("prefer", "handling=strict")], "").await.expect(400);
    for wrong in ["/fhir?_type=Nope", "/fhir?_type=", "/fhir/Patient/a/*?_type=Practitioner"] {
        full.get(wrong).await.expect(400);
    }
    full.get("/fhir/Observation/a/Patient").await.expect(404);
    full.get("/fhir/Patient/a/Nope").await.expect(404);
}

fn loinc(code: &str) -> Value {
    json!({"coding": [{"system": "http://loinc.org", "code": code}], "text": "Mesure"})
}

/// What is noted of somebody over a day.
fn measure(who: &str, code: &str, value: Value) -> Value {
    let category = "http://terminology.hl7.org/CodeSystem/observation-category";
    let mut made = json!({"resourceType": "Observation", "status": "final", "code": loinc(code),
        "subject": {"reference": who}, "effectivePeriod": {"start": "2026-05-20T08:30:00+02:00", "end": "2026-05-21"},
        "category": [{"coding": [{"system": category, "code": "vital-signs"}]}]});
    if let (Some(made), Value::Object(value)) = (made.as_object_mut(), value) {
        made.extend(value);
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn observations_are_found_by_all_they_say() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let ucum = |value: f64, unit: &str| json!({"value": value, "system": "http://unitsofmeasure.org", "code": unit});
    let mass = measure(&who, "29463-7", json!({"valueQuantity": ucum(61.5, "kg")}));
    let parts = [("8480-6", 141.0), ("8462-4", 82.0)]
        .map(|(code, value)| json!({"code": loinc(code), "valueQuantity": ucum(value, "mm[Hg]")}));
    let pressure = measure(&who, "85354-9", json!({ "component": parts }));
    let words = measure(&who, "8693-4", json!({"valueString": "Souriante, calme"}));
    let concept = measure(&who, "72166-2", json!({"valueCodeableConcept": loinc("LA18978-9")}));
    let mass = create(&full, mass).await;
    let pressure = create(&full, pressure).await;
    let words = create(&full, words).await;
    let concept = create(&full, concept).await;
    let all = [&mass, &pressure, &words, &concept];
    for (query, expected) in [
        ("code=29463-7", vec![&mass]),
        ("code:text=mes&status=final&category=vital-signs", all.to_vec()),
        ("status=http://hl7.org/fhir/observation-status|final", all.to_vec()),
        ("value-quantity=61.5", vec![&mass]),
        ("value-quantity=63", vec![]),
        ("value-quantity=gt61.4|http://unitsofmeasure.org|kg", vec![&mass]),
        ("value-quantity=61.5||kg&patient=Patient/nobody", vec![]),
        ("value-quantity=ap60", vec![&mass]),
        ("value-quantity=le61.5|http://unitsofmeasure.org|g", vec![]),
        ("value-string=souriante%5C, c", vec![&words]),
        ("value-concept=LA18978-9", vec![&concept]),
        ("combo-code=8480-6,29463-7", vec![&mass, &pressure]),
        ("combo-value-quantity=gt140", vec![&pressure]),
        ("component-code=8480-6&component-value-quantity=82", vec![&pressure]),
        (
            "component-code-value-quantity=http://loinc.org|8480-6$lt150|http://unitsofmeasure.org|mm[Hg]",
            vec![&pressure],
        ),
        ("component-code-value-quantity=8480-6$lt90", vec![]),
        ("code-value-quantity=29463-7$61.5", vec![&mass]),
        ("code-value-concept=72166-2$LA18978-9", vec![&concept]),
        ("date=2026-05", all.to_vec()),
        ("date=ge2026-05-20", all.to_vec()),
        ("date=2026-05-20", vec![]),
        ("date=sa2026-05-19&date=eb2026-05-22", all.to_vec()),
        ("value-quantity:missing=true&code:not=8693-4,72166-2", vec![&pressure]),
        (&format!("subject={BASE}/fhir/{who}&code=29463-7"), vec![&mass]),
        ("patient.family=le goff&code=8693-4", vec![&words]),
    ] {
        let page = full.get(&format!("/fhir/Observation?{}", query.replace(' ', "%20"))).await.expect(200).json();
        let mut found: Vec<String> = ids(&page).iter().map(|url| url.replace(&format!("{BASE}/fhir/"), "")).collect();
        let mut wanted: Vec<String> = expected.into_iter().cloned().collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_answered_is_said() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let words = json!({"valueString": "Calme", "note": [{"text": "x"}]});
    create(&full, measure(&who, "8693-4", words)).await;
    let page =
        full.get("/fhir/Observation?code=8693-4&_summary=true&_include=Observation:subject").await.expect(200).json();
    let (shown, included) = (&page["entry"][0]["resource"], &page["entry"][1]["resource"]);
    assert!(shown.get("category").is_none() && shown.get("valueString").is_some() && included.get("name").is_some());
    assert_eq!(shown["meta"]["tag"][0]["code"], "SUBSETTED");
    for refused in
        ["code:in=http://x/vs", "code:not-in=http://x", "code:below=x", "_summary=text&_include=Observation:subject"]
    {
        full.get(&format!("/fhir/Observation?{refused}")).await.expect(400);
    }
    for ignored in ["_filter=x", "_content=x", "_text=x", "_list=x", "_query=x", "_contained=true"] {
        let page = full.get(&format!("/fhir/Observation?{ignored}&_count=1")).await.expect(200).json();
        assert_eq!(link(&page, "self"), Some(format!("{BASE}/fhir/Observation?_count=1").as_str()), "{ignored}");
        full.send("GET", &format!("/fhir/Observation?{ignored}"), &[("prefer", "handling=strict")], "")
            .await
            .expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_goes_through_every_type_that_has_the_parameter() {
    let world = World::new().await;
    let full = world.program("full").await;
    full.put("/fhir/Patient/p", &json!({"resourceType": "Patient", "id": "p", "name": [{"family": "Kermadec"}]}))
        .await
        .expect(201);
    full.put("/fhir/Location/l", &json!({"resourceType": "Location", "id": "l", "name": "Kermadec"})).await.expect(201);
    for (id, subject) in [("a", "Patient/p"), ("b", "Location/l")] {
        let value = json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"},
            "subject": {"reference": subject, "identifier": {"system": "urn:s", "value": id}}});
        full.put(&format!("/fhir/Observation/{id}"), &value).await.expect(201);
    }
    let ids = async |query: &str| {
        let page = full.get(&format!("/fhir/Observation?{query}&_sort=_id")).await.expect(200).json();
        let entries = page["entry"].as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("subject.name=kermadec").await, ["a", "b"]);
    assert_eq!(ids("subject:Location.name=kermadec").await, ["b"]);
    assert_eq!(ids("subject.name=kermadec&status=final").await, ["a", "b"]);
    assert_eq!(ids("subject.name=kermadec&status=amended").await, Vec::<String>::new());
    // A value without its system is of any system.
    assert_eq!(ids("subject:identifier=b").await, ["b"]);
    assert_eq!(ids("subject:identifier=urn:s%7Cb").await, ["b"]);
    assert_eq!(ids("subject:identifier=urn:t%7Cb").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_is_not_its_day() {
    let world = World::new().await;
    let full = world.program("full").await;
    let value = json!({"resourceType": "Patient", "id": "p", "name": [{"family": "Kermadec"}], "birthDate": "1974-12-25",
        "deceasedDateTime": "2015-02-14T13:42:00+00:00"});
    full.put("/fhir/Patient/p", &value).await.expect(201);
    for (query, total) in [
        ("birthdate=1974-12-25", 1),
        ("birthdate=1974-12", 1),
        ("birthdate=1974", 1),
        ("birthdate=1974-12-25T10:00:00Z", 0),
        ("death-date=2015-02-14", 1),
        ("death-date=2015-02-14T13:42:00Z", 1),
        ("death-date=2015-02-14T13:43:00Z", 0),
    ] {
        let page = full.get(&format!("/fhir/Patient?{query}")).await.expect(200).json();
        assert_eq!(page["total"], total, "{query}");
    }
}
