//! What can be read from outside, and mobiles as their management knows them: RES-03, RES-04, POSTE-09.

use super::tally::Tally;
use super::{DAY, Rule, World};
use crate::governance::estate::{Entry, State, Tls, Zone};
use crate::governance::measures::evidence::Connector;
use crate::governance::measures::subjects::Role;
use std::collections::BTreeMap;

pub(super) const RULES: &[Rule] = &[
    Rule {
        measure: "RES-03",
        id: "chiffrement-tls",
        connector: Connector::Net,
        days: 31,
        run: encrypted,
        remaining: None,
    },
    Rule { measure: "RES-04", id: "courriel-protege", connector: Connector::Net, days: 92, run: mail, remaining: None },
    Rule {
        measure: "POSTE-09",
        id: "mobiles-geres",
        connector: Connector::Inv,
        days: 31,
        run: managed,
        remaining: None,
    },
];

/// TLS 1.2 at least, and a certificate that is worth something for 30 more days.
fn encrypted(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("services chiffrés");
    for machine in &world.machines {
        // The newest scan that looked at certificates.
        let looked = machine
            .asset
            .seen
            .iter()
            .find(|seen| seen.told.facts.ports.iter().flatten().any(|port| port.tls.is_some()));
        let Some(seen) = looked else { continue };
        let at = seen.told.seen.unwrap_or(seen.source.at);
        for port in seen.told.facts.ports.iter().flatten() {
            let Some(tls) = &port.tls else { continue };
            let name = format!("{} : {}", machine.asset.name, port.number);
            tally.fact(&seen.source, at, &name, is_sound(tls, world.inputs.now));
        }
    }
    tally.unless_empty()
}

fn is_sound(tls: &Tls, now: i64) -> Option<bool> {
    let dated = tls.until.map(|until| until - now > 30 * DAY && tls.from.is_none_or(|from| from <= now));
    match (tls.old, dated) {
        (Some(true), _) | (_, Some(false)) => Some(false),
        (Some(false), Some(true)) => Some(true),
        (None, _) | (_, None) => None,
    }
}

/// Each domain that has to do with mail says who may send in its name, signs, and says what becomes of the rest.
fn mail(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("noms de domaine");
    let zones: Vec<_> = world
        .inputs
        .estate
        .entries
        .iter()
        .filter_map(|line| match &line.told {
            Entry::Zone(zone) => Some((&line.source, zone)),
            _ => None,
        })
        .collect();
    let by_name: BTreeMap<&str, &Zone> = zones.iter().map(|(_, zone)| (zone.domain.as_str(), *zone)).collect();
    for (source, zone) in &zones {
        // A policy counts for the names below, unless they have their own.
        let above =
            std::iter::successors(Some(zone.domain.as_str()), |name| name.split_once('.').map(|(_, above)| above));
        let policy = above.filter_map(|name| by_name.get(name)).find_map(|zone| zone.dmarc.as_deref());
        let of_parent = policy.is_some() && zone.dmarc.is_none() && !zone.mail && zone.spf.is_empty();
        if of_parent {
            continue;
        }
        let guarded = policy.is_some_and(|policy| policy.replace(' ', "").contains(";p="));
        let signs = !zone.dkim.is_empty() || sends_nothing(zone);
        tally.line(source, &zone.domain, Some(names_senders(zone) && guarded && signs));
    }
    tally.unless_empty()
}

/// One SPF record, which ends by leaving others out.
fn names_senders(zone: &Zone) -> bool {
    let [spf] = zone.spf.as_slice() else { return false };
    let words: Vec<&str> = spf.split_whitespace().collect();
    words.iter().any(|word| matches!(*word, "-all" | "~all") || word.starts_with("redirect="))
}

/// A domain that sends no mail says so, and needs no key.
fn sends_nothing(zone: &Zone) -> bool {
    zone.spf.as_slice() == ["v=spf1 -all"]
}

/// Every telephone and tablet is known to the management of mobiles, as it was within a month, and follows its rules.
fn managed(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("téléphones et tablettes");
    let told = |machine: &&super::Machine<'_>| machine.asset.facts.managed.is_some();
    let exists = world.machines.iter().any(|machine| told(&machine));
    for machine in world.of(&[Role::Mobile]) {
        let asset = machine.asset;
        let line = asset.from.get("managed").and_then(|at| asset.seen.get(*at));
        let fresh = line.is_some_and(|line| world.age(line.told.seen.unwrap_or(line.source.at)) <= 31);
        let fine = match asset.facts.managed {
            Some(State::Yes) if fresh => Some(true),
            Some(State::No) => Some(false),
            Some(State::Yes | State::Unknown) => None,
            // The others are in the list of the management; this one is not.
            None => exists.then_some(false),
        };
        tally.machine(asset, fine);
    }
    tally.unless_empty()
}
