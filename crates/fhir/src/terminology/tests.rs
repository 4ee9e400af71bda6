#![expect(clippy::needless_pass_by_value, reason = "json! makes values")]

use super::*;
use crate::Resource;
use serde_json::{Value, json};

fn resource(value: Value) -> Resource {
    Resource::from_value(value).unwrap()
}

fn system(content: &str, concept: Value) -> Resource {
    resource(json!({"resourceType": "CodeSystem", "url": "urn:s", "content": content, "concept": concept}))
}

fn set(compose: Value) -> Resource {
    resource(json!({"resourceType": "ValueSet", "compose": compose}))
}

fn library(system: Resource) -> Library {
    let mut library = Library::default();
    library.add("urn:s", system).unwrap();
    library
}

fn asked(code: &str) -> [Asked; 1] {
    [Asked { code: code.to_owned(), ..Asked::default() }]
}

fn said(result: Result<Verdict, Invalid>) -> Option<bool> {
    result.ok().map(|verdict| verdict.result)
}

#[test]
fn parents_that_turn_in_a_circle_end() {
    let up = |code: &str| json!([{"code": "parent", "valueCode": code}]);
    let circle = system("complete", json!([{"code": "a", "property": up("b")}, {"code": "b", "property": up("a")}]));
    let circle = System::parse(&circle).unwrap();
    assert!(circle.is_a("a", "b") && circle.is_a("b", "a") && !circle.is_a("a", "c"));
    assert_eq!(circle.relation("a", "b"), Some(Relation::Equivalent));
    assert_eq!(circle.relation("a", "c"), None);
}

#[test]
fn one_code_may_stand_at_two_places() {
    let twice = json!([{"code": "a", "concept": [{"code": "c"}]}, {"code": "b", "concept": [{"code": "c"}]}]);
    let twice = System::parse(&system("complete", twice)).unwrap();
    assert_eq!(twice.concepts().count(), 3);
    assert_eq!(twice.neighbours("c"), (vec!["a", "b"], vec![]));
}

#[test]
fn of_a_part_it_says_yes_and_never_no() {
    let part = library(system("fragment", json!([{"code": "a"}])));
    let expansion = Expansion::of(&set(json!({"include": [{"system": "urn:s"}]})), &part).unwrap();
    assert_eq!((said(has(&expansion, &asked("a"))), said(has(&expansion, &asked("z")))), (Some(true), None));
    assert_eq!(expansion.whole().unwrap().len(), 1);
    let part = System::parse(&system("fragment", json!([{"code": "a"}]))).unwrap();
    assert_eq!(said(is_code_of("urn:s", Some(&part), &asked("z")[0])), None);
}

#[test]
fn of_what_may_be_excluded_it_says_nothing() {
    let known = library(system("complete", json!([{"code": "a"}])));
    let compose = json!({"include": [{"system": "urn:s"}], "exclude": [{"system": "urn:unknown"}]});
    let expansion = Expansion::of(&set(compose), &known).unwrap();
    assert_eq!((said(has(&expansion, &asked("a"))), said(has(&expansion, &asked("z")))), (None, Some(false)));
    assert_eq!(expansion.whole().unwrap_err().issues[0].code, "not-found");
}

#[test]
fn reads_what_is_only_given_expanded() {
    let given = resource(json!({"resourceType": "ValueSet", "expansion": {"timestamp": "2026-01-01", "contains": [
        {"system": "urn:s", "code": "a", "contains": [{"system": "urn:s", "code": "b"}]}, {"system": "urn:s", "code": "c"}]}}));
    let items = Expansion::of(&given, &Library::default()).unwrap().whole().unwrap();
    assert_eq!(items.iter().map(|item| item.code.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn letters_count_unless_the_system_says_they_do_not() {
    let folded = json!({"resourceType": "CodeSystem", "url": "urn:s", "content": "complete", "caseSensitive": false,
        "concept": [{"code": "Ab"}]});
    let folded = System::parse(&resource(folded)).unwrap();
    assert!(folded.find("aB").is_some_and(|concept| concept.code == "Ab"));
    let exact = System::parse(&system("complete", json!([{"code": "Ab"}]))).unwrap();
    assert!(exact.find("aB").is_none());
    assert_eq!(System::parse(&system("supplement", json!([]))).unwrap_err().issues[0].code, "not-supported");
}

#[test]
fn the_systems_of_required_codes_answer_for_their_hierarchies() {
    let status = System::of_r4("http://hl7.org/fhir/observation-status|4.0.1").unwrap();
    assert_eq!((status.concepts().count(), status.name.as_str()), (8, "observation-status"));
    assert_eq!(status.relation("amended", "corrected"), Some(Relation::Subsumes));
    assert_eq!(status.relation("final", "corrected"), Some(Relation::NotSubsumed));
    assert_eq!(status.relation("final", "nonsense"), None);
    let intent = System::of_r4("http://hl7.org/fhir/request-intent").unwrap();
    assert!(intent.is_a("instance-order", "order") && !intent.is_a("order", "instance-order"));
    let clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical";
    assert_eq!(System::of_r4(clinical).unwrap().neighbours("active").1, ["recurrence", "relapse"]);
    // Of these a part is known.
    for part in ["http://unitsofmeasure.org", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "urn:s"] {
        assert!(System::of_r4(part).is_none(), "{part}");
    }
    assert!(System::of_r4("http://hl7.org/fhir/observation-status|3.0.1").is_none());
    let below = json!({"include": [{"system": "http://hl7.org/fhir/observation-status",
        "filter": [{"property": "concept", "op": "is-a", "value": "amended"}]}]});
    let items = Expansion::of(&set(below), &Library::default()).unwrap().whole().unwrap();
    assert_eq!(items.iter().map(|item| item.code.as_str()).collect::<Vec<_>>(), ["amended", "corrected"]);
}

#[test]
fn every_system_that_is_whole_has_its_codes_and_its_parents() {
    for line in include_str!("systems.tsv").lines() {
        let (url, links) = line.split_once('\t').unwrap_or((line, ""));
        let system = System::of_r4(url).unwrap();
        assert!(!system.is_empty(), "{url}");
        for (child, parent) in links.split_whitespace().map(|link| link.split_once('>').unwrap()) {
            assert_eq!(system.relation(parent, child), Some(Relation::Subsumes), "{url} {child} {parent}");
        }
    }
}
