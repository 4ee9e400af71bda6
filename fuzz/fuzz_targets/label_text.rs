//! Any text has a label with reasons, each pointing into the text. Never a panic.
#![no_main]

use confidentiality::labeler::{Context, Labeler};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// Longest text given, in bytes.
const LONGEST: usize = 1 << 20;

static LABELER: LazyLock<Labeler> = LazyLock::new(|| Labeler::shipped().expect("the shipped rules load"));

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes.get(..LONGEST).unwrap_or(bytes));
    let label = LABELER.label_text(&text, &Context::default());
    assert!(!label.reasons.is_empty());
    for [start, end] in label.reasons.iter().filter_map(|reason| reason.span) {
        assert!(start < end && text.get(start..end).is_some());
    }
});
