//! JSON: one document, a list of them, or one a line; which format each is of.

use super::{Format, Line, Parsed, Reason, Refusal, cyclonedx, glpi, osquery};
use serde_json::Value;

/// Reads JSON.
pub(super) fn read(text: &str) -> Result<Parsed, Refusal> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(items)) => {
            let entries = items.into_iter().zip(1..).map(|(item, entry)| (entry, Some(item)));
            list(&entries.collect::<Vec<_>>())
        }
        Ok(document) => list(&[(1, Some(document))]),
        Err(error) => {
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
    let format = entries.iter().filter_map(|(_, value)| value.as_ref()).find_map(known).ok_or(Refusal::Unknown)?;
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
