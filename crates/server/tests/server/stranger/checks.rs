//! All that differs, told at once.

use crate::support::Answer;
use serde_json::Value;

/// What was looked at, and what was not as it should be.
#[derive(Default)]
pub(super) struct Checks {
    made: usize,
    wrong: Vec<String>,
}

impl Checks {
    pub(super) fn that(&mut self, what: &str, holds: bool, seen: &dyn std::fmt::Debug) {
        self.made += 1;
        if !holds {
            self.wrong.push(format!("{what}: {seen:?}"));
        }
    }

    pub(super) fn equal<A: PartialEq<B> + std::fmt::Debug, B: std::fmt::Debug>(
        &mut self,
        what: &str,
        seen: A,
        wanted: B,
    ) {
        let holds = seen == wanted;
        self.that(what, holds, &(seen, wanted));
    }

    /// The status; of a refusal, that an OperationOutcome says why.
    pub(super) fn status(&mut self, what: &str, answer: &Answer, wanted: u16) {
        let text = String::from_utf8_lossy(&answer.body).chars().take(300).collect::<String>();
        self.that(what, answer.status == wanted, &(answer.status, wanted, text));
        if answer.status >= 400 && !answer.body.is_empty() {
            let outcome: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let issue = &outcome["issue"][0];
            let told = outcome["resourceType"] == "OperationOutcome"
                && issue["severity"].is_string()
                && issue["code"].is_string()
                && issue["diagnostics"].is_string();
            self.that(&format!("{what} (outcome)"), told, &outcome);
        }
    }

    pub(super) fn done(self, least: usize) {
        assert!(self.wrong.is_empty(), "{} of {}:\n{}", self.wrong.len(), self.made, self.wrong.join("\n"));
        assert!(self.made >= least, "{}", self.made);
    }
}
