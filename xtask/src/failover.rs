//! `cargo xtask failover`: the test of two databases of which one dies, which is too long for every change.

use anyhow::Result;

use crate::command;

/// Runs it. Wants PostgreSQL, Patroni and etcd.
pub(crate) fn run() -> Result<()> {
    let arguments = ["test", "--package", "socle", "--test", "pair", "--", "--nocapture", "a_database_that_dies"];
    command::run(command::cargo(&arguments).env("SOCLE_FAILOVER", "1"))
}
