//! ID-08: the number of each professional is in the extract of the national directory that was imported, under the same name.

use super::tally::Tally;
use super::{DAY, World};
use crate::governance::estate::{Entry, Professional, Source};
use crate::governance::measures::own::Numbered;
use crate::governance::names::letters;
use std::collections::{BTreeMap, BTreeSet};

/// Days that a look at the numbers is worth something, and an extract.
const LOOKED: i64 = 31;
const EXTRACT: i64 = 366;
/// Logins that a sentence names.
const NAMED: usize = 5;

/// What a number is worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    /// The directory has it, under this name.
    Matched,
    /// The directory has it, under another name.
    Differing,
    /// The extract does not have it.
    Unknown,
    /// There is none, or its key is wrong.
    None,
}

pub(super) fn matched(world: &World<'_>) -> Option<Tally> {
    let numbers = world.inputs.own.numbers.as_ref()?;
    let extract: BTreeMap<&str, (&Source, &Professional)> = world
        .inputs
        .estate
        .entries
        .iter()
        .filter_map(|line| match &line.told {
            Entry::Professional(one) => Some((one.number.as_str(), (&line.source, one))),
            _ => None,
        })
        .collect();
    let mut tally = Tally::of("professionnels").own().until(numbers.at + LOOKED * DAY);
    tally.during(numbers.at);
    let mut found: BTreeMap<Match, Vec<&str>> = BTreeMap::new();
    for one in &numbers.all {
        let (told, state) = compare(one, &extract);
        let fine = match state {
            Match::Matched => Some(true),
            Match::Differing | Match::None => Some(is_accepted(world, one)),
            // An extract says nothing of those it does not hold.
            Match::Unknown => is_accepted(world, one).then_some(true),
        };
        match told {
            Some(source) => tally.fact(source, source.at, &one.login, fine),
            None => tally.add(&one.login, fine),
        }
        found.entry(state).or_default().push(&one.login);
    }
    let latest = extract.values().map(|(source, _)| source.at).max();
    let tally = match latest {
        Some(at) => tally.until(at + EXTRACT * DAY),
        None => tally,
    };
    let said = said(&found, numbers.all.len(), !extract.is_empty());
    tally.unless_empty().map(|tally| tally.saying(said))
}

fn compare<'a>(
    one: &Numbered,
    extract: &BTreeMap<&str, (&'a Source, &'a Professional)>,
) -> (Option<&'a Source>, Match) {
    let Some(number) = &one.number else { return (None, Match::None) };
    let Some(&(source, known)) = extract.get(number.as_str()) else { return (None, Match::Unknown) };
    let shown: BTreeSet<String> = one.names.iter().flat_map(|name| letters(name)).collect();
    let given = letters(&known.given);
    let same = letters(&known.family).iter().chain(given.first()).all(|word| shown.contains(word));
    (Some(source), if same { Match::Matched } else { Match::Differing })
}

fn is_accepted(world: &World<'_>, one: &Numbered) -> bool {
    world.inputs.settings.exempt_accounts.iter().any(|login| login.eq_ignore_ascii_case(&one.login))
}

/// « 2 professionnels sur 4 rapprochés de l’Annuaire Santé ; numéro au nom de quelqu’un d’autre : hugo. »
fn said(found: &BTreeMap<Match, Vec<&str>>, all: usize, imported: bool) -> String {
    let logins = |state: Match| found.get(&state).map_or(&[] as &[&str], Vec::as_slice);
    let mut parts = if imported {
        vec![format!("{} sur {all} rapprochés de l’Annuaire Santé", logins(Match::Matched).len())]
    } else {
        let known = logins(Match::Unknown).len();
        vec![format!(
            "{known} numéro{} sur {all}\u{a0}; aucun extrait de l’Annuaire Santé n’a été importé pour les vérifier",
            if known > 1 { "s" } else { "" }
        )]
    };
    let kinds = [
        (Match::Differing, "numéro au nom de quelqu’un d’autre"),
        (Match::Unknown, "numéro absent de l’extrait"),
        (Match::None, "sans numéro valable"),
    ];
    for (state, words) in kinds {
        let of = logins(state);
        if of.is_empty() || (state == Match::Unknown && !imported) {
            continue;
        }
        let more = of.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" et {more} de plus") } else { String::new() };
        let named: Vec<&str> = of.iter().take(NAMED).copied().collect();
        parts.push(format!("{words}\u{a0}: {}{more}", named.join(", ")));
    }
    parts.join("\u{a0}; ") + "."
}
