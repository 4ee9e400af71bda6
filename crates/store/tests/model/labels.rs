//! Labels that change while the content stays, and what must reach carers, in the naive store.

use super::naive::{Naive, Row};
use confidentiality::labeler::SafetyKind;
use confidentiality::{Level, MaskFlags, Person};
use store::{Call, Graded, Judgement, Safety};

impl Row {
    /// Before a new version: the former one keeps its own label, and what was raised is put back no lower than the new
    /// one's.
    pub(crate) fn supersede(&mut self, graded: Option<&Graded>) {
        if let (Some((level, categories, _)), Some(past)) = (self.raises.values().next(), self.versions.last_mut()) {
            (past.level, past.categories) = (*level, *categories);
        }
        if let Some(graded) = graded {
            self.rules = graded.rules;
            for (level, categories, added) in self.raises.values_mut() {
                *added &= !graded.mask.bits();
                *level = (*level).max(graded.label.level);
                *categories = categories.union(graded.label.categories);
            }
        }
    }

    /// Other rules have spoken.
    pub(crate) fn judge(&mut self, rules: i64, said: &Judgement) {
        if self.rules >= rules {
            return;
        }
        self.rules = rules;
        let current = self.versions.last_mut().unwrap();
        if current.deleted {
            return;
        }
        let was = (current.level, current.categories, current.mask);
        current.level = current.level.max(said.level);
        current.categories = current.categories.union(said.categories);
        current.mask = current.mask.union(said.mask);
        if was != (current.level, current.categories, current.mask) {
            let added = current.mask.bits() & !was.2.bits();
            self.raises.entry(rules).or_insert((was.0, was.1, added));
        }
        if !current.mask.intersects(MaskFlags::WITHDRAWN) {
            current.safety.clone_from(&said.safety);
        }
    }

    /// What these rules raised is put back.
    pub(crate) fn roll_back(&mut self, rules: i64) {
        let Some(before) = self.raises.remove(&rules) else { return };
        match self.raises.range_mut(rules..).next() {
            Some((_, later)) => *later = (before.0, before.1, before.2 | later.2),
            None => {
                let current = self.versions.last_mut().unwrap();
                (current.level, current.categories) = (before.0, before.1);
                current.mask = MaskFlags::from_bits_truncate(current.mask.bits() & !before.2);
            }
        }
    }
}

impl Naive {
    /// What matters for the safety of these persons, of those the caller cares for, in no order: level and masks do not
    /// count. Of what the caller reads, only what to do.
    pub(crate) fn safety(&self, call: &Call, persons: &[Person]) -> Vec<Safety> {
        self.rows
            .iter()
            .flat_map(|row| {
                let person = row.owned.0.first().map_or(Person::new(0), |patient| self.person(patient));
                // All periods that end here have ended.
                let ended = row.current().resource.get(&["effectivePeriod", "end"]).is_some();
                let told = persons.contains(&person) && call.clearance.cares_for(person) && !ended;
                let readable = self.permits(call, row, row.current());
                let facts = row.current().safety.iter().filter(move |_| told);
                let words = row.current().level <= Level::Standard;
                let needed = facts.filter(move |fact| match fact.kind {
                    SafetyKind::Consigne => true,
                    SafetyKind::Alert => !readable && words,
                    SafetyKind::Drug => !readable && call.clearance.treats(person),
                    SafetyKind::Allergy => !readable,
                });
                needed.map(move |fact| Safety {
                    person,
                    fact: fact.clone(),
                    since: if row.moment == store::UNDATED { row.current().updated } else { row.moment },
                    ends: None,
                    readable,
                    counted: self.counts_only(call, row),
                })
            })
            .collect()
    }
}
