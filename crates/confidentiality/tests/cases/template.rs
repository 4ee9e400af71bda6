//! What the two files of templates have in common: values with their label, and texts to fill in.

use confidentiality::labeler::score::Case;
use serde::Deserialize;

/// What may take the place of a placeholder, with what it says.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Value {
    pub(crate) text: String,
    /// After « de »; the health file only, as the two below.
    pub(crate) de: Option<String>,
    /// With its indefinite article.
    pub(crate) un: Option<String>,
    /// With its definite article.
    pub(crate) la: Option<String>,
    pub(crate) level: i64,
    accept: Option<Vec<i64>>,
    pub(crate) categories: Vec<String>,
    #[serde(default)]
    pub(crate) optional: Vec<String>,
}

/// Values of one kind.
#[derive(Debug, Deserialize)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) values: Vec<Value>,
}

/// What a case must be labelled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    pub(crate) level: i64,
    pub(crate) accept: Vec<i64>,
    pub(crate) categories: Vec<String>,
    pub(crate) optional: Vec<String>,
}

impl Value {
    pub(crate) fn accept(&self) -> Vec<i64> {
        self.accept.clone().unwrap_or_else(|| vec![self.level])
    }
}

impl Expected {
    /// Nobody is designated.
    pub(crate) fn generic() -> Self {
        Self { level: 0, accept: vec![0, 1], ..Self::default() }
    }

    pub(crate) fn has(&self, category: &str) -> bool {
        self.categories.iter().any(|one| one == category)
    }

    /// A case of this expectation.
    pub(crate) fn case(mut self, id: String, text: String, phenomenon: &str) -> Case {
        self.accept.sort_unstable();
        self.accept.dedup();
        let phenomenon = phenomenon.to_owned();
        let Self { level, accept, categories, optional } = self;
        Case {
            id,
            kind: None,
            system: None,
            code: None,
            text,
            level,
            accept,
            categories,
            optional,
            phenomenon,
            place_profile: None,
            author_function: None,
        }
    }
}

/// The slot of this name.
pub(crate) fn slot<'a>(slots: &'a [Slot], name: &str) -> &'a Slot {
    slots.iter().find(|slot| slot.name == name).unwrap_or_else(|| panic!("no slot {name}"))
}

/// The value at this place, counted round and round.
pub(crate) fn round<T>(values: &[T], at: usize) -> &T {
    &values[at % values.len()]
}

/// The placeholders of a text, in order.
pub(crate) fn placeholders(text: &str) -> Vec<&str> {
    text.split('{').skip(1).map(|part| part.split_once('}').expect("a placeholder ends").0).collect()
}

/// Fills a text in; it begins with a capital.
pub(crate) fn fill(text: &str, mut value: impl FnMut(&str) -> String) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').expect("a placeholder ends");
        filled.push_str(&value(name));
        filled.push_str(rest);
    }
    capital(&filled)
}

/// The same text with a capital first.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// How generated cases call what hand-written ones are about.
pub(crate) fn phenomenon(effect: &str) -> &str {
    match effect {
        "affirmed" => "plain",
        "history" => "hist",
        "absence" | "exclusion" | "denied" => "neg",
        "hypo" | "family" | "generic" => effect,
        other => panic!("unknown effect {other}"),
    }
}
