//! Codes by prefix: the longest prefix that fits decides.

use super::rules::RuleSet;
use super::{RulesError, masks, outcome};
use crate::{Label, MaskFlags};
use std::collections::{BTreeSet, HashMap};

/// One prefix, or an interval of prefixes of one length.
#[derive(Debug)]
struct Interval {
    first: String,
    last: String,
    rule: usize,
}

/// What a rule gives.
#[derive(Debug, Clone)]
pub(super) struct Coded {
    /// Level, categories, reason.
    pub(super) label: Label,
    /// What carers must still be told.
    pub(super) consigne: Option<String>,
    /// Who may not see the item.
    pub(super) mask: MaskFlags,
}

/// Code rules by system.
#[derive(Debug)]
pub(super) struct Codes {
    rules: Vec<Coded>,
    systems: HashMap<String, Vec<Interval>>,
    complete: BTreeSet<String>,
}

impl Codes {
    pub(super) fn new(set: &RuleSet) -> Result<Self, RulesError> {
        let mut rules = Vec::with_capacity(set.codes.len());
        let mut systems: HashMap<String, Vec<Interval>> = HashMap::new();
        for rule in &set.codes {
            for code in &rule.codes {
                let (first, last) = code.split_once("..").unwrap_or((code, code));
                let (first, last) = (fold(first), fold(last));
                if first.len() != last.len() || first > last || first.is_empty() {
                    return Err(RulesError(format!("{}: interval {code}", rule.id)));
                }
                for system in &rule.systems {
                    let interval = Interval { first: first.clone(), last: last.clone(), rule: rules.len() };
                    systems.entry(system.clone()).or_default().push(interval);
                }
            }
            let label = outcome(&rule.id, set.version, rule.level, &rule.categories, &rule.text)?;
            let mask = masks(&rule.id, &rule.mask)?;
            rules.push(Coded { label, consigne: rule.consigne.clone(), mask });
        }
        for list in systems.values_mut() {
            list.sort_by(|a, b| a.first.cmp(&b.first));
        }
        Ok(Self { rules, systems, complete: set.complete.clone() })
    }

    /// Whether some rule is about this system.
    pub(super) fn knows(&self, system: &str) -> bool {
        self.systems.contains_key(system)
    }

    /// Whether a code of this system is ordinary when no rule names it.
    pub(super) fn is_complete(&self, system: &str) -> bool {
        self.complete.contains(system)
    }

    /// What a code says; none when no rule knows it. Of equal prefixes, the narrower interval decides.
    pub(super) fn find(&self, system: &str, code: &str) -> Option<&Coded> {
        let list = self.systems.get(system)?;
        let code = fold(code);
        let until = list.partition_point(|interval| interval.first.as_str() <= code.as_str());
        let fits =
            |interval: &&Interval| code.get(..interval.first.len()).is_some_and(|head| head <= interval.last.as_str());
        let candidates = list.get(..until).unwrap_or_default().iter().filter(fits);
        let best = candidates.max_by(|a, b| {
            let narrow = |one: &Interval| one.first == one.last;
            (a.first.len(), narrow(a), &a.first).cmp(&(b.first.len(), narrow(b), &b.first))
        })?;
        self.rules.get(best.rule)
    }
}

/// Codes are compared without dots or case: `C50.9` and `C509` are one code. SERAFIN-PH keeps its dots: `1.1.10` is not
/// `1.11.0`.
fn fold(code: &str) -> String {
    let numbered = code.starts_with(|c: char| c.is_ascii_digit()) && code.contains('.');
    let kept = |c: &char| !c.is_whitespace() && (numbered || *c != '.');
    code.chars().filter(kept).flat_map(char::to_uppercase).collect()
}
