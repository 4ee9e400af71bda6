//! What a writing is at least, whatever its words: by type of resource, author's function and kind of writing.

use super::codes::outcome;
use super::{Context, RULES_VERSION, RulesError};
use crate::{Categories, Family, Label, Level};
use serde::Deserialize;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    floor: Vec<Rule>,
    base: HashMap<String, (i64, String)>,
    kind: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    #[serde(default)]
    author: Vec<String>,
    #[serde(default)]
    kind: Vec<String>,
    level: i64,
    categories: Vec<String>,
    text: String,
}

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
    pub(super) fn parse(text: &str) -> Result<Self, RulesError> {
        let file: File = toml::from_str(text).map_err(|e| RulesError(e.to_string()))?;
        if file.version != RULES_VERSION {
            return Err(RulesError("floors: another version".into()));
        }
        let family = |name: &str| Family::parse(name).ok_or_else(|| RulesError(format!("family {name}")));
        let mut base = HashMap::new();
        for (kind, (level, name)) in file.base {
            let level = Level::from_code(level).ok_or_else(|| RulesError(format!("level of {kind}")))?;
            base.insert(kind, (level, family(&name)?));
        }
        let default = base.remove("default").ok_or_else(|| RulesError("no default".into()))?;
        let kinds =
            file.kind.into_iter().map(|(kind, name)| Ok((kind, family(&name)?))).collect::<Result<_, RulesError>>()?;
        let floors = file
            .floor
            .into_iter()
            .map(|rule| {
                let label = outcome(&rule.id, rule.level, &rule.categories, &rule.text)?;
                Ok(Floor { author: rule.author, kind: rule.kind, label })
            })
            .collect::<Result<_, RulesError>>()?;
        Ok(Self { floors, base, default, kinds })
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

fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}
