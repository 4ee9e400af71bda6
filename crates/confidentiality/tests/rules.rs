//! Every rule at work: its own examples, in both directions.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use confidentiality::labeler::{Context, Labeler, rules};
use std::fs;
use std::path::Path;

/// The rule files of the crate, as read from the disk: examples are not embedded.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rules");
    let mut files = Vec::new();
    for folder in ["", "codes", "text"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

fn read() -> rules::RuleSet {
    rules::read(files().iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap()
}

/// A labeler of all rules that can be read; each of the others is said.
fn labeler(set: &rules::RuleSet, wrong: &mut Vec<String>) -> Labeler {
    let mut set = set.clone();
    loop {
        match Labeler::new(&set) {
            Ok(labeler) => return labeler,
            Err(error) => {
                let error = error.to_string();
                let told = |id: &str| error.contains(&format!(" {id}: "));
                let before = set.text.len() + set.neutral.len() + set.codes.len();
                set.text.retain(|rule| !told(&rule.id));
                set.neutral.retain(|neutral| !told(&neutral.id));
                set.codes.retain(|rule| !told(&rule.id));
                assert!(set.text.len() + set.neutral.len() + set.codes.len() < before, "{error}");
                wrong.push(error);
            }
        }
    }
}

#[test]
fn rules_on_words_speak_where_they_should_and_nowhere_else() {
    let set = read();
    let mut wrong = Vec::new();
    let labeler = labeler(&set, &mut wrong);
    for rule in &set.text {
        let context = Context::of_rule(rule);
        let speaks = |text: &str| {
            let label = labeler.label_text(text, &context);
            label.reasons.iter().any(|reason| reason.rule == rule.id)
        };
        wrong.extend(
            rule.examples
                .yes
                .iter()
                .filter(|text| !speaks(text))
                .map(|text| format!("{}: silent on « {text} »", rule.id)),
        );
        wrong.extend(
            rule.examples
                .no
                .iter()
                .filter(|text| speaks(text))
                .map(|text| format!("{}: speaks on « {text} »", rule.id)),
        );
    }
    assert!(wrong.is_empty(), "{} examples\n{}", wrong.len(), wrong.join("\n"));
}

/// An ordinary expression silences what stands in it: no rule above the usual level speaks.
#[test]
fn ordinary_expressions_are_ordinary() {
    let set = read();
    let mut wrong = Vec::new();
    let labeler = labeler(&set, &mut wrong);
    for neutral in &set.neutral {
        for text in &neutral.examples.yes {
            let label = labeler.label_text(text, &Context::default());
            if label.level.code() > 2 {
                wrong.push(format!("{}: « {text} » {:?}", neutral.id, label.reasons));
            }
        }
    }
    assert!(wrong.is_empty(), "{} examples\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn rules_on_codes_decide_their_codes_and_no_other() {
    let set = read();
    let mut wrong = Vec::new();
    let labeler = labeler(&set, &mut wrong);
    for rule in &set.codes {
        for system in &rule.systems {
            let decides = |code: &str| {
                let label = labeler.label_code(system, code, None, &Context::default());
                label.reasons.iter().any(|reason| reason.rule == rule.id)
            };
            wrong.extend(
                rule.examples.yes.iter().filter(|code| !decides(code)).map(|code| format!("{}: not {code}", rule.id)),
            );
            wrong.extend(
                rule.examples.no.iter().filter(|code| decides(code)).map(|code| format!("{}: even {code}", rule.id)),
            );
        }
    }
    assert!(wrong.is_empty(), "{} examples\n{}", wrong.len(), wrong.join("\n"));
}
