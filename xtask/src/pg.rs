//! `cargo xtask pg`: a throw-away PostgreSQL for the time of one command. The same one that the store's tests start.

#[path = "../../crates/store/tests/support/cluster.rs"]
mod cluster;

use anyhow::{Context, Result};

use crate::command;
use cluster::Cluster;

/// Runs the command with `SOCLE_TEST_PG` set.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let (name, arguments) = words.split_first().context("no command")?;
    let cluster = Cluster::start()?.context("PostgreSQL is not installed (initdb, postgres and pg_ctl are needed)")?;
    command::run(command::program(*name).args(arguments).env("SOCLE_TEST_PG", cluster.url()))
}
