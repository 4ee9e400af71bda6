//! Where the house stood, day by day: what was concluded on a day, kept to be compared. Nothing is ever concluded from it.

use super::figures::{Figures, Part};
use super::status::{State, Status};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was concluded on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// The day.
    pub day: Date,
    /// The figures.
    pub figures: Figures,
    /// Where each measure that counted stood, by id.
    pub states: BTreeMap<String, State>,
}

/// A figure that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the figures of `Figures`")]
pub enum Followed {
    Conformity,
    Base,
    Proof,
    Freshness,
    NotCovered,
}

impl Followed {
    /// Every figure, in the order of the page.
    pub const ALL: [Self; 5] = [Self::Conformity, Self::Base, Self::Proof, Self::Freshness, Self::NotCovered];

    /// In French, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Conformity => "Conformité",
            Self::Base => "Essentiel",
            Self::Proof => "Preuve",
            Self::Freshness => "Fraîcheur",
            Self::NotCovered => "Non couvert",
        }
    }

    /// Its value.
    pub fn of(self, figures: &Figures) -> Part {
        match self {
            Self::Conformity => figures.conformity,
            Self::Base => figures.base,
            Self::Proof => figures.proof,
            Self::Freshness => figures.freshness,
            Self::NotCovered => figures.not_covered,
        }
    }
}

impl Point {
    /// What is concluded today, to be kept.
    pub fn of(day: Date, figures: &Figures, statuses: &[Status]) -> Self {
        let states = statuses.iter().map(|status| (status.measure.to_owned(), status.state)).collect();
        Self { day, figures: figures.clone(), states }
    }

    /// Measures that stand otherwise now than they did on this day: id, then, now. Those that did not count then, or that
    /// count no longer, are left out.
    pub fn changes(&self, now: &[Status]) -> Vec<(&'static str, State, State)> {
        let then = |status: &Status| self.states.get(status.measure).copied();
        let changed = now.iter().filter_map(|status| Some((status.measure, then(status)?, status.state)));
        changed.filter(|(_, then, now)| then != now).collect()
    }
}

/// What is compared with today: the newest point that is at least so many days old, else the oldest there is before today.
pub fn since(points: &[Point], today: Date, days: i32) -> Option<&Point> {
    let age = |point: &Point| (today - point.day).get_days();
    let old = points.iter().filter(|point| age(point) >= days).max_by_key(|point| point.day);
    old.or_else(|| points.iter().filter(|point| point.day < today).min_by_key(|point| point.day))
}

/// At most so many points, the first and the last among them, evenly spread: what a drawing needs.
pub fn thinned(points: &[Point], most: usize) -> Vec<&Point> {
    let (count, most) = (points.len(), most.max(2));
    if count <= most {
        return points.iter().collect();
    }
    (0..most).filter_map(|at| points.get(at * (count - 1) / (most - 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 28);

    fn point(days_ago: i32) -> Point {
        let day = TODAY.checked_sub(days_ago.days()).unwrap();
        Point { day, figures: Figures::default(), states: BTreeMap::new() }
    }

    fn status(measure: &'static str, state: State) -> Status {
        Status { measure, state, evidence: Vec::new(), remaining: Vec::new(), derogated_until: None, stale: false }
    }

    #[test]
    fn compares_with_a_day_old_enough_else_with_the_oldest() {
        let points = [point(90), point(31), point(30), point(2), point(0)];
        assert_eq!(since(&points, TODAY, 30).unwrap().day, point(30).day);
        assert_eq!(since(&points, TODAY, 365).unwrap().day, point(90).day);
        assert_eq!(since(&points[3..], TODAY, 30).unwrap().day, point(2).day);
        assert_eq!(since(&points[4..], TODAY, 30), None);
        assert_eq!(since(&[], TODAY, 30), None);
    }

    #[test]
    fn only_what_counted_both_times_has_changed() {
        let before =
            [status("MAJ-01", State::Failing), status("MAJ-02", State::Conform), status("CONT-01", State::Conform)];
        let point = Point::of(TODAY, &Figures::default(), &before);
        let kept: Point = serde_json::from_str(&serde_json::to_string(&point).unwrap()).unwrap();
        assert_eq!(kept, point);
        let now = [status("MAJ-01", State::Conform), status("MAJ-02", State::Conform), status("ID-01", State::Failing)];
        assert_eq!(kept.changes(&now), [("MAJ-01", State::Failing, State::Conform)]);
    }

    proptest! {
        #[test]
        fn thinning_keeps_both_ends_and_the_order(count in 0usize..300, most in 0usize..50) {
            let points: Vec<Point> = (0..count).rev().map(|ago| point(i32::try_from(ago).unwrap())).collect();
            let kept = thinned(&points, most);
            prop_assert!(kept.len() <= most.max(2) && kept.len() == count.min(most.max(2)));
            prop_assert!(kept.is_sorted_by(|a, b| a.day < b.day));
            prop_assert_eq!(kept.first().map(|one| one.day), points.first().map(|one| one.day));
            prop_assert_eq!(kept.last().map(|one| one.day), points.last().map(|one| one.day));
        }
    }
}
