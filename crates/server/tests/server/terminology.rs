//! Code lists: what they hold, what is in them, what a code means; and what is not known is said not to be.
#![expect(clippy::needless_pass_by_value, reason = "json! makes values")]

use crate::support::{Program, World, create, patient};
use serde_json::{Value, json};

/// Foods: fruit (apple, pear), bread (old), everything under food; a property `season`.
fn foods() -> Value {
    let season = |code: &str| json!([{"code": "season", "valueCode": code}]);
    json!({"resourceType": "CodeSystem", "url": "urn:essai:aliments", "version": "2", "name": "Aliments",
        "status": "active", "content": "complete", "caseSensitive": true,
        "property": [{"code": "season", "type": "code"}, {"code": "inactive", "type": "boolean"}],
        "concept": [{"code": "food", "display": "Aliment", "concept": [
            {"code": "fruit", "display": "Fruit", "definition": "Ce qui se cueille.", "concept": [
                {"code": "apple", "display": "Pomme à cuire", "property": season("autumn"),
                    "designation": [{"language": "en", "value": "Cooking apple"}]},
                {"code": "pear", "display": "Poire", "property": season("summer")}]},
            {"code": "bread", "display": "Pain", "property": [{"code": "inactive", "valueBoolean": true}]}]}]})
}

fn set(name: &str, include: Value, exclude: Value) -> Value {
    let mut compose = json!({"include": include});
    if exclude != json!([]) {
        compose["exclude"] = exclude;
    }
    json!({"resourceType": "ValueSet", "url": format!("urn:essai:liste:{name}"), "status": "active",
        "name": name, "compose": compose})
}

fn of(filters: Value) -> Value {
    json!([{"system": "urn:essai:aliments", "filter": filters}])
}

fn filter(property: &str, op: &str, value: &str) -> Value {
    json!([{"property": property, "op": op, "value": value}])
}

fn codes(expansion: &Value) -> Vec<&str> {
    let all = expansion["expansion"]["contains"].as_array();
    all.into_iter().flatten().map(|one| one["code"].as_str().unwrap()).collect()
}

/// The codes of a value set that is sent.
async fn expanded(full: &Program<'_>, set: Value) -> Vec<String> {
    let body = json!({"resourceType": "Parameters", "parameter": [{"name": "valueSet", "resource": set}]});
    let answer = full.post("/fhir/ValueSet/$expand", &body).await.expect(200).json();
    codes(&answer).into_iter().map(str::to_owned).collect()
}

fn value<'a>(parameters: &'a Value, name: &str) -> Option<&'a Value> {
    let found = parameters["parameter"].as_array().unwrap().iter().find(|one| one["name"] == name)?;
    found.as_object().unwrap().iter().find(|(key, _)| key.starts_with("value")).map(|(_, value)| value)
}

async fn is_in(full: &Program<'_>, path: &str) -> Value {
    full.get(path).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn expands_what_is_listed_filtered_imported_and_excluded() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, foods()).await;
    let none = json!([]);
    assert_eq!(
        expanded(&full, set("tout", of(none.clone()), none.clone())).await,
        ["food", "fruit", "apple", "pear", "bread"]
    );
    for (rule, expected) in [
        (filter("concept", "is-a", "fruit"), vec!["fruit", "apple", "pear"]),
        (filter("concept", "descendent-of", "fruit"), vec!["apple", "pear"]),
        (filter("concept", "is-not-a", "fruit"), vec!["food", "bread"]),
        (filter("concept", "generalizes", "apple"), vec!["food", "fruit", "apple"]),
        (filter("season", "=", "summer"), vec!["pear"]),
        (filter("season", "exists", "false"), vec!["food", "fruit", "bread"]),
        (filter("code", "in", "apple, bread"), vec!["apple", "bread"]),
        (filter("parent", "=", "food"), vec!["fruit", "bread"]),
        (filter("concept", "=", "pear"), vec!["pear"]),
    ] {
        assert_eq!(expanded(&full, set("x", of(rule.clone()), none.clone())).await, expected, "{rule}");
    }
    let listed = json!([{"system": "urn:ailleurs", "concept": [{"code": "a", "display": "A"}, {"code": "b"}]}]);
    create(&full, set("liste", listed, none.clone())).await;
    let imports = json!([{"valueSet": ["urn:essai:liste:liste"]}, {"system": "urn:essai:aliments"}]);
    let without = json!([{"system": "urn:essai:aliments", "filter": filter("concept", "is-a", "fruit")},
        {"system": "urn:ailleurs", "concept": [{"code": "b"}]}]);
    assert_eq!(expanded(&full, set("y", imports, without)).await, ["a", "food", "bread"]);
    let both = json!([{"system": "urn:essai:aliments", "valueSet": ["urn:essai:liste:fruits"]}]);
    create(&full, set("fruits", of(filter("concept", "descendent-of", "fruit")), none.clone())).await;
    assert_eq!(expanded(&full, set("z", both, none)).await, ["apple", "pear"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn gives_a_list_page_by_page_and_filtered() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, foods()).await;
    let stored = create(&full, set("tout", json!([{"system": "urn:essai:aliments"}]), json!([]))).await;
    let url = "/fhir/ValueSet/$expand?url=urn:essai:liste:tout";
    let answer = full.get(&format!("{url}&count=2&offset=1")).await.expect(200).json();
    assert_eq!((codes(&answer), &answer["expansion"]["total"]), (vec!["fruit", "apple"], &json!(5)));
    assert_eq!((&answer["url"], answer.get("compose")), (&json!("urn:essai:liste:tout"), None));
    let issues = full.post("/fhir/ValueSet/$validate", &answer).await.expect(200).json();
    assert_eq!(issues["issue"][0]["severity"], "information", "{issues}");
    let apple = &answer["expansion"]["contains"][1];
    assert_eq!(
        (&apple["system"], &apple["display"], &apple["version"]),
        (&json!("urn:essai:aliments"), &json!("Pomme à cuire"), &json!("2"))
    );
    for (more, expected) in [
        ("&filter=pomme", vec!["apple"]),
        ("&filter=CUIRE%20pom", vec!["apple"]),
        ("&filter=cooking", vec!["apple"]),
        ("&filter=zz", vec![]),
        ("&activeOnly=true", vec!["food", "fruit", "apple", "pear"]),
        ("&count=0", vec![]),
    ] {
        assert_eq!(codes(&full.get(&format!("{url}{more}")).await.expect(200).json()), expected, "{more}");
    }
    let by_id = full.get(&format!("/fhir/{stored}/$expand?includeDesignations=true")).await.expect(200).json();
    assert_eq!(by_id["expansion"]["contains"][2]["designation"][0]["value"], "Cooking apple");
    let r4 =
        full.get("/fhir/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender").await.expect(200);
    assert_eq!(codes(&r4.json()).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_it_cannot_answer() {
    let world = World::new().await;
    let full = world.program("full").await;
    let code = |answer: Value| answer["issue"][0]["code"].as_str().unwrap().to_owned();
    let none = full.get("/fhir/ValueSet/$expand?url=urn:nulle-part").await.expect(404).json();
    assert_eq!(code(none), "not-found");
    let snomed = json!([{"system": "http://snomed.info/sct", "filter": filter("concept", "is-a", "1")}]);
    let stored = create(&full, set("snomed", snomed, json!([]))).await;
    assert_eq!(code(full.get(&format!("/fhir/{stored}/$expand")).await.expect(404).json()), "not-found");
    full.get(&format!("/fhir/{stored}/$validate-code?system=http://snomed.info/sct&code=2")).await.expect(404);
    let regex = create(&full, set("regex", of(filter("code", "regex", "a.*")), json!([]))).await;
    assert_eq!(code(full.get(&format!("/fhir/{regex}/$expand")).await.expect(400).json()), "not-supported");
    let itself = create(&full, set("soi", json!([{"valueSet": ["urn:essai:liste:soi"]}]), json!([]))).await;
    full.get(&format!("/fhir/{itself}/$expand")).await.expect(422);
    let many: Vec<Value> = (0..10_001).map(|number| json!({"code": format!("c{number}")})).collect();
    let long = create(&full, set("long", json!([{"system": "urn:long", "concept": many}]), json!([]))).await;
    assert_eq!(code(full.get(&format!("/fhir/{long}/$expand")).await.expect(422).json()), "too-costly");
    assert_eq!(codes(&full.get(&format!("/fhir/{long}/$expand?count=3")).await.expect(200).json()), ["c0", "c1", "c2"]);
    full.get("/fhir/ValueSet/$expand").await.expect(400);
    full.get("/fhir/ValueSet/$expand?url=urn:x&context=y").await.expect(400);
    full.get("/fhir/ValueSet/nobody/$expand").await.expect(404);
    full.get("/fhir/Patient/$expand").await.expect(404);
    full.get("/fhir/CodeSystem/$lookup?system=http://loinc.org&code=29463-7").await.expect(404);
    full.send("DELETE", "/fhir/ValueSet/$expand?url=urn:x", &[], "").await.expect(405);
}

#[tokio::test(flavor = "multi_thread")]
async fn judges_codes_and_their_names() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, foods()).await;
    create(&full, set("fruits", of(filter("concept", "is-a", "fruit")), json!([]))).await;
    let path = "/fhir/ValueSet/$validate-code?url=urn:essai:liste:fruits&system=urn:essai:aliments";
    let apple = is_in(&full, &format!("{path}&code=apple&display=Cooking%20apple")).await;
    assert_eq!(
        (value(&apple, "result"), value(&apple, "display")),
        (Some(&json!(true)), Some(&json!("Pomme à cuire")))
    );
    for wrong in ["&code=bread", "&code=none", "&code=apple&display=Poire", "&code=Apple"] {
        let answer = is_in(&full, &format!("{path}{wrong}")).await;
        assert_eq!(value(&answer, "result"), Some(&json!(false)), "{wrong}");
        assert!(value(&answer, "message").is_some());
    }
    let concept =
        json!({"coding": [{"system": "urn:x", "code": "1"}, {"system": "urn:essai:aliments", "code": "pear"}]});
    let body = json!({"resourceType": "Parameters", "parameter": [
        {"name": "url", "valueUri": "urn:essai:liste:fruits"}, {"name": "codeableConcept", "valueCodeableConcept": concept}]});
    let answer = full.post("/fhir/ValueSet/$validate-code", &body).await.expect(200).json();
    assert_eq!(value(&answer, "result"), Some(&json!(true)));
    let gender = "/fhir/ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender\
        &system=http://hl7.org/fhir/administrative-gender&code=";
    assert_eq!(value(&is_in(&full, &format!("{gender}female")).await, "result"), Some(&json!(true)));
    assert_eq!(value(&is_in(&full, &format!("{gender}f")).await, "result"), Some(&json!(false)));
    full.get(&gender.replace("&system=http://hl7.org/fhir/administrative-gender", "").replace("code=", "code=female"))
        .await
        .expect(400);
    for (query, expected) in [
        ("url=urn:essai:aliments&code=pear", true),
        ("url=urn:essai:aliments&code=pear&version=2", true),
        ("url=urn:essai:aliments&code=plum", false),
        ("url=http://hl7.org/fhir/administrative-gender&code=male", true),
        ("url=http://hl7.org/fhir/administrative-gender&code=m", false),
    ] {
        let answer = is_in(&full, &format!("/fhir/CodeSystem/$validate-code?{query}")).await;
        assert_eq!(value(&answer, "result"), Some(&json!(expected)), "{query}");
    }
    full.get("/fhir/CodeSystem/$validate-code?url=http://loinc.org&code=1").await.expect(404);
    full.get(path).await.expect(400);
}

/// What it validates with, it answers for.
#[tokio::test(flavor = "multi_thread")]
async fn answers_for_the_systems_of_required_codes() {
    let world = World::new().await;
    let full = world.program("full").await;
    let ask = async |query: &str| full.get(&format!("/fhir/CodeSystem/{query}")).await;
    let gender = ask("$lookup?system=http://hl7.org/fhir/administrative-gender&code=male").await.expect(200).json();
    assert_eq!(
        (value(&gender, "name"), value(&gender, "display")),
        (Some(&json!("administrative-gender")), Some(&json!("male")))
    );
    assert_eq!(value(&gender, "version"), Some(&json!("4.0.1")));
    let status = "http://hl7.org/fhir/observation-status";
    let corrected = ask(&format!("$lookup?system={status}&code=corrected&version=4.0.1")).await.expect(200).text();
    assert!(corrected.contains("\"parent\"") && corrected.contains("\"amended\""), "{corrected}");
    for (one, two, expected) in [
        ("amended", "corrected", "subsumes"),
        ("corrected", "amended", "subsumed-by"),
        ("final", "final", "equivalent"),
        ("final", "amended", "not-subsumed"),
    ] {
        let answer = ask(&format!("$subsumes?system={status}&codeA={one}&codeB={two}")).await.expect(200).json();
        assert_eq!(value(&answer, "outcome"), Some(&json!(expected)), "{one} {two}");
    }
    for unknown in [
        format!("$lookup?system={status}&code=m"),
        format!("$subsumes?system={status}&codeA=final&codeB=m"),
        // Another version, or a system of which a part is known: nobody can say.
        format!("$lookup?system={status}&code=final&version=5.0.0"),
        "$lookup?system=http://unitsofmeasure.org&code=min".to_owned(),
    ] {
        ask(&unknown).await.expect(404);
    }
    for (set, code, expected) in
        [("request-status", "active", true), ("request-status", "actif", false), ("observation-status", "final", true)]
    {
        let url = format!(
            "/fhir/ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/{set}\
            &system=http://hl7.org/fhir/{set}&code={code}"
        );
        assert_eq!(value(&is_in(&full, &url).await, "result"), Some(&json!(expected)), "{set} {code}");
    }
    // What is stored under the same address comes first.
    let mut own = foods();
    own["url"] = json!(status);
    create(&full, own).await;
    ask(&format!("$lookup?system={status}&code=fruit")).await.expect(200);
    ask(&format!("$lookup?system={status}&code=final")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_what_a_code_means_and_where_it_stands() {
    let world = World::new().await;
    let full = world.program("full").await;
    let stored = create(&full, foods()).await;
    let path = "/fhir/CodeSystem/$lookup?system=urn:essai:aliments&code=";
    let fruit = full.get(&format!("{path}fruit")).await.expect(200).json();
    assert_eq!(
        ["name", "version", "display"].map(|name| value(&fruit, name).unwrap().as_str().unwrap()),
        ["Aliments", "2", "Fruit"]
    );
    let said: Vec<(String, String)> = fruit["parameter"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["name"] == "property")
        .map(|one| {
            let part = |at: usize, key: &str| one["part"][at][key].as_str().unwrap_or_default().to_owned();
            (part(0, "valueCode"), part(1, "valueCode") + &part(1, "valueString"))
        })
        .collect();
    let expected = [("parent", "food"), ("child", "apple"), ("child", "pear"), ("definition", "Ce qui se cueille.")];
    assert_eq!(said, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    full.get(&format!("{path}plum")).await.expect(404);
    let body = json!({"resourceType": "Parameters", "parameter": [
        {"name": "coding", "valueCoding": {"system": "urn:essai:aliments", "code": "apple"}}]});
    let apple = full.post("/fhir/CodeSystem/$lookup", &body).await.expect(200).json();
    assert_eq!(value(&apple, "display"), Some(&json!("Pomme à cuire")));
    for (one, two, expected) in [
        ("food", "pear", "subsumes"),
        ("pear", "food", "subsumed-by"),
        ("pear", "pear", "equivalent"),
        ("pear", "apple", "not-subsumed"),
    ] {
        for base in ["CodeSystem/$subsumes?system=urn:essai:aliments&", &format!("{stored}/$subsumes?")] {
            let answer = full.get(&format!("/fhir/{base}codeA={one}&codeB={two}")).await.expect(200).json();
            assert_eq!(value(&answer, "outcome"), Some(&json!(expected)));
        }
    }
    let statement = full.get("/fhir/metadata").await.expect(200).json();
    let rows = statement["rest"][0]["resource"].as_array().unwrap();
    let sets = rows.iter().find(|row| row["type"] == "ValueSet").unwrap();
    let names: Vec<&str> =
        sets["operation"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"expand") && names.contains(&"validate-code") && !names.contains(&"lookup"));
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_by_lists_and_hierarchies_that_are_stored() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, foods()).await;
    create(&full, set("fruits", of(filter("concept", "is-a", "fruit")), json!([]))).await;
    for code in ["fruit", "pear", "bread", "food"] {
        let value = json!({"resourceType": "Observation", "id": code, "status": "final",
            "code": {"coding": [{"system": "urn:essai:aliments", "code": code}]}});
        full.put(&format!("/fhir/Observation/{code}"), &value).await.expect(201);
    }
    let found = async |asked: &str| {
        let page =
            full.get(&format!("/fhir/Observation?{}&_sort=_id", asked.replace('|', "%7C"))).await.expect(200).json();
        assert!(page["link"][0]["url"].as_str().unwrap().contains(asked.split('=').next().unwrap()), "{page}");
        let entries = page["entry"].as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("code:in=urn:essai:liste:fruits").await, ["fruit", "pear"]);
    assert_eq!(found("code:not-in=urn:essai:liste:fruits").await, ["bread", "food"]);
    assert_eq!(found("code:below=urn:essai:aliments|fruit").await, ["fruit", "pear"]);
    assert_eq!(found("code:above=urn:essai:aliments|fruit").await, ["food", "fruit"]);
    assert_eq!(found("status:in=http://hl7.org/fhir/ValueSet/observation-status").await.len(), 4);
    for unknown in ["code:in=urn:essai:liste:autre", "code:below=urn:autre|x", "code:below=fruit"] {
        let refused = full.get(&format!("/fhir/Observation?{}", unknown.replace('|', "%7C"))).await.expect(400).json();
        assert_eq!(refused["issue"][0]["expression"][0].as_str(), unknown.split('=').next(), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_serve_behind_chains_in_conditions_and_in_bundles() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, foods()).await;
    create(&full, set("fruits", of(filter("concept", "is-a", "fruit")), json!([]))).await;
    let who = create(&full, patient("Le Goff")).await;
    let other = create(&full, patient("Le Bras")).await;
    let ate = |who: &str, code: &str| {
        json!({"resourceType": "Observation", "status": "final", "subject": {"reference": who},
            "code": {"coding": [{"system": "urn:essai:aliments", "code": code}]}})
    };
    let pear = create(&full, ate(&who, "pear")).await;
    create(&full, ate(&other, "bread")).await;
    let total = async |path: &str| {
        full.get(&format!("/fhir/{path}").replace('|', "%7C")).await.expect(200).json()["total"].as_i64()
    };
    for (path, expected) in [
        ("Patient?_has:Observation:patient:code:in=urn:essai:liste:fruits", 1),
        ("Patient?_has:Observation:subject:code:below=urn:essai:aliments|food", 2),
        ("Patient?_has:Observation:subject:code:below=urn:essai:aliments|fruit", 1),
        ("Observation?subject:Patient.gender:in=http://hl7.org/fhir/ValueSet/administrative-gender", 2),
        ("Observation?patient.gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender", 0),
        ("Observation?subject._has:Observation:patient:code:in=urn:essai:liste:fruits", 1),
    ] {
        assert_eq!(total(path).await, Some(expected), "{path}");
    }
    full.get("/fhir/Patient?_has:Observation:patient:code:in=urn:essai:liste:autre").await.expect(400);
    // Conditions.
    let none_exists = [("if-none-exist", "code:in=urn:essai:liste:fruits")];
    let found = full.send("POST", "/fhir/Observation", &none_exists, &ate(&who, "fruit").to_string()).await.expect(200);
    assert_eq!(found.json()["id"], pear.strip_prefix("Observation/").unwrap());
    full.send("DELETE", "/fhir/Observation?code:below=urn:essai:aliments%7Cfood", &[], "").await.expect(412);
    full.send("DELETE", "/fhir/Observation?code:in=urn:essai:liste:autre", &[], "").await.expect(400);
    // Bundles.
    let bundle = |kind: &str| {
        json!({"resourceType": "Bundle", "type": kind, "entry": [
            {"request": {"method": "GET", "url": "Observation?code:in=urn:essai:liste:fruits"}},
            {"resource": ate(&who, "fruit"), "request": {"method": "POST", "url": "Observation",
                "ifNoneExist": "code:in=urn:essai:liste:fruits"}},
            {"resource": ate(&who, "pear"), "request": {"method": "PUT",
                "url": "Observation?code:below=urn:essai:aliments%7Cfruit"}}]})
    };
    for kind in ["batch", "transaction"] {
        let answer = full.post("/fhir", &bundle(kind)).await.expect(200).json();
        assert_eq!(answer["entry"][0]["resource"]["total"], 1, "{answer}");
        let link = answer["entry"][0]["resource"]["link"][0]["url"].as_str().unwrap();
        assert!(link.contains("code:in="), "the search as it was asked: {link}");
        for at in [1, 2] {
            assert_eq!(answer["entry"][at]["response"]["status"], "200 OK", "{answer}");
        }
    }
    let unknown = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "GET", "url": "Observation?code:in=urn:essai:liste:autre"}}]});
    let refused = full.post("/fhir", &unknown).await.expect(400).json();
    assert_eq!(
        refused["issue"][0]["expression"][0].as_str().map(|path| path.starts_with("Bundle.entry[0].request")),
        Some(true)
    );
    full.send("DELETE", "/fhir/Observation?code:in=urn:essai:liste:fruits", &[], "").await.expect(204);
    assert_eq!(total("Observation?code:in=urn:essai:liste:fruits").await, Some(0));
}
