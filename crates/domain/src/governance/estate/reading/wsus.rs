//! Computers of an update server, one a line.

use super::delimited::{Row, Table};
use super::parts::clip;
use super::{Format, Line, Parsed, Reason};
use crate::governance::estate::date;
use crate::governance::estate::{Facts, Kind, Name, Sighting, System, Traits, Updates};

/// The column that names the machine.
pub(super) const NAME: &[&str] = &["fulldomainname", "computername", "nomdelordinateur", "nomdordinateur"];

/// Reads a table.
pub(super) fn read(table: &Table) -> Parsed {
    Parsed { format: Format::Wsus, lines: table.rows.iter().map(|row| line(table, row)).collect() }
}

fn line(table: &Table, row: &Row) -> Line {
    if !table.is_whole(row) {
        return Line::unread(row.line, Reason::Fields);
    }
    let field = |names: &[&str]| table.field(row, names);
    let Some(name) = field(NAME).and_then(|name| Name::parse(name, None)) else {
        return Line::unread(row.line, Reason::Empty);
    };
    let at = |names: &[&str]| field(names).and_then(date::instant);
    let count = |names: &[&str]| field(names).and_then(|text| text.parse().ok());
    let synchronised = at(&["lastsynctime", "dernieresynchronisation"]);
    let reported = at(&["lastreportedstatustime", "dernierrapportdetat", "dernierrapport"]);
    let updates = Updates {
        needed: count(&["neededcount", "needed", "necessaires"]),
        failed: count(&["failedcount", "failed", "enechec"]),
        not_installed: count(&["notinstalledcount", "notinstalled", "noninstallees"]),
        synchronised,
        reported,
    };
    let caption = field(&["osdescription", "operatingsystem", "systemedexploitation"]).and_then(clip);
    let build = field(&["osversion", "clientversion"]).and_then(clip);
    // 10.0.19044.2965: a kernel, and its build with the revision.
    let parts: Vec<&str> = build.as_deref().unwrap_or_default().split('.').collect();
    let windows = |caption: &String| caption.to_lowercase().contains("windows").then(|| "Windows".to_owned());
    let system = System {
        name: caption.as_ref().and_then(windows),
        kernel: parts.get(..3).map(|kernel| kernel.join(".")),
        service_pack: parts.get(2..4).map(|build| build.join(".")),
        full_name: caption,
        ..System::default()
    };
    let server = system.display().contains("Server");
    let facts = Facts {
        kind: server.then_some(Kind::Server),
        system: system.full_name.is_some().then_some(system),
        updates: Some(updates),
        addresses: field(&["ipaddress", "adresseip"]).and_then(clip).map(|ip| vec![ip]),
        maker: field(&["make", "fabricant"]).and_then(clip),
        model: field(&["model", "modele"]).and_then(clip),
        ..Facts::default()
    };
    let traits = Traits { name: Some(name), ..Traits::default() };
    Line::machine(row.line, Sighting { traits, facts, seen: reported.max(synchronised), outside: false })
}
