//! From what was observed to a verdict.

use super::{Facts, Finding, Observed, Reason, Verdict};
use jiff::civil::Date;

/// How well what was observed is supported on the day `at`. Unsupported from the day after the last day; never fails:
/// what is not known is [`Verdict::Unknown`], with the reason.
pub fn assess(facts: &Facts, observed: &Observed<'_>, at: Date) -> Finding {
    let _ = (facts, observed, at);
    let reason = Reason { rule: "aucune-regle".into(), fr: "Aucune règle ne reconnaît ce nom.".into() };
    Finding { product: None, cycle: None, eol: None, eoes: None, verdict: Verdict::Unknown, reason }
}
