//! Three figures that are never mixed, and what is not covered.

use super::catalogue::{Level, find};
use super::status::{State, Status};
use serde::{Deserialize, Serialize};

/// A part of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// How much.
    pub part: u32,
    /// Of how much.
    pub whole: u32,
}

impl Part {
    /// In hundredths, rounded down: only the whole is 100. None of nothing.
    pub fn percent(self) -> Option<u32> {
        (self.part * 100).checked_div(self.whole)
    }
}

/// What is said of all measures that count here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Conformity by weight: the base weighs most. An exception is not conformity.
    pub conformity: Part,
    /// The same among measures of the base alone.
    pub base: Part,
    /// Of what is conform, how much a machine proves.
    pub proof: Part,
    /// Of what has evidence, how much is fresh.
    pub freshness: Part,
    /// Measures without any evidence.
    pub not_covered: Part,
    /// Measures that do not hold.
    pub failing: u32,
    /// Measures still to be proven.
    pub to_prove: u32,
    /// Measures under an exception.
    pub derogated: u32,
}

/// Counts.
pub fn figures(statuses: &[Status]) -> Figures {
    let mut all = Figures::default();
    for status in statuses {
        let Some(measure) = find(status.measure) else { continue };
        let weight = measure.level.weight();
        let conform = status.state == State::Conform;
        add(&mut all.conformity, weight, conform);
        if measure.level == Level::Base {
            add(&mut all.base, 1, conform);
        }
        if conform {
            add(&mut all.proof, weight, status.evidence.iter().all(|one| one.connector.is_machine()));
        }
        if !status.evidence.is_empty() {
            add(&mut all.freshness, 1, !status.stale);
        }
        add(&mut all.not_covered, 1, status.state == State::NotCovered);
        match status.state {
            State::Failing => all.failing += 1,
            State::ToProve => all.to_prove += 1,
            State::Derogated => all.derogated += 1,
            State::Conform | State::NotCovered => {}
        }
    }
    all
}

fn add(part: &mut Part, weight: u32, counts: bool) {
    part.whole += weight;
    part.part += if counts { weight } else { 0 };
}
