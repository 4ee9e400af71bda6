//! What is concluded of a measure from its evidence.

use super::catalogue::{Measure, catalogue, find};
use super::evidence::Evidence;
use super::profile::Profile;
use super::rules::{self, Inputs};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Where a measure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every rule holds over fresh evidence that covers enough.
    Conform,
    /// A rule does not hold, and a written exception is in force.
    Derogated,
    /// Evidence is stale, covers too little, or a part of it is still missing.
    ToProve,
    /// A rule does not hold.
    Failing,
    /// No evidence at all.
    NotCovered,
}

impl State {
    /// Every state, what is to be dealt with first.
    pub const ALL: [Self; 5] = [Self::Failing, Self::ToProve, Self::NotCovered, Self::Derogated, Self::Conform];

    /// In French, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Conform => "conforme",
            Self::Derogated => "dérogation",
            Self::ToProve => "à prouver",
            Self::Failing => "non conforme",
            Self::NotCovered => "non couvert",
        }
    }
}

/// A written exception: it has a reason, and an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derogation {
    /// The measure.
    pub measure: String,
    /// Why.
    pub reason: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

impl Derogation {
    /// It counts on a day.
    pub fn is_in_force(&self, on: Date) -> bool {
        self.from <= on && on <= self.until
    }
}

/// Where a measure stands, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The measure, by id.
    pub measure: &'static str,
    /// Where it stands.
    pub state: State,
    /// The evidence, the worst first.
    pub evidence: Vec<Evidence>,
    /// What is still to be proven, though the rules hold.
    pub remaining: Vec<String>,
    /// Last day of the exception in force.
    pub derogated_until: Option<Date>,
    /// Some evidence is stale.
    pub stale: bool,
}

impl Status {
    /// It is conform by somebody's word alone, or in part by it.
    pub fn is_declared(&self) -> bool {
        self.state == State::Conform && self.evidence.iter().any(|one| !one.connector.is_machine())
    }
}

/// Of what was looked at, the least share that may stay unknown without the whole becoming "to be proven": one in twenty.
const UNKNOWN: usize = 20;

/// Where every measure that counts here stands.
pub fn assess(inputs: Inputs<'_>, profile: &Profile) -> Vec<Status> {
    let mut evidence = rules::collect(inputs, |id| find(id).is_some_and(|measure| profile.selects(measure)));
    // A word says something only where no machine has seen everything.
    let open = |id: &str, evidence: &[Evidence]| rules::may_be_declared(id) || !rules::missing(id, evidence).is_empty();
    let words = inputs.declared.iter().filter(|(one, _)| open(&one.measure, &evidence));
    let words: Vec<Evidence> = words.filter_map(|(one, at)| one.evidence(*at)).collect();
    let vouched = |id: &str| words.iter().any(|one| one.measure == id && one.holds && one.is_fresh(inputs.now));
    let vouched: Vec<&str> = words.iter().map(|one| one.measure).filter(|id| vouched(id)).collect();
    evidence.extend(words.iter().cloned());
    let concluded = |measure: &Measure| {
        if vouched.contains(&measure.id) {
            return conclude(measure, &evidence, Vec::new(), inputs.derogations, (inputs.now, inputs.today));
        }
        let absent = rules::missing(measure.id, &evidence);
        let absent = absent.into_iter().filter(|connector| profile.has(*connector));
        let mut remaining: Vec<String> = absent.map(|connector| format!("il manque : {}", connector.label())).collect();
        remaining.extend(rules::remaining(measure.id).map(str::to_owned));
        conclude(measure, &evidence, remaining, inputs.derogations, (inputs.now, inputs.today))
    };
    catalogue().iter().filter(|measure| profile.selects(measure)).map(concluded).collect()
}

/// Concludes. `remaining` says what no rule proves yet of this measure.
pub fn conclude(
    measure: &Measure,
    evidence: &[Evidence],
    remaining: Vec<String>,
    derogations: &[Derogation],
    (now, today): (i64, Date),
) -> Status {
    let mut mine: Vec<Evidence> = evidence.iter().filter(|one| one.measure == measure.id).cloned().collect();
    let worth = |one: &Evidence| each(one, now);
    mine.sort_by_key(|one| std::cmp::Reverse(worth(one)));
    let stale = mine.iter().any(|one| !one.is_fresh(now));
    let worst = mine.iter().map(worth).max();
    let state = match worst {
        None => State::NotCovered,
        Some(State::Conform) if !remaining.is_empty() => State::ToProve,
        Some(state) => state,
    };
    let in_force = derogations.iter().filter(|one| one.measure == measure.id && one.is_in_force(today));
    let derogated_until = in_force.map(|one| one.until).max().filter(|_| state == State::Failing);
    let state = if derogated_until.is_some() { State::Derogated } else { state };
    Status { measure: measure.id, state, evidence: mine, remaining, derogated_until, stale }
}

/// What one piece of evidence is worth alone.
fn each(one: &Evidence, now: i64) -> State {
    if !one.is_fresh(now) {
        return State::ToProve;
    }
    if !one.holds {
        return State::Failing;
    }
    let enough = one.scope.covered > 0 && one.scope.not_covered.0.len() * UNKNOWN <= one.scope.total();
    if enough { State::Conform } else { State::ToProve }
}
