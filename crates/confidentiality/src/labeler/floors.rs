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
            Ok(Floor { author: rule.author.clone(), kind: rule.kind.clone(), label })
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

    /// The floors that apply; level 0 without reasons when none does.
    pub(super) fn of(&self, context: &Context) -> Label {
        let author = context.author_function.as_deref().map(fold);
        let kind = context.document_kind.as_deref().map(fold);
        let one_of = |list: &[String], word: &Option<String>| {
            list.is_empty() || word.as_ref().is_some_and(|word| list.iter().any(|item| item == word))
        };
        let applies = |floor: &&Floor| one_of(&floor.author, &author) && one_of(&floor.kind, &kind);
        let none = Label::new(Level::Open, Categories::empty());
        self.floors.iter().filter(applies).fold(none, |label, floor| label.join(floor.label.clone()))
    }
}
