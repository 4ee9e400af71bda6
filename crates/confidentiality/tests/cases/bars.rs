//! The bars of quality, and the tables of what was reached.

use crate::sets::source;
use confidentiality::labeler::score::{Given, Score, by_category, by_phenomenon};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Wrong cases told at most.
const TOLD: usize = 40;

/// What a set of cases must reach; all hold together.
#[derive(Default)]
pub(crate) struct Bars {
    pub(crate) accepted: f64,
    pub(crate) under: f64,
    pub(crate) over: f64,
    pub(crate) f1: f64,
    /// Accepted among homonyms and what designates nobody.
    pub(crate) ordinary: f64,
    /// Items of level 4 may be left open, misspelled or implied ones apart: how many.
    pub(crate) open: usize,
}

impl Bars {
    /// The bars that are missed, each with its figure.
    pub(crate) fn missed(&self, given: &[Given]) -> Vec<String> {
        let about = |words: &[&str], wanted: bool| {
            Score::of(given.iter().filter(|given| words.contains(&given.case.phenomenon.as_str()) == wanted))
        };
        let (all, ordinary) = (Score::of(given), about(&["homonym", "generic"], true));
        let open = about(&["implicit", "typo"], false).open;
        let least = [
            ("accepted", all.share(all.accepted), self.accepted),
            ("category F1", all.f1(), self.f1),
            ("homonym and generic accepted", ordinary.share(ordinary.accepted), self.ordinary),
        ];
        let most = [
            ("under", all.share(all.under), self.under),
            ("over", all.share(all.over), self.over),
            ("items of level 4 left open", open as f64, self.open as f64),
        ];
        let short = least.iter().filter(|(_, found, bar)| found < bar);
        let beyond = most.iter().filter(|(_, found, bar)| found > bar);
        short.chain(beyond).map(|(name, found, bar)| format!("{name}: {found:.3}, the bar is {bar:.3}")).collect()
    }
}

/// Figures of a set: all, by phenomenon, by source, by category. Never a sentence.
pub(crate) fn table(name: &str, given: &[Given]) -> String {
    let mut out = String::new();
    row(&mut out, name, Score::of(given));
    for (phenomenon, score) in by_phenomenon(given) {
        row(&mut out, &format!("  {phenomenon}"), score);
    }
    let mut sources: BTreeMap<&str, Vec<&Given>> = BTreeMap::new();
    for given in given {
        sources.entry(source(&given.case.id)).or_default().push(given);
    }
    for (source, group) in sources {
        row(&mut out, &format!("  ({source})"), Score::of(group));
    }
    for (category, [hits, extra, missed]) in by_category(given) {
        if hits + extra + missed > 0 {
            let code = category.code();
            let _ = writeln!(out, "  {code:<16} {hits:>4} right {extra:>4} extra {missed:>4} missed");
        }
    }
    out
}

fn row(out: &mut String, name: &str, score: Score) {
    let _ = writeln!(
        out,
        "{name:<18} n={:<4} accepted={:.3} under={:.3} over={:.3} F1={:.3} level 4 left open={}",
        score.cases,
        score.share(score.accepted),
        score.share(score.under),
        score.share(score.over),
        score.f1(),
        score.open
    );
}

/// The first wrong cases, leaks before the others.
pub(crate) fn wrong(given: &[Given]) -> String {
    let mut wrong: Vec<&Given> = given.iter().filter(|given| !given.is_right()).collect();
    wrong.sort_by_key(|given| std::cmp::Reverse(given.score().under));
    let tell = |given: &&Given| {
        let Given { case, label } = given;
        let rules: Vec<_> = label.reasons.iter().map(|reason| reason.rule.as_str()).collect();
        let text = case.text.replace('\n', " / ");
        format!(
            "{} [{}] {text} | expected {:?} {:?} ({:?}) given {} {:?} {rules:?}",
            case.id,
            case.phenomenon,
            case.accept,
            case.categories,
            case.optional,
            label.level.code(),
            label.categories
        )
    };
    wrong.iter().take(TOLD).map(tell).collect::<Vec<_>>().join("\n")
}
