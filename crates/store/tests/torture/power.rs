//! The power is cut: whatever the disk had not been asked to keep may be gone, or there in part.
//!
//! `strace` records what a real process asks of its disk while it writes. From the record, the files are laid out as a cut at any
//! moment could have left them; the real store opens them, and must hold all that was acknowledged until then, whole.

use crate::acts::ACT;
use crate::disk::Disk;
use crate::minutes::goes_on;
use crate::random::Stream;
use crate::trace::{CALLS, Trace};
use crate::{CYCLE, FOLDER, MOST, ROOT, Run, Seen, storm};
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes acknowledged in one record.
const WRITES: &str = "160";
/// Cuts of one record, and how many there are even when there is no time left.
const CUTS: u64 = 40;
pub(crate) const LEAST: u64 = 4;

/// A record of what this test does as a process of its own, made now; none, aloud, where there is no `strace`, or where it may not look.
fn record(folder: &Path, key: &str, child: &str, act: &str) -> Option<Trace> {
    let record = folder.join("record");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-s", "70000", "-o"]).arg(&record).args(["-e", &format!("trace={CALLS}")]);
    strace.arg(std::env::current_exe().unwrap());
    strace.args(["--exact", child, "--nocapture", "--test-threads=1"]).env(ACT, act);
    strace.env(FOLDER, folder).env(CYCLE, "0").env(ROOT, key).env(MOST, WRITES).stdin(Stdio::null());
    let done = strace.stdout(Stdio::null()).stderr(Stdio::null()).status();
    if done.is_ok_and(|status| status.success()) {
        return Some(Trace::read(&record));
    }
    let required = std::env::var("SOCLE_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|word| word.trim() == "strace"), "SOCLE_REQUIRE: strace does not work");
    eprintln!("SKIPPED: no power was cut: strace is not installed, or may not trace");
    None
}

pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) key: String,
    pub(crate) trace: Trace,
}

impl Bench {
    fn new() -> Option<Self> {
        Self::of("child_writes_until_killed", "")
    }

    /// Of the test that is named.
    pub(crate) fn of(child: &str, act: &str) -> Option<Self> {
        let (folder, key) = (tempfile::tempdir().unwrap(), format!("{:064x}", 0x5eed_u32));
        let recorded = folder.path().join("recorded");
        std::fs::create_dir(&recorded).unwrap();
        let trace = record(&recorded, &key, child, act)?;
        Some(Self { folder, key, trace })
    }

    /// Cuts the power after so many steps, and looks at what is left; how many writes had been acknowledged.
    async fn cut(&self, steps: usize, seed: u64, lies: bool) -> usize {
        let recorded = self.folder.path().join("recorded");
        let dir = tempfile::tempdir_in(self.folder.path()).unwrap();
        let disk = Disk::after(&self.trace, steps, lies);
        disk.lay(&recorded, dir.path(), &mut Stream::new(seed));
        let mut seen = Seen::default();
        seen.take(&disk.told(&storm::log_of(&recorded, 0)));
        let run = Run { folder: dir.path().to_owned(), key: self.key.clone(), cycle: seed, url: None };
        run.check(&mut seen).await;
        seen.versions.len()
    }

    fn steps(&self) -> i64 {
        i64::try_from(self.trace.steps.len()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_survive_a_power_cut() {
    if std::env::var_os(FOLDER).is_some() {
        return;
    }
    let (mut cuts, mut told, mut records) = (0, 0, 0);
    // One record, and more for as long as there is time.
    while goes_on(records, 1, 1) {
        let Some(bench) = Bench::new() else { return };
        records += 1;
        let (mut most, mut done) = (0, 0);
        while done < CUTS && goes_on(done, CUTS, LEAST) {
            let mut chance = Stream::new(cuts);
            let steps = usize::try_from(chance.below(bench.steps() + 1)).unwrap();
            eprintln!("cut {cuts} after {steps} of {} steps", bench.steps());
            let held = bench.cut(steps, cuts, false).await;
            (most, told) = (most.max(held), told + held);
            (cuts, done) = (cuts + 1, done + 1);
        }
        assert!(done < CUTS || most > 50, "the storm was cut before it blew: {most}");
    }
    eprintln!(
        "torture: power cuts in a storm: {cuts} cuts of {records} records, {told} writes that had been acknowledged, all there"
    );
}

/// The same look finds what is missing when the disk keeps nothing of what it said to have kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_lies_is_found_out() {
    if std::env::var_os(FOLDER).is_some() {
        return;
    }
    let Some(bench) = Bench::new() else { return };
    let bench = std::sync::Arc::new(bench);
    let mut missed = 0;
    for seed in 0..8 {
        let (bench, steps) = (bench.clone(), bench.trace.steps.len());
        missed += i32::from(tokio::spawn(async move { bench.cut(steps, seed, true).await }).await.is_err());
    }
    assert!(missed >= 4, "{missed} of 8 disks that had kept next to nothing");
}
