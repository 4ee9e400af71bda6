//! Crates import along one arrow (`docs/ARCHITECTURE.md`), and a few libraries belong to one crate only.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command;

/// Each crate imports only from lower ranks; crates of one rank never meet.
const RANKS: [(&str, u8); 9] = [
    ("fhir", 0),
    ("confidentiality", 1),
    ("domain", 2),
    ("store", 3),
    ("documents", 3),
    ("national", 3),
    ("app", 4),
    ("server", 5),
    ("socle", 6),
];

/// Libraries whose subject belongs to one crate: SQL to `store`, HTTP and HTML to `server`, the command line to `socle`.
const RESERVED: [(&str, &[&str]); 10] = [
    ("rusqlite", &["store"]),
    ("refinery", &["store"]),
    ("tokio-postgres", &["store"]),
    ("axum", &["server"]),
    ("tower-http", &["server"]),
    ("askama", &["server"]),
    ("clap", &["socle"]),
    ("indicatif", &["socle"]),
    ("anyhow", &["socle", "xtask"]),
    ("tokio", &["store", "national", "app", "server", "sandbox", "socle"]),
];

#[derive(Clone, Copy)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    /// A path dependency, another crate of this workspace.
    ours: bool,
    /// Used by tests only.
    dev: bool,
}

/// Reads the manifests as cargo does.
pub(crate) fn check() -> Result<()> {
    let arguments = ["metadata", "--locked", "--no-deps", "--format-version", "1"];
    let metadata: Value = serde_json::from_str(&command::capture(&mut command::cargo(&arguments))?)?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("no packages in the metadata")?;
    let mut findings = Vec::new();
    for package in packages {
        let from = name(package)?;
        if !matches!(from, "xtask" | "sandbox") && rank(from).is_none() {
            findings.push(format!("{from}: give it a place in docs/ARCHITECTURE.md and in xtask/src/layers.rs"));
        }
        let dependencies = package.get("dependencies").and_then(Value::as_array).context("no dependencies")?;
        for dependency in dependencies {
            let ours = dependency.get("path").is_some_and(Value::is_string);
            let dev = dependency.get("kind").and_then(Value::as_str) == Some("dev");
            findings.extend(judge(Edge { from, to: name(dependency)?, ours, dev }));
        }
    }
    if !findings.is_empty() {
        bail!("{}", findings.join("\n"));
    }
    Ok(())
}

fn name(value: &Value) -> Result<&str> {
    value.get("name").and_then(Value::as_str).context("a package without a name")
}

fn rank(name: &str) -> Option<u8> {
    RANKS.iter().find(|(known, _)| *known == name).map(|(_, rank)| *rank)
}

fn judge(edge: Edge<'_>) -> Option<String> {
    let Edge { from, to, ours, dev } = edge;
    if ours {
        let allowed = match (from, to) {
            ("sandbox", to) => matches!(to, "fhir" | "documents"),
            (from, "sandbox") => from == "socle",
            // Its chores read the demo's invented people; they never reach what stores or shows.
            ("xtask", to) => matches!(to, "fhir" | "confidentiality" | "domain"),
            (from, to) => matches!((rank(from), rank(to)), (Some(from), Some(to)) if to < from),
        };
        return (!allowed).then(|| format!("{from} may not import {to}: against the arrow"));
    }
    let owners = RESERVED.iter().find(|(library, _)| *library == to).map(|(_, owners)| *owners)?;
    (!dev && !owners.contains(&from)).then(|| format!("{from} may not use {to}: reserved to {}", owners.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{Edge, RANKS, judge};

    fn ours(from: &'static str, to: &'static str) -> Edge<'static> {
        Edge { from, to, ours: true, dev: false }
    }

    #[test]
    fn refuses_every_import_against_the_arrow_and_between_neighbours() {
        for (from, high) in RANKS {
            for (to, low) in RANKS {
                assert_eq!(judge(ours(from, to)).is_none(), low < high, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn keeps_the_sandbox_away_from_the_national_clients() {
        assert!(judge(ours("sandbox", "national")).is_some());
        assert!(judge(ours("sandbox", "documents")).is_none());
        assert!(judge(ours("server", "sandbox")).is_some());
        assert!(judge(ours("socle", "sandbox")).is_none());
    }

    #[test]
    fn lets_the_chores_use_pure_crates_only() {
        assert!(judge(ours("xtask", "domain")).is_none());
        assert!(judge(ours("xtask", "store")).is_some());
    }

    #[test]
    fn keeps_sql_in_the_store_except_in_tests() {
        let edge = Edge { from: "confidentiality", to: "rusqlite", ours: false, dev: false };
        assert!(judge(edge).is_some());
        assert!(judge(Edge { dev: true, ..edge }).is_none());
        assert!(judge(Edge { from: "store", ..edge }).is_none());
    }
}
