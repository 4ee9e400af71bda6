//! Words, found at word boundaries, without case or accents, with their place in the text as written.

use super::codes::outcome;
use super::{RULES_VERSION, RulesError};
use crate::{Categories, Label, Level};
use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    level: i64,
    categories: Vec<String>,
    text: String,
    terms: Vec<String>,
}

/// Word rules in one automaton.
#[derive(Debug)]
pub(super) struct Terms {
    automaton: AhoCorasick,
    /// Rule of each pattern.
    rules: Vec<usize>,
    labels: Vec<Label>,
}

/// What denies the word after it, in the same clause.
const DENIALS: [&str; 10] =
    ["pas de ", "pas d'", "absence de ", "absence d'", "aucun ", "aucune ", "sans ", "no ", "negative for ", "denies "];
/// How far before a word a denial is looked for, in bytes of folded text.
const REACH: usize = 24;

impl Terms {
    pub(super) fn parse(text: &str) -> Result<Self, RulesError> {
        let file: File = toml::from_str(text).map_err(|e| RulesError(e.to_string()))?;
        if file.version != RULES_VERSION {
            return Err(RulesError("terms: another version".into()));
        }
        let (mut patterns, mut rules, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for rule in file.rule {
            for term in rule.terms {
                if fold(&term).0 != term {
                    return Err(RulesError(format!("{}: « {term} » is not folded", rule.id)));
                }
                patterns.push(term);
                rules.push(labels.len());
            }
            labels.push(outcome(&rule.id, rule.level, &rule.categories, &rule.text)?);
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .map_err(|e| RulesError(e.to_string()))?;
        Ok(Self { automaton, rules, labels })
    }

    /// What the words of a text say; level 0 without reasons when none is known.
    pub(super) fn label(&self, text: &str) -> Label {
        let (folded, offsets) = fold(text);
        let mut label = Label::new(Level::Open, Categories::empty());
        for found in self.automaton.find_iter(&folded) {
            let (start, end) = (found.start(), found.end());
            if !is_word(&folded, start, end) || is_denied(&folded, start) {
                continue;
            }
            let rule = self.rules.get(found.pattern().as_usize()).and_then(|rule| self.labels.get(*rule));
            let Some(rule) = rule else { continue };
            let known = rule.reasons.first().is_some_and(|new| label.reasons.iter().any(|old| old.rule == new.rule));
            let mut found = rule.clone();
            if known {
                found.reasons.clear();
            }
            for reason in &mut found.reasons {
                reason.span = span(&offsets, start, end, text.len());
            }
            label = label.join(found);
        }
        label
    }
}

fn span(offsets: &[usize], start: usize, end: usize, length: usize) -> Option<[usize; 2]> {
    Some([*offsets.get(start)?, offsets.get(end).copied().unwrap_or(length)])
}

/// Lower case without accents; for every byte of it, where its letter begins in the original.
fn fold(text: &str) -> (String, Vec<usize>) {
    let mut folded = String::with_capacity(text.len());
    let mut offsets = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let c = if matches!(c, '’' | 'ʼ') { '\'' } else { c };
        for part in c.nfkd().filter(|part| !is_combining_mark(*part)).flat_map(char::to_lowercase) {
            folded.push(part);
            offsets.resize(folded.len(), at);
        }
    }
    (folded, offsets)
}

fn is_word(folded: &str, start: usize, end: usize) -> bool {
    let letter = |c: char| c.is_alphanumeric();
    let before = folded.get(..start).and_then(|text| text.chars().next_back()).is_some_and(letter);
    let after = folded.get(end..).and_then(|text| text.chars().next()).is_some_and(letter);
    !before && !after
}

fn is_denied(folded: &str, start: usize) -> bool {
    let mut from = start.saturating_sub(REACH);
    while !folded.is_char_boundary(from) {
        from += 1;
    }
    let before = folded.get(from..start).unwrap_or_default();
    let clause = before.rsplit(['.', ',', ';', ':', '\n']).next().unwrap_or_default();
    DENIALS.iter().any(|denial| clause.ends_with(denial))
}
