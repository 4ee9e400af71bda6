//! Computers of an update server, one a line.

use super::delimited::{Row, Table};
use super::parts::clip;
use super::{Format, Line, Parsed, Reason};
use crate::governance::estate::date;
use crate::governance::estate::{Facts, Kind, Name, Sighting, System, Traits, Updates};

/// The column that names the machine.
const NAME: &[&str] = &["fulldomainname", "computername", "nomdelordinateur", "nomdordinateur", "nom", "name"];
const SYNCHRONISED: &[&str] =
    &["lastsynctime", "dernieresynchronisation", "datededernieresynchronisation", "derniercontact", "lastcontact"];
const REPORTED: &[&str] = &[
    "lastreportedstatustime",
    "laststatusreport",
    "dernierrapportdetat",
    "datedudernierrapportdetat",
    "dernierrapport",
    "rapportdetatledernier",
];
const NEEDED: &[&str] = &[
    "neededcount",
    "needed",
    "updatesneeded",
    "necessaires",
    "misesajournecessaires",
    "nombredemisesajournecessaires",
];
const FAILED: &[&str] =
    &["failedcount", "failed", "updateswitherrors", "enechec", "misesajourenechec", "misesajouravecerreurs", "echecs"];
const NOT_INSTALLED: &[&str] = &["notinstalledcount", "notinstalled", "noninstallees", "misesajournoninstallees"];

const VERSION: &[&str] = &[
    "osversion",
    "versiondusystemedexploitation",
    "systemedexploitationversion",
    "versionos",
    "operatingsystemversion",
];
/// The version of the agent is that of Windows since it is part of it.
const CLIENT: &[&str] = &["clientversion", "versionduclient"];

/// Builds of the agent, and the versions of Windows that have it.
const AGENTS: [(&str, &str); 4] =
    [("18362", "1903 - 1909"), ("19041", "2004 - 22H2"), ("22621", "22H2 - 23H2"), ("26100", "24H2 - 25H2")];

/// Whether a table is one: machines, and what only an update server tells.
pub(super) fn fits(table: &Table) -> bool {
    let told = [SYNCHRONISED, REPORTED, NEEDED, FAILED, NOT_INSTALLED].iter().any(|names| table.has(names));
    table.has(&["fulldomainname"]) || (table.has(NAME) && told && !table.has(super::directory::LOGIN))
}

/// Reads a table.
pub(super) fn read(table: &Table) -> Parsed {
    Parsed { format: Format::Wsus, lines: table.rows.iter().map(|row| line(table, row)).collect() }
}

fn line(table: &Table, row: &Row) -> Line {
    if let Some(reason) = table.trouble(row) {
        return Line::unread(row.line, reason);
    }
    let field = |names: &[&str]| table.field(row, names);
    let Some(name) = field(NAME).and_then(|name| Name::parse(name, None)) else {
        return Line::unread(row.line, Reason::Empty);
    };
    let at = |names: &[&str]| field(names).and_then(date::instant);
    let count = |names: &[&str]| field(names).and_then(|text| text.parse().ok());
    let synchronised = at(SYNCHRONISED);
    let reported = at(REPORTED);
    let updates = Updates {
        needed: count(NEEDED),
        failed: count(FAILED),
        not_installed: count(NOT_INSTALLED),
        synchronised,
        reported,
    };
    let caption = field(&["osdescription", "operatingsystem", "systemedexploitation", "os"]).and_then(clip);
    let system = system(caption, field(VERSION).and_then(clip), field(CLIENT).and_then(clip));
    let is_server = system.display().contains("Server");
    let facts = Facts {
        kind: is_server.then_some(Kind::Server),
        system: system.full_name.is_some().then_some(system),
        updates: Some(updates),
        addresses: field(&["ipaddress", "adresseip"]).and_then(clip).map(|ip| vec![ip]),
        maker: field(&["make", "fabricant"]).and_then(clip),
        model: field(&["model", "modele"]).and_then(clip),
        ..Facts::default()
    };
    let traits = Traits { name: Some(name), ..Traits::default() };
    let sighting = Sighting { traits, facts, ..Sighting::default() };
    Line::machine(row.line, sighting.proven(reported.into_iter().chain(synchronised)))
}

/// `10.0.19044.2965`: a kernel, and its build with the revision.
fn system(caption: Option<String>, version: Option<String>, client: Option<String>) -> System {
    let told = version.or_else(|| client.clone()).unwrap_or_default();
    let parts: Vec<&str> = told.split('.').collect();
    let windows = |caption: &String| caption.to_lowercase().contains("windows").then(|| "Windows".to_owned());
    let named = |word: &str| caption.as_ref().is_some_and(|caption| caption.contains(word));
    // An agent keeps the number of the version that later ones only switch features on in.
    let versions = client.filter(|client| *client == told && !named("Server")).and_then(|client| {
        let build = client.split('.').nth(2).map(str::to_owned).unwrap_or_default();
        AGENTS.iter().find(|(base, _)| *base == build).map(|(_, versions)| (*versions).to_owned())
    });
    System {
        name: caption.as_ref().and_then(windows),
        kernel: parts.get(..3).map(|kernel| kernel.join(".")).filter(|_| versions.is_none()),
        service_pack: parts.get(2..4).map(|build| build.join(".")).filter(|_| versions.is_none()),
        version: versions,
        full_name: caption,
        ..System::default()
    }
}
