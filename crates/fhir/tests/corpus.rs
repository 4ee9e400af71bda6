//! What is not R4 is refused at the right place, and what is R4, however odd, is not.
//!
//! `invalid/*.jsonl`: a name, the errors as `code path`, the resource. `valid/*.jsonl`: a name and the resource.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use fhir::json::Value;
use fhir::{Resource, Severity};
use std::fs;
use std::path::Path;

/// Name, expected errors and resource of each line of a folder.
fn cases(folder: &str) -> Vec<(String, Vec<String>, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let stem = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
        for line in fs::read_to_string(entry.path()).unwrap().lines() {
            let case = fhir::json::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{stem}: {error}: {line}"));
            let name = format!("{stem}: {}", case["name"].as_str().unwrap());
            let issues = case.get("issues").and_then(Value::as_array).cloned().unwrap_or_default();
            let issues = issues.iter().map(|issue| issue.as_str().unwrap().to_owned()).collect();
            cases.push((name, issues, case["resource"].clone()));
        }
    }
    cases
}

/// The errors found, as `code path`.
fn errors(value: Value) -> Vec<String> {
    let issues = match Resource::from_value(value) {
        Ok(resource) => fhir::validate::check(&resource),
        Err(invalid) => invalid.issues,
    };
    for issue in &issues {
        assert!(!issue.text_fr.is_empty() && !issue.text_en.is_empty() && issue.text_fr != issue.text_en);
    }
    let errors = issues.iter().filter(|issue| issue.severity == Severity::Error);
    errors.map(|issue| format!("{} {}", issue.code, issue.expression.as_deref().unwrap_or_default())).collect()
}

/// Fails with every case at once.
fn agree(folder: &str, least: usize) {
    let cases = cases(folder);
    assert!(cases.len() >= least, "{}", cases.len());
    let mut wrong = Vec::new();
    for (name, mut expected, resource) in cases {
        let mut found = errors(resource);
        expected.sort();
        found.sort();
        if expected != found {
            wrong.push(format!("{name}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn refuses_each_invalid_resource_at_its_place() {
    agree("invalid", 300);
}

#[test]
fn accepts_each_valid_resource() {
    agree("valid", 60);
}

#[test]
fn decimals_keep_their_digits_and_are_accepted() {
    for digits in ["1e3", "1E-3", "1.50", "-0.0", "100000000000000000000.000000000000000001", "0.1e+10"] {
        let text = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"valueQuantity":{{"value":{digits}}}}}"#
        );
        let resource = Resource::from_slice(text.as_bytes()).unwrap();
        assert!(errors(resource.value()).is_empty(), "{digits}");
        let kept = fhir::json::to_vec(&resource.into_value());
        let same = digits.replace("1e3", "1e+3").replace("1E-3", "1e-3");
        assert!(String::from_utf8(kept).unwrap().contains(&same), "{digits}");
    }
}

#[test]
fn a_decimal_beyond_all_comparison_is_refused_at_its_place() {
    for digits in ["1e400", "-1E+999999999", "1e309"] {
        let text = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"valueQuantity":{{"value":{digits}}}}}"#
        );
        let resource = Resource::from_slice(text.as_bytes()).unwrap();
        assert_eq!(errors(resource.value()), ["value Observation.value.ofType(Quantity).value"], "{digits}");
    }
}

#[test]
fn what_is_said_of_this_server_is_valid() {
    let mut statement = fhir::capability::statement("0.1.0", "2026-05-28", "http://x.test/fhir", "http://x.test/token");
    assert_eq!(errors(statement.clone()), Vec::<String>::new());
    let operations = |statement: &Value| {
        let names = statement.to_string();
        ["\"meta-add\"", "\"meta-delete\"", "\"import\"", "\"export\""].map(|name| names.contains(name))
    };
    assert_eq!(operations(&statement), [true; 4]);
    for (writes, imports) in [(true, false), (false, false)] {
        let reach = fhir::capability::Reach { writes, chooses: false, imports };
        fhir::capability::narrow(&mut statement, reach);
        assert_eq!(errors(statement.clone()), Vec::<String>::new());
        assert_eq!(operations(&statement), [writes, writes, false, true]);
    }
}
