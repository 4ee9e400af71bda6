//! Bulk Data: filters, deletions, who is of a group, files that are not empty, the end of a job.

use crate::bulk::{begin, manifest};
use crate::support::{NOW, Program, World, create, patient, weight};
use serde_json::{Value, json};
use std::sync::atomic::Ordering::SeqCst;

const HOUR: i64 = 3_600_000_000;

async fn lines(program: &Program<'_>, output: &Value) -> Vec<Value> {
    let text = program.get(output["url"].as_str().unwrap()).await.expect(200).text();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The files of an export, by type, with how many lines each has.
async fn files(program: &Program<'_>, path: &str) -> Vec<(String, usize)> {
    let said = manifest(program, &begin(program, path, &[]).await).await.json();
    let mut all = Vec::new();
    for output in said["output"].as_array().unwrap() {
        all.push((output["type"].as_str().unwrap().to_owned(), lines(program, output).await.len()));
    }
    all
}

fn group(members: &[Value]) -> Value {
    json!({"resourceType": "Group", "type": "person", "actual": true, "member": members})
}

fn member(reference: &str) -> Value {
    json!({ "entity": { "reference": reference } })
}

fn named(name: &str, count: usize) -> (String, usize) {
    (name.to_owned(), count)
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_their_own_type() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let heavy = create(&full, weight(&who, 90)).await;
    create(&full, weight(&who, 60)).await;
    let other = json!({"resourceType": "Observation", "status": "amended", "subject": {"reference": who},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}});
    create(&full, other).await;
    let group = create(&full, group(&[member(&who)])).await;
    let filter =
        |text: &str| format!("_typeFilter={}", text.replace('?', "%3F").replace('&', "%26").replace('=', "%3D"));
    for (asked, patients, observations) in [
        (filter("Observation?code=29463-7"), 1, 2),
        (filter("Observation?code=29463-7&value-quantity=gt80"), 1, 1),
        (format!("{}&{}", filter("Observation?status=amended"), filter("Observation?value-quantity=lt80")), 1, 2),
        (filter("Observation?status=amended,Observation?value-quantity=lt80"), 1, 2),
        (filter("Observation?status=amended,final"), 1, 3),
        (filter("Patient?gender=male"), 0, 3),
        (filter("Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status"), 1, 3),
    ] {
        let wanted: Vec<_> = [named("Observation", observations), named("Patient", patients)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        for whose in ["Patient".to_owned(), group.clone()] {
            let path = format!("/fhir/{whose}/$export?_type=Patient,Observation&{asked}");
            assert_eq!(files(&full, &path).await, wanted, "{path}");
        }
    }
    for wrong in [
        "x",
        "Nope?a=b",
        "Patient",
        "Condition?code=x",
        "Observation?nonsense=1",
        "Observation?date=hier",
        "Observation?patient.name=x",
        "Observation?_sort=date",
        "Observation?_count=1",
        "Observation?_include=Observation:subject",
        "Observation?_lastUpdated=gt2020",
    ] {
        let path = format!("/fhir/$export?_type=Patient,Observation&{}", filter(wrong));
        full.send("GET", &path, &[("prefer", "respond-async")], "").await.expect(400);
    }
    // A filter looks at what is given: the version of the beginning.
    let path = format!("/fhir/$export?_type=Observation&{}", filter("Observation?value-quantity=gt80"));
    let said = manifest(&full, &begin(&full, &path, &[]).await).await.json();
    world.clock.fetch_add(5_000_000, SeqCst);
    let mut light = weight(&who, 40);
    light["id"] = json!(heavy.strip_prefix("Observation/").unwrap());
    full.put(&format!("/fhir/{heavy}"), &light).await.expect(200);
    let given = lines(&full, &said["output"][0]).await;
    assert_eq!((given.len(), &given[0]["valueQuantity"]["value"]), (1, &json!(90)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_names_no_empty_file() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let other = create(&full, patient("Autre")).await;
    create(&full, weight(&other, 70)).await;
    // About nobody: of no record.
    create(&full, json!({"resourceType": "Observation", "status": "final", "code": {"text": "eau du bassin"}})).await;
    create(&full, json!({"resourceType": "Device", "deviceName": [{"name": "lit", "type": "other"}]})).await;
    let group = create(&full, group(&[member(&who)])).await;
    assert_eq!(files(&full, &format!("/fhir/{group}/$export")).await, [named("Group", 1), named("Patient", 1)]);
    let asked = "/fhir/Patient/$export?_type=Device,Observation,Patient";
    assert_eq!(files(&full, asked).await, [named("Observation", 1), named("Patient", 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_its_members_of_that_time() {
    let world = World::new().await;
    let full = world.program("full").await;
    let mut all = Vec::new();
    for name in ["Un", "Deux", "Trois", "Quatre"] {
        all.push(create(&full, patient(name)).await);
    }
    let with = |reference: &str, more: Value| {
        let mut one = member(reference);
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    let mut who = group(&[
        member(&all[0]),
        with(&all[1], json!({"inactive": true})),
        with(&all[2], json!({"period": {"end": "2026-01-01"}})),
    ]);
    let name = create(&full, who.clone()).await;
    let said = manifest(&full, &begin(&full, &format!("/fhir/{name}/$export?_type=Patient"), &[]).await).await.json();
    // Who comes, goes or loses something afterwards changes nothing of what was asked.
    world.clock.fetch_add(5_000_000, SeqCst);
    who["member"] = json!([with(&all[0], json!({"inactive": true})), member(&all[3])]);
    who["id"] = json!(name.strip_prefix("Group/").unwrap());
    full.put(&format!("/fhir/{name}"), &who).await.expect(200);
    let given = lines(&full, &said["output"][0]).await;
    assert_eq!(given.len(), 1, "{given:?}");
    assert_eq!(given[0]["id"], all[0].strip_prefix("Patient/").unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_since_is_told() {
    let world = World::new().await;
    let full = world.program("full").await;
    let who = create(&full, patient("Le Goff")).await;
    let other = create(&full, patient("Autre")).await;
    let group = create(&full, group(&[member(&who)])).await;
    let [before, gone, back, theirs, later] = [
        create(&full, weight(&who, 60)).await,
        create(&full, weight(&who, 61)).await,
        create(&full, weight(&who, 62)).await,
        create(&full, weight(&other, 63)).await,
        create(&full, weight(&who, 64)).await,
    ];
    let secret = create(&full, crate::support::secret_condition(&who)).await;
    let delete = async |by: &Program<'_>, name: &str| {
        by.send("DELETE", &format!("/fhir/{name}"), &[], "").await.expect(204);
    };
    delete(&full, &before).await;
    world.clock.fetch_add(HOUR, SeqCst);
    let (full, limited) = (world.program("full").await, world.program("limited").await);
    let since = fhir::date::instant(NOW + HOUR / 2);
    for name in [&gone, &back, &theirs, &secret] {
        delete(&full, name).await;
    }
    let mut again = weight(&who, 65);
    again["id"] = json!(back.strip_prefix("Observation/").unwrap());
    full.put(&format!("/fhir/{back}"), &again).await.expect(201);
    world.clock.fetch_add(5_000_000, SeqCst);
    for (program, path, expected) in [
        (&full, "/fhir/$export".to_owned(), vec![&gone, &theirs]),
        (&full, "/fhir/Patient/$export".to_owned(), vec![&gone, &theirs]),
        (&full, format!("/fhir/{group}/$export"), vec![&gone]),
        (&limited, "/fhir/$export".to_owned(), vec![&gone, &theirs]),
    ] {
        let status = begin(program, &format!("{path}?_since={since}"), &[]).await;
        let said = manifest(program, &status).await.json();
        assert_eq!(said["deleted"][0]["type"], "Bundle", "{path}: {said}");
        let bundles = lines(program, &said["deleted"][0]).await;
        let entries = bundles.iter().flat_map(|bundle| bundle["entry"].as_array().unwrap());
        let mut told: Vec<String> = entries
            .map(|entry| {
                assert_eq!(entry["request"]["method"], "DELETE");
                entry["request"]["url"].as_str().unwrap().to_owned()
            })
            .collect();
        told.sort();
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        expected.sort();
        assert_eq!(told, expected, "{path}");
        assert!(bundles.iter().all(|bundle| bundle["type"] == "transaction"));
    }
    // Without `_since`, or of other types, there is nothing to tell; nor what is deleted once the job has begun.
    for path in ["/fhir/$export".to_owned(), format!("/fhir/$export?_type=Condition&_since={since}")] {
        let said = manifest(&full, &begin(&full, &path, &[]).await).await.json();
        assert_eq!(said["deleted"], json!([]), "{path}");
    }
    let status = begin(&full, &format!("/fhir/$export?_since={since}"), &[]).await;
    let said = manifest(&full, &status).await.json();
    let before = lines(&full, &said["deleted"][0]).await;
    world.clock.fetch_add(5_000_000, SeqCst);
    delete(&full, &later).await;
    assert_eq!(lines(&full, &said["deleted"][0]).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_forgotten_after_an_hour() {
    let world = World::new().await;
    let full = world.program("full").await;
    create(&full, patient("Le Goff")).await;
    let status = begin(&full, "/fhir/$export?_type=Patient", &[]).await;
    let said = manifest(&full, &status).await.json();
    let file = said["output"][0]["url"].as_str().unwrap().to_owned();
    world.clock.fetch_add(HOUR - 1_000_000, SeqCst);
    let again = world.program("full").await;
    again.get(&status).await.expect(200);
    again.get(&file).await.expect(200);
    world.clock.fetch_add(1_000_000, SeqCst);
    again.get(&status).await.expect(404);
    again.get(&file).await.expect(404);
}
