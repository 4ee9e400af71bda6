//! The table of search parameters, from HL7's definitions (CC0).
//!
//! A composite also lists its parts, as `code: expression; code: expression`.

use anyhow::Context as _;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// One line per (type, parameter): `id, type, code, kind, expression, targets, parts`. Ids already given are kept for ever.
///
/// # Errors
/// When `source` is not a Bundle of SearchParameter, or `existing` is not such a table.
pub fn generate(source: &str, existing: &str) -> anyhow::Result<String> {
    let bundle: Value = serde_json::from_str(source).context("definitions are not JSON")?;
    let mut ids = known(existing)?;
    let mut next = ids.values().max().copied().unwrap_or(0) + 1;
    let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let entries = bundle.get("entry").and_then(Value::as_array).context("no entries")?;
    let parameters: Vec<&Value> = entries.iter().filter_map(|entry| entry.get("resource")).collect();
    let codes: BTreeMap<&str, &str> =
        parameters.iter().filter_map(|parameter| Some((text(parameter, "url")?, text(parameter, "code")?))).collect();
    for parameter in parameters {
        for (key, cells) in lines(parameter, &codes) {
            rows.entry(key).or_insert(cells);
        }
    }
    for key in rows.keys() {
        if !ids.contains_key(key) {
            ids.insert(key.clone(), next);
            next += 1;
        }
    }
    let mut out = String::new();
    let mut ordered: Vec<_> = rows.iter().filter_map(|(key, cells)| Some((ids.get(key)?, key, cells))).collect();
    ordered.sort();
    for (id, (base, code), cells) in ordered {
        writeln!(out, "{id}\t{base}\t{code}\t{}", cells.join("\t"))?;
    }
    Ok(out)
}

fn known(existing: &str) -> anyhow::Result<BTreeMap<(String, String), u32>> {
    existing
        .lines()
        .map(|line| {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().context("a line is too short").map(str::to_owned);
            let id = cell()?.parse().context("an id is not a number")?;
            Ok(((cell()?, cell()?), id))
        })
        .collect()
}

type Line = ((String, String), Vec<String>);

fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// What a composite is made of, the definitions' addresses told as codes.
fn parts(parameter: &Value, codes: &BTreeMap<&str, &str>) -> String {
    let components = parameter.get("component").and_then(Value::as_array).into_iter().flatten();
    let part = |component| {
        let code = *codes.get(text(component, "definition")?)?;
        let expression = match (code, text(component, "expression")?) {
            // HL7's definition of DocumentReference's `relationship` has these two crossed.
            ("relatesto", "code") => "target",
            ("relation", "target") => "code",
            (_, expression) => expression,
        };
        Some(format!("{code}: {expression}"))
    };
    components.filter_map(part).collect::<Vec<_>>().join("; ")
}

fn lines(parameter: &Value, codes: &BTreeMap<&str, &str>) -> Vec<Line> {
    let text = |key: &str| text(parameter, key).unwrap_or_default().to_owned();
    let list = |key: &str| -> Vec<String> {
        let items = parameter.get(key).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (code, expression) = (text("code"), text("expression"));
    if code.is_empty() || expression.is_empty() {
        return Vec::new();
    }
    let targets: BTreeSet<String> = list("target").into_iter().collect();
    let targets = targets.into_iter().collect::<Vec<_>>().join(" ");
    list("base")
        .into_iter()
        .map(|base| {
            let own: Vec<&str> = expression.split(" | ").map(str::trim).filter(|part| is_of(part, &base)).collect();
            let mut cells = vec![text("type"), own.join(" | "), targets.clone()];
            cells.extend(Some(parts(parameter, codes)).filter(|parts| !parts.is_empty()));
            ((base, code.clone()), cells)
        })
        .collect()
}

/// Whether a part of a union speaks of this type.
fn is_of(part: &str, base: &str) -> bool {
    let path = part.trim_start_matches('(');
    match path.split_once('.') {
        Some((first, _)) if first.starts_with(char::is_uppercase) => {
            first == base || matches!(first, "Resource" | "DomainResource")
        }
        _ => path == base || !path.starts_with(char::is_uppercase),
    }
}
