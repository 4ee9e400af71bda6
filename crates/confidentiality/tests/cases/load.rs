//! Cases written by hand, one JSON object a line.

use confidentiality::labeler::score::Case;
use std::fs;
use std::path::Path;

/// Cases of one sentence or a few lines.
pub(crate) const SENTENCES: [&str; 2] = ["health.jsonl", "social.jsonl"];
/// Notes of many lines and several topics.
pub(crate) const NOTES: [&str; 2] = ["health-notes.jsonl", "social-notes.jsonl"];

/// Text of a file of this folder.
pub(crate) fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Cases, one a line.
pub(crate) fn lines(text: &str) -> Vec<Case> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

/// The cases of some files of this folder.
pub(crate) fn files(names: &[&str]) -> Vec<Case> {
    names.iter().flat_map(|name| lines(&read(name))).collect()
}
