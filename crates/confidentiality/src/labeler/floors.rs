//! What a writing is at least, whatever its words: by type of resource, author's function and kind of writing.

use super::rules::RuleSet;
use super::text::fold;
use super::{Context, RulesError, outcome};
use crate::{Categories, Family, Label, Level};
use std::collections::HashMap;

#[derive(Debug)]
struct Floor {
    author: Vec<String>,
    kind: Vec<String>,
    /// Not of what only organises.
    unless_organisation: bool,
    label: Label,
}

/// Floors, and what each type of resource is by default.
#[derive(Debug)]
pub(super) struct Floors {
    floors: Vec<Floor>,
    base: HashMap<String, (Level, Family)>,
    default: (Level, Family),
    kinds: HashMap<String, Family>,
}

impl Floors {
    pub(super) fn new(set: &RuleSet) -> Result<Self, RulesError> {
        let family = |name: &str| Family::parse(name).ok_or_else(|| RulesError(format!("family {name}")));
        let mut base = HashMap::new();
        for (kind, (level, name)) in &set.floors.base {
            let level = Level::from_code(*level).ok_or_else(|| RulesError(format!("level of {kind}")))?;
            base.insert(kind.clone(), (level, family(name)?));
        }
        let default = base.remove("default").ok_or_else(|| RulesError("no default".into()))?;
        let kinds = set.floors.kind.iter();
        let kinds = kinds.map(|(kind, name)| Ok((kind.clone(), family(name)?))).collect::<Result<_, RulesError>>()?;
        let floors = set.floors.floor.iter().map(|rule| {
            let label = outcome(&rule.id, set.version, rule.level, &rule.categories, &rule.text)?;
            let unless_organisation = rule.unless_organisation;
            Ok(Floor { author: rule.author.clone(), kind: rule.kind.clone(), unless_organisation, label })
        });
        Ok(Self { floors: floors.collect::<Result<_, RulesError>>()?, base, default, kinds })
    }

    /// Level and family of a type of resource.
    pub(super) fn base(&self, kind: &str, context: &Context) -> (Level, Family) {
        let (level, family) = self.base.get(kind).copied().unwrap_or(self.default);
        let stated = context.document_kind.as_deref().and_then(|kind| self.family(kind));
        (level, stated.unwrap_or(family))
    }

    /// Family of a kind of writing.
    pub(super) fn family(&self, kind: &str) -> Option<Family> {
        self.kinds.get(&fold(kind)).copied()
    }

    /// The floors that apply to a writing, which `organises` only or not; level 0 without reasons when none does.
    pub(super) fn of(&self, context: &Context, organises: bool) -> Label {
        let author = context.author_function.as_deref().map(words);
        let kind = context.document_kind.as_deref().map(words);
        let one_of = |list: &[String], said: &Option<Vec<String>>| {
            list.is_empty() || said.as_ref().is_some_and(|said| list.iter().any(|item| has(said, &words(item))))
        };
        let applies = |floor: &&Floor| {
            one_of(&floor.author, &author) && one_of(&floor.kind, &kind) && !(organises && floor.unless_organisation)
        };
        let none = Label::new(Level::Open, Categories::empty());
        self.floors.iter().filter(applies).fold(none, |label, floor| label.join(floor.label.clone()))
    }
}

/// Words that do not tell one function or kind from another.
const SMALL: [&str; 9] = ["de", "du", "des", "d", "la", "le", "les", "l", "au"];

/// The words of a function or a kind of writing: folded, in the singular, without the small ones.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let all = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !SMALL.contains(word));
    all.map(|word| word.strip_suffix('s').filter(|one| one.len() > 3).unwrap_or(word).to_owned()).collect()
}

/// Whether these words stand among others, one behind the other; a short code stands alone.
pub(super) fn has(said: &[String], item: &[String]) -> bool {
    match item {
        [] => false,
        [code] if code.len() <= 3 => said == item,
        _ => said.windows(item.len()).any(|run| run == item),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_known_among_other_words() {
        let known = |said: &str, item: &str| has(&words(said), &words(item));
        for said in
            ["psychologue", " Psychologue ", "psychologue clinicienne", "Psychologues", "la psychologue du travail"]
        {
            assert!(known(said, "psychologue"), "{said}");
        }
        assert!(known("Note de la psychologue", "note psychologue") && known("médecin psychiatre", "psychiatre"));
        assert!(known("rapport social au juge", "rapport social") && known("Rapport au juge", "rapport juge"));
        assert!(known("psy", "psy") && !known("infirmière psy", "psy"));
        assert!(!known("secrétaire", "psychologue") && !known("", "psychologue") && !known("note", "note psychologue"));
    }
}
