//! Protection of workstations: POSTE.

use super::tally::Tally;
use super::{Machine, Rule, World};
use crate::governance::estate::{Kind, State};
use crate::governance::measures::evidence::Connector;
use crate::governance::measures::subjects::Role;
use crate::governance::obsolescence::normalise;

pub(super) const RULES: &[Rule] = &[
    inventory("POSTE-01", "antivirus-actif", antivirus),
    inventory("POSTE-02", "pare-feu-allume", firewall),
    inventory("POSTE-03", "disques-chiffres", encrypted),
    inventory("POSTE-04", "prise-en-main", remote),
    inventory("POSTE-05", "administrateurs-locaux", administrators),
    inventory("POSTE-08", "demarrage-sur", secure_boot),
];

const fn inventory(measure: &'static str, id: &'static str, run: fn(&World<'_>) -> Option<Tally>) -> Rule {
    Rule { measure, id, connector: Connector::Inv, days: 31, run, remaining: None }
}

/// Counts machines, each by a question about it; what was not seen for a month is not known.
fn count(
    world: &World<'_>,
    mut tally: Tally,
    roles: &'static [Role],
    ask: impl Fn(&Machine<'_>) -> Option<bool>,
) -> Option<Tally> {
    for machine in world.of(roles) {
        tally.machine(machine.asset, ask(machine).filter(|_| world.is_recent(machine)));
    }
    tally.unless_empty()
}

/// Every one of several: `None` when one is not known and no other fails.
fn all(states: impl Iterator<Item = State>) -> Option<bool> {
    let states: Vec<State> = states.collect();
    if states.contains(&State::No) {
        return Some(false);
    }
    (!states.contains(&State::Unknown)).then_some(true)
}

fn windows(machine: &Machine<'_>) -> bool {
    machine.system.product.as_deref().is_some_and(|id| id.starts_with("windows"))
}

/// One that works and is up to date is enough: Windows lists those it has put to sleep.
fn antivirus(world: &World<'_>) -> Option<Tally> {
    let tally = Tally::of("postes et serveurs").at_least(98);
    count(world, tally, &[Role::Workstation, Role::Server], |machine| {
        let listed = machine.asset.facts.antivirus.as_ref()?;
        let each: Vec<Option<bool>> = listed.iter().map(|one| all([one.enabled, one.up_to_date].into_iter())).collect();
        if each.contains(&Some(true)) {
            Some(true)
        } else if each.contains(&None) {
            None
        } else {
            Some(false)
        }
    })
}

fn firewall(world: &World<'_>) -> Option<Tally> {
    count(world, Tally::of("postes et serveurs"), &[Role::Workstation, Role::Server], |machine| {
        let listed = machine.asset.facts.firewalls.as_ref()?;
        if listed.is_empty() { Some(false) } else { all(listed.iter().map(|one| one.on)) }
    })
}

/// The system's volume of what can be carried away; every volume when none is marked.
fn encrypted(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("portables et tablettes");
    let carried = world.machines.iter().filter(|machine| {
        machine.role == Role::Mobile
            || (machine.role == Role::Workstation && machine.asset.facts.kind == Some(Kind::Laptop))
    });
    for machine in carried {
        let drives = machine.asset.facts.drives.as_deref().unwrap_or_default();
        let marked = drives.iter().any(|drive| drive.system);
        let counted: Vec<State> =
            drives.iter().filter(|drive| drive.system || !marked).map(|drive| drive.encrypted).collect();
        let known = if counted.is_empty() { None } else { all(counted.into_iter()) };
        tally.machine(machine.asset, known.filter(|_| world.is_recent(machine)));
    }
    tally.unless_empty()
}

/// Names of programs by which somebody takes a machine over.
const TOOLS: [&str; 12] = [
    "teamviewer",
    "anydesk",
    "rustdesk",
    "meshcentral",
    "litemanager",
    "supremo",
    "tacticalrmm",
    "ultravnc",
    "realvnc",
    "tightvnc",
    "screenconnect",
    "splashtop",
];

/// Those told as such, and those whose program is installed.
fn remote(world: &World<'_>) -> Option<Tally> {
    let allowed: Vec<String> = world.inputs.settings.remote_tools.iter().map(|tool| normalise(tool)).collect();
    count(world, Tally::of("postes et serveurs"), &[Role::Workstation, Role::Server], |machine| {
        let facts = &machine.asset.facts;
        if facts.remote.is_none() && facts.software.is_none() {
            return None;
        }
        let told = facts.remote.iter().flatten().map(|tool| normalise(&tool.kind));
        let installed = facts.software.iter().flatten().filter_map(|program| {
            let name = normalise(&program.name).replace(' ', "");
            TOOLS.into_iter().find(|tool| name.contains(*tool)).map(str::to_owned)
        });
        Some(told.chain(installed).all(|tool| allowed.contains(&tool)))
    })
}

/// Accounts and groups that Windows puts there itself.
const BUILT_IN: [&str; 6] = [
    "administrateur",
    "administrator",
    "domain admins",
    "admins du domaine",
    "root",
    "administrateurs de l'entreprise",
];

fn administrators(world: &World<'_>) -> Option<Tally> {
    let allowed: Vec<String> = world.inputs.settings.local_admins.iter().map(|name| normalise(name)).collect();
    count(world, Tally::of("postes"), &[Role::Workstation], |machine| {
        let listed = machine.asset.facts.admins.as_ref()?;
        Some(listed.iter().all(|name| {
            // « DOMAINE\nom » is known by its name.
            let name = normalise(name.rsplit('\\').next().unwrap_or(name));
            BUILT_IN.contains(&name.as_str()) || allowed.contains(&name)
        }))
    })
}

fn secure_boot(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("postes Windows");
    for machine in world.of(&[Role::Workstation]).filter(|machine| windows(machine)) {
        let known = machine.asset.facts.secure_boot.and_then(|state| all(std::iter::once(state)));
        tally.machine(machine.asset, known.filter(|_| world.is_recent(machine)));
    }
    tally.unless_empty()
}
