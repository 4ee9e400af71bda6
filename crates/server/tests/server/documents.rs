//! Documents: the Composition first, all it refers to inside, and nothing that this reader may not read.

use crate::support::{Program, World, create, patient, secret_condition, weight};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The local references of a resource, contained ones left out.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("reference").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// Fails unless it is a document whose references all lead to its entries; what it holds, as `Type/id`.
fn held(bundle: &Value) -> Vec<String> {
    assert_eq!((&bundle["type"], &bundle["identifier"]["system"]), (&json!("document"), &json!("urn:ietf:rfc:3986")));
    assert!(bundle["timestamp"].is_string());
    let entries = bundle["entry"].as_array().unwrap();
    let urls: Vec<&str> = entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap()).collect();
    assert_eq!(urls.iter().collect::<BTreeSet<_>>().len(), urls.len(), "each once: {urls:?}");
    let mut all = BTreeSet::new();
    references(bundle, &mut all);
    for reference in all {
        assert!(urls.iter().any(|url| url.ends_with(&reference)), "{reference} leads out of the document");
    }
    assert_eq!(entries[0]["resource"]["resourceType"], "Composition");
    let named = |entry: &Value| {
        let part = |name: &str| entry["resource"][name].as_str().unwrap().to_owned();
        format!("{}/{}", part("resourceType"), part("id"))
    };
    entries.iter().map(named).collect()
}

async fn is_valid(program: &Program<'_>, bundle: &Value) {
    let said = program.post("/fhir/Bundle/$validate", bundle).await.expect(200).json();
    let bad = said["issue"].as_array().unwrap().iter().any(|issue| issue["severity"] == "error");
    assert!(!bad, "{said}");
}

fn allergy(patient: &str) -> Value {
    json!({"resourceType": "AllergyIntolerance", "patient": {"reference": patient},
        "recorder": {"reference": "Practitioner/essai-claire"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]},
        "code": {"text": "Arachide < & >"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_composition_comes_with_all_it_speaks_of() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let measure = create(&full, weight(&who, 61)).await;
    let secret = create(&full, secret_condition(&who)).await;
    let beside = create(&full, weight(&who, 70)).await;
    let composition = json!({"resourceType": "Composition", "status": "final", "date": "2026-05-02", "title": "Lettre",
        "type": {"text": "Lettre"}, "subject": {"reference": who}, "author": [{"reference": "Practitioner/essai-claire"}],
        "section": [{"title": "Tout", "entry": [{"reference": measure}, {"reference": secret}]}]});
    let composition = create(&full, composition).await;
    let id = composition.split('/').nth(1).unwrap();
    let bundle = full.get(&format!("/fhir/{composition}/$document")).await.expect(200).json();
    let all = held(&bundle);
    assert_eq!(all[..2], [composition.clone(), who.clone()]);
    let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(
        all,
        [&composition, &who, &measure, &secret, "Practitioner/essai-claire"]
            .into_iter()
            .map(|name: &str| name)
            .collect()
    );
    assert!(!all.contains(beside.as_str()), "only what it speaks of");
    is_valid(&full, &bundle).await;
    let same = full.get(&format!("/fhir/Composition/$document?id={id}")).await.expect(200).json();
    assert_eq!(held(&same).len(), all.len());
    full.send("POST", &format!("/fhir/{composition}/$document"), &[], "").await.expect(200);
    // The letter itself may be above what this program reads: then it does not exist.
    let seen = limited.get(&format!("/fhir/{composition}/$document")).await;
    if seen.status == 200 {
        assert!(!held(&seen.json()).contains(&secret));
    } else {
        assert_eq!(seen.status, 404);
    }
    full.get(&format!("/fhir/{composition}/$document?persist=true")).await.expect(400);
    full.get("/fhir/Composition/nobody/$document").await.expect(404);
    full.get("/fhir/Composition/$document").await.expect(400);
    full.get("/fhir/Observation/x/$document").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_a_document_of_what_holds_now() {
    let world = World::new().await;
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let who = create(&full, patient("Le Goff")).await;
    let other = create(&full, patient("Autre")).await;
    let peanut = create(&full, allergy(&who)).await;
    let secret = create(&full, secret_condition(&who)).await;
    let mut old = weight(&who, 60);
    old["effectiveDateTime"] = "2026-05-01T08:00:00Z".into();
    let old = create(&full, old).await;
    let last = create(&full, weight(&who, 61)).await;
    let theirs = create(&full, weight(&other, 70)).await;
    let bundle = full.get(&format!("/fhir/{who}/$document")).await.expect(200).json();
    let all = held(&bundle);
    assert_eq!(all[1], who);
    for inside in [&peanut, &secret, &last, &"Practitioner/essai-claire".to_owned()] {
        assert!(all.contains(inside), "{inside}");
    }
    for outside in [&old, &theirs, &other] {
        assert!(!all.contains(outside), "{outside}");
    }
    let composition = &bundle["entry"][0];
    assert!(composition["fullUrl"].as_str().unwrap().starts_with("urn:uuid:"));
    assert_eq!(
        (&composition["resource"]["confidentiality"], &composition["resource"]["status"]),
        (&json!("V"), &json!("final"))
    );
    let sections = composition["resource"]["section"].as_array().unwrap();
    assert_eq!(sections[0]["code"]["coding"][0]["code"], "48765-2");
    assert!(sections[0]["text"]["div"].as_str().unwrap().contains("Arachide &lt; &amp; &gt;"));
    let treatments = sections.iter().find(|section| section["title"] == "Traitements").unwrap();
    assert!(treatments["emptyReason"].is_object() && treatments.get("entry").is_none());
    is_valid(&full, &bundle).await;
    let less = limited.get(&format!("/fhir/{who}/$document")).await.expect(200).json();
    let seen = held(&less);
    assert!(!seen.contains(&secret) && seen.contains(&last));
    assert!(!less.to_string().contains("B24") && !less.to_string().contains("Immunod"));
    assert_eq!(less["entry"][0]["resource"]["confidentiality"], "N");
    full.get("/fhir/Patient/nobody/$document").await.expect(404);
    world.program("elsewhere").await.get(&format!("/fhir/{who}/$document")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_is_there() {
    let world = World::new().await;
    let full = world.program("full").await;
    let statement = full.get("/fhir/metadata").await.expect(200).json();
    let rest = &statement["rest"][0];
    let mut operations: Vec<&Value> = rest["operation"].as_array().unwrap().iter().collect();
    for row in rest["resource"].as_array().unwrap() {
        operations.extend(row["operation"].as_array().unwrap());
    }
    assert!(operations.iter().all(|one| !one["definition"].as_str().unwrap().contains("OperationDefinition/urn:")));
    for (kind, name) in
        [("Patient", "document"), ("Composition", "document"), ("ValueSet", "expand"), ("Group", "export")]
    {
        let row = rest["resource"].as_array().unwrap().iter().find(|row| row["type"] == kind).unwrap();
        assert!(row["operation"].as_array().unwrap().iter().any(|one| one["name"] == name), "{kind} {name}");
    }
}
