//! Providers: how they come in, what they leave behind, whether one could leave them: PREST.

use super::tally::Tally;
use super::{DAY, Rule, World};
use crate::governance::estate::{Access, Account, Entry, Grant, Seen, Source};
use crate::governance::measures::evidence::Connector;
use crate::governance::names::letters;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use std::collections::BTreeSet;

pub(super) const RULES: &[Rule] = &[
    bastion("PREST-05", "acces-approuves", approved),
    bastion("PREST-06", "sessions-enregistrees", recorded),
    bastion("PREST-07", "comptes-rendus", reported),
    Rule {
        measure: "PREST-08",
        id: "comptes-prestataires",
        connector: Connector::Dir,
        days: 31,
        run: permanent,
        remaining: None,
    },
    Rule {
        measure: "PREST-09",
        id: "reversibilite",
        connector: Connector::Ctr,
        days: 92,
        run: reversible,
        remaining: None,
    },
];

const fn bastion(measure: &'static str, id: &'static str, run: fn(&World<'_>) -> Option<Tally>) -> Rule {
    Rule { measure, id, connector: Connector::Acc, days: 92, run, remaining: None }
}

/// Sessions of the last three months.
fn sessions<'a>(world: &'a World<'_>) -> impl Iterator<Item = (&'a Source, &'a Access)> {
    let told = world.inputs.estate.entries.iter().filter_map(|line| match &line.told {
        Entry::Access(access) => Some((&line.source, access)),
        _ => None,
    });
    told.filter(|(_, access)| (0..=92).contains(&world.age(access.started)))
}

fn grants<'a>(world: &'a World<'_>) -> impl Iterator<Item = &'a Grant> {
    world.inputs.estate.entries.iter().filter_map(|line| match &line.told {
        Entry::Grant(grant) => Some(grant),
        _ => None,
    })
}

fn named(access: &Access) -> String {
    let day = crate::local_time::local(access.started).date();
    let (target, id) = (access.target.as_deref().unwrap_or_default(), access.id.as_deref().unwrap_or_default());
    let told = [access.account.as_str(), target, id].into_iter().filter(|text| !text.is_empty());
    format!("{} ({})", told.collect::<Vec<_>>().join(", "), day.strftime("%d/%m/%Y"))
}

/// From when to when an approval lets somebody in.
fn window(world: &World<'_>, access: &Access) -> (Option<i64>, Option<i64>) {
    let asked = access.request.as_deref().unwrap_or_default();
    let grant = grants(world).find(|grant| grant.id.eq_ignore_ascii_case(asked));
    let (from, until) = grant.map_or((None, None), |grant| (grant.approved, grant.until));
    (access.approved.or(from), access.until.or(until))
}

/// Each session rests on a request that was approved before it began and had not run out when it ended.
fn approved(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("accès à distance");
    for (source, access) in sessions(world) {
        let (from, until) = window(world, access);
        let within = |from: i64, until: i64| from <= access.started && access.ended.unwrap_or(access.started) <= until;
        let fine = match (&access.request, from, until) {
            (None, ..) | (Some(_), Some(_), None) => Some(false),
            (Some(_), Some(from), Some(until)) => Some(within(from, until)),
            // The request is named, and nothing says what became of it.
            (Some(_), None, _) => None,
        };
        tally.line(source, &named(access), fine);
    }
    tally.unless_empty()
}

/// Each session in which a machine is worked at is recorded, and the record is here.
fn recorded(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("accès à distance");
    let shown = |access: &Access| {
        let protocol = access.protocol.as_deref().unwrap_or("rdp");
        ["ssh", "rdp", "vnc"].iter().any(|known| protocol.contains(known))
    };
    for (source, access) in sessions(world).filter(|(_, access)| shown(access)) {
        tally.line(source, &named(access), access.recorded);
    }
    tally.unless_empty()
}

/// So many working days after a day.
fn working_days_after(day: Date, days: u32) -> Option<Date> {
    let (mut day, mut left) = (day, days);
    while left > 0 {
        day = day.tomorrow().ok()?;
        left -= u32::from(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
    }
    Some(day)
}

/// Five working days after an intervention, its report is there.
fn reported(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("interventions");
    for (source, access) in sessions(world) {
        let ended = crate::local_time::local(access.ended.unwrap_or(access.started)).date();
        let Some(last) = working_days_after(ended, 5) else { continue };
        match access.reported {
            Some(day) => tally.line(source, &named(access), Some(day <= last)),
            None if last < world.inputs.today => tally.line(source, &named(access), Some(false)),
            // There is still time.
            None => {}
        }
    }
    tally.unless_empty()
}

/// Words by which directories name accounts of providers.
const PROVIDERS: [&str; 16] = [
    "presta",
    "prestataire",
    "prestataires",
    "fournisseur",
    "fournisseurs",
    "externe",
    "externes",
    "infogerance",
    "infogerant",
    "mainteneur",
    "telemaintenance",
    "maintenance",
    "editeur",
    "vendor",
    "provider",
    "contractor",
];

fn is_provider(account: &Account, came: &BTreeSet<String>) -> bool {
    let shown = account.display.iter().chain(&account.groups).chain([&account.login]);
    let mut words = shown.flat_map(|text| letters(text));
    words.any(|word| PROVIDERS.contains(&word.as_str())) || came.contains(&short(&account.login))
}

/// What all writings of an account have in common: `DOMAINE\presta`, `presta@domaine.fr`.
pub(super) fn short(account: &str) -> String {
    let account = account.rsplit('\\').next().unwrap_or_default();
    account.split('@').next().unwrap_or_default().trim().to_lowercase()
}

/// No account of a provider is open but while an approved access lasts.
fn permanent(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("comptes de prestataires");
    let came = sessions(world).filter(|(_, access)| access.provider.is_some());
    let came: BTreeSet<String> = came.map(|(_, access)| short(&access.account)).collect();
    let accounts = world.inputs.estate.accounts.iter().filter(|account| !account.told.gone);
    for Seen { source, told } in accounts.filter(|account| is_provider(&account.told, &came)) {
        let login = short(&told.login);
        // The export says how things stood when it was made.
        let at = source.at;
        let lets = |from: Option<i64>, until: Option<i64>| {
            from.zip(until).is_some_and(|(from, until)| (from..=until + DAY).contains(&at))
        };
        let within = sessions(world).filter(|(_, access)| short(&access.account) == login).any(|(_, access)| {
            let (from, until) = window(world, access);
            lets(from, until)
        }) || grants(world)
            .any(|grant| short(&grant.account) == login && lets(grant.approved, grant.until));
        let shut = told.enabled == Some(false) || told.expires.is_some_and(|expires| expires <= at);
        let exempt = world.inputs.settings.exempt_accounts.iter().any(|login| login.eq_ignore_ascii_case(&told.login));
        tally.line(source, &told.login, Some(shut || within || exempt));
    }
    if tally.is_empty() {
        let latest = world.inputs.estate.accounts.iter().max_by_key(|account| account.source.at)?;
        tally.line(&latest.source, "annuaire", Some(true));
        return Some(tally.saying("Aucun compte de prestataire dans l’annuaire.".to_owned()));
    }
    Some(tally)
}

/// Each contract gives the data back, and that was tried within a year.
fn reversible(world: &World<'_>) -> Option<Tally> {
    let mut tally = Tally::of("contrats");
    let year = world.inputs.today.checked_sub(1.year()).ok()?;
    for line in &world.inputs.estate.entries {
        let Entry::Contract(contract) = &line.told else { continue };
        if contract.ends.is_some_and(|day| day < world.inputs.today) {
            continue;
        }
        let tried = contract.tried.is_some_and(|day| day >= year);
        let fine = contract.reversible.map(|promised| promised && tried);
        tally.line(&line.source, &line.told.about(), fine);
    }
    tally.unless_empty()
}
