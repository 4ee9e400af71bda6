//! The hour of mainland France: what people write and read; the store keeps universal time.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use std::sync::LazyLock;

/// The rule in force since 1996, written out so that no file of the machine is needed.
static PARIS: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC));

/// Date and hour here of an instant in UTC microseconds.
pub fn local(micros: i64) -> DateTime {
    Timestamp::from_microsecond(micros).unwrap_or_default().to_zoned(PARIS.clone()).datetime()
}

/// The instant, in UTC microseconds, of a date and hour here. An hour that a change of clock skips is the one after it;
/// one that comes twice is the first.
pub fn instant(at: DateTime) -> i64 {
    at.to_zoned(PARIS.clone()).map(|zoned| zoned.timestamp().as_microsecond()).unwrap_or_default()
}

/// The day here of a FHIR date that says its day, or of an instant: late in the evening, London has another.
pub fn day(text: &str) -> Option<Date> {
    match text.parse::<Timestamp>() {
        Ok(at) => Some(local(at.as_microsecond()).date()),
        Err(_) => text.get(..10)?.parse().ok(),
    }
}

/// The next time it will be this hour, within 24 h of `now` (both UTC microseconds). Now itself is a day ahead.
pub fn next(hour: Time, now: i64) -> i64 {
    let here = local(now);
    let today = instant(here.date().to_datetime(hour));
    if today > now {
        return today;
    }
    here.date().checked_add(1.day()).map_or(today, |tomorrow| instant(tomorrow.to_datetime(hour)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    #[test]
    fn goes_both_ways_in_summer_and_in_winter() {
        for at in [date(2026, 7, 1).at(14, 5, 0, 0), date(2026, 12, 31).at(23, 30, 0, 0)] {
            assert_eq!(local(instant(at)), at);
        }
        assert_eq!(instant(date(2026, 7, 1).at(2, 0, 0, 0)) % 86_400_000_000, 0);
    }

    #[test]
    fn the_day_of_an_instant_is_the_one_here() {
        for text in ["2026-05-28", "2026-05-27T22:30:00.000Z", "2026-05-28T00:30:00+02:00", "2026-05-28T23:30:00"] {
            assert_eq!(day(text), Some(date(2026, 5, 28)), "{text}");
        }
        assert_eq!((day("2026-05"), day("rubbish of text")), (None, None));
    }

    #[test]
    fn an_hour_that_is_over_is_tomorrow() {
        let now = instant(date(2026, 11, 24).at(14, 0, 0, 0));
        assert_eq!(local(next(time(18, 0, 0, 0), now)), date(2026, 11, 24).at(18, 0, 0, 0));
        assert_eq!(local(next(time(9, 30, 0, 0), now)), date(2026, 11, 25).at(9, 30, 0, 0));
        assert_eq!(local(next(time(14, 0, 0, 0), now)), date(2026, 11, 25).at(14, 0, 0, 0));
    }

    #[test]
    fn an_hour_that_does_not_exist_is_the_one_after() {
        assert_eq!(local(instant(date(2026, 3, 29).at(2, 30, 0, 0))), date(2026, 3, 29).at(3, 30, 0, 0));
    }
}
