//! When what a resource tells of happened.

use fhir::search::{Entry, IndexValue};

/// Search parameters that say when something happened, the best first. Never a date that names a person.
const MOMENTS: [&str; 15] = [
    "date",
    "period",
    "onset-date",
    "authored",
    "authoredon",
    "sent",
    "issued",
    "whenhandedover",
    "started",
    "created",
    "recorded-date",
    "authored-on",
    "effective-time",
    "received",
    "start-date",
];

/// The clinical date of a resource, UTC microseconds.
pub(super) fn of(entries: &[Entry]) -> Option<i64> {
    let dated = |code: &str| {
        entries.iter().filter(|entry| entry.param.code == code).find_map(|entry| match entry.value {
            IndexValue::Date { lo, hi } if lo > i64::MIN => Some(lo.min(hi)),
            IndexValue::Date { hi, .. } if hi < i64::MAX => Some(hi),
            _ => None,
        })
    };
    MOMENTS.iter().find_map(|code| dated(code))
}
