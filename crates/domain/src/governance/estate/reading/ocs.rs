//! Inventories and network discoveries of OCS and FusionInventory, in XML: GLPI's tree in capital letters.

use super::tree::Element;
use super::{Format, Line, Parsed, Reason, glpi};
use serde_json::{Map, Value};

/// Reads a request.
pub(super) fn read(root: &Element) -> Parsed {
    let query = root.child("QUERY").map(|query| query.text.trim().to_ascii_uppercase()).unwrap_or_default();
    let mut lines = Vec::new();
    for content in root.all("CONTENT") {
        let devices: Vec<&Element> = content.all("DEVICE").collect();
        if query == "INVENTORY" || (query.is_empty() && devices.is_empty()) {
            let mut whole = members(root);
            whole.insert("content".to_owned(), value(content));
            lines.push(glpi::read(&Value::Object(whole), content.line));
        }
        lines.extend(devices.iter().map(|device| seen_from_outside(device)));
    }
    if lines.is_empty() {
        lines.push(Line::unread(root.line, Reason::Foreign));
    }
    Parsed { format: Format::Ocs, lines }
}

/// A device that a scan or SNMP found, as GLPI says it today.
fn seen_from_outside(device: &Element) -> Line {
    let mut known = members(device);
    if let Some(info) = device.child("INFO") {
        known.extend(members(info));
    }
    let first = |names: &[&str]| names.iter().find_map(|name| known.get(*name).filter(|value| *value != "").cloned());
    let mut told = Map::new();
    let names: [(&str, &[&str]); 9] = [
        ("name", &["name", "dnshostname", "netbiosname", "snmphostname"]),
        ("mac", &["mac", "netportvendor"]),
        ("serial", &["serial"]),
        ("model", &["model"]),
        ("manufacturer", &["manufacturer"]),
        ("firmware", &["firmware"]),
        ("type", &["type"]),
        ("location", &["location"]),
        ("description", &["description", "comments"]),
    ];
    for (name, from) in names {
        told.extend(first(from).map(|value| (name.to_owned(), value)));
    }
    let mut ips: Vec<Value> = first(&["ip"]).into_iter().collect();
    let within = device.child("INFO").and_then(|info| info.child("IPS"));
    ips.extend(within.into_iter().flat_map(|list| list.all("IP")).map(|ip| Value::from(ip.text.trim())));
    told.insert("ips".to_owned(), Value::Array(ips));
    let content = Map::from_iter([("network_device".to_owned(), Value::Object(told))]);
    glpi::read(&Value::Object(Map::from_iter([("content".to_owned(), Value::Object(content))])), device.line)
}

/// Children as members, in small letters; what stands several times is a list.
fn members(element: &Element) -> Map<String, Value> {
    let mut members: Map<String, Value> = Map::new();
    for child in &element.children {
        let key = child.name.to_lowercase();
        if key == "content" {
            continue;
        }
        match members.get_mut(&key) {
            None => {
                members.insert(key, value(child));
            }
            Some(Value::Array(list)) => list.push(value(child)),
            Some(one) => *one = Value::Array(vec![one.take(), value(child)]),
        }
    }
    members
}

fn value(element: &Element) -> Value {
    if element.children.is_empty() {
        return Value::from(element.text.trim());
    }
    Value::Object(members(element))
}
