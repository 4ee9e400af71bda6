//! All cases, and the third of them that stays unseen by who writes the rules.

use crate::{health, load, social, typo};
use confidentiality::labeler::score::Case;

/// The two parts.
pub(crate) struct Sets {
    /// Rules may be written with these in sight.
    pub(crate) open: Vec<Case>,
    /// Only figures of these are ever shown.
    pub(crate) held: Vec<Case>,
}

/// Hand-written, generated and misspelled cases.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = load::files(&load::SENTENCES);
    cases.extend(health::cases());
    cases.extend(social::cases());
    let misspelled = typo::variants(&cases);
    cases.extend(misspelled);
    cases.extend(load::files(&load::NOTES));
    cases
}

/// A third is held. A misspelled case goes with the one it comes from: it would show it.
pub(crate) fn split() -> Sets {
    let is_held = |case: &Case| fnv(case.id.trim_end_matches("-T")).is_multiple_of(3);
    let (held, open) = all().into_iter().partition(is_held);
    Sets { open, held }
}

/// FNV-1a, 64 bits.
pub(crate) fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Where a case comes from, by its name.
pub(crate) fn source(id: &str) -> &'static str {
    match id {
        _ if id.ends_with("-T") => "misspelled",
        _ if id.starts_with("HG") || id.starts_with("ST") => "templates",
        _ if id.starts_with("HN") || id.starts_with("SN") => "notes",
        _ => "by hand",
    }
}
