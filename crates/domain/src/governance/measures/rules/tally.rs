//! What a rule counts: those that comply, those that do not, those of which nothing is known.

use super::{DAY, Rule, World};
use crate::agreement::{agreed_down, shown};
use crate::governance::estate::{Asset, Source};
use crate::governance::measures::evidence::{Evidence, Names, Scope};
use std::collections::BTreeSet;

/// A count.
#[derive(Default)]
pub(super) struct Tally {
    what: &'static str,
    comply: usize,
    failing: Vec<String>,
    unknown: Vec<String>,
    /// Of those looked at, how many in a hundred must comply.
    least: usize,
    /// The imports it rests on, and the first and last instants.
    imports: BTreeSet<i64>,
    span: Option<(i64, i64)>,
    /// Rests on what Socle knows of itself.
    own: bool,
    sentence: Option<String>,
    /// Ends sooner than the rule says: the fact itself ages.
    until: Option<i64>,
}

impl Tally {
    /// Counts things called so, all of which must comply.
    pub(super) fn of(what: &'static str) -> Self {
        Self { what, least: 100, ..Self::default() }
    }

    /// So many in a hundred are enough.
    pub(super) fn at_least(mut self, percent: usize) -> Self {
        self.least = percent;
        self
    }

    /// It rests on what Socle knows of itself.
    pub(super) fn own(mut self) -> Self {
        self.own = true;
        self
    }

    /// The sentence to show instead of the count.
    pub(super) fn saying(mut self, sentence: String) -> Self {
        self.sentence = Some(sentence);
        self
    }

    /// Worth nothing from then on.
    pub(super) fn until(mut self, instant: i64) -> Self {
        self.until = Some(self.until.map_or(instant, |known| known.min(instant)));
        self
    }

    /// Adds a machine: `None` when nothing is known of it.
    pub(super) fn machine(&mut self, asset: &Asset, complies: Option<bool>) {
        for seen in &asset.seen {
            self.imports.insert(seen.source.import);
        }
        self.during(asset.last);
        self.add(&asset.name, complies);
    }

    /// Adds something told by a line.
    pub(super) fn line(&mut self, source: &Source, name: &str, complies: Option<bool>) {
        self.imports.insert(source.import);
        self.during(source.at);
        self.add(name, complies);
    }

    /// Adds something told by a line, of an instant that is not that of the import.
    pub(super) fn fact(&mut self, source: &Source, at: i64, name: &str, complies: Option<bool>) {
        self.imports.insert(source.import);
        self.during(at);
        self.add(name, complies);
    }

    /// Adds so many at once.
    pub(super) fn many(&mut self, comply: u32, of: u32) {
        let missing = of.saturating_sub(comply) as usize;
        self.comply += (of as usize).saturating_sub(missing);
        self.failing.extend((0..missing).map(|_| String::new()));
    }

    /// Adds one thing.
    pub(super) fn add(&mut self, name: &str, complies: Option<bool>) {
        match complies {
            Some(true) => self.comply += 1,
            Some(false) => self.failing.push(name.to_owned()),
            None => self.unknown.push(name.to_owned()),
        }
    }

    /// An instant it rests on.
    pub(super) fn during(&mut self, instant: i64) {
        let (first, last) = self.span.unwrap_or((instant, instant));
        self.span = Some((first.min(instant), last.max(instant)));
    }

    /// How many do not comply.
    pub(super) fn failing(&self) -> usize {
        self.failing.len()
    }

    /// Nothing at all was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.comply + self.failing.len() + self.unknown.len() == 0
    }

    /// Itself, unless nothing was counted.
    pub(super) fn unless_empty(self) -> Option<Self> {
        if self.is_empty() { None } else { Some(self) }
    }

    fn holds(&self) -> bool {
        let covered = self.comply + self.failing.len();
        self.comply * 100 >= self.least * covered
    }

    fn said(&self) -> String {
        let covered = self.comply + self.failing.len();
        let total = covered + self.unknown.len();
        let what = agreed_down(total, self.what);
        let mut said = match self.failing.len() {
            0 => format!("{} sur {} {what} en règle", shown(self.comply), shown(total)),
            failing => format!("{} sur {} {what} à corriger", shown(failing), shown(total)),
        };
        if !self.unknown.is_empty() {
            said.push_str(&format!(", {} sans information", shown(self.unknown.len())));
        }
        said + "."
    }

    /// The piece of evidence.
    pub(super) fn evidence(self, rule: &'static Rule, world: &World<'_>) -> Evidence {
        let now = world.inputs.now;
        let said = self.sentence.clone().unwrap_or_else(|| self.said());
        let mut raw: Vec<String> = self
            .imports
            .iter()
            .filter_map(|import| world.inputs.imports.get(import))
            .map(|(_, hash)| hash.clone())
            .collect();
        if self.own {
            raw.push(world.inputs.own.sha256.clone());
        }
        let (from, to) = self.span.unwrap_or((now, now));
        // What is seen today of facts that are older is worth no more than these facts.
        let until = to + rule.days * DAY;
        Evidence {
            measure: rule.measure,
            rule: rule.id,
            connector: rule.connector,
            collector: env!("CARGO_PKG_VERSION"),
            collected_at: now,
            effective_from: from,
            effective_to: to,
            holds: self.holds(),
            scope: Scope {
                what: self.what,
                covered: self.comply + self.failing.len(),
                not_covered: Names(self.unknown),
            },
            failing: Names(self.failing),
            value: said,
            raw,
            valid_until: self.until.map_or(until, |known| known.min(until)),
        }
    }
}
