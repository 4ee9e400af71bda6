//! Two FHIR clients of others, in Node, against a running demo: what they take for granted of a server holds here.
//!
//! `SOCLE_FHIR_CLIENTS` names the folder where `npm` has put them; without it, or without `node`, they are skipped, aloud.

#![expect(clippy::expect_used, reason = "a test may fail")]

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

/// The demo, stopped with its owner.
struct Demo {
    child: Child,
    folder: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_socle"));
        command.args(["demo", "--small", "--dir", "demo", "--listen", "127.0.0.1:0", "--ready-file", "ready.json"]);
        command.current_dir(folder.path()).env_remove("SOCLE_ROOT_KEY").stderr(Stdio::null());
        let mut demo = Self { child: command.spawn().expect("the program starts"), folder };
        let until = Instant::now() + Duration::from_secs(120);
        while !demo.ready().exists() {
            let ended = demo.child.try_wait().expect("a process");
            assert!(Instant::now() < until && ended.is_none(), "the demo is not ready");
            thread::sleep(Duration::from_millis(20));
        }
        demo
    }

    fn ready(&self) -> PathBuf {
        self.folder.path().join("ready.json")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the clients are; says on the terminal itself that they are not, fails when `SOCLE_REQUIRE` has `clients`.
fn clients() -> Option<PathBuf> {
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let folder = env::var_os("SOCLE_FHIR_CLIENTS").map(PathBuf::from).filter(|folder| folder.is_dir());
    let found = folder.filter(|_| node.is_ok_and(|status| status.success()));
    if found.is_none() {
        let required = env::var("SOCLE_REQUIRE").unwrap_or_default();
        let reason = "node or SOCLE_FHIR_CLIENTS is missing, no FHIR client of others was tried";
        assert!(!required.split(',').any(|part| part.trim() == "clients"), "SOCLE_REQUIRE: {reason}");
        // Not `eprintln!`, which the test runner keeps to itself.
        writeln!(io::stderr(), "SKIPPED: {reason}").expect("the terminal listens");
    }
    found
}

/// Without the long lines of what is bundled, which Node quotes.
fn shortened(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    text.lines().map(|line| line.chars().take(300).collect::<String>() + "\n").collect()
}

#[test]
fn clients_of_others_work() {
    let Some(folder) = clients() else { return };
    let demo = Demo::start();
    for script in ["kit.mjs", "medplum.mjs"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
        let run = Command::new("node").arg(path).arg(demo.ready()).env("SOCLE_FHIR_CLIENTS", &folder).output();
        let run = run.expect("node runs");
        if !run.status.success() {
            panic!("{script}:\n{}\n{}", shortened(&run.stdout), shortened(&run.stderr));
        }
    }
}
