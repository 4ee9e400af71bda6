//! The machines of the three places, as the files that other programs would have made of them: 60, old and new.
//!
//! Nothing here goes round the import: what the demo shows has been read from these files.

use super::Edition;
use super::random::Stream;
use super::staff::{Account, accounts};
use crate::local_time;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::fmt::Write as _;

mod models;

use models::{DEVICES, FLEET, Machine, OLD_ACCOUNTS, SYSTEMS, System};

/// Numbers of the estate's streams, far from those of people.
const BRANCH: u64 = 0x0e57_a7e0;

/// A file to import: its name and what is in it.
pub type EstateFile = (&'static str, String);

/// Everything of one machine that is drawn.
struct Drawn {
    machine: &'static Machine,
    system: &'static System,
    serial: String,
    uuid: String,
    mac: String,
    seen: Date,
    patched: Date,
    current: bool,
    encrypted: bool,
}

/// The files of the demo's estate: inventories of the three places, an update server, a scan, the directory, the staff, what
/// the payroll is made of.
#[must_use]
pub fn estate(edition: Edition) -> Vec<EstateFile> {
    let all: Vec<Drawn> =
        FLEET.iter().zip(1_u64..).filter_map(|(machine, rank)| drawn(edition, machine, rank)).collect();
    let of = |place: usize| all.iter().filter(move |one| one.machine.place == place);
    let lines: Vec<String> = of(0).map(|one| inventory(one).to_string()).collect();
    let list: Vec<Value> = of(1).map(inventory).collect();
    vec![
        ("inventaire-tilleuls.jsonl", lines.join("\n")),
        ("inventaire-clairiere.json", Value::Array(list).to_string()),
        ("releve-passage.json", Value::Array(of(2).flat_map(|one| results(edition, one)).collect()).to_string()),
        ("mises-a-jour.csv", updates(edition, &all)),
        ("reseau-tilleuls.xml", scan(edition, &all)),
        ("annuaire.csv", directory(edition)),
        ("personnel.csv", staff(edition)),
        ("paie-sbom.json", bill(edition)),
    ]
}

/// What the publisher of an invented payroll says it is made of.
fn bill(edition: Edition) -> String {
    let parts = [
        ("framework", "spring-boot", "2.7.18"),
        ("library", "log4j", "2.24.3"),
        ("library", "tomcat", "9.0.98"),
        ("application", "postgresql", "13.14"),
        ("library", "openssl", "1.1.1w"),
        ("framework", "angular", "19.2.4"),
        ("library", "calcul-cotisations", "4.2"),
    ];
    let part = |(kind, name, version): &(&str, &str, &str)| json!({ "type": kind, "name": name, "version": version });
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {
            "timestamp": format!("{}T08:00:00Z", edition.at.saturating_sub(40.days())),
            "component": { "type": "application", "name": "Paie Cigale", "version": "12.4" },
        },
        "components": parts.iter().map(part).collect::<Vec<_>>(),
    })
    .to_string()
}

fn drawn(edition: Edition, machine: &'static Machine, rank: u64) -> Option<Drawn> {
    let system = SYSTEMS.get(machine.system)?;
    let mut stream = Stream::new(edition.seed, BRANCH + rank);
    let ago = |days: u64| edition.at.saturating_sub(i64::try_from(days).unwrap_or(0).days());
    let (a, b) = (stream.next(), stream.next());
    let seen = ago(stream.below(3));
    let patched = ago(if system.old { 200 + stream.below(600) } else { 4 + stream.below(40) });
    Some(Drawn {
        machine,
        system,
        serial: format!("{:04X}{:05X}", a & 0xffff, (a >> 20) & 0xf_ffff),
        uuid: stream.uuid(),
        mac: format!("a4:bb:6d:{:02x}:{:02x}:{rank:02x}", b & 0xff, (b >> 8) & 0xff),
        seen,
        patched,
        current: !system.old && stream.chance(90),
        encrypted: machine.chassis == "Notebook" && stream.chance(60),
    })
}

fn inventory(one: &Drawn) -> Value {
    let (machine, system) = (one.machine, one.system);
    let day = one.seen;
    let mut content = json!({
        "accesslog": {"logdate": format!("{day} 07:1{}:00", one.mac.len() % 10)},
        "hardware": {"name": machine.name, "chassis_type": machine.chassis, "uuid": one.uuid, "workgroup": "riveclaire.lan"},
        "bios": {"ssn": one.serial, "smanufacturer": machine.maker, "smodel": machine.model},
        "operatingsystem": {"name": system.name, "full_name": system.full_name, "version": system.version,
            "kernel_version": system.kernel, "service_pack": system.revision},
        "networks": [{"mac": one.mac, "type": "ethernet", "virtualdev": false}],
        "versionclient": "GLPI-Agent_v1.11",
    });
    let windows = system.name == "Windows";
    if let Some(content) = content.as_object_mut().filter(|_| windows) {
        content.extend(windows_parts(one));
    }
    let kind = if machine.chassis == "Tablet" { "Phone" } else { "Computer" };
    json!({"deviceid": format!("{}-2024-03-04-09-00-00", machine.name), "itemtype": kind, "action": "inventory", "content": content})
}

fn windows_parts(one: &Drawn) -> Vec<(String, Value)> {
    let (machine, system) = (one.machine, one.system);
    let office = if system.old {
        ("Microsoft Office Professionnel Plus 2016", "16.0.4266.1001")
    } else {
        ("Microsoft 365 Apps for business - fr-fr", "16.0.19231.20156")
    };
    let browser =
        if system.old { ("Mozilla Firefox ESR (x64 fr)", "115.29.0") } else { ("Mozilla Firefox (x64 fr)", "145.0") };
    let mut software: Vec<Value> =
        [(office, "Microsoft Corporation"), (browser, "Mozilla"), (("7-Zip 24.09 (x64)", "24.09"), "Igor Pavlov")]
            .iter()
            .map(|((name, version), publisher)| json!({"name": name, "version": version, "publisher": publisher}))
            .collect();
    software.push(json!({"name": "KB5062554", "version": "", "publisher": "Microsoft Corporation", "install_date": one.patched.to_string()}));
    let remote: Vec<Value> = machine.remote.iter().map(|kind| json!({"type": kind, "id": "000000000"})).collect();
    let admins =
        if machine.remote.is_empty() { json!(["Administrateur"]) } else { json!(["Administrateur", "prestataire"]) };
    let encrypted = if one.encrypted { "Yes" } else { "No" };
    let parts = [
        ("softwares", Value::Array(software)),
        ("antivirus", json!([{"name": "Microsoft Defender", "enabled": true, "uptodate": one.current}])),
        (
            "firewalls",
            json!([{"profile": "DomainProfile", "status": "on"}, {"profile": "PublicProfile", "status": if system.old { "off" } else { "on" }}]),
        ),
        (
            "drives",
            json!([{"letter": "C:", "systemdrive": true, "encrypt_name": "BitLocker", "encrypt_status": encrypted}]),
        ),
        ("remote_mgmt", Value::Array(remote)),
        ("local_groups", json!([{"id": "S-1-5-32-544", "name": "Administrateurs", "members": admins}])),
    ];
    parts.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// The smallest place is looked at with another tool.
fn results(edition: Edition, one: &Drawn) -> Vec<Value> {
    let (machine, system) = (one.machine, one.system);
    let hour = 6_i8.saturating_add(i8::try_from(one.mac.len() % 3).unwrap_or(0));
    let at = local_time::instant(one.seen.min(edition.at).at(hour, 0, 0, 0)) / 1_000_000;
    let table = |name: &str, rows: Value| json!({"name": name, "hostIdentifier": machine.name, "unixTime": at, "snapshot": rows});
    let platform = match system.name {
        "Windows" => "windows",
        "macOS" => "darwin",
        _ => "ubuntu",
    };
    let version = if platform == "windows" { system.kernel } else { system.version };
    let (build, revision) = system.revision.split_once('.').unwrap_or(("", ""));
    let mut all = vec![
        table(
            "parc_system_info",
            json!([{"hostname": machine.name, "uuid": one.uuid, "hardware_serial": one.serial,
            "hardware_vendor": machine.maker, "hardware_model": machine.model}]),
        ),
        table(
            "parc_os_version",
            json!([{"name": system.full_name, "version": version, "build": build, "revision": revision, "platform": platform}]),
        ),
        table("parc_interface_details", json!([{"mac": one.mac}])),
    ];
    if platform == "windows" {
        let protection = if one.encrypted { "1" } else { "0" };
        let current = if one.current { "1" } else { "0" };
        all.push(table("parc_bitlocker_info", json!([{"drive_letter": "C:", "protection_status": protection}])));
        all.push(table(
            "parc_windows_security_products",
            json!([{"type": "Antivirus", "name": "Microsoft Defender",
            "state": "On", "signatures_up_to_date": current}]),
        ));
        all.push(table("parc_patches", json!([{"hotfix_id": "KB5062554", "installed_on": one.patched.to_string()}])));
    }
    all
}

fn updates(edition: Edition, all: &[Drawn]) -> String {
    let mut text = "FullDomainName,IPAddress,OSDescription,OSVersion,LastReportedStatusTime,LastSyncTime,NeededCount,FailedCount,NotInstalledCount\n".to_owned();
    for (one, rank) in all.iter().zip(20..).filter(|(one, _)| one.system.name == "Windows" && one.machine.place == 0) {
        let needed = if one.system.old { 12 + rank % 20 } else { rank % 3 };
        let caption = one.system.full_name.trim_start_matches("Microsoft ");
        let version = format!("{}.{}", one.system.kernel, one.system.revision.split('.').nth(1).unwrap_or("0"));
        let (name, seen, failed) = (one.machine.name.to_lowercase(), one.seen, needed / 10);
        let at = edition.at;
        let _ = writeln!(
            text,
            "{name}.riveclaire.lan,192.168.10.{rank},{caption},{version},{seen} 06:12:00,{at} 01:00:00,{needed},{failed},{needed}"
        );
    }
    text
}

fn scan(edition: Edition, all: &[Drawn]) -> String {
    let at = local_time::instant(edition.at.at(3, 0, 0, 0)) / 1_000_000;
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner=\"nmap\" start=\"{at}\" version=\"7.95\">\n"
    );
    let host = |text: &mut String, address: usize, (mac, vendor): (&str, &str), name: &str, ports: &[(u16, &str)]| {
        let _ = write!(
            text,
            "<host endtime=\"{at}\"><status state=\"up\"/><address addr=\"192.168.10.{address}\" addrtype=\"ipv4\"/>\
            <address addr=\"{mac}\" addrtype=\"mac\" vendor=\"{vendor}\"/><hostnames><hostname name=\"{name}\" type=\"PTR\"/></hostnames><ports>"
        );
        for (port, service) in ports {
            let _ = write!(
                text,
                "<port protocol=\"tcp\" portid=\"{port}\"><state state=\"open\"/><service name=\"{service}\"/></port>"
            );
        }
        text.push_str("</ports></host>\n");
    };
    for (device, rank) in DEVICES.iter().zip(200..) {
        let mac = format!("{}:00:10:{:02x}", device.card, rank - 190);
        host(&mut text, rank, (&mac, device.vendor), device.name, device.ports);
    }
    for (one, rank) in all.iter().zip(20..).filter(|(one, _)| one.machine.name.starts_with("SRV-TIL")) {
        let ports: &[(u16, &str)] = if one.system.name == "Windows" {
            &[(445, "microsoft-ds"), (3389, "ms-wbt-server")]
        } else {
            &[(22, "ssh")]
        };
        host(
            &mut text,
            rank,
            (&one.mac, "Dell"),
            &format!("{}.riveclaire.lan", one.machine.name.to_lowercase()),
            ports,
        );
    }
    text + "</nmaprun>\n"
}

/// Staff of the demo: those who are there, and those who have left.
fn working() -> impl Iterator<Item = (usize, &'static Account)> {
    accounts().iter().enumerate().filter(|(_, account)| account.of.is_none())
}

fn directory(edition: Edition) -> String {
    let mut text = "sAMAccountName;displayName;enabled;lastLogonTimestamp;pwdLastSet;whenCreated;accountExpires;passwordNeverExpires;memberOf\n".to_owned();
    let ago = |days: i64| edition.at.saturating_sub(days.days());
    for (rank, account) in working() {
        let rank = i64::try_from(rank).unwrap_or(0);
        let (seen, set, made) = (ago(rank % 4), ago(30 + rank * 11), ago(900 + rank * 37));
        let (name, _) = account.display.split_once(',').unwrap_or((account.display, ""));
        let groups = if account.persona == "info" {
            "Domain Admins,G_SI".to_owned()
        } else {
            format!("G_{}", account.persona.to_uppercase())
        };
        let _ = writeln!(
            text,
            "{};{name};True;{seen}T06:30:00Z;{set}T08:00:00Z;{made}T09:00:00Z;;False;{groups}",
            account.login
        );
    }
    for (login, name, idle, enabled, groups) in OLD_ACCOUNTS {
        let (seen, set) = (ago(*idle), ago(idle + 400));
        let _ =
            writeln!(text, "{login};{name};{enabled};{seen}T07:00:00Z;{set}T08:00:00Z;{set}T08:00:00Z;;True;{groups}");
    }
    text
}

fn staff(edition: Edition) -> String {
    let mut text = "matricule;nom;prenom;fonction;date_entree;date_sortie;type_contrat\n".to_owned();
    let ago = |days: i64| edition.at.saturating_sub(days.days());
    let mut line = |number: usize, name: &str, function: &str, from: Date, to: Option<Date>, contract: &str| {
        let (given, family) = name.trim_start_matches("Dr ").split_once(' ').unwrap_or((name, ""));
        let to = to.map(|day| day.to_string()).unwrap_or_default();
        let _ = writeln!(text, "{number:04};{};{given};{function};{from};{to};{contract}", family.to_uppercase());
    };
    for (rank, account) in working() {
        let (name, function) = account.display.split_once(", ").unwrap_or((account.display, ""));
        line(rank + 1, name, function, ago(900 + i64::try_from(rank).unwrap_or(0) * 37), None, "CDI");
    }
    for ((_, name, idle, ..), number) in OLD_ACCOUNTS.iter().zip(900..).filter(|((_, name, ..), _)| name.contains(' '))
    {
        line(number, name, "aide-soignant", ago(1_500), Some(ago(idle - 1)), "CDD");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::estate::{Content, Estate, Source, read};
    use jiff::civil::date;
    use std::collections::BTreeSet;

    fn fold(edition: Edition) -> Estate {
        let lines = estate(edition).into_iter().zip(1..).flat_map(|((name, text), import)| {
            let parsed = read(text.as_bytes()).unwrap();
            let source =
                Source { import, at: edition.until, file: name.into(), format: parsed.format, line: 0, entry: 0 };
            assert!(parsed.lines.iter().all(|line| !matches!(line.content, Content::Unread(_))), "{name}");
            Estate::lines(source, parsed.lines).collect::<Vec<_>>()
        });
        Estate::fold(lines)
    }

    #[test]
    fn sixty_machines_come_out_of_the_files() {
        for seed in [1, 7] {
            let estate = fold(Edition::of(seed, date(2026, 11, 24)));
            assert_eq!(estate.assets.len(), 60);
            assert_eq!(estate.unmatched, []);
            assert!(estate.assets.iter().all(|asset| asset.conflicts.is_empty()));
            let names: BTreeSet<&str> = estate.assets.iter().map(|asset| asset.name.as_str()).collect();
            assert_eq!(names.len(), 60);
            let server = estate.assets.iter().find(|asset| asset.name == "SRV-TIL-AD").unwrap();
            assert_eq!(server.seen.len(), 3, "inventory, updates and scan");
            assert!(estate.accounts.len() > 30 && estate.movements.len() > 28);
        }
    }

    #[test]
    fn the_same_edition_gives_the_same_files() {
        let edition = Edition::of(1, date(2026, 11, 24));
        assert_eq!(estate(edition), estate(edition));
        assert_ne!(estate(edition), estate(Edition::of(2, date(2026, 11, 24))));
    }
}
