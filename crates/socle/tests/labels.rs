//! `socle label` and `socle rules`, from outside.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn socle(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_socle"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_file_is_labelled_line_by_line_in_its_order() {
    let input = r#"{"id":"1","kind":"coded","system":"http://hl7.org/fhir/sid/icd-10","code":"B24","text":"?"}
{"id":"2","kind":"text","text":"A bien dormi."}

{"id":"3","kind":"text"
{"id":"4","kind":"coded","system":"urn:example:unknown","code":"42","text":"objet"}
{"id":"5","kind":"text","text":"Bilan fait ce jour.","author_function":"psychologue","place_profile":"IME"}
{"id":6,"kind":"coded","text":"Schizophrénie"}
{"id":"7","kind":"other","text":"objet"}
{"kind":"text","text":"objet"}
"#;
    let output = socle(&["label", "--input", "-"], input);
    assert_eq!(output.status.code(), Some(1), "a line could not be read");
    let answers = lines(&output);
    assert_eq!(answers.len(), 8);
    let level = |answer: &Value| answer["level"].as_i64();
    assert_eq!((answers[0]["id"].as_str(), level(&answers[0])), (Some("1"), Some(4)));
    assert_eq!(answers[0]["categories"][0], "VIH");
    assert!(answers[0]["reasons"][0]["rule"].is_string() && answers[0]["reasons"][0]["rules_version"].is_u64());
    assert_eq!(level(&answers[1]), Some(1));
    assert!(answers[2]["error"].is_string() && answers[2].get("level").is_none());
    assert_eq!(answers[2]["line"], 4, "which line");
    assert_eq!((&answers[5]["id"], level(&answers[5])), (&Value::from(6), Some(3)), "only what the code means");
    assert_eq!((answers[6]["id"].as_str(), &answers[6]["line"]), (Some("7"), &Value::from(8)));
    assert!(answers[7].get("id").is_none() && answers[7]["line"] == 9);
    assert_eq!((answers[3]["id"].as_str(), level(&answers[3])), (Some("4"), Some(2)));
    assert_eq!(
        (level(&answers[4]), answers[4]["categories"][0].as_str()),
        (Some(3), Some("PSY")),
        "floor of its author"
    );
    assert_eq!(socle(&["label", "--input", "/absent/file"], "").status.code(), Some(3));
    assert_eq!(socle(&["label"], "").status.code(), Some(2));
}

#[test]
fn rules_are_checked_and_compared() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../confidentiality/data/rules");
    let shipped = shipped.to_str().unwrap();
    let checked = socle(&["rules", "check", shipped, "--json"], "");
    let report: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!((checked.status.code(), report["findings"].as_array().unwrap().len()), (Some(0), 0), "{report}");
    assert!(report["examples"].as_u64().unwrap() > 1_000);
    let same = socle(&["rules", "diff", "livrees", shipped, "--json"], "");
    let report: Value = serde_json::from_slice(&same.stdout).unwrap();
    assert_eq!(report["rules"]["changed"].as_array().unwrap().len(), 0);

    let folder = tempfile::tempdir().unwrap();
    for part in ["codes", "text"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("version.toml", "version = 9");
    write("context.toml", "");
    write("floors.toml", "[base]\ndefault = [2, \"med\"]");
    write(
        "text/one.toml",
        "[[rule]]\nid = \"un\"\nlevel = 3\ncategories = [\"PSY\"]\ntext = \"Une.\"\nterms = [\"mot\"]\nexamples = { yes = [\"Un mot.\", \"Rien.\"] }",
    );
    let path = folder.path().to_str().unwrap();
    let checked = socle(&["rules", "check", path], "");
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&checked.stdout).contains("un : ne dit rien de « Rien. »"));
    write("text/one.toml", "[[rule]]\nid = \"un\"\nlevel = 9\ntext = \"Une.\"\nterms = [\"(mot\"]");
    let broken = socle(&["rules", "check", path], "");
    assert_eq!(broken.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("un:"), "{}", String::from_utf8_lossy(&broken.stderr));
}
