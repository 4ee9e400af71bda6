//! The inventory itself, and the network as it is seen: INV, RES.

use super::tally::Tally;
use super::{DAY, Machine, Rule, World};
use crate::governance::estate::State;
use crate::governance::measures::evidence::Connector;
use crate::governance::measures::subjects::Role;
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) const RULES: &[Rule] = &[
    Rule {
        measure: "INV-01",
        id: "appareils-recenses",
        connector: Connector::Inv,
        days: 31,
        run: listed,
        remaining: None,
    },
    Rule {
        measure: "INV-02",
        id: "inconnus-du-reseau",
        connector: Connector::Net,
        days: 31,
        run: unknown,
        remaining: None,
    },
    Rule {
        measure: "INV-03",
        id: "champs-remplis",
        connector: Connector::Inv,
        days: 31,
        run: described,
        remaining: Some("le mode de détention (achat, location) n’est pas encore suivi"),
    },
    Rule { measure: "INV-04", id: "disparus-decides", connector: Connector::Inv, days: 31, run: gone, remaining: None },
    Rule {
        measure: "INV-06",
        id: "logiciels-connus",
        connector: Connector::Inv,
        days: 31,
        run: software,
        remaining: Some("les licences ne sont pas encore suivies"),
    },
    Rule {
        measure: "RES-01",
        id: "visible-d-internet",
        connector: Connector::Net,
        days: 92,
        run: exposed,
        remaining: None,
    },
    Rule {
        measure: "RES-06",
        id: "serveurs-a-part",
        connector: Connector::Inv,
        days: 92,
        run: segmented,
        remaining: Some("la séparation de la sauvegarde et des dispositifs médicaux reste à montrer"),
    },
    Rule {
        measure: "SAUV-01",
        id: "bases-sauvegardees",
        connector: Connector::Bkp,
        days: 2,
        run: databases,
        remaining: None,
    },
];

/// Seen from outside only: it answers on the network, and no inventory knows it.
fn is_unknown(machine: &Machine<'_>) -> bool {
    machine.asset.seen.iter().all(|seen| seen.told.outside)
}

fn scanned(machine: &Machine<'_>) -> bool {
    machine.asset.seen.iter().any(|seen| seen.told.outside)
}

/// Of what answers on the network, 95 in a hundred are in an inventory of less than 31 days.
fn listed(world: &World<'_>) -> Option<Tally> {
    let inside = world.machines.iter().filter(|machine| !is_unknown(machine));
    let latest = inside
        .flat_map(|machine| machine.asset.seen.iter().filter(|seen| !seen.told.outside))
        .map(|seen| seen.source.at)
        .max()?;
    let mut tally = Tally::of("appareils vus sur le réseau").at_least(95).until(latest + 31 * DAY);
    tally.during(latest);
    let seen: Vec<&Machine<'_>> = world.machines.iter().filter(|machine| scanned(machine)).collect();
    if seen.is_empty() {
        tally.add("relevé du réseau", None);
        let count = world.machines.len();
        return Some(
            tally.saying(format!("{count} appareils recensés ; aucun relevé du réseau ne dit s’il en manque.")),
        );
    }
    for machine in seen {
        tally.machine(machine.asset, Some(!is_unknown(machine)));
    }
    Some(tally)
}

fn unknown(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("appareils vus sur le réseau");
    for machine in world.machines.iter().filter(|machine| scanned(machine)) {
        let decided = world.inputs.settings.decided.contains(&machine.asset.key);
        tally.machine(machine.asset, Some(!is_unknown(machine) || decided));
    }
    tally.unless_empty()
}

/// A number, a place, somebody in charge.
fn described(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("appareils").at_least(95);
    for machine in world.machines.iter().filter(|machine| !is_unknown(machine)) {
        let (facts, traits) = (&machine.asset.facts, &machine.asset.traits);
        let numbered = facts.tag.is_some() || traits.serial_key().is_some() || traits.uuid_key().is_some();
        tally.machine(machine.asset, Some(numbered && facts.location.is_some() && facts.holder.is_some()));
    }
    tally.unless_empty()
}

/// What was not seen for 60 days has been decided of.
fn gone(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("appareils");
    for machine in &world.machines {
        let decided = world.inputs.settings.decided.contains(&machine.asset.key);
        tally.machine(machine.asset, Some(world.age(machine.asset.last) <= 60 || decided));
    }
    // Machines that are gone say nothing of today: the latest sighting dates the whole.
    tally.unless_empty()
}

fn software(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("postes et serveurs");
    for machine in world.of(&[Role::Workstation, Role::Server]) {
        let told = machine.asset.facts.software.as_ref().map(|listed| !listed.is_empty());
        tally.machine(machine.asset, told.filter(|_| world.is_recent(machine)));
    }
    tally.unless_empty()
}

/// Not an address of an inner network.
pub(in crate::governance::measures) fn is_public(text: &str) -> bool {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()),
        Ok(IpAddr::V6(v6)) => !(v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local()),
        Err(_) => false,
    }
}

/// Ports open on public addresses, beyond those meant to be.
fn exposed(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("services visibles d’Internet");
    let mut worst = Vec::new();
    for machine in &world.machines {
        for seen in machine.asset.seen.iter().filter(|seen| seen.told.outside) {
            let facts = &seen.told.facts;
            let Some(address) = facts.addresses.iter().flatten().find(|address| is_public(address)) else { continue };
            for port in facts.ports.iter().flatten() {
                let meant = port.protocol == "tcp" && world.inputs.settings.public_ports.contains(&port.number);
                tally.line(&seen.source, &format!("{address} : {}/{}", port.number, port.protocol), Some(meant));
                tally.during(seen.told.seen.unwrap_or(seen.source.at));
                if !meant && matches!(port.number, 3389 | 445 | 139 | 5900 | 23) {
                    worst.push(port.number);
                }
            }
            // An address where nothing answers is a good answer.
            tally.line(&seen.source, address, Some(true));
        }
    }
    if worst.is_empty() {
        return tally.unless_empty();
    }
    let ports: Vec<String> = worst.iter().map(u16::to_string).collect();
    Some(tally.saying(format!(
        "Prise de main ou partage de fichiers ouvert à Internet (port {}) : à fermer aujourd’hui.",
        ports.join(", ")
    )))
}

/// No network of 256 addresses holds both servers and workstations.
fn segmented(world: &World<'_>) -> Option<Tally> {
    let mut networks: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    let mut tally = Tally::of("réseaux");
    for machine in &world.machines {
        for address in machine.asset.facts.addresses.iter().flatten().filter(|address| !is_public(address)) {
            let Some((network, _)) = address.rsplit_once('.') else { continue };
            let held = networks.entry(format!("{network}.0/24")).or_default();
            held.0 |= machine.role == Role::Server;
            held.1 |= machine.role == Role::Workstation;
            tally.during(machine.asset.last);
        }
    }
    // One kind of machine alone shows nothing.
    let (servers, desks) = networks.values().fold((false, false), |(s, w), held| (s || held.0, w || held.1));
    if !(servers && desks) {
        return None;
    }
    for (network, (servers, desks)) in &networks {
        tally.add(network, Some(!(*servers && *desks)));
    }
    Some(tally)
}

/// Databases that the inventory sees were backed up within a day, and Socle's own.
fn databases(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("bases de données");
    for machine in &world.machines {
        for base in machine.asset.facts.databases.iter().flatten() {
            let name = format!("{} ({})", base.name, machine.asset.name);
            let last = base.last_backup.as_deref().and_then(|text| text.get(..10)).and_then(|day| day.parse().ok());
            let recent = |day: jiff::civil::Date| (world.inputs.today - day).get_days() <= 1;
            let known = match (base.backed_up, last) {
                (State::No, _) => Some(false),
                (_, Some(day)) => Some(recent(day)),
                (State::Yes | State::Unknown, None) => None,
            };
            tally.during(machine.asset.last);
            tally.add(&name, known);
        }
    }
    if let Some(last) = world.inputs.own.backup.and_then(|backup| backup.last) {
        tally.during(last);
        tally.add("Socle", Some(world.inputs.now - last <= 26 * DAY / 24));
        tally = tally.own();
    }
    tally.unless_empty()
}
