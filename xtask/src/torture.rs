//! `cargo xtask torture`: the store's fault tests, much longer than a change has to wait for.

use crate::command;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

/// Begins a line that a test says of what it has done.
const SAID: &str = "torture: ";

/// One part of the suite: what it does, test, names within it.
const PARTS: [(&str, &str, &str); 5] = [
    ("kill -9 of who writes, of a backend, of PostgreSQL", "torture", "kill_9"),
    ("power cuts in a storm of writes", "torture", "power::"),
    ("power cuts in erasures and changes of keys", "torture", "acts::"),
    ("connections cut, servers crashed, disks filled, clocks, many clients", "faults", ""),
    ("bytes flipped, files torn", "check", ""),
];

/// `kill -9` in a write storm, so many times; in release.
pub(crate) fn cycles(count: &str) -> Result<()> {
    let count: u32 = count.parse().context("--cycles takes a number")?;
    let built = Built::make(true)?;
    built.run(("torture", "kill_9"), ("SOCLE_TORTURE_CYCLES", count), &mut Vec::new())
}

/// The whole suite on both engines, for so many minutes in all, shared between its parts; in release, or as tests are built. Says at
/// the end what was done. A part that fails does not keep the others from running.
pub(crate) fn minutes(count: &str, release: bool) -> Result<()> {
    let count: u32 = count.parse().context("--minutes takes a number")?;
    let parts = u32::try_from(PARTS.len()).unwrap_or(1);
    let share = count.div_ceil(parts).max(1);
    let built = Built::make(release)?;
    let (started, mut said, mut failed) = (Instant::now(), Vec::new(), Vec::new());
    for (what, test, names) in PARTS {
        eprintln!("== {what}: {share} min");
        if let Err(error) = built.run((test, names), ("SOCLE_TORTURE_MINUTES", share), &mut said) {
            eprintln!("== {what}: {error}");
            failed.push(what);
        }
    }
    eprintln!("== {} min in all", started.elapsed().as_secs() / 60);
    said.iter().for_each(|line| eprintln!("{line}"));
    if failed.is_empty() {
        eprintln!("nothing was lost, and every damage was named");
        return Ok(());
    }
    bail!("failed: {}", failed.join("; "))
}

/// The tests as they were when the torture began: built once, and put aside, so that whoever goes on working in the checkout
/// meanwhile changes nothing of it.
struct Built {
    folder: PathBuf,
}

impl Built {
    fn make(release: bool) -> Result<Self> {
        let profile = if release { "release" } else { "dev" };
        let mut arguments =
            vec!["test", "--profile", profile, "--package", "store", "--no-run", "--message-format=json"];
        let tests: BTreeSet<&str> = PARTS.iter().map(|(_, test, _)| *test).collect();
        arguments.extend(tests.iter().flat_map(|test| ["--test", *test]));
        let folder = std::env::temp_dir().join(format!("socle-torture-{}", std::process::id()));
        fs::create_dir(&folder).context("a folder for the tests")?;
        let built = Self { folder };
        for line in command::capture(&mut command::cargo(&arguments))?.lines() {
            let said: Value = serde_json::from_str(line)?;
            let name = said.pointer("/target/name").and_then(Value::as_str).unwrap_or_default();
            if let Some(program) = said.get("executable").and_then(Value::as_str).filter(|_| tests.contains(name)) {
                fs::copy(program, built.folder.join(name))?;
            }
        }
        Ok(built)
    }

    /// Runs a test, shows what it says, and remembers what it has done.
    fn run(&self, (test, names): (&str, &str), (variable, count): (&str, u32), said: &mut Vec<String>) -> Result<()> {
        let mut command = command::program(self.folder.join(test));
        command.args(["--nocapture", names]).env(variable, count.to_string()).stderr(Stdio::piped());
        command.current_dir(command::root().join("crates/store"));
        let mut child = command.spawn().context("a test")?;
        for line in child.stderr.take().map(BufReader::new).into_iter().flat_map(|lines| lines.lines()) {
            let line = line?;
            eprintln!("{line}");
            if let Some(what) = line.strip_prefix(SAID) {
                said.push(what.to_owned());
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("{test}: {status}");
        }
        Ok(())
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        // What stays is in the folder of what is thrown away.
        let _gone = fs::remove_dir_all(&self.folder);
    }
}
