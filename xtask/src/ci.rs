//! `cargo xtask ci`: the cheap checks first, every failure reported, one verdict at the end.

use std::env;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::{command, files, layers, packages, tables};

type Check = fn() -> Result<()>;

const CHECKS: [(&str, Check); 8] = [
    ("files: length and words", files::check),
    ("layers: crates import along the arrow", layers::check),
    ("packages: linked into the binary", packages::check),
    ("generated tables", tables::check),
    ("format", format),
    ("licences, bans, sources", deny),
    ("clippy", clippy),
    ("documentation", documentation),
];

/// Runs every check; an early failure does not hide a later one.
pub(crate) fn run() -> Result<()> {
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        eprintln!("---- {name}");
        let started = Instant::now();
        let verdict = match check() {
            Ok(()) => "ok",
            Err(error) => {
                eprintln!("{error:#}");
                failed.push(name);
                "FAILED"
            }
        };
        eprintln!("---- {name}: {verdict} ({:.1} s)", started.elapsed().as_secs_f64());
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join("; "));
    }
    Ok(())
}

fn format() -> Result<()> {
    command::run(&mut command::cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    let arguments = ["clippy", "--quiet", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    command::run(&mut command::cargo(&arguments))
}

fn documentation() -> Result<()> {
    let mut cargo = command::cargo(&["doc", "--quiet", "--locked", "--workspace", "--no-deps"]);
    command::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Offline: the advisory database is not ours to fetch here. Without the program, a loud skip, except under `CI`.
fn deny() -> Result<()> {
    let installed = command::capture(command::program("cargo-deny").arg("--version")).is_ok();
    if !installed && env::var_os("CI").is_some() {
        bail!("cargo-deny is not installed");
    }
    if !installed {
        eprintln!("SKIPPED: cargo-deny is not installed (.ci/run installs it)");
        return Ok(());
    }
    let arguments = ["--offline", "--locked", "check", "bans", "licenses", "sources"];
    command::run(command::program("cargo-deny").args(arguments))
}
