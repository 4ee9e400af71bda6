//! The shapes of the rule files, shared by the build script, which checks them, and the labeler, which runs them.

#[path = "reading.rs"]
mod reading;

pub use reading::Context;

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is left of a finding when the clause denies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denied {
    /// Usual level, no category.
    #[default]
    Drop,
    /// The denial changes nothing.
    Keep,
}

/// What becomes of a finding about a relative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfKin {
    /// Same categories and TIERS, at least level 3.
    #[default]
    Sensitive,
    /// Level 2, TIERS only.
    Ordinary,
    /// Nothing changes: the rule already speaks of relatives.
    Same,
}

/// Sentences that show a rule at work: tests run them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Examples {
    /// The rule speaks.
    pub yes: Vec<String>,
    /// It does not.
    pub no: Vec<String>,
}

/// A rule on words.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRule {
    /// Stable name, said in every reason.
    pub id: String,
    /// Level when it is said of the person.
    pub level: i64,
    /// Category codes.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The reason, for a carer.
    pub text: String,
    /// Patterns; one is enough.
    pub terms: Vec<String>,
    /// One of these must be in the sentence.
    #[serde(default)]
    pub needs: Vec<String>,
    /// None of these may be in the sentence.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Only in these kinds of places; none: anywhere.
    #[serde(default)]
    pub places: Vec<String>,
    /// Not in these kinds of places.
    #[serde(default)]
    pub elsewhere: Vec<String>,
    /// Only by these functions; none: by anybody.
    #[serde(default)]
    pub authors: Vec<String>,
    /// When denied.
    #[serde(default)]
    pub denied: Denied,
    /// When about a relative.
    #[serde(default)]
    pub family: OfKin,
    /// Level when about a relative.
    #[serde(default)]
    pub family_level: Option<i64>,
    /// Shorter matches inside are dropped.
    #[serde(default)]
    pub replaces: bool,
    /// Its categories are given only where nothing else says what the sentence is about.
    #[serde(default)]
    pub yields: bool,
    /// What carers must still be told: the action, not the cause.
    #[serde(default)]
    pub consigne: Option<String>,
    /// Who may not see the item, as visibility codes: `INVISIBLE_REPRESENTANTS_LEGAUX`…
    #[serde(default)]
    pub mask: Vec<String>,
    /// Both directions.
    #[serde(default, skip_serializing)]
    pub examples: Examples,
}

/// An ordinary expression that holds a word of a rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neutral {
    /// Stable name.
    pub id: String,
    /// What the expression tells of a text in which no rule speaks: 0 the establishment, 1 daily life, 2 the record. When
    /// it is given, words of care inside the expression are not care; by default it tells daily life, and they are.
    #[serde(default)]
    pub level: Option<i64>,
    /// Only rules of these categories are silenced; none: all.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Patterns.
    pub terms: Vec<String>,
    /// Both directions.
    #[serde(default, skip_serializing)]
    pub examples: Examples,
}

/// What gives a level when no rule speaks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Base {
    /// Level 1.
    pub daily: Vec<String>,
    /// Level 2.
    pub standard: Vec<String>,
    /// Level 0, unless somebody is designated.
    pub generic: Vec<String>,
    /// Somebody is designated.
    pub individual: Vec<String>,
}

/// A file of rules on words.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextFile {
    /// Rules.
    pub rule: Vec<TextRule>,
    /// Ordinary expressions.
    pub neutral: Vec<Neutral>,
    /// Base level.
    pub base: Option<Base>,
}

/// Words that weigh in a sentence of which no rule speaks: made by counting over labelled texts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// Least sum of a sensitive sentence, in hundredths.
    pub threshold: i32,
    /// « mot 23, debut* -4, un_mot 12 »: hundredths; « . » is added to every sum.
    pub words: String,
    /// The same by category: what a sensitive sentence is about.
    pub categories: BTreeMap<String, String>,
}

/// A rule on codes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRule {
    /// Stable name.
    pub id: String,
    /// Code systems.
    pub systems: Vec<String>,
    /// Prefixes, or intervals `A..B` of prefixes of one length.
    pub codes: Vec<String>,
    /// Level.
    pub level: i64,
    /// Category codes.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The reason, for a carer.
    pub text: String,
    /// What carers must still be told.
    #[serde(default)]
    pub consigne: Option<String>,
    /// Who may not see the item.
    #[serde(default)]
    pub mask: Vec<String>,
    /// Both directions.
    #[serde(default, skip_serializing)]
    pub examples: Examples,
}

/// A file of rules on codes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CodeFile {
    /// What the rules of this file do not name is ordinary: displays beside such codes are not read.
    pub complete: bool,
    /// Rules.
    pub rule: Vec<CodeRule>,
}

/// What a writing is at least, by author and kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// Stable name.
    pub id: String,
    /// Functions.
    #[serde(default)]
    pub author: Vec<String>,
    /// Kinds of writing.
    #[serde(default)]
    pub kind: Vec<String>,
    /// Not of a text that only organises: a meeting put off, somebody away.
    #[serde(default)]
    pub unless_organisation: bool,
    /// Level.
    pub level: i64,
    /// Category codes.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The reason, for a carer.
    pub text: String,
}

/// Floors, and what each type of resource is by default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FloorFile {
    /// By author and kind.
    pub floor: Vec<Floor>,
    /// Level and family by type of resource.
    pub base: BTreeMap<String, (i64, String)>,
    /// Family by kind of writing.
    pub kind: BTreeMap<String, String>,
}

/// Every rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RuleSet {
    /// Written beside every label.
    pub version: u32,
    /// On words.
    pub text: Vec<TextRule>,
    /// Ordinary expressions.
    pub neutral: Vec<Neutral>,
    /// When no rule speaks.
    pub base: Base,
    /// How sentences are read.
    pub context: Context,
    /// On codes.
    pub codes: Vec<CodeRule>,
    /// Code systems in which a code without a rule is ordinary.
    pub complete: BTreeSet<String>,
    /// Floors.
    pub floors: FloorFile,
    /// Words that weigh, where no rule speaks; none by default.
    #[serde(default)]
    pub weights: Weights,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: u32,
}

/// Reads the files of a folder of rules: `version.toml`, `floors.toml`, `context.toml`, `weights.toml`, `codes/*.toml`, `text/*.toml`.
/// Other files are left alone.
///
/// # Errors
/// The name of the file, and what is wrong in it.
pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<RuleSet, String> {
    let mut rules = RuleSet::default();
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_unstable();
    for (name, text) in files {
        let wrong = |error: toml::de::Error| format!("{name}: {error}");
        match name.split_once('/') {
            None if name == "version.toml" => rules.version = toml::from_str::<Version>(text).map_err(wrong)?.version,
            None if name == "floors.toml" => rules.floors = toml::from_str(text).map_err(wrong)?,
            None if name == "weights.toml" => rules.weights = toml::from_str(text).map_err(wrong)?,
            None if name == "context.toml" => rules.context = toml::from_str(text).map_err(wrong)?,
            Some(("codes", _)) => {
                let file: CodeFile = toml::from_str(text).map_err(wrong)?;
                if file.complete {
                    rules.complete.extend(file.rule.iter().flat_map(|rule| rule.systems.iter().cloned()));
                }
                rules.codes.extend(file.rule);
            }
            Some(("text", _)) => {
                let file: TextFile = toml::from_str(text).map_err(wrong)?;
                rules.text.extend(file.rule);
                rules.neutral.extend(file.neutral);
                if let Some(base) = file.base {
                    rules.base.daily.extend(base.daily);
                    rules.base.standard.extend(base.standard);
                    rules.base.generic.extend(base.generic);
                    rules.base.individual.extend(base.individual);
                }
            }
            _ => {}
        }
    }
    check(&rules)?;
    Ok(rules)
}

/// What a set of rules must hold, besides its shape.
fn check(rules: &RuleSet) -> Result<(), String> {
    if rules.version == 0 {
        return Err("version.toml: no version".into());
    }
    let mut seen = BTreeSet::new();
    let words = rules.text.iter().map(|rule| &rule.id).chain(rules.neutral.iter().map(|one| &one.id));
    let others = rules.codes.iter().map(|rule| &rule.id).chain(rules.floors.floor.iter().map(|floor| &floor.id));
    for id in words.chain(others) {
        if !seen.insert(id) {
            return Err(format!("{id}: this id is given twice"));
        }
    }
    match rules.text.iter().find(|rule| rule.terms.is_empty() || rule.text.trim().is_empty()) {
        Some(rule) => Err(format!("{}: without terms, or without a reason", rule.id)),
        None => Ok(()),
    }
}
