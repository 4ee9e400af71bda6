//! `cargo xtask torture`: the store's fault tests, much longer than a change has to wait for.

use crate::command;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Begins a line that a test says of what it has done.
const SAID: &str = "torture: ";

/// One part of the suite: what it does, test, names within it, and how many of its tests at once: those that go on for as long as
/// there is time begin together.
struct Part {
    what: &'static str,
    test: &'static str,
    names: &'static str,
    at_once: &'static str,
}

/// What goes on longest beyond its time comes first: the next ones make up for it.
const PARTS: [Part; 5] = [
    Part { what: "power cuts in erasures and changes of keys", test: "torture", names: "acts::", at_once: "5" },
    Part { what: "power cuts in a storm of writes", test: "torture", names: "power::", at_once: "2" },
    Part {
        what: "connections cut, servers crashed, disks filled, clocks, many clients",
        test: "faults",
        names: "",
        at_once: "2",
    },
    Part { what: "kill -9 of who writes, of a backend, of PostgreSQL", test: "torture", names: "kill_9", at_once: "2" },
    Part { what: "bytes flipped, files torn", test: "check", names: "", at_once: "2" },
];

/// `kill -9` in a write storm, so many times; in release.
pub(crate) fn cycles(count: &str) -> Result<()> {
    let count: u64 = count.parse().context("--cycles takes a number")?;
    let part = Part { what: "kill -9", test: "torture", names: "kill_9", at_once: "2" };
    Built::make(true)?.run(&part, ("SOCLE_TORTURE_CYCLES", count), &mut Vec::new())
}

/// The whole suite on both engines, for so many minutes in all once it is built, shared between its parts, each of which runs once
/// whatever it takes; in release, or as tests are built. Says at the end what was done, and how long each part took. A part that
/// fails does not keep the others from running.
pub(crate) fn minutes(count: &str, release: bool) -> Result<()> {
    let count: u64 = count.parse().context("--minutes takes a number")?;
    let all = Duration::from_secs(60 * count);
    let building = Instant::now();
    let built = Built::make(release)?;
    eprintln!("== built in {}", clock(building.elapsed()));
    let (started, mut said, mut took, mut failed) = (Instant::now(), Vec::new(), Vec::new(), Vec::new());
    for (left, part) in (1..).zip(&PARTS).map(|(at, part): (usize, _)| (PARTS.len() + 1 - at, part)) {
        // What one has taken beyond its share, the next ones have not.
        let share = all.saturating_sub(started.elapsed()) / u32::try_from(left)?;
        eprintln!("== {}: {}", part.what, clock(share));
        let (until, begun) = (SystemTime::now().duration_since(UNIX_EPOCH)? + share, Instant::now());
        if let Err(error) = built.run(part, ("SOCLE_TORTURE_UNTIL", until.as_secs()), &mut said) {
            eprintln!("== {}: {error}", part.what);
            failed.push(part.what);
        }
        took.push((begun.elapsed(), part.what));
    }
    said.iter().for_each(|line| eprintln!("{line}"));
    took.iter().for_each(|(time, what)| eprintln!("== {} for {what}", clock(*time)));
    let (time, more) = (started.elapsed(), started.elapsed() > all + all / 10);
    eprintln!("== {} in all{}", clock(time), if more { ": each part runs once, and that takes longer" } else { "" });
    if failed.is_empty() {
        eprintln!("nothing was lost, and every damage was named");
        return Ok(());
    }
    bail!("failed: {}", failed.join("; "))
}

fn clock(time: Duration) -> String {
    format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
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
        let tests: BTreeSet<&str> = PARTS.iter().map(|part| part.test).collect();
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
    fn run(&self, part: &Part, (variable, value): (&str, u64), said: &mut Vec<String>) -> Result<()> {
        let mut command = command::program(self.folder.join(part.test));
        command.args(["--nocapture", "--test-threads", part.at_once, part.names]);
        command.env(variable, value.to_string()).stderr(Stdio::piped());
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
            bail!("{}: {status}", part.test);
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
