//! What to do this month: few things, what lets an attacker in or loses records first.
//!
//! What something costs or how much work it is decides between equals only: a cheap thing that protects from little never goes
//! before a dear one that protects from much.

use super::catalogue::{Harm, Measure, find};
use super::profile::Profile;
use super::status::{State, Status};
use super::subjects::Role;
use crate::governance::estate::{Asset, Estate};
use crate::governance::obsolescence::{Facts, Finding};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Why a machine matters more than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exposure {
    /// Others work through it: a server, a firewall, a storage.
    Shared,
    /// Records are opened from it: it is enrolled.
    Records,
    /// It answers on the Internet.
    Internet,
}

impl Exposure {
    /// Why a machine matters more than another, if it does; `records`: keys of those from which records are opened.
    pub fn of(asset: &Asset, system: &Finding, records: &BTreeSet<String>) -> Option<Self> {
        let mut addresses = asset.seen.iter().flat_map(|seen| seen.told.facts.addresses.iter().flatten());
        if addresses.any(|address| super::rules::is_public(address)) {
            Some(Self::Internet)
        } else if records.contains(&asset.key) {
            Some(Self::Records)
        } else {
            matches!(Role::of(asset, system), Role::Server | Role::Network).then_some(Self::Shared)
        }
    }

    /// After « dont 2 », in French.
    pub fn label(self, many: bool) -> &'static str {
        match (self, many) {
            (Self::Shared, false) => "serveur ou équipement commun",
            (Self::Shared, true) => "serveurs ou équipements communs",
            (Self::Records, false) => "ouvre des dossiers",
            (Self::Records, true) => "ouvrent des dossiers",
            (Self::Internet, false) => "visible d’Internet",
            (Self::Internet, true) => "visibles d’Internet",
        }
    }
}

/// Machines that matter more, by the name they are shown under; of several reasons, the strongest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposed(BTreeMap<String, Exposure>);

impl Exposed {
    /// What imports tell of machines; `records`: keys of those from which records are opened.
    pub fn of(estate: &Estate, facts: &Facts, records: &BTreeSet<String>, at: Date) -> Self {
        let mut all = BTreeMap::new();
        for asset in &estate.assets {
            if let Some(exposure) = Exposure::of(asset, &asset.system_finding(facts, at), records) {
                all.insert(asset.name.clone(), exposure);
            }
        }
        Self(all)
    }

    /// The strongest reason among these machines, and how many of them have it.
    fn strongest<'a>(&self, names: impl Iterator<Item = &'a String>) -> Option<(Exposure, usize)> {
        let found: Vec<Exposure> = names.filter_map(|name| self.0.get(name)).copied().collect();
        let worst = found.iter().max().copied()?;
        Some((worst, found.iter().filter(|one| **one == worst).count()))
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The measure.
    pub measure: &'static Measure,
    /// Where it stands.
    pub state: State,
    /// How many machines or accounts are concerned; none when that says nothing.
    pub concerned: Option<usize>,
    /// The strongest reason why some of them matter more, and how many.
    pub exposed: Option<(Exposure, usize)>,
    /// What was found, in one sentence.
    pub found: Option<String>,
}

/// The `most` most useful things to do. What does not hold and lets somebody in, or loses records, comes before everything;
/// then what is not known of the same; order comes last. Among alike, the base before the rest, exposed machines before
/// others, many before few, little work before much.
pub fn month(profile: &Profile, statuses: &[Status], exposed: &Exposed, most: usize) -> Vec<Step> {
    let open = |status: &&Status| !matches!(status.state, State::Conform | State::Derogated);
    let mut ranked: Vec<(u32, Step)> =
        statuses.iter().filter(open).filter_map(|status| ranked(profile, status, exposed)).collect();
    ranked.sort_by(|(one, a), (other, b)| other.cmp(one).then(a.measure.id.cmp(b.measure.id)));
    ranked.into_iter().take(most).map(|(_, step)| step).collect()
}

/// What there is to do of a measure, and how much it matters.
fn ranked(profile: &Profile, status: &Status, exposed: &Exposed) -> Option<(u32, Step)> {
    let measure = find(status.measure)?;
    let worst = status.evidence.first();
    let concerned = worst.map(|one| one.failing.0.len()).filter(|count| *count > 0);
    let found = worst.map(|one| one.value.clone());
    let names = status.evidence.iter().flat_map(|one| &one.failing.0);
    let step = Step { measure, state: status.state, concerned, exposed: exposed.strongest(names), found };
    Some((worth(profile, &step, share(status)), step))
}

/// Every measure by what is to be dealt with first: by where it stands, then by how much it matters, as [`month`] weighs it,
/// then what has been proven the longest ago.
pub fn by_urgency(profile: &Profile, statuses: &[Status], exposed: &Exposed) -> Vec<&'static str> {
    let key = |status: &Status| {
        let turn = State::ALL.iter().position(|state| *state == status.state);
        let worth = ranked(profile, status, exposed).map_or(0, |(worth, _)| worth);
        let until = status.evidence.iter().map(|one| one.valid_until).min();
        (turn, std::cmp::Reverse(worth), until, status.measure)
    };
    let mut keys: Vec<_> = statuses.iter().map(key).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(.., measure)| measure).collect()
}

/// Of what was looked at, how much does not comply, in tenths.
fn share(status: &Status) -> u32 {
    let parts = status.evidence.iter().map(|one| (one.failing.0.len() * 10).checked_div(one.scope.covered));
    parts.flatten().max().and_then(|tenths| u32::try_from(tenths).ok()).unwrap_or(0).min(10)
}

fn worth(profile: &Profile, step: &Step, share: u32) -> u32 {
    let measure = step.measure;
    let urgent = match (step.state, measure.harm) {
        (State::Failing, Harm::Opens) => 6000,
        (State::Failing, Harm::Spreads) => 5000,
        // Nobody knows whether the door is open.
        (State::ToProve, Harm::Opens) => 4000,
        (State::NotCovered, Harm::Opens) => 3900,
        (State::Failing, Harm::Order) => 3000,
        (State::ToProve, Harm::Spreads) => 2000,
        (State::NotCovered, Harm::Spreads) => 1900,
        (State::ToProve, Harm::Order) => 1000,
        (State::NotCovered, Harm::Order) => 900,
        (State::Conform | State::Derogated, _) => 0,
    };
    // One of one says little, thirty of forty much.
    let many = step.concerned.and_then(|count| u32::try_from(count).ok()).unwrap_or(0).min(20);
    let exposed = match step.exposed {
        Some((Exposure::Internet, _)) => 300,
        // What it finds are addresses, not machines.
        None if measure.domain == "Exposition" => 300,
        Some((Exposure::Records, _)) => 120,
        Some((Exposure::Shared, _)) => 60,
        None => 0,
    };
    // Between equals only: at most nine.
    let cheap = 9u32.saturating_sub(measure.half_days + measure.cost as u32);
    urgent + exposed + profile.rank(measure) * 2 + many * 5 + share * 3 + cheap
}
