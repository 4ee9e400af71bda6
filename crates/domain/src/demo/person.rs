//! One person being invented: their stream, their place, and what has been written so far.

use super::content::fill;
use super::random::Stream;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

/// One person's record: the Patient first, then what points at it.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// Index in [`super::PLACES`].
    pub place: usize,
    /// Resources, each with its author's login.
    pub resources: Vec<(&'static str, Value)>,
    /// Kind of writing of each resource, for the floors of the labeler; same order.
    pub kinds: Vec<Option<&'static str>>,
}

/// Logins, by place.
pub(super) const DOCTORS: [&str; 3] = ["medco", "lea", "medecin"];
pub(super) const NURSES: [&str; 3] = ["ines", "lea", "infirmier"];
pub(super) const CLERKS: [&str; 3] = ["secretariat", "nadia", "infirmier"];
pub(super) const REFERENTS: [&str; 3] = ["hugo", "malik", "infirmier"];

pub(super) struct Person<'a> {
    pub(super) stream: Stream,
    pub(super) place: usize,
    pub(super) id: String,
    pub(super) at: Date,
    pub(super) out: &'a mut Dossier,
}

impl Person<'_> {
    pub(super) fn add(&mut self, author: &'static str, kind: Option<&'static str>, value: Value) {
        self.out.resources.push((author, value));
        self.out.kinds.push(kind);
    }

    /// Who does this work at the person's place.
    pub(super) fn by(&self, logins: [&'static str; 3]) -> &'static str {
        logins.get(self.place).copied().unwrap_or("infirmier")
    }

    pub(super) fn subject(&self) -> Value {
        json!({ "reference": format!("Patient/{}", self.id) })
    }

    pub(super) fn author(&self, login: &str) -> Value {
        json!({ "reference": format!("Practitioner/demo-{login}") })
    }

    pub(super) fn fill(&mut self, text: &str) -> String {
        fill(text, &mut self.stream)
    }

    /// So many days ago.
    pub(super) fn ago(&self, days: u64) -> Date {
        let days = i64::try_from(days).unwrap_or(0);
        self.at.checked_sub(days.days()).unwrap_or(self.at)
    }

    /// A day within the last `within`.
    pub(super) fn day(&mut self, within: u64) -> Date {
        let back = 1 + self.stream.below(within);
        self.ago(back)
    }

    /// An hour of a day, in universal time.
    pub(super) fn hour(&mut self, day: Date) -> String {
        let (hour, minute) = (5 + self.stream.below(16), self.stream.below(60));
        format!("{day}T{hour:02}:{minute:02}:00Z")
    }

    /// Days on which something is written, per mille of chance a day: dense over the last weeks, thinner over years.
    pub(super) fn days(&mut self, recent: u64, year: u64, older: u64) -> Vec<Date> {
        let mut days = Vec::new();
        // Until yesterday: nothing is written in the future.
        for back in 1..1_825 {
            let chance = match back {
                ..28 => recent,
                28..365 => year,
                _ => older,
            };
            for _ in 0..chance / 1_000 {
                days.push(self.ago(back));
            }
            if self.stream.below(1_000) < chance % 1_000 {
                days.push(self.ago(back));
            }
        }
        days
    }
}
