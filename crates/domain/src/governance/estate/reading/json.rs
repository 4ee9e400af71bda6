//! JSON: one document, a list of them, or one a line; which format each is of.

use super::{Format, Line, Parsed, Reason, Refusal, cyclonedx, delimited, glpi, osquery, osqueryi};
use serde_json::{Map, Value};

/// Values of one file: what is kept of one is many times its text.
const MOST: usize = 10_000_000;

/// Reads JSON.
pub(super) fn read(text: &str) -> Result<Parsed, Refusal> {
    if text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > MOST {
        return Err(Refusal::TooMany);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(items)) => {
            let entries = items.into_iter().zip(1..).map(|(item, entry)| (entry, Some(item)));
            list(&entries.collect::<Vec<_>>())
        }
        Ok(document) => list(&wrapped(document)),
        Err(error) => {
            if let Some(entries) = lists(text) {
                return list(&entries);
            }
            let lines = by_line(text);
            // One document that does not hold has no line that does.
            if lines.iter().any(|(_, value)| value.as_ref().is_some_and(Value::is_object)) && lines.len() > 1 {
                return list(&lines);
            }
            Err(if error.to_string().contains("recursion limit") {
                Refusal::TooDeep
            } else {
                Refusal::Json(error.line() as u64)
            })
        }
    }
}

/// Several lists one after the other, as several queries print them.
fn lists(text: &str) -> Option<Vec<(u64, Option<Value>)>> {
    let all: Vec<Vec<Value>> = serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().ok()?;
    Some(all.into_iter().flatten().zip(1..).map(|(item, entry)| (entry, Some(item))).collect())
}

/// Services put the list under `value` or `data`.
fn wrapped(mut document: Value) -> Vec<(u64, Option<Value>)> {
    let within = ["value", "data", "items"].into_iter().find(|key| document.get(*key).is_some_and(Value::is_array));
    let list = within.and_then(|key| document.get_mut(key)).map(Value::take);
    match list {
        Some(Value::Array(items)) if document.get("content").is_none() && document.get("bomFormat").is_none() => {
            items.into_iter().zip(1..).map(|(item, entry)| (entry, Some(item))).collect()
        }
        _ => vec![(1, Some(document))],
    }
}

fn by_line(text: &str) -> Vec<(u64, Option<Value>)> {
    let whole = text.lines().zip(1_u64..).filter(|(line, _)| !line.trim().is_empty());
    whole.map(|(line, number)| (number, serde_json::from_str(line).ok())).collect()
}

/// The first entry that is of a known format decides.
fn list(entries: &[(u64, Option<Value>)]) -> Result<Parsed, Refusal> {
    let known = |value: &Value| {
        if glpi::is_inventory(value) {
            Some(Format::Glpi)
        } else if cyclonedx::is_bill(value) {
            Some(Format::Cyclonedx)
        } else {
            osquery::is_result(value).then_some(Format::Osquery)
        }
    };
    let found = entries.iter().filter_map(|(_, value)| value.as_ref()).find_map(known);
    let Some(format) = found else {
        // Records that are a table we know are never taken for anything else.
        return match records(entries) {
            Some(parsed) => Ok(parsed),
            None if entries.iter().any(|(_, value)| value.as_ref().is_some_and(osqueryi::is_row)) => {
                osqueryi::read(entries)
            }
            None => Err(Refusal::Unknown),
        };
    };
    if format == Format::Osquery {
        return Ok(Parsed { format, lines: osquery::read(entries) });
    }
    let one = |(line, value): &(u64, Option<Value>)| match value {
        None => Line::unread(*line, Reason::Json),
        Some(value) if known(value) != Some(format) => Line::unread(*line, Reason::Foreign),
        Some(value) if format == Format::Cyclonedx => cyclonedx::read(value, *line),
        Some(value) => glpi::read(value, *line),
    };
    Ok(Parsed { format, lines: entries.iter().map(one).collect() })
}

/// Flat records say what a table says: each names its columns itself.
fn records(entries: &[(u64, Option<Value>)]) -> Option<Parsed> {
    let (mut rows, mut others) = (Vec::new(), Vec::new());
    for (line, value) in entries {
        match value {
            Some(Value::Object(members)) => {
                let mut fields: Vec<(String, String)> = words(members).collect();
                fields.extend(members.get("signInActivity").and_then(Value::as_object).into_iter().flat_map(words));
                rows.push((*line, fields));
            }
            Some(_) => others.push(Line::unread(*line, Reason::Foreign)),
            None => others.push(Line::unread(*line, Reason::Json)),
        }
    }
    let mut parsed = super::told(&delimited::Table::of(rows))?;
    parsed.lines.extend(others);
    parsed.lines.sort_by_key(|line| line.line);
    Some(parsed)
}

fn words(members: &Map<String, Value>) -> impl Iterator<Item = (String, String)> {
    members.iter().filter_map(|(name, value)| Some((name.clone(), word(value)?)))
}

/// A value as a cell of a table would have it.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Array(several) => {
            let words: Vec<&str> = several.iter().filter_map(Value::as_str).collect();
            Some(words.join("\n"))
        }
        Value::Object(members) => members.get("name").and_then(Value::as_str).map(str::to_owned),
        Value::Null => None,
    }
}
