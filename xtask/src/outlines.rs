//! The tables of compartments and of summaries, from HL7's definitions (CC0).

use anyhow::{Context as _, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Both tables.
pub struct Outlines {
    /// `compartment, type, parameters`: by which references a type belongs to a compartment.
    pub compartments: String,
    /// `type, elements that may not be left out, elements of the summary`.
    pub summaries: String,
}

/// What every resource has, and is dealt with by name.
const COMMON: [&str; 8] =
    ["id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension"];

/// Reads the definitions' folder.
///
/// # Errors
/// When the file is missing or is not what it should be.
pub fn generate(folder: &Path) -> Result<Outlines> {
    let path = folder.join("profiles-resources.json");
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let bundle: Value = serde_json::from_slice(&bytes).context("definitions are not JSON")?;
    let (mut compartments, mut summaries) = (BTreeMap::new(), BTreeMap::new());
    for resource in list(&bundle, "entry").filter_map(|entry| entry.get("resource")) {
        match (text(resource, "resourceType"), text(resource, "kind")) {
            ("CompartmentDefinition", _) => belonging(resource, &mut compartments),
            ("StructureDefinition", "resource") if text(resource, "derivation") == "specialization" => {
                summaries.insert(text(resource, "id"), outline(resource));
            }
            _ => {}
        }
    }
    let mut out = Outlines { compartments: String::new(), summaries: String::new() };
    for ((compartment, kind), params) in compartments {
        writeln!(out.compartments, "{compartment}\t{kind}\t{params}")?;
    }
    for (kind, (kept, summary)) in summaries {
        writeln!(out.summaries, "{kind}\t{kept}\t{summary}")?;
    }
    Ok(out)
}

/// `{def}` stands for the resource itself, which belongs to its own compartment.
fn belonging<'a>(resource: &'a Value, out: &mut BTreeMap<(&'a str, &'a str), String>) {
    for row in list(resource, "resource") {
        let params: Vec<&str> = list(row, "param").filter_map(Value::as_str).collect();
        if !params.is_empty() {
            let named: Vec<&str> = params.into_iter().filter(|param| !param.starts_with('{')).collect();
            out.insert((text(resource, "code"), text(row, "code")), named.join(" "));
        }
    }
}

/// The names of a type's own elements that are mandatory or change the meaning of others, and of those of its summary.
fn outline(shape: &Value) -> (String, String) {
    let (mut kept, mut summary) = (Vec::new(), Vec::new());
    for element in shape.get("snapshot").into_iter().flat_map(|snapshot| list(snapshot, "element")) {
        let mut parts = text(element, "path").split('.').skip(1);
        let (Some(name), None) = (parts.next(), parts.next()) else { continue };
        let name = name.trim_end_matches("[x]");
        let flag = |key: &str| element.get(key).and_then(Value::as_bool) == Some(true);
        if COMMON.contains(&name) {
            continue;
        }
        if flag("isModifier") || element.get("min").and_then(Value::as_u64).is_some_and(|min| min > 0) {
            kept.push(name);
        }
        if flag("isSummary") {
            summary.push(name);
        }
    }
    (kept.join(" "), summary.join(" "))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
