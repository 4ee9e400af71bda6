//! Profiles as constraints: each kind of rule breaks where it should, and the guides' own examples keep theirs.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::too_many_lines,
    clippy::needless_pass_by_value,
    reason = "tests"
)]

mod bounds;

use fhir::json::Value;
use fhir::validate::profile::{Known, claims};
use fhir::{Resource, Severity};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// Faults of the sample files themselves, by the end of the file's name and the path.
const KNOWN: &[(&str, &str)] = &[
    // A fixed type, and a display beside it; a code its own base does not list.
    ("uf-4701-endocrino-diab.json", "Organization.type[0]"),
    ("uf-4420-dialyse.json", "Organization.type[0]"),
    ("uac-4420-uac-01.json", "Organization.type[0]"),
    // Its profile wants the version in the claim.
    ("pp19dr-person.json", "Person.meta.profile"),
];

#[test]
fn examples_keep_the_profiles_of_their_guides() {
    let Some(samples) = std::env::var_os("SOCLE_SAMPLES") else {
        eprintln!("SKIPPED: SOCLE_SAMPLES is not set");
        return;
    };
    let mut paths = Vec::new();
    files(&Path::new(&samples).join("fhir-dui"), &mut paths);
    let read = |path: &PathBuf| Resource::from_slice(&fs::read(path).ok()?).ok();
    let all: Vec<(String, Resource)> =
        paths.iter().filter_map(|path| Some((path.file_name()?.to_string_lossy().into_owned(), read(path)?))).collect();
    let mut known = Known::default();
    // Those with snapshots come last: they know more.
    all.iter().for_each(|(_, resource)| known.learn(resource));
    all.iter().filter(|(_, one)| one.get(&["snapshot"]).is_some()).for_each(|(_, resource)| known.learn(resource));
    known.settle();
    let (mut checked, mut wrong) = (0, Vec::new());
    for (name, resource) in &all {
        if claims(resource).is_empty() {
            continue;
        }
        checked += 1;
        for issue in known.check(resource, &[]) {
            let path = issue.expression.clone().unwrap_or_default();
            let excused = KNOWN.iter().any(|(file, at)| name.ends_with(file) && path.contains(at));
            if issue.severity == Severity::Error && !excused {
                wrong.push(format!("{name}: {} {path}: {}", issue.code, issue.text_en));
            }
        }
    }
    assert!(checked > 0);
    assert!(wrong.is_empty(), "{checked} checked, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn profile(name: &str, ty: &str, elements: Value) -> Resource {
    let url = format!("https://test/{name}");
    let base = format!("http://hl7.org/fhir/StructureDefinition/{ty}");
    Resource::from_value(json!({"resourceType": "StructureDefinition", "url": url, "name": name, "status": "active",
        "kind": "resource", "abstract": false, "type": ty, "baseDefinition": base, "derivation": "constraint",
        "differential": {"element": elements}}))
    .unwrap()
}

/// A resident: an INS and maybe local numbers, a place of birth, an official name, nobody deceased by a date alone.
fn known() -> Known {
    let mut known = Known::default();
    known.learn(&profile("patient", "Patient", json!([
        {"id": "Patient", "path": "Patient", "constraint": [
            {"key": "res-1", "severity": "error", "human": "Active or deceased",
             "expression": "active.exists() or deceased.exists()"},
            {"key": "res-2", "severity": "warning", "human": "A photo", "expression": "photo.exists()"}]},
        {"id": "Patient.extension:birthPlace", "path": "Patient.extension", "sliceName": "birthPlace", "min": 1,
            "max": "1", "type": [{"code": "Extension", "profile": ["https://test/place"]}]},
        {"id": "Patient.identifier", "path": "Patient.identifier", "min": 1,
            "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "closed"}},
        {"id": "Patient.identifier:ins", "path": "Patient.identifier", "sliceName": "ins", "min": 1, "max": "1"},
        {"id": "Patient.identifier:ins.system", "path": "Patient.identifier.system", "fixedUri": "urn:ins"},
        {"id": "Patient.identifier:ins.value", "path": "Patient.identifier.value", "min": 1, "maxLength": 5},
        {"id": "Patient.identifier:local", "path": "Patient.identifier", "sliceName": "local"},
        {"id": "Patient.identifier:local.system", "path": "Patient.identifier.system", "patternUri": "urn:local"},
        {"id": "Patient.name", "path": "Patient.name", "min": 1, "max": "2"},
        {"id": "Patient.name.family", "path": "Patient.name.family", "min": 1},
        {"id": "Patient.name.text", "path": "Patient.name.text", "max": "0"},
        {"id": "Patient.gender", "path": "Patient.gender", "binding": {"strength": "required",
            "valueSet": "https://test/genders|1"}},
        {"id": "Patient.deceased[x]", "path": "Patient.deceased[x]", "type": [{"code": "boolean"}]},
        {"id": "Patient.maritalStatus", "path": "Patient.maritalStatus", "patternCodeableConcept":
            {"coding": [{"system": "urn:m", "code": "M"}]}},
        {"id": "Patient.managingOrganization", "path": "Patient.managingOrganization", "type": [{"code": "Reference",
            "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Organization"]}]}
    ])));
    known.learn(&profile(
        "place",
        "Extension",
        json!([
            {"id": "Extension.url", "path": "Extension.url", "fixedUri": "https://test/place"},
            {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "type": [{"code": "string"}]}
        ]),
    ));
    let resident = profile(
        "resident",
        "Patient",
        json!([
        {"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1},
        {"id": "Patient.identifier:ins.use", "path": "Patient.identifier.use", "fixedCode": "official"}]),
    );
    let mut resident = resident;
    resident.object_mut().insert("baseDefinition".into(), "https://test/patient|1.0".into());
    known.learn(&resident);
    known.learn(&profile(
        "bundle",
        "Bundle",
        json!([
        {"id": "Bundle.entry", "path": "Bundle.entry",
            "slicing": {"discriminator": [{"type": "profile", "path": "resource"}], "rules": "open"}},
        {"id": "Bundle.entry:resident", "path": "Bundle.entry", "sliceName": "resident", "min": 1, "max": "1"},
        {"id": "Bundle.entry:resident.resource", "path": "Bundle.entry.resource",
            "type": [{"code": "Patient", "profile": ["https://test/resident"]}]}]),
    ));
    known.learn(&profile(
        "weight",
        "Observation",
        json!([
            {"id": "Observation.value[x]", "path": "Observation.value[x]",
                "slicing": {"discriminator": [{"type": "type", "path": "$this"}], "rules": "closed"}},
            {"id": "Observation.value[x]:valueQuantity", "path": "Observation.value[x]", "sliceName": "valueQuantity",
                "min": 1, "type": [{"code": "Quantity"}]},
            {"id": "Observation.value[x]:valueQuantity.code", "path": "Observation.value[x].code", "fixedCode": "kg"},
            {"id": "Observation.component", "path": "Observation.component",
                "slicing": {"discriminator": [{"type": "pattern", "path": "code"}, {"type": "exists", "path": "value"}],
                    "rules": "open"}},
            {"id": "Observation.component:height", "path": "Observation.component", "sliceName": "height", "max": "1"},
            {"id": "Observation.component:height.code", "path": "Observation.component.code",
                "patternCodeableConcept": {"coding": [{"code": "h"}]}},
            {"id": "Observation.component:height.value[x]", "path": "Observation.component.value[x]", "min": 1}
        ]),
    ));
    let mut set = json!({"resourceType": "ValueSet", "url": "https://test/genders", "status": "active",
        "compose": {"include": [{"system": "urn:whole"}], "exclude": [{"system": "urn:whole", "concept": [{"code": "other"}]}]}});
    known.learn(&Resource::from_value(set.take()).unwrap());
    known.learn(
        &Resource::from_value(json!({"resourceType": "CodeSystem", "url": "urn:whole", "status": "active",
        "content": "complete", "concept": [{"code": "male", "concept": [{"code": "female"}]}, {"code": "other"}]}))
        .unwrap(),
    );
    known.settle();
    known
}

fn resident() -> Value {
    json!({"resourceType": "Patient", "meta": {"profile": ["https://test/resident"]}, "active": true,
        "extension": [{"url": "https://test/place", "valueString": "Rennes"}, {"url": "https://test/x", "valueCode": "x"}],
        "identifier": [{"use": "official", "system": "urn:ins", "value": "12345"}, {"system": "urn:local", "value": "9"}],
        "name": [{"family": "A"}], "gender": "female", "birthDate": "1950", "deceasedBoolean": false,
        "maritalStatus": {"coding": [{"code": "x"}, {"system": "urn:m", "code": "M", "display": "Marié"}]},
        "managingOrganization": {"reference": "Organization/1"}})
}

/// The errors of a value against what it claims.
fn errors(known: &Known, value: Value) -> Vec<String> {
    let issues = known.check(&Resource::from_value(value).unwrap(), &[]);
    let errors = issues.into_iter().filter(|issue| issue.severity == Severity::Error);
    errors.map(|issue| format!("{} {}", issue.code, issue.expression.unwrap_or_default())).collect()
}

#[test]
fn what_conforms_is_accepted_with_its_warnings() {
    let known = known();
    assert_eq!(errors(&known, resident()), [""; 0]);
    let issues = known.check(&Resource::from_value(resident()).unwrap(), &[]);
    assert_eq!(issues.len(), 1, "{issues:?}");
    assert!(issues[0].text_en.contains("res-2"));
}

#[test]
fn each_rule_of_a_profile_breaks_at_its_place() {
    let known = known();
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("/birthDate", Value::Null, &["required Patient.birthDate"]),
        ("/name", Value::Null, &["required Patient.name"]),
        ("/name", json!([{"family": "a"}, {"family": "b"}, {"family": "c"}]), &["business-rule Patient.name"]),
        ("/name/0/family", Value::Null, &["required Patient.name[0].family"]),
        ("/name/0/text", json!("a"), &["business-rule Patient.name[0].text"]),
        ("/gender", json!("other"), &["code-invalid Patient.gender"]),
        ("/deceasedBoolean", Value::Null, &[]),
        ("/maritalStatus/coding/1/code", json!("D"), &["value Patient.maritalStatus"]),
        ("/managingOrganization/reference", json!("Practitioner/1"), &["value Patient.managingOrganization.reference"]),
        ("/managingOrganization/reference", json!("urn:uuid:x"), &[]),
        ("/active", Value::Null, &[]),
        ("/extension/0", json!({"url": "https://test/x", "valueCode": "x"}), &["required Patient.extension"]),
        (
            "/extension/1",
            json!({"url": "https://test/place", "valueString": "x"}),
            &["business-rule Patient.extension"],
        ),
        ("/extension/0/valueString", Value::Null, &["required Patient.extension[0].value"]),
        ("/identifier/0", json!({"system": "urn:local"}), &["required Patient.identifier"]),
        ("/identifier/0/use", json!("usual"), &["value Patient.identifier[0].use"]),
        ("/identifier/0/value", Value::Null, &["required Patient.identifier[0].value"]),
        ("/identifier/0/value", json!("123456"), &["too-long Patient.identifier[0].value"]),
        ("/identifier/1/system", json!("urn:ins"), &["business-rule Patient.identifier"]),
        ("/identifier/1/system", json!("urn:else"), &["business-rule Patient.identifier[1]"]),
        ("/meta/profile/0", json!("https://test/weight"), &["value Patient.meta.profile[0]"]),
        ("/meta/profile/0", json!("http://hl7.org/fhir/StructureDefinition/Patient"), &[]),
        (
            "/meta/profile/0",
            json!("http://hl7.org/fhir/StructureDefinition/Person"),
            &["value Patient.meta.profile[0]"],
        ),
        ("/meta/profile/0", json!("https://test/unknown"), &[]),
    ];
    for (at, with, expected) in cases {
        let mut value = resident();
        let (parent, key) = at.rsplit_once('/').unwrap();
        match value.pointer_mut(parent).unwrap() {
            Value::Object(object) if with.is_null() => drop(object.shift_remove(key)),
            Value::Object(object) => drop(object.insert(key.into(), with.clone())),
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = with.clone(),
            _ => unreachable!(),
        }
        assert_eq!(errors(&known, value), expected, "{at} {with}");
    }
    let mut value = resident();
    let object = value.as_object_mut().unwrap();
    object.shift_remove("active");
    object.shift_remove("deceasedBoolean");
    assert_eq!(errors(&known, value), ["invariant Patient"]);
    let mut value = resident();
    value.as_object_mut().unwrap().shift_remove("deceasedBoolean");
    value["deceasedDateTime"] = json!("2020");
    assert_eq!(errors(&known, value), ["value Patient.deceased.ofType(dateTime)"]);
}

#[test]
fn slices_are_told_apart_by_type_pattern_existence_and_profile() {
    let known = known();
    let weight = |more: Value| {
        let mut value = json!({"resourceType": "Observation", "meta": {"profile": ["https://test/weight"]},
            "status": "final", "code": {"text": "x"}});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        errors(&known, value)
    };
    assert_eq!(weight(json!({"valueQuantity": {"value": 1, "code": "kg"}})), [""; 0]);
    assert_eq!(
        weight(json!({"valueQuantity": {"value": 1, "code": "g"}})),
        ["value Observation.value.ofType(Quantity).code"]
    );
    assert_eq!(
        weight(json!({"valueString": "x"})),
        ["required Observation.value", "business-rule Observation.value.ofType(string)"]
    );
    let height = json!({"code": {"coding": [{"code": "h"}]}, "valueInteger": 1});
    let nothing = json!({"code": {"coding": [{"code": "h"}]}});
    let good = json!({"value": 1, "code": "kg"});
    assert_eq!(weight(json!({"valueQuantity": good, "component": [height, nothing, nothing]})), [""; 0]);
    let twice = weight(json!({"valueQuantity": good, "component": [height, height]}));
    assert_eq!(twice, ["business-rule Observation.component"]);
    let bundle = |entries: Value| {
        errors(
            &known,
            json!({"resourceType": "Bundle", "type": "collection", "entry": entries,
            "meta": {"profile": ["https://test/bundle"]}}),
        )
    };
    let mut unclaimed = resident();
    unclaimed.as_object_mut().unwrap().shift_remove("meta");
    assert_eq!(
        bundle(json!([{"resource": unclaimed}, {"resource": {"resourceType": "Organization", "name": "x"}}])),
        [""; 0]
    );
    assert_eq!(bundle(json!([{"resource": {"resourceType": "Patient"}}])), ["required Bundle.entry"]);
    let mut wrong = resident();
    wrong.as_object_mut().unwrap().shift_remove("birthDate");
    assert_eq!(
        bundle(json!([{"resource": unclaimed}, {"resource": wrong}])),
        ["required Bundle.entry[1].resource.birthDate"],
        "an entry's own claim is checked"
    );
}

#[test]
fn a_profile_that_is_not_known_is_a_warning_and_another_version_is_not_known() {
    let known = known();
    let mut value = resident();
    value["meta"]["profile"] = json!(["https://test/unknown", "https://test/resident"]);
    let issues = known.check(&Resource::from_value(value).unwrap(), &["https://test/weight".to_owned()]);
    let said: Vec<_> = issues.iter().map(|one| (one.severity, one.code, one.expression.as_deref())).collect();
    assert!(said.contains(&(Severity::Warning, "not-found", Some("Patient.meta.profile[0]"))), "{said:?}");
    assert!(said.contains(&(Severity::Error, "value", None)), "{said:?}");
}

#[test]
fn profiles_that_name_each_other_end() {
    let mut known = Known::default();
    for (one, two) in [("a", "b"), ("b", "a")] {
        let mut definition = profile(
            one,
            "Patient",
            json!([
            {"id": "Patient.contained", "path": "Patient.contained",
                "type": [{"code": "Patient", "profile": [format!("https://test/{two}")]}]}]),
        );
        definition.object_mut().insert("baseDefinition".into(), format!("https://test/{two}").into());
        known.learn(&definition);
    }
    known.settle();
    let mut value = json!({"resourceType": "Patient", "id": "x"});
    for _ in 0..20 {
        value = json!({"resourceType": "Patient", "id": "x", "contained": [value]});
    }
    value["meta"] = json!({"profile": ["https://test/a"]});
    assert!(known.check(&Resource::from_value(value).unwrap(), &[]).is_empty());
}
