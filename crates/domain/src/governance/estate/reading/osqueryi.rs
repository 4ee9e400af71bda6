//! What `osqueryi --json` prints: rows of tables, without the machine they are of. They are read where a row names it (a join
//! with `system_info`), or where one row of the file does; else somebody has to say which it is.

use super::osquery::{add, is_host, settled};
use super::parts::text;
use super::{Format, Line, Parsed, Reason, Refusal};
use crate::governance::estate::{Facts, Sighting, System, Traits};
use serde_json::Value;
use std::collections::BTreeMap;

/// Tables, by columns that no other has.
const TABLES: [(&str, &[&str]); 10] = [
    ("system_info", &["hardware_serial"]),
    ("system_info", &["hostname", "uuid"]),
    ("system_info", &["computer_name", "uuid"]),
    ("os_version", &["platform", "version", "build"]),
    ("programs", &["name", "version", "identifying_number"]),
    ("deb_packages", &["name", "version", "maintainer"]),
    ("patches", &["hotfix_id"]),
    ("bitlocker_info", &["drive_letter", "protection_status"]),
    ("interface_details", &["interface", "mac"]),
    ("windows_security_products", &["type", "state", "signatures_up_to_date"]),
];

fn tables(row: &Value) -> impl Iterator<Item = &'static str> {
    let has = |columns: &[&str]| columns.iter().all(|column| row.get(column).is_some());
    let found: Vec<&str> = TABLES.iter().filter(|(_, columns)| has(columns)).map(|(table, _)| *table).collect();
    found.into_iter()
}

/// Whether a value is such a row.
pub(super) fn is_row(value: &Value) -> bool {
    !is_host(value) && tables(value).next().is_some()
}

/// What names the machine of a row: a number that makers leave everywhere names none.
fn host(row: &Value) -> Option<String> {
    tables(row).find(|table| *table == "system_info")?;
    let named = ["hostname", "computer_name"].iter().find_map(|column| text(row, column));
    let traits = Traits { serial: text(row, "hardware_serial"), uuid: text(row, "uuid"), ..Traits::default() };
    traits.serial_key().or_else(|| traits.uuid_key()).or_else(|| named.map(|name| name.to_lowercase()))
}

/// Reads rows: those that name a machine make it, the others tell of it where it is the only one.
pub(super) fn read(entries: &[(u64, Option<Value>)]) -> Result<Parsed, Refusal> {
    let (mut lines, mut others) = (Vec::new(), Vec::new());
    let mut hosts: BTreeMap<String, (u64, Sighting)> = BTreeMap::new();
    for (line, row) in entries {
        match row {
            None => lines.push(Line::unread(*line, Reason::Json)),
            Some(row) => match host(row) {
                Some(name) => tell(&mut hosts.entry(name).or_insert_with(|| (*line, Sighting::default())).1, row),
                None => others.push((*line, row)),
            },
        }
    }
    if hosts.is_empty() {
        return Err(Refusal::Hostless);
    }
    let mut only = if hosts.len() == 1 { hosts.values_mut().next() } else { None };
    for (line, row) in others {
        match &mut only {
            Some((_, sighting)) if is_row(row) => tell(sighting, row),
            _ => lines.push(Line::unread(line, if is_row(row) { Reason::Host } else { Reason::Foreign })),
        }
    }
    lines.extend(hosts.into_values().map(|(line, sighting)| Line::machine(line, settled(sighting))));
    lines.sort_by_key(|line| line.line);
    Ok(Parsed { format: Format::Osquery, lines })
}

fn tell(sighting: &mut Sighting, row: &Value) {
    for table in tables(row) {
        add(sighting, table, &[row]);
    }
    // What collects osquery's results of many machines says the system in one column.
    let Facts { system, .. } = &mut sighting.facts;
    if let Some(said) =
        text(row, "os_version").filter(|_| system.as_ref().is_none_or(|known| known.full_name.is_none()))
    {
        *system = Some(System { full_name: Some(said), ..System::default() });
    }
}
