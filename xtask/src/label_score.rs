//! `label-score`: how the shipped labeler does on files of cases, one JSON object a line.

use anyhow::{Context as _, Result};
use confidentiality::labeler::Labeler;
use confidentiality::labeler::score::{Case, Given, Score, by_category, by_phenomenon};
use std::path::Path;

/// Prints the scores of each file; with `--wrong`, each case that a careful reader would have labelled otherwise.
pub(crate) fn run(files: &[String]) -> Result<()> {
    let labeler = Labeler::shipped()?;
    let (flags, files): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.starts_with("--"));
    for file in files {
        let text = std::fs::read_to_string(Path::new(file)).with_context(|| file.clone())?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let cases = lines.map(|line| serde_json::from_str::<Case>(line).with_context(|| line.to_owned()));
        let given: Vec<Given> = cases.map(|case| Ok(Given::new(case?, &labeler))).collect::<Result<_>>()?;
        println!("{file}");
        let (coded, texts): (Vec<_>, Vec<_>) = given.iter().cloned().partition(|given| given.case.code.is_some());
        for (name, group) in [("coded", coded), ("text", texts)] {
            if !group.is_empty() {
                print(name, &group);
            }
        }
        if flags.iter().any(|flag| *flag == "--wrong") {
            given.iter().filter(|given| !given.is_right()).for_each(tell);
        }
    }
    Ok(())
}

fn print(name: &str, group: &[Given]) {
    row(name, Score::of(group));
    for (phenomenon, score) in by_phenomenon(group) {
        row(&format!("  {phenomenon}"), score);
    }
    for (category, [hits, extra, missed]) in by_category(group) {
        if hits + extra + missed > 0 {
            println!("  {:<16} {hits:>4} right {extra:>4} extra {missed:>4} missed", category.code());
        }
    }
}

fn row(name: &str, score: Score) {
    println!(
        "{name:<18} n={:<4} accepted={:.3} under={:.3} over={:.3} F1={:.3} level 4 left open={}",
        score.cases,
        score.share(score.accepted),
        score.share(score.under),
        score.share(score.over),
        score.f1(),
        score.open
    );
}

fn tell(given: &Given) {
    let Given { case, label } = given;
    let rules: Vec<_> = label.reasons.iter().map(|reason| reason.rule.as_str()).collect();
    println!(
        "{} {} {} | expected {:?} {:?} ({:?}) given {} {:?} {rules:?}",
        case.id,
        case.code.as_deref().unwrap_or_default(),
        case.text.replace('\n', " / "),
        case.accept,
        case.categories,
        case.optional,
        label.level,
        label.categories
    );
}
