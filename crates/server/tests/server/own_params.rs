//! Search parameters that a house adds: found by at once or refused, never answered in part.

use crate::support::{Program, World, create, patient, weight};
use serde_json::{Value, json};

const PLACE: &str = "http://interopsante.org/fhir/StructureDefinition/birthPlace";

fn parameter(code: &str, kind: &str, base: &[&str], expression: &str) -> Value {
    json!({"resourceType": "SearchParameter", "url": format!("urn:test:{code}"), "name": "Essai", "status": "active",
        "description": "essai", "code": code, "base": base, "type": kind, "expression": expression})
}

fn born_at(family: &str, town: &str) -> Value {
    let mut patient = patient(family);
    patient["extension"] = json!([{"url": PLACE, "valueString": town}]);
    patient
}

async fn found(program: &Program<'_>, search: &str) -> Vec<String> {
    let answer = program.get(&format!("/fhir/{search}")).await.expect(200).json();
    assert_eq!(
        answer["total"].as_u64(),
        answer["entry"].as_array().map(|all| all.len() as u64).or(Some(0)),
        "{answer}"
    );
    let entries = answer["entry"].as_array().into_iter().flatten();
    let mut ids: Vec<String> = entries
        .map(|entry| {
            format!(
                "{}/{}",
                entry["resource"]["resourceType"].as_str().unwrap(),
                entry["resource"]["id"].as_str().unwrap()
            )
        })
        .collect();
    ids.sort();
    ids
}

/// Everything that is to be indexed is.
async fn indexed(world: &World) {
    while app::own_params::index(&world.app).await.unwrap() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_parameter_finds_what_was_there_and_what_comes() {
    let world = World::new().await;
    let program = world.program("full").await;
    let before = create(&program, born_at("Durand", "Quimper")).await;
    create(&program, born_at("Petit", "Brest")).await;
    create(&program, patient("Martin")).await;
    let strict = [("prefer", "handling=strict")];
    let search = "/fhir/Patient?birth-town=quimp";
    program.send("GET", search, &strict, "").await.expect(400);
    let expression = format!("Patient.extension('{PLACE}').value");
    let at = create(&program, parameter("birth-town", "string", &["Patient"], &expression)).await;
    let during = create(&program, born_at("Roux", "Quimperlé")).await;
    // Not yet everything: no answer at all, even where what is unknown is passed over.
    for headers in [&strict[..], &[]] {
        let refused = program.send("GET", search, headers, "").await.expect(400).json();
        assert_eq!(refused["issue"][0]["code"], "transient", "{refused}");
    }
    assert!(!program.get("/fhir/metadata").await.text().contains("birth-town"));
    indexed(&world).await;
    assert!(program.get("/fhir/metadata").await.text().contains("birth-town"));
    let after = create(&program, born_at("Blanc", "Quimper")).await;
    let mut all = vec![before.clone(), during, after.clone()];
    all.sort();
    assert_eq!(found(&program, "Patient?birth-town=quimp&_total=accurate").await, all);
    let weighed = create(&program, weight(&before, 60)).await;
    assert_eq!(found(&program, "Observation?patient.birth-town=quimper&_total=accurate").await, [weighed]);
    assert_eq!(found(&program, "Patient?birth-town:exact=Quimper&_total=accurate").await.len(), 2);
    assert_eq!(found(&program, "Patient?birth-town:missing=true&_total=accurate").await.len(), 1);
    let mut moved = program.get(&format!("/fhir/{after}")).await.json();
    moved["extension"][0]["valueString"] = json!("Brest");
    program.put(&format!("/fhir/{after}"), &moved).await.expect(200);
    assert_eq!(found(&program, "Patient?birth-town=brest&_total=accurate").await.len(), 2);
    // Another definition begins anew; the former one answers nothing meanwhile.
    let mut other = program.get(&format!("/fhir/{at}")).await.json();
    other["expression"] = json!("Patient.maritalStatus.text");
    program.put(&format!("/fhir/{at}"), &other).await.expect(200);
    program.send("GET", search, &strict, "").await.expect(400);
    indexed(&world).await;
    assert_eq!(found(&program, "Patient?birth-town=quimper&_total=accurate").await, [] as [String; 0]);
    program.send("DELETE", &format!("/fhir/{at}"), &[], "").await.expect(204);
    program.send("GET", search, &strict, "").await.expect(400);
    indexed(&world).await;
    assert!(!program.get("/fhir/metadata").await.text().contains("birth-town"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_and_form_is_followed() {
    let world = World::new().await;
    let program = world.program("full").await;
    let mut one = patient("Durand");
    one["extension"] = json!([
        {"url": "urn:x:coded", "valueCodeableConcept": {"coding": [{"system": "urn:s", "code": "a"}]}},
        {"url": "urn:x:code", "valueCode": "b"},
        {"url": "urn:x:date", "valueDate": "2020-05-01"},
        {"url": "urn:x:number", "valueInteger": 12},
        {"url": "urn:x:ref", "valueReference": {"reference": "Organization/o1"}},
        {"url": "urn:x:outer", "extension": [{"url": "inner", "valueUri": "urn:z:1"}]}]);
    let at = create(&program, one).await;
    create(&program, patient("Petit")).await;
    for (code, kind, expression) in [
        ("x-coded", "token", "Patient.extension('urn:x:coded').value.ofType(CodeableConcept)"),
        ("x-code", "token", "Patient.extension.where(url='urn:x:code').value"),
        ("x-date", "date", "(Patient.extension('urn:x:date').value as date)"),
        ("x-number", "number", "Patient.extension('urn:x:number').value"),
        ("x-ref", "reference", "Patient.extension('urn:x:ref').value"),
        ("x-uri", "uri", "Patient.extension('urn:x:outer').extension('inner').value"),
        ("x-phone", "token", "Practitioner.telecom | Patient.telecom.where(system='phone')"),
    ] {
        let mut value = parameter(code, kind, &["Patient"], expression);
        value["target"] = json!(["Organization"]);
        program.post("/fhir/SearchParameter", &value).await.expect(201);
    }
    indexed(&world).await;
    for query in
        ["x-coded=urn:s|a", "x-code=b", "x-date=2020-05", "x-number=12", "x-ref=Organization/o1", "x-uri=urn:z:1"]
    {
        assert_eq!(found(&program, &format!("Patient?{query}&_total=accurate")).await, [at.as_str()], "{query}");
    }
    for query in ["x-coded=urn:s|b", "x-code=c", "x-date=2021", "x-number=13", "x-ref=o2", "x-uri=urn:z:2", "x-phone=1"]
    {
        assert_eq!(found(&program, &format!("Patient?{query}&_total=accurate")).await, [] as [String; 0], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_followed_is_refused_with_its_path() {
    let world = World::new().await;
    let program = world.program("full").await;
    let beyond = [
        "Patient.name.first().given",
        "Patient.name.where(use='official' and given='a')",
        "Patient.name.where(use!='official')",
        "Patient.name.given.exists() and Patient.active",
        "Patient.children()",
        "Patient.name.select(given)",
        "Patient.name.given + Patient.name.family",
        "name.given",
        "Observation.code",
        "%resource.id",
        "Patient.extension(url).value",
        "Patient.name | Patient.telecom.where(",
    ];
    for expression in beyond {
        let answer = program.post("/fhir/SearchParameter", &parameter("x", "string", &["Patient"], expression)).await;
        let answer = answer.expect(422).json();
        assert_eq!(answer["issue"][0]["expression"][0], "SearchParameter.expression", "{expression}: {answer}");
    }
    let name = parameter("name", "string", &["Patient"], "Patient.name.text");
    let special = parameter("x", "special", &["Patient"], "Patient.name.text");
    let all = parameter("x", "string", &["Resource"], "Resource.id");
    for (wrong, path) in [(name, "code"), (special, "type"), (all, "base")] {
        let answer = program.post("/fhir/SearchParameter", &wrong).await.expect(422).json();
        assert_eq!(answer["issue"][0]["expression"][0], format!("SearchParameter.{path}"), "{answer}");
    }
    // What R4 defines, a draft, and one without an expression are kept, and change nothing.
    let mut draft = parameter("x", "string", &["Patient"], "Patient.children()");
    draft["status"] = json!("draft");
    let mut standard = parameter("name", "string", &["Patient"], "Patient.name");
    standard["url"] = json!("http://hl7.org/fhir/SearchParameter/Patient-name");
    for kept in [draft, standard] {
        program.post("/fhir/SearchParameter", &kept).await.expect(201);
    }
    assert!(!app::own_params::index(&world.app).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_program_with_every_right_decides_and_a_name_is_taken_once() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let value = parameter("x", "string", &["Patient"], "Patient.name.text");
    limited.post("/fhir/SearchParameter", &value).await.expect(422);
    let at = create(&full, value.clone()).await;
    full.post("/fhir/SearchParameter", &value).await.expect(422);
    let refused = limited.send("DELETE", &format!("/fhir/{at}"), &[], "").await;
    assert!(matches!(refused.status, 404 | 422 | 403), "{}", refused.status);
    let elsewhere = parameter("x", "string", &["Practitioner"], "Practitioner.name.text");
    full.post("/fhir/SearchParameter", &elsewhere).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn indexing_beside_writers_loses_nothing() {
    let world = World::new().await;
    let program = world.program("full").await;
    let expression = format!("Patient.extension('{PLACE}').value");
    for number in 0..30 {
        create(&program, born_at(&format!("Avant{number}"), "Quimper")).await;
    }
    tokio::spawn(server::keep_index(world.app.clone(), std::future::pending()));
    let writing = async {
        for number in 0..30 {
            create(&program, born_at(&format!("Pendant{number}"), "Quimper")).await;
        }
    };
    let defining = create(&program, parameter("birth-town", "string", &["Patient"], &expression));
    tokio::join!(writing, defining);
    for _ in 0..200 {
        let answer = program.get("/fhir/Patient?birth-town=quimper&_summary=count").await;
        if answer.status == 200 {
            assert_eq!(answer.json()["total"], 60);
            return;
        }
        assert_eq!(answer.status, 400);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    unreachable!("never indexed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_parameter_sorts() {
    let world = World::new().await;
    let program = world.program("full").await;
    let quimper = create(&program, born_at("Durand", "Quimper")).await;
    let brest = create(&program, born_at("Petit", "Brest")).await;
    let nowhere = create(&program, patient("Martin")).await;
    let expression = format!("Patient.extension('{PLACE}').value");
    create(&program, parameter("birth-town", "string", &["Patient"], &expression)).await;
    program.get("/fhir/Patient?_sort=birth-town").await.expect(400);
    let weighed = [create(&program, weight(&brest, 60)).await, create(&program, weight(&quimper, 61)).await];
    let when = parameter("x-when", "date", &["Observation"], "Observation.effective");
    create(&program, when).await;
    indexed(&world).await;
    let order = async |asked: &str| {
        let (mut url, mut all) = (format!("/fhir/{asked}&_count=1"), Vec::new());
        loop {
            let page = program.get(&url).await.expect(200).json();
            let entry = &page["entry"][0]["resource"];
            all.push(format!("{}/{}", entry["resourceType"].as_str().unwrap(), entry["id"].as_str().unwrap()));
            let next = page["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next");
            match next {
                Some(next) => url = next["url"].as_str().unwrap().to_owned(),
                None => return all,
            }
        }
    };
    assert_eq!(order("Patient?_sort=birth-town").await, [brest.clone(), quimper.clone(), nowhere.clone()]);
    assert_eq!(order("Patient?_sort=-birth-town").await, [quimper, brest, nowhere]);
    assert_eq!(order("Observation?_sort=x-when,_id").await.len(), 2);
    assert_eq!(order("Observation?_sort=-x-when").await, [weighed[1].clone(), weighed[0].clone()]);
    program.get("/fhir?_type=Patient,Observation&_sort=birth-town").await.expect(400);
}
