//! The drawing: five lines from 0 to 100 %, each with its own dashes and its name at its end, so that no colour speaks alone.

use crate::web::dates;
use domain::governance::measures::{Followed, Point, thinned};
use jiff::civil::Date;
use std::fmt::Write as _;

/// Width and height of the drawing, and what is left around the lines for words.
const SIZE: (f64, f64) = (760.0, 300.0);
const LEFT: f64 = 46.0;
const RIGHT: f64 = 132.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;
/// Points of a line.
const MOST: usize = 180;
/// The least distance between two names.
const APART: f64 = 17.0;

/// What is drawn.
pub(crate) struct Chart {
    pub(crate) lines: Vec<Line>,
    /// Height and words of each mark on the left.
    pub(crate) marks: Vec<(String, u32)>,
    /// Place and words of each mark below.
    pub(crate) days: Vec<(String, String, &'static str)>,
    /// The whole in one sentence.
    pub(crate) summary: String,
}

/// A line.
pub(crate) struct Line {
    pub(crate) class: &'static str,
    pub(crate) name: &'static str,
    /// One path a stretch: where a figure is of nothing, the line is broken.
    pub(crate) path: String,
    /// Where its last point is, and where its name stands.
    pub(crate) end: (String, String),
    pub(crate) name_at: String,
    pub(crate) last: u32,
}

/// Draws; one day alone is no line.
pub(crate) fn draw(points: &[Point]) -> Option<Chart> {
    let (first, last) = (points.first()?, points.last()?);
    let days = whole_days(first.day, last.day);
    if days < 1.0 {
        return None;
    }
    let across = |day: Date| LEFT + (SIZE.0 - LEFT - RIGHT) * whole_days(first.day, day) / days;
    let kept = thinned(points, MOST);
    let mut lines: Vec<Line> = Followed::ALL.into_iter().filter_map(|one| line(one, &kept, &across)).collect();
    spread(&mut lines);
    let said = |line: &Line| format!("{}\u{a0}{}\u{a0}%", line.name.to_lowercase(), line.last);
    let summary = format!(
        "Du {} au {}. À la fin\u{a0}: {}.",
        dates::short(&first.day.to_string()),
        dates::short(&last.day.to_string()),
        lines.iter().map(said).collect::<Vec<_>>().join(", ")
    );
    let middle = kept.get(kept.len() / 2).map(|point| point.day).filter(|day| *day != first.day && *day != last.day);
    let shown = [(Some(first.day), "start"), (middle, "middle"), (Some(last.day), "end")];
    let mark = |(day, anchor): (Option<Date>, &'static str)| {
        let day = day?;
        Some((place(across(day)), dates::short(&day.to_string()), anchor))
    };
    let marks = [0, 25, 50, 75, 100].map(|percent| (place(height(percent)), percent)).to_vec();
    Some(Chart { lines, marks, days: shown.into_iter().filter_map(mark).collect(), summary })
}

fn whole_days(from: Date, to: Date) -> f64 {
    f64::from((to - from).get_days())
}

fn height(percent: u32) -> f64 {
    TOP + (SIZE.1 - TOP - BOTTOM) * f64::from(100 - percent.min(100)) / 100.0
}

fn place(at: f64) -> String {
    format!("{at:.1}")
}

fn line(one: Followed, points: &[&Point], across: &dyn Fn(Date) -> f64) -> Option<Line> {
    let (mut path, mut end, mut broken) = (String::new(), None, true);
    for point in points {
        let Some(percent) = one.of(&point.figures).percent() else {
            broken = true;
            continue;
        };
        let (x, y) = (across(point.day), height(percent));
        let _ = write!(path, "{}{x:.1} {y:.1}", if broken { "M" } else { "L" });
        (end, broken) = (Some((x, y, percent)), false);
    }
    let (x, y, last) = end?;
    let class = match one {
        Followed::Conformity => "conformity",
        Followed::Base => "base",
        Followed::Proof => "proof",
        Followed::Freshness => "freshness",
        Followed::NotCovered => "uncovered",
    };
    Some(Line { class, name: one.label(), path, end: (place(x), place(y)), name_at: place(y), last })
}

/// Names that would cover each other are moved apart, in their order, and all stay within the drawing.
fn spread(lines: &mut [Line]) {
    let mut order: Vec<(f64, usize)> =
        lines.iter().enumerate().map(|(at, line)| (line.end.1.parse().unwrap_or(0.0), at)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut least = TOP;
    for (y, _) in &mut order {
        *y = y.max(least);
        least = *y + APART;
    }
    let mut most = SIZE.1 - BOTTOM;
    for (y, _) in order.iter_mut().rev() {
        *y = y.min(most);
        most = *y - APART;
    }
    for (y, at) in order {
        if let Some(line) = lines.get_mut(at) {
            line.name_at = place(y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::governance::measures::{Figures, Part};
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use std::collections::BTreeMap;

    fn point(day: i32, parts: [u32; 5]) -> Point {
        let part = |at: usize| Part { part: parts[at], whole: if parts[at] > 100 { 0 } else { 100 } };
        let figures = Figures {
            conformity: part(0),
            base: part(1),
            proof: part(2),
            freshness: part(3),
            not_covered: part(4),
            ..Figures::default()
        };
        Point { day: date(2026, 1, 1).saturating_add(day.days()), figures, states: BTreeMap::new() }
    }

    #[test]
    fn one_day_is_no_line_and_nothing_breaks_it() {
        assert!(draw(&[]).is_none());
        assert!(draw(&[point(0, [1; 5])]).is_none());
        let points = [point(0, [10, 20, 30, 40, 50]), point(1, [10, 20, 999, 40, 50]), point(2, [60, 20, 35, 40, 0])];
        let chart = draw(&points).unwrap();
        assert_eq!(chart.lines.len(), 5);
        let proof = chart.lines.iter().find(|line| line.name == "Preuve").unwrap();
        assert_eq!(proof.path.matches('M').count(), 2);
        assert!(chart.summary.contains("conformité\u{a0}60\u{a0}%"));
        assert_eq!(chart.days.len(), 3);
    }

    #[test]
    fn names_never_cover_each_other_and_stay_inside() {
        let mut random = 7_u32;
        let mut next = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 16) % 102
        };
        for _ in 0..500 {
            let points: Vec<Point> = (0..12).map(|day| point(day, std::array::from_fn(|_| next()))).collect();
            let chart = draw(&points).unwrap();
            let mut at: Vec<f64> = chart.lines.iter().map(|line| line.name_at.parse().unwrap()).collect();
            at.sort_by(f64::total_cmp);
            assert!(at.windows(2).all(|pair| pair[1] - pair[0] >= APART - 0.2), "{at:?}");
            assert!(at.iter().all(|y| (TOP - 0.1..=SIZE.1 - BOTTOM + 0.1).contains(y)), "{at:?}");
        }
    }
}
