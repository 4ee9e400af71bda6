//! What is wrong with one machine or account, in a few words: the column a technician looks at.

use super::super::state;
use crate::web::dates;
use domain::governance::estate::{Account, Asset};
use domain::governance::obsolescence::{Facts, Verdict};
use jiff::civil::Date;

/// Names said of one machine; the others are counted.
const NAMED: usize = 6;

/// What a list says of a machine.
pub(super) fn of_machine(code: &str, asset: &Asset, facts: &Facts, (today, now): (Date, i64)) -> String {
    match code {
        "hors-support" => system(asset, facts, today),
        "correctifs" => patches(asset),
        "logiciels" => software(asset, facts, today),
        "antivirus" => several(asset.facts.antivirus.as_ref().map(|all| {
            let one = |one: &domain::governance::estate::Antivirus| {
                format!("{} (actif\u{a0}: {}, à jour\u{a0}: {})", one.name, state(one.enabled), state(one.up_to_date))
            };
            all.iter().map(one).collect()
        })),
        "pare-feu" => several(asset.facts.firewalls.as_ref().map(|all| {
            all.iter()
                .map(|one| format!("{}\u{a0}: {}", one.profile.as_deref().unwrap_or("actif"), state(one.on)))
                .collect()
        })),
        "chiffrement" => several(asset.facts.drives.as_ref().map(|all| {
            all.iter().map(|one| format!("{} chiffré\u{a0}: {}", one.name, state(one.encrypted))).collect()
        })),
        "prise-en-main" => remote(asset),
        "administrateurs" => several(asset.facts.admins.clone()),
        "inconnus" => network(asset),
        _ => dates::day(asset.last, now),
    }
}

/// What is said of an account: when it was last used.
pub(super) fn of_account(account: &Account, now: i64) -> String {
    match (account.last_seen, account.created) {
        (Some(last), _) => dates::day(last, now),
        (None, Some(created)) => format!("jamais, créé {}", dates::day(created, now)),
        (None, None) => "jamais".to_owned(),
    }
}

fn several(all: Option<Vec<String>>) -> String {
    let Some(all) = all else { return "pas d’information".to_owned() };
    if all.is_empty() {
        return "aucun".to_owned();
    }
    let more = all.len().saturating_sub(NAMED);
    let said = all.into_iter().take(NAMED).collect::<Vec<_>>().join(" · ");
    if more > 0 { format!("{said} et {more} de plus") } else { said }
}

fn system(asset: &Asset, facts: &Facts, today: Date) -> String {
    let finding = asset.system_finding(facts, today);
    let name = asset.facts.system.as_ref().map(|system| system.display().to_owned()).unwrap_or_default();
    let end = finding.eol.map(|day| format!(" (fin le {})", dates::short(&day.to_string()))).unwrap_or_default();
    format!("{name}\u{a0}: {}{end}", finding.verdict.label()).trim_start_matches("\u{a0}: ").to_owned()
}

fn patches(asset: &Asset) -> String {
    let newest = asset.facts.patches.iter().flatten().filter_map(|patch| patch.installed.as_deref()).max();
    let needed = asset.facts.updates.as_ref().and_then(|updates| updates.not_installed.or(updates.needed));
    let needed = needed.filter(|count| *count > 0).map(|count| format!("{count} en attente"));
    let newest = newest.map(dates::short);
    let said: Vec<String> = newest.into_iter().chain(needed).collect();
    if said.is_empty() { "pas d’information".to_owned() } else { said.join(", ") }
}

fn software(asset: &Asset, facts: &Facts, today: Date) -> String {
    let over = asset
        .software_findings(facts, today)
        .into_iter()
        .filter(|one| matches!(one.finding.verdict, Verdict::Ended | Verdict::EndedUnlessProven | Verdict::Partial));
    several(asset.facts.software.as_ref().map(|_| over.map(|one| one.name).collect()))
}

fn remote(asset: &Asset) -> String {
    let told = asset.facts.remote.iter().flatten().map(|one| one.kind.clone());
    let all: Vec<String> = told.collect();
    if all.is_empty() { "parmi les logiciels installés".to_owned() } else { several(Some(all)) }
}

fn network(asset: &Asset) -> String {
    let addresses = asset.facts.addresses.clone().unwrap_or_default();
    let ports = asset.facts.ports.iter().flatten().map(|port| port.number.to_string());
    let ports: Vec<String> = ports.take(NAMED).collect();
    let open = if ports.is_empty() { String::new() } else { format!(" (ports {})", ports.join(", ")) };
    format!("{}{open}", several(Some(addresses)))
}
