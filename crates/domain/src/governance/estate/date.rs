//! Dates as the programs of the trade write them. A date that makes no sense is no date.

use crate::local_time;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

/// No end is foreseen so far ahead.
const ENDLESS: u32 = 2090;
/// Seconds between 1601 and 1970: where Windows begins to count.
const WINDOWS: i64 = 11_644_473_600;

/// An instant in UTC microseconds, from ISO 8601 with or without an offset, `YYYY-MM-DD HH:MM:SS`, French and WSUS dates.
/// Without an offset it is the hour here.
pub(super) fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_microsecond());
    }
    let (date, hour) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let time = clock(hour)?;
    // Where the hour is of the morning or the afternoon, the month stands first.
    let halves = hour.trim_end().to_ascii_uppercase();
    let halves = halves.ends_with("AM") || halves.ends_with("PM");
    let day = halves.then(|| american(date)).flatten().or_else(|| day(date))?;
    let at = local_time::instant(DateTime::from_parts(day, time));
    (at > 0).then_some(at)
}

/// The hour of a day; midnight when nothing is said.
fn clock(text: &str) -> Option<Time> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Time::midnight());
    }
    let digits = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(text.len());
    let (hours, rest) = text.split_at_checked(digits)?;
    let mut parts = hours.split([':', '.']).map(str::parse::<i8>);
    let mut next = || parts.next().and_then(Result::ok);
    let (hour, minute, second) = (next()?, next().unwrap_or(0), next().unwrap_or(0));
    let hour = match rest.trim().to_ascii_uppercase().as_str() {
        "PM" if hour < 12 => hour.checked_add(12)?,
        "AM" if hour == 12 => 0,
        _ => hour,
    };
    Time::new(hour, minute, second, 0).ok()
}

/// `11/5/2026`, the month first.
fn american(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    self::day(&format!("{year}-{month}-{day}"))
}

/// A day: `2026-11-23`, `23/11/2026`, `11/23/2026` where only that can be meant, `20261123`.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let text = text.split_once(['T', ' ']).map_or(text, |(date, _)| date);
    let whole = |text: &str| (text.len() == 8).then(|| text.parse::<i32>().ok()).flatten();
    let (year, month, day) = if let Some(number) = whole(text) {
        (number / 10_000, number / 100 % 100, number % 100)
    } else {
        let parts: Vec<i32> = text.split(['-', '/', '.']).map(str::parse).collect::<Result<_, _>>().ok()?;
        match *parts.as_slice() {
            [year, month, day] if year > 31 => (year, month, day),
            [month, day, year] if day > 12 => (year, month, day),
            [day, month, year] => (year, month, day),
            _ => return None,
        }
    };
    let year = if (0..70).contains(&year) { year + 2000 } else { year };
    let fits = (1970..2200).contains(&year);
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().filter(|_| fits)
}

/// A day that stands for none, as programs write an end that is not foreseen: `31/12/9999`, `31.12.2099`, `99991231`.
pub(super) fn is_endless(text: &str) -> bool {
    let date = text.trim().split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<u32> = date.split(['-', '/', '.']).map(str::parse).collect::<Result<_, _>>().unwrap_or_default();
    match *parts.as_slice() {
        [whole] => date.len() == 8 && whole / 10_000 >= ENDLESS,
        [year, _, _] if year > 31 => year >= ENDLESS,
        [_, _, year] => year >= ENDLESS,
        _ => false,
    }
}

/// A day as screens and files write it.
pub(super) fn iso(text: &str) -> Option<String> {
    day(text).map(|day| day.to_string())
}

/// An instant counted by Windows, in tenths of microseconds since 1601; 0 and the largest number mean never.
pub(super) fn windows(text: &str) -> Option<i64> {
    let ticks: i64 = text.trim().parse().ok()?;
    let micros = (ticks / 10).checked_sub(WINDOWS * 1_000_000)?;
    (micros > 0 && ticks < i64::MAX).then_some(micros)
}

/// `20190110090000.0Z`, as directories write instants.
pub(super) fn generalized(text: &str) -> Option<i64> {
    let digits = text.split(['.', 'Z']).next().filter(|digits| digits.len() == 14)?;
    let part = |from: usize, to: usize| digits.get(from..to);
    let (date, hour) = (part(0, 8)?, part(8, 10)?);
    let date = iso(date)?;
    instant(&format!("{date}T{hour}:{}:{}Z", part(10, 12)?, part(12, 14)?))
}

/// An instant counted in seconds since 1970.
pub(super) fn unix(seconds: i64) -> Option<i64> {
    (seconds > 0)
        .then(|| seconds.checked_mul(1_000_000))
        .flatten()
        .filter(|at| Timestamp::from_microsecond(*at).is_ok())
}

/// What ends a device id: `NAME-2026-11-23-06-00-00`. The name, and when the agent was first there.
pub(super) fn device_id(text: &str) -> Option<(&str, i64)> {
    let at = text.len().checked_sub(20)?;
    let (name, stamp) = text.split_at_checked(at)?;
    let stamp = stamp.strip_prefix('-')?;
    let (date, time) = stamp.split_at_checked(10)?;
    let at = instant(&format!("{date} {}", time.strip_prefix('-')?.replace('-', ":")))?;
    Some((name, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_dates_of_the_trade() {
        let noon = instant("2026-11-23T11:00:00Z").unwrap();
        for text in ["2026-11-23 12:00:00", "23/11/2026 12:00", "11/23/2026 12:00:00 PM", "2026-11-23T12:00:00+01:00"] {
            assert_eq!(instant(text), Some(noon), "{text}");
        }
        assert_eq!(instant("11/5/2026 3:04:05 PM"), instant("2026-11-05 15:04:05"));
        assert_eq!(instant("05/11/2026 15:04:05"), instant("2026-11-05 15:04:05"));
        assert_eq!(generalized("20261123110000.0Z"), Some(noon));
        assert_eq!(windows("134084592000000000"), instant("2025-11-24T12:00:00Z"));
        assert_eq!(device_id("PC-1-2026-11-23-12-00-00"), Some(("PC-1", noon)));
    }

    #[test]
    fn a_date_that_makes_no_sense_is_none() {
        for text in ["", "2019-54-17 10:54:37", "Fri Jun 12 14:15", "0", "n/a", "2026-11", "2026-11-23 99:00"] {
            assert_eq!(instant(text), None, "{text}");
        }
        for text in ["0", "9223372036854775807", "", "jamais"] {
            assert_eq!(windows(text), None, "{text}");
        }
        assert_eq!(device_id("mi9tpro-téléphonem"), None);
    }
}
