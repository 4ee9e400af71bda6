//! Support and corrections of machines: MAJ.

use super::tally::Tally;
use super::{DAY, Machine, Rule, World};
use crate::governance::measures::evidence::Connector;
use crate::governance::measures::subjects::Role;
use crate::governance::obsolescence::Verdict;
use jiff::civil::Date;

pub(super) const RULES: &[Rule] = &[
    Rule {
        measure: "MAJ-01",
        id: "systemes-maintenus",
        connector: Connector::Eol,
        days: 31,
        run: |world| supported(world, "postes et tablettes", &[Role::Workstation, Role::Mobile]),
        remaining: None,
    },
    Rule {
        measure: "MAJ-02",
        id: "serveurs-maintenus",
        connector: Connector::Eol,
        days: 31,
        run: |world| supported(world, "serveurs et équipements", &[Role::Server, Role::Network]),
        remaining: None,
    },
    Rule {
        measure: "MAJ-03",
        id: "remplacements-dates",
        connector: Connector::Eol,
        days: 31,
        run: anticipated,
        remaining: None,
    },
    Rule {
        measure: "MAJ-04",
        id: "logiciels-maintenus",
        connector: Connector::Eol,
        days: 31,
        run: software,
        remaining: None,
    },
    Rule {
        measure: "MAJ-05",
        id: "correctifs-postes",
        connector: Connector::Inv,
        days: 31,
        run: |world| patched(world, "postes Windows", Role::Workstation),
        remaining: None,
    },
    Rule {
        measure: "MAJ-06",
        id: "correctifs-serveurs",
        connector: Connector::Inv,
        days: 31,
        run: |world| patched(world, "serveurs", Role::Server),
        remaining: None,
    },
    Rule {
        measure: "PREST-11",
        id: "composants-maintenus",
        connector: Connector::Inv,
        days: 366,
        run: components,
        remaining: None,
    },
];

/// What a verdict says of compliance: nothing of what is unknown.
fn complies(verdict: Verdict) -> Option<bool> {
    match verdict {
        Verdict::Supported | Verdict::EndsWithinYear | Verdict::FreeExtended => Some(true),
        Verdict::Partial | Verdict::EndedUnlessProven | Verdict::Ended => Some(false),
        Verdict::Unknown => None,
    }
}

fn supported(world: &World<'_>, what: &'static str, roles: &'static [Role]) -> Option<Tally> {
    let mut tally = Tally::of(what);
    for machine in world.of(roles) {
        // A machine unseen for a month may have been updated since, or be gone.
        let known = complies(machine.system.verdict).filter(|_| world.is_recent(machine));
        tally.machine(machine.asset, known);
    }
    tally.unless_empty()
}

/// Whatever ends within a year has a date of replacement, before its end.
fn anticipated(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("machines");
    for machine in world.of(&[Role::Workstation, Role::Mobile, Role::Server, Role::Network]) {
        let planned = world.inputs.settings.replacements.get(&machine.asset.key);
        let in_time = |end: Date| planned.is_some_and(|date| *date <= end);
        let known = match machine.system.verdict {
            Verdict::EndsWithinYear => Some(machine.system.eol.is_some_and(in_time)),
            Verdict::Unknown => None,
            // What is over already is another measure's.
            _ => Some(true),
        };
        tally.machine(machine.asset, known);
    }
    tally.unless_empty()
}

/// What people open files and pages with.
const DESK: [&str; 10] = [
    "office",
    "libreoffice",
    "firefox",
    "chrome",
    "internet-explorer",
    "edge-legacy",
    "acrobat",
    "flash",
    "silverlight",
    "skype-business",
];

fn software(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("postes");
    for machine in world.of(&[Role::Workstation]) {
        let told = machine.asset.facts.software.is_some() && world.is_recent(machine);
        let desk =
            machine.software.iter().filter(|one| one.finding.product.as_deref().is_some_and(|id| DESK.contains(&id)));
        let ended = desk.filter(|one| complies(one.finding.verdict) == Some(false)).count();
        tally.machine(machine.asset, told.then_some(ended == 0));
    }
    tally.unless_empty()
}

/// The most days since the last correction.
const PATCHED: i64 = 45;

fn patched(world: &World<'_>, what: &'static str, role: Role) -> Option<Tally> {
    let mut tally = Tally::of(what);
    for machine in world.machines.iter().filter(|machine| machine.role == role) {
        let windows = machine.system.product.as_deref().is_some_and(|id| id.starts_with("windows"));
        if role == Role::Workstation && !windows {
            continue;
        }
        let fresh = if windows { windows_patched(world, machine) } else { linux_patched(world, machine) };
        tally.machine(machine.asset, fresh.filter(|_| world.is_recent(machine)));
    }
    tally.unless_empty()
}

/// By the last correction installed, else by what the update server says.
fn windows_patched(world: &World<'_>, machine: &Machine<'_>) -> Option<bool> {
    let facts = &machine.asset.facts;
    let installed = facts.patches.iter().flatten().filter_map(|patch| day(patch.installed.as_deref()?));
    let by_patch = latest(world, installed).map(|days| days <= PATCHED);
    let by_server = facts.updates.as_ref().and_then(|updates| {
        let reported = updates.reported.or(updates.synchronised)?;
        world.past(reported)?;
        let missing = updates.not_installed.or(updates.needed)? + updates.failed.unwrap_or(0);
        (world.inputs.now - reported <= PATCHED * DAY).then_some(missing == 0)
    });
    // Either may be behind: the update server sees what the list of corrections forgets, and the other way round.
    match (by_patch, by_server) {
        (Some(false), Some(true)) | (Some(true), _) => Some(by_server.unwrap_or(true)),
        (Some(false), _) => Some(false),
        (None, server) => server,
    }
}

/// By the last package installed and the last start.
fn linux_patched(world: &World<'_>, machine: &Machine<'_>) -> Option<bool> {
    let facts = &machine.asset.facts;
    let installed = facts.software.iter().flatten().filter_map(|program| day(program.installed.as_deref()?));
    let fresh = latest(world, installed)? <= PATCHED;
    let Some(started) = facts.started else { return Some(fresh) };
    world.past(started).map(|days| fresh && days <= 90)
}

/// What programs are made of is still supported.
fn components(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("composants suivis");
    for bill in &world.inputs.estate.products {
        for component in &bill.told.components {
            let finding = component.judged(world.inputs.facts, world.inputs.today).finding;
            // Most parts of programs have no published end: they are not counted against it.
            if let Some(known) = complies(finding.verdict) {
                tally.line(&bill.source, &component.name, Some(known));
            }
        }
        tally.line(&bill.source, &bill.told.name, Some(true));
    }
    tally.unless_empty()
}

fn day(text: &str) -> Option<Date> {
    text.get(..10).unwrap_or(text).parse().ok()
}

/// Days since the latest of these that is not more than a day ahead.
fn latest(world: &World<'_>, dates: impl Iterator<Item = Date>) -> Option<i64> {
    dates.map(|date| i64::from((world.inputs.today - date).get_days())).filter(|days| *days >= -1).min()
}
