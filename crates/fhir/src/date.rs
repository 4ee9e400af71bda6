//! FHIR `date`, `dateTime` and `instant` as intervals of UTC microseconds.

use jiff::{Timestamp, civil};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;

/// The interval `[lo, hi)` a value covers at its own precision. A value without a zone is taken as UTC.
pub fn interval(text: &str) -> Option<(i64, i64)> {
    match text.split_once('T') {
        None => calendar(text).map(|(lo, hi, _)| (lo, hi)),
        Some((day, clock)) => moment(day, clock),
    }
}

/// As [`interval`], of what stood in an address: a `+` that was not encoded has been read there as a space.
pub fn asked(text: &str) -> Option<(i64, i64)> {
    match text.split_once(' ') {
        Some((moment, zone)) if moment.contains('T') => interval(&format!("{moment}+{zone}")),
        _ => interval(text),
    }
}

/// Whether `text` is a `date` (`2024`, `2024-05`, `2024-05-17`).
pub fn is_date(text: &str) -> bool {
    calendar(text).is_some()
}

/// RFC 3339 with milliseconds, in UTC; a smaller part is dropped. Outside the years 1 to 9999: the nearest inside.
pub fn instant(micros: i64) -> String {
    let millis = micros.div_euclid(1_000).clamp(FIRST, LAST);
    Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |timestamp| format!("{timestamp:.3}"))
}

/// `0001-01-01T00:00:00.000Z` in milliseconds.
const FIRST: i64 = -62_135_596_800_000;
/// `9999-12-30T21:59:59.999Z`, the last that every zone can write.
const LAST: i64 = 253_402_207_199_999;

/// How much of a calendar date is written.
#[derive(PartialEq)]
enum Precision {
    Year,
    Month,
    Day,
}

fn calendar(text: &str) -> Option<(i64, i64, Precision)> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4).filter(|year| *year > 0)?;
    let (month, day) = (optional(parts.next())?, optional(parts.next())?);
    if parts.next().is_some() {
        return None;
    }
    let first = civil::Date::new(year, i8::try_from(month.unwrap_or(1)).ok()?, i8::try_from(day.unwrap_or(1)).ok()?);
    let first = first.ok()?;
    let (year, number) = (i64::from(first.year()), i64::from(first.month()));
    let lo = midnight(year, number) + (i64::from(first.day()) - 1) * DAY;
    Some(match (month, day) {
        (None, _) => (lo, midnight(year + 1, 1), Precision::Year),
        (_, None) if number == 12 => (lo, midnight(year + 1, 1), Precision::Month),
        (_, None) => (lo, midnight(year, number + 1), Precision::Month),
        _ => (lo, lo + DAY, Precision::Day),
    })
}

/// Microseconds of the first day of a month. Plain arithmetic, because the year 10000 must have one: it ends 9999.
fn midnight(year: i64, month: i64) -> i64 {
    // Years run from March, so that the odd day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5;
    (days - 719_468) * DAY
}

/// Two digits if present; `None` when present and wrong.
fn optional(text: Option<&str>) -> Option<Option<i16>> {
    match text {
        None => Some(None),
        Some(text) => digits(text, 2).map(Some),
    }
}

fn digits(text: &str, count: usize) -> Option<i16> {
    if text.len() == count && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn moment(day: &str, clock: &str) -> Option<(i64, i64)> {
    let (midnight, _, precision) = calendar(day)?;
    if precision != Precision::Day {
        return None;
    }
    let (clock, offset) = zone(clock)?;
    let (whole, fraction) = clock.split_once('.').map_or((clock, None), |(whole, part)| (whole, Some(part)));
    let mut parts = whole.split(':');
    let hour = i64::from(digits(parts.next()?, 2)?);
    let minute = i64::from(digits(parts.next()?, 2)?);
    let second = optional(parts.next())?.map(i64::from);
    if parts.next().is_some() || hour > 23 || minute > 59 || second.is_some_and(|second| second > 60) {
        return None;
    }
    let start = midnight + (hour * 60 + minute) * MINUTE + second.unwrap_or(0) * SECOND - offset;
    match (second, fraction) {
        (None, None) => Some((start, start + MINUTE)),
        (None, Some(_)) => None,
        (Some(_), None) => Some((start, start + SECOND)),
        (Some(_), Some(fraction)) => {
            let (part, width) = below_second(fraction)?;
            Some((start + part, start + part + width))
        }
    }
}

/// Microseconds of a fraction, and of its last digit.
fn below_second(fraction: &str) -> Option<(i64, i64)> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let kept: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let width = 10_i64.pow(6_u32.saturating_sub(u32::try_from(fraction.len()).unwrap_or(6)));
    Some((kept.parse().ok()?, width))
}

/// Splits the zone off; its offset in microseconds.
fn zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = clock.rfind(['+', '-']) else { return Some((clock, 0)) };
    let (clock, zone) = clock.split_at_checked(at)?;
    let (sign, zone) = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(zone), _) => (1, zone),
        (_, Some(zone)) => (-1, zone),
        _ => return None,
    };
    let (hours, minutes) = zone.split_once(':')?;
    let (hours, minutes) = (i64::from(digits(hours, 2)?), i64::from(digits(minutes, 2)?));
    let inside = minutes < 60 && hours * 60 + minutes <= 14 * 60;
    inside.then_some((clock, sign * (hours * 60 + minutes) * MINUTE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn intervals_cover_the_stated_precision() {
        assert_eq!(interval("1970"), Some((0, 365 * DAY)));
        assert_eq!(interval("1970-02"), Some((31 * DAY, 59 * DAY)));
        assert_eq!(interval("1970-01-02"), Some((DAY, 2 * DAY)));
        assert_eq!(interval("1970-01-01T00:00Z"), Some((0, MINUTE)));
        assert_eq!(interval("1970-01-01T01:00:00+01:00"), Some((0, SECOND)));
        assert_eq!(interval("1969-12-31T18:30:00-05:30"), Some((0, SECOND)));
        assert_eq!(interval("1970-01-01T00:00:00.5Z"), Some((500_000, 600_000)));
        assert_eq!(interval("1970-01-01T00:00:00.123456789Z"), Some((123_456, 123_457)));
        assert_eq!(interval("1970-01-01T00:00:00"), Some((0, SECOND)));
    }

    #[test]
    fn the_last_day_of_the_calendar_has_an_end() {
        let (lo, hi) = interval("9999-12-31").unwrap();
        assert_eq!(hi - lo, DAY);
        assert_eq!(interval("9999").unwrap().1, hi);
        assert_eq!(interval("9999-12").unwrap().1, hi);
        assert!(interval("9999-12-31T23:59:59-14:00").is_some());
    }

    #[test]
    fn refuses_what_is_not_a_date() {
        let bad = [
            "",
            "70",
            "0000",
            "1970-13",
            "1970-02-30",
            "1970-1-1",
            "1970-01T00:00",
            "1970-01-01T25:00",
            "x",
            "1970-01-01T",
            "1970-01-01T10",
            "1970-01-01T10:00.5",
            "1970-01-01T10:00:00.",
            "1970-01-01T10:00+14:01",
            "1970-01-01T10:00+01:60",
            "1970-01-01T10:00+1",
            "1970-01-01-01",
            "1970-é",
            "1970-01-01T10:00:00z",
        ];
        for bad in bad {
            assert_eq!(interval(bad), None, "{bad}");
        }
        assert!(is_date("1970-02") && !is_date("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn instant_drops_what_is_below_a_millisecond() {
        assert_eq!(instant(1_500), "1970-01-01T00:00:00.001Z");
        assert_eq!(instant(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(instant(i64::MIN), "0001-01-01T00:00:00.000Z");
        assert_eq!(instant(i64::MAX), "9999-12-30T21:59:59.999Z");
    }

    proptest! {
        #[test]
        fn agrees_with_the_calendar_of_jiff(millis in FIRST..LAST) {
            let text = instant(millis * 1_000);
            let parsed: Timestamp = text.parse().unwrap();
            prop_assert_eq!(parsed.as_millisecond(), millis);
            prop_assert_eq!(interval(&text), Some((millis * 1_000, millis * 1_000 + 1_000)));
        }

        #[test]
        fn never_panics_and_is_never_empty(text in "[0-9TZ:+.é-]{0,32}") {
            if let Some((lo, hi)) = interval(&text) {
                prop_assert!(lo < hi);
            }
        }
    }
}
