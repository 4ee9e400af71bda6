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
                    systems.entry(plain(system)).or_default().push(interval);
                }
            }
            let label = outcome(&rule.id, set.version, rule.level, &rule.categories, &rule.text)?;
            let mask = masks(&rule.id, &rule.mask)?;
            rules.push(Coded { label, consigne: rule.consigne.clone(), mask });
        }
        for list in systems.values_mut() {
            list.sort_by(|a, b| a.first.cmp(&b.first));
        }
        let complete = set.complete.iter().map(|system| plain(system)).collect();
        Ok(Self { rules, systems, complete })
    }

    /// Whether some rule is about this system.
    pub(super) fn knows(&self, system: &str) -> bool {
        self.systems.contains_key(&named(system))
    }

    /// Whether a code of this system is ordinary when no rule names it.
    pub(super) fn is_complete(&self, system: &str) -> bool {
        self.complete.contains(&named(system))
    }

    /// What a code says; none when no rule knows it. Of equal prefixes, the narrower interval decides.
    pub(super) fn find(&self, system: &str, code: &str) -> Option<&Coded> {
        let list = self.systems.get(&named(system))?;
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

/// Systems are compared without what senders write in many ways: case, blanks, `https`, `urn:oid:`, a last slash, a version.
pub(super) fn plain(system: &str) -> String {
    let name = system.split('|').next().unwrap_or_default().trim().to_lowercase();
    let name = ["https://", "http://", "urn:oid:", "oid:"]
        .iter()
        .fold(name.as_str(), |name, head| name.strip_prefix(head).unwrap_or(name));
    name.trim_start_matches("www.").trim_end_matches('/').to_owned()
}

/// A system by the name that people give it: « CIM-10 », « ATC ».
fn named(system: &str) -> String {
    let plain = plain(system);
    let letters: String = plain.chars().filter(char::is_ascii_alphanumeric).collect();
    let known = match letters.as_str() {
        "cim10" | "icd10" | "cim10fr" | "icd10fr" | "hl7orgfhirsidicd10fr" => "hl7.org/fhir/sid/icd-10",
        "atc" | "whocc" => "whocc.no/atc",
        "loinc" => "loinc.org",
        "ccam" => "1.2.250.1.213.2.5",
        "cisp2" | "cisp" | "icpc2" | "icpc" => "hl7.org/fhir/sid/icpc-2",
        "serafinph" | "serafin" => "1.2.250.1.213.3.3.60",
        "cif" | "icf" => "hl7.org/fhir/sid/icf",
        _ => return plain,
    };
    known.to_owned()
}

/// Codes are compared without dots or case: `C50.9` and `C509` are one code. SERAFIN-PH keeps its dots: `1.1.10` is not
/// `1.11.0`.
fn fold(code: &str) -> String {
    let numbered = code.starts_with(|c: char| c.is_ascii_digit()) && code.contains('.');
    let kept = |c: &char| !c.is_whitespace() && (numbered || *c != '.');
    code.chars().filter(kept).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labeler::rules;

    #[test]
    fn a_system_is_known_however_it_is_written() {
        let codes = Codes::new(&rules::shipped().unwrap()).unwrap();
        for (system, code) in [
            ("http://hl7.org/fhir/sid/icd-10", "F20.0"),
            ("https://hl7.org/fhir/sid/icd-10/", " f20 "),
            ("urn:oid:2.16.840.1.113883.6.3", "F200"),
            ("2.16.840.1.113883.6.3", "F20.0"),
            ("CIM-10", "F20.0"),
            ("http://hl7.org/fhir/sid/icd-10|2019", "F20.0"),
            ("http://hl7.org/fhir/sid/icd-10-fr", "F20.0"),
            ("ATC", "N05AX08"),
            ("HTTP://www.WHOCC.no/atc", "n05ax08"),
            ("http://whocc.no/atc", "N05AX08"),
        ] {
            assert_eq!(codes.find(system, code).unwrap().label.level.code(), 3, "{system} {code}");
            assert!(codes.is_complete(system) || system.contains("atc") || system == "ATC", "{system}");
        }
        assert!(codes.find("http://example.org/icd-10", "F20.0").is_none());
        assert!(!codes.knows("") && !codes.knows("urn:oid:"));
    }
}
