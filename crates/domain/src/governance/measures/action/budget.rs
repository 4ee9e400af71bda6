//! What a plan costs by year, and how far it is.

use super::{Action, ActionState, Euros};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A year of the plan. What was abandoned costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Year {
    /// Planned and still to be spent.
    pub open: Euros,
    /// Of what is done.
    pub done: Euros,
}

impl Year {
    /// Both.
    pub fn total(self) -> Euros {
        Euros(self.open.0 + self.done.0)
    }
}

/// What is spent and planned, by year.
pub type Budget = BTreeMap<i16, Year>;

/// What actions cost, by year.
pub fn budget<'a>(actions: impl IntoIterator<Item = &'a Action>) -> Budget {
    let mut budget = Budget::new();
    for action in actions.into_iter().filter(|action| action.state != ActionState::Abandoned) {
        for (year, sum) in action.money.iter().filter(|(_, sum)| sum.0 > 0) {
            let year = budget.entry(*year).or_default();
            let part = if action.state == ActionState::Done { &mut year.done } else { &mut year.open };
            part.0 += sum.0;
        }
    }
    budget
}

/// How far a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Open actions.
    pub open: usize,
    /// Of those, past their last day.
    pub overdue: usize,
    /// Done.
    pub done: usize,
    /// Abandoned.
    pub abandoned: usize,
    /// Progress of what was not abandoned, in hundredths, each action weighing the same; none of nothing.
    pub percent: Option<u32>,
}

/// How far actions are on a day.
pub fn progress<'a>(actions: impl IntoIterator<Item = &'a Action>, today: Date) -> Progress {
    let (mut all, mut sum, mut count) = (Progress::default(), 0_u32, 0_u32);
    for action in actions {
        match action.state {
            ActionState::Todo | ActionState::Doing => all.open += 1,
            ActionState::Done => all.done += 1,
            ActionState::Abandoned => all.abandoned += 1,
        }
        all.overdue += usize::from(action.is_overdue(today));
        if action.state != ActionState::Abandoned {
            sum += u32::from(action.progress);
            count += 1;
        }
    }
    Progress { percent: sum.checked_div(count), ..all }
}
