//! An inventory of GLPI's agent. OCS and FusionInventory say the same in capital letters.

use super::parts::{items, state, text};
use super::{Line, Reason};
use crate::governance::estate::date;
use crate::governance::estate::{
    Antivirus, Database, Drive, Facts, Firewall, Kind, Name, Patch, Remote, Sighting, Software, State, System, Traits,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Programs of one machine.
const MOST: usize = 20_000;

/// Whether a document is one.
pub(super) fn is_inventory(value: &Value) -> bool {
    value.get("content").is_some_and(Value::is_object) && value.get("deviceid").is_some()
}

/// One document, one machine.
pub(super) fn read(value: &Value, line: u64) -> Line {
    let Some(content) = value.get("content").filter(|content| content.is_object()) else {
        return Line::unread(line, Reason::Foreign);
    };
    let device = text(value, "deviceid").unwrap_or_default();
    let device = date::device_id(&device);
    let system = system(content);
    let mut traits = traits(content);
    traits.name = traits.name.or_else(|| device.and_then(|(name, _)| Name::parse(name, None)));
    let (software, patches) = software(content, system.as_ref().and_then(packages));
    let started = content.get("operatingsystem").and_then(|os| text(os, "boot_time")).and_then(|at| date::instant(&at));
    let instants = [
        content.get("accesslog").and_then(|log| text(log, "logdate")).and_then(|at| date::instant(&at)),
        started,
        device.map(|(_, at)| at),
    ];
    // Every date: the latest may be of a future, which only the day of the import tells.
    let installed = software.iter().flatten().map(|one| one.installed.as_ref());
    let installed = installed.chain(patches.iter().flatten().map(|patch| patch.installed.as_ref()));
    let days: BTreeSet<&String> = installed.flatten().collect();
    let instants: Vec<i64> =
        instants.into_iter().flatten().chain(days.into_iter().filter_map(|day| date::instant(day))).collect();
    let facts = Facts {
        kind: kind(value, content, system.as_ref()),
        software,
        patches,
        started,
        tag: text(value, "tag").or_else(|| content.get("accountinfo").and_then(|info| text(info, "keyvalue"))),
        ..facts(content)
    };
    let sighting = Sighting { traits, facts: Facts { system, ..facts }, ..Sighting::default() };
    Line::machine(line, sighting.proven(instants))
}

fn traits(content: &Value) -> Traits {
    let part = |section: &str, key: &str| content.get(section).and_then(|section| text(section, key));
    let network = items(content, "networks").unwrap_or_default();
    let real = network.iter().filter(|card| {
        let kind = text(card, "type").unwrap_or_default().to_lowercase();
        state(card, "virtualdev") != State::Yes
            && !matches!(kind.as_str(), "loopback" | "bluetooth" | "bridge" | "alias")
    });
    let mut macs: BTreeSet<String> =
        real.filter_map(|card| text(card, "mac").or_else(|| text(card, "macaddr"))).collect();
    macs.extend(part("network_device", "mac"));
    let domain = part("operatingsystem", "dns_domain").or_else(|| part("hardware", "workgroup"));
    let name = part("hardware", "name").or_else(|| part("network_device", "name"));
    let name = name.or_else(|| part("operatingsystem", "fqdn"));
    Traits {
        serial: part("bios", "ssn")
            .or_else(|| part("network_device", "serial"))
            .or_else(|| part("bios", "enclosureserial")),
        uuid: part("hardware", "uuid"),
        macs,
        name: name.and_then(|name| Name::parse(&name, domain.as_deref())),
    }
}

fn system(content: &Value) -> Option<System> {
    let os = content.get("operatingsystem").filter(|os| os.is_object());
    let part = |key: &str| os.and_then(|os| text(os, key));
    let old = |key: &str| content.get("hardware").and_then(|hardware| text(hardware, key));
    let system = System {
        name: part("name").or_else(|| old("osname")),
        full_name: part("full_name").or_else(|| old("osname")),
        version: part("version").or_else(|| old("osversion")),
        kernel: part("kernel_version").or_else(|| old("osversion")),
        service_pack: part("service_pack").or_else(|| old("oscomments").filter(|said| said.len() < 30)),
        arch: part("arch"),
        installed: part("install_date").and_then(|day| date::iso(&day)),
        guessed: false,
    };
    (system.name.is_some() || system.full_name.is_some()).then_some(system)
}

/// Corrections of Windows stand among the programs.
fn software(content: &Value, packages: Option<&str>) -> (Option<Vec<Software>>, Option<Vec<Patch>>) {
    let Some(list) = items(content, "softwares") else { return (None, None) };
    let (mut software, mut patches) = (Vec::new(), Vec::new());
    for item in list.into_iter().take(MOST) {
        let Some(name) = text(item, "name").or_else(|| text(item, "guid")) else { continue };
        let installed = text(item, "install_date").or_else(|| text(item, "installdate"));
        let installed = installed.and_then(|day| date::iso(&day));
        if is_patch(&name) {
            patches.push(Patch { id: name.to_uppercase(), installed });
        } else {
            let (version, publisher) = (text(item, "version"), text(item, "publisher"));
            let package = package(item, packages.filter(|_| publisher.is_none()));
            software.push(Software { name, version, publisher, installed, package, cpe: None });
        }
    }
    software.sort();
    software.dedup();
    patches.sort();
    patches.dedup();
    (Some(software), Some(patches))
}

/// The sort of a package of a distribution. Agents that do not tell it list nothing else of a Linux, and name no publisher.
fn package(item: &Value, likely: Option<&str>) -> Option<String> {
    match text(item, "from").map(|from| from.to_lowercase()) {
        Some(from) => Some(from).filter(|from| matches!(from.as_str(), "deb" | "rpm")),
        None => likely.map(str::to_owned),
    }
}

/// What a distribution is made of.
fn packages(system: &System) -> Option<&'static str> {
    let said = system.display().to_lowercase();
    let is = |names: &[&str]| names.iter().any(|name| said.contains(name));
    match () {
        () if is(&["debian", "ubuntu", "raspbian", "linux mint", "proxmox"]) => Some("deb"),
        () if is(&["centos", "red hat", "rocky", "almalinux", "fedora", "suse", "oracle linux"]) => Some("rpm"),
        () => None,
    }
}

/// `KB5062554`.
pub(super) fn is_patch(name: &str) -> bool {
    let digits = name.get(2..).unwrap_or_default();
    name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("kb"))
        && digits.len() >= 6
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn facts(content: &Value) -> Facts {
    let part = |section: &str, key: &str| content.get(section).and_then(|section| text(section, key));
    let list = |section: &str| items(content, section);
    let addresses = list("networks").unwrap_or_default().into_iter().filter_map(|card| text(card, "ipaddress"));
    let device = content.get("network_device").and_then(|device| items(device, "ips")).unwrap_or_default();
    let device = device.into_iter().filter_map(|ip| ip.as_str().map(str::to_owned));
    let mut addresses: Vec<String> = addresses.chain(device).filter(|ip| !ip.starts_with("127.")).collect();
    addresses.sort();
    addresses.dedup();
    Facts {
        maker: part("bios", "smanufacturer").or_else(|| part("network_device", "manufacturer")),
        model: part("bios", "smodel").or_else(|| part("network_device", "model")),
        firmware: part("network_device", "firmware").or_else(|| part("bios", "bversion")),
        antivirus: list("antivirus").map(|list| list.into_iter().filter_map(antivirus).collect()),
        firewalls: list("firewalls").map(|list| list.into_iter().map(firewall).collect()),
        drives: list("drives").map(|list| list.into_iter().filter_map(drive).collect()),
        remote: list("remote_mgmt").map(|list| list.into_iter().filter_map(remote).collect()),
        admins: list("local_groups").map(|list| admins(&list)),
        secure_boot: content
            .get("bios")
            .filter(|bios| bios.get("secure_boot").is_some())
            .map(|bios| state(bios, "secure_boot")),
        databases: list("databases_services").map(|list| list.into_iter().filter_map(database).collect()),
        addresses: (!addresses.is_empty()).then_some(addresses),
        holder: part("hardware", "lastloggeduser"),
        location: part("network_device", "location"),
        description: part("network_device", "description"),
        ..Facts::default()
    }
}

fn antivirus(item: &Value) -> Option<Antivirus> {
    Some(Antivirus { name: text(item, "name")?, enabled: state(item, "enabled"), up_to_date: state(item, "uptodate") })
}

fn firewall(item: &Value) -> Firewall {
    Firewall { profile: text(item, "profile"), on: state(item, "status") }
}

fn drive(item: &Value) -> Option<Drive> {
    let mount = text(item, "type").filter(|mount| mount.starts_with('/'));
    let name = text(item, "letter").or(mount).or_else(|| text(item, "volumn"))?;
    let system = state(item, "systemdrive") == State::Yes || name == "/";
    let method = text(item, "encrypt_name");
    Some(Drive { system, encrypted: state(item, "encrypt_status"), method, name })
}

fn remote(item: &Value) -> Option<Remote> {
    Some(Remote { kind: text(item, "type")?.to_lowercase(), id: text(item, "id") })
}

/// Members of the groups that may do everything on the machine.
fn admins(groups: &[&Value]) -> Vec<String> {
    let all = groups.iter().filter(|group| {
        let name = text(group, "name").unwrap_or_default().to_lowercase();
        let sid = text(group, "id").unwrap_or_default();
        sid == "S-1-5-32-544"
            || matches!(name.as_str(), "administrators" | "administrateurs" | "admin" | "sudo" | "wheel")
    });
    let members = all.flat_map(|group| {
        let members = items(group, "members").or_else(|| items(group, "member")).unwrap_or_default();
        members.into_iter().filter_map(|one| one.as_str().and_then(super::parts::clip))
    });
    let members: BTreeSet<String> = members.collect();
    members.into_iter().collect()
}

fn database(item: &Value) -> Option<Database> {
    Some(Database {
        name: text(item, "name").or_else(|| text(item, "type"))?,
        version: text(item, "version"),
        backed_up: state(item, "is_onbackup"),
        last_backup: text(item, "last_backup_date").and_then(|day| date::iso(&day)),
    })
}

fn kind(value: &Value, content: &Value, system: Option<&System>) -> Option<Kind> {
    let part = |section: &str, key: &str| {
        content.get(section).and_then(|section| text(section, key)).unwrap_or_default().to_lowercase()
    };
    let device = part("network_device", "type");
    match text(value, "itemtype").unwrap_or_default().to_lowercase().as_str() {
        "phone" => return Some(Kind::Mobile),
        "printer" => return Some(Kind::Printer),
        "networkequipment" => return Some(Kind::Network),
        "unmanaged" => return Some(Kind::Other),
        _ if device == "printer" => return Some(Kind::Printer),
        _ if device.starts_with("network") => return Some(Kind::Network),
        _ if content.get("network_device").is_some() => return Some(Kind::Other),
        _ => {}
    }
    let chassis = part("hardware", "chassis_type");
    let has = |words: &[&str]| words.iter().any(|word| chassis.contains(word));
    let caption = system.map(|system| system.display().to_lowercase()).unwrap_or_default();
    if caption.contains("server") || has(&["rack", "blade", "server"]) {
        return Some(Kind::Server);
    }
    if caption.contains("android")
        || caption.contains("ipados")
        || caption.starts_with("ios")
        || has(&["tablet", "phone"])
    {
        return Some(Kind::Mobile);
    }
    if has(&["laptop", "notebook", "portable", "convertible", "detachable"]) {
        return Some(Kind::Laptop);
    }
    let virtual_machine = !matches!(part("hardware", "vmsystem").as_str(), "" | "physical");
    let known = !chassis.is_empty() || system.is_some();
    if virtual_machine && !caption.contains("windows 1") && !caption.contains("windows 7") && known {
        return Some(Kind::Server);
    }
    known.then_some(Kind::Desktop)
}
