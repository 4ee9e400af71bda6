//! How well the shipped rules do on cases written without sight of them: sentences, notes, templates filled in,
//! misspellings. A third is held back from who writes the rules: of that part, figures only, never a sentence.
//!
//! With `SOCLE_CASES_OUT` (a folder), both parts are written there as JSONL, for `cargo xtask label-score`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the scores are what these tests are for")]

#[path = "cases/bars.rs"]
mod bars;
#[path = "cases/health.rs"]
mod health;
#[path = "cases/load.rs"]
mod load;
#[path = "cases/sets.rs"]
mod sets;
#[path = "cases/social.rs"]
mod social;
#[path = "cases/template.rs"]
mod template;
#[path = "cases/typo.rs"]
mod typo;

use bars::Bars;
use confidentiality::Category;
use confidentiality::labeler::Labeler;
use confidentiality::labeler::score::{Case, Given};
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Targets on unseen sentences.
const TEXT: Bars = Bars { accepted: 0.88, under: 0.04, over: 0.08, f1: 0.88, ordinary: 0.85, open: 0 };
/// Below which the held part may not fall. Its targets are [`TEXT`]'s: what is still missed of them is in
/// `docs/LABELER.md`.
const HELD: Bars = Bars { accepted: 0.94, under: 0.02, over: 0.04, f1: 0.905, ordinary: 0.84, open: 2 };
/// Below which sets by strangers may not fall while no rule is written with them: homonyms are not at their target there.
const UNTUNED: Bars = Bars { accepted: 0.91, under: 0.04, over: 0.05, f1: 0.93, ordinary: 0.81, open: 0 };
/// Below which the held part of the cases by the author of rules may not fall.
const FIELD_HELD: Bars = Bars { accepted: 0.88, under: 0.07, over: 0.06, f1: 0.88, ordinary: 0.7, open: 2 };
/// The same of the two whose authors come from children's homes and from the street: harder for what few others write of.
const UNTUNED_HARDER: Bars = Bars { accepted: 0.91, under: 0.04, over: 0.05, f1: 0.91, ordinary: 0.78, open: 3 };
/// The same of one whose homonyms are rare and facts implied on purpose.
const UNTUNED_RARE: Bars = Bars { accepted: 0.92, under: 0.045, over: 0.04, f1: 0.93, ordinary: 0.81, open: 0 };
/// On delicate facts in everyday words and nothing else, of the half that rules were not written with.
const HARD_HELD: Bars = Bars { accepted: 0.78, under: 0.2, over: 0.04, f1: 0.72, ordinary: 0.0, open: 10 };
/// On homonyms and writings for everybody by a stranger, those that rules were mended with.
const HOMONYMS: Bars = Bars { accepted: 0.9, under: 0.02, over: 0.09, f1: 0.0, ordinary: 0.9, open: 0 };
/// On the other half of them.
const HOMONYMS_HELD: Bars = Bars { accepted: 0.78, under: 0.02, over: 0.22, f1: 0.0, ordinary: 0.78, open: 0 };
/// Ordinary transmissions alone: what nobody who cares may be kept from reading. Words were weighed with these.
const ORDINARY: Bars = Bars { accepted: 0.95, under: 0.03, over: 0.025, f1: 0.0, ordinary: 0.0, open: 0 };
/// The others, of which nothing was weighed nor mended.
const ORDINARY_HELD: Bars = Bars { accepted: 0.93, under: 0.03, over: 0.055, f1: 0.0, ordinary: 0.0, open: 0 };
/// On ordinary things that somebody says, half of whose like the weights were counted with.
const REPORTED_HELD: Bars = Bars { accepted: 0.85, under: 0.0, over: 0.15, f1: 0.0, ordinary: 0.0, open: 0 };
/// On the sentences of the sample.
const SAMPLE_TEXT: Bars = Bars { accepted: 0.95, under: 0.02, over: 0.05, f1: 0.93, ordinary: 0.85, open: 0 };
/// On the codes of the sample.
const SAMPLE_CODED: Bars = Bars { accepted: 0.97, under: 0.01, over: 1.0, f1: 0.0, ordinary: 0.0, open: usize::MAX };

fn given(cases: Vec<Case>) -> Vec<Given> {
    let labeler = Labeler::shipped().unwrap();
    cases.into_iter().map(|case| Given::new(case, &labeler)).collect()
}

#[test]
fn open_cases_meet_the_bars() {
    let given = given(sets::split().open);
    println!("{}", bars::table("open", &given));
    let missed = TEXT.missed(&given);
    assert!(missed.is_empty(), "open\n{}\n{}", missed.join("\n"), bars::wrong(&given));
}

/// What fails is told by its figures alone: rules are not to be written for these cases.
#[test]
fn held_cases_do_not_fall_back() {
    let given = given(sets::split().held);
    println!("{}", bars::table("held", &given));
    println!("of the targets, missed: {:?}", TEXT.missed(&given));
    let missed = HELD.missed(&given);
    assert!(missed.is_empty(), "held\n{}", missed.join("\n"));
}

/// Cases by the author of rules, each written before it was run; a third of *field* was never looked at, but is of the same hand.
/// Of *fresh*, and of *stranger*, by somebody who had seen no rule, what counts is the first score, in `docs/LABELER.md`: rules
/// were mended with them afterwards.
#[test]
fn field_cases_meet_their_bars() {
    let mut told = Vec::new();
    let sets = [
        ("field", "field-open.jsonl", TEXT),
        ("field, held", "field-held.jsonl", FIELD_HELD),
        ("fresh 1", "fresh-1.jsonl", TEXT),
        ("fresh 2", "fresh-2.jsonl", TEXT),
        ("fresh 3", "fresh-3.jsonl", TEXT),
        ("fresh 4", "fresh-4.jsonl", TEXT),
        ("stranger 1", "stranger-1.jsonl", TEXT),
        ("stranger 2", "stranger-2.jsonl", TEXT),
        ("stranger 3", "stranger-3.jsonl", TEXT),
        ("stranger 4", "stranger-4.jsonl", TEXT),
        ("stranger 5", "stranger-5.jsonl", TEXT),
        ("stranger 6", "stranger-6.jsonl", TEXT),
        ("stranger 7", "stranger-7.jsonl", UNTUNED),
        ("stranger 8", "stranger-8.jsonl", UNTUNED),
        ("stranger 9", "stranger-9.jsonl", TEXT),
        ("stranger 10", "stranger-10.jsonl", TEXT),
        ("stranger 11", "stranger-11.jsonl", UNTUNED_HARDER),
        ("stranger 12", "stranger-12.jsonl", UNTUNED_HARDER),
        ("stranger 13", "stranger-13.jsonl", HOMONYMS),
        ("stranger 16", "stranger-16.jsonl", TEXT),
        ("stranger 17", "stranger-17.jsonl", TEXT),
        ("stranger 18", "stranger-18.jsonl", TEXT),
        ("stranger 19", "stranger-19.jsonl", TEXT),
        ("stranger 20", "stranger-20.jsonl", UNTUNED),
        ("stranger 21", "stranger-21.jsonl", UNTUNED_RARE),
        ("stranger 22", "stranger-22.jsonl", TEXT),
        ("stranger 23", "stranger-23.jsonl", TEXT),
        ("stranger 24", "stranger-24.jsonl", TEXT),
        ("stranger 25", "stranger-25.jsonl", Bars { ordinary: 0.0, ..TEXT }),
        ("ordinary", "ordinary-open.jsonl", ORDINARY),
        ("ordinary, held", "ordinary-held.jsonl", ORDINARY_HELD),
        ("reported, held", "reported-held.jsonl", REPORTED_HELD),
    ];
    for (name, file, bars) in sets {
        let given = given(load::files(&[file]));
        println!("{}", bars::table(name, &given));
        println!("of the targets, missed: {:?}", TEXT.missed(&given));
        let missed = bars.missed(&given);
        told.extend(missed.into_iter().map(|missed| format!("{name}: {missed}")));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// Homonyms and writings for everybody alone, many and varied on purpose: rules were mended with those of even number.
#[test]
fn homonyms_meet_their_bars() {
    halves("homonyms", &[HOMONYMS, HOMONYMS_HELD]);
}

/// Delicate facts in everyday words alone: scenes were written with those of even number.
#[test]
fn facts_in_everyday_words_meet_their_bars() {
    halves("hard-1", &[Bars { ordinary: 0.0, ..TEXT }, HARD_HELD]);
}

/// Cases of even number, which were seen, and the others, each by its bars.
fn halves(name: &str, bars: &[Bars; 2]) {
    let number = |case: &Case| case.id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().unwrap();
    let (seen, held): (Vec<_>, Vec<_>) =
        load::files(&[&format!("{name}.jsonl")]).into_iter().partition(|case| number(case) % 2 == 0);
    let mut told = Vec::new();
    for (part, bars, cases) in [("seen", &bars[0], seen), ("held", &bars[1], held)] {
        let given = given(cases);
        println!("{}", bars::table(&format!("{name}, {part}"), &given));
        told.extend(bars.missed(&given).into_iter().map(|missed| format!("{name}, {part}: {missed}")));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn sample_cases_meet_the_bars() {
    let Some(folder) = samples() else { return };
    let text = fs::read_to_string(folder.join("sensitivity/dev.jsonl")).unwrap();
    let (coded, texts): (Vec<_>, Vec<_>) = given(load::lines(&text)).into_iter().partition(|g| g.case.code.is_some());
    let mut told = Vec::new();
    for (name, bars, given) in [("coded", SAMPLE_CODED, coded), ("text", SAMPLE_TEXT, texts)] {
        println!("{}", bars::table(name, &given));
        let missed = bars.missed(&given);
        if !missed.is_empty() {
            told.push(format!("{name}\n{}\n{}", missed.join("\n"), bars::wrong(&given)));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// The folder of sample data; `None`, loudly, where there is none and none is required.
fn samples() -> Option<PathBuf> {
    let folder = env::var_os("SOCLE_SAMPLES").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        let required = env::var("SOCLE_REQUIRE").unwrap_or_default();
        let required = required.split(',').any(|part| part.trim() == "samples");
        assert!(!required, "SOCLE_SAMPLES is required and is no folder");
        eprintln!("SKIPPED: SOCLE_SAMPLES is not set, nothing was tested against the sample cases");
    }
    folder
}

#[test]
fn cases_are_many_and_well_formed() {
    let sets = sets::split();
    let (open, held) = (sets.open.len(), sets.held.len());
    assert!(open + held >= 1000 && held * 4 > open && held * 5 < open * 3, "{open} open, {held} held");
    let (mut ids, mut texts, mut misspelled) = (HashSet::new(), HashSet::new(), 0);
    for case in sets.open.iter().chain(&sets.held) {
        assert!(ids.insert(case.id.as_str()), "{} is there twice", case.id);
        assert!(texts.insert(case.text.as_str()) || sets::source(&case.id) == "by hand", "{}: same text", case.id);
        assert!(!case.text.contains(['{', '}']), "{}: a placeholder is left", case.id);
        assert!(case.accept.contains(&case.level), "{}: its own level is not accepted", case.id);
        let levels = case.accept.iter().all(|level| (0..=4).contains(level));
        let known = |code: &String| Category::parse(code).is_some();
        let named = case.categories.iter().chain(&case.optional).all(known);
        let apart = !case.categories.iter().any(|code| case.optional.contains(code));
        assert!(levels && named && apart, "{}: levels or categories", case.id);
        misspelled += usize::from(sets::source(&case.id) == "misspelled");
    }
    assert!((120..=180).contains(&misspelled), "{misspelled} misspelled");
}

/// Only where asked: nothing is written in a plain run.
#[test]
fn cases_are_written_out_where_asked() {
    let Some(folder) = env::var_os("SOCLE_CASES_OUT") else { return };
    let folder = Path::new(&folder);
    assert!(folder.is_absolute(), "SOCLE_CASES_OUT must be an absolute path");
    fs::create_dir_all(folder).unwrap();
    let sets = sets::split();
    for (name, cases) in [("open.jsonl", sets.open), ("held.jsonl", sets.held)] {
        let lines: String = cases.iter().map(|case| line(case) + "\n").collect();
        fs::write(folder.join(name), lines).unwrap();
    }
}

fn line(case: &Case) -> String {
    json!({
        "id": case.id, "text": case.text, "level": case.level, "accept": case.accept, "categories": case.categories,
        "optional": case.optional, "phenomenon": case.phenomenon,
    })
    .to_string()
}
