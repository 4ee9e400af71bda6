//! One `chromedriver` for the whole process, gone with it; and what to do where it cannot run.
//!
//! A shell stands between, as for PostgreSQL: it starts the driver, then waits on its standard input. When this process
//! ends, in whatever way, that input ends too: the shell stops the driver and its browsers and removes their folder.

use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

static DRIVER: OnceLock<Option<Driver>> = OnceLock::new();

/// `$1` = program, `$2` = folder. Browsers belong to the shell's process group; only the shell outlives the `kill`.
const SCRIPT: &str = r#"
"$1" --port=0 2>&1 &
trap '' TERM
read -r _ || :
kill -TERM 0
wait
rm -rf "$2" || rm -rf "$2"
"#;

/// A running driver.
pub(crate) struct Driver {
    chromium: PathBuf,
    port: u16,
    folder: PathBuf,
    /// Its standard input is what keeps everything alive.
    _shell: Child,
}

/// The driver, started at the first call; `None`, aloud, where Chromium is not installed.
pub(crate) fn driver() -> Option<&'static Driver> {
    DRIVER.get_or_init(Driver::start).as_ref()
}

/// Says on the terminal itself that something is not tested; fails when `SOCLE_REQUIRE` has `word`.
pub(crate) fn skip(word: &str, reason: &str) {
    let required = env::var("SOCLE_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|part| part.trim() == word), "SOCLE_REQUIRE: {reason}");
    // Not `eprintln!`, which the test runner keeps to itself.
    writeln!(io::stderr(), "SKIPPED: {reason}").expect("the terminal listens");
}

impl Driver {
    fn start() -> Option<Self> {
        let programs = (find(&["chromium", "chromium-browser", "google-chrome"]), find(&["chromedriver"]));
        let (Some(chromium), Some(program)) = programs else {
            skip("chromium", "chromium and chromedriver are not installed, no page was opened in a browser");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("socle-browser-").tempdir().expect("a temporary folder").keep();
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "sh"]).arg(&program).arg(&folder).current_dir("/").process_group(0);
        // Browsers write beside their profile what they would leave in shared folders.
        shell.env("TMPDIR", &folder).env("HOME", &folder);
        let mut shell =
            shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a shell");
        let mut said = BufReader::new(shell.stdout.take().expect("a piped output"));
        let port = read_port(&mut said).expect("chromedriver is installed but does not start");
        // Whatever it says later must not fill the pipe.
        thread::spawn(move || io::copy(&mut said, &mut io::sink()));
        Some(Self { chromium, port, folder, _shell: shell })
    }

    /// Where it listens, on this machine.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The browser it drives.
    pub(crate) fn chromium(&self) -> &Path {
        &self.chromium
    }

    /// Emptied at the end of the process.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file()))
}

/// `ChromeDriver was started successfully on port 40277.`
fn read_port(said: &mut impl io::BufRead) -> Option<u16> {
    said.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}
