//! How well a labeler does on a set of cases: what it accepts, under-labels (a leak) and over-labels (fatigue), by
//! phenomenon and by category. Cases carry the levels that a careful reader could choose: experts do not agree among
//! themselves, so nobody is graded against a single truth.

use super::{Context, Labeler};
use crate::{Categories, Category, Label, PlaceProfile};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One case. Two spellings of the keys are read.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// `coded` or `text`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Code system.
    #[serde(default)]
    pub system: Option<String>,
    /// Code.
    #[serde(default)]
    pub code: Option<String>,
    /// Text, or display of the code.
    #[serde(default)]
    pub text: String,
    /// What its author would choose.
    #[serde(alias = "expected_level")]
    pub level: i64,
    /// What another careful reader could choose.
    #[serde(alias = "acceptable_levels")]
    pub accept: Vec<i64>,
    /// Categories that must be given.
    #[serde(alias = "expected_categories")]
    pub categories: Vec<String>,
    /// Categories that may be given.
    #[serde(default, alias = "optional_categories")]
    pub optional: Vec<String>,
    /// What the case is about: plain, homonym, negation…
    pub phenomenon: String,
    /// Kind of place where it was written; none: not said.
    #[serde(default)]
    pub place_profile: Option<String>,
    /// Function of its author; none: not said.
    #[serde(default)]
    pub author_function: Option<String>,
}

/// Figures of a set of cases.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Score {
    /// Cases.
    pub cases: usize,
    /// Level within what is acceptable.
    pub accepted: usize,
    /// Below: a leak.
    pub under: usize,
    /// Above: fatigue.
    pub over: usize,
    /// Categories given and expected.
    pub hits: usize,
    /// Categories given and neither expected nor optional.
    pub extra: usize,
    /// Categories expected and not given.
    pub missed: usize,
    /// Items of level 4 labelled 2 or less.
    pub open: usize,
}

/// What was given for a case.
#[derive(Debug, Clone)]
pub struct Given {
    /// The case.
    pub case: Case,
    /// The label.
    pub label: Label,
}

impl Case {
    /// What a labeler gives for it.
    #[must_use]
    pub fn label(&self, labeler: &Labeler) -> Label {
        let context = Context {
            place_profile: self.place_profile.as_deref().map(PlaceProfile::parse),
            author_function: self.author_function.clone(),
            ..Context::default()
        };
        match (&self.system, &self.code) {
            (Some(system), Some(code)) => labeler.label_code(system, code, Some(&self.text), &context),
            _ => labeler.label_text(&self.text, &context),
        }
    }

    fn range(&self) -> (i64, i64) {
        let (least, most) = (self.accept.iter().min(), self.accept.iter().max());
        (least.copied().unwrap_or(self.level), most.copied().unwrap_or(self.level))
    }
}

fn set(codes: &[String]) -> Categories {
    codes.iter().filter_map(|code| Category::parse(code)).collect()
}

impl Given {
    /// Labels a case.
    #[must_use]
    pub fn new(case: Case, labeler: &Labeler) -> Self {
        let label = case.label(labeler);
        Self { case, label }
    }

    /// Whether level and categories are as a careful reader would have them.
    #[must_use]
    pub fn is_right(&self) -> bool {
        let score = self.score();
        score.accepted == 1 && score.extra + score.missed == 0
    }

    /// Figures of this case alone.
    #[must_use]
    pub fn score(&self) -> Score {
        let (level, (least, most)) = (self.label.level.code(), self.case.range());
        let (expected, optional, given) = (set(&self.case.categories), set(&self.case.optional), self.label.categories);
        let allowed = expected.union(optional);
        Score {
            cases: 1,
            accepted: usize::from(self.case.accept.contains(&level) || level == self.case.level),
            under: usize::from(level < least),
            over: usize::from(level > most),
            hits: given.intersection(expected).len(),
            extra: given.len() - given.intersection(allowed).len(),
            missed: expected.len() - given.intersection(expected).len(),
            open: usize::from(self.case.level == 4 && least > 2 && level <= 2),
        }
    }
}

impl Score {
    /// The figures of several cases.
    pub fn of<'a>(all: impl IntoIterator<Item = &'a Given>) -> Self {
        all.into_iter().map(Given::score).fold(Self::default(), Self::plus)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            cases: self.cases + other.cases,
            accepted: self.accepted + other.accepted,
            under: self.under + other.under,
            over: self.over + other.over,
            hits: self.hits + other.hits,
            extra: self.extra + other.extra,
            missed: self.missed + other.missed,
            open: self.open + other.open,
        }
    }

    /// Share of the cases, 0 to 1.
    #[must_use]
    pub fn share(&self, count: usize) -> f64 {
        if self.cases == 0 { 0.0 } else { count as f64 / self.cases as f64 }
    }

    /// Micro-averaged F1 of the categories, 0 to 1; 1 when none is expected and none given.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let all = 2 * self.hits + self.extra + self.missed;
        if all == 0 { 1.0 } else { 2.0 * self.hits as f64 / all as f64 }
    }
}

/// Figures by phenomenon.
#[must_use]
pub fn by_phenomenon(all: &[Given]) -> BTreeMap<String, Score> {
    let mut groups: BTreeMap<String, Vec<&Given>> = BTreeMap::new();
    for given in all {
        groups.entry(given.case.phenomenon.clone()).or_default().push(given);
    }
    groups.into_iter().map(|(name, group)| (name, Score::of(group))).collect()
}

/// By category: given and expected, given and not, expected and not.
#[must_use]
pub fn by_category(all: &[Given]) -> Vec<(Category, [usize; 3])> {
    let count = |category: Category| {
        let mut counts = [0; 3];
        for given in all {
            let has = given.label.categories.contains(category);
            let (expected, optional) = (set(&given.case.categories), set(&given.case.optional));
            match (has, expected.contains(category)) {
                (true, true) => counts[0] += 1,
                (true, false) if !optional.contains(category) => counts[1] += 1,
                (false, true) => counts[2] += 1,
                _ => {}
            }
        }
        (category, counts)
    };
    Category::ALL.into_iter().map(count).collect()
}
