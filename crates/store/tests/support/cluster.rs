//! A PostgreSQL of one's own: started from its binaries, reachable by a unix socket only, gone with its owner.
//!
//! A shell stands between: it starts the server, then waits on its standard input. When the owner drops the cluster or
//! dies, in whatever way, that input ends and the shell stops the server and removes the folder.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// `$1` = folder of the cluster, `$2` = folder of the programs. No durability: a test kills processes, not the machine.
const SCRIPT: &str = r#"
set -e
cd "$1"
"$2/initdb" -D data -A trust -U postgres -E UTF8 --locale=C.UTF-8 -N >log 2>&1
options="-c listen_addresses='' -k $1 -c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB"
"$2/pg_ctl" -D data -l log -w -o "$options" start >>log 2>&1
echo ready
read -r _ || :
"$2/pg_ctl" -D data -m immediate -w stop >>log 2>&1 || :
cd /
rm -rf "$1"
"#;

/// A running server. Dropping it stops it; so does the end of the process.
pub(crate) struct Cluster {
    folder: PathBuf,
    shell: Child,
}

impl Cluster {
    /// Starts a server and waits until it answers; `None` where PostgreSQL is not installed.
    pub(crate) fn start() -> io::Result<Option<Self>> {
        Self::run(SCRIPT, "")
    }

    /// The same by another script, whose third argument is `given`.
    pub(crate) fn run(script: &str, given: &str) -> io::Result<Option<Self>> {
        let Some(programs) = find_programs() else {
            return Ok(None);
        };
        let owner = find_owner()?;
        // A root's temporary folder may be closed to the server's user: this one never is.
        let parent = if owner.is_some() { PathBuf::from("/tmp") } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("socle-pg-").tempdir_in(parent)?.keep();

        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(&folder).arg(&programs).arg(given).current_dir("/");
        // Its own group, so that an interrupted test run does not take the shell away before it has cleaned up.
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some((uid, gid)) = owner {
            let given = Command::new("chown").arg(format!("{uid}:{gid}")).arg(&folder).status()?;
            if !given.success() {
                return Err(io::Error::other(format!("chown: {given}")));
            }
            shell.uid(uid).gid(gid);
        }
        let mut cluster = Self { folder, shell: shell.spawn()? };
        cluster.wait_until_ready()?;
        Ok(Some(cluster))
    }

    /// The connection string of its maintenance database.
    pub(crate) fn url(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.display())
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let mut line = String::new();
        if let Some(stdout) = self.shell.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        if line.trim() == "ready" {
            return Ok(());
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        fs::remove_dir_all(&self.folder)?;
        Err(io::Error::other(format!("PostgreSQL does not start:\n{log}")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // Nothing to do about a shell that cannot be waited for.
        let _ = self.shell.wait();
    }
}

/// The folder that holds all three programs: from `PATH` (links followed), else where Debian installs them.
fn find_programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok());
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin/initdb")).collect())
        .unwrap_or_default();
    versions.sort();
    let installed = versions.into_iter().rev();
    on_path
        .chain(installed)
        .filter_map(|program| program.parent().map(Path::to_path_buf))
        .find(|folder| ["initdb", "postgres", "pg_ctl"].iter().all(|program| folder.join(program).is_file()))
}

/// PostgreSQL refuses to run as root: then the user and group to become, `postgres` where it exists.
fn find_owner() -> io::Result<Option<(u32, u32)>> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let found = ["postgres", "nobody"].iter().find_map(|name| users.lines().find_map(|line| ids(line, name)));
    found.map(Some).ok_or_else(|| io::Error::other("neither `postgres` nor `nobody` in /etc/passwd"))
}

fn ids(line: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = line.split(':');
    if fields.next()? != name {
        return None;
    }
    Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
}
