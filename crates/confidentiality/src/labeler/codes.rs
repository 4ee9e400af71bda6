//! Codes by prefix: the longest prefix that fits decides.

use super::{RULES_VERSION, RulesError};
use crate::{Categories, Category, Label, Level, Reason};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    rule: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    system: String,
    codes: Vec<String>,
    level: i64,
    categories: Vec<String>,
    text: String,
}

/// One prefix, or an interval of prefixes of one length.
#[derive(Debug)]
struct Interval {
    first: String,
    last: String,
    rule: usize,
}

/// Code rules by system.
#[derive(Debug)]
pub(super) struct Codes {
    labels: Vec<Label>,
    systems: HashMap<String, Vec<Interval>>,
}

/// What a rule gives, with its reason.
pub(super) fn outcome(id: &str, level: i64, categories: &[String], text: &str) -> Result<Label, RulesError> {
    let wrong = |what: &str| RulesError(format!("{id}: {what}"));
    let level = Level::from_code(level).ok_or_else(|| wrong("level"))?;
    let mut set = Categories::empty();
    for code in categories {
        set.insert(Category::parse(code).ok_or_else(|| wrong("category"))?);
    }
    let reason =
        Reason { rule: id.to_owned(), rules_version: RULES_VERSION, span: None, path: None, text: text.to_owned() };
    Ok(Label { level, categories: set, reasons: vec![reason] })
}

impl Codes {
    pub(super) fn parse(text: &str) -> Result<Self, RulesError> {
        let file: File = toml::from_str(text).map_err(|e| RulesError(e.to_string()))?;
        if file.version != RULES_VERSION {
            return Err(RulesError("codes: another version".into()));
        }
        let mut labels = Vec::new();
        let mut systems: HashMap<String, Vec<Interval>> = HashMap::new();
        for rule in file.rule {
            let list = systems.entry(rule.system).or_default();
            for code in &rule.codes {
                let (first, last) = code.split_once("..").unwrap_or((code, code));
                if first.len() != last.len() || first > last {
                    return Err(RulesError(format!("{}: interval {code}", rule.id)));
                }
                list.push(Interval { first: fold(first), last: fold(last), rule: labels.len() });
            }
            labels.push(outcome(&rule.id, rule.level, &rule.categories, &rule.text)?);
        }
        Ok(Self { labels, systems })
    }

    /// What a code says; none when no rule knows it.
    pub(super) fn label(&self, system: &str, code: &str) -> Option<Label> {
        let code = fold(code);
        let fits = |interval: &&Interval| {
            let head = code.get(..interval.first.len());
            head.is_some_and(|head| interval.first.as_str() <= head && head <= interval.last.as_str())
        };
        let best = self.systems.get(system)?.iter().filter(fits).max_by_key(|interval| interval.first.len())?;
        self.labels.get(best.rule).cloned()
    }
}

/// Codes are compared without dots or case: `C50.9` and `C509` are one code.
fn fold(code: &str) -> String {
    code.chars().filter(|c| *c != '.' && !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}
