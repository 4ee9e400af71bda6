//! HL7's own examples of R4 are read and found valid, but for those that break R4 themselves.
//!
//! `SOCLE_FHIR_EXAMPLES` names the folder of the package `hl7.fhir.r4.examples`; without it they are skipped, aloud.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use fhir::{Resource, Severity};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is wrong with the examples themselves: the file's name, the error as `code path`, why.
const FAULTS: &str = include_str!("examples.tsv");

/// The files, or nothing where there are none and none are required.
fn files() -> Vec<PathBuf> {
    let folder = std::env::var_os("SOCLE_FHIR_EXAMPLES").map(PathBuf::from).filter(|folder| folder.is_dir());
    let Some(folder) = folder else {
        let required = std::env::var("SOCLE_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|part| part.trim() == "examples"), "SOCLE_FHIR_EXAMPLES is no folder");
        eprintln!("SKIPPED: SOCLE_FHIR_EXAMPLES is not set, no example of HL7's was read");
        return Vec::new();
    };
    let paths = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let examples = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    examples.filter(|path| path.file_name().is_some_and(|name| name != "package.json")).collect()
}

fn errors(path: &Path) -> Vec<String> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let issues = match Resource::from_slice(&fs::read(path).unwrap()) {
        Ok(resource) => fhir::validate::check(&resource),
        Err(invalid) => invalid.issues,
    };
    let errors = issues.into_iter().filter(|issue| issue.severity == Severity::Error);
    errors
        .map(|issue| format!("{name}\t{} {}", issue.code, without_indexes(&issue.expression.unwrap_or_default())))
        .collect()
}

fn without_indexes(path: &str) -> String {
    path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect()
}

#[test]
fn examples_are_valid_but_for_their_own_faults() {
    let files = files();
    if files.is_empty() {
        return;
    }
    assert!(files.len() > 5_000, "{}", files.len());
    let found: BTreeSet<String> = std::thread::scope(|scope| {
        let halves: Vec<_> = files
            .chunks(files.len().div_ceil(2))
            .map(|half| scope.spawn(move || half.iter().flat_map(|path| errors(path)).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let known: BTreeSet<String> =
        FAULTS.lines().filter_map(|line| line.rsplit_once('\t')).map(|(fault, _)| fault.to_owned()).collect();
    let lines = |lines: Vec<&String>| lines.into_iter().cloned().collect::<Vec<_>>().join("\n");
    let (new, gone) = (lines(found.difference(&known).collect()), lines(known.difference(&found).collect()));
    assert!(new.is_empty() && gone.is_empty(), "refused:\n{new}\n\nno longer refused:\n{gone}");
}
