//! The clock of the server: it never went back, and the system says that it is synchronised. A clock that goes back is told of;
//! nothing is ever refused for it.

use super::{keep, last, operator};
use crate::app::App;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

const NAME: &str = "clock";
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// How long a clock that went back counts.
const REMEMBERED: i64 = 30 * DAY;
/// A synchronisation service touches this file.
const TIMESYNC: &str = "/run/systemd/timesync/synchronized";

/// What was seen of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// The latest instant that was seen, UTC microseconds.
    pub at: i64,
    /// When it was last seen to have gone back: the instant it showed then.
    pub back: Option<i64>,
    /// What the system says; none: it says nothing.
    pub synchronised: Option<bool>,
}

impl Time {
    /// It went back of late.
    #[must_use]
    pub fn went_back(&self) -> bool {
        self.back.is_some_and(|back| self.at - back < REMEMBERED)
    }
}

/// What was seen last.
pub(super) async fn seen(app: &App) -> Result<Option<Time>> {
    Ok(last(app, NAME).await?.map(|(_, time)| time))
}

/// Looks at the clock; kept once a day, and whenever something is new.
pub(super) async fn watch(app: &App, synchronised: Option<bool>) -> Result<()> {
    let (cx, known) = (operator(app), last::<Time>(app, NAME).await?);
    let (now, (version, before)) = (cx.now(), known.map_or((0, None), |(version, time)| (version, Some(time))));
    let signed = app.store().last_checkpoint(app.tenant()).await?;
    let latest = before.map(|time| time.at).into_iter().chain(signed).max();
    let is_back = latest.is_some_and(|latest| now + SECOND < latest);
    if is_back {
        tracing::warn!("the clock of the server went back");
    }
    let back = if is_back { Some(now) } else { before.and_then(|time| time.back) };
    // From a clock that was ahead, time goes on from where it was set.
    let told = Time { at: now, back, synchronised };
    let same = |time: Time| (0..DAY).contains(&(now - time.at)) && time.synchronised == synchronised && !is_back;
    if before.is_some_and(same) { Ok(()) } else { keep(&cx, NAME, version, &told).await }
}

/// What this system says of its clock: none where nothing says it.
#[must_use]
pub fn synchronised() -> Option<bool> {
    let output = Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output().ok();
    let said = output.filter(|output| output.status.success());
    said.and_then(|output| read(&output.stdout)).or_else(|| Path::new(TIMESYNC).exists().then_some(true))
}

fn read(said: &[u8]) -> Option<bool> {
    match said.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_read_and_anything_else_says_nothing() {
        assert_eq!([read(b"yes\n"), read(b"no\n"), read(b""), read(b"n/a\n")], [Some(true), Some(false), None, None]);
    }

    #[test]
    fn a_clock_that_went_back_counts_for_a_month() {
        let time = |days| Time { at: days * DAY, back: Some(0), synchronised: None };
        assert!(time(29).went_back() && !time(31).went_back());
        assert!(!Time { back: None, ..time(0) }.went_back());
    }
}
