//! Lists of machines as tables: what GLPI's pages, a directory, a management service or somebody's spreadsheet export.

use super::delimited::{Row, Table};
use super::parts::clip;
use super::{Format, Line, Parsed, Reason};
use crate::governance::estate::date;
use crate::governance::estate::{Facts, Kind, Name, Sighting, State, System, Traits};
use std::collections::BTreeSet;

const NAME: &[&str] = &[
    "name",
    "nom",
    "computername",
    "nomdelordinateur",
    "nomordinateur",
    "nomdelamachine",
    "nommachine",
    "nomduposte",
    "nomposte",
    "nomdelappareil",
    "nomappareil",
    "nomdhote",
    "nomnetbios",
    "nometendu",
    "devicename",
    "hostname",
    "assetname",
    "machine",
    "ordinateur",
    "computer",
    "appareil",
    "equipement",
    "device",
    "hote",
    "host",
    "poste",
    "cn",
];
const SYSTEM: &[&str] = &[
    "operatingsystem",
    "operatingsystemname",
    "systemedexploitation",
    "systemedexploitationnom",
    "nomdusystemedexploitation",
    "systemeexploitation",
    "operatingsystemsid",
    "oscaption",
    "osdescription",
    "osname",
    "nomdelos",
    "osfullname",
    "systeme",
    "windows",
    "os",
];
const VERSION: &[&str] = &[
    "operatingsystemversion",
    "osversion",
    "versiondusystemedexploitation",
    "versiondesystemedexploitation",
    "versionsystemedexploitation",
    "systemedexploitationversion",
    "systemedexploitationversiondusysteme",
    "operatingsystemversionsid",
    "versiondusysteme",
    "versionsysteme",
    "versiondelos",
    "versionos",
    "versionwindows",
    "windowsversion",
    "osbuild",
    "buildnumber",
    "clientversion",
    "build",
];
/// The edition of Windows, where it stands apart.
const EDITION: &[&str] = &[
    "skufamily",
    "edition",
    "osedition",
    "windowsedition",
    "editionwindows",
    "editiondewindows",
    "operatingsystemedition",
    "operatingsystemeditionsid",
    "systemedexploitationedition",
    "editiondusystemedexploitation",
];
const SERVICE_PACK: &[&str] =
    &["operatingsystemservicepack", "servicepack", "systemedexploitationservicepack", "operatingsystemservicepacksid"];
const SERIAL: &[&str] = &[
    "serialnumber",
    "serial",
    "numerodeserie",
    "numeroserie",
    "numserie",
    "numdeserie",
    "nserie",
    "ndeserie",
    "noserie",
    "nodeserie",
    "servicetag",
    "biosserialnumber",
    "biosserial",
    "sn",
];
const UUID: &[&str] = &["uuid", "systemuuid", "hardwareuuid", "smbiosguid"];
const CARDS: &[&str] = &[
    "mac",
    "macaddress",
    "macaddresses",
    "macaddr",
    "adressemac",
    "adressesmac",
    "reseauadressemac",
    "ethernetmac",
    "wifimac",
];
const MODEL: &[&str] = &["model", "modele", "computermodel", "computermodelsid", "modeledelappareil"];
const MAKER: &[&str] = &["manufacturer", "manufacturersid", "fabricant", "constructeur", "marque", "maker", "vendor"];
const SEEN: &[&str] = &[
    "lastlogontimestamp",
    "lastlogondate",
    "lastlogon",
    "derniereouverturedesession",
    "derniereconnexion",
    "lastinventoryupdate",
    "datedederniereinventaire",
    "datededernierinventaire",
    "dernierinventaire",
    "lastinventory",
    "lastcheckin",
    "lastsyncdatetime",
    "lastseen",
    "dernierevue",
    "derniercontact",
    "lastcontact",
    "dernieremiseajour",
    "dernieremodification",
    "datemod",
    "pwdlastset",
];

/// Whether a table is one: machines by name or number, and their system, number, card or model.
pub(super) fn fits(table: &Table) -> bool {
    let told = [SYSTEM, SERIAL, CARDS].iter().any(|names| table.has(names));
    let named = table.has(NAME) || table.has(SERIAL);
    told && (named || table.has(&["dnshostname", "samaccountname", "fqdn"]))
}

/// Reads a table.
pub(super) fn read(table: &Table) -> Parsed {
    Parsed { format: Format::Computers, lines: table.rows.iter().map(|row| line(table, row)).collect() }
}

fn line(table: &Table, row: &Row) -> Line {
    if let Some(reason) = table.trouble(row) {
        return Line::unread(row.line, reason);
    }
    // A cell may hold several lines: the first stands for all, but where all are wanted.
    let values = |name: &str| -> Vec<String> {
        let cell = table.field(row, &[name]).filter(|_| is_own(table, name)).unwrap_or_default();
        cell.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    match sighting(&values) {
        Some(sighting) => Line::machine(row.line, sighting),
        None => Line::unread(row.line, Reason::Empty),
    }
}

/// Of a column « version » without more, it is the system's directly behind it only.
pub(super) fn is_own(table: &Table, name: &str) -> bool {
    name != "version" || table.stands_behind(name, SYSTEM)
}

/// A machine from what each column or attribute says, names in small letters and without signs.
pub(super) fn sighting(values: &dyn Fn(&str) -> Vec<String>) -> Option<Sighting> {
    let of = |names: &[&str]| names.iter().find_map(|name| values(name).first().and_then(|text| clip(text)));
    let all = |names: &[&str]| -> Vec<String> { names.iter().flat_map(|name| values(name)).collect() };
    let full = of(&["dnshostname", "fqdn", "fulldomainname"]);
    let short = of(NAME).or_else(|| full.clone()).or_else(|| of(&["samaccountname"]));
    let domain = full.as_deref().and_then(|full| full.split_once('.')).map(|(_, domain)| domain.to_owned());
    let domain = domain.or_else(|| of(&["domain", "domaine"]));
    let name = short.and_then(|short| Name::parse(&short, domain.as_deref()));
    let cards = all(CARDS);
    let macs: BTreeSet<String> = cards.iter().flat_map(|cell| cell.split([',', ';', ' '])).filter_map(clip).collect();
    let traits = Traits { serial: of(SERIAL), uuid: of(UUID), macs, name };
    if traits == Traits::default() {
        return None;
    }
    let system = system(&of);
    let ips = all(&["ipaddress", "ipv4address", "adresseip", "adressesip", "reseauip", "ipv4", "ip"]);
    let ips: Vec<String> = ips.iter().flat_map(|cell| cell.split([',', ';', ' '])).filter_map(clip).collect();
    let at = of(SEEN).and_then(|text| instant(&text));
    let facts = Facts {
        kind: kind(&of, system.as_ref()),
        maker: of(MAKER),
        model: of(MODEL),
        firmware: of(&["firmware", "versiondufirmware", "networkequipmentfirmware"]),
        addresses: (!ips.is_empty()).then_some(ips),
        location: of(&["location", "locationsid", "lieu", "emplacement", "localisation", "site"]),
        system,
        managed: managed(&of),
        ..Facts::default()
    };
    Some(Sighting { traits, facts, seen: at, ..Sighting::default() })
}

/// What a management of mobiles says of a machine: that it follows its rules, else that it is managed at all.
fn managed(of: &dyn Fn(&[&str]) -> Option<String>) -> Option<State> {
    let follows = of(&[
        "compliancestate",
        "compliance",
        "compliancestatus",
        "conformite",
        "etatdeconformite",
        "statutdeconformite",
    ]);
    let known = of(&[
        "managed",
        "ismanaged",
        "gere",
        "gereparmdm",
        "mdm",
        "enrolled",
        "inscrit",
        "managementagent",
        "managedby",
        "gerepar",
    ]);
    let follows = follows.map(|said| match said.to_lowercase().as_str() {
        "compliant" | "conforme" | "ok" | "oui" | "yes" | "true" | "1" => State::Yes,
        "unknown" | "inconnu" | "ingraceperiod" | "not evaluated" | "non évalué" => State::Unknown,
        _ => State::No,
    });
    let known = known.map(|said| match said.to_lowercase().as_str() {
        "unknown" | "inconnu" | "none" | "aucun" | "no" | "non" | "false" | "0" | "unmanaged" => State::No,
        _ => State::Yes,
    });
    if known == Some(State::No) { known } else { follows.or(known) }
}

/// An instant, as people or as a directory write it.
fn instant(text: &str) -> Option<i64> {
    let counted = text.len() >= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
    if counted { date::windows(text) } else { date::generalized(text).or_else(|| date::instant(text)) }
}

fn system(of: &dyn Fn(&[&str]) -> Option<String>) -> Option<System> {
    // Beside a system, a version without more is the system's; beside a program, the program's.
    let bare = || of(&["version"]).filter(|_| of(&["logiciel", "application", "software", "programme"]).is_none());
    let (full_name, said) = (of(SYSTEM).map(|name| edited(name, of(EDITION))), of(VERSION).or_else(bare));
    let windows = |text: &String| text.to_lowercase().contains("windows").then(|| "Windows".to_owned());
    let numbers = said.as_deref().map(numbers).unwrap_or_default();
    let parts: Vec<&str> = numbers.split('.').collect();
    // 10.0.19044.2965: a kernel, and its build with the revision.
    let kernel = parts.get(..3).map(|kernel| kernel.join("."));
    let revision = parts.get(2..4).map(|build| build.join("."));
    let is_windows = full_name.as_ref().and_then(windows).is_some();
    let system = System {
        name: full_name.as_ref().and_then(windows),
        service_pack: of(SERVICE_PACK).or_else(|| revision.filter(|_| is_windows)),
        kernel: kernel.filter(|_| is_windows),
        version: said,
        full_name,
        ..System::default()
    };
    system.full_name.is_some().then_some(system)
}

/// « Windows » and « Enterprise » apart, as services that manage machines tell them: the edition decides until when.
fn edited(name: String, edition: Option<String>) -> String {
    let plain = |text: &str| text.to_lowercase();
    let told =
        edition.filter(|edition| !matches!(plain(edition).as_str(), "unknown" | "inconnu" | "none" | "n/a" | "-"));
    match told {
        Some(edition) if plain(&name).contains("windows") && !plain(&name).contains(&plain(&edition)) => {
            let numbered = |text: &str| text.contains(|c: char| c.is_ascii_digit());
            let known = plain(&name);
            let is_new = |word: &&str| !known.split_whitespace().any(|known| known == plain(word));
            // An edition without the number that the name has only adds to it.
            let added: Vec<&str> = edition.split_whitespace().filter(is_new).collect();
            match plain(&edition).contains("windows") {
                true if numbered(&edition) || !numbered(&name) => edition,
                true => format!("{name} {}", added.join(" ")).trim_end().to_owned(),
                false => format!("{name} {edition}"),
            }
        }
        _ => name,
    }
}

/// `10.0 (19045)` as a directory writes a build, and `10.0.19045`.
fn numbers(text: &str) -> String {
    let text = text.trim().trim_end_matches(')').replace(" (", ".").replace('(', ".");
    if text.chars().all(|c| c.is_ascii_digit() || c == '.') { text } else { String::new() }
}

fn kind(of: &dyn Fn(&[&str]) -> Option<String>, system: Option<&System>) -> Option<Kind> {
    let caption = system.map(|system| system.display().to_lowercase()).unwrap_or_default();
    let said = of(&["type", "chassistype", "chassis", "computertypesid", "categorie", "typedappareil", "devicetype"]);
    let said = said.unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let mobile = |text: &str| text.contains("android") || text.contains("ipados") || text.starts_with("ios");
    match () {
        () if caption.contains("server") || has(&["server", "serveur", "rack", "blade"]) => Some(Kind::Server),
        () if has(&["printer", "imprimante", "copieur", "multifonction"]) => Some(Kind::Printer),
        () if has(&["switch", "router", "routeur", "firewall", "pare-feu", "borne", "commutateur"]) => {
            Some(Kind::Network)
        }
        () if mobile(&caption) || has(&["tablet", "phone", "smartphone"]) => Some(Kind::Mobile),
        () if has(&["laptop", "notebook", "portable", "convertible", "detachable"]) => Some(Kind::Laptop),
        () if system.is_some() || has(&["desktop", "tower", "tour", "poste", "fixe"]) => Some(Kind::Desktop),
        () => None,
    }
}
