//! A bill of materials in CycloneDX's JSON.

use super::parts::{items, text};
use super::{Content, Line, Reason};
use crate::governance::estate::date;
use crate::governance::estate::{Bill, Component};
use serde_json::Value;

/// Parts of one program.
const MOST: usize = 50_000;

/// Whether a document is one.
pub(super) fn is_bill(value: &Value) -> bool {
    value.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX")
}

/// One document, one program.
pub(super) fn read(value: &Value, line: u64) -> Line {
    let about = value.get("metadata");
    let program = about.and_then(|about| about.get("component"));
    let Some(name) = program.and_then(|program| text(program, "name")) else {
        return Line::unread(line, Reason::Program);
    };
    let mut components = Vec::new();
    gather(value, &mut components);
    components.sort();
    components.dedup();
    let bill = Bill {
        name,
        version: program.and_then(|program| text(program, "version")),
        components,
        seen: about.and_then(|about| text(about, "timestamp")).and_then(|at| date::instant(&at)),
    };
    Line { line, content: Content::Product(bill) }
}

/// Parts, and the parts of parts: JSON is nested no deeper than its reader allows.
fn gather(value: &Value, into: &mut Vec<Component>) {
    for item in items(value, "components").unwrap_or_default() {
        if into.len() >= MOST {
            return;
        }
        if let Some(name) = text(item, "name") {
            let name = text(item, "group").map_or_else(|| name.clone(), |group| format!("{group}/{name}"));
            into.push(Component {
                kind: text(item, "type").unwrap_or_default(),
                name,
                version: text(item, "version"),
                purl: text(item, "purl"),
                cpe: text(item, "cpe"),
            });
        }
        gather(item, into);
    }
}
