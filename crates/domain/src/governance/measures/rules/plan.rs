//! What the house plans against what its measures say: GOUV-03. Runs after the other rules, on what they found.

use super::tally::Tally;
use super::{DAY, Rule, World};
use crate::governance::measures::catalogue::find;
use crate::governance::measures::evidence::Connector;
use std::collections::BTreeSet;

pub(super) const RULES: &[Rule] = &[Rule {
    measure: "GOUV-03",
    id: "plan-d-action",
    connector: Connector::Dui,
    days: 366,
    run: planned,
    remaining: None,
}];

/// Whatever does not hold has an action with somebody, a day ahead and a price or work; no open action is late.
fn planned(world: &World<'_>) -> Option<Tally> {
    let (actions, today) = (world.inputs.actions, world.inputs.today);
    let mut tally = Tally::of("points du plan").own().until(world.inputs.now + 7 * DAY);
    let excused: BTreeSet<&str> =
        world.inputs.derogations.iter().filter(|one| one.is_in_force(today)).map(|one| one.measure.as_str()).collect();
    for measure in world.failing.iter().filter(|measure| !excused.contains(**measure)) {
        let mut own = actions.iter().filter(|action| action.measure.as_deref() == Some(*measure));
        let planned = own.any(|action| action.is_planned(today));
        tally.add(find(measure).map_or(measure, |measure| measure.title), Some(planned));
    }
    for action in actions.iter().filter(|action| action.state.is_open()) {
        if action.is_overdue(today) {
            tally.add(&action.title, Some(false));
        } else if action.measure.as_deref().is_none_or(|measure| !world.failing.contains(measure)) {
            tally.add(&action.title, Some(true));
        }
    }
    tally.during(world.inputs.now);
    tally.unless_empty()
}
