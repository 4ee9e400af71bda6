//! Work is bounded by the length of the text, whatever the text: who writes a megabyte of anything waits for a megabyte.
//!
//! Times are only compared with one another within a run: twenty times the text may take eight times twenty times as long.

use confidentiality::labeler::{Context, Labeler};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Bytes of the short text, at least and at most; the long one has twenty times as many, up to a megabyte. Less without
/// optimisation, so that the test is short.
const LEAST: usize = 500;
const MOST: usize = if cfg!(debug_assertions) { 16_000 } else { 50_000 };
/// A short text need not take longer.
const BRIEF: Duration = Duration::from_millis(2);
const TIMES: usize = 20;
/// What is measured on the way.
const STEP: usize = 5;
/// What is never waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much more than its share the long text may take: other programs run on the machine.
const SLACK: u32 = 8;

/// A text of so many bytes.
type Make = fn(usize) -> String;

/// What might be slow: one word, one sentence, one clause, one pattern over and over.
fn adversaries() -> Vec<(&'static str, Make)> {
    vec![
        ("one word without end", |bytes| "schizophreni".repeat(bytes / 12)),
        ("one word repeated", |bytes| "alcoolisme ".repeat(bytes / 11)),
        ("only commas", |bytes| ",".repeat(bytes)),
        ("only full stops", |bytes| ". ".repeat(bytes / 2)),
        ("a denied pattern, no punctuation", |bytes| "pas de viol ".repeat(bytes / 12)),
        ("a denied pattern, one clause each", |bytes| "pas de viol, ".repeat(bytes / 13)),
        ("a relative and a pattern", |bytes| "sa mère alcoolique ".repeat(bytes / 20)),
        ("gaps that never close", |bytes| "ne veut pas que sa ".repeat(bytes / 19)),
        ("enumeration", |bytes| "ni viol ni coups ou ".repeat(bytes / 20)),
        ("titles and quotes", |bytes| "le film « Viol » ".repeat(bytes / 19)),
        ("nested quotes", |bytes| "« ".repeat(bytes / 8) + "viol" + &" »".repeat(bytes / 8)),
        ("nested brackets", |bytes| "(".repeat(bytes / 2) + "viol" + &")".repeat(bytes / 2)),
        ("initials, then blanks", |bytes| "M. ".repeat(bytes / 6) + &" ".repeat(bytes / 2)),
        ("capitals", |bytes| "VIH IVG TS SIDA ".repeat(bytes / 16)),
        ("random letters", letters),
        ("accents without letters", |bytes| "\u{301}".repeat(bytes / 2)),
    ]
}

/// Letters and blanks out of a small generator: the same each time.
fn letters(bytes: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match (state >> 32) % 32 {
            letter @ 0..26 => char::from(b'a' + letter as u8),
            _ => ' ',
        }
    };
    (0..bytes).map(|_| next()).collect()
}

fn time(labeler: &Labeler, text: &str) -> Duration {
    let start = Instant::now();
    black_box(labeler.label_text(black_box(text), &Context::default()));
    start.elapsed()
}

/// The least of several measures: what else the machine does only adds.
fn least(labeler: &Labeler, text: &str, enough: Duration) -> Duration {
    let mut least = time(labeler, text);
    for _ in 0..2 {
        if least <= enough || least > PATIENCE {
            break;
        }
        least = least.min(time(labeler, text));
    }
    least
}

/// The text to start from: as long as it may be, unless it already takes long.
fn start(labeler: &Labeler, make: Make) -> (usize, Duration) {
    let mut bytes = LEAST;
    loop {
        let short = least(labeler, &make(bytes), Duration::ZERO);
        if bytes == MOST || short > BRIEF {
            return (bytes, short);
        }
        bytes = (2 * bytes).min(MOST);
    }
}

/// How much longer a text takes than its length allows; `None` when it does not.
fn excess(labeler: &Labeler, make: Make) -> Option<String> {
    let (bytes, short) = start(labeler, make);
    let bound = short.max(Duration::from_micros(200)) * SLACK * TIMES as u32;
    // A longer text first: what would take minutes is told from it, not waited for.
    let longer = least(labeler, &make(bytes * STEP), bound / (TIMES / STEP) as u32);
    let growth = longer.as_secs_f64() / short.as_secs_f64();
    let foreseen = longer.mul_f64(growth.powf((TIMES as f64 / STEP as f64).ln() / (STEP as f64).ln()));
    if foreseen > bound && foreseen > PATIENCE {
        return Some(format!("{short:?} for {bytes} bytes, {longer:?} for {STEP} times as many"));
    }
    let long = least(labeler, &make(bytes * TIMES), bound);
    (long > bound).then(|| format!("{short:?} for {bytes} bytes, {long:?} for {TIMES} times as many"))
}

#[test]
fn work_grows_as_the_text_does() {
    let labeler = Labeler::shipped().unwrap();
    let told = |(name, make): (&str, Make)| Some(format!("{name}: {}", excess(&labeler, make)?));
    let slow: Vec<String> = adversaries().into_iter().filter_map(told).collect();
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
