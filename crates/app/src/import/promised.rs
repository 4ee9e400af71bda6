//! Units that wait for each other: what each will bring is promised under the id it will have, so that the first to be
//! written can point at it. What does not come after all is said at the end.

use super::report::Line;
use super::work::{Plan, Work};
use std::collections::{HashMap, HashSet};

/// What is promised, by import number.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// `Type/id` of what will come.
    here: HashMap<i64, String>,
    /// Whose these are: an id is promised once.
    whose: HashMap<String, i64>,
    kept: HashSet<i64>,
    /// What was written on the strength of a promise.
    debts: Vec<(i64, Line)>,
}

impl Promises {
    /// What a unit that waits will bring.
    pub(super) fn make(&mut self, works: &[Work<'_>]) {
        for work in works.iter().filter(|work| work.plan != Plan::Repeated) {
            let Some(here) = work.here().map(|id| format!("{}/{id}", work.kind())) else { continue };
            if let Some(before) = self.here.insert(work.key.hash, here.clone()) {
                self.whose.remove(&before);
            }
            self.whose.insert(here, work.key.hash);
        }
    }

    /// What will come under a number.
    pub(super) fn find(&self, number: i64) -> Option<&String> {
        self.here.get(&number)
    }

    /// The id that a work was promised under.
    pub(super) fn id(&self, work: &Work<'_>) -> Option<String> {
        let (_, id) = self.here.get(&work.key.hash)?.split_once('/')?;
        Some(id.to_owned())
    }

    /// Whether nothing else was promised under this id.
    pub(super) fn is_free(&self, here: &str, number: i64) -> bool {
        self.whose.get(here).is_none_or(|other| *other == number)
    }

    /// What a unit that has been imported brought, and what it still counts on.
    pub(super) fn settle(&mut self, works: &mut [Work<'_>]) {
        for work in works {
            let here = work.here().map(|id| format!("{}/{id}", work.kind()));
            if here.is_some() && self.here.get(&work.key.hash) == here.as_ref() {
                self.kept.insert(work.key.hash);
            }
            let owes = work.will_be_written();
            self.debts.extend(work.debts.drain(..).filter(|_| owes));
        }
    }

    /// What was counted on and did not come.
    pub(super) fn broken(&mut self) -> Vec<Line> {
        let debts = std::mem::take(&mut self.debts).into_iter();
        debts.filter(|(number, _)| !self.kept.contains(number)).map(|(_, line)| line).collect()
    }
}
