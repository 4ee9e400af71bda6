//! How long a test of faults goes on: as long as a change has to wait for, or until `cargo xtask torture` wants it to end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When it ends, in seconds since 1970: a test that begins late, behind others, ends with them.
const UNTIL: &str = "SOCLE_TORTURE_UNTIL";

/// What is left of the time that was given; none in a plain run.
pub(crate) fn left() -> Option<Duration> {
    let until: u64 = std::env::var(UNTIL).ok()?.parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Some(Duration::from_secs(until).saturating_sub(now))
}

/// Whether there is another round: `plain` of them in a plain run; else as long as there is time, and `least` in any case.
pub(crate) fn goes_on(done: u64, plain: u64, least: u64) -> bool {
    match left() {
        None => done < plain,
        Some(left) => done < least || !left.is_zero(),
    }
}
