//! Who is on duty when. A calendar of its own, the same whatever the day of the demo: two starts agree on a shift.

use super::staff::{Account, accounts};
use crate::local_time;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

/// How the hours of an account come round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// Not on the planning.
    Never,
    /// Weekdays.
    Office,
    /// Weekdays, in the hours of an institute.
    Educator,
    /// These days only, in office hours.
    Days(&'static [Weekday]),
    /// A long week of mornings, a short week of afternoons; which of the two comes first.
    Carer(i64),
    /// A morning, an afternoon, a day off, among three.
    Nurse(i64),
    /// Five nights one week, two the next; the other of the two takes the rest.
    Night(i64),
}

/// A time of work, planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedShift {
    /// Login of the account.
    pub login: &'static str,
    /// Index in [`super::PLACES`].
    pub place: usize,
    /// Index in the units of the place; none = the whole place.
    pub unit: Option<usize>,
    /// UTC microseconds.
    pub starts: i64,
    /// UTC microseconds.
    pub ends: i64,
}

/// Days planned before and after the day of the demo.
const PLANNED: (i64, i64) = (14, 7);

/// Everyone's shifts, from 14 days before `at` to 7 days after.
pub fn planning(at: Date) -> Vec<PlannedShift> {
    let days = (-PLANNED.0..=PLANNED.1).filter_map(|ahead| at.checked_add(ahead.days()).ok());
    days.flat_map(|day| accounts().iter().filter_map(move |account| planned(account, day))).collect()
}

fn planned(account: &Account, day: Date) -> Option<PlannedShift> {
    let (starts, ends) = shift(account, day)?;
    let unit = match account.units {
        [unit] => Some(*unit),
        _ => None,
    };
    Some(PlannedShift { login: account.login, place: account.place, unit, starts, ends })
}

/// Someone on duty: from when to when (UTC microseconds).
#[derive(Debug, Clone, Copy)]
pub(super) struct Presence {
    pub(super) account: &'static Account,
    pub(super) starts: i64,
    pub(super) ends: i64,
}

/// Who of this role begins a shift that day, among those who accompany the people of a unit.
pub(super) fn present(place: usize, unit: usize, role: &str, day: Date) -> Vec<Presence> {
    let of_role = accounts().iter().filter(|account| account.accompanies(place, unit) && account.is(role));
    let on_duty = of_role.filter_map(|account| {
        let (starts, ends) = shift(account, day)?;
        Some(Presence { account, starts, ends })
    });
    on_duty.collect()
}

/// Hours and minutes a shift begins and ends at; the next day when it ends before it begins.
type Hours = ((i8, i8), (i8, i8));

const MORNING: Hours = ((6, 45), (14, 15));
const AFTERNOON: Hours = ((13, 45), (21, 15));
const NIGHT: Hours = ((20, 45), (7, 0));
const OFFICE: Hours = ((9, 0), (17, 0));
const EDUCATION: Hours = ((8, 30), (16, 30));

/// The shift that an account begins on a day (UTC microseconds).
pub(super) fn shift(account: &Account, day: Date) -> Option<(i64, i64)> {
    let ((hour, minute), end) = account.rhythm.hours(day)?;
    let last = if end.0 < hour { day.tomorrow().ok()? } else { day };
    Some((local_time::instant(day.at(hour, minute, 0, 0)), local_time::instant(last.at(end.0, end.1, 0, 0))))
}

impl Account {
    /// A role is a persona; night carers have one of their own, and an agency worker here is a nurse.
    fn is(&self, role: &str) -> bool {
        match (role, self.persona) {
            ("nuit", persona) => persona == "as" && self.rhythm.is_night(),
            ("as", persona) => persona == "as" && !self.rhythm.is_night(),
            ("ide", "interim") => true,
            (role, persona) => role == persona,
        }
    }
}

impl Rhythm {
    fn hours(self, day: Date) -> Option<Hours> {
        let weekday = day.weekday();
        let working = !matches!(weekday, Weekday::Saturday | Weekday::Sunday);
        // Days and weeks are counted from a Monday.
        let count = day.duration_since(date(2024, 1, 1)).as_hours().div_euclid(24);
        let (week, place) = (count.div_euclid(7), count.rem_euclid(7));
        match self {
            Self::Never => None,
            Self::Office => working.then_some(OFFICE),
            Self::Educator => working.then_some(EDUCATION),
            Self::Days(days) => days.contains(&weekday).then_some(OFFICE),
            Self::Carer(first) if (week + first) % 2 == 0 => matches!(place, 0..=2 | 5 | 6).then_some(MORNING),
            Self::Carer(_) => matches!(place, 1..=4).then_some(AFTERNOON),
            Self::Nurse(first) => match (count + first).rem_euclid(3) {
                0 => Some(MORNING),
                1 => Some(AFTERNOON),
                _ => None,
            },
            Self::Night(first) => {
                let long = (week + first) % 2 == 0;
                (long == matches!(place, 0 | 1 | 4..=6)).then_some(NIGHT)
            }
        }
    }

    /// Whether it is a night worker's.
    fn is_night(self) -> bool {
        matches!(self, Self::Night(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const MINUTE: i64 = 60_000_000;

    fn days() -> impl Strategy<Value = Date> {
        (0_i64..3_000).prop_map(|ahead| date(2023, 1, 1).checked_add(ahead.days()).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn nobody_works_twice_at_once_nor_more_than_six_days_in_a_row(at in days()) {
            let mut by_login: BTreeMap<&str, Vec<PlannedShift>> = BTreeMap::new();
            for shift in planning(at) {
                prop_assert!(shift.starts < shift.ends);
                by_login.entry(shift.login).or_default().push(shift);
            }
            for shifts in by_login.values() {
                prop_assert!(shifts.windows(2).all(|two| two[0].ends + 11 * 60 * MINUTE <= two[1].starts));
                let starts: Vec<i64> = shifts.iter().map(|shift| shift.starts).collect();
                for start in &starts {
                    let week = starts.iter().filter(|other| (0..7 * 1_440 * MINUTE).contains(&(*other - start)));
                    prop_assert!(week.count() <= 6);
                }
            }
        }

        #[test]
        fn every_unit_of_the_home_is_covered_at_every_hour(at in days()) {
            let all = planning(at);
            let first = local_time::instant(at.checked_sub(14.days()).unwrap().at(6, 45, 0, 0));
            let last = local_time::instant(at.checked_add(7.days()).unwrap().at(23, 59, 0, 0));
            for unit in 0..3 {
                let mut moment = first;
                while moment < last {
                    let here = |s: &PlannedShift| s.place == 0 && s.unit.is_none_or(|own| own == unit);
                    let carers = ["as", "ide", "interim"];
                    let cares = |s: &PlannedShift| {
                        accounts().iter().any(|a| a.login == s.login && carers.contains(&a.persona))
                    };
                    prop_assert!(all.iter().any(|s| here(s) && cares(s) && s.starts <= moment && moment < s.ends));
                    moment += 15 * MINUTE;
                }
            }
        }
    }

    #[test]
    fn the_hours_are_those_of_the_trade() {
        let karim = accounts().iter().find(|account| account.login == "karim").unwrap();
        let at = date(2026, 11, 24);
        let nights: Vec<_> = planning(at).into_iter().filter(|shift| shift.login == "karim").collect();
        assert!(nights.iter().all(|s| s.ends - s.starts == 615 * MINUTE) && karim.rhythm.is_night());
        let start = local_time::local(nights[0].starts);
        assert_eq!((start.hour(), start.minute()), (20, 45));
        assert!(planning(at).iter().all(|shift| shift.login != "dpo"));
    }
}
