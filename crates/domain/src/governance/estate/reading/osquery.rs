//! Results of osquery: one entry a query and a machine; all those of a machine make one sighting.

use super::parts::{items, state, text};
use super::{Line, Reason, glpi};
use crate::governance::estate::date;
use crate::governance::estate::{
    Antivirus, Drive, Facts, Firewall, Kind, Name, Patch, Port, Sighting, Software, State, System, Traits,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Whether an entry is one.
pub(super) fn is_result(value: &Value) -> bool {
    is_host(value) && ["snapshot", "columns", "diffResults"].iter().any(|key| value.get(key).is_some())
}

/// Whether a value says of which machine it is.
pub(super) fn is_host(value: &Value) -> bool {
    value.get("hostIdentifier").is_some()
}

/// Reads entries.
pub(super) fn read(entries: &[(u64, Option<Value>)]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut hosts: Vec<(Option<u64>, Sighting)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (line, value) in entries {
        let Some(value) = value else {
            lines.push(Line::unread(*line, Reason::Json));
            continue;
        };
        let Some(host) = text(value, "hostIdentifier").filter(|_| is_result(value)) else {
            lines.push(Line::unread(*line, Reason::Foreign));
            continue;
        };
        let at = *places.entry(host).or_insert_with_key(|host| {
            hosts.push((None, Sighting { traits: named(host), ..Sighting::default() }));
            hosts.len() - 1
        });
        let Some((first, sighting)) = hosts.get_mut(at) else { continue };
        let seconds = value.get("unixTime").and_then(|time| time.as_i64().or_else(|| time.as_str()?.parse().ok()));
        sighting.seen = sighting.seen.max(seconds.and_then(date::unix));
        if add(sighting, &text(value, "name").unwrap_or_default(), &rows(value)) {
            first.get_or_insert(*line);
        } else {
            lines.push(Line::unread(*line, Reason::Table));
        }
    }
    lines.extend(hosts.into_iter().filter_map(|(line, sighting)| Some(Line::machine(line?, settled(sighting)))));
    lines.sort_by_key(|line| line.line);
    lines
}

/// A host is named by its name, its UUID or its serial number, as it was set up.
fn named(host: &str) -> Traits {
    let uuid = host.len() == 36 && host.bytes().filter(|byte| *byte == b'-').count() == 4;
    if uuid {
        return Traits { uuid: Some(host.to_owned()), ..Traits::default() };
    }
    Traits { name: Name::parse(host, None), ..Traits::default() }
}

fn rows(value: &Value) -> Vec<&Value> {
    if let Some(rows) = items(value, "snapshot") {
        return rows;
    }
    if let Some(row) = value.get("columns") {
        let there = text(value, "action").is_none_or(|action| action != "removed");
        return if there { vec![row] } else { Vec::new() };
    }
    value.get("diffResults").and_then(|results| items(results, "added")).unwrap_or_default()
}

/// Once all of its tables are there: each program once.
pub(super) fn settled(mut sighting: Sighting) -> Sighting {
    if let Some(list) = &mut sighting.facts.software {
        list.sort();
        list.dedup();
    }
    sighting
}

/// Adds what one table says; false when the table is not used. Its name is the end of the query's.
pub(super) fn add(sighting: &mut Sighting, query: &str, rows: &[&Value]) -> bool {
    let Sighting { traits, facts, .. } = sighting;
    let is = |table: &str| {
        query == table || query.strip_suffix(table).is_some_and(|rest| rest.ends_with(['_', '/', '.', '-']))
    };
    let one = |key: &str| rows.first().and_then(|row| text(row, key));
    if is("os_version") {
        facts.system = rows.first().map(|row| system(row));
        facts.kind = facts.system.as_ref().and_then(kind);
    } else if is("system_info") {
        let name = one("computer_name").or_else(|| one("hostname")).and_then(|name| Name::parse(&name, None));
        traits.name = name.or(traits.name.take());
        traits.uuid = one("uuid").or(traits.uuid.take());
        traits.serial = one("hardware_serial");
        (facts.maker, facts.model) = (one("hardware_vendor"), one("hardware_model"));
    } else if is("interface_details") || is("interface_addresses") {
        traits.macs.extend(rows.iter().filter_map(|row| text(row, "mac")));
    } else {
        return lists(facts, &is, rows);
    }
    true
}

fn lists(facts: &mut Facts, is: &dyn Fn(&str) -> bool, rows: &[&Value]) -> bool {
    let rows = rows.iter().copied();
    if let Some(table) = ["programs", "deb_packages", "rpm_packages", "apps"].into_iter().find(|table| is(table)) {
        let list = facts.software.get_or_insert_default();
        let package = table.strip_suffix("_packages").map(str::to_owned);
        list.extend(rows.filter_map(software).map(|one| Software { package: package.clone(), ..one }));
    } else if is("patches") {
        facts.patches.get_or_insert_default().extend(rows.filter_map(patch));
    } else if is("bitlocker_info") {
        facts.drives.get_or_insert_default().extend(rows.filter_map(bitlocker));
    } else if is("disk_encryption") {
        facts.drives.get_or_insert_default().extend(rows.filter_map(disk));
    } else if is("windows_security_products") {
        for row in rows {
            let name = text(row, "name").unwrap_or_default();
            let kind = text(row, "type").unwrap_or_default().to_lowercase();
            if kind == "antivirus" {
                let (enabled, up_to_date) = (state(row, "state"), state(row, "signatures_up_to_date"));
                facts.antivirus.get_or_insert_default().push(Antivirus { name, enabled, up_to_date });
            } else if kind == "firewall" {
                facts.firewalls.get_or_insert_default().push(Firewall { profile: Some(name), on: state(row, "state") });
            }
        }
    } else if is("windows_security_center") {
        for row in rows {
            facts.firewalls.get_or_insert_default().push(Firewall { profile: None, on: state(row, "firewall") });
        }
    } else if is("listening_ports") {
        facts.ports.get_or_insert_default().extend(rows.filter_map(port));
    } else if is("secureboot") {
        facts.secure_boot = rows.map(|row| state(row, "secure_boot")).next();
    } else {
        return false;
    }
    true
}

fn system(row: &Value) -> System {
    let (name, version) = (text(row, "name"), text(row, "version"));
    let build = text(row, "build");
    let revision = text(row, "revision").filter(|revision| !revision.is_empty());
    let windows = text(row, "platform").is_some_and(|platform| platform == "windows");
    let service_pack = build.zip(revision).map(|(build, revision)| format!("{build}.{revision}"));
    System {
        name: if windows { Some("Windows".to_owned()) } else { name.clone() },
        full_name: name,
        kernel: version.clone().filter(|_| windows),
        version: version.filter(|_| !windows),
        service_pack,
        arch: text(row, "arch"),
        installed: text(row, "install_date").and_then(|day| date::iso(&day)),
        guessed: false,
    }
}

/// The least that a system says of what it runs on.
fn kind(system: &System) -> Option<Kind> {
    let caption = system.display().to_lowercase();
    if caption.contains("server") {
        return Some(Kind::Server);
    }
    (caption.contains("windows") || caption.contains("mac")).then_some(Kind::Desktop)
}

fn software(row: &Value) -> Option<Software> {
    Some(Software {
        name: text(row, "name")?,
        version: text(row, "version").or_else(|| text(row, "bundle_short_version")),
        publisher: text(row, "publisher").or_else(|| text(row, "vendor")).or_else(|| text(row, "maintainer")),
        installed: text(row, "install_date").and_then(|day| date::iso(&day)),
        cpe: None,
        package: None,
    })
}

fn patch(row: &Value) -> Option<Patch> {
    let id = text(row, "hotfix_id").filter(|id| glpi::is_patch(id))?;
    Some(Patch { id: id.to_uppercase(), installed: text(row, "installed_on").and_then(|day| date::iso(&day)) })
}

fn bitlocker(row: &Value) -> Option<Drive> {
    let name = text(row, "drive_letter")?;
    let system = name.eq_ignore_ascii_case("c:");
    let encrypted = match text(row, "protection_status").as_deref() {
        Some("1") => State::Yes,
        Some("0") => State::No,
        _ => State::Unknown,
    };
    Some(Drive { name, system, encrypted, method: Some("BitLocker".to_owned()) })
}

fn disk(row: &Value) -> Option<Drive> {
    let name = text(row, "name")?;
    let method = text(row, "type");
    Some(Drive { system: false, encrypted: state(row, "encrypted"), method, name })
}

fn port(row: &Value) -> Option<Port> {
    let protocol = match text(row, "protocol").as_deref() {
        Some("6") => "tcp",
        Some("17") => "udp",
        _ => return None,
    };
    // What listens for the machine itself alone is not open.
    let outside = text(row, "address").is_none_or(|at| !at.starts_with("127.") && at != "::1");
    let number = text(row, "port")?.parse().ok().filter(|number| *number != 0 && outside)?;
    Some(Port { protocol: protocol.to_owned(), number, service: None, cpe: None, tls: None })
}
