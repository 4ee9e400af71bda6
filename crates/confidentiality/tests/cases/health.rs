//! Generated cases, health half; what is done here is said at the head of `health-templates.toml`.

use crate::load;
use crate::template::{Expected, Slot, Value, capital, fill, phenomenon, placeholders, round, slot};
use confidentiality::labeler::score::Case;
use serde::Deserialize;
use std::collections::HashSet;

#[derive(Deserialize)]
struct File {
    context: Vec<Words>,
    slot: Vec<Slot>,
    frame: Vec<Frame>,
}

#[derive(Deserialize)]
struct Words {
    name: String,
    values: Vec<String>,
}

#[derive(Deserialize)]
struct Frame {
    text: String,
    effect: String,
    slots: Vec<String>,
    count: usize,
}

/// Every case of the file.
pub(crate) fn cases() -> Vec<Case> {
    let file: File = toml::from_str(&load::read("health-templates.toml")).unwrap();
    let (mut seen, mut cases) = (HashSet::new(), Vec::new());
    for (f, frame) in file.frame.iter().enumerate() {
        for j in 0..frame.count {
            let value = value(&file, frame, f, j);
            let text = text(&file, frame, value, f, j);
            if seen.insert(text.clone()) {
                let id = format!("HG{f:02}-{j:02}");
                cases.push(expected(value, &frame.effect).case(id, text, phenomenon(&frame.effect)));
            }
        }
    }
    cases
}

fn value<'a>(file: &'a File, frame: &Frame, f: usize, j: usize) -> &'a Value {
    let name: &String = round(&frame.slots, f + j);
    let slot = slot(&file.slot, name);
    round(&slot.values, 5 * f + 7 * (j / frame.slots.len()) + 3 * j)
}

fn text(file: &File, frame: &Frame, value: &Value, f: usize, j: usize) -> String {
    let ordinary = round(&slot(&file.slot, "dx_ord").values, 3 * f + 4 * j);
    let mut names: Vec<String> = Vec::new();
    for name in placeholders(&frame.text).into_iter().map(str::to_lowercase) {
        if file.context.iter().any(|words| words.name == name) && !names.contains(&name) {
            names.push(name);
        }
    }
    let given = |form: &Option<String>| form.clone().expect("a value has this form");
    fill(&frame.text, |name| match name {
        "dx" | "rx" => value.text.clone(),
        "Dx" => capital(&value.text),
        "de" => given(&value.de),
        "un" => given(&value.un),
        "la" => given(&value.la),
        "ord" => ordinary.text.clone(),
        "ord_un" => given(&ordinary.un),
        _ => {
            let lower = name.to_lowercase();
            let k = names.iter().position(|known| *known == lower).unwrap_or_else(|| panic!("no context {name}"));
            let words = file.context.iter().find(|words| words.name == lower).unwrap();
            let word = round(&words.values, 2 * f + j + 3 * k);
            if name == lower { word.clone() } else { capital(word) }
        }
    })
}

/// What a value says under the effect of its frame.
fn expected(value: &Value, effect: &str) -> Expected {
    let base = Expected {
        level: value.level,
        accept: value.accept(),
        categories: value.categories.clone(),
        optional: value.optional.clone(),
    };
    let tested = base.has("VIH") || base.has("INF");
    match effect {
        "affirmed" | "history" => base,
        "hypo" if base.has("VIH") => Expected { accept: vec![3, 4], ..base },
        "hypo" => base,
        "exclusion" if tested => Expected { level: 3, accept: vec![2, 3], ..unsaid(base) },
        "absence" | "exclusion" => {
            let accept = match base.categories.is_empty() {
                true => vec![1, 2],
                false if tested => vec![2, 3],
                false => vec![2],
            };
            Expected { level: 2, accept, ..unsaid(base) }
        }
        "family" => of_family(base),
        "generic" => Expected::generic(),
        other => panic!("unknown effect {other}"),
    }
}

/// No category must be given; those may be.
fn unsaid(base: Expected) -> Expected {
    let optional = base.categories.into_iter().chain(base.optional).collect();
    Expected { categories: Vec::new(), optional, ..base }
}

fn of_family(mut base: Expected) -> Expected {
    let tiers = "TIERS".to_owned();
    if base.categories.is_empty() {
        return Expected { level: 2, accept: vec![2], categories: vec![tiers], optional: base.optional };
    }
    if base.has("GRAVE") {
        base.optional.insert(0, "GRAVE".to_owned());
        return Expected { level: 3, accept: vec![2, 3], categories: vec![tiers], optional: base.optional };
    }
    let level = base.level.max(3);
    let mut accept = vec![level];
    accept.extend(base.accept.contains(&2).then_some(2));
    accept.extend((level == 4).then_some(3));
    base.categories.push(tiers);
    Expected { level, accept, ..base }
}
