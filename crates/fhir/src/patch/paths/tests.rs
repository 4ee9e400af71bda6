use super::*;
use serde_json::{Value, json};

fn part(name: &str, key: &str, value: Value) -> Value {
    let mut part = json!({ "name": name });
    part[key] = value;
    part
}

fn operation(ty: &str, path: &str, more: &[Value]) -> Value {
    let mut parts = vec![part("type", "valueCode", json!(ty)), part("path", "valueString", json!(path))];
    parts.extend_from_slice(more);
    json!({ "name": "operation", "part": parts })
}

fn named(name: &str, key: &str, value: Value) -> Vec<Value> {
    vec![part("name", "valueString", json!(name)), part("value", key, value)]
}

fn at(index: i64, key: &str, value: Value) -> Vec<Value> {
    vec![part("index", "valueInteger", json!(index)), part("value", key, value)]
}

fn places(source: i64, destination: i64) -> Vec<Value> {
    vec![part("source", "valueInteger", json!(source)), part("destination", "valueInteger", json!(destination))]
}

fn patch_of(operations: &[Value]) -> Result<crate::patch::Patch, Invalid> {
    let parameters = json!({ "resourceType": "Parameters", "parameter": operations });
    crate::patch::Patch::from_parameters(&Resource::from_value(parameters).unwrap())
}

fn patched(resource: Value, operations: &[Value]) -> Result<Value, &'static str> {
    let resource = Resource::from_value(resource).unwrap();
    let patch = patch_of(operations).map_err(|_| "malformed")?;
    patch.apply(&resource).map(Resource::into_value).map_err(|invalid| invalid.issues[0].code)
}

fn person() -> Value {
    json!({"resourceType": "Patient", "id": "a", "birthDate": "1938-03-07",
        "name": [{"family": "Le Goff", "given": ["Odette", "Anne"], "_given": [null, {"id": "g"}]}, {"text": "x"}],
        "identifier": [{"system": "urn:a", "value": "1"}, {"system": "urn:b", "value": "2"}, {"system": "urn:c", "value": "3"}],
        "contact": [{"name": {"text": "y"}}], "maritalStatus": {"coding": [{"code": "M"}]}})
}

fn one(ty: &str, path: &str, more: &[Value], pointer: &str) -> Value {
    patched(person(), &[operation(ty, path, more)]).unwrap().pointer(pointer).cloned().unwrap_or(Value::Null)
}

#[test]
fn adds_where_there_is_room() {
    assert_eq!(one("add", "Patient", &named("gender", "valueCode", json!("female")), "/gender"), "female");
    assert_eq!(one("add", "Patient", &named("active", "valueBoolean", json!(true)), "/active"), true);
    let identifier = json!({"system": "urn:d", "value": "4"});
    let added = one("add", "Patient", &named("identifier", "valueIdentifier", identifier), "/identifier");
    assert_eq!((added.as_array().unwrap().len(), &added[3]["value"]), (4, &json!("4")));
    assert_eq!(
        one("add", "Patient.name[1]", &named("given", "valueString", json!("Zoé")), "/name/1/given"),
        json!(["Zoé"])
    );
    assert_eq!(
        one(
            "add",
            "Patient.name.where(family = 'Le Goff')",
            &named("given", "valueString", json!("Zoé")),
            "/name/0/given/2"
        ),
        "Zoé"
    );
    // A choice of types takes the key of its value's type.
    let dead = named("deceased", "valueDateTime", json!("2026-05-01"));
    assert_eq!(one("add", "Patient", &dead, "/deceasedDateTime"), "2026-05-01");
    // Within a simple value, and within one of a list.
    let extension = named("extension", "valueExtension", json!({"url": "urn:e", "valueString": "z"}));
    let why = named("extension", "valueExtension", json!({"url": "urn:e", "valueString": "z"}));
    assert_eq!(one("add", "Patient.birthDate", &extension, "/_birthDate/extension/0/url"), "urn:e");
    let inner = patched(person(), &[operation("add", "Patient.name[0].given[0]", &why)]).unwrap();
    assert_eq!(inner.pointer("/name/0/_given/0/extension/0/url"), Some(&json!("urn:e")));
    assert_eq!(inner.pointer("/name/0/_given/1/id"), Some(&json!("g")));
    assert_eq!(inner.pointer("/name/0/given"), Some(&json!(["Odette", "Anne"])));
}

#[test]
fn makes_what_has_no_type_of_its_own_from_parts() {
    let parts = json!([{"name": "name", "valueHumanName": {"text": "Jean"}},
        {"name": "relationship", "valueCodeableConcept": {"text": "fils"}},
        {"name": "relationship", "valueCodeableConcept": {"text": "tuteur"}},
        {"name": "gender", "valueCode": "male"}]);
    let value = vec![part("name", "valueString", json!("contact")), json!({"name": "value", "part": parts})];
    let made = one("add", "Patient", &value, "/contact/1");
    assert_eq!(
        made,
        json!({"name": {"text": "Jean"}, "relationship": [{"text": "fils"}, {"text": "tuteur"}], "gender": "male"})
    );
    let only = vec![json!({"name": "value", "part": [{"name": "gender", "valueCode": "male"}]})];
    assert_eq!(one("replace", "Patient.contact[0]", &only, "/contact/0"), json!({"gender": "male"}));
    let nested = vec![
        part("name", "valueString", json!("communication")),
        json!({"name": "value", "part": [{"name": "language", "part": [{"name": "text", "valueString": "breton"}]}]}),
    ];
    assert_eq!(one("add", "Patient", &nested, "/communication/0/language/text"), "breton");
}

#[test]
fn inserts_deletes_replaces_and_moves() {
    let values = |made: Value| -> Vec<String> {
        made.as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
    };
    let new = json!({"system": "urn:d", "value": "4"});
    for (index, expected) in [(0, ["4", "1", "2", "3"]), (2, ["1", "2", "4", "3"]), (3, ["1", "2", "3", "4"])] {
        assert_eq!(
            values(one("insert", "Patient.identifier", &at(index, "valueIdentifier", new.clone()), "/identifier")),
            expected
        );
    }
    for (source, destination, expected) in [(0, 2, ["2", "3", "1"]), (2, 0, ["3", "1", "2"]), (1, 1, ["1", "2", "3"])] {
        assert_eq!(values(one("move", "Patient.identifier", &places(source, destination), "/identifier")), expected);
    }
    assert_eq!(values(one("delete", "Patient.identifier.where(system = 'urn:b')", &[], "/identifier")), ["1", "3"]);
    assert_eq!(values(one("delete", "Patient.identifier[0]", &[], "/identifier")), ["2", "3"]);
    assert_eq!(one("delete", "Patient.gender", &[], "/id"), "a", "what is not there is deleted");
    assert_eq!(one("delete", "Patient.birthDate", &[], "/birthDate"), Value::Null);
    let value = |key, value| vec![part("value", key, value)];
    assert_eq!(one("replace", "Patient.birthDate", &value("valueDate", json!("1940")), "/birthDate"), "1940");
    assert_eq!(
        one(
            "replace",
            "Patient.maritalStatus.coding.code",
            &value("valueCode", json!("S")),
            "/maritalStatus/coding/0/code"
        ),
        "S"
    );
    assert_eq!(
        one("replace", "Patient.name[0].given[1]", &value("valueString", json!("Zoé")), "/name/0/given"),
        json!(["Odette", "Zoé"])
    );
    // The first of a list that is not there yet.
    let phone = at(0, "valueContactPoint", json!({"value": "1"}));
    assert_eq!(one("insert", "Patient.telecom", &phone, "/telecom/0/value"), "1");
}

#[test]
fn what_completes_a_value_follows_it() {
    let moved = patched(person(), &[operation("move", "Patient.name[0].given", &places(1, 0))]).unwrap();
    assert_eq!(moved.pointer("/name/0/given"), Some(&json!(["Anne", "Odette"])));
    assert_eq!(moved.pointer("/name/0/_given"), Some(&json!([{"id": "g"}, null])));
    let gone = patched(person(), &[operation("delete", "Patient.name[0].given[1]", &[])]).unwrap();
    assert_eq!((gone.pointer("/name/0/given"), gone.pointer("/name/0/_given")), (Some(&json!(["Odette"])), None));
    let first = at(0, "valueString", json!("Zoé"));
    let made = patched(person(), &[operation("insert", "Patient.name[0].given", &first)]).unwrap();
    assert_eq!(made.pointer("/name/0/_given"), Some(&json!([null, null, {"id": "g"}])));
    let bare = json!({"resourceType": "Patient", "id": "a", "_birthDate": {"extension": [{"url": "urn:e", "valueCode": "x"}]}});
    let value = [part("value", "valueDate", json!("1940"))];
    let made = patched(bare.clone(), &[operation("replace", "Patient.birthDate", &value)]).unwrap();
    assert_eq!((made.get("birthDate"), made.get("_birthDate")), (Some(&json!("1940")), None));
    let made = patched(bare, &[operation("delete", "Patient.birthDate.extension", &[])]).unwrap();
    assert_eq!(made, json!({"resourceType": "Patient", "id": "a"}));
}

#[test]
fn another_type_of_a_choice_takes_its_place() {
    let seen = json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueString": "y"});
    let value = [part("value", "valueQuantity", json!({"value": 1.5}))];
    let made = patched(seen, &[operation("replace", "Observation.value", &value)]).unwrap();
    assert_eq!((made.get("valueString"), made["valueQuantity"]["value"].to_string()), (None, "1.5".to_owned()));
}

#[test]
fn deletes_leave_no_empty_element() {
    let made = patched(person(), &[operation("delete", "Patient.contact.name.text", &[])]).unwrap();
    assert_eq!(made.get("contact"), None);
    let made = patched(person(), &[operation("delete", "Patient.maritalStatus.coding.code", &[])]).unwrap();
    assert_eq!(made.get("maritalStatus"), None);
}

#[test]
fn each_operation_sees_what_the_former_have_made() {
    let all = [
        operation("add", "Patient", &named("maritalStatus2", "valueString", json!("x"))),
        operation("delete", "Patient.name[1]", &[]),
    ];
    assert_eq!(patched(person(), &all), Err("processing"));
    let all = [
        operation("delete", "Patient.name[0]", &[]),
        operation("add", "Patient.name", &named("family", "valueString", json!("Le Bras"))),
    ];
    assert_eq!(patched(person(), &all).unwrap()["name"], json!([{"text": "x", "family": "Le Bras"}]));
}

#[test]
fn says_what_cannot_be_done() {
    let value = |key, value| vec![part("value", key, value)];
    for wrong in [
        operation("add", "Patient", &named("birthDate", "valueDate", json!("1940"))),
        operation("add", "Patient", &named("nothing", "valueDate", json!("1940"))),
        operation("add", "Patient", &named("deceased", "valueQuantity", json!({"value": 1}))),
        operation("add", "Patient.name", &named("use", "valueCode", json!("old"))),
        operation("add", "Patient.photo", &named("title", "valueString", json!("x"))),
        operation("replace", "Patient.gender", &value("valueCode", json!("male"))),
        operation("replace", "Patient.name", &value("valueHumanName", json!({"text": "z"}))),
        operation("replace", "Patient", &value("valueString", json!("z"))),
        operation("delete", "Patient.identifier", &[]),
        operation("delete", "Patient", &[]),
        operation("insert", "Patient.identifier", &at(4, "valueIdentifier", json!({"value": "x"}))),
        operation(
            "insert",
            "Patient.identifier.where(system = 'urn:a')",
            &at(0, "valueIdentifier", json!({"value": "x"})),
        ),
        operation("insert", "Patient.birthDate", &at(0, "valueDate", json!("1940"))),
        operation("move", "Patient.identifier", &places(0, 3)),
        operation("move", "Patient.photo", &places(0, 0)),
        operation("delete", "Patient.name.", &[]),
        operation("delete", "1 + 1", &[]),
        operation("delete", "Patient.frobnicate()", &[]),
        operation("delete", "Practitioner.name.where(", &[]),
    ] {
        assert_eq!(patched(person(), std::slice::from_ref(&wrong)), Err("processing"), "{wrong}");
    }
    let id = operation("replace", "Patient.id", &value("valueId", json!("b")));
    assert_eq!(patched(person(), &[id]), Err("business-rule"));
    let invalid = patch_of(&[operation("delete", "Patient.gender", &[]), operation("delete", "1", &[])]).unwrap();
    let issue = invalid.apply(&Resource::from_value(person()).unwrap()).unwrap_err().issues.remove(0);
    assert_eq!(issue.expression.as_deref(), Some("Parameters.parameter[1]"));
}

#[test]
fn refuses_what_is_not_a_patch() {
    let (path, value) = (part("path", "valueString", json!("Patient")), part("value", "valueString", json!("x")));
    for bad in [
        json!({"name": "other"}),
        json!({"name": "operation"}),
        json!({"name": "operation", "part": [path]}),
        json!({"name": "operation", "part": [part("type", "valueCode", json!("add")), path, value]}),
        operation("burn", "Patient", &[]),
        operation("insert", "Patient.name", &[value]),
        operation("move", "Patient.name", &[part("source", "valueInteger", json!(1))]),
        operation("insert", "Patient.name", &at(-1, "valueString", json!("x"))),
        operation("replace", "Patient.name", &[]),
    ] {
        assert_eq!(patched(person(), std::slice::from_ref(&bad)), Err("malformed"), "{bad}");
    }
    assert!(patch_of(&[]).is_err());
    assert!(crate::patch::Patch::from_parameters(&Resource::from_value(person()).unwrap()).is_err());
}

#[test]
fn what_it_makes_and_takes_is_bounded() {
    let mut deep = json!({"url": "u"});
    for _ in 0..60 {
        deep = json!({"url": "u", "extension": [deep]});
    }
    let deeper = operation("add", "Patient.name[0]", &named("extension", "valueExtension", deep));
    assert!(patched(person(), &[deeper]).is_err());
    let many = vec![operation("delete", "Patient.gender", &[]); 1_001];
    assert_eq!(patched(person(), &many), Err("malformed"));
}
