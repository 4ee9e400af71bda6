//! `kill -9` in the middle of a write storm: what was acknowledged is there, whole, with its audit entry.
//!
//! The test runs itself again as the process to be killed; `cargo xtask torture` runs many more cycles in release.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail, and says what it has skipped"
)]

#[path = "torture/acts.rs"]
mod acts;
#[path = "support/client.rs"]
mod client;
#[path = "torture/disk.rs"]
mod disk;
#[path = "support/minutes.rs"]
mod minutes;
#[path = "torture/power.rs"]
mod power;
#[path = "model/random.rs"]
mod random;
#[expect(dead_code, reason = "one store, closed in between")]
#[path = "erasure/raw.rs"]
mod raw;
#[path = "support/restart.rs"]
mod restart;
#[path = "torture/server.rs"]
mod server;
#[path = "torture/storm.rs"]
mod storm;
mod support;
#[path = "torture/trace.rs"]
mod trace;
#[expect(dead_code, reason = "one store at a time, and nobody signs in")]
#[path = "support/world.rs"]
mod world;

use confidentiality::labeler::{Context, Labeler};
use confidentiality::{Level, Purpose};
use fhir::{Resource, ResourceType};
use minutes::goes_on;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use store::{Error, Location, Pass, Secret, Store, Undisclosed, Version};

const NOW: i64 = 1_780_000_000_000_000;
const ENTITY: &str = "990000017";
const PLACE: &str = "990000025";
/// Set in the process that is to be killed: the folder of the run.
const FOLDER: &str = "SOCLE_TORTURE_FOLDER";
const CYCLE: &str = "SOCLE_TORTURE_CYCLE";
/// Set where the store is on PostgreSQL.
const URL: &str = "SOCLE_TORTURE_URL";
const ROOT: &str = "SOCLE_TORTURE_ROOT";
/// Set where the process ends by itself, at once, after so many lines of its log.
const MOST: &str = "SOCLE_TORTURE_MOST";
/// Verification reads the whole log: a run starts on an empty folder after so many cycles.
const CYCLES_PER_FOLDER: u64 = 10;
/// Cycles after which everything has befallen its server.
const BEFALLS: u64 = 4;
const SIGKILL: i32 = 9;

/// Not a test of its own: the process that is killed.
#[test]
fn child_writes_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let cycle = std::env::var(CYCLE).unwrap().parse().unwrap();
    storm::blow(Path::new(&folder), &root(&std::env::var(ROOT).unwrap()), cycle);
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_survive_kill_9() {
    if std::env::var_os(FOLDER).is_some() {
        return;
    }
    let (mut done, mut written) = (0, 0);
    let mut folder = tempfile::tempdir().unwrap();
    let mut seen = Seen::default();
    for cycle in (0..).take_while(|cycle| goes_on(*cycle, cycles(), BEFALLS)) {
        if cycle > 0 && cycle % CYCLES_PER_FOLDER == 0 {
            written += seen.versions.len();
            folder = tempfile::tempdir().unwrap();
            seen = Seen::default();
        }
        let key = format!("{:064x}", 0x5eed_u32);
        let run = Run { folder: folder.path().to_owned(), key, cycle, url: None };
        run.kill(None).await;
        seen.take(&run.acknowledged());
        assert!(!seen.versions.is_empty(), "cycle {cycle}: nothing was acknowledged");
        run.check(&mut seen).await;
        done = cycle + 1;
    }
    written += seen.versions.len();
    eprintln!("torture: kill -9 on SQLite: {done} cycles, {written} acknowledged versions, all there");
}

fn cycles() -> u64 {
    match std::env::var("SOCLE_TORTURE_CYCLES") {
        Ok(count) => count.parse().unwrap(),
        Err(_) if std::env::var_os("CI").is_some() => 100,
        Err(_) => 20,
    }
}

fn root(hex: &str) -> Secret {
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2).unwrap(), 16).unwrap()).collect();
    Secret::from_slice(&bytes).unwrap()
}

/// What the killed processes had been told is done.
#[derive(Default)]
struct Seen {
    /// Content by (id, version).
    versions: BTreeMap<(String, i64), Value>,
    reads: i64,
    /// Steps of the job that labels again.
    steps: i64,
    /// Steps that may have been done without that being told: one when a process was killed, or a server.
    unheard: i64,
}

impl Seen {
    /// One acknowledgement a line: `id`, `version`, content, separated by tabs; a read is the word alone.
    fn take(&mut self, log: &str) {
        self.unheard += 1;
        // The last line may have been cut by the kill: what was not written whole was not heard.
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        for line in whole.lines() {
            if line == storm::RELABELLED {
                self.steps += 1;
                continue;
            }
            if line == storm::READ {
                self.reads += 1;
                continue;
            }
            if line == storm::UNHEARD {
                self.unheard += 1;
                continue;
            }
            let mut fields = line.splitn(3, '\t');
            let (id, version, content) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
            let content = serde_json::from_str(content).unwrap();
            let before = self.versions.insert((id.to_owned(), version.parse().unwrap()), content);
            assert_eq!(before, None, "{id} version {version} was acknowledged twice");
        }
    }
}

struct Run {
    folder: PathBuf,
    key: String,
    cycle: u64,
    /// Of the database, on PostgreSQL.
    url: Option<String>,
}

impl Run {
    /// Starts the storm, and kills it 30 to 300 ms after its first write, and as long after what befalls its server. No outcome depends on how
    /// long.
    async fn kill(&self, server: Option<&restart::Server>) {
        let mut child = self.start();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.ends_with(storm::READY));
        if ready {
            let chance = (self.cycle + 1).wrapping_mul(6_364_136_223_846_793_005) >> 33;
            let pause = Duration::from_millis(30 + chance % 270);
            self.blows().await;
            if let Some(server) = server {
                tokio::time::sleep(pause).await;
                server.befall(self.cycle).await;
            }
            tokio::time::sleep(pause).await;
            child.kill().unwrap();
        }
        let status = child.wait().unwrap();
        let said: Vec<String> = lines.map_while(Result::ok).collect();
        assert_eq!(status.signal(), Some(SIGKILL), "cycle {}: the storm ended by itself: {said:?}", self.cycle);
    }

    /// Waits for its first line: a machine with much to do is slow.
    async fn blows(&self) {
        for _ in 0..1_000 {
            if std::fs::metadata(storm::log_of(&self.folder, self.cycle)).is_ok_and(|log| log.len() > 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn start(&self) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_writes_until_killed", "--nocapture", "--test-threads=1"])
            .env(FOLDER, &self.folder)
            .env(CYCLE, self.cycle.to_string())
            .env(ROOT, &self.key)
            .envs(self.url.iter().map(|url| (URL, url)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn acknowledged(&self) -> String {
        std::fs::read_to_string(storm::log_of(&self.folder, self.cycle)).unwrap()
    }

    fn location(&self) -> Location {
        let data = || Location::Directory(storm::data_of(&self.folder));
        self.url.clone().map_or_else(data, Location::Postgres)
    }

    /// A server that was hit a moment ago may still be recovering.
    async fn open(&self) -> Store {
        for _ in 0..100 {
            match Store::open(&self.location(), root(&self.key), NOW).await {
                Err(Error::Unavailable(_)) if self.url.is_some() => {
                    tokio::time::sleep(Duration::from_millis(100)).await
                }
                opened => return opened.unwrap(),
            }
        }
        panic!("the server does not come back");
    }

    async fn check(&self, seen: &mut Seen) {
        let store = self.open().await;
        let tenant = store.ensure_tenant(ENTITY, NOW).await.unwrap();
        let all = client::call(tenant, NOW, 7, Level::VerySensitive, None);
        let check = store.check(&all, &|_| ()).await.unwrap();
        assert_eq!((check.findings, check.indexed_otherwise), (Vec::new(), 0), "cycle {}", self.cycle);
        assert!(check.entries >= seen.versions.len() as u64 + seen.reads.cast_unsigned());
        let (found, facts) = self.contents(&store, tenant, seen).await;
        for ((id, version), content) in &seen.versions {
            let kept = found.get(&(id.clone(), *version));
            assert_eq!(kept, Some(content), "cycle {}: {id} version {version}", self.cycle);
        }
        self.check_files(i64::try_from(found.len()).unwrap(), seen).await;
        seen.steps += relabel(&store, tenant).await;
        let told = self.one("main", "SELECT COUNT(*) FROM safety").await;
        assert_eq!(told, facts, "cycle {}: what carers are told, once the job has gone on", self.cycle);
    }

    /// Every version of every resource, acknowledged or not. All of them must open.
    /// And how many facts of safety the current ones hold.
    async fn contents(&self, store: &Store, tenant: i64, seen: &Seen) -> (BTreeMap<(String, i64), Value>, i64) {
        let call = client::call(tenant, NOW, 7, Level::VerySensitive, None);
        let mut ids: BTreeSet<(ResourceType, String)> = seen.versions.keys().map(|(id, _)| named(id)).collect();
        let mut all: Option<Undisclosed<Vec<Version>>> = None;
        for kind in [ResourceType::PATIENT, ResourceType::CONDITION] {
            let mut query = fhir::search::parse(kind, &fhir::search::pairs("_count=1000"), true).unwrap();
            loop {
                let page = store.search(&call, &query).await.unwrap();
                let page = store.disclose(&call, page).await.unwrap();
                ids.extend(page.matches.iter().map(|v| (kind, v.resource.id().unwrap().to_owned())));
                query.page = page.next;
                if query.page.is_none() {
                    break;
                }
            }
        }
        for (kind, id) in ids {
            let history = store.history(&call, kind, &id).await.unwrap();
            all = Some(match all {
                None => history,
                // One entry for them all: the log of a run stays small.
                Some(known) => known.zip(history).map(|(mut known, more)| {
                    known.extend(more);
                    known
                }),
            });
        }
        let Some(all) = all else { return (BTreeMap::new(), 0) };
        let all = store.disclose(&call, all).await.unwrap();
        let count = all.len();
        let found: BTreeMap<_, _> =
            all.iter().map(|v| ((v.resource.id().unwrap().to_owned(), v.version), content(&v.resource))).collect();
        assert_eq!(found.len(), count, "a version is there twice");
        let mut newest = BTreeMap::new();
        for version in all {
            let known = newest.entry(version.rid).or_insert_with(|| version.clone());
            if known.version < version.version {
                *known = version;
            }
        }
        let labeler = Labeler::shipped().unwrap();
        let facts = newest
            .values()
            .filter(|version| !version.deleted)
            .map(|version| labeler.label_resource(&version.resource.value(), &Context::default()).safety.len());
        (found, i64::try_from(facts.sum::<usize>()).unwrap())
    }

    /// A number, from a database looked at from outside.
    async fn one(&self, database: &str, sql: &str) -> i64 {
        if let Some(url) = &self.url {
            return server::one(url, database, sql).await;
        }
        let (file, flags) = (format!("{database}.db"), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY);
        let conn = rusqlite::Connection::open_with_flags(storm::data_of(&self.folder).join(&file), flags).unwrap();
        conn.query_row("SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", [], |row| {
            row.get(0)
        })
        .map(|bad: i64| assert_eq!(bad, 0, "{file}"))
        .unwrap();
        conn.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The files, looked at from outside: sound, and one entry a version, for the storm makes one change a write.
    async fn check_files(&self, versions: i64, seen: &Seen) {
        let rows = "SELECT (SELECT COUNT(*) FROM resource) + (SELECT COUNT(*) FROM history)";
        assert_eq!(self.one("main", rows).await, versions, "a row nobody can reach");
        let (entries, least) = (self.one("main", "SELECT COUNT(*) FROM entry_out").await, versions + seen.steps);
        assert!(
            (least..=least + seen.unheard).contains(&entries),
            "{entries}: not one entry a version and a step, {least}"
        );
        assert!(self.one("audit", "SELECT COUNT(*) FROM entry").await >= seen.reads, "a read without its entry");
        assert!(seen.versions.is_empty() || self.one("keys", "SELECT COUNT(*) FROM person_key").await > 0);
    }
}

/// The job goes on where the kill stopped it, to its end; how many steps.
async fn relabel(store: &Store, tenant: i64) -> i64 {
    let (judge, mut steps) = (storm::judge(), 0);
    while store.behind(tenant, storm::RULES).await.unwrap() > 0 {
        let call = client::call_for(tenant, NOW, 1, Level::VerySensitive, None, Purpose::Relabel);
        let batch = store.relabel(&call, Pass { rules: storm::RULES, after: (0, 0), most: 100 }, judge.clone());
        assert_eq!(batch.await.unwrap().unreadable, 0);
        steps += 1;
    }
    steps
}

/// Patients have ids that start with `p`, all others are conditions.
fn named(id: &str) -> (ResourceType, String) {
    (if id.starts_with('p') { ResourceType::PATIENT } else { ResourceType::CONDITION }, id.to_owned())
}

/// Without what the server owns: labels rise later, for older versions too.
fn content(resource: &Resource) -> Value {
    let mut object = resource.object().clone();
    object.shift_remove("meta");
    Value::Object(object)
}
