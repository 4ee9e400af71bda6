//! HL7's own examples of R4 are stored and come back the same.
//!
//! `SOCLE_FHIR_EXAMPLES` names the folder of the package `hl7.fhir.r4.examples`; without it they are skipped, aloud.

use crate::support::{Program, World};
use fhir::{Resource, equality};
use std::fs;
use std::path::{Path, PathBuf};

/// Examples that R4 itself refuses: file, error, why.
const FAULTS: &str = include_str!("../../../fhir/tests/examples.tsv");

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("SOCLE_FHIR_EXAMPLES").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        let required = std::env::var("SOCLE_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|part| part.trim() == "examples"), "SOCLE_FHIR_EXAMPLES is no folder");
        eprintln!("SKIPPED: SOCLE_FHIR_EXAMPLES is not set, no example of HL7's was stored");
    }
    folder
}

/// The package's own manifest, and thousands of definitions of R4 itself, that only take long: the tests of the crate
/// `fhir` read them.
const NOT_STORED: [&str; 5] =
    ["package.json", "SearchParameter-", "StructureDefinition-", "ValueSet-v3-", "CodeSystem-v2-"];

async fn store_and_read(program: &Program<'_>, path: &Path) -> Result<(), String> {
    let bytes = fs::read(path).unwrap();
    let sent = Resource::from_slice(&bytes).map_err(|error| error.to_string())?.into_value();
    let address = format!("/fhir/{}/{}", sent["resourceType"].as_str().unwrap(), sent["id"].as_str().ok_or("no id")?);
    let answer = program.send_bytes("PUT", &address, &[("prefer", "return=minimal")], bytes).await;
    if !matches!(answer.status, 200 | 201) {
        return Err(format!("{}: {}", answer.status, answer.text()));
    }
    let read = program.send("GET", &address, &[("accept", "application/fhir+json")], "").await;
    if read.status != 200 {
        return Err(format!("read {}: {}", read.status, read.text()));
    }
    equality::semantic(&sent, &read.json(), &|_| None).map_err(|difference| difference.to_string())
}

/// What Socle refuses though R4 allows it: notifications with content, a Subscription that is not one to begin.
const REFUSED: [&str; 2] = ["Subscription-example-error.json", "Subscription-example.json"];

#[tokio::test]
async fn examples_come_back_as_they_were_sent() {
    let Some(folder) = folder() else { return };
    let world = World::new().await;
    let program = world.program("full").await;
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let (mut stored, mut wrong) = (0, Vec::new());
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let faulty = FAULTS.lines().any(|line| line.split('\t').next() == Some(&name));
        if faulty || !name.ends_with(".json") || NOT_STORED.iter().any(|kind| name.starts_with(kind)) {
            continue;
        }
        match (store_and_read(&program, &path).await, REFUSED.contains(&name.as_str())) {
            (Ok(()), false) => stored += 1,
            (Err(error), true) if error.starts_with("422") => {}
            (outcome, _) => wrong.push(format!("{name}: {outcome:?}")),
        }
    }
    assert!(stored > 2_500 && wrong.is_empty(), "{stored} are the same; {}:\n{}", wrong.len(), wrong.join("\n"));
}
