//! `socle rules`: checks a folder of rules, and says what another set would change.

use crate::args::{RulesCheckArgs, RulesDiffArgs};
use crate::failure::{Failure, Result, UNREADABLE};
use crate::jobs::Job;
use crate::screen;
use confidentiality::labeler::rules::{self, CodeRule, RuleSet, TextRule};
use confidentiality::labeler::{Context, Labeler};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The name under which the shipped rules are compared.
const SHIPPED: &str = "livrees";

/// Reads a folder of rules, or the shipped ones.
fn read(folder: &Path) -> Result<RuleSet> {
    if folder.as_os_str() == SHIPPED {
        return rules::shipped().map_err(|error| Failure::new(UNREADABLE, error.to_string()));
    }
    let mut files = Vec::new();
    for part in ["", "codes", "text"] {
        let within = folder.join(part);
        let entries = std::fs::read_dir(&within).map_err(|error| Failure::file(&within, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| Failure::file(&within, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push((if part.is_empty() { file } else { format!("{part}/{file}") }, text));
            }
        }
    }
    rules::read(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .map_err(|error| Failure::new(UNREADABLE, format!("{} : {error}", folder.display())))
}

/// Checks shape, patterns and examples.
pub(crate) fn check(args: &RulesCheckArgs) -> Result<u8> {
    let set = read(&args.rules)?;
    let labeler = Labeler::new(&set).map_err(|error| Failure::new(UNREADABLE, error.to_string()))?;
    let mut findings: Vec<String> = Vec::new();
    let mut told = |rule: &str, what: &str, example: &str| findings.push(format!("{rule} : {what} « {example} »"));
    let mut examples = 0;
    for rule in &set.text {
        let context = Context::of_rule(rule);
        let speaks = |text: &str| says(&labeler.label_text(text, &context), &rule.id);
        examples += rule.examples.yes.len() + rule.examples.no.len();
        rule.examples.yes.iter().filter(|text| !speaks(text)).for_each(|text| told(&rule.id, "ne dit rien de", text));
        rule.examples.no.iter().filter(|text| speaks(text)).for_each(|text| told(&rule.id, "parle à tort de", text));
    }
    for rule in &set.codes {
        let system = rule.systems.first().map(String::as_str).unwrap_or_default();
        let decides = |code: &str| says(&labeler.label_code(system, code, None, &Context::default()), &rule.id);
        examples += rule.examples.yes.len() + rule.examples.no.len();
        rule.examples.yes.iter().filter(|code| !decides(code)).for_each(|code| told(&rule.id, "ne décide pas", code));
        rule.examples.no.iter().filter(|code| decides(code)).for_each(|code| told(&rule.id, "décide à tort", code));
    }
    let report = json!({ "version": set.version, "text_rules": set.text.len(), "code_rules": set.codes.len(),
        "neutral": set.neutral.len(), "examples": examples, "findings": findings });
    if args.json {
        screen::print(&report.to_string());
    } else {
        findings.iter().for_each(|finding| screen::print(finding));
        screen::print(&format!(
            "Règles version {} : {} sur les mots, {} sur les codes, {} expressions ordinaires ; {examples} exemples, {}.",
            set.version,
            set.text.len(),
            set.codes.len(),
            set.neutral.len(),
            match findings.len() {
                0 if examples == 0 => "ils ne sont pas embarqués : donnez le dossier des règles".to_owned(),
                0 => "tous tenus".to_owned(),
                count => format!("{count} non tenus"),
            },
        ));
    }
    Ok(u8::from(!findings.is_empty()))
}

fn says(label: &confidentiality::Label, rule: &str) -> bool {
    label.reasons.iter().any(|reason| reason.rule == rule)
}

/// Both sets, known to run.
pub(crate) struct Pair {
    old: RuleSet,
    new: RuleSet,
    /// What differs between the rules themselves.
    pub(crate) rules: Value,
}

impl Pair {
    /// Both sets, for whoever holds the data.
    pub(crate) fn job(&self) -> Job {
        let value = |set: &RuleSet| serde_json::to_value(set).unwrap_or_default();
        Job::Compare { old: value(&self.old), new: value(&self.new) }
    }
}

/// Reads both sets and compares their rules by id.
pub(crate) fn pair(args: &RulesDiffArgs) -> Result<Pair> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let build = |set: &RuleSet| Labeler::new(set).map_err(|error| Failure::new(UNREADABLE, error.to_string()));
    let (before, after) = (by_id(&old), by_id(&new));
    let added: Vec<_> = after.keys().filter(|id| !before.contains_key(*id)).collect();
    let removed: Vec<_> = before.keys().filter(|id| !after.contains_key(*id)).collect();
    let changed: Vec<_> =
        before.iter().filter(|(id, rule)| after.get(*id).is_some_and(|now| now != *rule)).map(|(id, _)| id).collect();
    let rules = json!({ "old_version": old.version, "new_version": new.version, "added": added, "removed": removed,
        "changed": changed, "reading": reading(&old) != reading(&new) });
    build(&old)?;
    build(&new)?;
    Ok(Pair { old, new, rules })
}

/// Everything about a rule but its examples, as one value.
fn by_id(set: &RuleSet) -> BTreeMap<String, Value> {
    fn value<T: Serialize>(rule: &T) -> Value {
        serde_json::to_value(rule).unwrap_or_default()
    }
    let words = set.text.iter().map(|rule: &TextRule| (rule.id.clone(), value(rule)));
    let codes = set.codes.iter().map(|rule: &CodeRule| (rule.id.clone(), value(rule)));
    let neutral = set.neutral.iter().map(|one| (one.id.clone(), value(one)));
    let floors = set.floors.floor.iter().map(|floor| (floor.id.clone(), value(floor)));
    words.chain(codes).chain(neutral).chain(floors).collect()
}

/// How sentences are read, and base levels.
fn reading(set: &RuleSet) -> Value {
    json!([set.context, set.base, set.floors.base, set.floors.kind])
}

/// Says what differs; `store`: what that would change in real data, if any was looked at.
pub(crate) fn report(rules: &Value, store: Option<&Value>, json: bool) {
    if json {
        let mut document = json!({ "rules": rules });
        if let (Some(document), Some(store)) = (document.as_object_mut(), store) {
            document.insert("store".to_owned(), store.clone());
        }
        screen::print(&document.to_string());
        return;
    }
    tell(rules);
    if let Some(store) = store {
        screen::compared(store);
    }
}

/// The comparison of rules, on a terminal.
fn tell(rules: &Value) {
    let list = |key: &str| -> Vec<&str> {
        rules.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    for (key, words) in [("added", "ajoutées"), ("removed", "retirées"), ("changed", "modifiées")] {
        let ids = list(key);
        screen::print(&format!("Règles {words} : {}", ids.len()));
        ids.iter().for_each(|id| screen::print(&format!("  {id}")));
    }
    if rules.get("reading").and_then(Value::as_bool) == Some(true) {
        screen::print("La lecture des phrases ou les niveaux de base changent aussi.");
    }
}
