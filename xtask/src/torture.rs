//! `cargo xtask torture`: the store's `kill -9` test, many more times than a change has to wait for.

use anyhow::{Context, Result};

use crate::command;

/// Runs the store's torture test in release.
pub(crate) fn run(cycles: &str) -> Result<()> {
    let cycles: u32 = cycles.parse().context("--cycles takes a number")?;
    let arguments = ["test", "--release", "--package", "store", "--test", "torture", "--", "--nocapture"];
    command::run(command::cargo(&arguments).env("SOCLE_TORTURE_CYCLES", cycles.to_string()))
}
