//! The process that is killed: writers at work until the end, and a log of what they were told is done.

use super::{ENTITY, MOST, NOW, PLACE, URL, client, content};
use confidentiality::labeler::{Context, Labeler};
use confidentiality::{Level, MaskFlags, Place, PlaceProfile, Purpose};
use fhir::{Resource, ResourceType};
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Call, Change, Error, Graded, Judge, Judgement, Location, Pass, Secret, Store, Written};

/// Said on standard output once the writers start.
pub(crate) const READY: &str = "ready to be killed";
/// The line of a step of the job that labels again.
pub(crate) const RELABELLED: &str = "relabelled";
/// What the job's rules are.
pub(crate) const RULES: i64 = 2;
/// The line of a step of the job of which it is not known whether it was done.
pub(crate) const UNHEARD: &str = "unheard";
/// The line of a disclosed read.
pub(crate) const READ: &str = "read";
const WRITERS: u64 = 6;
/// Level 4 makes key pairs; the others person keys.
const CODES: [&str; 4] = ["I10", "F20.0", "B24", "E11"];

pub(crate) fn data_of(folder: &Path) -> PathBuf {
    folder.join("data")
}

pub(crate) fn log_of(folder: &Path, cycle: u64) -> PathBuf {
    folder.join(format!("acknowledged-{cycle}"))
}

/// Writes until killed.
pub(crate) fn blow(folder: &Path, root: &Secret, cycle: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let location = std::env::var(URL).map_or_else(|_| Location::Directory(data_of(folder)), Location::Postgres);
        let store = loop {
            match Store::open(&location, root.clone(), NOW).await {
                // Who looked at it before may still be closing it.
                Err(Error::Locked) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                opened => break opened.unwrap(),
            }
        };
        let tenant = store.ensure_tenant(ENTITY, NOW).await.unwrap();
        let place = store.ensure_place(tenant, PLACE, PlaceProfile::Ehpad, "Les Tilleuls").await.unwrap();
        let log = OpenOptions::new().create_new(true).append(true).open(log_of(folder, cycle)).unwrap();
        let labeler = Labeler::shipped().unwrap();
        let most = std::env::var(MOST).ok().map(|most| most.parse().unwrap());
        if most.is_some() {
            let data = data_of(folder);
            std::thread::spawn(move || checkpoint(&data));
        }
        let lines = AtomicU64::new(0);
        let shared = Arc::new(Shared { store, tenant, place, labeler, log, cycle, most, lines });
        say(READY);
        let writers: Vec<_> = (0..WRITERS).map(|number| tokio::spawn(write(shared.clone(), number))).collect();
        tokio::spawn(label_again(shared));
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

struct Shared {
    store: Store,
    tenant: i64,
    place: Place,
    labeler: Labeler,
    log: File,
    cycle: u64,
    /// Ends by itself after so many lines.
    most: Option<u64>,
    lines: AtomicU64,
}

impl Shared {
    /// One line, one system call: another process sees all of it or nothing.
    fn note(&self, line: &str) {
        (&self.log).write_all(format!("{line}\n").as_bytes()).unwrap();
        if self.most == Some(self.lines.fetch_add(1, Ordering::SeqCst)) {
            std::process::exit(0);
        }
    }

    fn call(&self, n: u64) -> Call {
        client::call(self.tenant, NOW + i64::try_from(n).unwrap(), 7, Level::VerySensitive, None)
    }

    fn graded(&self, value: &Value) -> Graded {
        let labeled = self.labeler.label_resource(value, &Context::default());
        Graded {
            label: labeled.label,
            family: labeled.family,
            place: self.place,
            mask: MaskFlags::empty(),
            rules: 1,
            // As a program of before kept it: the job adds what is missing.
            safety: if value.to_string().contains("note 1") { Vec::new() } else { labeled.safety },
        }
    }

    fn create(&self, value: Value) -> Change {
        let graded = self.graded(&value);
        Change::Create { resource: Resource::from_value(value).unwrap(), graded, if_none_exist: None, import: None }
    }

    fn update(&self, value: Value) -> Change {
        let graded = self.graded(&value);
        let resource = Resource::from_value(value).unwrap();
        Change::Update { resource, graded, if_match: None, upsert: true, import: None }
    }

    /// Writes one change and notes what was acknowledged.
    async fn put(&self, n: u64, change: Change) {
        match self.store.write(&self.call(n), vec![change]).await {
            // Version 0: there was nothing to delete.
            Ok(written) => written.iter().filter(|one| one.version > 0).for_each(|written| self.acknowledge(written)),
            // Writers meet on purpose: one may lose, or find what it wanted to change gone or not yet there.
            Err(Error::Conflict(_) | Error::Unavailable(_) | Error::Absent) => {}
            Err(error) => self.fail(&error),
        }
    }

    fn acknowledge(&self, written: &Written) {
        let resource = written.resource.clone().unwrap_or_else(|| Resource::new(written.kind, &written.id));
        self.note(&format!("{}\t{}\t{}", written.id, written.version, content(&resource)));
    }

    async fn look(&self, n: u64, id: &str) {
        let call = self.call(n);
        let read =
            async { self.store.disclose(&call, self.store.read(&call, ResourceType::CONDITION, id).await?).await };
        match read.await {
            Ok(_) => self.note(READ),
            Err(Error::Unavailable(_)) => {}
            Err(error) => self.fail(&error),
        }
    }

    /// Ends the process, so that the parent sees that it was not killed.
    fn fail(&self, error: &Error) {
        say(&format!("refused: {error}"));
        std::process::exit(1);
    }
}

/// What the job says: what the shipped rules say, and that a psychosis is graver.
pub(crate) fn judge() -> Judge {
    let labeler = Labeler::shipped().unwrap();
    Arc::new(move |sheet| {
        let value = sheet.resource.value();
        let labeled = labeler.label_resource(&value, &Context::default());
        let level = if value.to_string().contains("F20.0") { Level::VerySensitive } else { labeled.label.level };
        let (categories, mask) = (labeled.label.categories, labeled.mask);
        Judgement { level, categories, mask, safety: labeled.safety }
    })
}

/// The job that labels again, beside the writers: it raises, seals anew, and fills what carers are told.
async fn label_again(shared: Arc<Shared>) {
    let judge = judge();
    for n in 0.. {
        let call = client::call_for(shared.tenant, NOW + n, 1, Level::VerySensitive, None, Purpose::Relabel);
        match shared.store.relabel(&call, Pass { rules: RULES, after: (0, 0), most: 5 }, judge.clone()).await {
            Ok(batch) if batch.looked > 0 => shared.note(RELABELLED),
            Ok(_) | Err(Error::Conflict(_)) => tokio::task::yield_now().await,
            Err(Error::Unavailable(_)) => shared.note(UNHEARD),
            Err(error) => shared.fail(&error),
        }
    }
}

/// Journals go into the files much earlier than they would by themselves: a short record has it all.
fn checkpoint(data: &Path) {
    loop {
        for name in ["main.db", "audit.db", "keys.db"] {
            let conn = rusqlite::Connection::open(data.join(name)).unwrap();
            conn.execute_batch("PRAGMA synchronous=FULL; PRAGMA busy_timeout=1000").unwrap();
            let _busy: i64 = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0)).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(150));
        }
    }
}

/// One line for the parent, there at once.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// A writer: resources of its own, and some that all writers change.
async fn write(shared: Arc<Shared>, number: u64) {
    let cycle = shared.cycle;
    let own = format!("p{cycle}-{number}");
    shared.put(0, shared.create(patient(&own, 0))).await;
    for n in 1.. {
        let code = CODES.get(usize::try_from(n % 4).unwrap()).unwrap();
        let id = format!("c{cycle}-{number}-{}", n / 5);
        match n % 5 {
            0 => shared.put(n, shared.create(condition(&id, &own, code, n))).await,
            1 => shared.put(n, shared.update(condition(&id, &own, code, n))).await,
            2 => shared.put(n, shared.update(condition("common", "p-common", code, n * WRITERS + number))).await,
            3 if n % 3 == 0 => {
                let delete = Change::Delete { kind: ResourceType::CONDITION, id, if_match: None };
                shared.put(n, delete).await;
            }
            3 => shared.put(n, shared.update(patient(&own, n))).await,
            _ => shared.look(n, &id).await,
        }
        // The server does this every second; here it meets the kill more often.
        if number == 0 && n % 7 == 0 {
            let sequenced = shared.store.sequence(shared.tenant, NOW).await;
            match sequenced.and(shared.store.checkpoint(shared.tenant, NOW).await) {
                Ok(_) | Err(Error::Unavailable(_)) => {}
                Err(error) => shared.fail(&error),
            }
        }
    }
}

fn patient(id: &str, n: u64) -> Value {
    json!({"resourceType": "Patient", "id": id, "birthDate": "1938-03-07",
        "name": [{"family": format!("Quéméner {n}"), "given": ["Odette"]}]})
}

fn condition(id: &str, patient: &str, code: &str, n: u64) -> Value {
    json!({"resourceType": "Condition", "id": id, "recordedDate": "2025-01-02",
        "subject": {"reference": format!("Patient/{patient}")},
        "code": {"text": format!("note {n} of {id}, risque de chute"),
            "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]}})
}
