//! Figures over time: the last value, what it was, and a line drawn from the same numbers.

use crate::web::dates;
use crate::web::summary;
use app::Version;

/// One kind of figure.
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) last: String,
    pub(super) at: String,
    /// `de 58,2 à 61,5`, over what is drawn.
    pub(super) range: Option<String>,
    /// Points of an SVG of 96 by 22.
    pub(super) line: Option<String>,
    pub(super) end: (f64, f64),
    /// The highest of what is drawn.
    pub(super) level: i64,
}

const WIDE: f64 = 96.0;
const HIGH: f64 = 22.0;

/// One row a kind, those measured last first.
pub(super) fn figures(items: &[Version], now: i64) -> Vec<Figure> {
    let mut kinds: Vec<(String, Vec<&Version>)> = Vec::new();
    for item in items {
        let Some(name) = item.resource.get(&["code"]).and_then(summary::concept) else { continue };
        match kinds.iter_mut().find(|(known, _)| *known == name) {
            Some((_, of_kind)) => of_kind.push(item),
            None => kinds.push((name, vec![item])),
        }
    }
    kinds.into_iter().take(6).filter_map(|(name, items)| figure(name, &items, now)).collect()
}

fn figure(name: String, items: &[&Version], now: i64) -> Option<Figure> {
    let last = items.first()?;
    let points: Vec<(i64, f64)> = items.iter().filter_map(|item| Some((item.moment, number(item)?))).collect();
    let (least, most) =
        points.iter().fold((f64::MAX, f64::MIN), |(lo, hi), (_, value)| (lo.min(*value), hi.max(*value)));
    let drawn = points.len() > 1;
    let (line, end) = draw(&points, least, most);
    Some(Figure {
        name,
        last: summary::value(last.resource.object())?,
        at: dates::day(last.moment, now),
        range: drawn.then(|| format!("de {} à {}", short(least), short(most))),
        line: drawn.then_some(line),
        end,
        level: items.iter().map(|item| item.level.code()).max().unwrap_or_default(),
    })
}

fn number(item: &Version) -> Option<f64> {
    let value = item.resource.get(&["valueQuantity", "value"]).or_else(|| item.resource.get(&["valueInteger"]))?;
    value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok())).filter(|value| value.is_finite())
}

/// The points from the oldest to the latest, and the latest.
fn draw(points: &[(i64, f64)], least: f64, most: f64) -> (String, (f64, f64)) {
    let (Some((last, _)), Some((first, _))) = (points.first(), points.last()) else {
        return (String::new(), (0.0, 0.0));
    };
    #[expect(clippy::cast_precision_loss, reason = "a drawing of 96 points")]
    let share = |at: i64| if last == first { 1.0 } else { (at - first) as f64 / (last - first) as f64 };
    let high = |value: f64| if most > least { (value - least) / (most - least) } else { 0.5 };
    let place = |(at, value): &(i64, f64)| (2.0 + share(*at) * (WIDE - 4.0), HIGH - 3.0 - high(*value) * (HIGH - 6.0));
    let places: Vec<(f64, f64)> = points.iter().rev().map(place).collect();
    let line = places.iter().map(|(x, y)| format!("{x:.0},{y:.1}")).collect::<Vec<_>>().join(" ");
    (line, places.last().copied().unwrap_or_default())
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_from_left_to_right_and_upwards() {
        let (line, end) = draw(&[(20, 61.0), (10, 60.0), (0, 59.0)], 59.0, 61.0);
        assert_eq!(line, "2,19.0 48,11.0 94,3.0");
        assert_eq!(end, (94.0, 3.0));
        assert_eq!(draw(&[(0, 5.0), (0, 5.0)], 5.0, 5.0).0, "94,11.0 94,11.0");
    }

    #[test]
    fn writes_numbers_as_in_french() {
        assert_eq!((short(61.54).as_str(), short(60.0).as_str()), ("61,5", "60"));
    }
}
