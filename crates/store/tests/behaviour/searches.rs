//! What a search finds and in which order, on both engines.

use super::world::{self, World, worlds};
use confidentiality::Level;
use fhir::search::{Query, Scope};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};
use store::{Call, Change};

/// What is asked at a path below the base.
fn query(path: &str, text: &str) -> Query {
    let scope = Scope::parse(&path.split('/').collect::<Vec<_>>()).unwrap();
    fhir::search::parse_in(&scope, &fhir::search::pairs(text), true).unwrap()
}

/// One page: the ids on it, and the mark of the next.
async fn page(world: &World, call: &Call, query: &Query) -> (Vec<String>, Option<String>) {
    let found = world.store.search(call, query).await.unwrap();
    let found = world.store.disclose(call, found).await.unwrap();
    (found.matches.iter().map(|version| version.resource.id().unwrap().to_owned()).collect(), found.next)
}

/// Every id, page after page.
async fn walk(world: &World, call: &Call, kind: &str, text: &str) -> Vec<String> {
    let mut query = query(kind, text);
    let mut all = Vec::new();
    loop {
        let (ids, next) = page(world, call, &query).await;
        all.extend(ids);
        match next {
            Some(next) => query.page = Some(next),
            None => return all,
        }
    }
}

fn patient(id: &str, family: Option<&str>, born: Option<&str>) -> Value {
    let name: Vec<Value> = family.iter().map(|family| json!({ "family": family })).collect();
    let mut value = json!({"resourceType": "Patient", "id": id, "name": name, "birthDate": born});
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()));
    }
    value
}

#[tokio::test(flavor = "multi_thread")]
async fn several_keys_sort_what_only_opening_tells() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        let people = [
            patient("d", Some("Le Goff"), Some("1940")),
            patient("b", Some("Élie"), Some("1938-03-07")),
            patient("e", None, Some("1950-01-01")),
            patient("a", Some("le goff"), Some("1930-05")),
            patient("c", Some("Le Goff"), None),
        ];
        world.store.write(&client, people.map(|value| world.create(value)).to_vec()).await.unwrap();
        for (sort, expected) in [
            ("_id", "abcde"),
            ("-_id", "edcba"),
            ("family,birthdate", "badce"),
            ("family,-birthdate", "bdace"),
            ("-family,birthdate", "adcbe"),
            ("birthdate", "abdec"),
            ("-birthdate", "edbac"),
            ("_lastUpdated,-_id", "edcba"),
            ("family,_id", "bacde"),
        ] {
            for count in [1, 2, 5] {
                let text = format!("_sort={sort}&_count={count}");
                let found = walk(&world, &client, "Patient", &text).await.concat();
                assert_eq!(found, expected, "{text}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sorted_pages_stay_as_they_were_begun() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        let people = ["b", "d", "f"].map(|id| world.create(patient(id, Some(&format!("Nom {id}")), None)));
        world.store.write(&client, people.to_vec()).await.unwrap();
        let mut query = query("Patient", "_sort=family,-birthdate&_count=1");
        let (first, mark) = page(&world, &client, &query).await;
        assert_eq!(first, ["b"]);
        // One comes that would be next, the last one goes; neither moves the pages.
        let late = world.create(patient("c", Some("Nom c"), None));
        let gone = Change::Delete { kind: ResourceType::PATIENT, id: "f".into(), if_match: None };
        world.store.write(&client, vec![late, gone]).await.unwrap();
        query.page = mark;
        assert_eq!(page(&world, &client, &query).await, (vec!["d".to_owned()], None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_sort_by_their_keys_several_at_once() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        world.store.write(&client, vec![world.create(world::patient("p1"))]).await.unwrap();
        for (id, recorded, onset) in
            [("a", "2025-02-01", "2020"), ("b", "2025-01-01", "2021"), ("c", "2025-02-01", "2022"), ("d", "", "2019")]
        {
            let mut value = world::condition("p1", id, "I10", "note", recorded);
            value["onsetDateTime"] = onset.into();
            if recorded.is_empty() {
                value.as_object_mut().unwrap().remove("recordedDate");
            }
            world.store.write(&client, vec![world.create(value)]).await.unwrap();
        }
        for (sort, expected) in [
            ("recorded-date,-onset-date", "bcad"),
            ("-recorded-date,onset-date", "acbd"),
            ("-recorded-date,-onset-date", "cabd"),
            ("code,-onset-date", "cbad"),
        ] {
            for count in [1, 3] {
                let text = format!("_sort={sort}&_count={count}");
                assert_eq!(walk(&world, &client, "Condition", &text).await.concat(), expected, "{text}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_tells_nothing_of_what_is_masked() {
    for world in worlds().await {
        let full = world.client(Level::VerySensitive);
        let limited = world.client(Level::Standard);
        world.store.write(&full, vec![world.create(world::patient("p1"))]).await.unwrap();
        // Two conditions tell why: one by a secret, one by nothing.
        let secret = world::condition("p1", "aa-secret", "B24", "note", "2025-01-01");
        world.store.write(&full, vec![world.create(secret)]).await.unwrap();
        for id in ["one", "two"] {
            let mut value = world::condition("p1", id, "I10", "note", "2025-01-01");
            if id == "two" {
                value["evidence"] = json!([{ "detail": [{ "reference": "Condition/aa-secret" }] }]);
            }
            let graded = world.graded(&world::condition("p1", id, "I10", "note", "2025-01-01"));
            let resource = Resource::from_value(value).unwrap();
            let create = Change::Create { resource, graded, if_none_exist: None, import: None };
            world.store.write(&full, vec![create]).await.unwrap();
        }
        let sorted = |call| walk(&world, call, "Condition", "code=I10&_sort=evidence-detail");
        assert_eq!(sorted(&full).await, ["two", "one"]);
        assert_eq!(sorted(&limited).await, ["one", "two"], "nobody points at anything");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keys_only_propose_is_verified() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        let loinc = |code: &str| json!({"coding": [{"system": "http://loinc.org", "code": code}]});
        let pressure = |id: &str, high: i64, low: i64| {
            let component = |code: &str, value: i64| json!({"code": loinc(code), "valueQuantity": {"value": value}});
            json!({"resourceType": "Observation", "id": id, "status": "final", "code": loinc("85354-9"),
                "subject": {"reference": "Patient/p"}, "component": [component("8480-6", high), component("8462-4", low)]})
        };
        let mut who = patient("p", Some("Le Goff"), None);
        let kind = json!({"coding": [{"system": "urn:v2", "code": "MR"}]});
        who.as_object_mut()
            .unwrap()
            .insert("identifier".into(), json!([{"type": kind, "value": "12"}, {"value": "13"}]));
        let all = [
            who,
            pressure("a", 150, 80),
            pressure("b", 120, 95),
            json!({"resourceType": "Observation", "id": "c",
            "status": "final", "code": loinc("29463-7"), "valueQuantity": {"value": 80}}),
        ];
        world.store.write(&client, all.map(|value| world.create(value)).to_vec()).await.unwrap();
        for (kind, text, expected) in [
            ("Observation", "component-code-value-quantity=8480-6$gt140", "a"),
            ("Observation", "component-code-value-quantity=8462-4$gt90", "b"),
            ("Observation", "component-code-value-quantity=8480-6$gt140,8462-4$gt90", "ab"),
            ("Observation", "combo-code-value-quantity=http://loinc.org|29463-7$80", "c"),
            ("Observation", "code-value-quantity=8480-6$gt140", ""),
            ("Observation", "component-code-value-quantity:missing=true", "c"),
            ("Observation", "component-code-value-quantity:missing=false&_sort=-_id", "ba"),
            ("Patient", "identifier:of-type=urn:v2|MR|12", "p"),
            ("Patient", "identifier:of-type=urn:v2|MR|13", ""),
            ("Patient", "_has:Observation:patient:component-code-value-quantity=8480-6$gt140", "p"),
            ("Patient", "_has:Observation:patient:component-code-value-quantity=8480-6$gt160", ""),
        ] {
            assert_eq!(walk(&world, &client, kind, text).await.concat(), expected, "{text}");
        }
    }
}

/// Two people with what is written of them, and a professional.
async fn two_records(world: &World, call: &Call) {
    let about = |kind: &str, id: &str, who: &str| {
        json!({"resourceType": kind, "id": id, "subject": {"reference": format!("Patient/{who}")}, "status": "final",
            "performer": [{"reference": "Practitioner/doc"}], "effectiveDateTime": "2025-01-01",
            "code": {"coding": [{"code": "29463-7"}]}})
    };
    let mut all = vec![patient("p1", Some("Le Goff"), None), patient("p2", Some("Henoret"), None)];
    all.push(json!({"resourceType": "Practitioner", "id": "doc", "name": [{"family": "Le Goff"}]}));
    all.push(world::condition("p1", "c1", "I10", "note", "2025-01-02"));
    all.push(world::condition("p2", "c2", "I10", "note", "2025-01-02"));
    all.push(world::condition("p1", "secret", "B24", "note", "2025-01-02"));
    all.extend([about("Observation", "o1", "p1"), about("Observation", "o2", "p2")]);
    for value in all {
        world.store.write(call, vec![world.create(value)]).await.unwrap();
    }
}

async fn sorted(world: &World, call: &Call, path: &str, text: &str) -> String {
    let mut found = walk(world, call, path, text).await;
    found.sort();
    found.join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn several_types_are_searched_at_once() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        two_records(&world, &client).await;
        for (text, expected) in [
            ("", "c1 c2 doc o1 o2 p1 p2 secret"),
            ("_type=Patient,Practitioner", "doc p1 p2"),
            ("_type=Patient,Practitioner&name=le goff", "doc p1"),
            ("_type=Condition,Observation&patient=p1", "c1 o1 secret"),
            ("_type=Condition,Observation&code:text=x", ""),
            ("_type=Condition,Observation&code=I10,29463-7&_sort=-_id", "c1 c2 o1 o2"),
            ("_id=p1,doc,nobody", "doc p1"),
            ("_lastUpdated=lt2000", ""),
            ("_type=Condition&code=I10", "c1 c2"),
        ] {
            for count in [2, 50] {
                let text = format!("{text}&_count={count}");
                assert_eq!(sorted(&world, &client, "", &text).await, expected, "{text}");
            }
        }
        let limited = world.client(Level::Standard);
        let found = sorted(&world, &limited, "", "_type=Condition,Observation&patient=p1&_count=1").await;
        assert_eq!(found, "c1 o1");
        assert_eq!(walk(&world, &client, "", "_type=Patient,Practitioner&_sort=-name,_id").await.concat(), "docp1p2");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compartment_holds_what_belongs_to_it() {
    for world in worlds().await {
        let client = world.client(Level::VerySensitive);
        two_records(&world, &client).await;
        for (path, text, expected) in [
            ("Patient/p1/Observation", "", "o1"),
            ("Patient/p1/Condition", "code=I10", "c1"),
            ("Patient/p1/Condition", "code=I11", ""),
            ("Patient/p1/*", "", "c1 o1 p1 secret"),
            ("Patient/p1/*", "_type=Condition,Observation", "c1 o1 secret"),
            ("Patient/p1/*", "_type=Condition,Observation&code=29463-7,I10", "c1 o1"),
            ("Patient/p1/Patient", "", "p1"),
            ("Patient/nobody/*", "", ""),
            ("Practitioner/doc/Observation", "", "o1 o2"),
            ("Practitioner/doc/*", "", "doc o1 o2"),
            ("Patient/p1/Practitioner", "", ""),
        ] {
            assert_eq!(sorted(&world, &client, path, text).await, expected, "{path}?{text}");
        }
        let limited = world.client(Level::Standard);
        assert_eq!(sorted(&world, &limited, "Patient/p1/*", "_count=1").await, "c1 o1 p1");
    }
}
