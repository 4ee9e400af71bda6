//! Rules: pure functions of the estate and of what Socle knows of itself. A rule that has nothing to look at makes no
//! evidence, so that its measure stays "not covered".

mod inventory;
mod machines;
mod network;
mod people;
pub(super) mod persons;
mod plan;
mod professionals;
mod protection;
mod providers;
mod registers;
mod rights;
mod socle;
mod tally;

use super::action::Action;
use super::declared::Declared;
use super::evidence::{Connector, Evidence};
use super::own::Own;
use super::status::Derogation;
use super::subjects::Role;
use crate::governance::estate::{Asset, Estate, Judged};
use crate::governance::obsolescence::{self, Finding};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tally::Tally;

pub(super) use inventory::is_public;
pub use people::is_shared_login;

/// One day, in microseconds.
pub(super) const DAY: i64 = 86_400_000_000;

/// What the establishment has decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Remote-control tools it has chosen (`kind` of the inventory).
    pub remote_tools: BTreeSet<String>,
    /// Accounts that may be administrators of workstations.
    pub local_admins: BTreeSet<String>,
    /// Accounts that may be shared or unused, each with a reason kept elsewhere.
    pub exempt_accounts: BTreeSet<String>,
    /// Most privileged accounts.
    pub privileged_most: usize,
    /// Ports meant to be seen from the Internet.
    pub public_ports: BTreeSet<u16>,
    /// Machines (by key) with a date of replacement.
    pub replacements: BTreeMap<String, Date>,
    /// Machines (by key) not seen any more of which something was decided: lost, in reserve, scrapped.
    pub decided: BTreeSet<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            remote_tools: BTreeSet::new(),
            local_admins: BTreeSet::new(),
            exempt_accounts: BTreeSet::new(),
            privileged_most: 5,
            public_ports: BTreeSet::from([80, 443]),
            replacements: BTreeMap::new(),
            decided: BTreeSet::new(),
        }
    }
}

/// Everything rules may look at.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// What imports told.
    pub estate: &'a Estate,
    /// When imports were made and SHA-256 of each of their files, by number of import.
    pub imports: &'a BTreeMap<i64, (i64, String)>,
    /// Ends of support.
    pub facts: &'a obsolescence::Facts,
    /// What Socle knows of itself.
    pub own: &'a Own,
    /// What was decided.
    pub settings: &'a Settings,
    /// Written exceptions.
    pub derogations: &'a [Derogation],
    /// What is planned.
    pub actions: &'a [Action],
    /// What somebody vouches for, and when it was said.
    pub declared: &'a [(Declared, i64)],
    /// Now, UTC microseconds.
    pub now: i64,
    /// Today, here.
    pub today: Date,
}

/// A machine, what it is there for and what is concluded of it: worked out once for all rules.
struct Machine<'a> {
    asset: &'a Asset,
    system: Finding,
    software: Vec<Judged>,
    role: Role,
}

/// What rules look at, worked out once.
struct World<'a> {
    inputs: Inputs<'a>,
    machines: Vec<Machine<'a>>,
    /// Measures that do not hold, once the other rules have run.
    failing: BTreeSet<&'static str>,
}

/// A rule.
struct Rule {
    measure: &'static str,
    id: &'static str,
    connector: Connector,
    /// Days its evidence is worth something.
    days: i64,
    run: fn(&World<'_>) -> Option<Tally>,
    /// What it leaves to be proven.
    remaining: Option<&'static str>,
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        inventory::RULES,
        machines::RULES,
        network::RULES,
        protection::RULES,
        people::RULES,
        providers::RULES,
        registers::RULES,
        rights::RULES,
        socle::RULES,
        plan::RULES,
    ]
    .into_iter()
    .flatten()
}

/// Measure and id of each rule on what Socle knows of itself.
pub fn own_rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    socle::RULES.iter().map(|rule| (rule.measure, rule.id))
}

/// Whether anything proves a measure by machine. Without a rule, it is not covered.
pub fn has_rule(measure: &str) -> bool {
    rules().any(|rule| rule.measure == measure)
}

/// Whether rules leave something of a measure to somebody's word, whatever they find.
pub fn may_be_declared(measure: &str) -> bool {
    !has_rule(measure) || remaining(measure).is_some()
}

/// What the rules of a measure leave to be proven.
pub(super) fn remaining(measure: &str) -> Option<&'static str> {
    rules().filter(|rule| rule.measure == measure).find_map(|rule| rule.remaining)
}

/// Who should have made evidence of a measure and has not: what a partial import forgets.
pub(super) fn missing(measure: &str, evidence: &[Evidence]) -> BTreeSet<Connector> {
    let made = |rule: &&Rule| evidence.iter().any(|one| one.measure == measure && one.rule == rule.id);
    rules().filter(|rule| rule.measure == measure && !made(rule)).map(|rule| rule.connector).collect()
}

/// Runs every rule on what counts here: the evidence there is.
pub(super) fn collect(inputs: Inputs<'_>, counts: impl Fn(&str) -> bool) -> Vec<Evidence> {
    let machines = inputs.estate.assets.iter().map(|asset| {
        let system = asset.system_finding(inputs.facts, inputs.today);
        let role = Role::of(asset, &system);
        Machine { asset, software: asset.software_findings(inputs.facts, inputs.today), system, role }
    });
    let mut world = World { inputs, machines: machines.collect(), failing: BTreeSet::new() };
    let made = |world: &World<'_>, rule: &'static Rule| (rule.run)(world).map(|tally| tally.evidence(rule, world));
    let (plan, others): (Vec<_>, Vec<_>) = rules().partition(|rule| plan::RULES.iter().any(|own| own.id == rule.id));
    let mut evidence: Vec<Evidence> = others.into_iter().filter_map(|rule| made(&world, rule)).collect();
    let failing = evidence.iter().filter(|one| one.is_fresh(inputs.now) && !one.holds && counts(one.measure));
    world.failing = failing.map(|one| one.measure).collect();
    evidence.extend(plan.into_iter().filter_map(|rule| made(&world, rule)));
    evidence
}

impl World<'_> {
    /// Machines of some roles.
    fn of(&self, roles: &'static [Role]) -> impl Iterator<Item = &Machine<'_>> {
        self.machines.iter().filter(move |machine| roles.contains(&machine.role))
    }

    /// Something was seen of it from inside within 31 days; else nothing is known of it today.
    fn is_recent(&self, machine: &Machine<'_>) -> bool {
        let inside = machine.asset.seen.iter().filter(|seen| !seen.told.outside);
        let last = inside.map(|seen| seen.told.seen.unwrap_or(seen.source.at)).max();
        last.is_some_and(|last| self.inputs.now - last <= 31 * DAY)
    }

    /// Days since an instant; none for one more than a day ahead, which proves nothing.
    fn past(&self, instant: i64) -> Option<i64> {
        Some(self.age(instant)).filter(|days| *days >= -1)
    }

    /// Days since an instant.
    fn age(&self, instant: i64) -> i64 {
        (self.inputs.now - instant).div_euclid(DAY)
    }
}
