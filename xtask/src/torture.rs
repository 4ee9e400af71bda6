//! `cargo xtask torture`: the store's fault tests, much longer than a change has to wait for.

use anyhow::{Context, Result};

use crate::command;

/// `kill -9` in a write storm, so many times; in release.
pub(crate) fn cycles(count: &str) -> Result<()> {
    let count: u32 = count.parse().context("--cycles takes a number")?;
    run("torture", "kill_9", "SOCLE_TORTURE_CYCLES", count)
}

/// Cut connections, crashed servers, cut power, full disks, for so many minutes; in release.
pub(crate) fn minutes(count: &str) -> Result<()> {
    let count: u32 = count.parse().context("--minutes takes a number")?;
    let half = (count / 2).max(1);
    run("faults", "", "SOCLE_TORTURE_MINUTES", half)?;
    run("torture", "power::", "SOCLE_TORTURE_MINUTES", half)
}

fn run(test: &str, names: &str, variable: &str, count: u32) -> Result<()> {
    let arguments = ["test", "--release", "--package", "store", "--test", test, "--", "--nocapture", names];
    command::run(command::cargo(&arguments).env(variable, count.to_string()))
}
