//! Sentences that differ by a word: one is written every day, the other is grave. They stand in `cases/plain.toml`, by pattern,
//! and in `cases/families.toml`.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use confidentiality::labeler::{Context, Labeler};
use confidentiality::{Category, Label, Level};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    pair: Vec<Pair>,
    apart: Vec<Apart>,
    group: Group,
}

/// A pattern: what carers must go on reading, and what must not be open to all of them, with its category.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    least: i64,
    category: String,
    ordinary: Vec<String>,
    grave: Vec<String>,
}

/// What is said of one thing is not filed under another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Apart {
    category: String,
    texts: Vec<String>,
}

/// A working group: a place and seats, and nobody in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    open: Vec<String>,
    grave: Vec<String>,
}

/// Families of sentences, each of one pattern.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Families {
    pair: Vec<Pair>,
}

fn families() -> Families {
    toml::from_str(include_str!("cases/families.toml")).unwrap()
}

fn plain() -> Plain {
    toml::from_str(include_str!("cases/plain.toml")).unwrap()
}

/// Every text that is not read as it should be, with what it was read as.
fn wrong<'a>(name: &str, texts: &'a [String], right: impl Fn(&Label) -> bool + 'a) -> Vec<String> {
    let labeler = Labeler::shipped().unwrap();
    let read = |text: &String| {
        let label = labeler.label_text(text, &Context::default());
        let rules: Vec<_> = label.reasons.iter().map(|reason| &reason.rule).collect();
        (!right(&label)).then(|| format!("{name}: « {text} » {:?} {:?} {rules:?}", label.level, label.categories))
    };
    texts.iter().filter_map(read).collect()
}

#[test]
fn a_word_tells_what_is_grave_from_what_is_written_every_day() {
    let mut told = Vec::new();
    for pair in plain().pair.into_iter().chain(families().pair) {
        let least = Level::from_code(pair.least).unwrap();
        let category = Category::parse(&pair.category).unwrap();
        told.extend(wrong(&pair.name, &pair.ordinary, |label| label.level <= Level::Standard));
        told.extend(wrong(&pair.name, &pair.grave, |label| {
            label.level >= least && label.categories.contains(category)
        }));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn a_word_of_one_trade_is_not_of_another() {
    let mut told = Vec::new();
    for apart in plain().apart {
        let category = Category::parse(&apart.category).unwrap();
        told.extend(wrong(&apart.category, &apart.texts, |label| !label.categories.contains(category)));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn a_working_group_is_for_everybody_until_somebody_is_in_it() {
    let group = plain().group;
    let mut told = wrong("for everybody", &group.open, |label| label.level == Level::Open);
    told.extend(wrong("of somebody", &group.grave, |label| label.level >= Level::Sensitive));
    assert!(told.is_empty(), "{}", told.join("\n"));
}
