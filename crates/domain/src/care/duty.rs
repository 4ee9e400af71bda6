//! Since when a handover has to be told: the end of one's last duty.

/// A time of work (UTC microseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duty {
    /// From …
    pub starts: i64,
    /// … to.
    pub ends: i64,
}

const MINUTE: i64 = 60_000_000;
/// A post left sooner was taken by mistake.
const SHORTEST: i64 = 60 * MINUTE;
/// Two posts closer than this are one duty: someone changed units.
const CLOSE: i64 = 45 * MINUTE;
/// Who left less than this ago is handing over, or staying late: the duty is still theirs.
const LATE: i64 = 120 * MINUTE;

/// When the last duty before this one ended. `taken` are the posts that were really taken, `planned` what the planning says: it is
/// believed for the time before the first post that was taken. A duty that runs, or has only just ended, is not the last one.
pub fn last(taken: &[Duty], planned: &[Duty], now: i64) -> Option<i64> {
    ended(taken, now).or_else(|| {
        let first = taken.iter().map(|duty| duty.starts).min().unwrap_or(i64::MAX);
        let before: Vec<Duty> = planned.iter().filter(|duty| duty.ends <= first).copied().collect();
        ended(&before, now)
    })
}

fn ended(known: &[Duty], now: i64) -> Option<i64> {
    let mut begun: Vec<Duty> =
        known.iter().filter(|duty| duty.starts <= now && duty.starts < duty.ends).copied().collect();
    begun.sort_unstable();
    let mut duties: Vec<Duty> = Vec::new();
    for duty in begun {
        match duties.last_mut().filter(|before| duty.starts - before.ends <= CLOSE) {
            Some(before) => before.ends = before.ends.max(duty.ends),
            None => duties.push(duty),
        }
    }
    duties.retain(|duty| duty.ends > now || duty.ends - duty.starts >= SHORTEST);
    duties.iter().rev().map(|duty| duty.ends).find(|ends| *ends <= now - LATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 60 * MINUTE;

    fn duty(starts: i64, ends: i64) -> Duty {
        Duty { starts: starts * HOUR, ends: ends * HOUR }
    }

    #[test]
    fn begins_where_the_duty_before_this_one_ended() {
        let night = duty(0, 10);
        assert_eq!(last(&[night], &[], 24 * HOUR), Some(10 * HOUR));
        assert_eq!(last(&[night, duty(24, 32)], &[], 25 * HOUR), Some(10 * HOUR), "at work now");
        assert_eq!(last(&[night, duty(24, 32)], &[], 33 * HOUR), Some(10 * HOUR), "staying late");
        assert_eq!(last(&[night, duty(24, 32)], &[], 48 * HOUR), Some(32 * HOUR));
        assert_eq!(last(&[], &[], 48 * HOUR), None);
    }

    #[test]
    fn a_post_taken_by_mistake_or_changed_is_no_duty_of_its_own() {
        let wrong = Duty { starts: 24 * HOUR, ends: 24 * HOUR + 2 * MINUTE };
        let right = Duty { starts: 24 * HOUR + 2 * MINUTE, ends: 32 * HOUR };
        assert_eq!(last(&[duty(0, 8), wrong, right], &[], 24 * HOUR + 5 * MINUTE), Some(8 * HOUR));
        assert_eq!(last(&[duty(0, 8), wrong], &[], 40 * HOUR), Some(8 * HOUR));
    }

    #[test]
    fn the_planning_counts_until_a_post_was_taken() {
        assert_eq!(last(&[], &[duty(0, 8), duty(24, 32)], 40 * HOUR), Some(32 * HOUR));
        assert_eq!(last(&[duty(0, 8)], &[duty(24, 32)], 40 * HOUR), Some(8 * HOUR), "planned, not worked");
        // The first post that is ever taken does not shorten what has to be told.
        let (yesterday, tonight) = (duty(0, 8), duty(24, 34));
        assert_eq!(last(&[], &[yesterday, tonight], 24 * HOUR), Some(8 * HOUR));
        assert_eq!(last(&[duty(24, 34)], &[yesterday, tonight], 25 * HOUR), Some(8 * HOUR));
        assert_eq!(last(&[duty(25, 34)], &[yesterday, tonight], 26 * HOUR), Some(8 * HOUR));
    }

    proptest! {
        #[test]
        fn is_never_in_the_future_nor_hides_the_last_two_hours(
            all in proptest::collection::vec((0_i64..200, 1_i64..14), 0..12), now in 0_i64..220
        ) {
            let all: Vec<Duty> = all.into_iter().map(|(starts, long)| duty(starts, starts + long)).collect();
            let since = last(&all, &[], now * HOUR);
            prop_assert!(since.is_none_or(|since| since <= now * HOUR - LATE));
            prop_assert!(since.is_none_or(|since| all.iter().any(|duty| duty.ends == since)));
        }
    }
}
