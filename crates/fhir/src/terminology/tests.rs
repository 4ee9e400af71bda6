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
