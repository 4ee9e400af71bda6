//! FHIR `date`, `dateTime` and `instant` as intervals of UTC microseconds.

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// The interval `[lo, hi)` a value covers at its own precision. A value without a zone is taken as UTC.
pub fn interval(text: &str) -> Option<(i64, i64)> {
    match text.split_once('T') {
        None => calendar(text),
        Some((day, clock)) => moment(day, clock),
    }
}

/// Whether `text` is a `date` (`2024`, `2024-05`, `2024-05-17`).
pub fn is_date(text: &str) -> bool {
    !text.contains('T') && calendar(text).is_some()
}

/// RFC 3339 with milliseconds, in UTC.
pub fn instant(micros: i64) -> String {
    let Ok(timestamp) = Timestamp::from_microsecond(micros) else { return String::new() };
    format!("{timestamp:.3}")
}

fn micros(date: civil::Date) -> Option<i64> {
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

fn calendar(text: &str) -> Option<(i64, i64)> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map(|m| digits(m, 2)).map_or(Ok(None), |m| m.map(Some).ok_or(())).ok()?;
    let day = parts.next().map(|d| digits(d, 2)).map_or(Ok(None), |d| d.map(Some).ok_or(())).ok()?;
    if parts.next().is_some() {
        return None;
    }
    let narrow = |value: Option<i16>| value.map_or(Some(1), |value| i8::try_from(value).ok());
    let first = civil::Date::new(year, narrow(month)?, narrow(day)?).ok()?;
    let span = match (month, day) {
        (None, _) => 1.year(),
        (_, None) => 1.month(),
        _ => 1.day(),
    };
    Some((micros(first)?, micros(first.checked_add(span).ok()?)?))
}

fn digits(text: &str, count: usize) -> Option<i16> {
    if text.len() == count && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn moment(day: &str, clock: &str) -> Option<(i64, i64)> {
    let (lo, hi) = calendar(day)?;
    if hi - lo != 86_400_000_000 {
        return None;
    }
    let (clock, offset) = zone(clock)?;
    let (whole, fraction) = clock.split_once('.').map_or((clock, None), |(whole, part)| (whole, Some(part)));
    let mut parts = whole.split(':');
    let hour = i64::from(digits(parts.next()?, 2)?);
    let minute = i64::from(digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(None), |s| digits(s, 2).map(|s| Some(i64::from(s))))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second.is_some_and(|s| s > 60) {
        return None;
    }
    let start = lo + ((hour * 60 + minute) * 60 + second.unwrap_or(0)) * 1_000_000 - offset;
    match (second, fraction) {
        (None, None) => Some((start, start + 60_000_000)),
        (None, Some(_)) => None,
        (Some(_), None) => Some((start, start + 1_000_000)),
        (Some(_), Some(fraction)) => {
            if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let kept: String = fraction.chars().chain("000000".chars()).take(6).collect();
            let width = 10_i64.pow(6_u32.saturating_sub(u32::try_from(fraction.len()).unwrap_or(6)));
            let start = start + kept.parse::<i64>().ok()?;
            Some((start, start + width))
        }
    }
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
    let minutes = i64::from(digits(hours, 2)?) * 60 + i64::from(digits(minutes, 2)?);
    Some((clock, sign * minutes * 60_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_cover_the_stated_precision() {
        let day = 86_400_000_000;
        assert_eq!(interval("1970"), Some((0, 365 * day)));
        assert_eq!(interval("1970-02"), Some((31 * day, 59 * day)));
        assert_eq!(interval("1970-01-02"), Some((day, 2 * day)));
        assert_eq!(interval("1970-01-01T00:00Z"), Some((0, 60_000_000)));
        assert_eq!(interval("1970-01-01T01:00:00+01:00"), Some((0, 1_000_000)));
        assert_eq!(interval("1970-01-01T00:00:00.5Z"), Some((500_000, 600_000)));
        assert_eq!(interval("1970-01-01T00:00:00.123456789Z"), Some((123_456, 123_457)));
    }

    #[test]
    fn refuses_what_is_not_a_date() {
        for bad in ["", "70", "1970-13", "1970-02-30", "1970-1-1", "1970-01T00:00", "1970-01-01T25:00", "x", "1970-01-01T"] {
            assert_eq!(interval(bad), None, "{bad}");
        }
    }

    #[test]
    fn instant_writes_milliseconds() {
        assert_eq!(instant(1_500), "1970-01-01T00:00:00.001Z");
    }
}
