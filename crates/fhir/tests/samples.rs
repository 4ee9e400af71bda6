//! Real resources are not refused: those of the sample folders, unless they are known to be wrong.
#![expect(clippy::print_stderr, reason = "tests")]

use fhir::json::Value;
use fhir::{Resource, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.ends_with("conformance") {
            // The guides' own definitions hold translations without content, which ext-1 forbids.
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

/// Faults of the sample files themselves, by the end of the file's name and the path.
const KNOWN: &[(&str, &str)] = &[
    ("cds-careteam-example.json", "CareTeam.name.extension[0].extension[1].value"),
    ("hopitaltest-eg-4-members.json", "Organization.extension[3].value.ofType(Reference).reference"),
];

#[test]
fn samples_are_valid() {
    let Some(samples) = std::env::var_os("SOCLE_SAMPLES") else {
        eprintln!("SKIPPED: SOCLE_SAMPLES is not set");
        return;
    };
    let mut found = Vec::new();
    files(Path::new(&samples), &mut found);
    let (mut read, mut faults) = (0, BTreeMap::<String, usize>::new());
    for path in found {
        let Ok(bytes) = fs::read(&path) else { continue };
        let Ok(value @ Value::Object(_)) = fhir::json::parse(&bytes) else { continue };
        let Ok(resource) = Resource::from_value(value) else { continue };
        read += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for issue in fhir::validate::check(&resource) {
            let place = issue.expression.clone().unwrap_or_default();
            let known = KNOWN.iter().any(|(file, path)| name.ends_with(file) && place.contains(path));
            if issue.severity == Severity::Error && !known {
                *faults.entry(format!("{name}: {place}: {} {}", issue.code, issue.text_en)).or_default() += 1;
            }
        }
    }
    assert!(read > 0);
    let list: Vec<String> = faults.keys().cloned().collect();
    assert!(list.is_empty(), "{read} read, {}:\n{}", list.len(), list.join("\n"));
}

#[test]
fn the_statement_names_each_parameter_as_hl7_defines_it() {
    let Some(samples) = std::env::var_os("SOCLE_SAMPLES") else {
        eprintln!("SKIPPED: SOCLE_SAMPLES is not set");
        return;
    };
    let text = fs::read(Path::new(&samples).join("synthetic/hl7-r4-search-parameters.json")).unwrap();
    let bundle = fhir::json::parse(&text).unwrap();
    let defined: BTreeSet<&str> =
        bundle["entry"].as_array().unwrap().iter().filter_map(|entry| entry["resource"]["url"].as_str()).collect();
    let statement = fhir::capability::statement("0", "2026-05-28", "http://x.test/fhir", "http://x.test/token");
    let rows = statement["rest"][0]["resource"].as_array().unwrap();
    let params: Vec<&Value> = rows.iter().flat_map(|row| row["searchParam"].as_array().into_iter().flatten()).collect();
    assert!(params.len() > 1_500, "{}", params.len());
    for param in params {
        let (definition, name) = (param["definition"].as_str().unwrap(), param["name"].as_str().unwrap());
        assert!(defined.contains(definition) && definition.ends_with(name.trim_start_matches('_')), "{param}");
    }
}
