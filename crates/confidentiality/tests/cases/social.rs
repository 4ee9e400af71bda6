//! Generated cases, social half; what is done here is said at the head of `social-templates.toml`.

use crate::load;
use crate::template::{Expected, Slot, Value, fill, phenomenon, placeholders, round, slot};
use confidentiality::labeler::score::Case;
use serde::Deserialize;
use std::collections::HashSet;

/// Cases of a frame.
const PICKS: usize = 6;

#[derive(Deserialize)]
struct File {
    slot: Vec<Slot>,
    frame: Vec<Frame>,
}

#[derive(Deserialize)]
struct Frame {
    text: String,
    effect: String,
}

/// Every case of the file.
pub(crate) fn cases() -> Vec<Case> {
    let file: File = toml::from_str(&load::read("social-templates.toml")).unwrap();
    let (mut seen, mut cases) = (HashSet::new(), Vec::new());
    for (i, frame) in file.frame.iter().enumerate() {
        let names = placeholders(&frame.text);
        for k in 0..PICKS {
            let pick = |(j, name): (usize, &&str)| {
                let values = &slot(&file.slot, name).values;
                round(values, 7 * i + k * (values.len() / PICKS).max(1) + 3 * j)
            };
            let values: Vec<&Value> = names.iter().enumerate().map(pick).collect();
            let mut next = values.iter();
            let text = fill(&frame.text, |_| next.next().unwrap().text.clone());
            if seen.insert(text.clone()) {
                let about = if names.contains(&"homonyme") { "homonym" } else { phenomenon(&frame.effect) };
                cases.push(expected(&values, &frame.effect).case(format!("ST{i:02}-{k}"), text, about));
            }
        }
    }
    cases
}

/// What values say together.
fn base(values: &[&Value]) -> Expected {
    let mut base = Expected { accept: vec![0], ..Expected::default() };
    let add = |all: &mut Vec<String>, more: &[String]| {
        for one in more {
            if !all.contains(one) {
                all.push(one.clone());
            }
        }
    };
    for value in values {
        base.level = base.level.max(value.level);
        base.accept = value.accept().iter().flat_map(|a| base.accept.iter().map(|b| *a.max(b))).collect();
        add(&mut base.categories, &value.categories);
        add(&mut base.optional, &value.optional);
    }
    let Expected { categories, optional, .. } = &mut base;
    optional.retain(|one| !categories.contains(one));
    base
}

fn expected(values: &[&Value], effect: &str) -> Expected {
    let mut base = base(values);
    match effect {
        "affirmed" | "hypo" => base,
        "denied" if base.has("VSX") => Expected { level: 4, accept: vec![4], ..base },
        "denied" => {
            let optional = base.categories.into_iter().chain(base.optional).collect();
            Expected { level: 2, accept: vec![1, 2], categories: Vec::new(), optional }
        }
        "family" => {
            let mut accept: Vec<i64> = base.accept.iter().map(|level| *level.max(&3)).collect();
            accept.extend(base.accept.contains(&2).then_some(2));
            accept.extend((base.level == 4 && !base.has("VSX")).then_some(3));
            if !base.has("TIERS") {
                base.categories.push("TIERS".to_owned());
            }
            base.optional.retain(|one| one != "TIERS");
            Expected { level: base.level.max(3), accept, ..base }
        }
        "generic" => Expected::generic(),
        other => panic!("unknown effect {other}"),
    }
}
