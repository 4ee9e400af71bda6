//! What comes due: ends of support, actions, exceptions and words that end.

use super::{House, Planned, Vouched};
use domain::governance::estate::Estate;
use domain::governance::measures::find;
use domain::governance::obsolescence::{Facts, Verdict};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Days ahead that what people decide is said; ends of support are said a year ahead.
const AHEAD: i32 = 60;

/// What a day to come is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The end of a support, and the machines it is about.
    Support(Vec<String>),
    /// An action, by id.
    Action(String),
    /// A measure, by id, whose exception or declaration ends.
    Measure(String),
    /// Something that was decided of one thing.
    Exemption,
}

/// A day to come, or a day that is past and was not heeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The last day.
    pub day: Date,
    /// What ends, in French.
    pub what: String,
    /// What it is about.
    pub about: About,
}

/// What the house has written that ends.
pub(super) struct Written<'a> {
    pub(super) house: &'a House,
    pub(super) plan: &'a [Planned],
    pub(super) declared: &'a [Vouched],
}

/// What comes due, the next first.
pub(super) fn deadlines(estate: &Estate, facts: &Facts, written: &Written<'_>, today: Date) -> Vec<Deadline> {
    let mut all = supports(estate, facts, today);
    let near = |day: Date| (day - today).get_days() <= AHEAD;
    let title = |id: &str| find(id).map_or("", |measure| measure.title);
    for one in written.plan.iter().filter(|one| one.action.state.is_open()) {
        if let Some(day) = one.action.due.filter(|day| near(*day)) {
            let what = format!("{} ({})", one.action.title, one.action.owner.name);
            all.push(Deadline { day, what, about: About::Action(one.id.clone()) });
        }
    }
    let ahead = |day: Date| day >= today && near(day);
    for one in written.house.derogations.iter().filter(|one| ahead(one.until)) {
        let what = format!("Fin d’une dérogation\u{a0}: {}", title(&one.measure));
        all.push(Deadline { day: one.until, what, about: About::Measure(one.measure.clone()) });
    }
    for one in written.house.exemptions.iter().filter(|one| ahead(one.until)) {
        let what = format!("Fin d’une exception\u{a0}: {} ({})", one.shown, one.kind.label().to_lowercase());
        all.push(Deadline { day: one.until, what, about: About::Exemption });
    }
    for one in written.declared.iter().map(|one| &one.declared).filter(|one| one.holds && ahead(one.until())) {
        let what = format!("À déclarer de nouveau\u{a0}: {}", title(&one.measure));
        all.push(Deadline { day: one.until(), what, about: About::Measure(one.measure.clone()) });
    }
    all.sort_by(|a, b| a.day.cmp(&b.day).then_with(|| a.what.cmp(&b.what)));
    all
}

/// Supports that end within a year.
fn supports(estate: &Estate, facts: &Facts, today: Date) -> Vec<Deadline> {
    let mut ends: BTreeMap<(Date, String), Vec<String>> = BTreeMap::new();
    for (asset, finding) in estate.findings(facts, today) {
        if let (Verdict::EndsWithinYear, Some(day)) = (finding.verdict, finding.eol) {
            // « Windows 11 25H2 (W) : les correctifs… » : what it is stands before.
            let what = finding.reason.fr.split(" : ").next().unwrap_or_default().to_owned();
            ends.entry((day, what)).or_default().push(asset.name.clone());
        }
    }
    let one = |((day, what), machines)| Deadline { day, what, about: About::Support(machines) };
    ends.into_iter().map(one).collect()
}
