//! What to do this month: few things, the most useful first.

use super::catalogue::{Cost, Measure, find};
use super::profile::Profile;
use super::status::{State, Status};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The measure.
    pub measure: &'static Measure,
    /// Where it stands.
    pub state: State,
    /// How many machines or accounts are concerned; none when that says nothing.
    pub concerned: Option<usize>,
    /// What was found, in one sentence.
    pub found: Option<String>,
}

/// The `most` most useful things to do: what does not hold before what is only to be proven, the base before the rest,
/// then what is little work for what it protects.
pub fn month(profile: &Profile, statuses: &[Status], most: usize) -> Vec<Step> {
    let open = |status: &&Status| !matches!(status.state, State::Conform | State::Derogated);
    let mut ranked: Vec<(u32, Step)> = statuses
        .iter()
        .filter(open)
        .filter_map(|status| {
            let measure = find(status.measure)?;
            let worst = status.evidence.first();
            let concerned = worst.map(|one| one.failing.0.len()).filter(|count| *count > 0);
            let found = worst.map(|one| one.value.clone());
            Some((worth(profile, measure, status.state), Step { measure, state: status.state, concerned, found }))
        })
        .collect();
    ranked.sort_by(|(one, a), (other, b)| other.cmp(one).then(a.measure.id.cmp(b.measure.id)));
    ranked.into_iter().take(most).map(|(_, step)| step).collect()
}

fn worth(profile: &Profile, measure: &Measure, state: State) -> u32 {
    let urgent = match state {
        State::Failing => 1000,
        State::ToProve => 300,
        State::NotCovered => 100,
        State::Conform | State::Derogated => 0,
    };
    let cheap = match measure.cost {
        Cost::None => 12,
        Cost::Low => 8,
        Cost::Medium => 4,
        Cost::High => 0,
    };
    urgent + profile.rank(measure) * 2 + cheap + 12u32.saturating_sub(measure.half_days * 2)
}
