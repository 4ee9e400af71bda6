//! Operations: a whole record, labels and tags, what programs ask first.

use crate::support::{BASE, Program, World, create, patient, secret_condition, send, weight};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn names(bundle: &Value) -> Vec<(String, String)> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let name = |entry: &Value| {
        let (kind, id) = (&entry["resource"]["resourceType"], &entry["resource"]["id"]);
        let mode = entry["search"]["mode"].as_str().unwrap().to_owned();
        (format!("{}/{}", kind.as_str().unwrap(), id.as_str().unwrap()), mode)
    };
    entries.iter().map(name).collect()
}

fn of_mode(bundle: &Value, mode: &str) -> Vec<String> {
    names(bundle).into_iter().filter(|(_, given)| given == mode).map(|(name, _)| name).collect()
}

/// A person with a weight by someone of an organisation, and a secret; somebody else with a weight.
async fn record(full: &Program<'_>) -> [String; 5] {
    let house = create(full, json!({"resourceType": "Organization", "name": "Maison"})).await;
    let role = json!({"resourceType": "PractitionerRole", "organization": {"reference": house}});
    let role = create(full, role).await;
    let who = create(full, patient("Le Goff")).await;
    let mut measure = weight(&who, 61);
    measure["performer"] = json!([{"reference": role}]);
    let measure = create(full, measure).await;
    let secret = create(full, secret_condition(&who)).await;
    let other = create(full, patient("Autre")).await;
    create(full, weight(&other, 70)).await;
    [who, measure, secret, role, house]
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_a_record_and_what_it_refers_to() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let [who, measure, secret, role, house] = record(&full).await;
    let path = format!("/fhir/{who}/$everything");
    let all = full.get(&path).await.expect(200).json();
    assert_eq!((all["type"].as_str(), all["total"].as_i64()), (Some("searchset"), Some(3)));
    let mut matches = of_mode(&all, "match");
    assert_eq!(matches.remove(0), who);
    matches.sort();
    assert_eq!(matches, [secret.clone(), measure.clone()]);
    let mut included = of_mode(&all, "include");
    included.sort();
    assert_eq!(included, [house.clone(), role.clone()]);
    let seen = limited.get(&path).await.expect(200);
    assert!(!seen.text().contains(secret.split_once('/').unwrap().1));
    assert_eq!((seen.json()["total"].as_i64(), of_mode(&seen.json(), "match")), (Some(2), vec![who.clone(), measure]));
    let elsewhere = world.program("elsewhere").await;
    let (hidden, absent) = (elsewhere.get(&path).await, elsewhere.get("/fhir/Patient/nobody/$everything").await);
    assert_eq!(hidden.expect(404).body, absent.expect(404).body);
}

/// Whatever an item refers to is on some page, once.
#[tokio::test(flavor = "multi_thread")]
async fn everything_loses_nothing_of_what_a_page_refers_to() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let post = |resource: Value, url: &str| json!({"resource": resource, "request": {"method": "PUT", "url": url}});
    let many = |from: usize, to: usize| {
        let one = |n| {
            post(
                json!({"resourceType": "Practitioner", "id": format!("d{n}"), "active": true}),
                &format!("Practitioner/d{n}"),
            )
        };
        (from..to).map(one).collect::<Vec<_>>()
    };
    let all = json!({"resourceType": "Bundle", "type": "transaction", "entry": many(0, 2_600)});
    full.post("/fhir", &all).await.expect(200);
    // One item with more than a page holds, and several that are too many together.
    for (from, to) in [(0, 2_300), (2_200, 2_500), (1_800, 2_550), (2_000, 2_600)] {
        let member = |n| json!({"item": {"reference": format!("Practitioner/d{n}")}});
        let list = json!({"resourceType": "List", "status": "current", "mode": "working", "subject": {"reference": who},
            "entry": (from..to).map(member).collect::<Vec<_>>()});
        create(&full, list).await;
    }
    for query in ["", "?_count=3", "?_type=List,Practitioner"] {
        let (mut next, mut seen, mut lists) = (Some(format!("/fhir/{who}/$everything{query}")), BTreeSet::new(), 0);
        let mut pages = 0;
        while let Some(url) = next {
            let page = full.get(&url).await.expect(200).json();
            let entries = page["entry"].as_array().cloned().unwrap_or_default();
            assert!(entries.len() <= 1_500);
            for resource in entries.iter().map(|entry| &entry["resource"]) {
                lists += usize::from(resource["resourceType"] == "List");
                if resource["resourceType"] == "Practitioner" {
                    seen.insert(resource["id"].as_str().unwrap().to_owned());
                }
            }
            let links = page["link"].as_array().unwrap();
            next = links
                .iter()
                .find(|link| link["relation"] == "next")
                .map(|link| link["url"].as_str().unwrap().to_owned());
            pages += 1;
            assert!(pages < 50);
        }
        assert_eq!((lists, seen.len()), (4, 2_600), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_narrowed_and_paged() {
    let world = World::new().await;
    let full = world.program("full").await;
    let [who, measure, secret, role, house] = record(&full).await;
    let path = format!("/fhir/{who}/$everything");
    let found = async |query: &str| full.get(&format!("{path}?{query}")).await.expect(200).json();
    // A condition of which no end is told goes on.
    let care = async |start: &str, end: &str| {
        let body = json!({"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"reference": who},
            "period": {"start": start, "end": end}});
        create(&full, body).await
    };
    let (during, _) = (care("2026-05-01", "2026-05-15").await, care("2026-05-01", "2026-05-09").await);
    let mut healed = json!({"resourceType": "Condition", "subject": {"reference": who}, "code": {"text": "rhume"}});
    (healed["onsetDateTime"], healed["abatementDateTime"]) = (json!("2026-04-02"), json!("2026-05-09"));
    healed["clinicalStatus"] = json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
        "code": "resolved"}]});
    let healed = create(&full, healed).await;
    let mut started = of_mode(&found("start=2026-05-10").await, "match");
    started.sort();
    let mut expected = vec![who.clone(), measure.clone(), during, secret.clone()];
    expected.sort();
    assert_eq!(started, expected);
    assert!(of_mode(&found("start=2026-05-09").await, "match").contains(&healed));
    assert!(!of_mode(&found("start=2026-05-10&end=2026-05-11").await, "match").contains(&measure));
    for plan in full.get("/fhir/CarePlan").await.json()["entry"].as_array().unwrap() {
        full.send("DELETE", &format!("/fhir/CarePlan/{}", plan["resource"]["id"].as_str().unwrap()), &[], "").await;
    }
    full.send("DELETE", &format!("/fhir/{healed}"), &[], "").await.expect(204);
    assert_eq!(of_mode(&found("end=2026-05-10").await, "match"), [who.clone(), secret.clone()]);
    assert_eq!(names(&found("_type=Observation").await), [(measure.clone(), "match".to_owned())]);
    let professionals = found("_type=PractitionerRole,Patient").await;
    assert_eq!((of_mode(&professionals, "match"), of_mode(&professionals, "include")), (vec![who.clone()], vec![role]));
    assert!(names(&found("_since=2026-06-01T00:00:00Z").await).is_empty());
    let mut placed = patient("Placé");
    placed["managingOrganization"] = json!({"reference": house});
    let placed = create(&full, placed).await;
    for (since, count) in [("2026-01-01T00:00:00Z", 2), ("2099-01-01T00:00:00Z", 0)] {
        let all = full.get(&format!("/fhir/{placed}/$everything?_since={since}")).await.expect(200).json();
        assert_eq!(names(&all).len(), count, "{since}");
    }
    assert_eq!(of_mode(&found("_since=2026-05-28T00:00:00Z").await, "match").len(), 3);
    for bad in ["_type=Nope", "start=hier", "_count=x", "_page=abc"] {
        full.get(&format!("{path}?{bad}")).await.expect(400);
    }
    let (mut next, mut all) = (format!("{path}?_count=1&_type=Patient,Observation,Condition"), Vec::new());
    for _ in 0..5 {
        let page = full.get(&next).await.expect(200).json();
        all.extend(of_mode(&page, "match"));
        let links = page["link"].as_array().unwrap();
        let Some(link) = links.iter().find(|link| link["relation"] == "next") else { break };
        next = link["url"].as_str().unwrap().to_owned();
    }
    all.sort();
    let mut expected = vec![who.clone(), measure, secret];
    expected.sort();
    assert_eq!(all, expected);
    let body = json!({"resourceType": "Parameters", "parameter": [{"name": "_type", "valueCode": "Patient"}]});
    assert_eq!(names(&full.post(&path, &body).await.expect(200).json()).len(), 1);
    assert_eq!(of_mode(&full.send("POST", &path, &[], "").await.expect(200).json(), "match").len(), 3);
}

/// What began in 2020 about somebody: what goes on, what has ended.
fn begun(who: &str) -> [Vec<Value>; 2] {
    let with = |mut body: Value, more: Value| {
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let subject = json!({"reference": who});
    let allergy = |code: &str| {
        let system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
        json!({"resourceType": "AllergyIntolerance", "patient": subject, "recordedDate": "2020-02-01", "code": {"text": "latex"},
            "clinicalStatus": {"coding": [{"system": system, "code": code}]}})
    };
    let drug = |status: &str, more: Value| {
        let body = json!({"resourceType": "MedicationRequest", "subject": subject, "status": status, "intent": "order",
            "authoredOn": "2020-02-01", "medicationCodeableConcept": {"text": "x"}});
        with(body, more)
    };
    let order = |more: Value| {
        let body = json!({"resourceType": "ServiceRequest", "subject": subject, "status": "active", "intent": "order",
            "authoredOn": "2020-02-01"});
        with(body, more)
    };
    let goal = |status: &str| {
        json!({"resourceType": "Goal", "subject": subject, "lifecycleStatus": status, "startDate": "2020-02-01",
            "description": {"text": "x"}})
    };
    let events = |day: &str| json!({"dosageInstruction": [{"timing": {"event": [day]}}]});
    let open = json!({"occurrencePeriod": {"start": "2020-02-01"}});
    let (active, stopped) = (drug("active", json!({})), drug("stopped", json!({})));
    let (later, before) = (drug("active", events("2026-05-11")), drug("active", events("2020-02-03")));
    let done = order(json!({"occurrenceDateTime": "2020-02-03"}));
    [
        vec![allergy("active"), active, later, order(json!({})), order(open), goal("active")],
        vec![allergy("resolved"), stopped, before, done, goal("completed")],
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_goes_on_until_something_says_that_it_has_ended() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let ([standing, ended], mut expected) = (begun(&who), vec![who.clone()]);
    for one in standing {
        expected.push(create(&full, one).await);
    }
    for one in ended {
        create(&full, one).await;
    }
    let found = async |query: &str| {
        of_mode(&full.get(&format!("/fhir/{who}/$everything?{query}")).await.expect(200).json(), "match")
    };
    let mut seen = found("start=2026-05-10&end=2026-05-12").await;
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    assert_eq!(found("end=2019-12-31").await, [who], "nothing that began after");
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_that_are_not_there_say_so() {
    let world = World::new().await;
    let full = world.program("full").await;
    for path in ["/fhir/$nope", "/fhir/Patient/$nope", "/fhir/Patient/a/$nope", "/fhir/Observation/a/$everything"] {
        let issue = full.get(path).await.expect(404).json()["issue"][0].clone();
        assert_eq!(issue["code"], "not-supported", "{path}");
    }
    let whole = full.get("/fhir/Patient/$everything").await.expect(400).json();
    assert_eq!(whole["issue"][0]["code"], "not-supported");
    full.get("/fhir/Patient/a/$meta-add").await.expect(405);
    full.send("DELETE", "/fhir/Patient/a/$everything", &[], "").await.expect(405);
    full.send("PUT", "/fhir/$meta", &[], "{}").await.expect(405);
    send(&world.router, "GET", "/fhir/$meta", &[], "").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_come_and_go_but_not_labels_of_the_server() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let [who, _, secret, ..] = record(&full).await;
    let meta =
        |value: Value| json!({"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": value}]});
    let tag = meta(json!({"tag": [{"system": "urn:t", "code": "suivi"}]}));
    let added = full.post(&format!("/fhir/{who}/$meta-add"), &tag).await.expect(200).json();
    let returned = &added["parameter"][0]["valueMeta"];
    assert_eq!((returned["tag"][0]["code"].as_str(), returned["versionId"].as_str()), (Some("suivi"), Some("2")));
    let again = full.post(&format!("/fhir/{who}/$meta-add"), &tag).await.expect(200).json();
    assert_eq!(again["parameter"][0]["valueMeta"]["versionId"], "2");
    assert_eq!(full.get("/fhir/Patient?_tag=urn:t%7Csuivi").await.expect(200).json()["total"], 1);
    let type_level = full.get("/fhir/Patient/$meta").await.expect(200).json();
    assert_eq!(type_level["parameter"][0]["valueMeta"]["tag"][0]["code"], "suivi");
    let removed = full.post(&format!("/fhir/{who}/$meta-delete"), &tag).await.expect(200).json();
    assert!(removed["parameter"][0]["valueMeta"].get("tag").is_none());

    let labels = full.get(&format!("/fhir/{secret}/$meta")).await.expect(200).json();
    let own = labels["parameter"][0]["valueMeta"]["security"].clone();
    assert!(!own.as_array().unwrap().is_empty());
    let wish = meta(json!({"security": own}));
    let refused = full.post(&format!("/fhir/{secret}/$meta-delete"), &wish).await.expect(422).json();
    assert_eq!(refused["issue"][0]["code"], "business-rule");
    let lower = meta(
        json!({"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "L"}]}),
    );
    full.post(&format!("/fhir/{secret}/$meta-add"), &lower).await;
    limited.get(&format!("/fhir/{secret}")).await.expect(404);
    limited.get(&format!("/fhir/{secret}/$meta")).await.expect(404);
    let (whole, part) = (full.get("/fhir/$meta").await.expect(200), limited.get("/fhir/$meta").await.expect(200));
    let code = own[0]["code"].as_str().unwrap();
    let tells = |answer: &crate::support::Answer| answer.text().contains(&format!("\"{code}\""));
    assert!(tells(&whole) && !tells(&part));
    full.post(&format!("/fhir/{who}/$meta-add"), &json!({"resourceType": "Parameters"})).await.expect(400);
    full.send("POST", &format!("/fhir/{who}/$meta-add"), &[], "").await.expect(400);
    let reader = world.program("reader").await;
    reader.post(&format!("/fhir/{who}/$meta-add"), &tag).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_find_where_tokens_are_given() {
    let world = World::new().await;
    let path = "/fhir/.well-known/smart-configuration";
    let answer = send(&world.router, "GET", path, &[("accept", "application/json")], "").await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let smart = answer.json();
    let token = format!("{BASE}/oauth/token");
    assert_eq!((&smart["token_endpoint"], smart.get("authorization_endpoint")), (&json!(token), None));
    let form = "grant_type=client_credentials&client_id=full&client_secret=secret-full";
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let given = send(&world.router, "POST", &token, &headers, form).await.expect(200).json();
    assert!(smart["scopes_supported"].as_array().unwrap().contains(&given["scope"]));
    send(&world.router, "POST", path, &[], "").await.expect(405);
    let metadata = send(&world.router, "GET", "/fhir/metadata", &[], "").await.expect(200).json();
    let said = &metadata["rest"][0]["security"]["extension"][0]["extension"][0];
    assert_eq!((said["url"].as_str(), said["valueUri"].as_str()), (Some("token"), Some(token.as_str())));
}
