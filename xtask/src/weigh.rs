//! `cargo xtask weigh`: counts the weights of words, `docs/LABELER.md`, *Words that weigh*.
//!
//! Logistic regression by stochastic descent over texts whose level is known: the examples of the rules, in both directions, and the
//! cases that rules were written with. Those that are held back are never counted. The same texts give the same weights.

use crate::command;
use anyhow::{Context as _, Result};
use confidentiality::Category;
use confidentiality::labeler::Labeler;
use confidentiality::labeler::rules::{self, Examples, RuleSet};
use confidentiality::labeler::score::Case;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const TARGET: &str = "crates/confidentiality/data/rules/weights.toml";
const RULES: &str = "crates/confidentiality/data/rules";
const CASES: &str = "crates/confidentiality/tests/cases";
/// Sentences that differ by a word.
const PLAIN: &str = "crates/confidentiality/tests/cases/plain.toml";
/// Cases that rules were written with: all of a file, or those of an even number.
const LEARNED: [(&str, Part); 23] = [
    ("fresh-1", Part::All),
    ("fresh-2", Part::All),
    ("fresh-3", Part::All),
    ("fresh-4", Part::All),
    ("stranger-1", Part::All),
    ("stranger-2", Part::All),
    ("stranger-3", Part::All),
    ("stranger-4", Part::All),
    ("stranger-5", Part::All),
    ("stranger-6", Part::All),
    ("stranger-10", Part::All),
    ("stranger-13", Part::All),
    ("stranger-16", Part::All),
    ("stranger-17", Part::All),
    ("stranger-18", Part::All),
    ("stranger-19", Part::All),
    ("stranger-22", Part::All),
    ("stranger-24", Part::All),
    ("stranger-25", Part::All),
    ("field-open", Part::All),
    ("ordinary-open", Part::All),
    ("homonyms", Part::Even),
    ("hard-1", Part::Even),
];
/// What a sum must reach, in hundredths: some one ordinary text in a hundred of an unknown author passes it.
const THRESHOLD: i64 = 34;
/// Times through all texts: for what is sensitive at all, and for which category.
const ROUNDS: [usize; 2] = [14, 10];
/// How much smaller each text makes the weights of its signs, the same way: many small ones tell more of an unknown author than a few
/// large ones.
const SHRINK: [f64; 2] = [4e-3, 2e-3];
/// Weights below say nothing, in hundredths.
const LEAST: [f64; 2] = [0.06, 0.25];
/// A sign seen once may be an accident.
const SEEN: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Even,
}

/// A text by its signs.
struct Row {
    signs: Vec<usize>,
    /// Sensitive or more.
    grave: bool,
    categories: BTreeSet<Category>,
}

/// A text before its signs have numbers.
type Signed = (BTreeSet<String>, bool, BTreeSet<Category>);

/// Counts, and writes the file.
pub(crate) fn run() -> Result<()> {
    let (names, rows) = rows(&texts(&Labeler::shipped()?)?);
    let mut out = "# Made by `cargo xtask weigh`, over labelled texts: docs/LABELER.md, « Words that weigh ». Hundredths; « . » is added to \
                   every sum.\n\n"
        .to_owned();
    let all: Vec<(&Row, bool)> = rows.iter().map(|row| (row, row.grave)).collect();
    write!(out, "threshold = {THRESHOLD}\nwords = \"\"\"\n{}\n\"\"\"\n\n[categories]\n", trained(&names, all, 0))?;
    // « A third party » is never a reason by itself to raise.
    for category in Category::ALL.into_iter().filter(|category| *category != Category::Tiers) {
        let grave = rows.iter().filter(|row| row.grave);
        let rows = grave.map(|row| (row, row.categories.contains(&category))).collect();
        write!(out, "{} = \"\"\"\n{}\n\"\"\"\n", category.code(), trained(&names, rows, 1))?;
    }
    eprintln!("{TARGET}: {} texts, {} signs, {} bytes", rows.len(), names.len(), out.len());
    fs::write(command::root().join(TARGET), out).with_context(|| format!("cannot write {TARGET}"))
}

/// All texts of a known level, with their signs.
fn texts(labeler: &Labeler) -> Result<Vec<Signed>> {
    let mut all = Vec::new();
    for case in cases()? {
        let (least, most) = (case.accept.iter().min(), case.accept.iter().max());
        let grave = least.is_some_and(|least| *least >= 3);
        if !grave && most.is_none_or(|most| *most > 2) {
            continue;
        }
        let categories = case.categories.iter().filter(|_| grave).filter_map(|code| Category::parse(code)).collect();
        // Of an ordinary note, each sentence is ordinary; of a grave one, nobody knows which is.
        let sentences = labeler.signs(&case.text);
        if !grave && sentences.len() > 1 {
            all.extend(sentences.iter().map(|signs| (signs.iter().cloned().collect(), false, BTreeSet::new())));
        }
        all.push((sentences.into_iter().flatten().collect(), grave, categories));
    }
    for (examples, level, codes) in examples(&shipped()?) {
        let signs = |text: &String| labeler.signs(text).into_iter().flatten().collect();
        let grave = level >= 3;
        let known: BTreeSet<Category> =
            codes.iter().filter(|_| grave).filter_map(|code| Category::parse(code)).collect();
        all.extend(examples.yes.iter().map(|text| (signs(text), grave, known.clone())));
        all.extend(examples.no.iter().map(|text| (signs(text), false, BTreeSet::new())));
    }
    for (texts, grave, categories) in plain()? {
        let signs = |text: &String| labeler.signs(text).into_iter().flatten().collect();
        all.extend(texts.iter().map(|text| (signs(text), grave, categories.clone())));
    }
    Ok(all)
}

/// A pattern of the plain sentences: what is written every day, and what is grave of a category.
#[derive(Deserialize)]
struct Pair {
    least: i64,
    category: String,
    ordinary: Vec<String>,
    grave: Vec<String>,
}

/// Texts of one kind, whether they are grave, and of what.
type Texts = (Vec<String>, bool, BTreeSet<Category>);

/// The plain sentences of each kind.
fn plain() -> Result<Vec<Texts>> {
    #[derive(Deserialize)]
    struct Plain {
        pair: Vec<Pair>,
    }
    let plain: Plain = toml::from_str(&fs::read_to_string(command::root().join(PLAIN))?).context(PLAIN)?;
    let both = plain.pair.into_iter().flat_map(|pair| {
        let grave = if pair.least >= 3 { pair.grave } else { Vec::new() };
        let category = Category::parse(&pair.category).into_iter().collect();
        [(pair.ordinary, false, BTreeSet::new()), (grave, true, category)]
    });
    Ok(both.collect())
}

/// The cases that rules were written with; those that are made from templates are made anew by their tests.
fn cases() -> Result<Vec<Case>> {
    let made = tempfile::tempdir()?;
    let mut making =
        command::cargo(&["test", "--quiet", "--package", "confidentiality", "--test", "cases", "written_out"]);
    command::run(making.env("SOCLE_CASES_OUT", made.path()))?;
    let mut cases = read(&made.path().join("open.jsonl"))?;
    for (name, part) in LEARNED {
        let file = command::root().join(CASES).join(format!("{name}.jsonl"));
        let even = |case: &Case| {
            let digits: String = case.id.chars().filter(char::is_ascii_digit).collect();
            digits.parse::<u64>().is_ok_and(|number| number.is_multiple_of(2))
        };
        cases.extend(read(&file)?.into_iter().filter(|case| part == Part::All || even(case)));
    }
    Ok(cases)
}

fn read(file: &Path) -> Result<Vec<Case>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// The rules with their examples, which are not embedded.
fn shipped() -> Result<RuleSet> {
    let folder = command::root().join(RULES);
    let mut files = Vec::new();
    for within in [folder.clone(), folder.join("codes"), folder.join("text")] {
        for entry in fs::read_dir(&within).with_context(|| within.display().to_string())? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "toml") {
                let name: PathBuf = path.strip_prefix(&folder)?.to_path_buf();
                files.push((name.display().to_string(), fs::read_to_string(&path)?));
            }
        }
    }
    let named = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    rules::read(named).map_err(anyhow::Error::msg)
}

/// Examples with the level and the categories of what they are examples of.
fn examples(set: &RuleSet) -> Vec<(&Examples, i64, &[String])> {
    let rules = set.text.iter().map(|rule| (&rule.examples, rule.level, rule.categories.as_slice()));
    rules.chain(set.neutral.iter().map(|neutral| (&neutral.examples, 0, [].as_slice()))).collect()
}

/// Numbers for the signs that are seen often enough, and the texts by these numbers.
fn rows(texts: &[Signed]) -> (Vec<String>, Vec<Row>) {
    let mut seen: BTreeMap<&String, usize> = BTreeMap::new();
    for sign in texts.iter().flat_map(|(signs, ..)| signs) {
        *seen.entry(sign).or_default() += 1;
    }
    let names: Vec<String> =
        seen.into_iter().filter(|(_, count)| *count >= SEEN).map(|(sign, _)| sign.clone()).collect();
    let number = |sign: &String| names.binary_search(sign).ok();
    let row = |(signs, grave, categories): &Signed| Row {
        signs: signs.iter().filter_map(number).collect(),
        grave: *grave,
        categories: categories.clone(),
    };
    let rows = texts.iter().map(row).collect();
    (names, rows)
}

/// The weights, as the file has them.
fn trained(names: &[String], rows: Vec<(&Row, bool)>, kind: usize) -> String {
    let (rounds, shrink) =
        (ROUNDS.get(kind).copied().unwrap_or_default(), SHRINK.get(kind).copied().unwrap_or_default());
    let (weights, bias) = descend(names.len(), rows, rounds, shrink);
    let least = LEAST.get(kind).copied().unwrap_or_default();
    let hundredths = |weight: f64| (weight * 100.0).round() as i64;
    let kept = names.iter().zip(weights).filter(|(_, weight)| weight.abs() >= least);
    let mut words: Vec<String> = vec![format!(". {}", hundredths(bias))];
    words.extend(kept.map(|(name, weight)| format!("{name} {}", hundredths(weight))));
    words.chunks(16).map(|line| line.join(", ")).collect::<Vec<_>>().join(",\n")
}

/// Logistic regression: each text in turn, in an order that chance would not disown, with smaller and smaller steps. What is given
/// is the mean over the second half of the rounds.
fn descend(signs: usize, mut rows: Vec<(&Row, bool)>, rounds: usize, shrink: f64) -> (Vec<f64>, f64) {
    let (mut weights, mut bias, mut step) = (vec![0.0_f64; signs], 0.0_f64, 0.2_f64);
    let (mut sums, mut sum_of_bias, mut summed) = (vec![0.0_f64; signs], 0.0_f64, 0.0_f64);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..rounds {
        shuffle(&mut rows, &mut random);
        for (row, is) in &rows {
            let sum = bias + row.signs.iter().filter_map(|sign| weights.get(*sign)).sum::<f64>();
            let wrong = 1.0 / (1.0 + (-sum.clamp(-30.0, 30.0)).exp()) - f64::from(u8::from(*is));
            bias -= step * wrong * 0.1;
            let pull = step * wrong / (1.0 + (row.signs.len() as f64).sqrt());
            for sign in &row.signs {
                if let Some(weight) = weights.get_mut(*sign) {
                    *weight = *weight * (1.0 - shrink) - pull;
                }
            }
        }
        step *= 0.8;
        if round >= rounds / 2 {
            sums.iter_mut().zip(&weights).for_each(|(sum, weight)| *sum += weight);
            (sum_of_bias, summed) = (sum_of_bias + bias, summed + 1.0);
        }
    }
    sums.iter_mut().for_each(|sum| *sum /= summed);
    (sums, sum_of_bias / summed)
}

/// Fisher and Yates, by Marsaglia's shifts.
fn shuffle<T>(all: &mut [T], random: &mut u64) {
    for last in (1..all.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let chosen = usize::try_from(*random % (last as u64 + 1)).unwrap_or_default();
        all.swap(last, chosen);
    }
}
