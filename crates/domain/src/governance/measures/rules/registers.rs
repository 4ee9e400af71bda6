//! Backups that failed, flaws, scrapped machines, things reported: what registers prove. SAUV-06 to 08, MAJ-07, INV-08,
//! INC-06, CONT-05.

use super::providers::short;
use super::tally::Tally;
use super::{DAY, Machine, Rule, World};
use crate::governance::estate::{Advisory, Disposal, Entry, Facts, Job, Source};
use crate::governance::measures::evidence::Connector;
use crate::governance::names::letters;
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const RULES: &[Rule] = &[
    register("SAUV-07", "echecs-repares", Connector::Bkp, 31, repaired),
    register("SAUV-08", "compte-du-depot", Connector::Bkp, 92, apart),
    register("MAJ-07", "failles-corrigees", Connector::Inv, 31, corrected),
    register("INV-08", "disques-effaces", Connector::Doc, 366, erased),
    register("INC-06", "signalements-pris", Connector::Inc, 31, taken),
    register("SAUV-06", "relecture-par-un-soignant", Connector::Doc, 366, proofread),
    register("CONT-05", "papier-ressaisi", Connector::Doc, 366, typed),
];

const fn register(
    measure: &'static str,
    id: &'static str,
    connector: Connector,
    days: i64,
    run: fn(&World<'_>) -> Option<Tally>,
) -> Rule {
    Rule { measure, id, connector, days, run, remaining: None }
}

/// Runs of each backup, the oldest first.
fn jobs<'a>(world: &'a World<'_>) -> BTreeMap<String, Vec<(&'a Source, &'a Job)>> {
    let mut jobs: BTreeMap<String, Vec<(&Source, &Job)>> = BTreeMap::new();
    for line in &world.inputs.estate.entries {
        if let Entry::Job(job) = &line.told {
            jobs.entry(job.name.to_lowercase()).or_default().push((&line.source, job));
        }
    }
    jobs.values_mut().for_each(|runs| runs.sort_by_key(|(_, job)| job.at));
    jobs
}

/// A backup that failed succeeds again within three days, and somebody knew within one, where that is told.
fn repaired(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("sauvegardes");
    for runs in jobs(world).values() {
        let recent = runs.iter().filter(|(_, job)| (0..=92).contains(&world.age(job.at)));
        let treated = |job: &Job| {
            let limit = job.at + 3 * DAY;
            let again = runs.iter().any(|(_, later)| later.ok && (job.at..=limit).contains(&later.at));
            let closed = job.repaired.is_some_and(|at| at <= limit);
            let told = job.told.is_none_or(|at| at <= job.at + DAY);
            // What happened less than three days ago may still be repaired.
            told && (again || closed || world.inputs.now <= limit)
        };
        let Some((source, last)) = recent.clone().next_back() else { continue };
        let fine = recent.clone().all(|(_, job)| job.ok || treated(job));
        tally.fact(source, last.at, &last.name, Some(fine));
    }
    tally.unless_empty()
}

/// The account that writes copies is not one of the directory, and has a second factor.
fn apart(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("comptes de dépôt");
    let open = world.inputs.estate.accounts.iter().filter(|account| !account.told.gone);
    let accounts: BTreeSet<String> = open.map(|account| short(&account.told.login)).collect();
    for runs in jobs(world).values() {
        let told = runs.iter().rev().find_map(|(source, job)| Some((source, job, job.account.as_deref()?)));
        let Some((source, job, account)) = told else { continue };
        let known = accounts.contains(&short(account));
        let fine = match (known, job.second_factor) {
            (true, _) | (_, Some(false)) => Some(false),
            (false, Some(true)) if !accounts.is_empty() => Some(true),
            // Without the directory, nobody knows what is in it.
            (false, _) => None,
        };
        tally.line(source, &format!("{} ({account})", job.name), fine);
    }
    tally.unless_empty()
}

/// The version a machine runs, as its firmware or its system tells.
fn version(facts: &Facts) -> Option<&str> {
    let system = facts.system.as_ref();
    facts.firmware.as_deref().or_else(|| system?.version.as_deref()).or_else(|| system?.kernel.as_deref())
}

/// Numbers of a version, in order.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|sign: char| !sign.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// A week after a grave flaw is announced, what the Internet sees runs a version without it: as inventories saw it.
fn corrected(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("failles graves");
    for line in &world.inputs.estate.entries {
        let Entry::Advisory(advisory) = &line.told else { continue };
        let Some(published) = advisory.published else { continue };
        let age = (world.inputs.today - published).get_days();
        let Ok(last) = published.checked_add(7.days()) else { continue };
        if !(0..=366).contains(&age) {
            continue;
        }
        tally.line(&line.source, &line.told.about(), in_time(world, advisory, last));
    }
    tally.unless_empty()
}

fn in_time(world: &World<'_>, advisory: &Advisory, last: Date) -> Option<bool> {
    let pending = world.inputs.today <= last;
    let short = advisory.machine.split('.').next().unwrap_or_default();
    let is_it = |machine: &&Machine<'_>| {
        machine.asset.name.eq_ignore_ascii_case(&advisory.machine) || machine.asset.name.eq_ignore_ascii_case(short)
    };
    let machine = world.machines.iter().find(is_it);
    let fixed = advisory.fixed.as_deref().map(numbers).filter(|numbers| !numbers.is_empty());
    let (Some(machine), Some(fixed)) = (machine, fixed) else { return pending.then_some(true) };
    let seen = machine.asset.seen.iter();
    // Newest first.
    let told =
        seen.filter_map(|seen| Some((seen.told.seen.unwrap_or(seen.source.at), numbers(version(&seen.told.facts)?))));
    let told: Vec<(i64, Vec<u64>)> = told.collect();
    let Some((_, running)) = told.first() else { return pending.then_some(true) };
    if *running < fixed {
        return Some(pending);
    }
    let since = told.iter().take_while(|(_, version)| *version >= fixed).map(|(at, _)| *at).min()?;
    let seen_in_time = crate::local_time::local(since).date() <= last;
    // An inventory comes after the correction: the day somebody notes may be the earlier one.
    Some(seen_in_time || advisory.corrected.is_some_and(|day| day <= last))
}

/// Each machine that left has the proof that its disks were erased, and was not seen since.
fn erased(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("appareils réformés");
    for line in &world.inputs.estate.entries {
        let Entry::Disposal(disposal) = &line.told else { continue };
        let proven = disposal.proof.is_some() && disposal.erased.is_some();
        tally.line(&line.source, &line.told.about(), Some(proven && !is_back(world, disposal)));
    }
    tally.unless_empty()
}

/// It was seen more than a day after it left.
fn is_back(world: &World<'_>, disposal: &Disposal) -> bool {
    let Some(left) = disposal.on.and_then(|day| day.checked_add(2.days()).ok()) else { return false };
    let left = crate::local_time::instant(left.to_datetime(jiff::civil::Time::midnight()));
    let is_it = |machine: &&Machine<'_>| match (&disposal.serial, &machine.asset.traits.serial) {
        (Some(told), Some(known)) => told.eq_ignore_ascii_case(known),
        _ => disposal.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&machine.asset.name)),
    };
    world.machines.iter().filter(is_it).any(|machine| machine.asset.last > left)
}

/// Somebody reports something, and it is taken within three days.
fn taken(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("signalements");
    for line in &world.inputs.estate.entries {
        let Entry::Ticket(ticket) = &line.told else { continue };
        let limit = ticket.opened + 3 * DAY;
        if (0..=366).contains(&world.age(ticket.opened)) {
            let fine = ticket.taken.map_or(world.inputs.now <= limit, |taken| taken <= limit);
            tally.line(&line.source, &line.told.about(), Some(fine));
        }
    }
    tally.unless_empty()
}

/// Records looked at in one go, at least.
const SAMPLE: u32 = 5;
/// Functions of those who care, short.
const CARERS: [&str; 5] = ["as", "ide", "dr", "amp", "aes"];
/// How the others begin.
const CARERS_BEGIN: [&str; 9] =
    ["infirm", "soign", "aide", "medecin", "docteur", "psycholog", "educat", "cadre", "kine"];

/// Within a year, somebody who cares looked at five restored records, and all were right.
fn proofread(world: &World<'_>) -> Option<Tally> {
    let told = world.inputs.estate.entries.iter().filter_map(|line| match &line.told {
        Entry::Proofreading(one) => Some((line, one, one.on?)),
        _ => None,
    });
    let (line, one, on) = told.filter(|(.., on)| *on <= world.inputs.today).max_by_key(|(.., on)| *on)?;
    let mut tally = Tally::of("relectures");
    let is_carer =
        |word: &String| CARERS.contains(&word.as_str()) || CARERS_BEGIN.iter().any(|begin| word.starts_with(begin));
    let cares = letters(&one.function).iter().any(is_carer);
    let at = crate::local_time::instant(on.to_datetime(jiff::civil::Time::midnight()));
    let fine = cares && one.looked >= SAMPLE && one.right == one.looked;
    tally.fact(&line.source, at, &line.told.about(), Some(fine));
    Some(tally)
}

/// After each outage of the year, all paper is typed within three days.
fn typed(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("unités après une panne");
    for line in &world.inputs.estate.entries {
        let Entry::Reentry(one) = &line.told else { continue };
        let limit = one.over + 3 * DAY;
        if (0..=366).contains(&world.age(one.over)) {
            let whole = one.typed >= one.sheets;
            let fine = if whole { one.done.is_none_or(|done| done <= limit) } else { world.inputs.now <= limit };
            tally.fact(&line.source, one.over, &one.unit, Some(fine));
        }
    }
    tally.unless_empty()
}
